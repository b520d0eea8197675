package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	end, err := endOf(&o)
	if err != nil {
		return err
	}
	return e.update(ctx, end.record)
}

// end is an outcome as it will be stored.
type end struct {
	row      *row
	from     jsruntime.ExecutionStatus
	token    int64
	revision int64
	logs     []byte
	next     *row
	reply    json.RawMessage

	releases bool
}

// endOf returns what FinishExecution stores. It takes the lease out of o.
func endOf(o *jsruntime.Outcome) (end end, err error) {
	r := &o.Execution
	if !r.Status.IsTerminal() {
		return end, invalid("status", "must be one at which an execution has come to its end")
	}
	end.from, end.token, end.revision, end.reply, end.releases = o.From, r.Lease.Token, o.Revision, o.Reply, o.ReleaseKey
	r.Lease = jsruntime.Lease{}
	if end.row, err = rowOf(r); err != nil {
		return end, err
	}
	if len(o.Logs) > 0 {
		if end.logs, err = encode(storedLogs(o.Logs)); err != nil {
			return end, err
		}
	}
	end.next, err = optionalRow(o.Next)
	return end, err
}

// optionalRow returns nil for nil.
func optionalRow(r *jsruntime.ExecutionRecord) (*row, error) {
	if r == nil {
		return nil, nil
	}
	return rowOf(r)
}

func (e end) record(t *tx) error {
	w := e.row
	key := executionKey(w.tenant, w.id)
	if e.from == "" {
		if err := checkRevision(t, w, e.revision); err != nil {
			return err
		}
		if t.get(bExecutions, key) != nil {
			return named("execution", w.id, jsruntime.ErrConflict)
		}
		if err := addExecution(t, w); err != nil {
			return err
		}
	} else {
		old, err := stored(t, w.tenant, w.id)
		if err != nil {
			return err
		}
		if !old.is(e.from) || !old.isLive() || old.lease.Token != e.token {
			return named("execution", w.id, jsruntime.ErrConflict)
		}
		w.inherit(old)
		if err := setExecution(t, old, w); err != nil {
			return err
		}
	}
	if err := keepReply(t, w, e.reply); err != nil {
		return err
	}
	if e.releases {
		if err := releaseKey(t, w); err != nil {
			return err
		}
	}
	if e.logs != nil {
		t.put(bLogs, key, e.logs)
	}
	if e.next == nil {
		return nil
	}
	e.next.inherit(w)
	return addPending(t, e.next)
}

func (e *engine) ResolveDeadLetter(
	ctx context.Context, tenantID, executionID uuid.UUID, next *jsruntime.ExecutionRecord,
) error {
	again, err := optionalRow(next)
	if err != nil {
		return err
	}
	return e.update(ctx, func(t *tx) error {
		old, err := stored(t, tenantID, executionID)
		if err != nil {
			return err
		}
		if !old.dead {
			return named("execution", executionID, jsruntime.ErrConflict)
		}
		record, err := old.decode()
		if err != nil {
			return err
		}
		record.DeadLetter = false
		if again != nil {
			record.NextID = again.id
		}
		w, err := rowOf(record)
		if err != nil {
			return err
		}
		w.place = old.place
		if err := setExecution(t, old, w); err != nil || again == nil {
			return err
		}
		return addPending(t, again)
	})
}
