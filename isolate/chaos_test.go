package isolate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
)

// chaosRuns is how many executions the test makes: a short form unless ISOLATE_CHAOS_RUNS says otherwise.
func chaosRuns(t *testing.T) int {
	runs := 1500
	if more := os.Getenv("ISOLATE_CHAOS_RUNS"); more != "" {
		var err error
		runs, err = strconv.Atoi(more)
		require.NoError(t, err)
	}
	return runs
}

// A random worker is killed every 50 ms. Every execution has to reach a terminal status, once, whatever happened to its
// worker; none runs twice, and nothing is left behind.
func TestNoExecutionIsLostOrRunTwiceWhileWorkersAreKilled(t *testing.T) {
	runs := chaosRuns(t)
	e, err := New() // opens what the Go runtime opens once, for its poller
	require.NoError(t, err)
	require.NoError(t, e.Close())
	descriptors, goroutines := descriptorCount(t), runtime.NumGoroutine()
	e, err = New()
	require.NoError(t, err)

	var began sync.Map // counters by execution
	ended := map[uuid.UUID]int{}
	var mu sync.Mutex
	bus := jsruntime.NewBus(jsruntime.WithQueueLength(10 * runs))
	_, err = bus.Subscribe(jsruntime.EventFilter{Types: []string{"jsruntime.execution.*"}}, func(_ context.Context, event jsruntime.Event) error {
		if event.Type != jsruntime.EventExecutionStarted {
			mu.Lock()
			defer mu.Unlock()
			ended[executionOf(t, event)]++
		}
		return nil
	})
	require.NoError(t, err)
	rt, err := jsruntime.New(store.NewMemory(), e, jsruntime.WithEventBus(bus),
		jsruntime.WithFunction("begin", func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
			n, _ := began.LoadOrStore(call.ExecutionID, new(atomic.Int32))
			n.(*atomic.Int32).Add(1)
			return nil, nil
		}, jsruntime.Uncounted))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))

	tenant := uuid.New()
	var scripts []jsruntime.Script
	for i := range 4 {
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 100
		s, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, fmt.Sprint("script ", i),
			`await begin(); await new Promise(r => setTimeout(r, input.ms)); return input.ms`, jsruntime.WithResourceLimits(limits)))
		require.NoError(t, err)
		scripts = append(scripts, s)
	}
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killed := 0
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
			workers := e.Stats().Workers
			if len(workers) == 0 {
				continue
			}
			kill(workers[rand.IntN(len(workers))].PID)
			killed++
		}
	})
	ids := make([]uuid.UUID, runs)
	for i := range ids {
		x, err := rt.Submit(t.Context(), tenant, scripts[i%len(scripts)].ID(), map[string]any{"ms": i % 7})
		require.NoError(t, err)
		ids[i] = x.ID()
	}
	counts := map[jsruntime.ExecutionStatus]int{}
	for _, id := range ids {
		var x jsruntime.Execution
		require.Eventually(t, func() bool {
			x, err = rt.Execution(t.Context(), tenant, id)
			return err == nil && x.Status().IsTerminal()
		}, time.Minute, 2*time.Millisecond)
		counts[x.Status()]++
		n, ok := began.Load(id)
		switch {
		case x.Status() == jsruntime.ExecutionCompleted:
			require.True(t, ok)
			require.EqualValues(t, 1, n.(*atomic.Int32).Load())
		default:
			require.Equal(t, jsruntime.ExecutionFailed, x.Status())
			require.ErrorIs(t, x.Failure(), jsruntime.ErrWorkerCrashed)
			require.True(t, !ok || n.(*atomic.Int32).Load() == 1)
		}
	}
	close(stop)
	killer.Wait()
	require.NoError(t, rt.Stop(t.Context()))
	eventually(t, "each execution ends with one event", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(ended) == runs
	})
	for id, n := range ended {
		require.Equal(t, 1, n, "events of execution %s", id)
	}
	require.NoError(t, bus.Close())
	pids := e.Stats().Workers
	require.NoError(t, e.Close())
	t.Logf("%d executions, %d workers killed: %v, %+v", runs, killed, counts, e.Stats())
	require.Positive(t, killed)
	require.Positive(t, counts[jsruntime.ExecutionCompleted])
	for _, w := range pids {
		require.False(t, alive(w.PID))
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), "%d goroutines are left", runtime.NumGoroutine()-goroutines)
	}
	eventually(t, "no descriptor is left", func() bool { return descriptorCount(t) <= descriptors })
}

func executionOf(t *testing.T, event jsruntime.Event) uuid.UUID {
	var payload struct{ ExecutionID uuid.UUID }
	if err := event.Decode(&payload); err != nil {
		t.Error(err)
	}
	return payload.ExecutionID
}

// descriptorCount returns how many files this process has open, 0 where the system does not tell.
func descriptorCount(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
