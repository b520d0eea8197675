package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

const recoveryBatch = 100

// MaxInterruptedAttempts is how often an execution of an idempotent script is begun, while each time the process that
// runs it goes away: a script that takes its process down does not do it for ever.
const MaxInterruptedAttempts = 3

// recover ends the executions of nodes that are gone: what was running has failed, and is run again where its script is
// idempotent; what waited for its turn has no caller any more.
func (n *node) recover(ctx context.Context) error {
	for {
		expired, err := n.rt.store.Expired(ctx, time.Now().UTC(), recoveryBatch)
		if err != nil {
			return err
		}
		others := slices.DeleteFunc(slices.Clone(expired), func(r ExecutionRecord) bool {
			return r.Lease.Node == n.name // whose lease ran out while the store was away; its runs go on until somebody takes them
		})
		err = eachAtOnce(others, func(record ExecutionRecord) error {
			if err := n.takeOver(ctx, record); err != nil && !errors.Is(err, ErrConflict) {
				return fmt.Errorf("end interrupted execution %s: %w", record.ID, err)
			}
			return nil
		})
		if err != nil || len(expired) < recoveryBatch || len(others) == 0 {
			return err
		}
	}
}

func (n *node) takeOver(ctx context.Context, record ExecutionRecord) error {
	const reason = "interrupted: the process that had it went away"
	if record.Status == ExecutionPending {
		return n.rt.cancelEarly(ctx, n, record, FailureInterrupted, reason)
	}
	next, err := n.repeatable(ctx, record)
	if err != nil {
		return err
	}
	return n.rt.endEarly(ctx, n, record, ExecutionFailed, FailureInterrupted, reason, next)
}

// repeatable returns the execution that repeats an interrupted one; nil where nobody may repeat it.
func (n *node) repeatable(ctx context.Context, record ExecutionRecord) (*ExecutionRecord, error) {
	if record.Attached || record.Attempt >= MaxInterruptedAttempts {
		return nil, nil
	}
	script, err := n.rt.store.Script(ctx, record.TenantID, record.ScriptID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil || !script.Idempotent {
		return nil, err
	}
	return nextAttempt(record), nil
}

// nextAttempt returns a pending execution that does what the given one was to do.
func nextAttempt(record ExecutionRecord) *ExecutionRecord {
	now := time.Now().UTC()
	return &ExecutionRecord{
		ID: uuid.New(), PreviousID: record.ID, Attempt: record.Attempt + 1, Status: ExecutionPending, CreatedAt: now, RunAt: now,
		ScriptID: record.ScriptID, TenantID: record.TenantID, TriggerType: record.TriggerType, TriggerData: record.TriggerData,
		Input: record.Input, Depth: record.Depth, OrderKey: record.OrderKey, ConcurrencyCap: record.ConcurrencyCap,
		Weight: record.Weight,
	}
}
