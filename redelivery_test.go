package jsruntime_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func TestARedeliveryStartsNothingAgainWhateverBecameOfTheFirstRun(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, w *world, s jsruntime.Script){
		"it goes on":            func(*testing.T, *world, jsruntime.Script) {},
		"the script was edited": func(t *testing.T, w *world, s jsruntime.Script) { mustUpdate(t, w, s.SetSource("edited")) },
		"it was tried again":    func(*testing.T, *world, jsruntime.Script) { time.Sleep(2 * time.Second) },
		"it is a dead letter":   func(*testing.T, *world, jsruntime.Script) { time.Sleep(time.Minute) },
		"it was requeued": func(t *testing.T, w *world, _ jsruntime.Script) {
			time.Sleep(time.Minute)
			_, err := w.Requeue(t.Context(), w.tenant, w.deadLetters()[0].ID())
			require.NoError(t, err)
			time.Sleep(time.Minute)
		},
		"it was discarded": func(t *testing.T, w *world, _ jsruntime.Script) {
			time.Sleep(time.Minute)
			require.NoError(t, w.Discard(t.Context(), w.tenant, w.deadLetters()[0].ID()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.fake.on("x", failing(jsruntime.FailureException))
				s := w.active("x", jsruntime.WithEventTypes("a"), everySecond(2))
				event := w.publish("a", nil)
				synctest.Wait()
				meanwhile(t, w, s)
				first := func() (n int) {
					for _, e := range w.executions(jsruntime.ExecutionFilter{}) {
						if e.PreviousID() == uuid.Nil {
							n++
						}
					}
					return n
				}
				require.Equal(t, 1, first())
				require.NoError(t, w.Publish(t.Context(), event))
				time.Sleep(time.Minute)
				require.Equal(t, 1, first())
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

func mustUpdate(t *testing.T, w *world, s jsruntime.Script) {
	t.Helper()
	_, err := w.UpdateScript(t.Context(), s, jsruntime.Change{By: 1})
	require.NoError(t, err)
}

func TestARepetitionStartsAScriptThatSubscribedSince(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.active("x", jsruntime.WithEventTypes("a"))
		event := w.publish("a", nil)
		late := w.active("y", jsruntime.WithEventTypes("a"))
		require.NoError(t, w.Publish(t.Context(), event))
		synctest.Wait()
		require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 2)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: late.ID()}), 1)
	})
}

// countingStore takes note of how much each call is to store.
type countingStore struct {
	jsruntime.Store
	mu     sync.Mutex
	counts []int
	fails  int // the call that fails, from 1
}

func (s *countingStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	s.mu.Lock()
	s.counts = append(s.counts, len(c.Executions))
	failed := len(s.counts) == s.fails
	s.mu.Unlock()
	if failed {
		return jsruntime.Created{}, errDisk
	}
	return s.Store.CreateExecutions(ctx, c)
}

func TestAnEventWithVeryManyScriptsIsStoredInSteps(t *testing.T) {
	const scripts = 2500
	inner := store.NewMemory()
	st := &countingStore{Store: inner, fails: 2}
	w := newWorldOn(t, st)
	for range scripts {
		w.active("x", jsruntime.WithEventTypes("a"))
	}
	require.NoError(t, w.Start(t.Context()))
	event := jsruntime.NewEvent(w.tenant, "a", nil)
	require.ErrorIs(t, w.Publish(t.Context(), event), errDisk)
	require.NoError(t, w.Publish(t.Context(), event), "which may be repeated")
	require.Equal(t, []int{1000, 1000, 1000, 1000, 500}, st.counts)
	counts, err := inner.CountExecutions(t.Context(), w.tenant, uuid.Nil)
	require.NoError(t, err)
	stored := int64(0)
	for _, n := range counts {
		stored += n
	}
	require.EqualValues(t, scripts, stored, "each once")

	st.counts, st.fails = nil, 1
	large := jsruntime.NewEvent(w.tenant, "a", strings.Repeat("x", 1<<20))
	require.ErrorIs(t, w.Publish(t.Context(), large), errDisk)
	require.Equal(t, []int{15}, st.counts, "at most 32 MiB of payloads at a time")
}

