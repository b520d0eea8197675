package store

import (
	"bytes"
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// The queue holds the pending executions that a claim may look at, in the order in which it looks:
//
//   - bQueue is divided by tenant, script, concurrency cap and attached node, and ordered by RunAt, CreatedAt and ID
//     within such a lane. All of a lane is blocked by the same things, so a claim passes a blocked lane in one step.
//   - One whose RunAt lies ahead waits in bTimers instead, and the first claim after that moves it to its lane. Lanes
//     therefore hold what is due, and tenants with nothing due cost a claim nothing. This is a matter of cost only: a
//     claim checks RunAt once more, as clocks of nodes differ.
//   - Of the executions with one order key only the oldest is in a lane, the others wait in bChains.
//   - bWaiting lists the tenants that have something in bQueue, the one whose last claim is longest ago first. It is
//     kept in the store, and so is fair over all nodes and restarts.

const (
	capSize  = 4
	nodeSize = 16
	laneSize = idSize + idSize + capSize + nodeSize
)

// laneOf returns the lane of an execution, the prefix of its key in bQueue.
func laneOf(r *jsruntime.ExecutionRecord) []byte {
	runs := max(0, min(r.ConcurrencyCap, 1<<31-1)) // nobody runs more
	node := make([]byte, nodeSize)
	if r.Attached {
		node = nodeMark(r.Lease.Node)
	}
	return keyOf(r.TenantID[:], r.ScriptID[:], binary.BigEndian.AppendUint32(nil, uint32(runs)), node)
}

// nodeMark stands for a node in keys. It is not zero, which stands for none.
func nodeMark(node string) []byte { return hash(node)[:nodeSize] }

// lane is a lane taken apart.
type lane struct {
	prefix []byte
	script uuid.UUID
	cap    int64
	node   []byte
}

func laneFrom(key []byte) lane {
	node := idSize + idSize + capSize
	return lane{
		prefix: key[:laneSize],
		script: uuid.UUID(key[idSize : 2*idSize]),
		cap:    int64(binary.BigEndian.Uint32(key[2*idSize:])),
		node:   key[node:laneSize],
	}
}

// isFor reports whether the node may claim from the lane.
func (l lane) isFor(mark []byte) bool {
	return bytes.Equal(l.node, make([]byte, nodeSize)) || bytes.Equal(l.node, mark)
}

func queueKey(r *jsruntime.ExecutionRecord) []byte {
	return keyOf(laneOf(r), stamp(r.RunAt), stamp(r.CreatedAt), r.ID[:])
}

func timerKey(r *jsruntime.ExecutionRecord) []byte {
	return keyOf(stamp(r.RunAt), r.TenantID[:], r.ID[:])
}

// place puts a pending execution where claims will find it. It may be there already.
func place(t *tx, r *jsruntime.ExecutionRecord) {
	if r.RunAt.After(r.CreatedAt) {
		t.put(bTimers, timerKey(r), queueKey(r))
		return
	}
	admit(t, queueKey(r))
}

// admit puts a key into the queue.
func admit(t *tx, key []byte) {
	tenant := key[:idSize]
	t.put(bQueue, key, present)
	t.put(bWaiting, keyOf(turnOf(t, tenant), tenant), present)
}

// displace takes back what place did. The execution may be somewhere else.
func displace(t *tx, r *jsruntime.ExecutionRecord) {
	if r.RunAt.After(r.CreatedAt) {
		t.delete(bTimers, timerKey(r))
	}
	key := queueKey(r)
	if t.get(bQueue, key) == nil {
		return
	}
	t.delete(bQueue, key)
	if other := t.first(bQueue, r.TenantID[:], nil); other == nil {
		t.delete(bWaiting, keyOf(turnOf(t, r.TenantID[:]), r.TenantID[:]))
	}
}

// promote moves what is due from the timers to the queue.
func promote(t *tx, now []byte) {
	var timers, keys [][]byte
	for timer, key := range t.ascend(bTimers, nil, nil) {
		if bytes.Compare(timer[:stampSize], now) > 0 {
			break
		}
		timers, keys = append(timers, timer), append(keys, key)
	}
	for i, timer := range timers {
		t.delete(bTimers, timer)
		admit(t, keys[i])
	}
}

// turnOf returns the token of the tenant's last claim; a tenant that never had one comes first.
func turnOf(t *tx, tenant []byte) []byte {
	if turn := t.get(bTurns, tenant); turn != nil {
		return turn
	}
	return num(0)
}

// setTurn puts a tenant at the end of the rotation.
func setTurn(t *tx, tenant []byte, token int64) {
	old := keyOf(turnOf(t, tenant), tenant)
	if t.get(bWaiting, old) != nil {
		t.delete(bWaiting, old)
		t.put(bWaiting, keyOf(num(token), tenant), present)
	}
	t.put(bTurns, tenant, num(token))
}

// chainOf returns the prefix of an execution's order key in bChains.
func chainOf(r *jsruntime.ExecutionRecord) []byte {
	return keyOf(r.TenantID[:], r.ScriptID[:], hash(r.OrderKey))
}

func isLive(r *jsruntime.ExecutionRecord) bool { return !r.Status.IsTerminal() }

// enterQueue gives a stored execution its place.
func enterQueue(t *tx, r *jsruntime.ExecutionRecord) error {
	if !isLive(r) {
		return nil
	}
	pending := r.Status == jsruntime.ExecutionPending
	if r.OrderKey == "" {
		if pending {
			place(t, r)
		}
		return nil
	}
	chain := chainOf(r)
	head := t.first(bChains, chain, nil)
	key := keyOf(chain, stamp(r.CreatedAt), r.ID[:])
	t.put(bChains, key, present)
	if head != nil && bytes.Compare(head, key) < 0 {
		return nil
	}
	if pending {
		place(t, r)
	}
	return withPendingHead(t, r.TenantID, head, displace)
}

// leaveQueue takes an execution out, before its record changes or goes, and lets the next of its chain in.
func leaveQueue(t *tx, r *jsruntime.ExecutionRecord) error {
	if !isLive(r) {
		return nil
	}
	if r.Status == jsruntime.ExecutionPending {
		displace(t, r)
	}
	if r.OrderKey == "" {
		return nil
	}
	chain := chainOf(r)
	t.delete(bChains, keyOf(chain, stamp(r.CreatedAt), r.ID[:]))
	head := t.first(bChains, chain, nil)
	return withPendingHead(t, r.TenantID, head, place)
}

// withPendingHead calls do with the execution at the head of a chain, if there is one and it is pending.
func withPendingHead(
	t *tx, tenantID uuid.UUID, head []byte, do func(*tx, *jsruntime.ExecutionRecord),
) error {
	if head == nil {
		return nil
	}
	r, err := execution(t, tenantID, lastID(head))
	if err == nil && r.Status == jsruntime.ExecutionPending {
		do(t, r)
	}
	return err
}
