package fetch

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

// tenants are those with requests under way or connections that are kept. Each has connections of its own: what one has sent
// on a connection, and a server that takes it for something else, must not meet another's request there.
type tenants struct {
	dialer    *dialer
	slots     int
	keepAlive time.Duration
	perHost   int
	maxHeader int64

	mu      sync.Mutex
	tenants map[uuid.UUID]*tenant
}

// tenant is one of them.
type tenant struct {
	id      uuid.UUID
	slots   chan struct{}   // one token for each request under way
	anyone  *http.Transport // to any address that scripts may reach
	private *http.Transport // to those of AllowPrivate only

	users int         // guarded by tenants: requests under way and waiting
	left  time.Time   // guarded as well: when there were none any more
	timer *time.Timer // looks whether there still are none; nil before the first has left
}

const idlePerTenant = 8

func newTenants(s settings) *tenants {
	t := &tenants{
		slots: s.perTenant, keepAlive: s.keepAlive, perHost: s.perHost, maxHeader: s.maxHeader,
		tenants: map[uuid.UUID]*tenant{},
	}
	t.dialer = newDialer(s, t.closeIdle)
	return t
}

// enter waits until a request of the tenant may be sent. Whoever gets the tenant has to leave it.
func (t *tenants) enter(ctx context.Context, id uuid.UUID) (*tenant, error) {
	entered := t.join(id)
	if err := take(ctx, entered.slots); err != nil {
		t.part(entered)
		return nil, err
	}
	return entered, nil
}

// take puts a token into slots, or returns why ctx has ended before there was room for it.
func take(ctx context.Context, slots chan<- struct{}) error {
	select {
	case slots <- struct{}{}: // mostly there is room, and looking for that alone takes less
		return nil
	default:
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *tenants) leave(left *tenant) {
	<-left.slots
	t.part(left)
}

func (t *tenants) join(id uuid.UUID) *tenant {
	t.mu.Lock()
	defer t.mu.Unlock()
	joined := t.tenants[id]
	if joined == nil {
		joined = &tenant{
			id: id, slots: make(chan struct{}, t.slots),
			anyone: t.transport(t.dialer.anyone()), private: t.transport(t.dialer.private()),
		}
		t.tenants[id] = joined
	}
	joined.users++
	return joined
}

// part forgets the tenant with its last connection. One timer does for all the times that it is left meanwhile.
func (t *tenants) part(parted *tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if parted.users--; parted.users > 0 {
		return
	}
	if parted.left = time.Now(); parted.timer == nil {
		parted.timer = time.AfterFunc(t.keepAlive, func() { t.forget(parted) })
	}
}

func (t *tenants) forget(idle *tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if idle.users > 0 { // whoever leaves last sets the next timer
		idle.timer = nil
		return
	}
	if rest := t.keepAlive - time.Since(idle.left); rest > 0 {
		idle.timer.Reset(rest)
		return
	}
	delete(t.tenants, idle.id)
	idle.closeIdle()
}

// closeIdle closes the connections that are not in use.
func (t *tenants) closeIdle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tenant := range t.tenants {
		tenant.closeIdle()
	}
}

func (t *tenant) closeIdle() {
	t.anyone.CloseIdleConnections()
	t.private.CloseIdleConnections()
}

// transport returns the connections by one way of dialing. They speak HTTP/1.1 only: with one request at a time on a
// connection a response that nobody reads holds up no other, and what is read ahead is known. The environment's proxies have
// no part in it: a request through them would pass by the rules on addresses.
func (t *tenants) transport(dial dialFunc) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            dial.plain,
		DialTLSContext:         dial.tls,
		Protocols:              protocols,
		DisableKeepAlives:      t.keepAlive == 0,
		IdleConnTimeout:        t.keepAlive,
		MaxIdleConns:           idlePerTenant,
		MaxIdleConnsPerHost:    idlePerTenant,
		MaxConnsPerHost:        t.perHost,
		MaxResponseHeaderBytes: t.maxHeader,
	}
}
