package jsruntime_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func TestPublishRunsTheScriptsThatSubscribe(t *testing.T) {
	w := startedWorld(t)
	exact := w.active("exact", jsruntime.WithEventTypes("order.paid"))
	prefix := w.active("prefix", jsruntime.WithEventTypes("x", "order.*"))
	w.active("other", jsruntime.WithEventTypes("order.shipped"))
	w.activeOf(uuid.New(), "foreign", jsruntime.WithEventTypes("order.paid"))
	event := jsruntime.NewEvent(w.tenant, "order.paid", map[string]any{"id": 7})
	require.NoError(t, w.Publish(t.Context(), event))
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 2, "both are on record before Publish returns")
	for _, e := range w.executions(jsruntime.ExecutionFilter{}) {
		ended := w.eventually(e.ID(), jsruntime.ExecutionCompleted)
		require.Contains(t, []uuid.UUID{exact.ID(), prefix.ID()}, ended.ScriptID())
		require.Equal(t, jsruntime.TriggerEvent, ended.TriggerType())
		require.Equal(t, map[string]any{"id": 7.0}, ended.Input())
		require.Equal(t, jsruntime.TriggerData{EventType: "order.paid", EventID: event.ID, Payload: map[string]any{"id": 7.0}}, ended.TriggerData())
	}
	require.Equal(t, "order.paid", w.fake.seen()[0].Context.Trigger.EventType)
	require.Equal(t, event.ID, w.events.of(t, "order.paid").ID)
}

func TestAnEventRunsAScriptOnceHoweverOftenItIsDelivered(t *testing.T) {
	bus := jsruntime.NewBus()
	defer bus.Close()
	w := startedWorld(t, jsruntime.WithEventBus(bus))
	w.active("x", jsruntime.WithEventTypes("a"))
	event := jsruntime.NewEvent(w.tenant, "a", nil)
	require.NoError(t, w.Publish(t.Context(), event))
	require.NoError(t, w.Publish(t.Context(), event))
	require.NoError(t, bus.Publish(t.Context(), event))
	last := jsruntime.NewEvent(w.tenant, "a", nil)
	require.NoError(t, bus.Publish(t.Context(), last), "from elsewhere, by the bus alone")
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 2 }, 5*time.Second, time.Millisecond)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 2)
}

func TestAPayloadThatIsNoObjectIsInTheTriggerOnly(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithEventTypes("a"))
	require.NoError(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a", []int{1})))
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 1 }, 5*time.Second, time.Millisecond)
	job := w.fake.seen()[0]
	require.JSONEq(t, `{}`, string(job.Input))
	require.Equal(t, []any{1.0}, job.Context.Trigger.Payload)
}

func TestPublishRefusesReservedMalformedAndTooDeepEvents(t *testing.T) {
	w := startedWorld(t)
	publish := func(change func(*jsruntime.Event)) error {
		e := jsruntime.NewEvent(w.tenant, "a", 1)
		change(&e)
		return w.Publish(t.Context(), e)
	}
	require.NoError(t, publish(func(*jsruntime.Event) {}))
	require.Equal(t, []string{"type"}, fieldsOf(t, publish(func(e *jsruntime.Event) { e.Type = jsruntime.EventScriptCreated })))
	require.Equal(t, []string{"tenantId", "type"}, fieldsOf(t, publish(func(e *jsruntime.Event) { e.Type, e.TenantID = "a b", uuid.Nil })))
	require.Equal(t, []string{"payload"}, fieldsOf(t, publish(func(e *jsruntime.Event) { e.Payload = []byte("{") })))
	require.Equal(t, []string{"payload"}, fieldsOf(t, publish(func(e *jsruntime.Event) {
		e.Payload = []byte(`"` + strings.Repeat("x", 9<<20) + `"`)
	})))
	require.Equal(t, []string{"payload"}, fieldsOf(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a", func() {}))))
	require.ErrorIs(t, publish(func(e *jsruntime.Event) { e.Depth = 8 }), jsruntime.ErrDepthLimit)
	require.NoError(t, publish(func(e *jsruntime.Event) { e.Depth = 7 }))
}

func TestScriptsThatTriggerThemselvesStop(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithEventTypes("start", jsruntime.EventExecutionCompleted))
	require.NoError(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "start", nil)))
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 8 }, 5*time.Second, time.Millisecond)
	require.Never(t, func() bool { return len(w.fake.seen()) > 8 }, 100*time.Millisecond, 10*time.Millisecond)
}

func TestABareStarLeavesOutTheLibrarysOwnEvents(t *testing.T) {
	w := startedWorld(t)
	all := w.active("all", jsruntime.WithEventTypes("*"))
	own := w.active("own", jsruntime.WithEventTypes("jsruntime.script.created"))
	other := w.active("x")
	require.Eventually(t, func() bool {
		for _, e := range w.executions(jsruntime.ExecutionFilter{ScriptID: own.ID()}) {
			if e.Input()["scriptId"] == other.ID().String() {
				return true
			}
		}
		return false
	}, 5*time.Second, time.Millisecond)
	require.Empty(t, w.executions(jsruntime.ExecutionFilter{ScriptID: all.ID()}))
	require.NoError(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "anything", nil)))
	require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: all.ID()}), 1)
}

// refusingStore refuses to store executions while refuse is set.
type refusingStore struct {
	jsruntime.Store
	refuse error
}

func (s *refusingStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	if s.refuse != nil {
		return jsruntime.Created{}, s.refuse
	}
	return s.Store.CreateExecutions(ctx, c)
}

func TestAnEventThatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	st := &refusingStore{Store: store.NewMemory(), refuse: errors.New("disk full")}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	w.active("x", jsruntime.WithEventTypes("a"))
	event := jsruntime.NewEvent(w.tenant, "a", nil)
	require.ErrorIs(t, w.Publish(t.Context(), event), st.refuse)
	require.NotContains(t, w.events.types(), "a", "nothing goes out before it is stored")
	st.refuse = nil
	require.NoError(t, w.Publish(t.Context(), event))
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 1 }, 5*time.Second, time.Millisecond)
}

// blindStore cannot read the change feed.
type blindStore struct {
	jsruntime.Store
	blind atomic.Bool
}

func (s *blindStore) Changes(ctx context.Context, after int64, limit int) ([]jsruntime.ScriptChange, error) {
	if s.blind.Load() {
		return nil, errDisk
	}
	return s.Store.Changes(ctx, after, limit)
}

func TestAnEventDoesNotMissAScriptWhoseActivationCouldNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &blindStore{Store: store.NewMemory()}
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		st.blind.Store(true)
		w.active("x", jsruntime.WithEventTypes("a"))
		e := jsruntime.NewEvent(w.tenant, "a", nil)
		require.ErrorIs(t, w.Publish(t.Context(), e), errDisk, "which scripts it starts is not known")
		st.blind.Store(false)
		require.NoError(t, w.Publish(t.Context(), e))
		require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAScriptLearnsOfWhatFailedBecauseItsProcessWentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := interruptedWorld(t, nil)
		alarm := w.active("alarm", jsruntime.WithEventTypes(jsruntime.EventExecutionFailed))
		require.NoError(t, w.Start(t.Context()))
		synctest.Wait()
		require.Len(t, w.executions(jsruntime.ExecutionFilter{ScriptID: alarm.ID()}), 1)
		require.NoError(t, w.Stop(t.Context()))
	})
}
