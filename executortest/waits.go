package executortest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var waitTests = []test{
	{"a run goes on for what the script asks it to wait for", aRunGoesOnForWhatTheScriptAsksItToWaitFor},
	{"what a run waits for can fail it", whatARunWaitsForCanFailIt},
	{"waiting is within the limits of the run", waitingIsWithinTheLimitsOfTheRun},
}

func aRunGoesOnForWhatTheScriptAsksItToWaitFor(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want, log string }{
		"a timer":                        {`context.waitUntil(new Promise(r => setTimeout(() => { console.log("late"); r() }, 10))); return 1`, `1`, "late"},
		"without a result":               {`context.waitUntil(new Promise(r => setTimeout(() => { console.log("late"); r() }, 10)))`, `null`, "late"},
		"a host call":                    {`context.waitUntil(echo("late").then(console.log)); return await echo(1)`, `1`, "late"},
		"what comes meanwhile":           {`const wait = ms => new Promise(r => setTimeout(r, ms)); context.waitUntil(wait(1).then(() => context.waitUntil(wait(5).then(() => console.log("late"))))); return 1`, `1`, "late"},
		"what is no promise but has one": {`context.waitUntil({then(r) { setTimeout(() => { console.log("late"); r() }, 5) }}); return 1`, `1`, "late"},
		"a plain value":                  {`context.waitUntil(null); context.waitUntil(); console.log("late"); return 1`, `1`, "late"},
		"the output is what it was when it was returned": {
			`const o = {n: 1}; context.waitUntil((async () => { await null; await echo(1); o.n = 2; console.log("late") })()); return o`, `{"n":1}`, "late"},
		"by a name of its own": {`const {waitUntil} = context; waitUntil(echo("late").then(console.log)); return Object.isFrozen(waitUntil)`, `true`, "late"},
		"a rejection that is handled": {
			`context.waitUntil(fail().catch(e => console.log(e.message))); return 1`, `1`, "late"},
	} {
		t.Run(name, func(t *testing.T) {
			result := s.run(c.source, withHost(waitHost))
			require.NoError(t, result.Err)
			require.JSONEq(t, c.want, string(result.Output))
			require.Len(t, result.Logs, 1)
			require.Equal(t, c.log, result.Logs[0].Message)
		})
	}
}

var waitHost = functions{
	"echo": func(_ context.Context, args []any) (any, error) { return args[0], nil },
	"fail": func(context.Context, []any) (any, error) { return nil, lateError{} },
}

type lateError struct{}

func (lateError) Error() string { return "late" }

func whatARunWaitsForCanFailIt(t *testing.T, s *suite) {
	for _, c := range []struct {
		source, message string
		line            int
	}{
		{"let a\ncontext.waitUntil(Promise.reject(new Error('x'))); return 1", "Unhandled rejection: Error: x", 2},
		{"context.waitUntil(new Promise((_, no) => setTimeout(() =>\nno(new Error('x')), 5))); return 1", "Unhandled rejection: Error: x", 2},
		{"context.waitUntil(fail()); return 1", "Unhandled rejection: Error: late", 1},
		{"const p = Promise.reject(new Error('x')); context.waitUntil(p); try { await p } catch {} return 1", "Unhandled rejection: Error: x", 1},
		{"context.waitUntil({get then() { throw new Error('x') }}); return 1", "Unhandled rejection: Error: x", 1},
		{"context.waitUntil(new Promise(r => setTimeout(r, 20))); setTimeout(() => { throw new Error('timer') }, 1); return 1", "Error: timer", 1},
		{"context.waitUntil(new Promise(r => setTimeout(r, 1e6))); throw new Error('main')", "Error: main", 1},
		{"context.waitUntil(new Promise(r => setTimeout(r, 1e6))); return 1n", "output is a BigInt, which JSON cannot hold", 0},
		{"context.waitUntil(new Promise(() => {})); return 1", "Error: the script waits for a promise that nothing can settle any more", 0},
		{"for (;;) { context.waitUntil(new Promise(() => {})) }", "TypeError: a script can wait for at most 1000 promises", 1},
	} {
		t.Run(c.source, func(t *testing.T) {
			failure := s.failure(t, c.source, withHost(waitHost))
			require.Contains(t, failure.Message, c.message)
			require.Equal(t, c.line, failure.Line)
		})
	}
}

func waitingIsWithinTheLimitsOfTheRun(t *testing.T, s *suite) {
	failure := s.failure(t, `context.waitUntil(new Promise(r => setTimeout(r, 1e6))); return 1`, withTime(50*time.Millisecond))
	require.Equal(t, jsruntime.FailureTimeout, failure.Kind)
	failure = s.failure(t, `context.waitUntil(echo(1).then(() => { for (;;) {} })); return 1`, withTime(50*time.Millisecond), withHost(waitHost))
	require.Equal(t, jsruntime.FailureTimeout, failure.Kind)
	require.JSONEq(t, `1`, s.output(t, `for (let i = 0; i < 5000; i++) { context.waitUntil(Promise.resolve(i)) } return 1`))
}
