package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	return e.update(ctx, func(t *tx) error {
		if err := finish(t, o); err != nil {
			return err
		}
		if o.Next == nil {
			return nil
		}
		return addPending(t, *o.Next)
	})
}

func finish(t *tx, o jsruntime.Outcome) error {
	r := storedExecution(o.Execution)
	if !r.Status.IsTerminal() {
		return invalid("status", "must be one at which an execution has come to its end")
	}
	token := r.Lease.Token
	r.Lease = jsruntime.Lease{}
	key := executionKey(r.TenantID, r.ID)
	if o.From == "" {
		if hasExecution(t, r.TenantID, r.ID) {
			return named("execution", r.ID, jsruntime.ErrConflict)
		}
		if err := addExecution(t, r); err != nil {
			return err
		}
	} else {
		old, err := execution(t, r.TenantID, r.ID)
		if err != nil {
			return err
		}
		if old.Status != o.From || o.From.IsTerminal() || old.Lease.Token != token {
			return named("execution", r.ID, jsruntime.ErrConflict)
		}
		if err := setExecution(t, old, &r); err != nil {
			return err
		}
	}
	if err := keepReply(t, r, o.Reply); err != nil || len(o.Logs) == 0 {
		return err
	}
	return save(t, bLogs, key, storedLogs(o.Logs))
}

func (e *engine) ResolveDeadLetter(
	ctx context.Context, tenantID, executionID uuid.UUID, next *jsruntime.ExecutionRecord,
) error {
	return e.update(ctx, func(t *tx) error {
		old, err := execution(t, tenantID, executionID)
		if err != nil {
			return err
		}
		if !old.DeadLetter {
			return named("execution", executionID, jsruntime.ErrConflict)
		}
		r := *old
		r.DeadLetter = false
		if err := setExecution(t, old, &r); err != nil || next == nil {
			return err
		}
		return addPending(t, *next)
	})
}