// refusingBus takes no events.
type refusingBus struct{ jsruntime.EventBus }

func (refusingBus) Publish(context.Context, jsruntime.Event) error { return errDisk }

func TestWhatABusRefusesHasStartedItsScriptsAllTheSame(t *testing.T) {
	bus := jsruntime.NewBus()
	defer bus.Close()
	w := startedWorld(t, jsruntime.WithEventBus(refusingBus{bus}))
	w.active("x", jsruntime.WithEventTypes("a"))
	event := jsruntime.NewEvent(w.tenant, "a", nil)
	require.ErrorIs(t, w.Publish(t.Context(), event), errDisk)
	require.ErrorIs(t, w.Publish(t.Context(), event), errDisk)
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 1 }, 5*time.Second, time.Millisecond)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1)
}

func TestSlowAndPanickingSubscribersCostNoScriptAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := jsruntime.NewBus(jsruntime.WithQueueLength(10))
		defer bus.Close()
		w := newWorld(t, jsruntime.WithEventBus(bus))
		require.NoError(t, w.Start(t.Context()))
		for _, h := range []jsruntime.Handler{
			func(ctx context.Context, _ jsruntime.Event) error { <-ctx.Done(); return nil },
			func(context.Context, jsruntime.Event) error { panic("of the application") },
		} {
			_, err := w.Subscribe(jsruntime.EventFilter{Types: []string{"a"}}, h)
			require.NoError(t, err)
		}
		w.active("x", jsruntime.WithEventTypes("a"))
		const events = 50
		missed := 0
		for range events {
			if err := w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a", nil)); err != nil {
				require.ErrorIs(t, err, jsruntime.ErrOverloaded, "of the queue of the slow one")
				missed++
			}
		}
		require.Positive(t, missed)
		time.Sleep(time.Minute)
		require.Len(t, w.fake.seen(), events)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAnEventThatNoPublisherCouldHaveSentIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		bus := &handing{}
		other := newWorldOn(t, store.NewMemory(), jsruntime.WithEventBus(bus))
		require.NoError(t, other.Start(t.Context()))
		other.active("x", jsruntime.WithEventTypes("a"))
		good := jsruntime.NewEvent(other.tenant, "a", 1)
		for _, change := range []func(*jsruntime.Event){
			func(e *jsruntime.Event) { e.ID = uuid.Nil },
			func(e *jsruntime.Event) { e.Payload = []byte(`{`) },
			func(e *jsruntime.Event) { e.Payload = nil },
			func(e *jsruntime.Event) { e.Payload = []byte(strings.Repeat("[", 2000) + strings.Repeat("]", 2000)) },
			func(e *jsruntime.Event) { e.Payload = []byte(`"` + strings.Repeat("x", 9<<20) + `"`) },
			func(e *jsruntime.Event) { e.Depth = -1 },
			func(e *jsruntime.Event) { e.Depth = 8 },
		} {
			bad := good
			change(&bad)
			require.NoError(t, bus.handler(t.Context(), bad), "it must not come again")
		}
		synctest.Wait()
		require.Empty(t, other.fake.seen())
		require.NoError(t, bus.handler(t.Context(), good))
		synctest.Wait()
		require.Len(t, other.fake.seen(), 1)
		require.NoError(t, other.Stop(t.Context()))
	})
}

// handing is a bus whose handler the test calls itself.
type handing struct{ handler jsruntime.Handler }

func (*handing) Publish(context.Context, jsruntime.Event) error { return nil }

func (b *handing) Subscribe(_ jsruntime.EventFilter, h jsruntime.Handler) (jsruntime.Subscription, error) {
	b.handler = h
	return b, nil
}

func (*handing) Close() error { return nil }
