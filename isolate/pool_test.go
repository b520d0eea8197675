package isolate

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// eventually waits for what the pool does by and by.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 10*time.Second, time.Millisecond, what)
}

func busy(e *Executor) (n int) {
	for _, w := range e.Stats().Workers {
		if w.Busy {
			n++
		}
	}
	return n
}

func TestWorkersStartAheadOfDemand(t *testing.T) {
	e := open(t, WithLeastWorkers(2), WithMostWorkers(3))
	eventually(t, "the least are kept", func() bool { return len(e.Stats().Workers) == 2 })
	release := make(chan struct{})
	f := host(func(context.Context, []any) (any, error) { <-release; return nil, nil })
	var runs sync.WaitGroup
	for n := 1; n <= 3; n++ {
		runs.Go(func() {
			if err := e.Run(context.Background(), jobOf(`await f(); return 1`, withHost(f))).Err; err != nil {
				t.Error(err)
			}
		})
		eventually(t, "a spare one", func() bool { return busy(e) == n && len(e.Stats().Workers) == max(2, n+1) })
	}
	runs.Go(func() {
		if err := e.Run(context.Background(), jobOf(`await f(); return 1`, withHost(f))).Err; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the fourth waits", func() bool { return e.Stats().Waiting == 1 })
	require.NoError(t, e.Check(t.Context(), jsruntime.Source{Text: "return 1"}), "checks need not wait for runs")
	waited := e.Run(t.Context(), jobOf(`return 1`, withTime(50*time.Millisecond)))
	require.ErrorIs(t, waited.Err, jsruntime.ErrTimeout, "waiting is part of the time")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	require.ErrorIs(t, e.Run(ctx, jobOf(`return 1`)).Err, jsruntime.ErrCancelled)
	close(release)
	runs.Wait()
}

func TestTheRuntimesConcurrencyIsTheMost(t *testing.T) {
	e := open(t, WithLeastWorkers(1))
	e.Expect(5)
	e.Expect(4)
	release := make(chan struct{})
	f := host(func(context.Context, []any) (any, error) { <-release; return nil, nil })
	var runs sync.WaitGroup
	for range 12 {
		runs.Go(func() { _ = e.Run(context.Background(), jobOf(`await f(); return 1`, withHost(f))) })
	}
	eventually(t, "nine run", func() bool { return busy(e) == 9 && e.Stats().Waiting == 3 })
	close(release)
	runs.Wait()
}

func TestAWorkerIsReplacedAfterItsRuns(t *testing.T) {
	e := open(t, WithMaxRuns(3), WithLeastWorkers(1))
	for range 9 {
		require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
	}
	require.EqualValues(t, 3, e.Stats().Recycled)
	require.Zero(t, e.Stats().Crashes)
}

func TestAWorkerIsReplacedWhenItHasGrown(t *testing.T) {
	e := open(t, WithMaxGrowth(16<<20), WithLeastWorkers(1))
	require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
	require.Zero(t, e.Stats().Recycled)
	require.NoError(t, e.Run(t.Context(), jobOf(`return new Array(3e6).fill(1).length`, withMemory(256<<20))).Err)
	require.EqualValues(t, 1, e.Stats().Recycled)
}

func TestARunGetsAWorkerThatHasItsSource(t *testing.T) {
	e := open(t, WithLeastWorkers(3))
	eventually(t, "all are there", func() bool { return len(e.Stats().Workers) == 3 })
	called, release := make(chan struct{}), make(chan struct{})
	f := host(func(context.Context, []any) (any, error) { called <- struct{}{}; <-release; return nil, nil })
	first, second := jobOf(`await f(); return 1`, withHost(f)), jobOf(`await f(); return 2`, withHost(f))
	var runs sync.WaitGroup
	for _, job := range []jsruntime.Job{first, second} { // at the same time, so each has a worker of its own
		runs.Go(func() { _ = e.Run(context.Background(), job) })
		<-called
	}
	close(release)
	runs.Wait()
	release = make(chan struct{})
	close(release)
	f = func(context.Context, []any) (any, error) { return nil, nil }
	for range 5 {
		require.NoError(t, e.Run(t.Context(), jobOf(first.Source.Text, withHost(f))).Err)
		require.NoError(t, e.Run(t.Context(), jobOf(second.Source.Text, withHost(f))).Err)
	}
	var counts []int
	for _, w := range e.Stats().Workers {
		counts = append(counts, w.Runs)
	}
	require.ElementsMatch(t, []int{6, 6, 0}, counts)
}

func TestALineThatPanicsTheApplicationLosesNoWorker(t *testing.T) {
	e := open(t, WithLeastWorkers(1), WithMostWorkers(1))
	for range 3 {
		job := jobOf(`console.log(1); console.log(2); return 1`)
		job.Logged = func(jsruntime.LogEntry) { panic("a defect") }
		result := e.Run(t.Context(), job)
		require.NoError(t, result.Err)
		require.Len(t, result.Logs, 2)
	}
}

func TestCloseEndsThePool(t *testing.T) {
	e, err := New(WithLeastWorkers(2))
	require.NoError(t, err)
	called := make(chan struct{})
	f := host(func(ctx context.Context, _ []any) (any, error) {
		close(called)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	done := make(chan jsruntime.Result)
	go func() { done <- e.Run(context.Background(), jobOf(`await f()`, withHost(f))) }()
	<-called
	workers := e.Stats().Workers
	require.NoError(t, e.Close())
	result := <-done
	require.ErrorIs(t, result.Err, jsruntime.ErrInterrupted)
	require.NoError(t, e.Close(), "twice")
	require.ErrorIs(t, e.Run(t.Context(), jobOf(`return 1`)).Err, jsruntime.ErrInterrupted)
	require.ErrorIs(t, e.Check(t.Context(), jsruntime.Source{Text: "return 1"}), jsruntime.ErrClosed)
	require.Empty(t, e.Stats().Workers)
	for _, w := range workers {
		require.False(t, alive(w.PID), "worker %d", w.PID)
	}
}

func TestAHostFunctionThatGoesOnDoesNotKeepTheWorker(t *testing.T) {
	e := open(t, WithLeastWorkers(1), WithMostWorkers(1))
	release := make(chan struct{})
	f := host(func(context.Context, []any) (any, error) { <-release; return nil, nil })
	result := e.Run(t.Context(), jobOf(`await f()`, withHost(f), withTime(50*time.Millisecond)))
	require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	require.NotNil(t, result.Abandoned)
	require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
	close(release)
	<-result.Abandoned
}
