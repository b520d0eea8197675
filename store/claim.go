package store

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// ClaimExecutions moves what is due into the queue first, in transactions of their own where that is much.
func (e *engine) ClaimExecutions(ctx context.Context, c jsruntime.Claim) (claimed []jsruntime.ExecutionRecord, err error) {
	if c.Limit <= 0 {
		return nil, e.view(ctx, func(*tx) error { return nil })
	}
	for more := true; more && err == nil; {
		err = e.update(ctx, func(t *tx) (err error) {
			claimed, more, err = claimAfterPromotion(t, c)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// claimAfterPromotion claims, unless there is more due than fits one transaction: then it makes a step towards that.
func claimAfterPromotion(t *tx, c jsruntime.Claim) (claimed []jsruntime.ExecutionRecord, more bool, err error) {
	c.Now = c.Now.UTC()
	if more := promote(t, stamp(c.Now)); more {
		return nil, true, nil
	}
	claimed, err = claim(t, c)
	return claimed, false, err
}

// claim goes round the tenants. One whose turn ends goes to the end of the rotation, and so comes by again after all others
// that wait; one that has nothing for this node now is passed.
func claim(t *tx, c jsruntime.Claim) ([]jsruntime.ExecutionRecord, error) {
	var claimed []*jsruntime.ExecutionRecord
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
		r, err := take(t, key, c)
		if err != nil {
			return nil, err
		}
		claimed = append(claimed, r)
	}
	return handOut(t, claimed)
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
func take(t *tx, key []byte, c jsruntime.Claim) (*jsruntime.ExecutionRecord, error) {
	tenantID := uuid.UUID(key[:idSize])
	old, err := execution(t, tenantID, lastID(key))
	if err != nil {
		return nil, err
	}
	token := next(t, counterToken)
	serve(t, tenantID[:], token, int64(old.Weight))
	r := *old
	r.Status, r.StartedAt = jsruntime.ExecutionRunning, c.Now
	r.Lease = jsruntime.Lease{Node: c.Node, Token: token, Call: c.Call}
	return &r, setExecution(t, old, &r)
}

// handOut returns records that were claimed as they are stored, and as the caller's own.
func handOut(t *tx, claimed []*jsruntime.ExecutionRecord) ([]jsruntime.ExecutionRecord, error) {
	if err := t.saveFresh(); err != nil {
		return nil, err
	}
	var records []jsruntime.ExecutionRecord
	for _, r := range claimed {
		stored, err := execution(t, r.TenantID, r.ID)
		if err != nil {
			return nil, err
		}
		records = append(records, *stored)
	}
	return records, nil
}

// isBlocked reports whether nothing of a lane can be claimed.
func isBlocked(t *tx, l lane) bool {
	running := countsOf(t, l.tenant, l.script).of(jsruntime.ExecutionRunning)
	if l.cap > 0 && running >= l.cap {
		return true
	}
	g := gateFrom(t.get(bGates, keyOf(l.tenant[:], l.script[:])))
	return g != nil && (g.paused || running >= g.maxRuns)
}

// gate is what a claim has to know of a script. It is kept apart from the script, whose source can be long. A deleted
// script has none, and lets everything through.
type gate struct {
	paused  bool
	maxRuns int64
}

func gateOf(s *jsruntime.ScriptRecord) gate {
	return gate{s.Status == jsruntime.ScriptStatusPaused, int64(s.Limits.MaxConcurrentRuns)}
}

func (g gate) bytes() []byte {
	if g.paused {
		return append([]byte{1}, num(g.maxRuns)...)
	}
	return append([]byte{0}, num(g.maxRuns)...)
}

func gateFrom(raw []byte) *gate {
	if raw == nil {
		return nil
	}
	return &gate{raw[0] == 1, numValue(raw[1:])}
}
