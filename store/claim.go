package store

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// ClaimExecutions moves what is due into the queue first, in transactions of their own where that is much. Most claims find
// nothing, and need no transaction that writes, for which others would have to wait.
func (e *engine) ClaimExecutions(ctx context.Context, c jsruntime.Claim) ([]jsruntime.ExecutionRecord, error) {
	more := false
	if err := e.view(ctx, func(t *tx) error { more = c.Limit > 0 && mayClaim(t, c.Now); return nil }); err != nil {
		return nil, err
	}
	var claimed []*row
	for more {
		err := e.update(ctx, func(t *tx) (err error) {
			claimed, more, err = claimAfterPromotion(t, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return decodeRows(claimed), nil
}

// mayClaim reports whether there is something to claim, for whatever node, or to be moved into the queue.
func mayClaim(t *tx, now time.Time) bool {
	timer := t.first(bTimers, nil, nil)
	return t.first(bWaiting, nil, nil) != nil || timer != nil && !stampTime(timer).After(now)
}

// decodeRows returns the records of executions that are to be run or ended. One that is damaged is left out: it must not keep
// the others from that, and Check finds it.
func decodeRows(rows []*row) (records []jsruntime.ExecutionRecord) {
	for _, w := range rows {
		records = append(records, jsruntime.ExecutionRecord{})
		if last := len(records) - 1; w.decodeInto(&records[last]) != nil {
			records = records[:last]
		}
	}
	return records
}

// claimAfterPromotion claims, unless there is more due than fits one transaction: then it makes a step towards that.
func claimAfterPromotion(t *tx, c jsruntime.Claim) (claimed []*row, more bool, err error) {
	if more := promote(t, stamp(c.Now)); more {
		return nil, true, nil
	}
	claimed, err = claim(t, c)
	return claimed, false, err
}

// claim goes round the tenants. One whose turn ends goes to the end of the rotation, and so comes by again after all others
// that wait; one that has nothing for this node now is passed.
func claim(t *tx, c jsruntime.Claim) (claimed []*row, err error) {
	now, mark := stamp(c.Now), nodeMark(c.Node)
	var from []byte
	for len(claimed) < c.Limit {
		waiting := t.first(bWaiting, nil, from)
		if waiting == nil {
			break
		}
		key := firstReady(t, waiting[numSize:], mark, now)
		if key == nil {
			from = after(waiting)
			continue
		}
		from = waiting
		taken, err := take(t, key, c)
		if err != nil {
			return nil, err
		}
		claimed = append(claimed, taken)
	}
	return claimed, nil
}

// firstReady returns the key in bQueue of the tenant's first execution that the node may claim, or nil.
func firstReady(t *tx, tenant, mark, now []byte) (best []byte) {
	for _, node := range [][]byte{nobody, mark} {
		_, key := t.firstEntry(bReady, keyOf(tenant, node), nil)
		if key == nil || bytes.Compare(key[laneSize:laneSize+stampSize], now) > 0 {
			continue
		}
		if best == nil || bytes.Compare(key[laneSize:], best[laneSize:]) < 0 {
			best = key
		}
	}
	return best
}

// take gives the execution to the node.
func take(t *tx, key []byte, c jsruntime.Claim) (*row, error) {
	old, err := stored(t, uuid.UUID(key[:idSize]), lastID(key))
	if err != nil {
		return nil, err
	}
	w := claimedBy(t, old, c)
	if err := setExecution(t, old, w); err != nil {
		return nil, err
	}
	w.record = bytes.Clone(w.record) // which is the transaction's
	return w, nil
}

// claimedBy returns a pending execution as it is when the node has it, and counts that for its tenant's turn.
func claimedBy(t *tx, pending *row, c jsruntime.Claim) *row {
	token := next(t, counterToken)
	serve(t, pending.tenant[:], token, pending.weight)
	w := *pending
	w.status, w.started = statusByte(jsruntime.ExecutionRunning), c.Now.UTC()
	w.lease = jsruntime.Lease{Node: c.Node, Token: token, Call: c.Call}
	return &w
}

// isBlocked reports whether nothing of a lane can be claimed.
func isBlocked(t *tx, l lane) bool {
	running := countsOf(t, l.tenant, l.script).of(jsruntime.ExecutionRunning)
	if l.cap > 0 && running >= l.cap {
		return true
	}
	g := gateOfScript(t, l.tenant, l.script)
	return g != nil && (g.paused || running >= g.maxRuns)
}

// gate is what a claim has to know of a script. It is kept apart from the script, whose source can be long. A deleted
// script has none, and lets everything through.
type gate struct {
	paused   bool
	maxRuns  int64
	revision int64
}

func gateOf(s *jsruntime.ScriptRecord) gate {
	return gate{s.Status == jsruntime.ScriptStatusPaused, int64(s.Limits.MaxConcurrentRuns), s.Revision}
}

func (g gate) bytes() []byte {
	paused := []byte{0}
	if g.paused {
		paused[0] = 1
	}
	return keyOf(paused, num(g.maxRuns), num(g.revision))
}

// gateOfScript returns nil for a script that was deleted.
func gateOfScript(t *tx, tenantID, scriptID uuid.UUID) *gate {
	raw := t.get(bGates, keyOf(tenantID[:], scriptID[:]))
	if raw == nil {
		return nil
	}
	return &gate{raw[0] == 1, numValue(raw[1:]), numValue(raw[1+numSize:])}
}
