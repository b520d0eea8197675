package jsruntime_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/eventbustest"
)

func TestBusKeepsToTheContract(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	eventbustest.Run(t, func(t *testing.T) jsruntime.EventBus { return openBus(t) })
}

func openBus(t *testing.T, opts ...jsruntime.BusOption) *jsruntime.Bus {
	t.Helper()
	bus := jsruntime.NewBus(opts...)
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	return bus
}

func busEvent() jsruntime.Event {
	return jsruntime.NewEvent(uuid.New(), "order.paid", map[string]any{"total": 1})
}

func busSubscribe(t *testing.T, bus *jsruntime.Bus, h jsruntime.Handler) jsruntime.Subscription {
	t.Helper()
	sub, err := bus.Subscribe(jsruntime.EventFilter{}, h)
	require.NoError(t, err)
	return sub
}

func TestBusReportsSubscriptionsWhoseQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 5
		bus := openBus(t, jsruntime.WithQueueLength(length))
		release := make(chan struct{})
		var slow, quick []uuid.UUID
		busSubscribe(t, bus, func(_ context.Context, e jsruntime.Event) error {
			<-release
			slow = append(slow, e.ID)
			return nil
		})
		busSubscribe(t, bus, func(_ context.Context, e jsruntime.Event) error {
			quick = append(quick, e.ID)
			return nil
		})
		var sent []uuid.UUID
		for i := range length + 3 {
			e := busEvent()
			sent = append(sent, e.ID)
			err := bus.Publish(t.Context(), e)
			synctest.Wait()
			if i <= length { // one is with the handler
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, jsruntime.ErrOverloaded)
			require.ErrorContains(t, err, "1 of 2 subscriptions")
		}
		close(release)
		synctest.Wait()
		assert.Equal(t, sent, quick)
		assert.Equal(t, sent[:length+1], slow)

		require.NoError(t, bus.Publish(t.Context(), busEvent()), "the queue has room again")
	})
}

func TestBusCallsAFailingHandlerAgainThenDropsTheEvent(t *testing.T) {
	failures := map[string]func() error{
		"error": func() error { return errors.New("no luck") },
		"panic": func() error { panic("no luck") },
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				bus := openBus(t, jsruntime.WithBusLogger(slog.New(slog.NewTextHandler(&log, nil))))
				poison, good := busEvent(), busEvent()
				var calls []time.Duration
				var order []uuid.UUID
				start := time.Now()
				busSubscribe(t, bus, func(_ context.Context, e jsruntime.Event) error {
					order = append(order, e.ID)
					if e.ID == good.ID {
						return nil
					}
					assert.JSONEq(t, string(poison.Payload), string(e.Payload), "unharmed by the attempt before")
					e.Payload[0] = 'x'
					calls = append(calls, time.Since(start))
					return fail()
				})
				require.NoError(t, bus.Publish(t.Context(), poison))
				require.NoError(t, bus.Publish(t.Context(), good))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}, calls)
				assert.Equal(t, []uuid.UUID{poison.ID, poison.ID, poison.ID, good.ID}, order)
				assert.Contains(t, log.String(), "event dropped")
				assert.Contains(t, log.String(), poison.ID.String())
				assert.Contains(t, log.String(), "no luck")
				assert.NotContains(t, log.String(), "total", "payloads are not logged")
			})
		})
	}
}

func TestBusMakesAsManyAttemptsAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := openBus(t, jsruntime.WithDeliveryAttempts(12))
		calls := 0
		busSubscribe(t, bus, func(context.Context, jsruntime.Event) error {
			calls++
			return errors.New("no luck")
		})
		require.NoError(t, bus.Publish(t.Context(), busEvent()))
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, 12, calls)
	})
}

