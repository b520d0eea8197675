package vm

import (
	"container/heap"
	"math"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// loop is the event loop of one realm. Only post, signal and close may be called from other goroutines.
type loop struct {
	wake      chan struct{}
	timers    timerQueue
	byID      map[int64]*timer
	lastID    int64
	own       int           // timers of the library among them
	microtask goja.Callable // made when first needed
	failed    *jsruntime.ScriptError
	turnTimer bool // a timer that is due goes before the next reply

	mu     sync.Mutex
	ready  []*begunCall // that have returned
	closed bool
}

func newLoop() *loop { return &loop{wake: make(chan struct{}, 1)} }

// post hands a call that has returned to the realm's goroutine. After close it is dropped.
func (l *loop) post(b *begunCall) {
	l.mu.Lock()
	if !l.closed {
		l.ready = append(l.ready, b)
	}
	l.mu.Unlock()
	l.signal()
}

// signal wakes the loop.
func (l *loop) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *loop) close() {
	l.mu.Lock()
	l.closed, l.ready = true, nil
	l.mu.Unlock()
}

// reply returns the call that has returned first; nil for none.
func (l *loop) reply() *begunCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		return nil
	}
	b := l.ready[0]
	if l.ready[0] = nil; len(l.ready) == 1 {
		l.ready = l.ready[:0] // for the next one
	} else {
		l.ready = l.ready[1:]
	}
	return b
}

// turn runs one task, after waiting for it where none is ready. It returns a failure when the run was stopped, when a
// task failed, and when there is nothing left to wait for.
func (r *realm) turn() *jsruntime.ScriptError {
	l := r.loop
	if halt := r.halt.Load(); halt != nil {
		return halt
	}
	if l.failed != nil {
		return l.failed
	}
	due := len(l.timers) > 0 && !l.timers[0].due.After(time.Now())
	if !due || !l.turnTimer {
		if reply := l.reply(); reply != nil {
			l.turnTimer = true
			r.settleCall(reply)
			return l.failed
		}
	}
	l.turnTimer = false
	switch {
	case due:
		r.fire()
	case len(l.timers) > 0 || r.calls.pending():
		r.wait()
	default:
		return &jsruntime.ScriptError{
			Kind:    jsruntime.FailureException,
			Message: "Error: the script waits for a promise that nothing can settle any more",
		}
	}
	return l.failed
}

// wait returns when the next timer is due or the loop is woken.
func (r *realm) wait() {
	l := r.loop
	waits := r.measureAtWait()
	watchdog.wait(r)
	r.clock.pause(waits)
	defer func() {
		r.clock.goOn()
		watchdog.goOn(r)
	}()
	if len(l.timers) == 0 {
		<-l.wake
		return
	}
	next := time.NewTimer(time.Until(l.timers[0].due))
	defer next.Stop()
	select {
	case <-l.wake:
	case <-next.C:
	}
}

// timer is a pending setTimeout or setInterval.
type timer struct {
	id       int64
	due      time.Time
	interval time.Duration // 0 for setTimeout, at least a millisecond otherwise
	function goja.Value
	call     goja.Callable
	args     []goja.Value
	index    int  // in the queue, -1 when it is not there
	own      bool // the library's: no script clears it
}

// fire runs the timer that is due first. What it throws ends the run.
func (r *realm) fire() {
	l := r.loop
	t := heap.Pop(&l.timers).(*timer)
	if t.interval == 0 {
		l.forget(t)
	}
	_, err := t.call(goja.Undefined(), t.args...)
	if err != nil {
		l.failed = r.failure(err)
		return
	}
	if l.byID[t.id] == t {
		t.due = time.Now().Add(t.interval)
		heap.Push(&l.timers, t)
	}
}

func (r *realm) setTimeout(call goja.FunctionCall) goja.Value {
	return r.addTimer(call, false)
}

func (r *realm) setInterval(call goja.FunctionCall) goja.Value {
	return r.addTimer(call, true)
}

func (r *realm) addTimer(call goja.FunctionCall, repeat bool) goja.Value {
	f, _ := goja.AssertFunction(r.callback(call))
	if len(r.loop.byID)-r.loop.own >= maxTimers {
		panic(r.rt.NewTypeError("a script can have at most %d timers", maxTimers))
	}
	delay := delayOf(call.Argument(1))
	t := &timer{due: time.Now().Add(delay), function: call.Argument(0), call: f}
	if repeat {
		t.interval = max(delay, time.Millisecond)
	}
	if len(call.Arguments) > 2 {
		t.args = append(t.args, call.Arguments[2:]...)
	}
	r.loop.add(t)
	return r.rt.ToValue(t.id)
}

// later calls a function of the library after so many milliseconds.
func (r *realm) later(call goja.FunctionCall) goja.Value {
	if r.loop.own >= maxOwnTimers {
		panic(r.rt.NewTypeError("a script can have at most %d signals that time out", maxOwnTimers))
	}
	delay := numberOf(call.Argument(0))
	t := &timer{due: time.Now().Add(delayOf(r.rt.ToValue(delay))), function: call.Argument(1), own: true}
	t.call, _ = goja.AssertFunction(r.callback(goja.FunctionCall{Arguments: []goja.Value{t.function}}))
	r.loop.own++
	r.loop.add(t)
	return goja.Undefined()
}

func (l *loop) add(t *timer) {
	l.lastID++
	t.id = l.lastID
	if l.byID == nil {
		l.byID = map[int64]*timer{}
	}
	l.byID[t.id] = t
	heap.Push(&l.timers, t)
}

// forget has a timer that is not in the queue gone.
func (l *loop) forget(t *timer) {
	delete(l.byID, t.id)
	if t.own {
		l.own--
	}
}

// delayOf returns a delay given in milliseconds. What is not a positive number is none.
func delayOf(v goja.Value) time.Duration {
	const most = math.MaxInt32 // milliseconds, some 24 days, as in browsers
	ms := v.ToFloat()
	if !(ms > 0) {
		return 0
	}
	return time.Duration(min(ms, most) * float64(time.Millisecond))
}

func (r *realm) clearTimer(call goja.FunctionCall) goja.Value {
	id := call.Argument(0)
	if !goja.IsNumber(id) {
		return goja.Undefined()
	}
	if t := r.loop.byID[id.ToInteger()]; t != nil && !t.own {
		delete(r.loop.byID, t.id)
		if t.index >= 0 {
			heap.Remove(&r.loop.timers, t.index)
		}
	}
	return goja.Undefined()
}

// timerQueue is a heap by due time, then by the order of creation.
type timerQueue []*timer

func (q timerQueue) Len() int { return len(q) }
func (q timerQueue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].id < q[j].id
}

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *timerQueue) Push(x any) {
	t := x.(*timer)
	t.index = len(*q)
	*q = append(*q, t)
}

func (q *timerQueue) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	t.index = -1
	return t
}
