package vm

import (
	"math/rand/v2"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// oddValues are arguments that no module hands to its natives.
const oddValues = `(function() {
	const detached = new ArrayBuffer(4)
	const revoked = Proxy.revocable({}, {})
	revoked.revoke()
	const thrower = new Proxy(function() {}, {get() { throw 1 }, apply() { throw 2 }, getPrototypeOf() { throw 3 }, ownKeys() { throw 4 }})
	return [undefined, null, true, -1, 0, 1.5, NaN, Infinity, -Infinity, 1e300, 2n, "", "text", "\ud800", "RangeError", "Map", Symbol("s"), {}, [], [1, , {}],
		{valueOf() { throw 5 }, toString() { throw 6 }}, Object.create(null), () => { throw 7 }, class {}, thrower, revoked.proxy, new Proxy([], {}),
		new ArrayBuffer(8), detached, new Uint8Array(3), new Float64Array(2).subarray(1), new DataView(new ArrayBuffer(4), 1), new Map([[1, 2]]), new Set([1]),
		new WeakMap(), new Date(NaN), /a/gi, new RangeError("x"), Object("s"), Object(1n), Object(Symbol()), Promise.resolve(1), [].values(),
		(function() { return arguments })(1), globalThis, JSON, Math, Function.prototype, parseInt]
})()`

// A script can get hold of what a module calls.
func TestNativesOfTheLibraryTakeAnyArguments(t *testing.T) {
	e := newGuardedEngine().(guardedEngine)
	r := e.r
	program, err := compileGuarded("odd values", oddValues)
	require.NoError(t, err)
	list, err := r.rt.RunProgram(program)
	require.NoError(t, err)
	odd := inside[arrayObject](list.(*goja.Object)).values
	random := rand.New(rand.NewPCG(1, 2))
	for _, m := range library {
		natives := &nativeTable{r: r, module: m}
		for name := range m.natives {
			call, _ := goja.AssertFunction(natives.Get(name))
			try := func(arguments ...goja.Value) {
				require.NotPanics(t, func() { _, _ = call(goja.Undefined(), arguments...) }, "%s of %s", name, m.name)
				r.halt.Store(nil) // where it asked for more memory than there may be
				r.guard.attention.Store(false)
				r.rt.ClearInterrupt()
			}
			try()
			for _, first := range odd {
				try(first)
				for _, second := range odd {
					try(first, second)
					try(first, second, odd[random.IntN(len(odd))])
				}
			}
		}
	}
}

func TestTheLibraryDoesItsWorkWhateverTheScriptBreaks(t *testing.T) {
	const sabotage = `
		const bad = () => { throw new Error("sabotaged") }
				const sabotage = () => {
			Object.defineProperty(Object.prototype, "get", {set: bad, configurable: true})
			for (const [object, names] of [[Array.prototype, ["slice", "splice", "push", "map", "forEach"]], [Object.getPrototypeOf(bad), ["call", "apply", "bind"]],
				[Map.prototype, ["get", "set", "has", "forEach", "entries"]], [Reflect, ["apply", "ownKeys"]], [Object, ["keys", "assign", "defineProperty", "hasOwn"]]]) {
				for (const name of names) object[name] = bad
			}
			Array.prototype[Symbol.iterator] = bad
			globalThis.Map = globalThis.Set = globalThis.Array = globalThis.TypeError = bad
		}
	`
	for name, c := range map[string]struct{ opens, uses, want string }{
		"structuredClone": {`structuredClone(1)`, `return structuredClone({a: [1, {b: 2}], c: new Date(3)}).a[1].b`, `2`},
		"events":          {`new EventTarget()`, `const t = new EventTarget(); let n = 0; t.addEventListener("x", () => n++); t.dispatchEvent(new Event("x")); return n`, `1`},
		"signals":         {`new AbortController()`, `const c = new AbortController(); let n = 0; c.signal.onabort = () => n++; c.abort(); return n`, `1`},
		"groupBy":         {`Object.groupBy`, `return Object.groupBy({[Symbol.iterator]: () => ({next: () => ({done: true})})}, x => x)`, `{}`},
		"iterators":       {`Iterator.prototype.map`, `return Iterator.from({next: () => ({done: true})}).map(x => x).next().done`, `true`},
		"console":         {``, `console.table([1]); console.log("%s", {a: 1}); console.count(); console.group("a"); return 1`, `1`},
	} {
		t.Run(name, func(t *testing.T) {
			text := sabotage + c.opens + "\nsabotage()\n" + c.uses
			result := New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: text}})
			require.NoError(t, result.Err)
			require.JSONEq(t, c.want, string(result.Output))
		})
	}
}
