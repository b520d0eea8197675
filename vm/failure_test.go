package vm_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

func TestWhatAScriptThrows(t *testing.T) {
	for _, c := range []struct {
		source, message string
		line, column    int
	}{
		{`throw new Error("a")`, "Error: a", 1, 7},
		{"\n  throw new TypeError('a')", "TypeError: a", 2, 9},
		{"await null\nthrow new RangeError('a')", "RangeError: a", 2, 7},
		{"const é = '日本'; throw new Error(é)", "Error: 日本", 1, 23},
		{"'😀'; throw new Error('a')", "Error: a", 1, 13},
		{"class Oops extends Error { name = 'Oops' }\nthrow new Oops('a')", "Oops: a", 2, 7},
		{"class Oops extends Error { get name() { return 'Oops' } }\nthrow new Oops('a')", "Error: a", 2, 7},
		{"throw new Error()", "Error", 1, 7},
		{"nope()", "ReferenceError: nope is not defined", 1, 5},
		{"const f = () => { g() }\nf()", "ReferenceError: g is not defined", 1, 20},
		{"throw 42", "Uncaught 42", 1, 1},
		{"await null\nthrow 'text'", "Uncaught 'text'", 2, 1},
		{"throw {a: 1, b: [1, {c: 2}]}", "Uncaught { a: 1, b: [ 1, { c: 2 } ] }", 1, 1},
		{"throw null", "Uncaught null", 1, 1},
		{"throw undefined", "Uncaught undefined", 1, 1},
		{"throw Symbol('a')", "Uncaught Symbol(a)", 1, 1},
		{"throw 12n", "Uncaught 12n", 1, 1},
		{"throw new Proxy({}, {get() { throw 1 }, getPrototypeOf() { throw 2 }})", "Uncaught [Proxy]", 1, 1},
		{"throw {toString() { throw 1 }, get message() { throw 2 }, toJSON() { throw 3 }}", "Uncaught { toString: [Function: toString], message: [Getter], toJSON: [Function: toJSON] }", 1, 1},
		{"const e = new Error('a'); Object.defineProperty(e, 'message', {get() { throw 1 }}); throw e", "Error", 1, 11},
		{"await Promise.reject(7)", "Uncaught 7", 0, 0},
		{"const f = async () => { await null; throw 'deep' }\nawait f()", "Uncaught 'deep'", 1, 37},
		{"await Promise.all([new Promise((_, no) => setTimeout(() => no(new Error('late')), 1))])", "Error: late", 1, 63},
		{"setTimeout(() => { throw new Error('timer') }, 1)\nawait new Promise(() => {})", "Error: timer", 1, 26},
		{"Promise.reject(new Error('lost'))\nreturn 1", "Unhandled rejection: Error: lost", 1, 16},
		{"queueMicrotask(() => { throw new Error('micro') })\nawait null; await null", "Unhandled rejection: Error: micro", 1, 30},
		{"await new Promise(() => {})", "Error: the script waits for a promise that nothing can settle any more", 0, 0},
		{"function f() { f() }\nf()", "RangeError: Maximum call stack size exceeded", 1, 17},
		{"await null\nfunction f() { f() }\nf()", "RangeError: Maximum call stack size exceeded", 2, 17},
	} {
		t.Run(c.source, func(t *testing.T) {
			got := failure(t, c.source)
			require.Equal(t, jsruntime.FailureException, got.Kind)
			require.Equal(t, c.message, got.Message)
			require.Equal(t, [2]int{c.line, c.column}, [2]int{got.Line, got.Column})
		})
	}
}

func TestAStackHasTheAuthorsFramesOnly(t *testing.T) {
	got := failure(t, "function inner() { throw new Error('a') }\nconst outer = () => [1].map(() => inner())\nouter()\n")
	require.Equal(t, strings.Join([]string{
		"    at inner (script:1:26)",
		"    at script:2:40",
		"    at outer (script:2:28)",
		"    at script:3:6",
	}, "\n"), got.Stack)
}

func TestARejectionThatIsHandledInTimeIsNoFailure(t *testing.T) {
	require.Equal(t, `1`, output(t, `const p = Promise.reject(new Error("a")); await null; p.catch(() => {}); return 1`))
	require.Equal(t, `"a"`, output(t, `try { await Promise.reject(new Error("a")) } catch (e) { return e.message }`))
}

func TestAPanicOfTheEngineIsAnEngineFailure(t *testing.T) {
	for _, source := range []string{
		`[,1].find(Boolean)`,
		`for (const x of {[Symbol.iterator]() { return {} }}) {}`,
		`new Uint8Array(1).set(new Uint16Array(0))`,
		`await null; [,1].find(Boolean)`,
		`setTimeout(() => [,1].find(Boolean)); await new Promise(() => {})`,
		`return {get a() { return [,1].find(Boolean) }}`,
	} {
		t.Run(source, func(t *testing.T) {
			result := run(source)
			require.ErrorIs(t, result.Err, jsruntime.ErrEngine, "when the engine has mended this, take another of its panics")
			require.NotContains(t, result.Err.Error(), "0x")
		})
	}
}

func TestTimeIsLimited(t *testing.T) {
	e := vm.New()
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

func TestTheAnswerIsOnTimeEvenWhenTheScriptCannotBeStopped(t *testing.T) {
	start := time.Now()
	result := run(`console.log("before"); new Array(1.5e7).forEach(() => 1)`, withTime(50*time.Millisecond))
	require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	require.Less(t, time.Since(start), 400*time.Millisecond)
	require.Len(t, result.Logs, 1)
	if result.Abandoned != nil {
		<-result.Abandoned
	}
}

func TestAFailureNamesTheExecution(t *testing.T) {
	id := uuid.New()
	with := func(job *jsruntime.Job) { job.Context.Execution.ID = id }
	for _, source := range []string{`throw 1`, `}`, `return 1n`, `while (true) {}`} {
		require.Equal(t, id, failure(t, source, with, withTime(50*time.Millisecond)).ExecutionID)
	}
}

func TestARunIsMeasured(t *testing.T) {
	result := run(`return new Array(1e6).fill(1).length`)
	require.NoError(t, result.Err)
	require.Positive(t, result.Metrics.Duration)
	require.Greater(t, result.Metrics.MemoryUsedBytes, int64(1e6))
	require.True(t, result.Metrics.MemoryEstimated)
}
