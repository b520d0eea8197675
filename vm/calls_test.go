package vm_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestTheArgumentsOfCallsUnderWayAreMemoryOfTheRun(t *testing.T) {
	host := withHost(functions{
		"keep": func(ctx context.Context, _ []any) (any, error) { <-ctx.Done(); return nil, ctx.Err() },
		"take": nothing,
	})
	const text = `const text = "é".repeat(1e6); ` // of 2 MB as the host gets it
	for name, loop := range map[string]string{
		"texts": text + `for (let i = 0; i < 400; i++) keep(text); return await keep();`,
		"lists": `const list = Array.from({length: 1e5}, (_, i) => i); for (let i = 0; i < 400; i++) keep(list); return await keep();`,
	} {
		result := run(loop, withMemory(64<<20), host)
		var failure *jsruntime.ScriptError
		require.ErrorAs(t, result.Err, &failure, name)
		require.Equal(t, jsruntime.FailureMemory, failure.Kind, name)
	}
	result := run(text+`for (let i = 0; i < 200; i++) await take(text); return 1`, withMemory(64<<20), host)
	require.NoError(t, result.Err, "one after the other")
}

func TestTheStacksOfCallsUnderWayAreBoundedAndMemoryOfTheRun(t *testing.T) {
	host := withHost(functions{"keep": func(ctx context.Context, _ []any) (any, error) { <-ctx.Done(); return nil, ctx.Err() }})
	result := run(`
		const deep = (n) => { if (n > 0) return deep(n - 1); for (let i = 0; i < 9000; i++) keep().catch(() => {}) };
		deep(900);
		return await keep();`, withMemory(32<<20), host)
	var failure *jsruntime.ScriptError
	require.ErrorAs(t, result.Err, &failure)
	require.Equal(t, jsruntime.FailureMemory, failure.Kind)
}

func TestAScriptThatReadsOnlyTheInstantOfItsScheduleGetsIt(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 3, 0, 0, time.UTC)
	result := run(`return context.trigger.scheduledAt`, func(j *jsruntime.Job) { j.Context.Trigger.ScheduledAt = at })
	require.NoError(t, result.Err)
	require.JSONEq(t, `"2026-03-01T02:03:00Z"`, string(result.Output))
}
