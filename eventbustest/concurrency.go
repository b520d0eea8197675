package eventbustest

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

const tick = 10 * time.Millisecond

var concurrencyTests = []test{
	{"publishers and subscribers come and go at once", hammer},
}

// hammer has publishers publish while subscriptions are opened and closed beside them. Those that stay get every
// event, those of each publisher in order, and none of their handlers runs twice at once.
func hammer(t *testing.T, bus jsruntime.EventBus) {
	const publishers, each, passers, visits = 4, 50, 4, 5
	stay := listen(t, bus, jsruntime.EventFilter{})
	overlaps := countOverlaps(t, bus)

	var done []<-chan error
	sent := map[uuid.UUID][]jsruntime.Event{} // by tenant, each publisher having its own
	for range publishers {
		events := number(each)
		sent[events[0].TenantID] = events
		done = append(done, goPublish(t.Context(), bus, events...))
	}
	for range passers {
		done = append(done, goVisit(bus, visits))
	}
	for _, d := range done {
		require.NoError(t, receive(t, d, "the end of a publisher or subscriber"))
	}

	got := map[uuid.UUID][]jsruntime.Event{}
	for range publishers * each {
		e := stay.next()
		got[e.TenantID] = append(got[e.TenantID], e)
	}
	for tenant, events := range sent {
		require.Len(t, got[tenant], len(events))
		for i, e := range events {
			require.Equalf(t, e.ID, got[tenant][i].ID, "event %d of a publisher", i)
		}
	}
	require.Zero(t, overlaps.Load(), "calls of one handler at the same time")
}

// goVisit opens and closes subscriptions on a new goroutine, and sends the first error, or nil.
func goVisit(bus jsruntime.EventBus, visits int) <-chan error {
	done := make(chan error, 1)
	go func() {
		for range visits {
			sub, err := bus.Subscribe(jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
				runtime.Gosched()
				return nil
			})
			if err == nil {
				err = sub.Close()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return done
}

// countOverlaps counts how often a handler was called while it ran.
func countOverlaps(t *testing.T, bus jsruntime.EventBus) *atomic.Int32 {
	t.Helper()
	var running, overlaps atomic.Int32
	subscribe(t, bus, jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
		if running.Add(1) > 1 {
			overlaps.Add(1)
		}
		runtime.Gosched()
		running.Add(-1)
		return nil
	})
	return &overlaps
}
