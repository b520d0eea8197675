package isolate

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"time"

	"github.com/jsruntime/jsruntime"
)

// Executor runs scripts in worker processes. Make one with [New] and end it with Close, after the Runtime that uses it.
// Several Runtimes may share one, and a program may have several. Its methods may be called concurrently.
type Executor struct {
	pool *pool
	seed maphash.Seed
}

var _ jsruntime.PooledExecutor = (*Executor)(nil)

// New starts the first worker and returns when it serves. It fails when the program did not call [Main], when an option
// makes no sense, which is a [jsruntime.FieldError], and when the worker does not get ready.
func New(opts ...Option) (*Executor, error) {
	if !entered.Load() || os.Getenv(marker) != "" {
		return nil, errors.New("isolate: the program starts itself again as worker, " +
			"so the first line of its main function has to be: isolate.Main() " +
			"(in tests: func TestMain(m *testing.M) { isolate.Main(); os.Exit(m.Run()) })")
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	own, err := fingerprint()
	if err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	_, offset := time.Now().Zone()
	p := newPool(s, hello{fingerprint: own, zone: time.Local.String(), offset: offset, margin: s.margin})
	p.mu.Lock()
	p.starting++
	p.mu.Unlock()
	if err := p.startOne(); err != nil {
		p.close()
		return nil, fmt.Errorf("isolate: %w", err)
	}
	return &Executor{pool: p, seed: maphash.MakeSeed()}, nil
}

// Close ends the workers, and returns when they are gone. What still runs ends as interrupted. Closing twice does no
// harm; afterwards a run is interrupted at once, and a check is [jsruntime.ErrClosed].
func (e *Executor) Close() error {
	e.pool.close()
	return nil
}

var errClosed = fmt.Errorf("the executor was %w", jsruntime.ErrClosed)

// Expect implements [jsruntime.PooledExecutor].
func (e *Executor) Expect(n int) { e.pool.expect(n) }

const (
	// killGrace is what a worker gets beyond the end of its run's time to answer by itself.
	killGrace = 30 * time.Millisecond
	// callGrace is what host functions get beyond the end of their ctx, as in vm.
	callGrace = 20 * time.Millisecond
	// checkTime is what a check gets. The worker's vm gives up after a second.
	checkTime = 1200 * time.Millisecond
	// startTries is how often a worker that turns out to be dead is replaced by another before a run has begun.
	startTries = 5
)

// Check implements [jsruntime.Executor]: a worker reads the source, since reading hostile text is an attack of its own.
// One that is too much for the worker is refused as a syntax error.
func (e *Executor) Check(ctx context.Context, source jsruntime.Source) error {
	for range startTries {
		err := e.checkOnce(ctx, source)
		if !errors.Is(err, errNotBegun) {
			return err
		}
	}
	return fmt.Errorf("check: %w", jsruntime.ErrWorkerCrashed)
}

func (e *Executor) checkOnce(ctx context.Context, source jsruntime.Source) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := e.pool.acquire(ctx, time.Now().Add(startTimeout), true, e.keyOf(source))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("%w: no worker became free within %v", jsruntime.ErrOverloaded, startTimeout)
	}
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	r := newRun(ctx, w, time.Now().Add(checkTime), jsruntime.DefaultMaxMemoryBytes)
	result := r.do(e.pool, encodeCheck(r.nonce, source, r.memoryLimit))
	e.pool.release(w, true, r.mapped)
	if err := ctx.Err(); err != nil && result.Err != nil && !errors.Is(result.Err, jsruntime.ErrSyntax) {
		return err
	}
	return r.checked(result.Err)
}

// checked returns what a check says about its source.
func (r *run) checked(err error) error {
	var failure *jsruntime.ScriptError
	if !errors.As(err, &failure) {
		return err
	}
	text := ""
	switch {
	case failure.Kind == jsruntime.FailureMemory:
		text = "SyntaxError: the source takes too much memory to compile"
	case failure.Kind == jsruntime.FailureTimeout:
		text = "SyntaxError: the source takes too long to compile"
	case failure.Kind == jsruntime.FailureInterrupted:
		return errClosed
	case failure.Kind == jsruntime.FailureCrashed && r.outside:
		return errNotBegun // it says nothing about the source; nothing of it was run
	case failure.Kind == jsruntime.FailureCrashed:
		text = "SyntaxError: the source is too much for the compiler"
	default:
		return failure
	}
	return &jsruntime.ScriptError{Kind: jsruntime.FailureSyntax, Message: text}
}

