package isolate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
)

// The bounds on what a worker can make the host take for one run, whatever the worker does.
const (
	maxHelloBytes    = 4 << 10
	maxReadyBytes    = 64 << 10
	maxHostCalls     = 100      // under way at once, as in vm
	maxArgumentBytes = 64 << 20 // of one call, and of all that are under way; the vm's own bound is a quarter, counted coarser
	maxLogLines      = 1001     // as in vm, and the one that says that others were dropped
	maxLogBytes      = 16 << 20 // of all lines
	doneBytes        = 1 << 20  // for a failure, and lines that were not sent, beside the output
)

// run is one check or run, on the host's side of the pipe.
type run struct {
	ctx         context.Context
	w           *worker
	nonce       uint64
	began       time.Time
	deadline    time.Time
	memoryLimit int64

	job     *jsruntime.Job // nil for a check
	granted []string       // the functions that the script may call
	logs    []jsruntime.LogEntry
	logged  int // bytes

	callCtx    context.Context // made for the first call
	endCallCtx context.CancelFunc
	calls      sync.WaitGroup
	freed      chan struct{} // holds a token when a call has ended since it was taken
	mu         sync.Mutex
	under      int   // calls under way
	size       int64 // of their arguments

	mapped  int64 // what the worker's heap takes at the end
	err     error // of the pipe
	outside bool  // the worker died without the host and without a reason of its own
}

// errNotBegun says that the worker was dead before it had all of the job, so that another one can have it.
var errNotBegun = errors.New("the run has not begun")

func newRun(ctx context.Context, w *worker, deadline time.Time, memoryLimit int64) *run {
	return &run{
		ctx: ctx, w: w, nonce: rand.Uint64(), began: time.Now(), deadline: deadline, memoryLimit: memoryLimit,
		freed: make(chan struct{}, 1),
	}
}

// do gives the worker its job and reads what it says until it is done or dead.
func (r *run) do(p *pool, frame *encoder) jsruntime.Result {
	w := r.w
	if !w.take(r) {
		return jsruntime.Result{Err: errNotBegun}
	}
	p.watch()
	if err := w.limitMemory(r.memoryLimit + p.settings.margin); err != nil {
		p.settings.logger.Warn("memory of a worker not limited", "error", err)
	}
	late := time.AfterFunc(time.Until(r.deadline)+killGrace, func() { w.kill(r, causeTime) })
	defer late.Stop()
	defer context.AfterFunc(r.ctx, func() {
		cancel := newFrame(frameCancel, 16)
		cancel.fixed(r.nonce)
		time.AfterFunc(killGrace, func() { w.kill(r, causeCancel) })
		_ = w.host.write(cancel)
	})()
	if err := w.host.write(frame); err != nil {
		return r.dead(p, len(frame.buf), true)
	}
	m, err := r.listen()
	if err != nil {
		r.err = err
		if errors.Is(err, errFrame) {
			w.kill(r, causeFrames)
		}
		return r.dead(p, len(frame.buf), false)
	}
	w.mu.Lock()
	before := w.cpu
	w.mu.Unlock()
	result := r.result(m)
	if m.stuck {
		w.kill(r, m.cause())
		p.died(w)
		if r.w.awaitGone(deathPatience) {
			result.Metrics.CPUTime = max(w.death.cpu-before, 0)
		}
	}
	return result
}

// cause returns why a worker is ended that could not stop its run.
func (m done) cause() cause {
	switch {
	case m.failure != nil && m.failure.Kind == jsruntime.FailureMemory:
		return causeMemory
	case m.failure != nil && m.failure.Kind == jsruntime.FailureCancelled:
		return causeCancel
	}
	return causeTime
}

// listen serves the worker until its last frame.
func (r *run) listen() (done, error) {
	for {
		kind, payload, err := r.w.frames.read(r.bound)
		if err != nil {
			return done{}, err
		}
		d := &decoder{buf: payload}
		if d.fixed() != r.nonce {
			return done{}, errFrame
		}
		switch kind {
		case frameDone:
			m, err := decodeDone(d)
			if err == nil {
				err = r.accept(m)
			}
			return m, err
		case frameLog:
			line := decodeLine(d)
			if err := errors.Join(d.end(), r.log(line)); err != nil {
				return done{}, err
			}
		case frameCall:
			c, err := decodeCall(d)
			if err == nil {
				err = r.call(c)
			}
			if err != nil {
				return done{}, err
			}
		}
	}
}

// bound returns how long a frame of the worker may be.
func (r *run) bound(kind byte) int64 {
	switch {
	case kind == frameDone && r.job == nil:
		return doneBytes
	case kind == frameDone:
		return doneBytes + r.job.Limits.MaxOutputSizeBytes
	case kind == frameLog && r.job != nil:
		return maxLogBytes
	case kind == frameCall && r.job != nil:
		return doneBytes + maxArgumentBytes
	}
	return -1
}

// accept checks the end of a run against what a run can come to.
func (r *run) accept(m done) error {
	for _, line := range m.lines {
		if err := r.log(line); err != nil {
			return err
		}
	}
	r.mapped = m.mapped
	switch {
	case m.failure != nil && (!m.failure.Kind.IsValid() || len(m.failure.Message)+len(m.failure.Stack) > doneBytes/2):
		return errFrame
	case r.job != nil && m.failure == nil && (len(m.output) == 0 || int64(len(m.output)) > r.job.Limits.MaxOutputSizeBytes):
		return errFrame
	}
	return nil
}

