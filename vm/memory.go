package vm

import (
	"runtime/metrics"
	"sync/atomic"

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
	live     int64        // bytes of the process that were alive when the run began
	peak     atomic.Int64
	asked    atomic.Int64 // when a measurement was asked for that is still outstanding; 0 for none
}

func (u *usage) begin(limit int64) {
	h := readHeap()
	u.limit, u.live = limit, h.live
	u.heap.Store(h.objects)
}

// due reports whether the realm has to be measured, given the heap of the process: it may hold more than it may, or more than at
// its peak by a margin.
func (u *usage) due(heap int64) bool {
	grown := u.grown(heap)
	measured := u.measured.Load()
	return measured+grown > u.limit || grown > max(noteworthy, measured/2)
}

// grown returns how much the heap has grown since the last measurement. What the collector freed meanwhile is not held
// against the realm.
func (u *usage) grown(heap int64) int64 {
	then := u.heap.Load()
	if heap < then {
		u.heap.CompareAndSwap(then, heap)
		return 0
	}
	return heap - then
}

// measure measures the realm, and ends the run when it holds too much. It is the realm's goroutine.
func (r *realm) measure() {
	u := &r.memory
	u.asked.Store(0)
	heap := readHeap().objects
	if r.meter == nil {
		r.meter = newMeter()
		r.meter.shared = []string{r.program.text}
	}
	const margin = 4 // past the limit by a quarter there is no need to count on
	bytes, _ := r.meter.measure(r.rt, u.limit+u.limit/margin, func() bool { return r.halt.Load() != nil }, r.held()...)
	u.measured.Store(bytes)
	u.heap.Store(heap)
	if bytes > u.peak.Load() {
		u.peak.Store(bytes)
	}
	if r.halt.Load() != nil {
		r.guard.halt()
	}
	if bytes > u.limit {
		r.guard.exceed()
	}
}

// held returns what the realm holds outside of the engine.
func (r *realm) held() []any {
	var values []any
	for _, t := range r.loop.byID {
		values = append(values, t.function, t.args)
	}
	return append(values, r.raised.value, r.returned)
}

// measureWhenDue measures the realm if the heap has grown enough.
func (r *realm) measureWhenDue() {
	if r.memory.due(readHeap().objects) {
		r.measure()
	}
}

// measureAtEnd measures the realm where the script has done its work, so that the peak is not missed that a script
// often has there.
func (r *realm) measureAtEnd() {
	r.guard.checkpoint()
	u := &r.memory
	if u.grown(readHeap().objects) > max(noteworthy, u.measured.Load()/8) {
		r.measure()
	}
}

// heapBytes is the memory of the process, in bytes.
type heapBytes struct {
	objects int64 // that are allocated, garbage that was not yet found included
	live    int64 // that the last collection found alive
}

func readHeap() heapBytes {
	samples := [2]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples[:])
	return heapBytes{objects: int64(samples[0].Value.Uint64()), live: int64(samples[1].Value.Uint64())}
}

// allocatedBytes returns how many bytes this process has allocated on its heap so far.
func allocatedBytes() int64 {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
}

func memoryExceeded() *jsruntime.ScriptError {
	return &jsruntime.ScriptError{Kind: jsruntime.FailureMemory, Message: jsruntime.ErrMemoryLimit.Error()}
}
