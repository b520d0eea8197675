package executortest

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var limitTests = []test{
	{"time is limited", timeIsLimited},
	{"the answer is on time even when the script cannot be stopped", theAnswerIsOnTimeEvenWhenTheScriptCannotBeStopped},
	{"a run is measured", aRunIsMeasured},
	{"limits that are not positive are the defaults", limitsThatAreNotPositiveAreTheDefaults},
	{"huge limits are limits", hugeLimitsAreLimits},
	{"a run whose ctx has ended does not begin", aRunWhoseCtxHasEndedDoesNotBegin},
}

func timeIsLimited(t *testing.T, s *suite) {
	e := s.executor
	for name, source := range map[string]string{
		"a loop":                   `while (true) {}`,
		"a loop after an await":    `await null; while (true) {}`,
		"finally cannot return":    `try { while (true) {} } finally { return 1 }`,
		"catch cannot catch":       `while (true) { try { while (true) {} } catch {} }`,
		"finally cannot loop":      `try { while (true) {} } finally { while (true) {} }`,
		"a timer that is far away": `await new Promise(r => setTimeout(r, 1e6))`,
		"timers for ever":          `setInterval(() => {}, 0); await new Promise(() => {})`,
		"microtasks for ever":      `const f = () => Promise.resolve().then(f); f(); await new Promise(() => {})`,
		"a timer that loops":       `setTimeout(() => { while (true) {} }); await new Promise(() => {})`,
		"a microtask that loops":   `queueMicrotask(() => { while (true) {} }); await null; await null; await null`,
		"a generator":              `function* g() { while (true) { yield 1 } } for (const x of g()) {}`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			result := e.Run(t.Context(), jobOf(source, withTime(60*time.Millisecond)))
			require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
			require.Nil(t, result.Output)
			require.Less(t, time.Since(start), 400*time.Millisecond)
			if result.Abandoned != nil { // on a machine that is too busy
				<-result.Abandoned
			}
		})
		t.Run(name+", cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(30*time.Millisecond, cancel)
			result := e.Run(ctx, jobOf(source))
			require.ErrorIs(t, result.Err, jsruntime.ErrCancelled)
			if result.Abandoned != nil {
				<-result.Abandoned
			}
		})
	}
	t.Run("a deadline of ctx is a timeout", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, e.Run(ctx, jobOf(`while (true) {}`)).Err, jsruntime.ErrTimeout)
		require.ErrorIs(t, e.Run(ctx, jobOf(`return 1`)).Err, jsruntime.ErrTimeout)
	})
}

func theAnswerIsOnTimeEvenWhenTheScriptCannotBeStopped(t *testing.T, s *suite) {
	start := time.Now()
	result := s.run(`console.log("before"); new Array(1.5e7).forEach(() => 1)`, withTime(50*time.Millisecond))
	require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	require.Less(t, time.Since(start), 400*time.Millisecond)
	require.Len(t, result.Logs, 1)
	if result.Abandoned != nil {
		<-result.Abandoned
	}
}

func aRunIsMeasured(t *testing.T, s *suite) {
	result := s.run(`const a = new Array(1e6).fill(1); return a.length`)
	require.NoError(t, result.Err)
	require.Positive(t, result.Metrics.Duration)
	require.Positive(t, result.Metrics.RealmTime)
	require.InEpsilon(t, 16e6, result.Metrics.MemoryUsedBytes, 0.25)
	require.False(t, result.Metrics.MemoryEstimated)
	result = s.run(`return 1`)
	require.NoError(t, result.Err)
	require.Less(t, result.Metrics.MemoryUsedBytes, int64(8<<20))
	require.True(t, result.Metrics.MemoryEstimated)
}

func limitsThatAreNotPositiveAreTheDefaults(t *testing.T, s *suite) {
	result := s.executor.Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: `return "x".repeat(input.n)`}, Input: []byte(`{"n":1000}`)})
	require.NoError(t, result.Err)
	result = s.executor.Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: `return "x".repeat(2e6)`}})
	require.ErrorIs(t, result.Err, jsruntime.ErrOutputLimit)
}

func aRunWhoseCtxHasEndedDoesNotBegin(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	host := functions{"touch": func(context.Context, []any) (any, error) { t.Error("it ran"); return nil, nil }}
	require.ErrorIs(t, s.executor.Run(ctx, jobOf(`await touch()`, withHost(host))).Err, jsruntime.ErrCancelled)
}

func hugeLimitsAreLimits(t *testing.T, s *suite) {
	result := s.executor.Run(t.Context(), jsruntime.Job{
		Source: jsruntime.Source{Text: `await new Promise(r => setTimeout(r, 30)); return 1`},
		Limits: jsruntime.ResourceLimits{
			MaxExecutionTime: math.MaxInt64, MaxMemoryBytes: math.MaxInt64, MaxOutputSizeBytes: math.MaxInt64,
		},
	})
	require.NoError(t, result.Err)
	require.Equal(t, `1`, string(result.Output))
}
