package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const recoveryBatch = 100

// MaxInterruptedAttempts is how often work of an idempotent script is begun, while each time the process that runs it goes
// away: a script that takes its process down does not do it for ever. Attempts that failed do not count.
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
	o := Outcome{Execution: record}
	if !record.Attached {
		script, err := n.rt.store.Script(ctx, record.TenantID, record.ScriptID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		o.follow(&script, true)
	}
	return n.rt.endEarly(ctx, n, o.Execution, ExecutionFailed, FailureInterrupted, reason, o.Next)
}
