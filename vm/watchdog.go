package vm

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jsruntime/jsruntime"
)

// The watchdog is one timer for the process. While scripts run it looks at the heap every millisecond, asks realms to
// measure themselves when it has grown, and ends those that do not answer while it grows on: a realm inside one long call
// of the engine cannot be measured. Realms that wait are not looked at: they cannot take anything.
var watchdog = watch{runs: map[*realm]struct{}{}}

const (
	watchEvery = time.Millisecond
	patience   = 20 * time.Millisecond // for a realm to measure itself

	// collectEvery is how often a realm collects the garbage of the process. One that holds much of what it may, and leaves
	// as much again behind as it grows, would fill the process with several times its limit before Go does.
	collectEvery = 50 * time.Millisecond
)

type watch struct {
	mu     sync.Mutex
	runs   map[*realm]struct{}
	next   *time.Timer // for the next look
	due    time.Time   // when that is; zero when there is nothing to watch
	stacks int64       // bytes of all stacks when there was nothing to watch

	braked time.Time // when the brake looked last

	collected atomic.Int64 // when a realm collected garbage last, in ns

	allowed atomic.Int64 // bytes that all realms may hold that run, and a half
	found   atomic.Int64 // bytes that measurements of any realm have found to be more than before, in all
}

// The timer is made here, for the clock of the process: a run in the bubble of a test would make one that others may not touch.
func init() {
	watchdog.next = time.AfterFunc(time.Hour, watchdog.look)
	watchdog.next.Stop()
}

// watched is whether the watchdog looks at a realm. One that waits a thousand times for a moment each would keep the watchdog busy
// with coming and going, so a realm only says that it waits: it is let go of by the next look that finds it waiting.
type watched = int32

const (
	watchedRunning watched = iota
	watchedWaiting
	watchedNoMore
)

// wait says that a realm waits.
func (w *watch) wait(r *realm) { r.watched.Store(watchedWaiting) }

// goOn has a realm watched again that waited.
func (w *watch) goOn(r *realm) {
	if !r.watched.CompareAndSwap(watchedWaiting, watchedRunning) {
		r.watched.Store(watchedRunning)
		w.add(r)
	}
}

// letGo ends the watch over the realms that wait. The watch is locked.
func (w *watch) letGo() {
	for r := range w.runs {
		if r.watched.CompareAndSwap(watchedWaiting, watchedNoMore) {
			delete(w.runs, r)
		}
	}
	w.rest()
}

// add has a realm watched that runs.
func (w *watch) add(r *realm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs[r] = struct{}{}
	if w.due.IsZero() {
		w.stacks = math.MaxInt64 / 2 // until the first look
	}
	if due := time.Now().Add(watchEvery); w.due.IsZero() || due.Before(w.due) { // a bubble's clock is years ahead of the process's
		w.lookAgain(due)
	}
}

// lookAgain has the watchdog look when watchEvery is over. The watch is locked.
func (w *watch) lookAgain(due time.Time) {
	w.due = due
	w.next.Reset(watchEvery)
}

// remove ends the watch over a realm that has ended. No timer and no goroutine stays behind the last one.
func (w *watch) remove(r *realm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.runs, r)
	w.rest()
}

// rest stops the timer where there is nothing to watch. The watch is locked.
func (w *watch) rest() {
	if len(w.runs) == 0 {
		w.next.Stop()
		w.due = time.Time{}
	}
}

// look looks at every realm once.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.letGo(); w.due.IsZero() {
		return
	}
	now, h := time.Now(), readHeap()
	w.lookAgain(now.Add(watchEvery))
	w.stacks = min(w.stacks, h.stacks)
	allowed := int64(0)
	for r := range w.runs {
		w.lookAt(r, now, h)
		allowed = sum(allowed, r.memory.most())
	}
	w.allowed.Store(allowed)
	if h.stacks > w.stacks+2*maxStack*int64(len(w.runs)) { // where stackUse does not know
		for r := range w.runs {
			r.stop(stackOverflow())
		}
	}
	for r := range w.runs {
		if (r.silent(now) || r.halt.Load() != nil) && r.memory.grown(h.objects) > r.memory.limit/2 {
			w.brake(now, h)
			break
		}
	}
	var silent *realm
	for r := range w.runs {
		if r.outgrows(now, h, allowed-r.memory.most()) && (silent == nil || r.memory.asked.Load() < silent.memory.asked.Load()) {
			silent = r
		}
	}
	if silent != nil {
		w.end(silent, h)
	}
}

