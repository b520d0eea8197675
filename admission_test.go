package jsruntime_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

func TestMaxConcurrentRunsHoldsForEveryKindOfRun(t *testing.T) {
	for name, opts := range map[string][]jsruntime.Option{
		"recorded": nil, "unrecorded": {jsruntime.WithRecording(jsruntime.RecordNone)},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, append(opts, jsruntime.WithMaxConcurrentRuns(50))...)
			g := newGated()
			w.fake.on("slow", g.run)
			limits := jsruntime.DefaultResourceLimits()
			limits.MaxConcurrentRuns = 2
			s := w.active("slow", jsruntime.WithResourceLimits(limits))
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
					if err != nil || e.Status() != jsruntime.ExecutionCompleted {
						t.Errorf("%v %v", e, err)
					}
				})
			}
			receive(t, g.entered)
			receive(t, g.entered)
			time.Sleep(30 * time.Millisecond) // long enough for a third to slip in if it could
			require.Empty(t, g.entered)
			close(g.release)
			wg.Wait()
			require.Len(t, w.fake.seen(), 6)
		})
	}
}

func TestTheProcessRunsNoMoreThanItsMaximumAtOnce(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(3))
	g := newGated()
	w.fake.on("slow", g.run)
	for range 5 {
		s := w.active("slow")
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	for range 3 {
		receive(t, g.entered)
	}
	time.Sleep(30 * time.Millisecond) // long enough for a fourth to slip in if it could
	require.Empty(t, g.entered)
	close(g.release)
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 5 }, 5*time.Second, time.Millisecond)
}

func TestATenantsLongQueueDelaysNobodyElse(t *testing.T) {
	for _, slots := range []int{1, 8} {
		t.Run(fmt.Sprint(slots, " slots"), func(t *testing.T) {
			w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(slots))
			g := newGated()
			w.fake.on("slow", g.run)
			limits := jsruntime.DefaultResourceLimits()
			limits.MaxConcurrentRuns = 2 * slots
			busy := w.active("slow", jsruntime.WithResourceLimits(limits))
			queue := make([]jsruntime.ExecutionRecord, 10_000)
			for i := range queue {
				queue[i] = jsruntime.NewExecution(w.tenant, busy.ID(), jsruntime.TriggerManual).Record()
			}
			_, err := w.store.CreateExecutions(t.Context(), jsruntime.Creation{Executions: queue})
			require.NoError(t, err)
			for range slots {
				receive(t, g.entered)
			}
			other := uuid.New()
			s := w.activeOf(other, "slow")
			_, err = w.Submit(t.Context(), other, s.ID(), nil)
			require.NoError(t, err)
			for ended := 1; ; ended++ {
				require.LessOrEqual(t, ended, slots+1, "it waits for one run a busy slot at most")
				g.release <- struct{}{}
				if job := receive(t, g.entered); job.Context.Tenant.ID == other {
					break
				}
			}
			stopped, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, w.Stop(stopped), context.Canceled)
		})
	}
}

// Both tenants have more to run than there is room for, so that the slots go by their weights.
func TestATenantsWeightIsItsShareOfTheSlots(t *testing.T) {
	heavy, light := uuid.New(), uuid.New()
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1), jsruntime.WithTenantWeights(func(tenant uuid.UUID) int {
		if tenant == heavy {
			return 3
		}
		return -1 // which is 1
	}))
	g := newGated()
	w.fake.on("slow", g.run)
	_, err := w.Submit(t.Context(), w.tenant, w.active("slow").ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	for range 12 {
		for _, tenant := range []uuid.UUID{heavy, light} {
			_, err := w.Submit(t.Context(), tenant, w.activeOf(tenant, "slow").ID(), nil)
			require.NoError(t, err)
		}
	}
	got := map[uuid.UUID]int{}
	for range 12 {
		g.release <- struct{}{}
		got[receive(t, g.entered).Context.Tenant.ID]++
	}
	require.Equal(t, map[uuid.UUID]int{heavy: 9, light: 3}, got)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.Stop(stopped), context.Canceled)
}

func TestATenantWithTooManyPendingRunsIsRefusedAndTheOthersAreNot(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1), jsruntime.WithMaxPendingRuns(2))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	for range 2 {
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.ErrorIs(t, err, jsruntime.ErrOverloaded)
	_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.ErrorIs(t, err, jsruntime.ErrOverloaded)
	other := uuid.New()
	o := w.activeOf(other, "x")
	_, err = w.Submit(t.Context(), other, o.ID(), nil)
	require.NoError(t, err)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 3)
	close(g.release)
}

func TestTenantLimitsCapThoseOfTheScript(t *testing.T) {
	var fail error
	limits := jsruntime.ResourceLimits{MaxExecutionTime: time.Second, MaxMemoryBytes: 1 << 30, MaxConcurrentRuns: 1}
	w := startedWorld(t, jsruntime.WithTenantLimits(func(context.Context, uuid.UUID) (jsruntime.ResourceLimits, error) {
		return limits, fail
	}))
	s := w.active("x")
	_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	want := jsruntime.DefaultResourceLimits()
	want.MaxExecutionTime, want.MaxConcurrentRuns = time.Second, 1
	require.Equal(t, want, w.fake.seen()[0].Limits)
	fail = errors.New("billing is down")
	_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.ErrorIs(t, err, fail)
}

func TestARunThatCannotBeStoppedIsAnsweredAndKeepsItsSlot(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
	back := make(chan struct{})
	w.fake.on("stuck", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureTimeout, Message: "late"}, Abandoned: back}
	})
	stuck, s := w.active("stuck"), w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, stuck.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, jsruntime.ExecutionTimeout, e.Status())
	next, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	time.Sleep(30 * time.Millisecond) // long enough for it to run if it could
	require.Equal(t, jsruntime.ExecutionPending, w.execution(next.ID()).Status())
	close(back)
	w.eventually(next.ID(), jsruntime.ExecutionCompleted)
}

func TestPausingKeepsPendingRunsAndDisablingOrDeletingCancelsThem(t *testing.T) {
	for name, end := range map[string]func(w *world, s jsruntime.Script) error{
		"disabling": func(w *world, s jsruntime.Script) error {
			if _, err := w.SetStatus(w.t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusActive, 1); err != nil {
				return err
			}
			_, err := w.SetStatus(w.t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
			return err
		},
		"deleting": func(w *world, s jsruntime.Script) error { return w.DeleteScript(w.t.Context(), w.tenant, s.ID(), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t)
			s := w.active("x")
			later, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Hour)))
			require.NoError(t, err)
			_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
			require.NoError(t, err)
			require.Equal(t, jsruntime.ExecutionPending, w.execution(later.ID()).Status())
			require.NoError(t, end(w, s))
			e := w.execution(later.ID())
			require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
			require.Contains(t, e.Error(), "the script was")
			require.Empty(t, w.fake.seen())
		})
	}
}

func TestPausedScriptsRunsWaitAndGoOnWhenItIsActiveAgain(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
	g := newGated()
	w.fake.on("slow", g.run)
	blocker, s := w.active("slow"), w.active("x")
	_, err := w.Submit(t.Context(), w.tenant, blocker.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
	require.NoError(t, err)
	close(g.release)
	time.Sleep(30 * time.Millisecond) // long enough for it to run if it could
	require.Equal(t, jsruntime.ExecutionPending, w.execution(e.ID()).Status())
	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
	require.NoError(t, err)
	w.eventually(e.ID(), jsruntime.ExecutionCompleted)
}
