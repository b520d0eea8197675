package vm

import (
	"context"
	"errors"
	"time"

	"github.com/jsruntime/jsruntime"
)

// Executor runs scripts on goja, each in a realm of its own, in this process. It holds compiled programs and nothing
// else, so it needs no closing.
type Executor struct {
	settings settings
	cache    *cache
}

var _ jsruntime.Executor = (*Executor)(nil)

// New returns an Executor.
func New(opts ...Option) *Executor {
	s := defaultSettings()
	for _, opt := range opts {
		opt(&s)
	}
	return &Executor{settings: s, cache: newCache(s.programCacheBytes)}
}

// Check implements [jsruntime.Executor]. It answers within about a second: a source that takes longer to compile is refused.
func (e *Executor) Check(ctx context.Context, source jsruntime.Source) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	late := time.NewTimer(maxCompileTime)
	defer late.Stop()
	_, _, err := e.compile(ctx, source, late.C)
	if errors.Is(err, errCompileTime) {
		return syntaxError("SyntaxError: "+err.Error(), 0, 0)
	}
	return ownError(err, jsruntime.JobContext{})
}

// Run implements [jsruntime.Executor]. Limits that are not positive are the defaults. A run ends when its result
// settles: timers that are still waiting do not fire, and the ctx of host calls that are still going on ends.
//
// Result.Abandoned is also set when a host function goes on after the end of its ctx.
func (e *Executor) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	start := time.Now()
	if job.Limits.MaxExecutionTime <= 0 {
		job.Limits.MaxExecutionTime = jsruntime.DefaultMaxExecutionTime
	}
	if job.Limits.MaxOutputSizeBytes <= 0 {
		job.Limits.MaxOutputSizeBytes = jsruntime.DefaultMaxOutputSizeBytes
	}
	before := allocatedBytes()
	result := e.run(ctx, job, start)
	result.Err = ownError(result.Err, job.Context)
	result.Metrics.Duration = time.Since(start)
	result.Metrics.MemoryUsedBytes = allocatedBytes() - before
	result.Metrics.MemoryEstimated = true
	return result
}

func (e *Executor) run(ctx context.Context, job jsruntime.Job, start time.Time) jsruntime.Result {
	if err := ctx.Err(); err != nil {
		return jsruntime.Result{Err: stopped(err)}
	}
	late := time.NewTimer(job.Limits.MaxExecutionTime)
	defer late.Stop()
	p, unfinished, err := e.compile(ctx, job.Source, late.C)
	if unfinished != nil {
		return jsruntime.Result{Err: stopped(err), Abandoned: unfinished.done}
	}
	if err != nil {
		return jsruntime.Result{Err: err}
	}
	r := newRealm(ctx, job, p, start.Add(job.Limits.MaxExecutionTime), e.settings.maxLogBytes)
	go r.run() //nolint:contextcheck // host calls get one that newCalls makes of ctx
	return r.await(ctx, late)
}

// await waits for the realm's end, stops it when its time is up or ctx ends, and answers shortly after that even when
// it cannot be stopped.
func (r *realm) await(ctx context.Context, late *time.Timer) jsruntime.Result {
	var stop *jsruntime.ScriptError
	select {
	case <-r.settled:
	case <-late.C:
		stop = stopped(context.DeadlineExceeded)
	case <-ctx.Done():
		stop = stopped(ctx.Err())
	}
	if stop != nil {
		r.stop(stop)
	}
	if r.gone == r.settled && stop == nil {
		return r.result()
	}
	late.Reset(grace)
	select {
	case <-r.gone:
		return r.result()
	case <-late.C:
	}
	result := r.result()
	result.Abandoned = r.gone
	return result
}

// stopped returns the failure of a run whose ctx ended with err, or whose time is up.
func stopped(err error) *jsruntime.ScriptError {
	if errors.Is(err, context.Canceled) {
		return &jsruntime.ScriptError{Kind: jsruntime.FailureCancelled, Message: jsruntime.ErrCancelled.Error()}
	}
	return &jsruntime.ScriptError{Kind: jsruntime.FailureTimeout, Message: jsruntime.ErrTimeout.Error()}
}

// ownError returns a copy of a failure that names the execution: failures of a shared compile are shared too.
func ownError(err error, job jsruntime.JobContext) error {
	var failure *jsruntime.ScriptError
	if !errors.As(err, &failure) {
		return err
	}
	failure = new(*failure)
	failure.ExecutionID = job.Execution.ID
	return failure
}
