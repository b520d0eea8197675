package vm

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/jsruntime/jsruntime"
)

// What a realm holds is measured by walking it, on its own goroutine, at a checkpoint; see meter. That takes a while, so
// it is done only when the heap of the process has grown enough since the last time that the result may matter.

const (
	// noteworthy is how much the heap has to grow before a realm is measured. A realm that never made it grow so much
	// is not measured at all.
	noteworthy = 4 << 20
	// trusted is the peak above which the measurement is reported as such; what is below may be missed altogether.
	trusted = 8 << 20
)

// usage is what is known of the memory of one realm. Both its goroutine and the watchdog use it.
type usage struct {
	limit    int64
	measured atomic.Int64 // bytes at the last measurement
	heap     atomic.Int64 // bytes of the process then, or less, when they became less
	peak     atomic.Int64
	live     atomic.Int64 // bytes of the process that the collector had found alive then
	others   atomic.Int64 // bytes that other realms had been found to take by then; see watch.found
	found    atomic.Int64 // bytes that measurements have found to be more than before, in all
	taken    atomic.Int64 // bytes that the process had allocated in all at the last measurement
	first    atomic.Int64 // bytes that it had allocated when the run began
	last     atomic.Int64 // bytes that it had allocated at the end; 0 before
	waited   time.Time    // when the realm's goroutine last looked because the script waited
	asked    atomic.Int64 // when a measurement was asked for that is still outstanding; 0 for none; answering while it is made
}

// answering is in place of the time at which a measurement was asked for while it is made. It may take longer than the
// patience of the watchdog.
const answering = -1

func (u *usage) begin(limit int64) {
	h := recentHeap(time.Now())
	u.limit = limit
	u.note(h)
	u.first.Store(h.taken)
}

// note keeps what the process held at a measurement.
func (u *usage) note(h heapBytes) {
	u.heap.Store(h.objects)
	u.live.Store(h.live)
	u.taken.Store(h.taken)
	u.others.Store(u.foundInOthers())
}

// most is what a realm may hold before it is ended without having been measured.
func (u *usage) most() int64 { return sum(u.limit, u.limit/2) }

// foundInOthers returns how much measurements have found other realms to take, in all.
func (u *usage) foundInOthers() int64 { return watchdog.found.Load() - u.found.Load() }

// due reports whether the realm has to be measured: it may hold more than it may, or more than at its peak by a margin. What
// others gave back meanwhile hides what the realm took, so it is measured as well when much was allocated in all.
func (u *usage) due(h heapBytes) bool {
	const much = 4  // times the limit
	const step = 16 // of the limit, a part: close under it, a realm would be measured again for every byte
	grown := u.grown(h.objects)
	measured := u.measured.Load()
	return measured+grown > u.limit && grown > u.limit/step || grown > max(noteworthy, measured/2) || h.taken-u.taken.Load() > product(u.limit, much)
}

// grown returns how much the heap has grown since the last measurement.
func (u *usage) grown(heap int64) int64 { return growth(&u.heap, heap) }

// growth returns how much a number has grown. What became less meanwhile, since the collector freed it, is not held against
// the realm.
func growth(then *atomic.Int64, now int64) int64 {
	before := then.Load()
	if now < before {
		then.CompareAndSwap(before, now)
		return 0
	}
	return now - before
}

// measure measures the realm, and ends the run when it holds too much. It is the realm's goroutine.
func (r *realm) measure() {
	u := &r.memory
	u.asked.Store(answering)
	h := readHeap()
	if r.meter == nil {
		r.meter = r.executor.meters.Get().(*meter)
		r.meter.shared = []string{r.program.text}
	}
	const margin = 4 // past the limit by a quarter there is no need to count on
	bytes, _ := r.meter.measure(r.rt, u.limit+u.limit/margin, func() bool { return r.halt.Load() != nil }, r.held()...)
	if more := bytes - u.measured.Swap(bytes); more > 0 {
		u.found.Add(more)
		watchdog.found.Add(more)
	}
	if bytes > u.limit/2 && h.objects-h.live > u.limit/2 && watchdog.mayCollect(time.Now()) {
		runtime.GC()
		h = readHeap()
	}
	u.note(h)
	r.guard.partial = r.guard.depth > 0
	if bytes > u.peak.Load() {
		u.peak.Store(bytes)
	}
	u.asked.Store(0)
	r.guard.attention.Store(false)
	if r.halt.Load() != nil {
		r.guard.halt()
	}
	if bytes > u.limit {
		r.guard.exceed()
	}
	r.lookInside(h.live)
	if r.settings.memoryBudget > 0 {
		r.executor.keepBudget()
		if r.halt.Load() != nil {
			r.guard.halt()
		}
	}
}

