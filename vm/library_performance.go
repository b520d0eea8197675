package vm

import (
	"time"

	"github.com/dop251/goja"
)

var performanceNatives = natives{"origin": (*realm).origin, "now": (*realm).now}

// origin returns when the run began, in milliseconds since 1970.
func (r *realm) origin(goja.FunctionCall) goja.Value {
	return r.rt.ToValue(milliseconds(r.began().UnixNano()))
}

// now returns the milliseconds since the run began.
func (r *realm) now(goja.FunctionCall) goja.Value {
	return r.rt.ToValue(r.elapsed())
}

// elapsed returns what performance.now does.
func (r *realm) elapsed() float64 { return milliseconds(int64(time.Since(r.began()))) }

// began returns when the run began, which is when performance.now() is 0.
func (r *realm) began() time.Time { return r.deadline.Add(-r.job.Limits.MaxExecutionTime) }

// resolution is the finest difference that performance tells. A finer one would tell scripts what others have in the caches of the
// processor.
const resolution = 100 * time.Microsecond

// milliseconds returns nanoseconds in milliseconds, rounded down to the resolution.
func milliseconds(nanoseconds int64) float64 {
	const perMillisecond = int64(time.Millisecond / resolution)
	return float64(nanoseconds/int64(resolution)) / float64(perMillisecond)
}
