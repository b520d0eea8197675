package eventbustest

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var closeTests = []test{
	{"an idle subscription closes", func(t *testing.T, bus jsruntime.EventBus) {
		closeInTime(t, listen(t, bus, jsruntime.EventFilter{}).sub)
	}},
	{"close ends the handler's ctx and waits for the handler", closeWaits},
	{"close may be repeated and called concurrently", closeRepeated},
	{"no handler is called after close", closeIsFinal},
	{"close does not wait for a handler that fails for ever", closeWhileFailing},
	{"events that wait do not hold up close", closeWithBacklog},
	{"close touches no other subscription", closeTouchesNoOther},
}

// stubborn is a subscription whose handler stays, whatever its ctx says, until leave is set.
type stubborn struct {
	sub             jsruntime.Subscription
	runs, cancelled *signal
	leave           *signal
	left            atomic.Bool
}

func newStubborn(t *testing.T, bus jsruntime.EventBus) *stubborn {
	t.Helper()
	s := &stubborn{runs: newSignal(), cancelled: newSignal(), leave: newSignal()}
	s.sub = subscribe(t, bus, jsruntime.EventFilter{}, func(ctx context.Context, _ jsruntime.Event) error {
		s.runs.set()
		<-ctx.Done()
		s.cancelled.set()
		<-s.leave.c
		s.left.Store(true)
		return nil
	})
	t.Cleanup(s.leave.set) // before the subscription is closed, so that a test that failed ends
	publish(t, bus, number(1)...)
	s.runs.wait(t, "the handler")
	return s
}

// goClose closes on a new goroutine and sends whether the handler had ended when Close returned.
func (s *stubborn) goClose(t *testing.T) <-chan bool {
	done := make(chan bool, 1)
	go func() {
		assert.NoError(t, s.sub.Close())
		done <- s.left.Load()
	}()
	return done
}

func closeWaits(t *testing.T, bus jsruntime.EventBus) { closeStubborn(t, bus, 1) }

func closeRepeated(t *testing.T, bus jsruntime.EventBus) {
	s := closeStubborn(t, bus, 8)
	closeInTime(t, s.sub)
	closeInTime(t, s.sub)
}

func closeStubborn(t *testing.T, bus jsruntime.EventBus, callers int) *stubborn {
	t.Helper()
	p := listen(t, bus, jsruntime.EventFilter{})
	s := newStubborn(t, bus)
	var closed []<-chan bool
	for range callers {
		closed = append(closed, s.goClose(t))
	}
	s.cancelled.wait(t, "the end of the handler's ctx")
	// Traffic on the bus gives a Close that does not wait the time to return before the handler does.
	last := number(50)
	publish(t, bus, last...)
	p.until(last[len(last)-1].ID)
	s.leave.set()
	for _, c := range closed {
		require.True(t, receive(t, c, "the end of Close"), "the handler ended before Close returned")
	}
	return s
}

func closeIsFinal(t *testing.T, bus jsruntime.EventBus) {
	var closed, late atomic.Bool
	sub := subscribe(t, bus, jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
		if closed.Load() {
			late.Store(true)
		}
		return nil
	})
	p := listen(t, bus, jsruntime.EventFilter{})
	publish(t, bus, number(50)...)
	closeInTime(t, sub)
	closed.Store(true)
	// What another subscription gets meanwhile, this one would have got as well.
	events := number(50)
	publish(t, bus, events...)
	p.until(events[len(events)-1].ID)
	require.False(t, late.Load(), "called after Close")
}

func closeWhileFailing(t *testing.T, bus jsruntime.EventBus) {
	failed := newSignal()
	sub := subscribe(t, bus, jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error {
		failed.set()
		return errHandler
	})
	publish(t, bus, number(3)...)
	failed.wait(t, "the handler")
	closeInTime(t, sub)
}

func closeWithBacklog(t *testing.T, bus jsruntime.EventBus) {
	var calls atomic.Int32
	runs := newSignal()
	sub := subscribe(t, bus, jsruntime.EventFilter{}, func(ctx context.Context, _ jsruntime.Event) error {
		calls.Add(1)
		runs.set()
		<-ctx.Done()
		return nil
	})
	publish(t, bus, number(100)...)
	runs.wait(t, "the handler")
	closeInTime(t, sub)
	require.EqualValues(t, 1, calls.Load(), "calls of the handler")
}

func closeTouchesNoOther(t *testing.T, bus jsruntime.EventBus) {
	doomed := listen(t, bus, jsruntime.EventFilter{})
	p := listen(t, bus, jsruntime.EventFilter{})
	events := number(60)
	publish(t, bus, events[:30]...)
	closeInTime(t, doomed.sub)
	publish(t, bus, events[30:]...)
	p.requireIDs(events)
}
