package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) CreateExecutions(
	ctx context.Context, records []jsruntime.ExecutionRecord, maxPending int,
) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	err := e.update(ctx, func(t *tx) error {
		ids = make([]uuid.UUID, len(records))
		for i, r := range records {
			if r.TenantID != records[0].TenantID {
				return invalid("tenantId", "must be the same for all executions of one call")
			}
			if holder, ok := keyHolder(t, r.TenantID, r.DedupeKey); ok {
				ids[i] = holder
				continue
			}
			pending := countsOf(t, r.TenantID, uuid.Nil).of(jsruntime.ExecutionPending)
			if maxPending > 0 && pending >= int64(maxPending) {
				return named("tenant", r.TenantID, jsruntime.ErrOverloaded)
			}
			if err := addPending(t, r); err != nil {
				return err
			}
			ids[i] = r.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func (e *engine) Execution(
	ctx context.Context, tenantID, executionID uuid.UUID,
) (r jsruntime.ExecutionRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		found, err := execution(t, tenantID, executionID)
		if err == nil {
			r = *found
		}
		return err
	})
	return r, err
}

func (e *engine) Executions(
	ctx context.Context, tenantID uuid.UUID, f jsruntime.ExecutionFilter,
) (result jsruntime.Page[jsruntime.ExecutionRecord], err error) {
	index, prefix := bTimes, tenantID[:]
	switch {
	case f.DeadLetters:
		index = bDead
	case f.ScriptID != uuid.Nil:
		index, prefix = bScriptRuns, keyOf(tenantID[:], f.ScriptID[:])
	}
	var before []byte
	if !f.CreatedBefore.IsZero() {
		before = keyOf(prefix, stamp(f.CreatedBefore))
	}
	err = e.view(ctx, func(t *tx) error {
		choose := func(key, value []byte) (*jsruntime.ExecutionRecord, error) {
			if created := stampTime(key[len(prefix):]); !f.CreatedFrom.IsZero() && created.Before(f.CreatedFrom) {
				return nil, errEnough
			}
			if index == bScriptRuns && !endingMatches(value, f.Statuses) {
				return nil, nil
			}
			r, err := execution(t, tenantID, lastID(key))
			if err != nil || !f.Matches(*r) {
				return nil, err
			}
			return r, nil
		}
		result, err = page(t, listExecutions, f.PageRequest, index, prefix, before, choose)
		return err
	})
	return result, err
}

func (e *engine) Logs(ctx context.Context, tenantID, executionID uuid.UUID) (logs []jsruntime.LogEntry, err error) {
	err = e.view(ctx, func(t *tx) error {
		key := executionKey(tenantID, executionID)
		if t.get(bExecutions, key) == nil {
			return named("execution", executionID, jsruntime.ErrNotFound)
		}
		found, err := load[[]jsruntime.LogEntry](t, bLogs, key)
		if found != nil {
			logs = *found
		}
		return err
	})
	return logs, err
}

// executionKey begins with the id, which is in order of time: what is written at the same time is then on the same
// pages, whichever tenants it belongs to, and a sync has fewer of them to write.
func executionKey(tenantID, executionID uuid.UUID) []byte { return keyOf(executionID[:], tenantID[:]) }

// execution returns an execution, or ErrNotFound.
func execution(t *tx, tenantID, executionID uuid.UUID) (*jsruntime.ExecutionRecord, error) {
	r, err := load[jsruntime.ExecutionRecord](t, bExecutions, executionKey(tenantID, executionID))
	if err == nil && r == nil {
		err = jsruntime.ErrNotFound
	}
	if err != nil {
		return nil, named("execution", executionID, err)
	}
	return r, nil
}

// addPending stores a new pending execution. It takes its dedupe key where that is free; where it is not, the key
// stays with its holder, which is the caller's to refuse.
func addPending(t *tx, r jsruntime.ExecutionRecord) error {
	if r.Status != jsruntime.ExecutionPending {
		return invalid("status", "must be pending for a new execution")
	}
	return addExecution(t, r)
}

func addExecution(t *tx, r jsruntime.ExecutionRecord) error {
	r = storedExecution(r)
	if r.ScriptID == uuid.Nil {
		return invalid("scriptId", "is required")
	}
	if t.get(bExecutions, executionKey(r.TenantID, r.ID)) != nil {
		return duplicate("id", r.ID)
	}
	holdKey(t, r)
	return setExecution(t, nil, &r)
}

// setExecution replaces the old record of an execution by the new one, with its index entries, its counts and its
// place in the queue. A nil record is that of an execution that does not exist.
func setExecution(t *tx, old, r *jsruntime.ExecutionRecord) error {
	if old != nil {
		if err := leaveQueue(t, old); err != nil {
			return err
		}
	}
	if err := reindex(t, old, r, executionEntries); err != nil {
		return err
	}
	switch {
	case old != nil && r != nil && old.ScriptID == r.ScriptID:
		recount(t, r.TenantID, r.ScriptID, old.Status, r.Status)
	default:
		if old != nil {
			recount(t, old.TenantID, old.ScriptID, old.Status, "")
		}
		if r != nil {
			recount(t, r.TenantID, r.ScriptID, "", r.Status)
		}
	}
	if r == nil {
		t.delete(bLogs, executionKey(old.TenantID, old.ID))
		t.delete(bExecutions, executionKey(old.TenantID, old.ID))
		return nil
	}
	if err := save(t, bExecutions, executionKey(r.TenantID, r.ID), r); err != nil {
		return err
	}
	return enterQueue(t, r)
}

// executionEntries are the index entries of an execution, but for those of the queue.
func executionEntries(r *jsruntime.ExecutionRecord) ([]entry, error) {
	created := stamp(r.CreatedAt)
	entries := []entry{
		{bTimes, keyOf(r.TenantID[:], created, r.ID[:]), present},
		{bScriptRuns, keyOf(r.TenantID[:], r.ScriptID[:], created, r.ID[:]), ending(r)},
	}
	switch {
	case r.DeadLetter:
		entries = append(entries, entry{bDead, keyOf(r.TenantID[:], created, r.ID[:]), present})
	case r.Status.IsTerminal():
		key := keyOf([]byte{statusByte(r.Status)}, created, r.TenantID[:], r.ID[:])
		entries = append(entries, entry{bEnded, key, present})
	}
	if leased(r) {
		key := keyOf(hash(r.Lease.Node), created, r.ID[:], r.TenantID[:])
		entries = append(entries, entry{bLeased, key, []byte("@" + r.Lease.Node)})
	}
	return entries, nil
}

// ending is the value of an execution in bScriptRuns: 0 for one that has not come to its end, otherwise its status,
// with the highest bit set for a dead letter.
func ending(r *jsruntime.ExecutionRecord) []byte {
	if !r.Status.IsTerminal() {
		return []byte{0}
	}
	b := statusByte(r.Status)
	if r.DeadLetter {
		b |= endingDead
	}
	return []byte{b}
}

const endingDead = 0x80

// endingStatus returns the status in an ending, or "" for an execution that has not come to its end.
func endingStatus(value []byte) jsruntime.ExecutionStatus {
	if value[0] == 0 {
		return ""
	}
	return statuses[value[0]&^endingDead-1]
}

// endingMatches reports whether an execution with this ending can have one of the statuses.
func endingMatches(value []byte, want []jsruntime.ExecutionStatus) bool {
	if len(want) == 0 {
		return true
	}
	have := endingStatus(value)
	for _, s := range want {
		if s == have || have == "" && !s.IsTerminal() {
			return true
		}
	}
	return false
}
