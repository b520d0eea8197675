package jsruntime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// publishing returns a script that publishes events, each given by the arguments of a call, and then ends as the next one says.
func publishing(then func(context.Context, jsruntime.Job) jsruntime.Result, events ...[]any) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		for _, args := range events {
			if _, err := job.Host.Call(ctx, jsruntime.EventsPublish, args); err != nil {
				return jsruntime.Result{Err: err}
			}
		}
		return then(ctx, job)
	}
}

func TestAScriptPublishesAnEventOfItsTenantThatItHasCaused(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptEvents("order.*"))
	w.fake.on("first", calls([]string{jsruntime.EventsPublish}, "order.checked", map[string]any{"id": 7.0}))
	w.active("first", jsruntime.WithEventTypes("order.placed"))
	second := w.active("second", jsruntime.WithEventTypes("order.checked"))
	w.activeOf(uuid.New(), "foreign", jsruntime.WithEventTypes("order.checked"))
	w.publish("order.placed", nil)
	published := w.events.of(t, "order.checked")
	require.Equal(t, w.tenant, published.TenantID)
	require.Equal(t, 1, published.Depth)
	require.JSONEq(t, `{"id":7}`, string(published.Payload))
	cause := w.eventually(published.CausedBy, jsruntime.ExecutionCompleted)
	require.Equal(t, []any{published.ID.String()}, cause.Output())
	require.Equal(t, 1, cause.Metrics().APICallCount)
	require.Equal(t, uuid.Nil, cause.CausedBy())
	started := w.executions(jsruntime.ExecutionFilter{ScriptID: second.ID()})
	require.Len(t, started, 1)
	require.Equal(t, cause.ID(), started[0].CausedBy())
	require.Equal(t, published.ID, started[0].TriggerData().EventID)
	require.Equal(t, 1, started[0].Record().Depth)
}

func TestWhatAScriptMayNotPublish(t *testing.T) {
	for name, c := range map[string]struct {
		args []any
		want string
	}{
		"no type":               {nil, "events.publish: the type must be a string"},
		"a type of the library": {[]any{"jsruntime.script.created"}, "reserved"},
		"no type of an event":   {[]any{"a b"}, `type: "a b" must be`},
		"a payload too large":   {[]any{"a", strings.Repeat("x", 9<<20)}, "payload: must be at most"},
		"no value of JSON":      {[]any{"a", func() {}}, "payload: must be a value that JSON can hold"},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t)
			var err error
			w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
				_, err = job.Host.Call(ctx, jsruntime.EventsPublish, c.args)
				return jsruntime.Result{Output: []byte("1")}
			})
			_, runErr := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
			require.NoError(t, runErr)
			require.ErrorIs(t, err, jsruntime.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestOnlyScriptsLearnOfAnEventOfAScriptUnlessItsTypeIsLetOut(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptEvents("a", "custom.*"))
	w.fake.on("x", publishing(func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Output: []byte("1")}
	}, []any{"order.paid"}, []any{"a"}, []any{"a.b"}, []any{"custom.b"}))
	other := w.active("y", jsruntime.WithEventTypes("*"))
	_, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	w.events.of(t, "custom.b")
	var out []string
	for _, eventType := range w.events.types() {
		if !strings.HasPrefix(eventType, jsruntime.EventTypePrefix) {
			out = append(out, eventType)
		}
	}
	require.Equal(t, []string{"a", "custom.b"}, out)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: other.ID()}), 4)
	_, err = jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithScriptEvents("a b"))
	require.ErrorIs(t, err, jsruntime.ErrInvalid)
	_, err = jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithFunction("events.other", func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }))
	require.ErrorIs(t, err, jsruntime.ErrInvalid)
}

func TestEventsOfAScriptCountAgainstItsBudget(t *testing.T) {
	w := startedWorld(t)
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxAPICallsPerMinute = 2
	w.fake.on("x", calls([]string{jsruntime.EventsPublish, jsruntime.EventsPublish, jsruntime.EventsPublish}, "a"))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x", jsruntime.WithResourceLimits(limits)).ID(), nil)
	require.NoError(t, err)
	require.Equal(t, "events.publish: rate limit exceeded: 2 a minute, try again in 60 s", e.Output().([]any)[2])
	require.Equal(t, 2, e.Metrics().APICallCount)
}

func TestScriptsThatPublishToEachOtherStopAndLearnWhy(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("ping", calls([]string{jsruntime.EventsPublish}, "pong"))
		w.fake.on("pong", calls([]string{jsruntime.EventsPublish}, "ping"))
		w.active("ping", jsruntime.WithEventTypes("ping"))
		w.active("pong", jsruntime.WithEventTypes("pong"))
		w.publish("ping", nil)
		time.Sleep(time.Minute)
		all := w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, all, 8)
		for i, e := range all { // the last one first
			require.Equal(t, len(all)-1-i, e.Record().Depth)
		}
		require.Equal(t, []any{`event "ping": causation depth limit reached: 8 executions have caused one another`}, all[0].Output())
	})
}

