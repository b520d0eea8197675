package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// DeadLetters lists a tenant's dead letters that match, newest first: the last attempts at work that was given up, because its
// [RetryPolicy] grants no more attempts, or because its process went away and the script is not idempotent. Each waits, whatever
// the [Retention], until it is requeued or discarded; one whose script was deleted can only be discarded. What is known of one
// is its [Execution], with its input and its failure, Logs and Attempts.
func (rt *Runtime) DeadLetters(ctx context.Context, tenantID uuid.UUID, f ExecutionFilter) (Page[Execution], error) {
	f.DeadLetters = true
	return rt.Executions(ctx, tenantID, f)
}

// Attempts returns the execution and those that it repeats, the first one first: attempts that failed or were cut off, and dead
// letters that were requeued. It leaves out those from the first back that were pruned, and begins a thousand attempts before the
// execution at the earliest.
func (rt *Runtime) Attempts(ctx context.Context, tenantID, executionID uuid.UUID) ([]Execution, error) {
	var attempts []Execution
	for id := executionID; id != uuid.Nil && len(attempts) < MaxPageLimit; {
		record, err := rt.store.Execution(ctx, tenantID, id)
		if errors.Is(err, ErrNotFound) && len(attempts) > 0 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("attempts up to execution %s: %w", executionID, err)
		}
		attempts = append(attempts, RestoreExecution(record))
		id = record.PreviousID
	}
	slices.Reverse(attempts)
	return attempts, nil
}

// Requeue has the work of a dead letter tried again, and returns the new pending execution, which names the dead letter as its
// PreviousID: with the same input, the script as it is now, and all attempts of its [RetryPolicy] anew. The first one is
// no longer a dead letter then. Where its runs are ordered by a key, it goes behind those that wait.
//
// It returns ErrNotFound when the execution or its script does not exist, ErrNotActive when the script may not run, and
// ErrConflict when the execution is no dead letter, such as when somebody else has requeued it. To requeue all that DeadLetters
// lists, go through its pages.
func (rt *Runtime) Requeue(ctx context.Context, tenantID, executionID uuid.UUID) (Execution, error) {
	e, err := rt.requeue(ctx, tenantID, executionID)
	if err != nil {
		return nil, fmt.Errorf("requeue execution %s: %w", executionID, err)
	}
	return e, nil
}

func (rt *Runtime) requeue(ctx context.Context, tenantID, executionID uuid.UUID) (Execution, error) {
	n, err := rt.node()
	if err != nil {
		return nil, err
	}
	record, err := rt.deadLetter(ctx, tenantID, executionID)
	if err != nil {
		return nil, err
	}
	script, err := rt.store.Script(ctx, tenantID, record.ScriptID)
	if err != nil {
		return nil, err
	}
	tenantCap, err := n.admit(ctx, &script)
	if err != nil {
		return nil, err
	}
	next := nextAttempt(record, 0)
	next.Failures, next.Interruptions = 0, 0
	next.ConcurrencyCap, next.Weight = tenantCap.MaxConcurrentRuns, rt.weightOf(tenantID)
	if err := rt.store.ResolveDeadLetter(ctx, tenantID, executionID, next); err != nil {
		return nil, err
	}
	n.poke()
	return RestoreExecution(*next), nil
}

// Discard says that the work of a dead letter needs no other attempt. The execution stays on record as it ended, is no dead
// letter any more, and is pruned as others are. It returns ErrConflict when the execution is no dead letter. It works before
// Start.
func (rt *Runtime) Discard(ctx context.Context, tenantID, executionID uuid.UUID) error {
	_, err := rt.deadLetter(ctx, tenantID, executionID)
	if err == nil {
		err = rt.store.ResolveDeadLetter(ctx, tenantID, executionID, nil)
	}
	if err != nil {
		return fmt.Errorf("discard execution %s: %w", executionID, err)
	}
	return nil
}

func (rt *Runtime) deadLetter(ctx context.Context, tenantID, executionID uuid.UUID) (ExecutionRecord, error) {
	record, err := rt.store.Execution(ctx, tenantID, executionID)
	if err == nil && !record.DeadLetter {
		err = fmt.Errorf("%w: it is not a dead letter", ErrConflict)
	}
	return record, err
}
