package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	rows := make([]*row, len(c.Executions))
	for i := range c.Executions {
		r := &c.Executions[i]
		if r.TenantID != c.Executions[0].TenantID {
			return jsruntime.Created{}, invalid("tenantId", "must be the same for all executions of one call")
		}
		w, err := rowOf(r)
		if err != nil {
			return jsruntime.Created{}, err
		}
		w.from = r
		rows[i] = w
	}
	var created jsruntime.Created
	var claimed []*row
	err := e.update(ctx, func(t *tx) (err error) {
		created.IDs, claimed, err = createAndClaim(t, rows, c)
		return err
	})
	if err != nil {
		return jsruntime.Created{}, err
	}
	created.Claimed = decodeRows(claimed)
	return created, nil
}

// createAndClaim stores pending executions, and returns for each the one that stands for it, and then those that it claims. One
// that is created alone and is the next to be claimed at once, since nothing else is ready or due to be, is stored as running right
// away: what comes of it is the same.
func createAndClaim(t *tx, rows []*row, c jsruntime.Creation) (ids []uuid.UUID, claimed []*row, err error) {
	for _, w := range rows {
		if err := checkRevision(t, w, c.Revision); err != nil {
			return nil, nil, err
		}
		holder, err := keyHolder(t, w.tenant, w.dedupeKey)
		if err != nil {
			return nil, nil, err
		}
		if holder != uuid.Nil {
			ids = append(ids, holder)
			continue
		}
		runs := len(rows) == 1 && c.Claim.Limit > 0 && mayBegin(t, w, c.Claim) && (c.Begun || !mayClaim(t, c.Claim.Now))
		pending := countsOf(t, w.tenant, uuid.Nil).of(jsruntime.ExecutionPending)
		if c.MaxPending > 0 && pending >= int64(c.MaxPending) && (!runs || !c.Begun) {
			return nil, nil, named("tenant", w.tenant, jsruntime.ErrOverloaded)
		}
		ids = append(ids, w.id)
		if runs {
			running := claimedBy(t, w, c.Claim)
			claimed = append(claimed, running)
			err = addExecution(t, running)
		} else {
			err = addPending(t, w)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if c.Claim.Limit -= len(claimed); c.Claim.Limit <= 0 || c.Begun {
		return ids, claimed, nil
	}
	more, _, err := claimAfterPromotion(t, c.Claim)
	return ids, append(claimed, more...), err
}

// checkRevision is ErrConflict where the script of an execution has another revision than a positive one.
func checkRevision(t *tx, w *row, revision int64) error {
	if revision <= 0 {
		return nil
	}
	if g := gateOfScript(t, w.tenant, w.script); g == nil || g.revision != revision {
		return named("script", w.script, jsruntime.ErrConflict)
	}
	return nil
}

// mayBegin reports whether a new execution can be claimed.
func mayBegin(t *tx, w *row, c jsruntime.Claim) bool {
	if !w.is(jsruntime.ExecutionPending) || w.order != nil || w.run.After(c.Now) || w.attached && w.lease.Node != c.Node {
		return false
	}
	return !isBlocked(t, laneFrom(laneOf(w)))
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

// execution returns an execution, or ErrNotFound.
func execution(t *tx, tenantID, executionID uuid.UUID) (*jsruntime.ExecutionRecord, error) {
	w, err := stored(t, tenantID, executionID)
	if err != nil {
		return nil, err
	}
	return w.decode()
}

// stored returns an execution as it is stored, or ErrNotFound. It is valid in the transaction.
func stored(t *tx, tenantID, executionID uuid.UUID) (*row, error) {
	key := executionKey(tenantID, executionID)
	raw := t.get(bExecutions, key)
	if raw == nil {
		return nil, named("execution", executionID, jsruntime.ErrNotFound)
	}
	w, err := rowFrom(key, raw)
	if err != nil {
		return nil, named("execution", executionID, err)
	}
	w.stored = raw
	return w, nil
}

// addPending stores a new pending execution. It takes its dedupe key where that is free; where it is not, the key
// stays with its holder, which is the caller's to refuse.
func addPending(t *tx, w *row) error {
	if !w.is(jsruntime.ExecutionPending) {
		return invalid("status", "must be pending for a new execution")
	}
	return addExecution(t, w)
}

func addExecution(t *tx, w *row) error {
	if w.script == uuid.Nil {
		return invalid("scriptId", "is required")
	}
	if t.get(bExecutions, executionKey(w.tenant, w.id)) != nil {
		return duplicate("id", w.id)
	}
	if err := holdKey(t, w); err != nil {
		return err
	}
	takePlace(t, w)
	return setExecution(t, nil, w)
}

// setExecution replaces an execution by what has become of it, with its index entries, its counts and its place in the
// queue. A nil row is that of an execution that does not exist. The script and the tenant stay the same.
func setExecution(t *tx, old, w *row) error {
	var from, to byte
	of := w
	if old != nil {
		from, of = old.status, old
		if err := leaveQueue(t, old); err != nil {
			return err
		}
	}
	if w != nil {
		to = w.status
	}
	if err := reindex(t, old, w, executionEntries); err != nil {
		return err
	}
	recount(t, of.tenant, of.script, from, to)
	key := executionKey(of.tenant, of.id)
	if w == nil {
		t.delete(bLogs, key)
		t.delete(bExecutions, key)
	} else {
		var was []byte
		if old != nil {
			was = old.stored
		}
		t.replace(bExecutions, key, was, w.bytes())
		if err := enterQueue(t, w); err != nil {
			return err
		}
	}
	running := statusByte(jsruntime.ExecutionRunning)
	if (from == running) != (to == running) {
		refreshScript(t, of.tenant, of.script) // its maximum may be reached, or not any more
	}
	return nil
}

// executionEntries are the index entries of an execution, but for those of the queue.
func executionEntries(w *row) ([]entry, error) {
	created := stamp(w.created)
	byTenant, byScript := bTenantLive, bScriptLive
	if !w.isLive() {
		byTenant, byScript = bTenantPast, bScriptPast
	}
	kind := []byte{w.status, w.trigger}
	if w.dead {
		kind[0] |= deadGroup
	}
	entries := []entry{
		{byTenant, keyOf(w.tenant[:], kind, created, w.id[:]), present},
		{byScript, keyOf(w.tenant[:], w.script[:], kind, created, w.id[:]), present},
	}
	if w.isLeased() {
		key := keyOf(hash(w.lease.Node), created, w.id[:], w.tenant[:])
		entries = append(entries, entry{bLeased, key, []byte("@" + w.lease.Node)})
	}
	return entries, nil
}

// deadGroup is set in the status of a group of dead letters.
const deadGroup = 0x80