func TestTheErrorOfAStoreIsNoAffairOfTheScripts(t *testing.T) {
	st := &refusingStore{Store: store.NewMemory()}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	w.active("y", jsruntime.WithEventTypes("a"))
	for refuse, want := range map[error]string{
		errors.New("/var/secret: disk full"): `event "a": internal error`,
		jsruntime.ErrOverloaded:              `event "a": overloaded`,
	} {
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			st.refuse = refuse
			defer func() { st.refuse = nil }()
			return calls([]string{jsruntime.EventsPublish}, "a")(ctx, job)
		})
		e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil, firstStored())
		require.NoError(t, err)
		require.Equal(t, []any{want}, e.Output())
	}
}

func TestAnAttemptThatPublishesAgainWhatAnEarlierOneHasStartsNothingTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, again := []any{"a", map[string]any{"n": 1.0}}, []any{"a", map[string]any{"n": 2.0}}
		w.fake.on("x", publishing(failsFor(3), a, again, a)) // two of them equal
		w.active("x", jsruntime.WithEventTypes("start"), everySecond(2))
		target := w.active("y", jsruntime.WithEventTypes("a"))
		w.publish("start", nil)
		time.Sleep(5 * time.Second)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: target.ID()}), 3)
		dead := w.deadLetters()
		require.Len(t, dead, 1)
		_, err := w.Requeue(t.Context(), w.tenant, dead[0].ID())
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: target.ID()}), 3)
		w.publish("start", nil) // other work
		time.Sleep(5 * time.Second)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: target.ID()}), 6)
	})
}

func TestAnEventThatCouldNotBePublishedKeepsItsIdForTheNextTry(t *testing.T) {
	inner := store.NewMemory()
	st := &doneAndFailed{Store: inner}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	target := w.active("y", jsruntime.WithEventTypes("a"))
	w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		var ids []any
		for i := range 3 {
			st.fail = i == 0
			id, err := job.Host.Call(ctx, jsruntime.EventsPublish, []any{"a"})
			ids = append(ids, id, err != nil)
		}
		return jsruntime.Result{Output: fmt.Appendf(nil, "%q", fmt.Sprint(ids))}
	})
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: target.ID()}), 2, "%v", e.Output())
}

// doneAndFailed is a store that stores executions of events and says that it did not, while fail is set.
type doneAndFailed struct {
	jsruntime.Store
	fail bool
}

func (s *doneAndFailed) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	created, err := s.Store.CreateExecutions(ctx, c)
	if c.Executions[0].TriggerType == jsruntime.TriggerEvent && s.fail {
		err = errDisk
	}
	return created, err
}

func TestAScriptPublishesWhileItsRuntimeIsStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Start(t.Context()))
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			time.Sleep(time.Second)
			return calls([]string{jsruntime.EventsPublish}, "a")(ctx, job)
		})
		target := w.active("y", jsruntime.WithEventTypes("a"))
		_, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil)
		require.NoError(t, err)
		require.NoError(t, w.Stop(t.Context()))
		waiting := w.executions(jsruntime.ExecutionFilter{ScriptID: target.ID()})
		require.Len(t, waiting, 1)
		require.Equal(t, jsruntime.ExecutionPending, waiting[0].Status())
	})
}

// crowdedStore knows how many calls of CreateExecutions went on at the same time at most.
type crowdedStore struct {
	jsruntime.Store
	mu        sync.Mutex
	now, most int
}

func (s *crowdedStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	s.count(1)
	defer s.count(-1)
	time.Sleep(time.Second)
	return s.Store.CreateExecutions(ctx, c)
}

func (s *crowdedStore) count(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += by
	s.most = max(s.most, s.now)
}

func TestARunPublishesItsLargePayloadsOneAfterTheOther(t *testing.T) {
	for size, most := range map[int]int{1 << 10: 20, 100 << 10: 1} {
		synctest.Test(t, func(t *testing.T) {
			st := &crowdedStore{Store: store.NewMemory()}
			w := newWorldOn(t, st)
			require.NoError(t, w.Start(t.Context()))
			w.active("y", jsruntime.WithEventTypes("a"))
			w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
				var calls sync.WaitGroup
				for range 20 {
					calls.Go(func() {
						_, _ = job.Host.Call(ctx, jsruntime.EventsPublish, []any{"a", []any{strings.Repeat("x", size)}})
					})
				}
				calls.Wait()
				return jsruntime.Result{Output: []byte("1")}
			})
			s := w.active("x")
			e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
			require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
			require.Equal(t, most, st.most)
			require.NoError(t, w.Stop(t.Context()))
		})
	}
}

// deafStore cannot list executions.
type deafStore struct {
	jsruntime.Store
	deaf atomic.Bool
}

func (s *deafStore) Executions(ctx context.Context, tenantID uuid.UUID, f jsruntime.ExecutionFilter) (jsruntime.Page[jsruntime.ExecutionRecord], error) {
	if s.deaf.Load() {
		return jsruntime.Page[jsruntime.ExecutionRecord]{}, errDisk
	}
	return s.Store.Executions(ctx, tenantID, f)
}

func TestAStoreThatCannotTellTheBudgetTellsTheScriptNothing(t *testing.T) {
	st := &deafStore{Store: store.NewMemory()}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	w.fake.on("x", publishing(nil, []any{"a"}))
	s := w.active("x")
	st.deaf.Store(true)
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, "budget of the script: internal error", e.Error())
}
