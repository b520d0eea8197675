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
//     within such a lane. All of a lane is blocked by the same things.
//   - bReady has the first execution of each lane that is not blocked, by tenant and node, and bHeads says which one that
//     is. Whatever can change it, a queue, a number of running executions or a script, calls refresh. So a claim finds
//     what it takes at once, however many scripts and tenants wait for something else.
//   - One whose RunAt lies ahead waits in bTimers instead, and a claim after that moves it to its lane. This is a
//     matter of cost only: a claim checks RunAt once more, as clocks of nodes differ.
//   - Of the executions with one order key only the first is in a lane, the others wait in bChains. The order is that of their
//     places, which a counter gives: clocks of nodes differ, and are set back.
//   - bWaiting lists the tenants that have something in bReady, the one whose last turn ended longest ago first. It is
//     kept in the store, and so is fair over all nodes and restarts.

const (
	capSize  = 4
	nodeSize = 16
	laneSize = idSize + idSize + capSize + nodeSize
)

// laneOf returns the lane of an execution, the prefix of its key in bQueue.
func laneOf(w *row) []byte {
	runs := max(0, min(w.cap, 1<<31-1)) // nobody runs more
	node := nobody
	if w.attached {
		node = nodeMark(w.lease.Node)
	}
	return keyOf(w.tenant[:], w.script[:], binary.BigEndian.AppendUint32(nil, uint32(runs)), node)
}

// nodeMark stands for a node in keys. It is not zero, which stands for none.
func nodeMark(node string) []byte { return hash(node)[:nodeSize] }

// nobody is the mark of executions that are not attached.
var nobody = make([]byte, nodeSize)

// lane is a lane taken apart.
type lane struct {
	tenant uuid.UUID
	script uuid.UUID
	cap    int64
}

func laneFrom(key []byte) lane {
	return lane{
		tenant: uuid.UUID(key[:idSize]),
		script: uuid.UUID(key[idSize : 2*idSize]),
		cap:    int64(binary.BigEndian.Uint32(key[2*idSize:])),
	}
}

func queueKey(w *row) []byte { return keyOf(laneOf(w), stamp(w.run), stamp(w.created), w.id[:]) }

func timerKey(w *row) []byte { return keyOf(stamp(w.run), w.tenant[:], w.id[:]) }

// place puts a pending execution where claims will find it. It may be there already.
func place(t *tx, w *row) {
	switch key := queueKey(w); {
	case t.get(bQueue, key) != nil:
	case w.run.After(w.created):
		t.put(bTimers, timerKey(w), key)
	default:
		admit(t, key)
	}
}

// admit puts a key into the queue.
func admit(t *tx, key []byte) {
	t.put(bQueue, key, present)
	refresh(t, key[:laneSize])
}

// displace takes back what place did. The execution may be somewhere else.
func displace(t *tx, w *row) {
	if w.run.After(w.created) {
		t.delete(bTimers, timerKey(w))
	}
	if key := queueKey(w); t.get(bQueue, key) != nil {
		t.delete(bQueue, key)
		refresh(t, key[:laneSize])
	}
}

// refresh makes bReady say of a lane what there is to claim.
func refresh(t *tx, lane []byte) {
	var want []byte // key in bQueue
	if key := t.first(bQueue, lane, nil); key != nil && !isBlocked(t, laneFrom(key)) {
		want = key
	}
	have := t.get(bHeads, lane)
	if want != nil && bytes.Equal(have, want[laneSize:]) || want == nil && have == nil {
		return
	}
	if have != nil {
		t.delete(bReady, readyKey(lane, have))
	}
	if want != nil {
		t.put(bReady, readyKey(lane, want[laneSize:]), want)
		t.put(bHeads, lane, want[laneSize:])
	} else {
		t.delete(bHeads, lane)
	}
	tenant := lane[:idSize]
	wait := keyOf(turnOf(t, tenant).ended(), tenant)
	if want != nil || t.first(bReady, tenant, nil) != nil {
		t.put(bWaiting, wait, present)
	} else {
		t.delete(bWaiting, wait)
	}
}

// refreshScript does so for all lanes of a script.
func refreshScript(t *tx, tenantID, scriptID uuid.UUID) {
	of := keyOf(tenantID[:], scriptID[:])
	for key := t.first(bQueue, of, nil); key != nil; {
		lane := key[:laneSize]
		refresh(t, lane)
		next := beyond(lane)
		if next == nil {
			return
		}
		key = t.first(bQueue, of, next)
	}
}

func readyKey(lane, position []byte) []byte {
	return keyOf(lane[:idSize], lane[laneSize-nodeSize:], position)
}

