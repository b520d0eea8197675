package jsruntime

import (
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// fairQueue is a queue of events for one reader that is fair between tenants: they take turns, and one that floods it leaves
// room for the others. The events of a tenant stay in their order.
//
// Half of the limit is for whoever comes first. Once that is taken, a tenant may have only its share of the other half, by the
// number of tenants that wait. As shares get smaller with each tenant, all together is not much more than the limit.
type fairQueue struct {
	limit int
	wake  wakeup

	mu      sync.Mutex
	waiting map[uuid.UUID][]Event
	turns   []uuid.UUID // the tenants that wait, whose turn it is first
	size    int
}

func newFairQueue(limit int) *fairQueue {
	return &fairQueue{limit: limit, wake: newWakeup(), waiting: map[uuid.UUID][]Event{}}
}

// push reports whether there was room.
func (q *fairQueue) push(e Event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	events := q.waiting[e.TenantID]
	tenants := len(q.turns)
	if len(events) == 0 {
		tenants++
	}
	if half := q.limit / 2; q.size >= half && len(events) >= max(half/tenants, 1) {
		return false
	}
	if len(events) == 0 {
		q.turns = append(q.turns, e.TenantID)
	}
	q.waiting[e.TenantID] = append(events, e)
	q.size++
	q.wake.tell()
	return true
}

func (q *fairQueue) next(ctx context.Context) (Event, bool) { return q.wake.await(ctx, q.pop) }

func (q *fairQueue) pop() (Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turns) == 0 {
		return Event{}, false
	}
	tenant := q.turns[0]
	q.turns = slices.Delete(q.turns, 0, 1)
	events := q.waiting[tenant]
	e := events[0]
	events[0] = Event{} // lets go of the payload
	if q.size--; len(events) == 1 {
		delete(q.waiting, tenant)
		return e, true
	}
	q.waiting[tenant] = events[1:]
	q.turns = append(q.turns, tenant)
	return e, true
}
