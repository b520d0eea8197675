package isolate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jsruntime/jsruntime"
)

// The bounds on what a worker can make the host take for one run, whatever the worker does.
const (
	maxHelloBytes    = 4 << 10
	maxReadyBytes    = 64 << 10
	maxStderrBytes   = 4 << 20   // of a worker's whole life, the traceback of a crash included
	maxHostCalls     = 100       // under way at once, as in vm
	maxCallBytes     = 20 << 20  // of the frame of a call; the vm lets 16 MiB through
	maxArgumentBytes = 32 << 20  // of the decoded arguments of all calls under way, about
	maxLogLines      = 1001      // as in vm, and the one that says that others were dropped
	maxLogBytes      = 16 << 20  // of all lines
	maxFailureBytes  = 100 << 10 // of a message, and of a stack
	doneBytes        = 1 << 20   // for a failure, and lines that were not sent, beside the output
)

// run is one check or run, on the host's side of the pipe.
type run struct {
	ctx         context.Context
	w           *worker
	nonce       uint64
	began       time.Time
	deadline    time.Time
	memoryLimit int64

	job    *jsruntime.Job // nil for a check
	calls  *calls         // nil for a check
	logs   []jsruntime.LogEntry
	logged int // bytes

	heard   bool  // the worker said something of it, so it has begun
	mapped  int64 // what the worker's heap takes at the end
	outside bool  // the worker died without the host and without a reason of its own
}

// errNotBegun says that the worker was dead before it had all of the job, so that another one can have it.
var errNotBegun = errors.New("the run has not begun")

func newRun(ctx context.Context, w *worker, deadline time.Time, memoryLimit int64) *run {
	return &run{
		ctx: ctx, w: w, nonce: rand.Uint64(), began: time.Now(), deadline: deadline, memoryLimit: memoryLimit,
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
		return r.dead(p, true)
	}
	m, err := r.listen()
	if err != nil {
		if errors.Is(err, errFrame) {
			w.kill(r, causeFrames)
		}
		return r.dead(p, !r.heard && unread(w.in) >= len(frame.buf))
	}
	return r.result(p, m)
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
		r.heard = true
		switch kind {
		case frameDone:
			m, err := decodeDone(d)
			if err == nil {
				err = r.accept(m)
			}
			return m, err
		case frameLog:
			line := decodeLine(d)
			if err = d.end(); err == nil {
				err = r.log(line)
			}
			if err != nil {
				return done{}, err
			}
			r.tell(line)
		case frameCall:
			c, err := decodeCall(d)
			if err == nil {
				err = r.calls.start(c)
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
		return maxCallBytes
	}
	return -1
}

// accept checks the end of a run against what a run can come to.
func (r *run) accept(m done) error {
	if r.job == nil && (len(m.lines) > 0 || len(m.output) > 0) {
		return errFrame
	}
	for _, line := range m.lines { // that say what the script did not
		if err := r.log(line); err != nil {
			return err
		}
	}
	r.mapped = m.mapped
	if f := m.failure; f != nil {
		bad := !f.Kind.IsValid() || f.Kind == jsruntime.FailureInterrupted || f.Kind == jsruntime.FailureCrashed ||
			len(f.Message) > maxFailureBytes || len(f.Stack) > maxFailureBytes || f.Line < 0 || f.Column < 0
		if bad {
			return errFrame
		}
		return nil
	}
	if r.job != nil && (int64(len(m.output)) > r.job.Limits.MaxOutputSizeBytes || !json.Valid(m.output)) {
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
	return nil
}

// tell hands a line to the application. A panic there must not take the process down.
func (r *run) tell(line jsruntime.LogEntry) {
	if r.job.Logged == nil {
		return
	}
	defer func() {
		if recover() != nil {
			r.job.Logged = nil
		}
	}()
	r.job.Logged(line)
}

// result returns how a run ended whose worker said so.
func (r *run) result(p *pool, m done) jsruntime.Result {
	result := jsruntime.Result{Logs: r.logs, LogsDropped: m.dropped}
	result.Metrics.MemoryUsedBytes, result.Metrics.MemoryEstimated = min(m.memory, largestMemory), m.estimate
	result.Metrics.CPUTime = r.w.spend(m, r.began)
	result.Metrics.RealmTime = min(max(m.realm, 0), time.Since(r.began))
	switch {
	case m.failure == nil:
		result.Output = m.output
	case m.failure.Kind == jsruntime.FailureCancelled && r.ctx.Err() != nil:
		result.Err = stopped(r.ctx.Err())
	default:
		result.Err = m.failure
	}
	if m.stuck {
		r.w.kill(r, m.cause())
		p.died(r.w)
		r.w.awaitGone(deathPatience)
	}
	return result
}

// cause returns why a worker is ended that could not stop its run.
func (m done) cause() cause {
	switch {
	case m.failure == nil: // it came to its end, but a call of it is still on its way
		return causeRetire
	case m.failure.Kind == jsruntime.FailureMemory:
		return causeMemory
	case m.failure.Kind == jsruntime.FailureCancelled:
		return causeCancel
	}
	return causeTime
}

// dead returns how a run ended whose worker died, or has to. A run that has not begun is errNotBegun.
func (r *run) dead(p *pool, unbegun bool) jsruntime.Result {
	w := r.w
	w.mu.Lock()
	ours := w.killed != noCause
	w.mu.Unlock()
	patience := deathPatience
	if !ours {
		patience = time.Second // it is dying by itself, and says why
	}
	if !w.awaitGone(patience) {
		w.kill(r, causeFrames)
		w.awaitGone(patience)
	}
	w.mu.Lock()
	why, before, d := w.killed, w.cpu, w.death
	w.mu.Unlock()
	if d == (death{}) {
		d = deathOf(why) // it is not gone yet
	}
	p.died(w)
	w.kill(r, causeRetire) // so that the pool does not take it for one that lives
	if unbegun && why == noCause && d.kind == jsruntime.FailureCrashed {
		return jsruntime.Result{Err: errNotBegun}
	}
	r.outside = why == noCause && d.byOthers
	result := jsruntime.Result{Logs: r.logs, Err: d.failure()}
	if why == causeCancel {
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
	return within(w.gone, late)
}
