package jsruntime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// gate hands out the process's slots, one for each run. The dispatcher reserves slots for what it claims from the
// store; runs that are not recorded queue here, and are served in turn: round the tenants, and within a tenant round
// its scripts, so that nobody's long queue delays another's run.
type gate struct {
	mu      sync.Mutex
	free    int
	held    int  // slots that are kept for the dispatcher
	starved bool // the dispatcher found no slot: it is owed one
	owing   bool // the last slot that became free went to the dispatcher: the next one goes to a ticket
	tenants map[uuid.UUID]*tenantQueue
	ring    []uuid.UUID             // tenants with tickets, the next one to be served first
	active  map[uuid.UUID]int       // runs by script that no claim counts: unrecorded ones, and those ahead of their record
	claimed map[uuid.UUID]int       // runs by script that were claimed from the store
	full    map[uuid.UUID]time.Time // until when a script's runs wait for their turn in the store, since it had as many as it may
	wake    func()                  // tells the dispatcher that a slot is held for it
}

type tenantQueue struct {
	length  int
	served  int            // runs in its turn
	scripts []*scriptQueue // those with tickets, the next one to be served first
}

type scriptQueue struct {
	script  uuid.UUID
	tickets []*ticket
}

type ticket struct {
	maxRuns int           // MaxConcurrentRuns of its script
	weight  int           // how many runs in a row its tenant may have
	ready   chan struct{} // closed when the ticket has its slot
}

func newGate(slots int, wake func()) *gate {
	return &gate{
		free: slots, tenants: map[uuid.UUID]*tenantQueue{}, active: map[uuid.UUID]int{}, claimed: map[uuid.UUID]int{},
		full: map[uuid.UUID]time.Time{}, wake: wake,
	}
}

// reserve takes up to limit slots for the dispatcher, and returns how many it took. When there is none, the next one
// that becomes free is kept for it.
func (g *gate) reserve(limit int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := max(min(limit, g.free+g.held), 0)
	fromHeld := min(n, g.held)
	g.held -= fromHeld
	g.free -= n - fromHeld
	g.starved = n == 0
	return n
}

// reserveFree takes a slot for the dispatcher if one is free and nobody waits for it.
func (g *gate) reserveFree() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free <= 0 {
		return false
	}
	g.free--
	return true
}

// overdraw takes a slot for the dispatcher even where none is free. It is for who has one itself that it gives back in a moment.
func (g *gate) overdraw() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free--
}

// giveBack returns n reserved slots.
func (g *gate) giveBack(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free += n
	g.serve()
}

// beginClaimed counts a run that was claimed from the store. Its slot is reserved.
func (g *gate) beginClaimed(script uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.claimed[script]++
}

// crowded reports whether a script has more runs than its maximum, with those that no claim counts.
func (g *gate) crowded(script uuid.UUID, maxRuns int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active[script] > 0 && g.active[script]+g.claimed[script] > maxRuns
}

// endClaimed gives the slot of a claimed run back.
func (g *gate) endClaimed(script uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free++
	leave(g.claimed, script)
	g.serve()
}

const (
	fullFor = time.Second // that a script counts as full once it had as many runs as it may
	maxFull = 1000        // scripts that are remembered
)

// acquireAhead takes a slot for a run that will be on record later, if one is free and nobody waits: not even in the store, as it
// may be where the script had as many runs as it may a moment ago.
func (g *gate) acquireAhead(script uuid.UUID, maxRuns int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active[script]+g.claimed[script] >= maxRuns {
		if len(g.full) >= maxFull {
			clear(g.full)
		}
		g.full[script] = time.Now().Add(fullFor)
		return false
	}
	if until, ok := g.full[script]; ok {
		if time.Now().Before(until) {
			return false
		}
		delete(g.full, script)
	}
	return g.takeFree(script, maxRuns-g.claimed[script])
}

// acquireFree takes a slot for an unrecorded run, if one is free and nobody waits.
func (g *gate) acquireFree(script uuid.UUID, maxRuns int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.takeFree(script, maxRuns)
}

func (g *gate) takeFree(script uuid.UUID, maxRuns int) bool {
	if g.free <= 0 || g.starved || len(g.ring) > 0 || g.active[script] >= maxRuns {
		return false
	}
	g.free--
	g.active[script]++
	return true
}

