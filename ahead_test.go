package jsruntime_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
)

// tally counts the calls by which executions are written, and lets a test come before them.
type tally struct {
	jsruntime.Store
	created, finished atomic.Int64
	before            func()
}

func (s *tally) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	s.created.Add(1)
	s.meddle()
	return s.Store.CreateExecutions(ctx, c)
}

func (s *tally) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	s.finished.Add(1)
	s.meddle()
	return s.Store.FinishExecution(ctx, o)
}

func (s *tally) meddle() {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
}

func tallied(t *testing.T, opts ...jsruntime.Option) (*world, *tally) {
	st := &tally{Store: store.NewMemory()}
	w := newWorldOn(t, st, opts...)
	require.NoError(t, w.Start(t.Context()))
	return w, st
}

// touch is a host function that says how the execution is on record that calls it.
func touch(w **world) jsruntime.Option {
	return jsruntime.WithFunction("touch", func(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
		e, err := (*w).Execution(ctx, call.TenantID, call.ExecutionID)
		if err != nil {
			return nil, err
		}
		return string(e.Status()), nil
	})
}

// startOf returns when the run that the bus told of first has started.
func (w *world) startOf(t *testing.T) time.Time {
	t.Helper()
	var started jsruntime.ExecutionStartedEvent
	require.NoError(t, json.Unmarshal(w.events.of(t, jsruntime.EventExecutionStarted).Payload, &started))
	return started.StartedAt
}

func TestARunThatEndsSoonAndCallsNothingIsWrittenOnceAndWhole(t *testing.T) {
	w, st := tallied(t)
	s := w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), map[string]any{"a": 1.0})
	require.NoError(t, err)
	require.Equal(t, []int64{0, 1}, []int64{st.created.Load(), st.finished.Load()})
	require.Equal(t, e.Record(), w.execution(e.ID()).Record())
	require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
	require.Equal(t, 1, e.VersionNumber())
	require.False(t, e.StartedAt().Before(e.CreatedAt()))
	require.False(t, e.CompletedAt().Before(e.StartedAt()))
	w.events.of(t, jsruntime.EventExecutionCompleted)
	types := w.events.types()
	require.Equal(t, []string{jsruntime.EventExecutionStarted, jsruntime.EventExecutionCompleted}, types[len(types)-2:])
	require.Equal(t, e.StartedAt(), w.startOf(t))
}

func TestARunIsOnRecordBeforeItCallsTheHost(t *testing.T) {
	var w *world
	w, st := tallied(t, touch(&w))
	w.fake.on("x", calls([]string{"touch", "touch"}))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{"running", "running"}, e.Output())
	require.Equal(t, []int64{1, 1}, []int64{st.created.Load(), st.finished.Load()})
	require.Equal(t, e.Record(), w.execution(e.ID()).Record())
	w.events.of(t, jsruntime.EventExecutionCompleted)
	types := w.events.types()
	require.Equal(t, []string{jsruntime.EventExecutionStarted, jsruntime.EventExecutionCompleted}, types[len(types)-2:])
	require.Equal(t, e.StartedAt(), w.startOf(t))
}

func TestARunThatGoesOnIsOnRecord(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		g := newGated()
		w.fake.on("x", g.run)
		s := w.active("x")
		var e jsruntime.Execution
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			e, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
		}()
		<-g.entered
		require.Empty(t, w.executions(jsruntime.ExecutionFilter{}))
		time.Sleep(10 * time.Millisecond)
		listed := w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, listed, 1)
		require.Equal(t, jsruntime.ExecutionRunning, listed[0].Status())
		close(g.release)
		<-done
		require.NoError(t, err)
		require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
	})
}