// promotions is how many executions a claim moves from the timers to the queue in one transaction.
const promotions = 1000

// promote moves what is due from the timers to the queue, and reports whether there may be more.
func promote(t *tx, now []byte) (more bool) {
	var timers, keys [][]byte
	for timer, key := range t.ascend(bTimers, nil, nil) {
		if bytes.Compare(timer[:stampSize], now) > 0 {
			break
		}
		if more = len(timers) == promotions; more {
			break
		}
		timers, keys = append(timers, timer), append(keys, key)
	}
	for i, timer := range timers {
		t.delete(bTimers, timer)
		admit(t, keys[i])
	}
	return more
}

// turn is when a tenant's last turn ended, as the token of its last claim, and how many executions it has had since. It is
// kept with the tenant's counts, which change at the same time.
type turn []byte

const turnSize = 2 * numSize

// turnIn returns the turn that is kept with a tenant's counts; nothing where it had none.
func turnIn(raw []byte) turn {
	if len(raw) != countsSize()+turnSize {
		return nil
	}
	return raw[countsSize():]
}

func turnOf(t *tx, tenant []byte) turn {
	if u := turnIn(t.get(bCounts, keyOf(tenant, uuid.Nil[:]))); u != nil {
		return u
	}
	return keyOf(num(0), num(0)) // one that never had a turn comes first
}

func setTurn(t *tx, tenant []byte, ended []byte, served int64) {
	key := keyOf(tenant, uuid.Nil[:])
	old := t.get(bCounts, key)
	t.replace(bCounts, key, old, keyOf(countsFrom(old).bytes(), ended, num(served)))
}

func (u turn) ended() []byte { return u[:numSize] }

func (u turn) served() int64 { return numValue(u[numSize:]) }

// serve counts an execution that the tenant has been given, and ends its turn where that makes enough of them.
func serve(t *tx, tenant []byte, token, weight int64) {
	now := turnOf(t, tenant)
	if served := now.served() + 1; served < weight {
		setTurn(t, tenant, now.ended(), served)
		return
	}
	if old := keyOf(now.ended(), tenant); t.get(bWaiting, old) != nil {
		t.delete(bWaiting, old)
		t.put(bWaiting, keyOf(num(token), tenant), present)
	}
	setTurn(t, tenant, num(token), 0)
}

// chainOf returns the prefix of an execution's order key in bChains.
func chainOf(w *row) []byte { return keyOf(w.tenant[:], w.script[:], w.order) }

// chainKey returns an execution's key in bChains.
func chainKey(w *row) []byte { return keyOf(chainOf(w), num(w.place), w.id[:]) }

// takePlace gives an execution with an order key the last place, unless it has one.
func takePlace(t *tx, w *row) {
	if w.order != nil && w.place == 0 {
		w.place = next(t, counterPlace)
	}
}

// inherit gives an execution the place of one with the same order key that has come to its end.
func (w *row) inherit(from *row) {
	if w.tenant == from.tenant && w.script == from.script && bytes.Equal(w.order, from.order) {
		w.place = from.place
	}
}

// enterQueue gives a stored execution its place.
func enterQueue(t *tx, w *row) error {
	if !w.isLive() {
		return nil
	}
	pending := w.is(jsruntime.ExecutionPending)
	if w.order == nil {
		if pending {
			place(t, w)
		}
		return nil
	}
	chain := chainOf(w)
	head := t.first(bChains, chain, nil)
	key := chainKey(w)
	t.put(bChains, key, present)
	if head != nil && bytes.Compare(head, key) < 0 {
		return nil
	}
	if pending {
		place(t, w)
	}
	return withPendingHead(t, w.tenant, head, displace)
}

// leaveQueue takes an execution out, before its record changes or goes, and lets the next of its chain in.
func leaveQueue(t *tx, w *row) error {
	if !w.isLive() {
		return nil
	}
	if w.is(jsruntime.ExecutionPending) {
		displace(t, w)
	}
	if w.order == nil {
		return nil
	}
	chain := chainOf(w)
	t.delete(bChains, chainKey(w))
	head := t.first(bChains, chain, nil)
	return withPendingHead(t, w.tenant, head, place)
}

// withPendingHead calls do with the execution at the head of a chain, if there is one and it is pending.
func withPendingHead(t *tx, tenantID uuid.UUID, head []byte, do func(*tx, *row)) error {
	if head == nil {
		return nil
	}
	w, err := stored(t, tenantID, lastID(head))
	if err == nil && w.is(jsruntime.ExecutionPending) {
		do(t, w)
	}
	return err
}
