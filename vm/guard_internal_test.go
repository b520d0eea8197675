package vm

import (
	"os"
	"regexp"
	"testing"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

// reachable walks everything that a script can reach and returns the functions.
const reachable = `(function() {
	const seen = new Set(), found = [], pending = [globalThis]
	const add = v => { if (v !== null && (typeof v === "object" || typeof v === "function") && !seen.has(v)) { seen.add(v); pending.push(v) } }
	async function a() {}
	function* g() {}
	for (const make of [() => [], () => /a/, () => "", () => 1, () => true, () => 1n, () => Symbol(), () => () => 1, () => a, () => g, () => g(), () => a(),
		() => [][Symbol.iterator](), () => ""[Symbol.iterator](), () => new Map().entries(), () => new Set().values(), () => "a".matchAll(/a/g), () => new Proxy({}, {}),
		() => new Uint8Array(1).values(), () => new DataView(new ArrayBuffer(1)), () => (function() { "use strict"; return arguments })(), () => class { #a = 1 },
		() => parseInt.bind(null), () => parseInt.bind(null).bind(null), () => new Date(), () => new WeakMap(), () => new WeakSet(), () => Promise.reject(1).catch(() => 1)]) {
		const v = make()
		add(v)
		add(Object.getPrototypeOf(v))
	}
	for (const bad of [() => null.x, () => x.y, () => [].length = -1, () => decodeURI("%"), () => JSON.parse("{"), () => new RegExp("(")]) {
		try { bad() } catch (e) { add(e); add(Object.getPrototypeOf(e)) }
	}
	while (pending.length > 0) {
		const o = pending.pop()
		if (typeof o === "function") found.push(o)
		add(Object.getPrototypeOf(o))
		for (const key of Reflect.ownKeys(o)) {
			const d = Reflect.getOwnPropertyDescriptor(o, key)
			add(d.value); add(d.get); add(d.set)
		}
	}
	return found
})()`

func TestEveryNativeThatAScriptCanReachIsGuarded(t *testing.T) {
	e := newGuardedEngine().(guardedEngine)
	program, err := compileGuarded("walk", reachable)
	require.NoError(t, err)
	list, err := e.r.rt.RunProgram(program)
	require.NoError(t, err)
	natives := 0
	for _, v := range inside[arrayObject](list.(*goja.Object)).values {
		object := v.(*goja.Object)
		var f native
		switch kindWord(object) {
		case nativeKind, boundKind:
			f = inside[nativeFuncObject](object).f
		case templatedFuncKind:
			f = inside[templatedFuncObject](object).f
		default:
			continue
		}
		natives++
		if name := object.Get("name").String(); f != nil && !unguarded[name] {
			require.Equal(t, guardedCode, codeOf(f), "function %q is not guarded", name)
		}
	}
	require.Greater(t, natives, 400)
}

// unguarded are functions of the test's realm that are not the script's.
var unguarded = map[string]bool{"": true}

func TestTheEngineIsTheOneThatTheGuardsWereWrittenFor(t *testing.T) {
	require.NoError(t, errLayout, "goja has changed: compare the structs of layout.go, and what rules*.go and standin.go say of its natives")
	text, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`github\.com/dop251/goja (\S+)`).FindSubmatch(text)
	require.NotNil(t, version)
	require.Equal(t, meteredGoja, string(version[1]), "goja has changed: read what the guards and the meter rely on against its source")
	require.Greater(t, len(slots), 80)
}

// requireRule makes sure that a native is called by its rule.
func requireRule(t *testing.T, object *goja.Object, name string) {
	t.Helper()
	var f native
	if kindWord(object) == templatedFuncKind {
		f = inside[templatedFuncObject](object).f
	} else {
		f = inside[nativeFuncObject](object).f
	}
	require.Equal(t, guardedCode, codeOf(f), name)
	closure := *(**struct {
		code uintptr
		n    *guardedNative
	})(unsafe.Pointer(&f))
	require.NotNil(t, closure.n.rule, "%s is not under its rule", name)
}

func makerOf(object *goja.Object) *guardedMaker {
	var f constructor
	if kindWord(object) == templatedFuncKind {
		f = inside[templatedFuncObject](object).construct
	} else {
		f = inside[nativeFuncObject](object).construct
	}
	return (*(**struct {
		code uintptr
		n    *guardedMaker
	})(unsafe.Pointer(&f))).n
}

func TestARuleIsAboutANativeThatExists(t *testing.T) {
	e := newGuardedEngine().(guardedEngine)
	g := e.r.guard
	for _, class := range []string{"Array", "ArrayBuffer", "BigInt", "DataView", "JSON", "Map", "Object", "Promise", "Proxy", "Reflect", "RegExp", "Set", "String", "Uint8Array", "BigInt64Array", "Float64Array", "Function", "Math", "Date"} {
		g.ensure(class)
	}
	for i, s := range slots {
		for name := range slotRules[i] {
			if name == "" || name[0] == '@' || !g.seen[i] {
				continue
			}
			v := g.inSlot(i).Get(string(name))
			require.NotNil(t, v, "%s has no %s", slotName(s.name), name)
			if object, ok := v.(*goja.Object); ok && slotRules[i][name].call != nil {
				requireRule(t, object, slotName(s.name)+"."+string(name))
			}
		}
		if own := slotRules[i][""]; g.seen[i] && own.call != nil {
			requireRule(t, g.inSlot(i), slotName(s.name))
		} else if g.seen[i] && own.make != nil {
			require.NotNil(t, makerOf(g.inSlot(i)).rule, slotName(s.name))
		}
	}
	for name := range globalRules {
		requireRule(t, g.rt.Get(string(name)).(*goja.Object), string(name))
	}
	for name := range rules {
		known := name == "globalThis"
		for _, s := range slots {
			known = known || slotName(s.name) == name
		}
		require.True(t, known, "there is no %s", name)
	}
}