// Another node has as many runs of the script as it may have. The run is stopped before it can do anything, and begins anew.
func TestARunThatTheStoreDoesNotLetGoOnBeginsAnewInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := store.NewMemory()
		var touched atomic.Int64
		function := jsruntime.WithFunction("touch", func(context.Context, jsruntime.FunctionCall) (any, error) {
			return touched.Add(1), nil
		})
		first, second := newWorldOn(t, memory, function), newWorldOn(t, memory, function)
		second.tenant = first.tenant
		require.NoError(t, first.Start(t.Context()))
		require.NoError(t, second.Start(t.Context()))
		g := newGated()
		first.fake.on("x", g.run)
		second.fake.on("x", calls([]string{"touch"}))
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 1
		s := first.active("x", jsruntime.WithResourceLimits(limits))
		var both sync.WaitGroup
		both.Go(func() { _, _ = first.Execute(t.Context(), first.tenant, s.ID(), nil) })
		<-g.entered
		time.Sleep(10 * time.Millisecond)
		var e jsruntime.Execution
		var err error
		both.Go(func() { e, err = second.Execute(t.Context(), first.tenant, s.ID(), nil) })
		time.Sleep(10 * time.Second)
		require.Len(t, second.fake.seen(), 1)
		require.Zero(t, touched.Load())
		counts, countErr := first.ExecutionCounts(t.Context(), first.tenant, s.ID())
		require.NoError(t, countErr)
		require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionRunning: 1, jsruntime.ExecutionPending: 1}, counts)
		close(g.release)
		both.Wait()
		require.NoError(t, err)
		require.Equal(t, []any{1.0}, e.Output())
		require.Len(t, second.fake.seen(), 2)
		require.Equal(t, e.Record(), first.execution(e.ID()).Record())
		require.NoError(t, first.Stop(t.Context()))
		require.NoError(t, second.Stop(t.Context()))
	})
}

// What the caller of a run that waits for its turn after all may do: leave, cancel it, or stop the Runtime.
func TestARunThatHasToBeginAnewCanEndBefore(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(w *world, leave context.CancelFunc, id uuid.UUID)
		want error
	}{
		"its caller leaves": {end: func(_ *world, leave context.CancelFunc, _ uuid.UUID) { leave() }, want: context.Canceled},
		"it is cancelled": {end: func(w *world, _ context.CancelFunc, id uuid.UUID) {
			require.NoError(w.t, w.Cancel(w.t.Context(), w.tenant, id))
		}},
		"the runtime is stopped": {end: func(w *world, _ context.CancelFunc, _ uuid.UUID) { require.NoError(w.t, w.Stop(w.t.Context())) }, want: jsruntime.ErrNotStarted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := store.NewMemory()
				first, second := newWorldOn(t, memory), newWorldOn(t, memory)
				second.tenant = first.tenant
				require.NoError(t, first.Start(t.Context()))
				require.NoError(t, second.Start(t.Context()))
				g := newGated()
				first.fake.on("x", g.run)
				second.fake.on("x", untilCancelled)
				limits := jsruntime.DefaultResourceLimits()
				limits.MaxConcurrentRuns = 1
				s := first.active("x", jsruntime.WithResourceLimits(limits))
				var both sync.WaitGroup
				both.Go(func() { _, _ = first.Execute(t.Context(), first.tenant, s.ID(), nil) })
				time.Sleep(time.Minute)
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				var e jsruntime.Execution
				var err error
				both.Go(func() { e, err = second.Execute(ctx, first.tenant, s.ID(), nil) })
				time.Sleep(100 * time.Millisecond)
				waiting := first.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}})
				require.Len(t, waiting, 1)
				c.end(second, leave, waiting[0].ID())
				time.Sleep(2 * time.Second)
				require.Equal(t, jsruntime.ExecutionCancelled, first.execution(waiting[0].ID()).Status())
				close(g.release)
				both.Wait()
				if c.want != nil {
					require.ErrorIs(t, err, c.want)
				} else {
					require.NoError(t, err)
					require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
				}
				require.Len(t, second.fake.seen(), 1)
				require.NoError(t, first.Stop(t.Context()))
				require.NoError(t, second.Stop(t.Context()))
			})
		})
	}
}

func TestARunThatCannotBePutOnRecordDoesNothing(t *testing.T) {
	touched := false
	st := &refusingStore{Store: store.NewMemory(), refuse: errDisk}
	w := newWorldOn(t, st, jsruntime.WithFunction("touch", func(context.Context, jsruntime.FunctionCall) (any, error) {
		touched = true
		return nil, nil
	}))
	require.NoError(t, w.Start(t.Context()))
	w.fake.on("x", calls([]string{"touch"}))
	_, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.ErrorIs(t, err, errDisk)
	require.False(t, touched)
	require.Empty(t, w.executions(jsruntime.ExecutionFilter{}))
}