// log takes a console line.
func (r *run) log(line jsruntime.LogEntry) error {
	r.logged += len(line.Message)
	if len(r.logs) >= maxLogLines || r.logged > maxLogBytes {
		return fmt.Errorf("%w: too many console lines", errFrame)
	}
	switch line.Level {
	case jsruntime.LogDebug, jsruntime.LogInfo, jsruntime.LogWarn, jsruntime.LogError:
	default:
		return errFrame
	}
	r.logs = append(r.logs, line)
	if r.job.Logged != nil && len(r.logs) > 0 {
		r.job.Logged(line)
	}
	return nil
}

// call starts a call of a host function.
func (r *run) call(c call) error {
	if c.name != jsruntime.SecretsGet && !slices.Contains(r.granted, c.name) || r.job.Host == nil {
		return fmt.Errorf("%w: function %q is not granted", errFrame, c.name)
	}
	for {
		r.mu.Lock()
		if r.under >= maxHostCalls {
			r.mu.Unlock()
			return fmt.Errorf("%w: too many calls of host functions", errFrame)
		}
		if r.under == 0 || r.size+c.size <= maxArgumentBytes {
			r.under++
			r.size += c.size
			r.mu.Unlock()
			break
		}
		r.mu.Unlock()
		select { // nothing more is read of this worker until there is room
		case <-r.freed:
		case <-r.w.gone:
			return errFrame
		}
	}
	if r.callCtx == nil {
		r.callCtx, r.endCallCtx = context.WithDeadline(r.ctx, r.deadline)
	}
	r.calls.Go(func() {
		value, err := callSafely(r.callCtx, r.job.Host, c.name, c.args)
		frame := encodeReply(r.nonce, c.id, value, err)
		r.mu.Lock()
		r.under--
		r.size -= c.size
		r.mu.Unlock()
		select {
		case r.freed <- struct{}{}:
		default:
		}
		if r.callCtx.Err() == nil { // otherwise nobody waits for it
			_ = r.w.host.write(frame) // a worker that cannot be written to is dead
		}
	})
	return nil
}

// callSafely calls the host. A panic there is a defect of the application: the script learns no more than that.
func callSafely(ctx context.Context, host jsruntime.Host, name string, args []any) (reply any, err error) {
	returned := false
	defer func() {
		if x := recover(); x != nil || !returned {
			reply, err = nil, fmt.Errorf("%s: internal error", name)
		}
	}()
	reply, err = host.Call(ctx, name, args)
	returned = true
	return reply, err
}

// endCalls cancels the calls that are under way. When they do not end shortly after, it returns a channel that is closed
// once they have.
func (r *run) endCalls() <-chan struct{} {
	if r.callCtx == nil {
		return nil
	}
	r.endCallCtx()
	ended := make(chan struct{})
	go func() { // ends with the calls
		r.calls.Wait()
		close(ended)
	}()
	late := time.NewTimer(callGrace)
	defer late.Stop()
	select {
	case <-ended:
		return nil
	case <-late.C:
		return ended
	}
}

// result returns how a run ended whose worker said so.
func (r *run) result(m done) jsruntime.Result {
	result := jsruntime.Result{Logs: r.logs, LogsDropped: m.dropped}
	result.Metrics.MemoryUsedBytes, result.Metrics.MemoryEstimated = m.memory, m.estimate
	result.Metrics.CPUTime = m.cpu
	r.w.mu.Lock()
	r.w.cpu += m.cpu
	r.w.mu.Unlock()
	switch {
	case m.failure == nil:
		result.Output = m.output
	case m.failure.Kind == jsruntime.FailureCancelled && r.ctx.Err() != nil:
		result.Err = stopped(r.ctx.Err())
	default:
		result.Err = m.failure
	}
	return result
}

// dead returns how a run ended whose worker died, or has to. A worker that did not get, or did not read, the frame with
// the job has not begun with it.
func (r *run) dead(p *pool, frame int, unbegun bool) jsruntime.Result {
	w := r.w
	w.mu.Lock()
	ours := w.killed != noCause
	w.mu.Unlock()
	patience := deathPatience
	if !ours {
		patience = time.Second // it is dying by itself, and says why
	}
	var d death
	if !w.awaitGone(patience) {
		w.kill(r, causeFrames)
		w.awaitGone(patience)
	}
	w.mu.Lock()
	why, before := w.killed, w.cpu
	select {
	case <-w.gone:
		d = w.death
	default:
		d = deathOf(why)
	}
	w.mu.Unlock()
	p.died(w)
	w.kill(r, causeRetire) // so that the pool does not take it for one that lives
	unbegun = unbegun || why == noCause && unread(w.in) >= frame
	if unbegun && why != causeClose && why != causeTime && why != causeCancel {
		return jsruntime.Result{Err: errNotBegun}
	}
	r.outside = why == noCause && d.byOthers
	result := jsruntime.Result{Logs: r.logs, Err: d.failure()}
	if why == causeCancel || d.kind == jsruntime.FailureTimeout && r.ctx.Err() != nil {
		result.Err = stopped(r.ctx.Err())
	}
	result.Metrics.CPUTime = max(d.cpu-before, 0)
	result.Metrics.MemoryUsedBytes = max(d.peak-w.restRSS, 0)
	result.Metrics.MemoryEstimated = true
	return result
}

// deathPatience is how long an answer waits for a worker that was killed to be gone, which tells what the run took.
const deathPatience = 20 * time.Millisecond

// awaitGone reports whether the worker is gone within a time.
func (w *worker) awaitGone(patience time.Duration) bool {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-w.gone:
		return true
	case <-late.C:
		return false
	}
}
