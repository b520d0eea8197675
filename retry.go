package jsruntime

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// follow says what becomes of work after an attempt that did not succeed and that nobody waits for: the outcome gets the
// next attempt, or becomes a dead letter. An attempt that was cut off, because its process went away or was stopped, is
// repeated where the script is idempotent, and otherwise given up: whether it may be done once more, only a person knows. One
// whose script is gone has no follower.
func (o *Outcome) follow(script *ScriptRecord, cutOff bool) {
	e := &o.Execution
	if e.Attached || script == nil || script.ID == uuid.Nil {
		return
	}
	policy, deadLetters := script.retryPolicy()
	switch {
	case e.Status == ExecutionCompleted, e.Status == ExecutionCancelled && !cutOff:
	case e.Status == ExecutionFailed && !cutOff, e.Status == ExecutionTimeout:
		if policy.triesAgain(*e) {
			o.Next = nextAttempt(*e, policy.pause(e.Failures+1))
			o.Next.Failures++
			return
		}
		e.DeadLetter = deadLetters
	case script.Idempotent && e.Interruptions+1 < MaxInterruptedAttempts:
		o.Next = nextAttempt(*e, 0)
		o.Next.Interruptions++
	default:
		e.DeadLetter = deadLetters
	}
}

// triesAgain reports whether there is another attempt after one that failed. What the library's own events start has only
// one: its failures are events as well, and would multiply from one cause to the next.
func (p RetryPolicy) triesAgain(failed ExecutionRecord) bool {
	return failed.Failures+1 < p.Attempts && failed.Failure.Kind != FailureSuspended &&
		!strings.HasPrefix(failed.TriggerData.EventType, EventTypePrefix)
}

// pause returns how long to wait after so many failures.
func (p RetryPolicy) pause(failures int) time.Duration {
	d := p.Base
	for n := 1; n < failures && d < p.Cap; n++ {
		d *= 2
	}
	d = min(d, p.Cap)
	return d - time.Duration(p.Jitter*rand.Float64()*float64(d)) //nolint:gosec // it spreads load
}

// nextAttempt returns a pending execution that does, after a pause, what the given one was to do. The dedupe key stays with
// the first attempt.
func nextAttempt(record ExecutionRecord, pause time.Duration) *ExecutionRecord {
	now := time.Now().UTC()
	return &ExecutionRecord{
		ID: uuid.Must(uuid.NewV7()), PreviousID: record.ID, FirstID: record.work(), Attempt: record.Attempt + 1,
		Failures: record.Failures, Interruptions: record.Interruptions,
		Status: ExecutionPending, CreatedAt: now, RunAt: now.Add(pause),
		ScriptID: record.ScriptID, TenantID: record.TenantID, TriggerType: record.TriggerType, TriggerData: record.TriggerData,
		Input: record.Input, Depth: record.Depth, CausedBy: record.CausedBy, OrderKey: record.OrderKey,
		ConcurrencyCap: record.ConcurrencyCap, Weight: record.Weight,
	}
}

// work returns the first attempt at what the execution does, which stands for all of them.
func (r ExecutionRecord) work() uuid.UUID {
	if r.FirstID != uuid.Nil {
		return r.FirstID
	}
	return r.ID
}