// acquire waits for a slot for an unrecorded run, and reports whether it had to. It returns ErrOverloaded when the
// tenant has maxQueue runs waiting already, and ctx's cause when that ends first.
func (g *gate) acquire(ctx context.Context, tenant, script uuid.UUID, maxRuns, weight, maxQueue int) (waited bool, err error) {
	g.mu.Lock()
	q := g.tenants[tenant]
	if q != nil && q.length >= maxQueue {
		g.mu.Unlock()
		return false, fmt.Errorf("%w: %d runs of the tenant are waiting", ErrOverloaded, maxQueue)
	}
	t := &ticket{maxRuns: maxRuns, weight: weight, ready: make(chan struct{})}
	g.enqueue(tenant, script, t)
	g.serve()
	g.mu.Unlock()
	select {
	case <-t.ready:
		return false, nil
	default:
	}
	select {
	case <-t.ready:
		return true, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.ready: // served meanwhile
		g.free++
		leave(g.active, script)
		g.serve()
	default:
		g.withdraw(tenant, script, t)
	}
	return true, context.Cause(ctx)
}

// release returns the slot of a run that no claim counts.
func (g *gate) release(script uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free++
	leave(g.active, script)
	g.serve()
}

func leave(runs map[uuid.UUID]int, script uuid.UUID) {
	if runs[script]--; runs[script] == 0 {
		delete(runs, script)
	}
}

// serve hands free slots to those who wait for them: the dispatcher and the tickets by turns.
func (g *gate) serve() {
	for g.free > 0 {
		if g.starved && !g.owing {
			g.hold()
			continue
		}
		g.owing = false
		if g.serveOne() {
			continue
		}
		if !g.starved {
			return
		}
		g.hold()
	}
}

// hold keeps a slot for the dispatcher.
func (g *gate) hold() {
	g.starved, g.owing = false, true
	g.free--
	g.held++
	g.wake()
}

// serveOne gives a slot to the first tenant in the ring that has a script below its maximum.
func (g *gate) serveOne() bool {
	for i, tenant := range g.ring {
		q := g.tenants[tenant]
		for j, s := range q.scripts {
			t := s.tickets[0]
			if g.active[s.script] >= t.maxRuns {
				continue
			}
			g.free--
			g.active[s.script]++
			close(t.ready)
			s.tickets = s.tickets[1:]
			q.length--
			q.scripts = slices.Delete(q.scripts, j, j+1)
			if len(s.tickets) > 0 {
				q.scripts = append(q.scripts, s)
			}
			g.endTurn(i, t.weight)
			return true
		}
	}
	return false
}

// endTurn moves the tenant at a place of the ring to its end, when it has had as many runs in a row as its weight says.
func (g *gate) endTurn(place, weight int) {
	tenant := g.ring[place]
	q := g.tenants[tenant]
	if q.served++; q.length > 0 && q.served < weight {
		return
	}
	q.served = 0
	g.ring = slices.Delete(g.ring, place, place+1)
	if q.length > 0 {
		g.ring = append(g.ring, tenant)
	} else {
		delete(g.tenants, tenant)
	}
}

func (g *gate) enqueue(tenant, script uuid.UUID, t *ticket) {
	q := g.tenants[tenant]
	if q == nil {
		q = &tenantQueue{}
		g.tenants[tenant] = q
		g.ring = append(g.ring, tenant)
	}
	q.length++
	for _, s := range q.scripts {
		if s.script == script {
			s.tickets = append(s.tickets, t)
			return
		}
	}
	q.scripts = append(q.scripts, &scriptQueue{script: script, tickets: []*ticket{t}})
}

// withdraw takes out a ticket whose owner does not wait any more.
func (g *gate) withdraw(tenant, script uuid.UUID, t *ticket) {
	q := g.tenants[tenant]
	for i, s := range q.scripts {
		if s.script != script {
			continue
		}
		q.length--
		if s.tickets = slices.DeleteFunc(s.tickets, func(o *ticket) bool { return o == t }); len(s.tickets) == 0 {
			q.scripts = slices.Delete(q.scripts, i, i+1)
		}
		break
	}
	if q.length == 0 {
		delete(g.tenants, tenant)
		g.ring = slices.DeleteFunc(g.ring, func(id uuid.UUID) bool { return id == tenant })
	}
}
