package isolate_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
)

func TestARunWaitsInItsWorkerForTheRunsThatItCalls(t *testing.T) {
	executor, err := isolate.New()
	require.NoError(t, err)
	defer executor.Close()
	rt, err := jsruntime.New(store.NewMemory(), executor, jsruntime.WithMaxConcurrentRuns(3), jsruntime.WithScriptCalls(),
		jsruntime.WithSecrets(func(context.Context, uuid.UUID, string) (string, error) { return "it's\na secret", nil }))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	defer func() { require.NoError(t, rt.Stop(context.Background())) }()
	tenant := uuid.New()
	for name, source := range map[string]string{
		"sum":  `console.log(input); return input.n < 1 ? 0 : input.n + await scripts.call("sum", { n: input.n - 1 })`,
		"many": `return (await Promise.allSettled([1, 2, 3, 4].map(n => scripts.call("one")))).map(r => r.value)`,
		"one":  `return [await context.secrets.get("key")]`,
	} {
		_, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, name, source))
		require.NoError(t, err)
	}
	for name, want := range map[string]any{
		"sum":  1.0,
		"many": []any{[]any{"***"}, []any{"***"}, []any{"***"}, []any{"***"}},
	} {
		output, err := rt.Call(t.Context(), tenant, name, map[string]any{"n": 1})
		require.NoError(t, err)
		require.Equal(t, want, output)
	}
	_, err = rt.Call(t.Context(), tenant, "sum", map[string]any{"n": 5})
	require.ErrorContains(t, err, "overloaded: every slot is held by a run that calls a script")
}
