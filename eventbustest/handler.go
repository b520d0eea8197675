package eventbustest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var errHandler = errors.New("handler: no")

var handlerTests = []test{
	{"a publisher does not wait for handlers", publisherDoesNotWait},
	{"a handler takes one event at a time", oneAtATime},
	{"a slow handler delays no other subscription", slowHandler},
	{"a failing handler delays no other subscription", func(t *testing.T, bus jsruntime.EventBus) {
		brokenHandler(t, bus, func() error { return errHandler })
	}},
	{"a panicking handler delays no other subscription", func(t *testing.T, bus jsruntime.EventBus) {
		brokenHandler(t, bus, func() error { panic("handler: no") })
	}},
	{"after an error the event comes again", func(t *testing.T, bus jsruntime.EventBus) {
		comesAgain(t, bus, func() error { return errHandler })
	}},
	{"after a panic the event comes again", func(t *testing.T, bus jsruntime.EventBus) {
		comesAgain(t, bus, func() error { panic("handler: no") })
	}},
	{"a handler may publish", handlerPublishes},
	{"a handler may subscribe and close what it subscribed", handlerSubscribes},
}

// block subscribes a handler that says when it runs and stays until release is set or the subscription is closed.
func block(t *testing.T, bus jsruntime.EventBus) (calls *atomic.Int32, runs, release *signal) {
	t.Helper()
	calls, runs, release = new(atomic.Int32), newSignal(), newSignal()
	subscribe(t, bus, jsruntime.EventFilter{}, func(ctx context.Context, _ jsruntime.Event) error {
		calls.Add(1)
		runs.set()
		select {
		case <-release.c:
		case <-ctx.Done():
		}
		return nil
	})
	return calls, runs, release
}

func publisherDoesNotWait(t *testing.T, bus jsruntime.EventBus) {
	_, runs, _ := block(t, bus)
	// The handler stays for the whole test: a Publish that ran it, or waited for it, would not return.
	events := number(50)
	publish(t, bus, events[0])
	runs.wait(t, "the handler")
	publish(t, bus, events[1:]...)
}

func oneAtATime(t *testing.T, bus jsruntime.EventBus) {
	calls, runs, release := block(t, bus)
	p := listen(t, bus, jsruntime.EventFilter{})
	events := number(20)
	publish(t, bus, events...)
	runs.wait(t, "the handler")
	p.requireIDs(events)
	require.EqualValues(t, 1, calls.Load(), "calls while the first one runs")
	release.set()
	require.Eventually(t, func() bool { return int(calls.Load()) >= len(events) }, patience, tick)
}

func slowHandler(t *testing.T, bus jsruntime.EventBus) {
	before := listen(t, bus, jsruntime.EventFilter{})
	_, runs, _ := block(t, bus)
	after := listen(t, bus, jsruntime.EventFilter{})
	events := number(100)
	publish(t, bus, events...)
	before.requireIDs(events)
	after.requireIDs(events)
	runs.wait(t, "the handler")
}

func brokenHandler(t *testing.T, bus jsruntime.EventBus, fail func() error) {
	failed := newSignal()
	before := listen(t, bus, jsruntime.EventFilter{})
	subscribe(t, bus, jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
		failed.set()
		return fail()
	})
	after := listen(t, bus, jsruntime.EventFilter{})
	events := number(50)
	publish(t, bus, events...)
	before.requireIDs(events)
	after.requireIDs(events)
	failed.wait(t, "the handler")
	// The bus is none the worse for it.
	later := number(5)
	publish(t, bus, later...)
	before.requireIDs(later)
}

func comesAgain(t *testing.T, bus jsruntime.EventBus, fail func() error) {
	events := number(3)
	deliveries := make(chan jsruntime.Event, 100)
	var failed atomic.Bool
	subscribe(t, bus, jsruntime.EventFilter{}, func(ctx context.Context, e jsruntime.Event) error {
		first := e.ID == events[0].ID && failed.CompareAndSwap(false, true)
		select {
		case deliveries <- e:
		case <-ctx.Done():
		}
		if first {
			e.Payload[0] = 'x' // of this delivery only
			return fail()
		}
		return nil
	})
	publish(t, bus, events...)
	// Whether the other events wait or go ahead meanwhile is the bus's choice.
	counts := map[uuid.UUID]int{}
	for counts[events[0].ID] < 2 || counts[events[1].ID] < 1 || counts[events[2].ID] < 1 {
		e := receive(t, deliveries, "a delivery")
		counts[e.ID]++
		if e.ID == events[0].ID && counts[e.ID] == 2 {
			requireSame(t, events[0], e)
		}
	}
}

func handlerPublishes(t *testing.T, bus jsruntime.EventBus) {
	p := listen(t, bus, jsruntime.EventFilter{Types: []string{"chain.end"}})
	subscribe(t, bus, jsruntime.EventFilter{Types: []string{"chain.link"}},
		func(ctx context.Context, e jsruntime.Event) error {
			next := jsruntime.NewEvent(e.TenantID, "chain.link", nil)
			next.Depth = e.Depth + 1
			if next.Depth == 5 {
				next.Type = "chain.end"
			}
			return bus.Publish(ctx, next)
		})
	first := jsruntime.NewEvent(uuid.New(), "chain.link", nil)
	publish(t, bus, first)
	end := p.next()
	require.Equal(t, 5, end.Depth)
	require.Equal(t, first.TenantID, end.TenantID)
}

func handlerSubscribes(t *testing.T, bus jsruntime.EventBus) {
	done := make(chan error, 100)
	subscribe(t, bus, jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
		sub, err := bus.Subscribe(jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error { return nil })
		if err == nil {
			err = sub.Close()
		}
		done <- err
		return nil
	})
	publish(t, bus, number(1)...)
	require.NoError(t, receive(t, done, "the handler's end"))
}
