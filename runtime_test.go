package jsruntime_test

import (
	"context"
	"errors"
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

func TestNewNamesEveryMissingPartAndEveryBadOption(t *testing.T) {
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	_, err := jsruntime.New(nil, nil, jsruntime.WithMaxConcurrentRuns(0), jsruntime.WithMaxPendingRuns(-1),
		jsruntime.WithMaxRequestBytes(0), jsruntime.WithLeaseDuration(time.Second-1), jsruntime.WithEventBus(nil), jsruntime.WithLogger(nil),
		jsruntime.WithRecording(jsruntime.RecordingMode(9)), jsruntime.WithRecording(jsruntime.RecordAll, "nonsense"),
		jsruntime.WithFunction("1st", nop), jsruntime.WithFunction("nothing", nil), jsruntime.WithFunction("input", nop), jsruntime.WithFunction("Math.max", nop),
		jsruntime.WithFunction("a.b", nop), jsruntime.WithFunction("a.b", nop), jsruntime.WithFunction("a", nop))
	require.ErrorIs(t, err, jsruntime.ErrInvalid)
	require.Equal(t, []string{
		"store", "executor", "maxConcurrentRuns", "maxPendingRuns", "maxRequestBytes", "leaseDuration", "eventBus", "logger",
		"recording", "recording", `function "1st"`, `function "nothing"`, `function "input"`, `function "Math.max"`, `function "a.b"`,
		`function "a"`,
	}, fieldsOf(t, err))
}

func TestRunsBeforeStartAndAfterStopAreRefused(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	refused := func() {
		t.Helper()
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, jsruntime.ErrNotStarted)
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, jsruntime.ErrNotStarted)
		_, err = w.Call(t.Context(), w.tenant, s.Name(), nil)
		require.ErrorIs(t, err, jsruntime.ErrNotStarted)
		require.ErrorIs(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a.b", nil)), jsruntime.ErrNotStarted)
	}
	refused()
	require.NoError(t, w.Start(t.Context()))
	_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.NoError(t, w.Stop(t.Context()))
	refused()
	_, err = w.UpdateScript(t.Context(), s.SetDescription("still works"), jsruntime.Change{})
	require.NoError(t, err)
}

func TestStartAndStopCanBeRepeatedAndMixed(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	require.NoError(t, w.Stop(t.Context()), "stopping what was never started")
	for range 5 {
		require.NoError(t, w.Start(t.Context()))
		require.NoError(t, w.Start(t.Context()), "starting what is started")
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		require.NoError(t, w.Stop(t.Context()))
		require.NoError(t, w.Stop(t.Context()))
	}
}

func TestStartAndStopUnderLoadLoseNothingThatWasAccepted(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	ctx, cancel := context.WithCancel(t.Context())
	var accepted sync.Map
	var count atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for ctx.Err() == nil {
				e, err := w.Submit(ctx, w.tenant, s.ID(), nil)
				switch {
				case err == nil:
					accepted.Store(e.ID(), true)
					count.Add(1)
				case !errors.Is(err, jsruntime.ErrNotStarted) && !errors.Is(err, context.Canceled):
					t.Errorf("submit: %v", err)
				}
				if _, err := w.Execute(ctx, w.tenant, s.ID(), nil); err != nil &&
					!errors.Is(err, jsruntime.ErrNotStarted) && !errors.Is(err, context.Canceled) {
					t.Errorf("execute: %v", err)
				}
			}
		})
	}
	for range 20 {
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(5 * time.Millisecond)
		require.NoError(t, w.Stop(t.Context()))
	}
	cancel()
	callers.Wait()
	require.NoError(t, w.Start(t.Context()))
	require.Positive(t, count.Load())
	accepted.Range(func(id, _ any) bool {
		w.eventually(id.(uuid.UUID), jsruntime.ExecutionCompleted)
		return true
	})
	for _, e := range w.executions(jsruntime.ExecutionFilter{}) {
		require.True(t, e.Status().IsTerminal(), "%s is %s", e.ID(), e.Status())
	}
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	w := startedWorld(t)
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	stopped := make(chan error)
	go func() { stopped <- w.Stop(context.Background()) }()
	require.Eventually(t, func() bool {
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		return errors.Is(err, jsruntime.ErrNotStarted)
	}, 5*time.Second, time.Millisecond)
	close(g.release)
	require.NoError(t, receive(t, stopped))
	require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
}

