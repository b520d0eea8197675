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
	{"the console formats as a text says", theConsoleFormatsAsATextSays},
	{"the console has levels", theConsoleHasLevels},
	{"the console groups, counts and asserts", theConsoleGroupsCountsAndAsserts},
	{"the console takes times", theConsoleTakesTimes},
	{"the console draws tables", theConsoleDrawsTables},
	{"the console tells where it was called", theConsoleTellsWhereItWasCalled},
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
		`new URL("https://u@a/?b#c")`: `URL { href: 'https://u@a/?b#c', origin: 'https://a', protocol: 'https:', username: 'u', password: '', host: 'a', ` +
			`hostname: 'a', port: '', pathname: '/', search: '?b', hash: '#c' }`,
		`new URLSearchParams("a=1"), new TextDecoder()`:  `URLSearchParams [ [ 'a', '1' ] ] TextDecoder { encoding: 'utf-8', fatal: false, ignoreBOM: false }`,
		`new TypeError("bad")`:                           "TypeError: bad\n    at script:1:13",
		`{e: new Error("bad", {cause: 1})}`:              "{ e: [Error: bad\n    at script:1:17] { [cause]: 1 } }",
		`"two\nlines"`:                                   "two\nlines",
		`{toString() { throw 1 }, toJSON() { throw 1 }}`: `{ toString: [Function: toString], toJSON: [Function: toJSON] }`,
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

func theConsoleFormatsAsATextSays(t *testing.T, s *suite) {
	for expression, want := range map[string]string{
		`"%s is %d, %i and %f", "Ann", "42.5x", 42.9, "1.5x"`: `Ann is 42, 42 and 1.5`,
		`"%o %O", {a: 1}, [1]`:                                `{ a: 1 } [ 1 ]`,
		`"a%cb%%", "color: red"`:                              `ab%`,
		`"%s", 1, "more", {a: 1}`:                             `1 more { a: 1 }`,
		`"%s and %s", 1`:                                      `1 and %s`,
		`"%x %", 1`:                                           `%x % 1`,
		`"100%", 5`:                                           `100% 5`,
		`"%s"`:                                                `%s`,
		`"100%%"`:                                             `100%%`,
		`"%s %s %d %f", {toString() { throw 1 }}, Symbol("a"), {}, Symbol()`: `{ toString: [Function: toString] } Symbol(a) NaN NaN`,
		`"%s", "%s", 1`: `%s 1`,
		`1, "%s", 2`:    `1 %s 2`,
		`"é%s", "ü"`:    `éü`,
		`"%é", 1`:       `%é 1`,
		``:              ``,
	} {
		t.Run(expression, func(t *testing.T) {
			result := s.run("console.log(" + expression + ")")
			require.NoError(t, result.Err)
			require.Len(t, result.Logs, 1)
			require.Equal(t, want, result.Logs[0].Message)
		})
	}
}

// lines returns what a script writes, each line with its level in front.
func (s *suite) lines(t *testing.T, source string) (lines []string) {
	t.Helper()
	result := s.run(source)
	require.NoError(t, result.Err)
	for _, entry := range result.Logs {
		lines = append(lines, string(entry.Level)+" "+entry.Message)
	}
	return lines
}

func theConsoleGroupsCountsAndAsserts(t *testing.T, s *suite) {
	require.Equal(t, []string{"info a", "info   b\n  c", "info     d", "info   e", "info f"}, s.lines(t, `
		console.group("%s", "a"); console.log("b\nc"); console.groupCollapsed(); console.log("d"); console.groupEnd(); console.log("e")
		console.groupEnd(); console.groupEnd(); console.log("f")`))
	require.Equal(t, []string{"info a", "info b"}, s.lines(t, `console.group("a"); console.group(); console.clear(); console.log("b")`))
	require.Equal(t, []string{"info default: 1", "info a: 1", "info default: 2", "info default: 1", "warn Count for 'b' does not exist"}, s.lines(t, `
		console.count(); console.count("a"); console.count("default"); console.countReset(); console.count(undefined); console.countReset("b")`))
	require.Equal(t, []string{"error Assertion failed", "error Assertion failed: a 1", "error Assertion failed { a: 1 }"}, s.lines(t, `
		console.assert(true, "no"); console.assert(); console.assert(0, "a %d", 1); console.assert(null, {a: 1})`))
	require.Equal(t, []string{"info { a: 1 }", "info %s 1"}, s.lines(t, `console.dir({a: 1}, {depth: 0}); console.dirxml("%s", 1)`))
	require.JSONEq(t, `["mine","TypeError"]`, s.output(t, `
		const names = []
		try { console.count({toString() { throw new Error("mine") }}) } catch (e) { names.push(e.message) }
		try { console.time(Symbol()) } catch (e) { names.push(e.name) }
		return names`))
	require.JSONEq(t, `["[object console]",true,0,19]`, s.output(t, `
		const parent = Object.getPrototypeOf(console), {log} = console
		log("without this")
		return [String(console), Object.getPrototypeOf(parent) === Object.prototype, Reflect.ownKeys(parent).length, Object.keys(console).length]`))
}

