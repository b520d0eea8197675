package vm

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
)

// Executor runs scripts on goja, each in a realm of its own, in this process. It holds compiled programs and what it
// knows of its runs, so it needs no closing.
type Executor struct {
	settings settings
	cache    *cache
	ledger   ledger
	meters   sync.Pool // of *meter
}

var _ jsruntime.Executor = (*Executor)(nil)

// New returns an Executor.
func New(opts ...Option) *Executor {
	s := defaultSettings()
	for _, opt := range opts {
		opt(&s)
	}
	return &Executor{settings: s, cache: newCache(s.programCacheBytes), meters: sync.Pool{New: func() any { return newMeter() }}}
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
	if job.Limits.MaxMemoryBytes <= 0 {
		job.Limits.MaxMemoryBytes = jsruntime.DefaultMaxMemoryBytes
	}
	result := e.run(ctx, &job, start)
	result.Err = ownError(result.Err, job.Context)
	result.Metrics.Duration = time.Since(start)
	return result
}

func (e *Executor) run(ctx context.Context, job *jsruntime.Job, start time.Time) jsruntime.Result {
	if errLayout != nil {
		return jsruntime.Result{Err: engineError(errLayout.Error(), nil)}
	}
	if err := ctx.Err(); err != nil {
		return jsruntime.Result{Err: stopped(err)}
	}
	tenant := job.Context.Tenant.ID
	if err := e.refuse(tenant); err != nil {
		return jsruntime.Result{Err: err}
	}
	late := time.NewTimer(job.Limits.MaxExecutionTime)
	defer late.Stop()
	p, unfinished, err := e.compile(ctx, job.Source, late.C)
	if unfinished != nil {
		e.abandon(tenant, unfinished.done)
		return jsruntime.Result{Err: stopped(err), Abandoned: unfinished.done}
	}
	if err != nil {
		return jsruntime.Result{Err: err}
	}
	if err := e.admit(ctx, late.C); err != nil {
		return jsruntime.Result{Err: stopped(err)}
	}
	r := newRealm(ctx, e, job, p, start.Add(job.Limits.MaxExecutionTime))
	go r.run() //nolint:contextcheck // host calls get one that newCalls makes of ctx
	result := r.await(ctx, late)
	r.account(&result.Metrics)
	if result.Abandoned != nil && !r.ended() {
		e.abandon(tenant, r.settled)
	}
	return result
}

// ended reports whether the script has come to its end, although host functions may go on.
func (r *realm) ended() bool {
	select {
	case <-r.settled:
		return true
	default:
		return false
	}
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

// account reports the memory and the time that the realm took. A realm that was too small to be measured is reported as what the
// process allocated meanwhile, if that is less than what would have been measured.
func (r *realm) account(m *jsruntime.ExecutionMetrics) {
	m.RealmTime = r.clock.sinceStart(time.Now())
	m.MemoryUsedBytes = r.memory.peak.Load()
	if m.MemoryUsedBytes < trusted {
		m.MemoryEstimated = true
		last := r.memory.last.Load()
		if last == 0 {
			last = readTaken()
		}
		m.MemoryUsedBytes = max(m.MemoryUsedBytes, min(last-r.memory.first.Load(), noteworthy))
	}
}

// timedOut is the failure of a run whose time is up.
func timedOut() *jsruntime.ScriptError { return stopped(context.DeadlineExceeded) }

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
