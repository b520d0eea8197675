package store

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) ClaimExecutions(ctx context.Context, c jsruntime.Claim) ([]jsruntime.ExecutionRecord, error) {
	var claimed []jsruntime.ExecutionRecord
	err := e.update(ctx, func(t *tx) (err error) {
		claimed, err = newClaimer(t, c).claim(c.Limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// claimer serves one call. Within a call nothing becomes claimable that was not, so a tenant or a lane that was found
// blocked is not looked at again.
type claimer struct {
	t       *tx
	node    string
	mark    []byte
	now     time.Time
	nowKey  []byte
	tenants map[string]*tenantHeads
}

// tenantHeads are the first executions of a tenant's lanes.
type tenantHeads struct {
	id    uuid.UUID
	heads [][]byte // keys in bQueue
}

func newClaimer(t *tx, c jsruntime.Claim) *claimer {
	now := c.Now.UTC()
	return &claimer{
		t: t, node: c.Node, mark: nodeMark(c.Node), now: now, nowKey: stamp(now), tenants: map[string]*tenantHeads{},
	}
}

// claim goes round the tenants. One that was served goes to the end of the rotation, and so comes by again after all
// others that wait.
func (c *claimer) claim(limit int) ([]jsruntime.ExecutionRecord, error) {
	if limit <= 0 {
		return nil, nil
	}
	promote(c.t, c.nowKey)
	var claimed []jsruntime.ExecutionRecord
	var from []byte
	for len(claimed) < limit {
		waiting := c.t.first(bWaiting, nil, from)
		if waiting == nil {
			break
		}
		from = after(waiting)
		heads := c.headsOf(waiting[numSize:])
		key := c.next(heads)
		if key == nil {
			continue
		}
		r, err := c.take(key)
		if err != nil {
			return nil, err
		}
		claimed = append(claimed, *r)
		c.advance(heads, key)
	}
	return claimed, nil
}

// headsOf finds the first execution of each lane that the node may claim from, at the tenant's first turn in this call.
func (c *claimer) headsOf(tenant []byte) *tenantHeads {
	if known := c.tenants[string(tenant)]; known != nil {
		return known
	}
	h := &tenantHeads{id: uuid.UUID(tenant)}
	var from []byte
	for {
		key := c.t.first(bQueue, tenant, from)
		if key == nil {
			break
		}
		l := laneFrom(key)
		if c.isShut(h.id, l.script) {
			from = beyond(key[:2*idSize])
		} else {
			from = beyond(l.prefix)
			if l.isFor(c.mark) && c.isDue(key) {
				h.heads = append(h.heads, key)
			}
		}
		if from == nil {
			break
		}
	}
	c.tenants[string(tenant)] = h
	return h
}

// next returns the tenant's first claimable execution by RunAt, CreatedAt and ID, or nil, and forgets the heads of
// lanes that are blocked.
func (c *claimer) next(h *tenantHeads) []byte {
	var best []byte
	open := h.heads[:0]
	for _, key := range h.heads {
		if c.isBlocked(h.id, laneFrom(key)) {
			continue
		}
		open = append(open, key)
		if best == nil || bytes.Compare(key[laneSize:], best[laneSize:]) < 0 {
			best = key
		}
	}
	h.heads = open
	return best
}

// advance replaces the head of a lane by the next execution of the lane.
func (c *claimer) advance(h *tenantHeads, head []byte) {
	for i, key := range h.heads {
		if !bytes.Equal(key, head) {
			continue
		}
		h.heads[i] = c.t.first(bQueue, head[:laneSize], nil)
		if h.heads[i] == nil || !c.isDue(h.heads[i]) {
			h.heads = append(h.heads[:i], h.heads[i+1:]...)
		}
		return
	}
}

func (c *claimer) isDue(key []byte) bool {
	return bytes.Compare(key[laneSize:laneSize+stampSize], c.nowKey) <= 0
}

// isShut reports whether nothing of the script can be claimed.
func (c *claimer) isShut(tenantID, scriptID uuid.UUID) bool {
	g := gateFrom(c.t.get(bGates, keyOf(tenantID[:], scriptID[:])))
	return g != nil && (g.paused || c.running(tenantID, scriptID) >= g.maxRuns)
}

func (c *claimer) isBlocked(tenantID uuid.UUID, l lane) bool {
	return c.isShut(tenantID, l.script) || l.cap > 0 && c.running(tenantID, l.script) >= l.cap
}

func (c *claimer) running(tenantID, scriptID uuid.UUID) int64 {
	return countsOf(c.t, tenantID, scriptID).of(jsruntime.ExecutionRunning)
}

// take gives the execution to the node.
func (c *claimer) take(key []byte) (*jsruntime.ExecutionRecord, error) {
	tenantID := uuid.UUID(key[:idSize])
	old, err := execution(c.t, tenantID, lastID(key))
	if err != nil {
		return nil, err
	}
	token := next(c.t, counterToken)
	setTurn(c.t, tenantID[:], token)
	r := *old
	r.Status, r.StartedAt = jsruntime.ExecutionRunning, c.now
	r.Lease = jsruntime.Lease{Node: c.node, Token: token}
	if err := setExecution(c.t, old, &r); err != nil {
		return nil, err
	}
	return &r, nil
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
