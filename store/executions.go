package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	var created jsruntime.Created
	err := e.update(ctx, func(t *tx) (err error) {
		if created.IDs, err = create(t, c); err != nil || c.Claim.Limit <= 0 {
			return err
		}
		created.Claimed, _, err = claimAfterPromotion(t, c.Claim)
		return err
	})
	if err != nil {
		return jsruntime.Created{}, err
	}
	return created, nil
}

// create stores pending executions, and returns for each the one that stands for it.
func create(t *tx, c jsruntime.Creation) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(c.Executions))
	for i, r := range c.Executions {
		if r.TenantID != c.Executions[0].TenantID {
			return nil, invalid("tenantId", "must be the same for all executions of one call")
		}
		holder, err := keyHolder(t, r.TenantID, r.DedupeKey)
		if err != nil {
			return nil, err
		}
		if holder != uuid.Nil {
			ids[i] = holder
			continue
		}
		pending := countsOf(t, r.TenantID, uuid.Nil).of(jsruntime.ExecutionPending)
		if c.MaxPending > 0 && pending >= int64(c.MaxPending) {
			return nil, named("tenant", r.TenantID, jsruntime.ErrOverloaded)
		}
		if err := addPending(t, r); err != nil {
			return nil, err
		}
		ids[i] = r.ID
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
	past, live := section{bTenantPast, tenantID[:]}, section{bTenantLive, tenantID[:]}
	if f.ScriptID != uuid.Nil {
		of := keyOf(tenantID[:], f.ScriptID[:])
		past, live = section{bScriptPast, of}, section{bScriptLive, of}
	}
	err = e.view(ctx, func(t *tx) error {
		before, err := firstPosition(listExecutions, f.PageRequest, f.CreatedBefore)
		if err != nil {
			return err
		}
		groups := groupsOf(t, []section{live, past}, func(kind []byte) bool { return chooses(f, kind) })
		choose := func(position []byte) (*jsruntime.ExecutionRecord, error) {
			if !f.CreatedFrom.IsZero() && stampTime(position).Before(f.CreatedFrom) {
				return nil, errEnough
			}
			r, err := execution(t, tenantID, lastID(position))
			if err != nil || !f.Matches(*r) {
				return nil, err
			}
			return r, nil
		}
		result, err = fill(listExecutions, f.Size(), positionsOf(descending(t, groups, before)), choose)
		return err
	})
	return result, err
}

// chooses reports whether a filter can choose an execution of a group.
func chooses(f jsruntime.ExecutionFilter, kind []byte) bool {
	if f.DeadLetters && kind[0]&deadGroup == 0 {
		return false
	}
	return anyByte(f.Statuses, statusByte, kind[0]&^deadGroup) && anyByte(f.Triggers, triggerByte, kind[1])
}

// anyByte reports whether one of the values stands for the byte in a key, or there are none to restrict it.
func anyByte[T any](values []T, byteOf func(T) byte, b byte) bool {
	return len(values) == 0 || slices.ContainsFunc(values, func(v T) bool { return byteOf(v) == b })
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

// execution returns an execution, or ErrNotFound. It belongs to the transaction, and must not be changed.
func execution(t *tx, tenantID, executionID uuid.UUID) (r *jsruntime.ExecutionRecord, err error) {
	key := executionKey(tenantID, executionID)
	if r = t.fresh.records[string(key)]; r == nil {
		r, err = load[jsruntime.ExecutionRecord](t, bExecutions, key)
	}
	if err == nil && r == nil {
		err = jsruntime.ErrNotFound
	}
	if err != nil {
		return nil, named("execution", executionID, err)
	}
	return r, nil
}

// hasExecution reports whether there is an execution.
func hasExecution(t *tx, tenantID, executionID uuid.UUID) bool {
	key := executionKey(tenantID, executionID)
	return t.fresh.records[string(key)] != nil || t.get(bExecutions, key) != nil
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
	if hasExecution(t, r.TenantID, r.ID) {
		return duplicate("id", r.ID)
	}
	if err := holdKey(t, r); err != nil {
		return err
	}
	return setExecution(t, nil, &r)
}

// setExecution replaces the old record of an execution by the new one, with its index entries, its counts and its
// place in the queue. A nil record is that of an execution that does not exist. The script and the tenant stay the same.
func setExecution(t *tx, old, r *jsruntime.ExecutionRecord) error {
	if old != nil {
		if err := leaveQueue(t, old); err != nil {
			return err
		}
	}
	if err := reindex(t, old, r, executionEntries); err != nil {
		return err
	}
	from, to, of := jsruntime.ExecutionStatus(""), jsruntime.ExecutionStatus(""), r
	if old != nil {
		from, of = old.Status, old
	}
	if r != nil {
		to = r.Status
	}
	recount(t, of.TenantID, of.ScriptID, from, to)
	key := executionKey(of.TenantID, of.ID)
	if r == nil {
		t.fresh.forget(key)
		t.delete(bLogs, key)
		t.delete(bExecutions, key)
	} else {
		t.fresh.keep(key, r)
		if err := enterQueue(t, r); err != nil {
			return err
		}
	}
	if (from == jsruntime.ExecutionRunning) != (to == jsruntime.ExecutionRunning) {
		refreshScript(t, of.TenantID, of.ScriptID) // its maximum may be reached, or not any more
	}
	return nil
}

// executionEntries are the index entries of an execution, but for those of the queue.
func executionEntries(r *jsruntime.ExecutionRecord) ([]entry, error) {
	created := stamp(r.CreatedAt)
	byTenant, byScript := bTenantLive, bScriptLive
	if r.Status.IsTerminal() {
		byTenant, byScript = bTenantPast, bScriptPast
	}
	kind := []byte{statusByte(r.Status), triggerByte(r.TriggerType)}
	if r.DeadLetter {
		kind[0] |= deadGroup
	}
	entries := []entry{
		{byTenant, keyOf(r.TenantID[:], kind, created, r.ID[:]), present},
		{byScript, keyOf(r.TenantID[:], r.ScriptID[:], kind, created, r.ID[:]), present},
	}
	if r.Status.IsTerminal() && !r.DeadLetter {
		key := keyOf([]byte{statusByte(r.Status)}, created, r.TenantID[:], r.ID[:])
		entries = append(entries, entry{bEnded, key, present})
	}
	if leased(r) {
		key := keyOf(hash(r.Lease.Node), created, r.ID[:], r.TenantID[:])
		entries = append(entries, entry{bLeased, key, []byte("@" + r.Lease.Node)})
	}
	return entries, nil
}

// deadGroup is set in the status of a group of dead letters.
const deadGroup = 0x80