func theConsoleTakesTimes(t *testing.T, s *suite) {
	lines := s.lines(t, `
		console.time(); console.time("a%s"); console.time("a%s"); console.timeLog("a%s", "at", 1); console.timeEnd("a%s"); console.timeEnd("a%s")
		console.timeEnd()`)
	require.Len(t, lines, 5)
	require.Equal(t, "warn Timer 'a%s' already exists", lines[0])
	require.Regexp(t, `^info a%s: (\d+\.\dms|\d+\.\d{3}s) at 1$`, lines[1])
	require.Regexp(t, `^info a%s: (\d+\.\dms|\d+\.\d{3}s)$`, lines[2])
	require.Equal(t, "warn Timer 'a%s' does not exist", lines[3])
	require.Regexp(t, `^info default: (\d+\.\dms|\d+\.\d{3}s)$`, lines[4])
}

func theConsoleDrawsTables(t *testing.T, s *suite) {
	for expression, want := range map[string]string{
		`[{a: 1, b: "x"}, {a: 2, c: [1]}, 5]`: `
┌─────────┬───┬─────┬───────┬────────┐
│ (index) │ a │ b   │ c     │ Values │
├─────────┼───┼─────┼───────┼────────┤
│ 0       │ 1 │ 'x' │       │        │
│ 1       │ 2 │     │ [ 1 ] │        │
│ 2       │   │     │       │ 5      │
└─────────┴───┴─────┴───────┴────────┘`,
		`{x: {a: 1, b: 2}}, ["b", "c"]`: `
┌─────────┬───┬───┐
│ (index) │ b │ c │
├─────────┼───┼───┤
│ x       │ 2 │   │
└─────────┴───┴───┘`,
		`new Map([["é", 1]])`: `
┌─────────┬────────┐
│ (index) │ Values │
├─────────┼────────┤
│ 'é'     │ 1      │
└─────────┴────────┘`,
		`{get a() { throw 1 }, b: new Proxy({}, {ownKeys() { throw 1 }})}, {length: 1}`: `
┌─────────┬─────────┐
│ (index) │ Values  │
├─────────┼─────────┤
│ b       │ [Proxy] │
└─────────┴─────────┘`,
		`5`:       "\n5",
		`() => 1`: "\n[Function (anonymous)]",
	} {
		t.Run(expression, func(t *testing.T) {
			require.Equal(t, []string{"info " + want[1:]}, s.lines(t, "console.table("+expression+")"))
		})
	}
	lines := s.lines(t, `console.table(new Array(1e3).fill(0).map((_, i) => ({["c" + i]: "x".repeat(1e3)})))`)
	require.Len(t, lines, 1)
	require.Less(t, len(lines[0]), 17<<10)
}

func theConsoleTellsWhereItWasCalled(t *testing.T, s *suite) {
	require.Equal(t, []string{"info Trace: a 1\n    at f (script:1:29)\n    at script:2:2", "info Trace\n    at script:2:19"},
		s.lines(t, "function f() { console.trace(\"a %d\", 1) }\nf(); console.trace()"))
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
		"with many labels":      `for (let i = 0; i < 5000; i++) { console.count("x".repeat(1000) + i); console.time("y".repeat(1000) + i); console.group() }`,
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