// longStep is a call of a native, or what a script does between two checkpoints, that was measured in.
type longStep struct {
	begun    bool // false before the first measurement
	number   uint64
	live     int64 // bytes of the process that were alive when it was first measured in
	measured int64 // bytes that the realm held then
	others   int64 // bytes that other realms had been found to take by then
}

// step returns a step that begins now.
func (u *usage) step(number uint64, live int64) longStep {
	return longStep{begun: true, number: number, live: live, measured: u.measured.Load(), others: u.foundInOthers()}
}

// hides reports whether what the collector found alive has grown since a step began by more than a realm may hold, without
// having been found, in this realm or in others.
func (u *usage) hides(live int64, since longStep) bool {
	here := max(u.measured.Load()-since.measured, 0)
	elsewhere := min(u.foundInOthers()-since.others, max(watchdog.allowed.Load()-u.most(), 0))
	return live-since.live-here-elsewhere > u.most()
}

// lookInside ends the run for memory that no measurement finds, since a native or an operator that goes on has collected it
// and not yet returned it.
func (r *realm) lookInside(live int64) {
	g, u := r.guard, &r.memory
	for i, number := range [...]uint64{g.calls, g.turns} {
		step := &g.inside[i]
		if i == 0 && g.depth == 0 || !step.begun || step.number != number {
			*step = u.step(number, live)
		} else if u.hides(live, *step) {
			g.exceed()
		}
	}
}

// held returns what the realm holds outside of the engine.
func (r *realm) held() []any {
	var values []any
	for _, t := range r.loop.byID {
		values = append(values, t.function, t.args)
	}
	for _, promise := range r.waits {
		values = append(values, r.rt.ToValue(promise))
	}
	if r.calls != nil {
		for _, b := range r.calls.underWay {
			values = append(values, r.rt.ToValue(b.promise))
		}
	}
	return append(values, r.modules, r.interfaces, r.rejected, r.raised.value, r.returned, r.stack[:cap(r.stack)])
}

// measureWhenDue measures the realm if the heap has grown enough.
func (r *realm) measureWhenDue() {
	if r.memory.due(readHeap()) {
		r.measure()
	}
}

// measureAtWait measures the realm where the script waits, and often holds most, and returns when that was done. It looks at most as
// often as the watchdog would meanwhile: one that waits a thousand times for a moment each has not done much between two of them.
func (r *realm) measureAtWait() time.Time {
	r.guard.checkpoint() // which may measure as well
	now := time.Now()
	if now.Sub(r.memory.waited) < watchEvery && !r.guard.partial {
		return now
	}
	r.memory.waited = now
	r.measureFrom(noteworthy)
	return time.Now()
}

// measureAtEnd measures the realm where the script has done its work, so that the peak is not missed that it often has there.
func (r *realm) measureAtEnd() {
	const worth = 1 << 20 // measuring
	r.measureFrom(worth)
}

// measureFrom measures the realm when the process has allocated so many bytes since the last time.
func (r *realm) measureFrom(worth int64) {
	r.guard.checkpoint()
	u := &r.memory
	u.last.Store(readTaken())
	if r.guard.partial || u.last.Load()-u.taken.Load() > max(worth, u.measured.Load()/8) {
		r.measure()
	}
}

// heapBytes is the memory of the process, in bytes.
type heapBytes struct {
	objects int64 // that are allocated, garbage that was not yet found included
	live    int64 // that the last collection found alive
	taken   int64 // that were ever allocated
	stacks  int64 // of the stacks of goroutines
}

// lastHeap is what the heap was when it was read last.
var lastHeap atomic.Pointer[heapReading]

type heapReading struct {
	heapBytes
	at time.Time
}

// recentHeap returns what the heap is, or was within the last millisecond: reading it takes a lock of the process, and
// many small runs begin in that time.
func recentHeap(now time.Time) heapBytes {
	if last := lastHeap.Load(); last != nil && now.Sub(last.at).Abs() < time.Millisecond { // it may be years in a bubble
		return last.heapBytes
	}
	h := readHeap()
	lastHeap.Store(&heapReading{h, now})
	return h
}

func readHeap() heapBytes {
	samples := [4]metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(samples[:])
	return heapBytes{
		objects: int64(samples[0].Value.Uint64()), live: int64(samples[1].Value.Uint64()), taken: int64(samples[2].Value.Uint64()),
		stacks: int64(samples[3].Value.Uint64()),
	}
}

// readTaken returns heapBytes.taken alone, which every run asks for.
func readTaken() int64 {
	samples := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples[:])
	return int64(samples[0].Value.Uint64())
}

func memoryExceeded() *jsruntime.ScriptError {
	return &jsruntime.ScriptError{Kind: jsruntime.FailureMemory, Message: jsruntime.ErrMemoryLimit.Error()}
}
