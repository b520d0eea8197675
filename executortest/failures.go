package executortest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var failureTests = []test{
	{"what a script throws", whatAScriptThrows},
	{"a stack has the author's frames only", aStackHasTheAuthorsFramesOnly},
	{"a rejection that is handled in time is no failure", aRejectionThatIsHandledInTimeIsNoFailure},
	{"a panic of the engine is an engine failure", aPanicOfTheEngineIsAnEngineFailure},
	{"long names are cut", longNamesAreCut},
	{"a demand for more memory than there can be is the memory limit", aDemandForMoreMemoryThanThereCanBeIsTheMemoryLimit},
	{"a failure names the execution", aFailureNamesTheExecution},
}

func whatAScriptThrows(t *testing.T, s *suite) {
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
		{"await Promise.any([Promise.reject(new Error('a')), Promise.reject(new TypeError('b')), Promise.reject(3)])", "AggregateError (Error: a; TypeError: b; 3)", 1, 35},
		{"await Promise.any(Array.from({length: 12}, (_, i) => Promise.reject(i)))", "AggregateError (0; 1; 2; 3; 4; 5; 6; 7; 8; 9; ...)", 0, 0},
		{"throw new Error('a', {cause: new TypeError('b', {cause: {c: 1}})})", "Error: a (cause: TypeError: b (cause: { c: 1 }))", 1, 7},
		{"const e = new Error('a'); e.cause = e; throw e", "Error: a (cause: Error: a (cause: Error: a (cause: Error: a (cause: Error: a))))", 1, 11},
		{"const e = new Error('a'); e.errors = [1]; Object.defineProperty(e, 'cause', {get() { throw 1 }}); throw e", "Error: a", 1, 11},
		{"await null\nfunction f() { f() }\nf()", "RangeError: Maximum call stack size exceeded", 2, 17},
	} {
		t.Run(c.source, func(t *testing.T) {
			got := s.failure(t, c.source)
			require.Equal(t, jsruntime.FailureException, got.Kind)
			require.Equal(t, c.message, got.Message)
			require.Equal(t, [2]int{c.line, c.column}, [2]int{got.Line, got.Column})
		})
	}
}

func aStackHasTheAuthorsFramesOnly(t *testing.T, s *suite) {
	got := s.failure(t, "function inner() { throw new Error('a') }\nconst outer = () => [1].map(() => inner())\nouter()\n")
	require.Equal(t, strings.Join([]string{
		"    at inner (script:1:26)",
		"    at script:2:40",
		"    at outer (script:2:28)",
		"    at script:3:6",
	}, "\n"), got.Stack)
}

func aRejectionThatIsHandledInTimeIsNoFailure(t *testing.T, s *suite) {
	require.Equal(t, `1`, s.output(t, `const p = Promise.reject(new Error("a")); await null; p.catch(() => {}); return 1`))
	require.Equal(t, `"a"`, s.output(t, `try { await Promise.reject(new Error("a")) } catch (e) { return e.message }`))
}

func aPanicOfTheEngineIsAnEngineFailure(t *testing.T, s *suite) {
	for _, source := range []string{
		`const broken = {[Symbol.iterator]() { return {} }}; for (const x of broken) {}`,
		`await null; for (const x of {[Symbol.iterator]() { return {} }}) {}`,
		`setTimeout(() => { for (const x of {[Symbol.iterator]() { return {} }}) {} }); await new Promise(() => {})`,
		`return {get a() { for (const x of {[Symbol.iterator]() { return {} }}) {} }}`,
	} {
		t.Run(source, func(t *testing.T) {
			result := s.run(source)
			require.ErrorIs(t, result.Err, jsruntime.ErrEngine, "when the engine has mended this, take another of its panics")
			require.NotContains(t, result.Err.Error(), "0x")
		})
	}
}

func aFailureNamesTheExecution(t *testing.T, s *suite) {
	id := uuid.New()
	with := func(job *jsruntime.Job) { job.Context.Execution.ID = id }
	for _, source := range []string{`throw 1`, `}`, `return 1n`, `while (true) {}`} {
		require.Equal(t, id, s.failure(t, source, with, withTime(50*time.Millisecond)).ExecutionID)
	}
}

func longNamesAreCut(t *testing.T, s *suite) {
	long := strings.Repeat("b", 20_000)
	got := s.failure(t, `function `+long+`(n) { if (n) { `+long+`(n - 1) } throw new Error("deep") } `+long+`(60)`)
	require.Equal(t, jsruntime.FailureException, got.Kind)
	require.Equal(t, "Error: deep", got.Message)
	require.Less(t, len(got.Stack), 20_000)
	long = strings.Repeat("b", 400_000)
	got = s.failure(t, `let `+long+`; let `+long)
	require.ErrorIs(t, got, jsruntime.ErrSyntax)
	require.Less(t, len(got.Message), 10_000)
}

func aDemandForMoreMemoryThanThereCanBeIsTheMemoryLimit(t *testing.T, s *suite) {
	require.ErrorIs(t, s.failure(t, `return "xyz".repeat(2 ** 52)`), jsruntime.ErrMemoryLimit)
}
