package jsruntime_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// The bounds that Stop's comment names, after its context has ended.
const (
	stopBound      = 5 * time.Second
	stopLeaveBound = 7 * time.Second
)

// busyWorld is a world with all that a node can have under way: a run whose caller waits and one that was submitted, which
// end when they are cancelled; one that the test lets end; pending ones of both kinds; a schedule; an event script; and
// unrecorded runs.
func busyWorld(t *testing.T, st jsruntime.Store) (w *world, short *gated, answered chan error, callers int) {
	t.Helper()
	w = newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(4), jsruntime.WithRecording(jsruntime.RecordOutcomes, jsruntime.ScriptTypeEmbedded))
	short = newGated()
	w.fake.on("endless", untilCancelled)
	w.fake.on("short", short.run)
	require.NoError(t, w.Start(t.Context()))
	s := w.active("endless")
	embedded := w.active("endless", jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded))
	w.active("x", cron(t, "* * * * *"))
	w.active("x", jsruntime.WithEventTypes("a"))
	answered = make(chan error, 100)
	call := func(id uuid.UUID) {
		callers++
		go func() {
			_, err := w.Execute(context.Background(), w.tenant, id, nil)
			answered <- err
		}()
		synctest.Wait()
	}
	call(embedded.ID())
	call(s.ID())
	for _, id := range []uuid.UUID{s.ID(), w.active("short").ID()} {
		_, err := w.Submit(t.Context(), w.tenant, id, nil)
		require.NoError(t, err)
	}
	synctest.Wait()
	require.Len(t, w.fake.seen(), 4)
	for range 3 {
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		call(s.ID())
		call(embedded.ID())
	}
	return w, short, answered, callers
}

// stopWithin stops the world with the patience given, and returns the error and how long it took beyond that.
func stopWithin(t *testing.T, w *world, patience time.Duration) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	err := w.Stop(ctx)
	return time.Since(start) - patience, err
}

func TestStopEndsSoonAfterItsContextWhicheverCallOfTheStoreHangs(t *testing.T) {
	for _, obeys := range []bool{true, false} {
		for _, method := range hangingMethods {
			name := map[bool]string{true: "obeying ", false: "ignoring "}[obeys] + method
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { stopInAHungStore(t, method, obeys) })
			})
		}
	}
}

func stopInAHungStore(t *testing.T, method string, obeys bool) {
	inner := store.NewMemory()
	st := newHungStore(inner, method, obeys)
	w, short, answered, callers := busyWorld(t, st)
	st.hangs.Store(true)
	close(short.release) // its slot is free for another one
	elsewhere := newWorldOn(t, inner)
	elsewhere.active("x", cron(t, "* * * * *"))
	for range 3 { // calls that begin while the store hangs
		callers++
		go func() {
			answered <- w.Publish(context.Background(), jsruntime.NewEvent(w.tenant, "a", nil))
		}()
	}
	time.Sleep(2 * time.Minute) // ticks, renewals and polls begin to hang

	late, err := stopWithin(t, w, time.Minute)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	if obeys {
		require.NotErrorIs(t, err, jsruntime.ErrLeftBehind)
		require.LessOrEqual(t, late, stopBound+time.Second)
	}
	require.LessOrEqual(t, late, stopLeaveBound)
	require.Positive(t, st.hung.Load(), "the test did not get there")
	st.recover()
	for range callers {
		require.NotErrorIs(t, <-answered, context.Canceled, "nobody's context was cancelled but the node's own")
	}
	synctest.Wait()

	next := newWorldOn(t, inner) // whatever the first one has left undone, recovery ends
	require.NoError(t, next.Start(t.Context()))
	time.Sleep(2 * time.Minute)
	require.NoError(t, next.Stop(t.Context()))
	next.tenant = w.tenant
	running := next.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}})
	require.Empty(t, running)
}