// Run implements [jsruntime.Executor]. Limits that are not positive are the defaults. Waiting for a worker counts as
// execution time. Result.Abandoned is set only when a host function goes on after the end of its ctx: a script that
// cannot be stopped ends with its worker.
func (e *Executor) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	start := time.Now()
	job.Limits = effective(job.Limits)
	result := e.run(ctx, start, &job)
	var failure *jsruntime.ScriptError
	if errors.As(result.Err, &failure) {
		own := *failure
		own.ExecutionID = job.Context.Execution.ID
		result.Err = &own
	}
	result.Metrics.Duration = time.Since(start)
	return result
}

// Limits that are larger than these are these: a year, a tebibyte, and what a frame can hold.
const (
	longestRun    = 365 * 24 * time.Hour
	largestMemory = 1 << 40
	largestOutput = maxFrameBytes - doneBytes
)

// effective returns limits with the defaults in the place of what is not positive.
func effective(l jsruntime.ResourceLimits) jsruntime.ResourceLimits {
	def := jsruntime.DefaultResourceLimits()
	if l.MaxExecutionTime <= 0 {
		l.MaxExecutionTime = def.MaxExecutionTime
	}
	if l.MaxMemoryBytes <= 0 {
		l.MaxMemoryBytes = def.MaxMemoryBytes
	}
	if l.MaxOutputSizeBytes <= 0 {
		l.MaxOutputSizeBytes = def.MaxOutputSizeBytes
	}
	l.MaxExecutionTime = min(l.MaxExecutionTime, longestRun)
	l.MaxMemoryBytes = min(l.MaxMemoryBytes, largestMemory)
	l.MaxOutputSizeBytes = min(l.MaxOutputSizeBytes, largestOutput)
	return l
}

// keyOf names a source to the pool. Two sources with one name do no harm.
func (e *Executor) keyOf(source jsruntime.Source) uint64 { return maphash.String(e.seed, source.Text) }

func (e *Executor) run(ctx context.Context, start time.Time, job *jsruntime.Job) jsruntime.Result {
	var functions []string
	if job.Host != nil {
		functions = job.Host.Functions()
	}
	frame, err := encodeRun(job, functions)
	if err != nil {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: err.Error()}}
	}
	deadline := start.Add(job.Limits.MaxExecutionTime)
	key := e.keyOf(job.Source)
	for range startTries {
		if err := ctx.Err(); err != nil {
			return jsruntime.Result{Err: stopped(err)}
		}
		w, err := e.pool.acquire(ctx, deadline, false, key)
		if err != nil {
			return jsruntime.Result{Err: notRun(err)}
		}
		result := e.runOn(ctx, w, job, frame, functions, deadline)
		if !errors.Is(result.Err, errNotBegun) {
			return result
		}
	}
	return jsruntime.Result{Err: death{kind: jsruntime.FailureCrashed, reason: "no worker lived long enough"}.failure()}
}

// runOn runs a job on a worker, and gives that back.
func (e *Executor) runOn(ctx context.Context, w *worker, job *jsruntime.Job, frame *encoder, functions []string, deadline time.Time) jsruntime.Result {
	r := newRun(ctx, w, deadline, job.Limits.MaxMemoryBytes)
	defer func() { e.pool.release(w, false, r.mapped) }()
	left := time.Until(deadline)
	if left <= 0 {
		return jsruntime.Result{Err: notRun(context.DeadlineExceeded)}
	}
	r.job = job
	r.calls = newCalls(ctx, deadline, job.Host, functions, r.nonce, w.host)
	address(frame, r.nonce, left)
	result := r.do(e.pool, frame)
	var unread bool
	if result.Abandoned, unread = r.calls.end(); unread {
		w.kill(r, causeRetire) // the next run would have to wait for it
	}
	return result
}

// stopped returns the failure of a run whose ctx ended with err, or whose time is up.
func stopped(err error) *jsruntime.ScriptError {
	if errors.Is(err, context.Canceled) {
		return death{kind: jsruntime.FailureCancelled}.failure()
	}
	return death{kind: jsruntime.FailureTimeout}.failure()
}

// notRun returns the failure of a run that got no worker.
func notRun(err error) *jsruntime.ScriptError {
	switch {
	case errors.Is(err, jsruntime.ErrClosed):
		return death{kind: jsruntime.FailureInterrupted, reason: "the executor was closed"}.failure()
	case errors.Is(err, context.Canceled):
		return stopped(err)
	case errors.Is(err, context.DeadlineExceeded):
		failure := stopped(err)
		failure.Message += ": no worker became free"
		return failure
	}
	return &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: "no worker can be started"}
}