func TestStopCancelsWhatStillRunsWhenItsContextEndsAndRecordsThat(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("endless", untilCancelled)
	s := w.active("endless")
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	w.eventually(e.ID(), jsruntime.ExecutionRunning)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.Stop(ctx), context.DeadlineExceeded)
	ended := w.execution(e.ID())
	require.Equal(t, jsruntime.ExecutionCancelled, ended.Status())
	require.Equal(t, "the runtime was stopped", ended.Error())
	require.ErrorIs(t, ended.Failure(), jsruntime.ErrCancelled)
}

func TestStopWithAnEndedContextStopsAllTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		w := startedWorld(t)
		w.fake.on("endless", untilCancelled)
		e, err := w.Submit(t.Context(), w.tenant, w.active("endless").ID(), nil)
		require.NoError(t, err)
		w.eventually(e.ID(), jsruntime.ExecutionRunning)
		require.ErrorIs(t, w.Stop(ctx), context.Canceled)
		require.Equal(t, jsruntime.ExecutionCancelled, w.execution(e.ID()).Status())
	}
}

func TestStopCancelsPendingRunsWhoseCallersWaitAndKeepsSubmittedOnes(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	queued, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	waiting := make(chan error)
	go func() {
		_, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
		waiting <- err
	}()
	require.Eventually(t, func() bool { return len(w.executions(jsruntime.ExecutionFilter{})) == 3 }, 5*time.Second, time.Millisecond)
	stopped := make(chan error)
	go func() { stopped <- w.Stop(context.Background()) }()
	require.ErrorIs(t, receive(t, waiting), jsruntime.ErrNotStarted)
	close(g.release)
	require.NoError(t, receive(t, stopped))

	require.Equal(t, jsruntime.ExecutionPending, w.execution(queued.ID()).Status())
	require.Len(t, w.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCancelled}}), 1)
	require.NoError(t, w.Start(t.Context()))
	w.eventually(queued.ID(), jsruntime.ExecutionCompleted)
}

func TestStartEndsWhatADeadProcessLeftBehind(t *testing.T) {
	st := store.NewMemory()
	w := newWorldOn(t, st)
	s := w.active("x")
	now := time.Now().UTC()
	record := func(attached bool) jsruntime.ExecutionRecord {
		r := jsruntime.NewExecution(w.tenant, s.ID(), jsruntime.TriggerManual).Record()
		if attached {
			r.Attached, r.Lease.Node = true, "dead"
		}
		return r
	}
	running, attached, queued := record(false), record(true), record(false)
	require.NoError(t, st.RenewLease(t.Context(), "dead", now.Add(-time.Second)))
	_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{running}})
	require.NoError(t, err)
	claimed, err := st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "dead", Now: time.Now().UTC(), Limit: 1})
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	_, err = st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{attached, queued}})
	require.NoError(t, err)

	require.NoError(t, w.Start(t.Context()))
	e := w.execution(running.ID)
	require.Equal(t, jsruntime.ExecutionFailed, e.Status())
	require.ErrorIs(t, e.Failure(), jsruntime.ErrInterrupted)
	e = w.execution(attached.ID)
	require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
	require.ErrorIs(t, e.Failure(), jsruntime.ErrInterrupted)
	w.eventually(queued.ID, jsruntime.ExecutionCompleted)
	require.Contains(t, w.events.types(), jsruntime.EventExecutionFailed)
}

