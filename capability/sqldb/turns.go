package sqldb

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// turns let each tenant have so many connections at once; whoever wants one more waits.
type turns struct {
	limit   int
	mu      sync.Mutex
	tenants map[uuid.UUID]*turn
}

type turn struct {
	taken chan struct{} // holds a token for each connection
	users int           // that have a token or wait for one
}

func newTurns(limit int) *turns {
	return &turns{limit: limit, tenants: map[uuid.UUID]*turn{}}
}

// take waits for a turn of a tenant. It has to be given back, once.
func (t *turns) take(ctx context.Context, tenant uuid.UUID) (giveBack func(), err error) {
	t.mu.Lock()
	of := t.tenants[tenant]
	if of == nil {
		of = &turn{taken: make(chan struct{}, t.limit)}
		t.tenants[tenant] = of
	}
	of.users++
	t.mu.Unlock()
	select {
	case of.taken <- struct{}{}:
		return func() { <-of.taken; t.leave(tenant, of) }, nil
	case <-ctx.Done():
		t.leave(tenant, of)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(tenant uuid.UUID, of *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if of.users--; of.users == 0 {
		delete(t.tenants, tenant)
	}
}
