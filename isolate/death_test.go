package isolate

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// kill kills a process in the name of the operator.
func kill(pid int) {
	p, err := os.FindProcess(pid)
	if err == nil {
		_ = p.Kill() // it may be gone already
		_ = p.Release()
	}
}

func TestEachKindOfDeathIsToldApart(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct {
		source  string
		want    error
		message string
	}{
		"one huge allocation":    {`console.log("before"); return "x".repeat(1e9).length`, jsruntime.ErrMemoryLimit, "memory limit exceeded"},
		"endless pushes":         {`console.log("before"); const a = []; for (;;) { a.push({}) }`, jsruntime.ErrMemoryLimit, "memory limit exceeded"},
		"text that doubles":      {`console.log("before"); let s = "xy"; for (;;) { s += s }`, jsruntime.ErrMemoryLimit, "memory limit exceeded"},
		"a huge typed array":     {`console.log("before"); return new Uint8Array(2e9).fill(1).length`, jsruntime.ErrMemoryLimit, "memory limit exceeded"},
		"a stack that overflows": {`console.log("` + overflowing + `"); return 1`, jsruntime.ErrWorkerCrashed, "worker crashed: stack overflow"},
		"a loop":                 {`console.log("before"); for (;;) {}`, jsruntime.ErrTimeout, "execution time limit exceeded"},
		"a native without end":   {`console.log("before"); new Array(4e9).indexOf(1)`, jsruntime.ErrTimeout, "execution time limit exceeded"},
		"microtasks in a native": {`console.log("before"); const t = []; t[0] = t; t.then = t.forEach; await Promise.resolve(t)`, jsruntime.ErrTimeout, "execution time limit exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			limit := 10 * time.Second
			if errors.Is(c.want, jsruntime.ErrTimeout) {
				limit = 200 * time.Millisecond
			}
			start := time.Now()
			result := e.Run(t.Context(), jobOf(c.source, withTime(limit)))
			require.ErrorIs(t, result.Err, c.want)
			require.ErrorContains(t, result.Err, c.message)
			require.Nil(t, result.Output)
			require.Nil(t, result.Abandoned)
			require.Len(t, result.Logs, 1, "what the script wrote before is kept")
			require.Positive(t, result.Metrics.CPUTime)
			if errors.Is(c.want, jsruntime.ErrTimeout) {
				require.Less(t, time.Since(start), limit+300*time.Millisecond)
			}
			require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err, "the next run")
		})
	}
	s := e.Stats()
	require.Positive(t, s.Crashes)
}

func TestAWorkerThatSomebodyElseKillsFailsItsRun(t *testing.T) {
	e := open(t)
	called := make(chan struct{})
	f := host(func(ctx context.Context, _ []any) (any, error) {
		close(called)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	done := make(chan jsruntime.Result)
	go func() { done <- e.Run(context.Background(), jobOf(`console.log("before"); await f()`, withHost(f))) }()
	<-called
	for _, w := range e.Stats().Workers {
		if w.Busy {
			kill(w.PID)
		}
	}
	result := <-done
	require.ErrorIs(t, result.Err, jsruntime.ErrWorkerCrashed)
	require.ErrorContains(t, result.Err, "signal: killed")
	require.Len(t, result.Logs, 1)
	require.Nil(t, result.Abandoned)
}

func TestAWorkerThatDiesIdleIsReplaced(t *testing.T) {
	e := open(t, WithLeastWorkers(2))
	for range 20 {
		for _, w := range e.Stats().Workers {
			kill(w.PID)
		}
		result := e.Run(t.Context(), jobOf(`return 1`))
		require.NoError(t, result.Err)
	}
}

func TestACheckThatIsTooMuchRefusesTheSource(t *testing.T) {
	e := open(t)
	for name, text := range map[string]string{
		"parse time that doubles": strings.Repeat("(a=", 40) + "0" + strings.Repeat(")=>0", 40),
		"quadratic parse time":    "return " + strings.Repeat("a+", 400_000) + "a",
		"deep blocks":             "return " + strings.Repeat("-", 900_000) + "1",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			err := e.Check(t.Context(), jsruntime.Source{Text: text})
			require.ErrorIs(t, err, jsruntime.ErrSyntax)
			require.Less(t, time.Since(start), 3*time.Second)
			require.NoError(t, e.Check(t.Context(), jsruntime.Source{Text: "return 1"}))
		})
	}
}

func TestACheckIsRepeatedWhenSomebodyKillsItsWorker(t *testing.T) {
	e := open(t)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
			for _, w := range e.Stats().Workers {
				if w.Busy {
					kill(w.PID)
					break
				}
			}
		}
	}()
	long := "return [" + strings.Repeat("(a, b) => a.b(a => b, [1, 2, 3]), ", 200) + "]"
	for range 50 {
		if err := e.Check(t.Context(), jsruntime.Source{Text: long}); err != nil {
			require.ErrorIs(t, err, jsruntime.ErrWorkerCrashed)
			require.NotErrorIs(t, err, jsruntime.ErrSyntax)
		}
	}
}