func TestStopSaysWhatItLeavesBehindAndTheNextStartGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newHungStore(store.NewMemory(), "FinishExecution", false)
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		st.hangs.Store(true)
		e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		answered := make(chan error, 1)
		go func() {
			_, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
			answered <- err
		}()
		synctest.Wait()
		require.Len(t, w.fake.seen(), 2)
		late, err := stopWithin(t, w, time.Second)
		require.ErrorIs(t, err, jsruntime.ErrLeftBehind)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, stopLeaveBound, late)
		require.ErrorIs(t, <-answered, jsruntime.ErrInterrupted)

		st.hangs.Store(false)                    // what hangs goes on hanging
		require.NoError(t, w.Start(t.Context())) // by another name
		time.Sleep(time.Minute)                  // until the old lease has run out
		require.ErrorIs(t, w.execution(e.ID()).Failure(), jsruntime.ErrInterrupted)
		before := w.execution(e.ID()).Record()
		events := len(w.events.types())
		close(st.back)
		synctest.Wait()
		require.Equal(t, before, w.execution(e.ID()).Record(), "the late outcome is refused")
		require.Len(t, w.events.types(), events)
		_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestStopWithoutADeadlineDoesNotWaitForTheLeaseToBeReleased(t *testing.T) {
	for _, obeys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			st := newHungStore(store.NewMemory(), "ReleaseLease", obeys)
			w := newWorldOn(t, st)
			require.NoError(t, w.Start(t.Context()))
			st.hangs.Store(true)
			start := time.Now()
			err := w.Stop(context.Background())
			if obeys {
				require.NoError(t, err)
				require.Equal(t, stopBound, time.Since(start))
			} else {
				require.ErrorIs(t, err, jsruntime.ErrLeftBehind)
				require.Equal(t, stopLeaveBound, time.Since(start))
			}
			st.recover()
		})
	}
}

func TestACallerWhoGoesAwayDoesNotWaitForAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newHungStore(store.NewMemory(), "FinishExecution", false)
		w := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(1))
		require.NoError(t, w.Start(t.Context()))
		w.fake.on("endless", untilCancelled)
		s := w.active("endless")
		st.hangs.Store(true)
		for range 2 { // one that runs, one that is pending
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			_, err := w.Execute(ctx, w.tenant, s.ID(), nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.LessOrEqual(t, time.Since(start), time.Minute+time.Second)
		}
		st.recover()
		require.NoError(t, w.Stop(t.Context()))
		for _, e := range w.executions(jsruntime.ExecutionFilter{}) {
			require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
		}
	})
}

// A creation claims in the same step; Stop waits for what it takes, and for the caller who is told.
func TestStopWaitsForACreationThatClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newHungStore(store.NewMemory(), "CreateExecutions", true)
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		synctest.Wait() // until the dispatcher has no slot in its hands
		st.hangs.Store(true)
		submitted := make(chan jsruntime.Execution, 1)
		go func() {
			e, err := w.Submit(context.Background(), w.tenant, s.ID(), nil)
			if err != nil {
				t.Error(err)
			}
			submitted <- e
		}()
		synctest.Wait()
		time.AfterFunc(time.Minute, st.recover)
		require.NoError(t, w.Stop(t.Context()))
		require.Equal(t, jsruntime.ExecutionCompleted, w.execution((<-submitted).ID()).Status())
	})
}

// A claim that Stop cuts off may have been done all the same.
func TestWhatWasClaimedWhileStopBeganIsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := store.NewMemory()
		st := &faultyStore{Store: inner}
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		stopped := make(chan error, 1)
		st.claimed = func() error {
			go func() { stopped <- w.Stop(context.Background()) }()
			time.Sleep(time.Second)
			return context.Canceled
		}
		e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Second)))
		require.NoError(t, err)
		require.NoError(t, <-stopped)
		require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
	})
}

// stoppingWorld returns one that waits, in Stop, for a run that never ends by itself.
func stoppingWorld(t *testing.T) (w *world, e jsruntime.Execution, stopped chan error) {
	t.Helper()
	w = startedWorld(t)
	w.fake.on("endless", untilCancelled)
	var err error
	e, err = w.Submit(t.Context(), w.tenant, w.active("endless").ID(), nil)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 1 }, 5*time.Second, time.Millisecond)
	stopped = make(chan error)
	go func() { stopped <- w.Stop(context.Background()) }()
	require.Eventually(t, func() bool {
		return errors.Is(w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a", nil)), jsruntime.ErrNotStarted)
	}, 5*time.Second, time.Millisecond)
	return w, e, stopped
}

func TestARunCanBeCancelledWhileStopWaitsForIt(t *testing.T) {
	w, e, stopped := stoppingWorld(t)
	require.NoError(t, w.Cancel(t.Context(), w.tenant, e.ID()))
	require.NoError(t, receive(t, stopped))
}

func TestASecondStopWithLessPatienceCancelsWhatTheFirstWaitsFor(t *testing.T) {
	w, e, stopped := stoppingWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.Stop(ctx), context.DeadlineExceeded)
	require.NoError(t, receive(t, stopped))
	require.Equal(t, jsruntime.ExecutionCancelled, w.execution(e.ID()).Status())
}
