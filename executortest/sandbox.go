package executortest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var sandboxTests = []test{
	{"no way compiles code", noWayCompilesCode},
	{"nothing reachable compiles code", nothingReachableCompilesCode},
	{"host glue is beyond the script's reach", hostGlueIsBeyondTheScriptsReach},
	{"errors of the walkers lead to no code either", errorsOfTheWalkersLeadToNoCodeEither},
	{"the global object by the back door compiles nothing", theGlobalObjectByTheBackDoorCompilesNothing},
	{"runs share nothing", runsShareNothing},
}

func noWayCompilesCode(t *testing.T, s *suite) {
	for name, expression := range map[string]string{
		"eval":                                       `eval("1")`,
		"indirect eval":                              `(0, eval)("1")`,
		"eval of the global object":                  `globalThis.eval("1")`,
		"eval by a computed name":                    `globalThis["ev" + "al"]("1")`,
		"eval of this":                               `(function () { return this })()["ev" + "al"]("1")`,
		"eval by an escaped name":                    `\u0065val("1")`,
		"eval by Reflect":                            `Reflect.get(globalThis, "eval")("1")`,
		"Function":                                   `Function("return 1")()`,
		"new Function":                               `new Function("return 1")()`,
		"Function of the global object":              `globalThis["Func" + "tion"]("return 1")()`,
		"the constructor of a function":              `(function () {}).constructor("return 1")()`,
		"the constructor of an arrow":                `(() => {}).constructor("return 1")()`,
		"the constructor of an async function":       `(async () => {}).constructor("return 1")()`,
		"the constructor of an async declaration":    `(async function () {}).constructor("return 1")()`,
		"the constructor of an async method":         `({async m() {}}).m.constructor("return 1")()`,
		"the constructor of a generator":             `(function* () {}).constructor("yield 1")().next()`,
		"the constructor of a generator method":      `({*m() {}}).m.constructor("yield 1")().next()`,
		"the constructor of a native":                `parseInt.constructor("return 1")()`,
		"the constructor of a bound function":        `(() => {}).bind().constructor("return 1")()`,
		"the constructor of a class":                 `(class {}).constructor("return 1")()`,
		"the constructor of a class's constructor":   `(class {}).prototype.constructor.constructor("return 1")()`,
		"the constructor by getPrototypeOf":          `Object.getPrototypeOf(() => {}).constructor("return 1")()`,
		"the constructor by __proto__":               `(() => {}).__proto__.constructor("return 1")()`,
		"the constructor by Reflect.get":             `Reflect.get(() => {}, "constructor")("return 1")()`,
		"the constructor by Reflect.construct":       `Reflect.construct((() => {}).constructor, ["return 1"])()`,
		"the constructor by a descriptor":            `Object.getOwnPropertyDescriptor(Object.getPrototypeOf(() => {}), "constructor").value("return 1")()`,
		"the constructor by a computed name":         `(() => {})["const" + "ructor"]("return 1")()`,
		"the constructor through a proxy":            `new Proxy(() => {}, {}).constructor("return 1")()`,
		"the constructor of a constructor":           `({}).constructor.constructor("return 1")()`,
		"extending the constructor":                  `new (class extends (() => {}).constructor {})("return 1")()`,
		"extending a function's constructor":         `Reflect.construct(Object, ["return 1"], (() => {}).constructor)()`,
		"the constructor after deleting it":          `(delete Object.getPrototypeOf(() => {}).constructor, (() => {}).constructor("return 1")())`,
		"the constructor after defining it":          `(Object.defineProperty(Object.getPrototypeOf(() => {}), "constructor", {value: 1}), 1)`,
		"the constructor of Function.prototype":      `Object.getPrototypeOf(Object.getPrototypeOf(async () => {})).constructor("return 1")()`,
		"the constructor of the generator prototype": `Object.getPrototypeOf(function* () {}).constructor("yield 1")`,
		"the constructor of console.log":             `console.log.constructor("return 1")()`,
		"the constructor of setTimeout":              `setTimeout.constructor("return 1")()`,
		"the constructor of context.secrets.get":     `context.secrets.get.constructor("return 1")()`,
		"the callee's constructor":                   `(function () { return arguments.callee })().constructor("return 1")()`,
		"setTimeout of a text":                       `setTimeout("1", 0)`,
		"setInterval of a text":                      `setInterval("1", 0)`,
		"queueMicrotask of a text":                   `queueMicrotask("1")`,
		"require":                                    `require("fs")`,
		"import":                                     `WebAssembly.compile()`,
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, []string{`"refused"`},
				s.output(t, `try { `+expression+`; return "compiled" } catch (e) { return "refused" }`))
		})
	}
}

// The walk follows every property, getter, setter and prototype from the global object and from one instance of
// everything that syntax alone can make, and calls every function that it meets as a code constructor.
func nothingReachableCompilesCode(t *testing.T, s *suite) {
	require.JSONEq(t, `[]`, s.output(t, `
		const seen = new Set(), found = [], queue = [];
		const add = (v, path) => {
			if ((typeof v === "object" && v !== null || typeof v === "function") && !seen.has(v)) {
				seen.add(v); queue.push([v, path]);
			}
		};
		add(globalThis, "globalThis"); add(input, "input"); add(context, "context");
		[() => {}, function () {}, async () => {}, async function () {}, function* () {}, class {}, /x/, [], {}, "", 1, 1n, true, Symbol(),
			(function () { return arguments })(), (function* () {})(), [].values(), new Map().entries(), new Set().values(), "".matchAll(/x/g),
			""[Symbol.iterator](), Promise.resolve(), new Proxy({}, {}), (() => {}).bind(), console, Object.getOwnPropertyDescriptor(Map, Symbol.species).get,
		].forEach((v, i) => add(Object(v), "root" + i));
		while (queue.length > 0) {
			const [v, path] = queue.pop();
			add(Object.getPrototypeOf(v), path + ".__proto__");
			for (const key of Reflect.ownKeys(v)) {
				const d = Object.getOwnPropertyDescriptor(v, key);
				for (const part of ["value", "get", "set"]) { add(d[part], path + "." + String(key)) }
			}
			if (typeof v !== "function" || v === reportError) { continue } // which fails the run
			for (const attempt of [() => v("return 7"), () => new v("return 7"), () => v("a", "yield 7")]) {
				try {
					const made = attempt();
					if (made instanceof Promise) { made.catch(() => {}) }
					if (typeof made === "function" && /return 7|yield 7/.test(String(made)) && v !== String && v !== Object) { found.push(path) }
				} catch {}
			}
		}
		if (seen.size < 300) { throw new Error("the walk met only " + seen.size) }
		return found;`))
}