func TestInterruptedRunsOfAnIdempotentScriptAreRunAgain(t *testing.T) {
	st := store.NewMemory()
	w := newWorldOn(t, st)
	idempotent, other := w.active("x", jsruntime.WithIdempotent(true)), w.active("y")
	die := func(record jsruntime.ExecutionRecord) { // a process that claims it goes away
		t.Helper()
		require.NoError(t, st.RenewLease(t.Context(), "dead", time.Now().Add(-time.Second)))
		_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{record}})
		require.NoError(t, err)
		claimed, err := st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "dead", Now: time.Now().UTC(), Limit: 1})
		require.NoError(t, err)
		require.Len(t, claimed, 1)
	}
	of := func(s jsruntime.Script, attempt int) jsruntime.ExecutionRecord {
		r := jsruntime.NewExecution(w.tenant, s.ID(), jsruntime.TriggerManual).Record()
		r.Attempt, r.Interruptions, r.Input, r.OrderKey, r.DedupeKey = attempt, attempt-1, []byte(`{"a":1}`), "k"+r.ID.String(), r.ID.String()
		return r
	}
	first, last, never := of(idempotent, 1), of(idempotent, jsruntime.MaxInterruptedAttempts), of(other, 1)
	die(first)
	die(last)
	die(never)
	require.NoError(t, w.Start(t.Context()))
	for _, r := range []jsruntime.ExecutionRecord{first, last, never} {
		e := w.execution(r.ID)
		require.Equal(t, jsruntime.ExecutionFailed, e.Status())
		require.ErrorIs(t, e.Failure(), jsruntime.ErrInterrupted)
	}
	all := w.executions(jsruntime.ExecutionFilter{})
	require.Len(t, all, 4)
	for _, e := range all {
		if e.PreviousID() != uuid.Nil {
			require.Equal(t, first.ID, e.PreviousID())
			require.Equal(t, 2, e.Attempt())
			done := w.eventually(e.ID(), jsruntime.ExecutionCompleted)
			require.JSONEq(t, `{"a":1}`, string(done.Record().Input))
			require.Equal(t, first.OrderKey, done.Record().OrderKey)
		}
	}
}

// A node whose lease could not be renewed claims nothing until it has one again: others may have taken over from it.
func TestANodeWithoutALeaseClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		st := &faultyStore{Store: store.NewMemory()}
		st.renew = func() error {
			if away.Load() {
				return errDisk
			}
			return nil
		}
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		away.Store(true)
		time.Sleep(time.Minute)
		e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, jsruntime.ExecutionPending, w.execution(e.ID()).Status())
		away.Store(false)
		time.Sleep(3 * time.Second)
		require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestTwoRuntimesOnOneStoreRunEachExecutionOnce(t *testing.T) {
	st := store.NewMemory()
	a, b := newWorldOn(t, st), newWorldOn(t, st)
	b.tenant = a.tenant
	require.NoError(t, a.Start(t.Context()))
	require.NoError(t, b.Start(t.Context()))
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 100
	s := a.active("x", jsruntime.WithResourceLimits(limits))
	for i := range 200 {
		rt := []*world{a, b}[i%2]
		_, err := rt.Submit(t.Context(), a.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		return len(a.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted}})) == 200
	}, 10*time.Second, 5*time.Millisecond)
	require.Len(t, append(a.fake.seen(), b.fake.seen()...), 200)
}

// pooled is an executor that is told how many runs to expect.
type pooled struct {
	*fakeExecutor
	expected int
}

func (p *pooled) Expect(n int) { p.expected += n }

func TestAPooledExecutorIsToldHowManyRunsToExpect(t *testing.T) {
	executor := &pooled{fakeExecutor: newFake()}
	for range 2 {
		_, err := jsruntime.New(store.NewMemory(), executor, jsruntime.WithMaxConcurrentRuns(7))
		require.NoError(t, err)
	}
	require.Equal(t, 14, executor.expected)
	_, err := jsruntime.New(nil, executor)
	require.Error(t, err)
	require.Equal(t, 14, executor.expected)
}