// end ends a run for what the heap has grown by, which is not held against others then.
func (w *watch) end(r *realm, h heapBytes) {
	r.stop(memoryExceeded())
	more := r.memory.grown(h.objects)
	r.memory.found.Add(more)
	w.found.Add(more)
}

// ticks returns the ns that the process has run for, whatever the clock is set to meanwhile. In a bubble they are years more.
func ticks(now time.Time) int64 { return int64(now.Sub(started)) }

var started = time.Now()

// mayCollect reports whether a realm may collect the garbage of the process now.
func (w *watch) mayCollect(now time.Time) bool {
	last, at := w.collected.Load(), ticks(now)
	return (at-last >= int64(collectEvery) || at < last) && w.collected.CompareAndSwap(last, at)
}

// lookAt asks a realm to measure itself when that is due, and ends it when its realm time is over.
func (w *watch) lookAt(r *realm, now time.Time, h heapBytes) {
	u := &r.memory
	if u.asked.Load() == 0 && u.due(h) {
		u.asked.Store(ticks(now))
		r.guard.attention.Store(true)
	}
	if most := r.settings.maxRealmTime; most > 0 && r.clock.sinceStart(now) > most {
		r.stop(realmTimeOver())
	}
}

// silent reports whether a realm was asked to measure itself and has not done it.
func (r *realm) silent(now time.Time) bool {
	asked := r.memory.asked.Load()
	return asked > 0 && ticks(now)-asked >= int64(patience)
}

// outgrows reports whether a realm does not answer while the heap has grown by more than the realm may hold, and that was
// not found in other realms, which may hold so much together. What is allocated is told at once, garbage included; a third
// of it has to be alive.
func (r *realm) outgrows(now time.Time, h heapBytes, others int64) bool {
	u := &r.memory
	if !r.silent(now) || r.guard.calm.Load() || r.halt.Load() != nil {
		return false
	}
	room := u.most() - u.measured.Load()
	elsewhere := min(u.foundInOthers()-u.others.Load(), others)
	return u.grown(h.objects)-elsewhere > room && growth(&u.live, h.live)-elsewhere > room/3
}

// realmClock measures the time that a realm runs, without the time that it waits. The watchdog reads it.
type realmClock struct {
	mu     sync.Mutex
	since  time.Time // when it went on; zero while it waits
	before time.Duration
}

func (c *realmClock) goOn() {
	c.mu.Lock()
	c.since = time.Now()
	c.mu.Unlock()
}

func (c *realmClock) pause(now time.Time) {
	c.mu.Lock()
	if !c.since.IsZero() {
		c.before += now.Sub(c.since)
	}
	c.since = time.Time{}
	c.mu.Unlock()
}

// sinceStart returns how long the realm has run.
func (c *realmClock) sinceStart(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.before
	}
	return c.before + now.Sub(c.since)
}

// timeLeft returns how long the script may go on, within its realm time and in all.
func (r *realm) timeLeft() time.Duration {
	now := time.Now()
	left := r.deadline.Sub(now)
	if most := r.settings.maxRealmTime; most > 0 {
		left = min(left, most-r.clock.sinceStart(now))
	}
	return left
}

func stackOverflow() *jsruntime.ScriptError {
	return &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "RangeError: Maximum call stack size exceeded"}
}

func realmTimeOver() *jsruntime.ScriptError {
	return &jsruntime.ScriptError{Kind: jsruntime.FailureTimeout, Message: jsruntime.ErrTimeout.Error() + ": the realm ran for too long"}
}