func TestMemoryIsLimitedByWhatTheScriptHolds(t *testing.T) {
	e := open(t)
	hold := func(mib string) string {
		return `const a = []; for (let i = 0; i < ` + mib + `; i++) { a.push("x".repeat(1 << 20) + i) }
			for (let i = 0; i < 20; i++) { await new Promise(r => setTimeout(r, 1)); "x".repeat(1 << 20) + i } return a.length`
	}
	for _, limit := range []int64{8 << 20, 32 << 20, 128 << 20} {
		require.ErrorIs(t, e.Run(t.Context(), jobOf(hold("160"), withMemory(limit))).Err, jsruntime.ErrMemoryLimit)
	}
	require.NoError(t, e.Run(t.Context(), jobOf(hold("20"), withMemory(32<<20))).Err)
	require.NoError(t, e.Run(t.Context(), jobOf(hold("100"), withMemory(128<<20))).Err)
	t.Run("garbage does not count", func(t *testing.T) {
		result := e.Run(t.Context(), jobOf(`let n = 0; for (let i = 0; i < 80; i++) { n += ("x".repeat(1 << 20) + i).length } return n > 0`, withMemory(16<<20)))
		require.NoError(t, result.Err)
	})
}

func TestTheProcessorTimeOfARunIsMeasured(t *testing.T) {
	e := open(t)
	busy := e.Run(t.Context(), jobOf(`const end = Date.now() + 100; while (Date.now() < end) {} return 1`))
	require.NoError(t, busy.Err)
	require.Greater(t, busy.Metrics.CPUTime, 20*time.Millisecond)
	idle := e.Run(t.Context(), jobOf(`await new Promise(r => setTimeout(r, 100)); return 1`))
	require.NoError(t, idle.Err)
	require.Less(t, idle.Metrics.CPUTime, 50*time.Millisecond)
	require.Greater(t, idle.Metrics.Duration, 90*time.Millisecond)
}

// Replies that the worker did not read before it died do not make the job one that it did not read.
func TestARunThatHasBegunIsNotBegunAgain(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct {
		tail, reply string
		want        error
	}{
		"many small replies":  {`console.log("` + overflowing + `"); return 1`, "x", jsruntime.ErrWorkerCrashed},
		"replies of some KiB": {`return "x".repeat(1e9).length`, strings.Repeat("x", 4<<10), jsruntime.ErrMemoryLimit},
		"a large reply":       {`let s = "xy"; for (;;) { s += s }`, strings.Repeat("x", 2<<20), jsruntime.ErrMemoryLimit},
	} {
		t.Run(name, func(t *testing.T) {
			var begun, calls atomic.Int32
			f := host(func(_ context.Context, args []any) (any, error) {
				ms, _ := args[0].(float64)
				if calls.Add(1); ms == 0 {
					begun.Add(1)
				}
				time.Sleep(time.Duration(ms * float64(time.Millisecond)))
				return c.reply, nil
			})
			for range 3 {
				begun.Store(0)
				result := e.Run(t.Context(), jobOf(`for (let i = 0; i < 30; i++) { f(i * 5) } await null; `+c.tail, withHost(f)))
				require.ErrorIs(t, result.Err, c.want)
				require.LessOrEqual(t, begun.Load(), int32(1))
			}
		})
	}
}

func TestACheckEndsWithItsCtx(t *testing.T) {
	e := open(t)
	slow := strings.Repeat("f(1, 'a', [2]);", 50_000)
	for _, limit := range []time.Duration{time.Millisecond, 20 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		require.ErrorIs(t, e.Check(ctx, jsruntime.Source{Text: slow}), context.DeadlineExceeded)
		cancel()
	}
}

func TestLinesAndOutputComeThroughWhileArgumentsWait(t *testing.T) {
	e := open(t)
	f := host(func(ctx context.Context, _ []any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	start := time.Now()
	result := e.Run(t.Context(), jobOf(`const s = "x".repeat(1 << 20); for (let i = 0; i < 70; i++) { f(s).catch(() => {}) }
		await new Promise(r => setTimeout(r, 50)); console.log("important"); return 42`, withHost(f), withMemory(256<<20)))
	require.NoError(t, result.Err)
	require.Equal(t, "42", string(result.Output))
	require.Len(t, result.Logs, 1)
	require.Less(t, time.Since(start), 5*time.Second)
}

// When a run ends, its calls may still be under way on the host's side. The worker must not send others in their place.
func TestCallsThatWaitForTheirTurnEndWithTheRun(t *testing.T) {
	e := open(t)
	slow := host(func(ctx context.Context, _ []any) (any, error) {
		<-ctx.Done()
		time.Sleep(5 * time.Millisecond)
		return nil, ctx.Err()
	})
	for range 5 {
		result := e.Run(t.Context(), jobOf(`await Promise.all(Array.from({length: 3000}, () => f("x")))`, withHost(slow), withTime(100*time.Millisecond)))
		require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	}
	for range 3 {
		result := e.Run(t.Context(), jobOf(`for (let i = 0; i < 5; i++) { f("x".repeat(8 << 20)).catch(() => {}) } return 1`, withHost(slow), withMemory(256<<20)))
		require.NoError(t, result.Err)
	}
	require.Zero(t, e.Stats().Crashes)
}

func TestAHostFunctionThatEndsItsGoroutineIsAnError(t *testing.T) {
	e := open(t)
	f := host(func(context.Context, []any) (any, error) { runtime.Goexit(); return nil, nil })
	result := e.Run(t.Context(), jobOf(`try { await f() } catch (e) { return e.message }`, withHost(f)))
	require.NoError(t, result.Err)
	require.JSONEq(t, `"f: internal error"`, string(result.Output))
}