// The script is changed, or switched off, after it was read and before anything of the run is on record.
func TestARunWithAScriptThatWasChangedMeanwhileBeginsAnew(t *testing.T) {
	for name, script := range map[string]func(context.Context, jsruntime.Job) jsruntime.Result{
		"when it is written at its end":      nil,
		"when it is put on record before it": calls([]string{"touch"}),
	} {
		t.Run(name, func(t *testing.T) {
			var w *world
			w, st := tallied(t, touch(&w))
			w.fake.on("old", script)
			w.fake.on("new", script)
			s := w.active("old")
			st.before = func() {
				var err error
				s, err = w.UpdateScript(t.Context(), s.SetSource("new"), jsruntime.Change{})
				require.NoError(t, err)
			}
			e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
			require.Equal(t, 2, e.VersionNumber())
			require.Len(t, w.executionIDs(), 1)
			st.before = func() {
				_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
				require.NoError(t, err)
			}
			_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
			require.ErrorIs(t, err, jsruntime.ErrNotActive)
			require.Len(t, w.executionIDs(), 1)
		})
	}
}

// The store says that it has not written the outcome, and has.
func TestAnOutcomeThatWasWrittenOnceAlthoughTheStoreSaidNotIsTheOutcome(t *testing.T) {
	memory := store.NewMemory()
	failures := 2
	st := &faultyStore{Store: memory, finish: func(ctx context.Context, o jsruntime.Outcome) error {
		err := memory.FinishExecution(ctx, o)
		if failures--; failures >= 0 {
			return errDisk
		}
		return err
	}}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
	require.Len(t, w.executionIDs(), 1)
}

func TestARunThatIsNotYetOnRecordCanBeCancelled(t *testing.T) {
	for name, cancel := range map[string]func(w *world, leave context.CancelFunc, id uuid.UUID){
		"by its id":      func(w *world, _ context.CancelFunc, id uuid.UUID) { _ = w.Cancel(w.t.Context(), w.tenant, id) },
		"by its caller":  func(_ *world, leave context.CancelFunc, _ uuid.UUID) { leave() },
		"with a runtime": func(w *world, _ context.CancelFunc, _ uuid.UUID) { stopNow(w) },
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t)
			ids := make(chan uuid.UUID, 1)
			w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
				ids <- job.Context.Execution.ID
				return untilCancelled(ctx, job)
			})
			s := w.active("x")
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.Execute(ctx, w.tenant, s.ID(), nil)
			}()
			id := <-ids
			cancel(w, leave, id)
			<-done
			require.Equal(t, jsruntime.ExecutionCancelled, w.execution(id).Status())
		})
	}
}

func stopNow(w *world) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.Stop(ctx)
}

// Runs of all kinds come at once, of a script that may have few: whatever is ahead, no more than those do anything at a time.
func TestNoMoreRunsThanTheMaximumReachTheHostAtOnce(t *testing.T) {
	const most = 3
	memory := store.NewMemory()
	var inside, total atomic.Int64
	function := jsruntime.WithFunction("touch", func(context.Context, jsruntime.FunctionCall) (any, error) {
		if n := inside.Add(1); n > most {
			t.Errorf("%d at once", n)
		}
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		inside.Add(-1)
		return total.Add(1), nil
	})
	worlds := []*world{newWorldOn(t, memory, function), newWorldOn(t, memory, function)}
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns, limits.MaxAPICallsPerMinute = most, 1000
	for _, w := range worlds {
		w.tenant = worlds[0].tenant
		w.fake.on("x", calls([]string{"touch"}))
		require.NoError(t, w.Start(t.Context()))
	}
	s := worlds[0].active("x", jsruntime.WithResourceLimits(limits))
	require.Eventually(t, func() bool { _, err := worlds[1].Script(t.Context(), s.TenantID(), s.ID()); return err == nil }, time.Second, time.Millisecond)
	const callers, each = 8, 10
	var all sync.WaitGroup
	for i := range callers {
		w := worlds[i%2]
		all.Go(func() {
			for n := range each {
				if n%3 == 2 {
					e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
					if err == nil {
						_, err = w.Wait(t.Context(), w.tenant, e.ID())
					}
					if err != nil {
						t.Error(err)
					}
					continue
				}
				if e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil); err != nil || e.Failure() != nil {
					t.Error(e, err)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, callers*each, total.Load())
	counts, err := worlds[0].ExecutionCounts(t.Context(), s.TenantID(), s.ID())
	require.NoError(t, err)
	require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCompleted: callers * each}, counts)
}
