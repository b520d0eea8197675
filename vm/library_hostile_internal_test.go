package vm

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// oddValues are arguments that no module hands to its natives.
const oddValues = `(() => {
	const detached = new ArrayBuffer(8), ofDetached = new Uint8Array(detached)
	detached.transfer()
	const revoked = Proxy.revocable({}, {})
	revoked.revoke()
	const thrower = new Proxy(function() {}, {get() { throw 1 }, apply() { throw 2 }, getPrototypeOf() { throw 3 }, ownKeys() { throw 4 }})
	const hostile = {}
	for (const name of ["toString", "valueOf", "length", "buffer", "constructor"]) {
		Object.defineProperty(hostile, name, {get() { throw new RangeError(name) }})
	}
	return [undefined, null, true, -1, 0, 1.5, NaN, Infinity, -Infinity, 1e300, 2n, "", "text", "漢\ud800", "RangeError", "Map", "fetch:send",
		"multipart/form-data; boundary=x", Symbol("s"), {}, [], [1, , {}], {valueOf() { throw 5 }, toString() { throw 6 }}, hostile, Object.create(null),
		() => { throw 7 }, class {}, thrower, revoked.proxy, new Proxy([], {}), new Proxy([], hostile), new ArrayBuffer(8), detached, ofDetached,
		new Uint8Array([0x2d, 0x2d, 0x78, 13, 10]), new Uint8Array(4).subarray(1, 3), new Float64Array(2).subarray(1), new DataView(new ArrayBuffer(4), 1),
		new Map([[1, 2]]), new Set([1]), new WeakMap(), new Date(NaN), /a/gi, new RangeError("x"), Object("s"), Object(1n), Object(Symbol()),
		Promise.resolve(1), [].values(), (function() { return arguments })(1), globalThis, JSON, Math, Object.getPrototypeOf(parseInt), parseInt]
})()`

// partsHost has the host's half of every function of the library.
type partsHost struct{}

func (partsHost) Functions() []string { return []string{dbQuery, fetchSend} }

func (partsHost) Call(context.Context, string, []any) (any, error) { return nil, nil }

// A script can get hold of what a module calls.
func TestNativesOfTheLibraryTakeAnyArguments(t *testing.T) {
	p, err := compileSource(jsruntime.Source{Text: "return [globalThis, /a/, 1n]"})
	require.NoError(t, err)
	job := &jsruntime.Job{Limits: jsruntime.DefaultResourceLimits(), Host: partsHost{}}
	r := newRealm(t.Context(), New(), job, p, time.Now().Add(time.Minute))
	r.memory.begin(job.Limits.MaxMemoryBytes)
	_, failure := r.prepare()
	require.Nil(t, failure)
	list, err := r.rt.RunString(oddValues)
	require.NoError(t, err)
	odd := inside[arrayObject](list.(*goja.Object)).values
	random := rand.New(rand.NewPCG(1, 2))
	for _, m := range library {
		natives := &nativeTable{r: r, module: m}
		for name := range m.natives {
			call, _ := goja.AssertFunction(natives.Get(name))
			try := func(this goja.Value, arguments ...goja.Value) {
				require.NotPanics(t, func() { _, _ = call(this, arguments...) }, "%s of %s", name, m.name)
				r.halt.Store(nil) // where it asked for more memory than there may be
				r.guard.attention.Store(false)
				r.rt.ClearInterrupt()
			}
			try(goja.Undefined())
			for _, first := range odd {
				try(first, first)
				for _, second := range odd {
					try(first, first, second)
					try(goja.Undefined(), first, second, odd[random.IntN(len(odd))])
				}
			}
		}
	}
	r.calls.end()
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