func TestBusOptionsThatMakeNoSenseLeaveTheDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := openBus(t, jsruntime.WithQueueLength(0), jsruntime.WithDeliveryAttempts(-1), jsruntime.WithBusLogger(nil))
		calls := 0
		busSubscribe(t, bus, func(context.Context, jsruntime.Event) error {
			calls++
			return errors.New("no luck")
		})
		require.NoError(t, bus.Publish(t.Context(), busEvent()))
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, 3, calls)
	})
}

func TestAClosedBusRefuses(t *testing.T) {
	bus := jsruntime.NewBus()
	require.NoError(t, bus.Close())
	require.NoError(t, bus.Close())
	require.ErrorIs(t, bus.Publish(t.Context(), busEvent()), jsruntime.ErrClosed)
	_, err := bus.Subscribe(jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error { return nil })
	require.ErrorIs(t, err, jsruntime.ErrClosed)
}

func TestBusCloseWaitsForHandlersAndEndsTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := openBus(t)
		left := 0
		var mu sync.Mutex
		var subs []jsruntime.Subscription
		for range 3 {
			subs = append(subs, busSubscribe(t, bus, func(ctx context.Context, _ jsruntime.Event) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				left++
				return ctx.Err()
			}))
		}
		require.NoError(t, bus.Publish(t.Context(), busEvent()))
		synctest.Wait()
		var errs []error
		var closers sync.WaitGroup
		for range 4 {
			closers.Go(func() {
				err := bus.Close()
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
				assert.Equal(t, 3, left)
			})
		}
		closers.Wait()
		require.NoError(t, errors.Join(errs...))
		for _, sub := range subs {
			require.NoError(t, sub.Close(), "after the bus")
		}
	})
}

func TestBusDoesNotPublishForACallerThatHasGone(t *testing.T) {
	bus := openBus(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, bus.Publish(ctx, busEvent()), context.Canceled)
}

func TestBusSurvivesAHandlerThatEndsItsGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		bus := openBus(t, jsruntime.WithQueueLength(1), jsruntime.WithBusLogger(slog.New(slog.NewTextHandler(&log, nil))))
		sub := busSubscribe(t, bus, func(context.Context, jsruntime.Event) error {
			runtime.Goexit()
			return nil
		})
		got := 0
		busSubscribe(t, bus, func(context.Context, jsruntime.Event) error {
			got++
			return nil
		})
		for range 5 {
			require.NoError(t, bus.Publish(t.Context(), busEvent()))
			synctest.Wait()
		}
		assert.Equal(t, 5, got)
		assert.Contains(t, log.String(), "subscription closed")
		require.NoError(t, sub.Close())
	})
}

func TestBusSubscriptionsThatAreIdleAreSmall(t *testing.T) {
	bus := openBus(t)
	const count = 1000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range count {
		busSubscribe(t, bus, func(context.Context, jsruntime.Event) error { return nil })
	}
	assert.Less(t, (int64(heap())-int64(before))/count, int64(4096), "bytes each")
}

func TestEventFilterValidate(t *testing.T) {
	for _, valid := range [][]string{nil, {}, {"*"}, {"order.paid"}, {"order.*"}, {"order*", "*", "jsruntime.*"}, {".*"}} {
		assert.NoError(t, jsruntime.EventFilter{Types: valid}.Validate(), "%q", valid)
	}
	for _, broken := range []string{"", "**", "*.paid", "a*b", "order paid", "order.>"} {
		err := jsruntime.EventFilter{Types: []string{"order.paid", broken}}.Validate()
		var field *jsruntime.FieldError
		if assert.ErrorAs(t, err, &field, "%q", broken) {
			assert.Equal(t, "types", field.Field)
			assert.ErrorIs(t, err, jsruntime.ErrInvalid)
		}
	}
}

func BenchmarkBusPublish(b *testing.B) {
	bus := jsruntime.NewBus(jsruntime.WithQueueLength(1 << 30))
	defer bus.Close()
	_, err := bus.Subscribe(jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error { return nil })
	require.NoError(b, err)
	e := busEvent()
	b.ReportAllocs()
	for b.Loop() {
		if err := bus.Publish(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}
