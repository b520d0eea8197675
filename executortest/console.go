package executortest

import (
	"context"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var consoleTests = []test{
	{"the console shows values", theConsoleShowsValues},
	{"the console has levels", theConsoleHasLevels},
	{"the console is bounded", theConsoleIsBounded},
	{"lines are told as they are written", linesAreToldAsTheyAreWritten},
}

func theConsoleShowsValues(t *testing.T, s *suite) {
	for expression, want := range map[string]string{
		`"text", 1, true, null, undefined`:                 `text 1 true null undefined`,
		`["it's", 'a "quote"', -0, 1n, Symbol("s")]`:       `[ "it's", 'a "quote"', -0, 1n, Symbol(s) ]`,
		`{a: 1, "b c": [1, "x"], d: {}, e: []}`:            `{ a: 1, 'b c': [ 1, 'x' ], d: {}, e: [] }`,
		`{a: {b: {c: {d: {e: {f: 1}}}}}}`:                  `{ a: { b: { c: { d: { e: [Object] } } } } }`,
		`[, 1, undefined]`:                                 `[ <empty>, 1, undefined ]`,
		`new Array(200).fill(0).length, Array(3)`:          `200 [ <empty>, <empty>, <empty> ]`,
		`() => 1, function f() {}, class A {}`:             `[Function (anonymous)] [Function: f] [Function: A]`,
		`new (class Foo { x = 1 })()`:                      `Foo { x: 1 }`,
		`Object.create(null)`:                              `[Object: null prototype] {}`,
		`new Date(0), new Date(NaN)`:                       `1970-01-01T00:00:00.000Z Invalid Date`,
		`/a\/b/gi`:                                         `/a\/b/gi`,
		`new Map([["a", {b: 1}], [1, 2]]), new Map()`:      `Map { 'a' => { b: 1 }, 1 => 2 } Map {}`,
		`new Set([1, "a"])`:                                `Set { 1, 'a' }`,
		`Promise.resolve(1), new Promise(() => {})`:        `Promise { 1 } Promise { <pending> }`,
		`new Proxy({}, {get() { throw 1 }})`:               `[Proxy]`,
		`{get a() { throw 1 }, set b(v) {}}`:               `{ a: [Getter], b: [Setter] }`,
		`new Uint8Array([1, 2]), new ArrayBuffer(3)`:       `Uint8Array [ 1, 2 ] ArrayBuffer { byteLength: 3 }`,
		`(() => { const a = {}; a.self = a; return a })()`: `{ self: [Circular] }`,
		`new TypeError("bad")`:                             "TypeError: bad\n    at script:1:13",
		`{e: new Error("bad", {cause: 1})}`:                "{ e: [Error: bad\n    at script:1:17] { [cause]: 1 } }",
		`"two\nlines"`:                                     "two\nlines",
		`{toString() { throw 1 }, toJSON() { throw 1 }}`:   `{ toString: [Function: toString], toJSON: [Function: toJSON] }`,
		`"\ud800"`: "\ufffd",
		`{[Symbol.toStringTag]: "x", constructor: {name: 1}}`: `{ constructor: { name: 1 } }`,
	} {
		t.Run(expression, func(t *testing.T) {
			result := s.run("console.log(" + expression + ")")
			require.NoError(t, result.Err)
			require.Len(t, result.Logs, 1)
			require.Equal(t, want, result.Logs[0].Message)
		})
	}
}

func theConsoleHasLevels(t *testing.T, s *suite) {
	result := s.run(`console.log(1); console.info(2); console.warn(3); console.error(4); console.debug(5)`)
	var levels []jsruntime.LogLevel
	for _, entry := range result.Logs {
		levels = append(levels, entry.Level)
		require.False(t, entry.Time.IsZero())
	}
	require.Equal(t, []jsruntime.LogLevel{jsruntime.LogInfo, jsruntime.LogInfo, jsruntime.LogWarn, jsruntime.LogError, jsruntime.LogDebug}, levels)
	require.Zero(t, result.LogsDropped)
}

func theConsoleIsBounded(t *testing.T, s *suite) {
	for name, source := range map[string]string{
		"by lines":              `for (let i = 0; i < 5000; i++) { console.log(i) }`,
		"by bytes":              `for (let i = 0; i < 100; i++) { console.log("x".repeat(10000)) }`,
		"with one huge line":    `console.log("x".repeat(1e7)); for (let i = 0; i < 100; i++) { console.log("x".repeat(1e6)) }`,
		"with many huge values": `const a = new Array(1e5).fill("é".repeat(100)); for (let i = 0; i < 100; i++) { console.log(a, a) }`,
	} {
		t.Run(name, func(t *testing.T) {
			result := s.run(source)
			require.NoError(t, result.Err)
			size := 0
			for _, entry := range result.Logs {
				size += len(entry.Message)
				require.LessOrEqual(t, len(entry.Message), 17<<10)
				require.True(t, utf8.ValidString(entry.Message))
			}
			require.LessOrEqual(t, len(result.Logs), 1001)
			require.LessOrEqual(t, size, 257<<10)
			require.Positive(t, result.LogsDropped)
			last := result.Logs[len(result.Logs)-1]
			require.Equal(t, jsruntime.LogWarn, last.Level)
			require.Contains(t, last.Message, "more console messages were dropped")
		})
	}
	t.Run("a graph that explodes is cut", func(t *testing.T) {
		result := s.run(`let a = {}; for (let i = 0; i < 60; i++) { a = {l: a, r: a} } console.log(a); console.log([a,a,a])`)
		require.NoError(t, result.Err)
		require.Len(t, result.Logs, 2)
	})
	t.Run("a failure keeps what was written before", func(t *testing.T) {
		result := s.run(`console.log("a"); throw new Error("b")`)
		require.Error(t, result.Err)
		require.Len(t, result.Logs, 1)
	})
	t.Run("no message tells an address", func(t *testing.T) {
		result := s.run(`console.log(console, globalThis, context, setTimeout, Math, JSON, Reflect, new WeakMap(), (function () { return arguments })(1))`)
		require.NoError(t, result.Err)
		require.NotContains(t, result.Logs[0].Message, "0x")
	})
}

func linesAreToldAsTheyAreWritten(t *testing.T, s *suite) {
	var told []jsruntime.LogEntry
	var before int
	host := functions{"check": func(context.Context, []any) (any, error) { before = len(told); return nil, nil }}
	result := s.run(`console.log("a"); console.warn("b"); await check(); console.log("c")`, withHost(host), func(job *jsruntime.Job) {
		job.Logged = func(line jsruntime.LogEntry) { told = append(told, line) }
	})
	require.NoError(t, result.Err)
	require.Equal(t, 2, before)
	require.Len(t, told, 3)
	for i := range told {
		require.Equal(t, result.Logs[i].Message, told[i].Message)
		require.Equal(t, result.Logs[i].Level, told[i].Level)
		require.True(t, result.Logs[i].Time.Equal(told[i].Time))
	}
}