func hostGlueIsBeyondTheScriptsReach(t *testing.T, s *suite) {
	const sabotage = `
		const m = new Map([[1, {a: 1}]]);
		const bad = () => { throw new Error("sabotaged") };
		const define = Object.defineProperty, setter = Object.assign(Object.create(null), {set: bad, configurable: true});
		Promise.prototype.then = bad; Promise.prototype.catch = bad; Promise.resolve = bad;
		Array.prototype.push = bad; Array.prototype[Symbol.iterator] = bad; Object.freeze = bad;
		Object.getOwnPropertyDescriptor = bad; Object.keys = bad; JSON.parse = bad; JSON.stringify = bad;
		Error.prototype.toString = bad; Map.prototype.entries = bad;
		define(Object.prototype, "value", setter);
		define(Object.prototype, "get", setter);
		define(Object.prototype, "a", setter);
		globalThis.Promise = bad; globalThis.Error = bad; globalThis.Uint8Array = bad; globalThis.Object = bad; globalThis.JSON = bad;
		globalThis.RateLimitError = bad;
	`
	host := functions{
		"echo": func(_ context.Context, args []any) (any, error) { return args[0], nil },
		"fail": func(context.Context, []any) (any, error) { return nil, errors.New("boom") },
		"data": func(context.Context, []any) (any, error) { return []byte{1, 2}, nil },
	}
	require.JSONEq(t, `[{"a":[1]},"Error: boom",2,2]`, s.output(t, sabotage+`
		console.log(m, {a: 1}, [1]);
		const data = await data_();
		return [await echo({a: [1]}), await caught(), data.length, data[1]];
		async function caught() { try { await fail() } catch (e) { return e.name + ": " + e.message } }
		function data_() { return globalThis.data() }
	`, withHost(host)))
}

// The walkers of arguments and of console messages use intrinsics of a second realm, on objects whose traps a script
// wrote. What they throw belongs to that realm.
func errorsOfTheWalkersLeadToNoCodeEither(t *testing.T, s *suite) {
	const lie = `new Proxy({"\ud800": 1}, {
		ownKeys() { return [{}] },
		getOwnPropertyDescriptor() { return 1 },
		get(target, name, receiver) { seen.push(receiver); return undefined.x },
	})`
	for name, statement := range map[string]string{
		"an argument": `await f(hostile)`,
		"a message":   `console.log(hostile, new Map([[hostile, hostile]]), Object.create(hostile)); throw hostile`,
		"a trap":      `Reflect.ownKeys(hostile)`,
	} {
		t.Run(name, func(t *testing.T) {
			host := functions{"f": func(context.Context, []any) (any, error) { return nil, nil }}
			require.Equal(t, `"none"`, s.output(t, `
				const seen = [], hostile = `+lie+`;
				try { `+statement+` } catch (e) { seen.push(e) }
				for (let o of [...seen]) {
					for (let i = 0; o !== null && i < 10; i++) {
						let made;
						try { made = o.constructor.constructor("return 1")() } catch {}
						if (made === 1) return "compiled";
						try { o = Object.getPrototypeOf(o) } catch { break }
					}
				}
				return "none"`, withHost(host)))
		})
	}
}

// A program gets the global object without a mention of it where an unknown name is looked up along its prototypes.
func theGlobalObjectByTheBackDoorCompilesNothing(t *testing.T, s *suite) {
	for name, global := range map[string]string{
		"a native getter": `Object.defineProperty(Object.prototype, "unknown", {get: Object.prototype.valueOf}); const g = unknown;`,
		"the this of a trap": `const get = new Proxy(function () {}, {apply(target, self) { return self }});
			Object.defineProperty(Object.prototype, "unknown", {get}); const g = unknown;`,
		"the receiver of a trap": `let g; __proto__ = new Proxy({}, {has(t, k) { return k === "unknown" },
			get(t, k, receiver) { if (k === "unknown") { g = receiver } }}); unknown;`,
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, `["object","undefined","undefined"]`,
				s.output(t, global+`return [typeof g, typeof g["ev" + "al"], typeof g["Func" + "tion"]]`))
		})
	}
}

func runsShareNothing(t *testing.T, s *suite) {
	e := s.executor
	source := `const seen = globalThis.mark ?? Object.prototype.mark; globalThis.mark = 1; Object.prototype.mark = input.n; await null; return [seen ?? null, input.n, mark, ({}).mark]`
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			result := e.Run(context.Background(), jobOf(source, withInput(fmt.Sprintf(`{"n":%d}`, i))))
			if result.Err != nil || string(result.Output) != fmt.Sprintf(`[null,%d,1,%d]`, i, i) {
				t.Errorf("%s %v", result.Output, result.Err)
			}
		})
	}
	wg.Wait()
}
