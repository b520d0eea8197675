package eventbustest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// probe is a subscription that takes everything and hands it to the test, each event once.
type probe struct {
	t      *testing.T
	sub    jsruntime.Subscription
	events chan jsruntime.Event
}

// listen subscribes a probe, which is closed with the test.
func listen(t *testing.T, bus jsruntime.EventBus, f jsruntime.EventFilter) *probe {
	t.Helper()
	p := &probe{t: t, events: make(chan jsruntime.Event, 1000)}
	var mu sync.Mutex
	seen := map[uuid.UUID]bool{}
	p.sub = subscribe(t, bus, f, func(ctx context.Context, e jsruntime.Event) error {
		mu.Lock()
		repeated := seen[e.ID]
		seen[e.ID] = true
		mu.Unlock()
		if repeated {
			return nil
		}
		select {
		case p.events <- e:
		case <-ctx.Done():
		}
		return nil
	})
	return p
}

// next returns the next event that arrives.
func (p *probe) next() jsruntime.Event {
	p.t.Helper()
	return receive(p.t, p.events, "an event")
}

// until returns what arrives before the event with that id.
func (p *probe) until(id uuid.UUID) []jsruntime.Event {
	p.t.Helper()
	var before []jsruntime.Event
	for {
		e := p.next()
		if e.ID == id {
			return before
		}
		before = append(before, e)
	}
}

// requireIDs fails unless exactly these events arrive next, in their order.
func (p *probe) requireIDs(want []jsruntime.Event) {
	p.t.Helper()
	for i, e := range want {
		got := p.next()
		require.Equalf(p.t, e.ID, got.ID, "event %d of %d", i+1, len(want))
	}
}

func subscribe(
	t *testing.T, bus jsruntime.EventBus, f jsruntime.EventFilter, h jsruntime.Handler,
) jsruntime.Subscription {
	t.Helper()
	sub, err := bus.Subscribe(f, h)
	require.NoError(t, err)
	require.NotNil(t, sub)
	t.Cleanup(func() { closeInTime(t, sub) })
	return sub
}

// publish publishes in order. It does so on a goroutine of its own, so that a bus that makes publishers wait for
// handlers fails the test instead of blocking it.
func publish(t *testing.T, bus jsruntime.EventBus, events ...jsruntime.Event) {
	t.Helper()
	require.NoError(t, receive(t, goPublish(t.Context(), bus, events...), "the end of Publish"))
}

// goPublish publishes in order on a new goroutine and sends the first error, or nil.
func goPublish(ctx context.Context, bus jsruntime.EventBus, events ...jsruntime.Event) <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for _, e := range events {
			if err := bus.Publish(ctx, e); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return done
}

// goClose closes on a new goroutine and sends the error, or nil.
func goClose(sub jsruntime.Subscription) <-chan error {
	done := make(chan error, 1)
	go func() { done <- sub.Close() }()
	return done
}

func closeInTime(t *testing.T, sub jsruntime.Subscription) {
	t.Helper()
	require.NoError(t, receive(t, goClose(sub), "the end of Close"))
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case v := <-from:
		return v
	case <-timeout.C:
		require.FailNowf(t, "timeout", "%s did not come within %s", what, patience)
		panic("unreachable")
	}
}

// signal is closed by the first call of its set, and harmless to set again.
type signal struct {
	once sync.Once
	c    chan struct{}
}

func newSignal() *signal { return &signal{c: make(chan struct{})} }

func (s *signal) set() { s.once.Do(func() { close(s.c) }) }

func (s *signal) wait(t *testing.T, what string) {
	t.Helper()
	receive(t, s.c, what)
}

// number returns n events of one tenant and type, whose payloads count from 0.
func number(n int) []jsruntime.Event {
	tenant := uuid.New()
	events := make([]jsruntime.Event, n)
	for i := range events {
		events[i] = jsruntime.NewEvent(tenant, "test.numbered", map[string]any{"n": i})
	}
	return events
}
