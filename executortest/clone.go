package executortest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var cloneTests = []test{
	{"structuredClone copies values", structuredCloneCopiesValues},
	{"structuredClone refuses what it cannot copy", structuredCloneRefusesWhatItCannotCopy},
	{"structuredClone is bounded", structuredCloneIsBounded},
}

func structuredCloneCopiesValues(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"plain values":          {`return structuredClone({a: 1, b: "x", c: [true, null], d: undefined, e: NaN})`, `{"a":1,"b":"x","c":[true,null],"e":null}`},
		"and shares nothing":    {`const a = {b: {c: 1}}, d = structuredClone(a); d.b.c = 2; return [a, d]`, `[{"b":{"c":1}},{"b":{"c":2}}]`},
		"cycles and identities": {`const a = {}; a.a = a; a.b = a.c = []; const d = structuredClone(a); return [d.a === d, d.b === d.c, d !== a]`, `[true,true,true]`},
		"dates and patterns":    {`const d = structuredClone([new Date(5), new Date(NaN), /a\/b/gi]); return [d[0].getTime(), isNaN(d[1]), String(d[2]), d[2].lastIndex]`, `[5,true,"/a\\/b/gi",0]`},
		"maps and sets":         {`const k = {n: 1}, d = structuredClone(new Map([[k, new Set([k, 2])]])), [[key, set]] = d; return [key, key !== k, [...set][0] === key, set.size]`, `[{"n":1},true,true,2]`},
		"a map that holds itself": {
			`const m = new Map(); m.set(m, m); const d = structuredClone(m); return [d.get(d) === d, d !== m]`, `[true,true]`},
		"boxed values": {`const d = structuredClone([Object(1), Object("x"), Object(true), Object(2n)]); return d.map(v => typeof v + typeof v.valueOf())`, `["objectnumber","objectstring","objectboolean","objectbigint"]`},
		"errors": {`const e = new RangeError("bad", {cause: {n: 1}}); e.name = "TypeError"; const d = structuredClone(e);
			return [d instanceof TypeError, d.name, d.message, d.cause, Object.keys(d), d.cause !== e.cause, d.stack.includes("script:1")]`, `[true,"TypeError","bad",{"n":1},[],true,true]`},
		"errors of the author's": {`class Oops extends Error { name = "Oops"; extra = 1 } const d = structuredClone(new Oops("x")); return [d instanceof Oops, d instanceof Error, d.name, d.message, d.extra]`, `[false,true,"Error","x",null]`},
		"a DOMException":         {`const d = structuredClone(new DOMException("m", "AbortError")); return [d instanceof DOMException, d.name, d.message, d.code]`, `[true,"AbortError","m",20]`},
		"a Blob and a File": {`const [b, f] = structuredClone([new Blob(["ab"], {type: "x/y"}), new File(["c"], "n", {lastModified: 5})]); return [b instanceof Blob, b.type, await b.text(), f instanceof File, f.name, f.lastModified, await f.text()]`,
			`[true,"x/y","ab",true,"n",5,"c"]`},
		"a CryptoKey": {`const k = await crypto.subtle.generateKey({name: "HMAC", hash: "SHA-256"}, true, ["sign"]), d = structuredClone(k);
			const [a, b] = [await crypto.subtle.exportKey("jwk", k), await crypto.subtle.exportKey("jwk", d)];
			return [d !== k, d instanceof CryptoKey, d.extractable, d.usages, d.algorithm.hash, a.k === b.k]`, `[true,true,true,["sign"],{"name":"SHA-256"},true]`},
		"buffers and views": {`const b = new Uint8Array([1, 2, 3, 4]).buffer, d = structuredClone({b, u: new Uint16Array(b, 2), v: new DataView(b, 1, 2)});
			return [d.b !== b, d.u.buffer === d.b, d.v.buffer === d.b, d.u.byteOffset, d.u.length, d.u.constructor.name, d.v.byteOffset, d.v.byteLength, d.v.getUint8(0)]`, `[true,true,true,2,1,"Uint16Array",1,2,2]`},
		"what is transferred": {`const b = new Uint8Array([1, 2]).buffer, d = structuredClone({b, u: new Uint8Array(b)}, {transfer: [b]});
			return [b.detached, b.byteLength, d.u.buffer === d.b, [...d.u]]`, `[true,0,true,[1,2]]`},
		"arrays with holes and names": {`const a = [1, , 3]; a.x = 4; const d = structuredClone(a); return [d.length, 1 in d, d.x, Array.isArray(d)]`, `[3,false,4,true]`},
		"a long sparse array":         {`const a = []; a[4e9] = 1; const d = structuredClone(a); return [d.length, Object.keys(d)]`, `[4000000001,["4000000000"]]`},
		"getters once, in order":      {`const seen = []; structuredClone({get a() { seen.push("a"); return {get b() { seen.push("b") }} }, get c() { seen.push("c") }}); return seen`, `["a","b","c"]`},
		"own properties only":         {`class A { x = 1; get y() { return 2 } } const d = structuredClone(new A()); return [d, d.constructor === Object, Object.getOwnPropertySymbols(structuredClone({[Symbol.iterator]: 1}))]`, `[{"x":1},true,[]]`},
		"a name that is a trap":       {`const d = structuredClone(JSON.parse('{"__proto__": {"x": 1}}')); return [Object.hasOwn(d, "__proto__"), d.x === undefined]`, `[true,true]`},
		"arguments":                   {`return (function () { return structuredClone(arguments) })(1, 2)`, `{"0":1,"1":2}`},
		"deep values":                 {`let a = 1; for (let i = 0; i < 20000; i++) { a = [a] } let n = 0; for (let d = structuredClone(a); d !== 1; d = d[0]) { n++ } return n`, `20000`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source))
		})
	}
}

func structuredCloneRefusesWhatItCannotCopy(t *testing.T, s *suite) {
	for _, c := range []struct{ expression, want string }{
		{`() => 1`, "DataCloneError: A function cannot be cloned"},
		{`{a: [class {}]}`, "DataCloneError: A function cannot be cloned"},
		{`Symbol()`, "DataCloneError: A symbol cannot be cloned"},
		{`Object(Symbol())`, "DataCloneError: An object of this kind cannot be cloned"},
		{`new Proxy({}, {get() { throw 1 }})`, "DataCloneError: A proxy cannot be cloned"},
		{`Promise.resolve()`, "DataCloneError: A promise cannot be cloned"},
		{`new WeakMap()`, "DataCloneError: An object of this kind cannot be cloned"},
		{`[].values()`, "DataCloneError: An object of this kind cannot be cloned"},
		{`(function* () {})()`, "DataCloneError: An object of this kind cannot be cloned"},
		{`new EventTarget()`, "DataCloneError: An object of the platform cannot be cloned"},
		{`new (class extends EventTarget {})()`, "DataCloneError: An object of the platform cannot be cloned"},
		{`Object.create(Blob.prototype)`, "DataCloneError: An object of the platform cannot be cloned"},
		{`Object.setPrototypeOf(new Blob(), File.prototype)`, "DataCloneError: An object of the platform cannot be cloned"},
		{`Object.create(CryptoKey.prototype)`, "DataCloneError: An object of the platform cannot be cloned"},
		{`new Event("x")`, "DataCloneError: An object of the platform cannot be cloned"},
		{`console`, "DataCloneError: A function cannot be cloned"},
		{`{get a() { throw new RangeError("mine") }}`, "RangeError: mine"},
		{`1, {transfer: [1]}`, "TypeError: What is transferred must be an object"},
		{`1, {transfer: [{}]}`, "DataCloneError: Only an ArrayBuffer can be transferred"},
		{`1, {transfer: 1}`, "TypeError"},
		{`1, 1`, "TypeError: The options of structuredClone must be an object"},
		{``, "TypeError: structuredClone needs 1 argument, but 0 were given"},
	} {
		t.Run(c.expression, func(t *testing.T) {
			require.Contains(t, s.output(t, "try { structuredClone("+c.expression+") } catch (e) { return e.name + ': ' + e.message }"), c.want)
		})
	}
	require.JSONEq(t, `["DataCloneError","DataCloneError",2,"DataCloneError"]`, s.output(t, `
		const b = new ArrayBuffer(2), names = [];
		for (const f of [() => structuredClone(1, {transfer: [b, b]}), () => structuredClone(() => 1, {transfer: [b]})]) {
			try { f() } catch (e) { names.push(e.name) }
		}
		names.push(b.byteLength);
		b.transfer();
		try { structuredClone(b) } catch (e) { names.push(e.name) }
		return names`))
}

func structuredCloneIsBounded(t *testing.T, s *suite) {
	small := func(job *jsruntime.Job) { job.Limits.MaxMemoryBytes = 16 << 20 }
	for name, source := range map[string]string{
		"a long array":          `const a = new Array(2e5).fill(1), all = []; for (;;) { all.push(structuredClone(a)) }`,
		"a large buffer":        `const a = new ArrayBuffer(4e6), all = []; for (;;) { all.push(structuredClone(a)) }`,
		"a getter on end":       `let n = 0; const next = () => ({get a() { return next() }}); structuredClone(next())`,
		"many of a map":         `const m = new Map(); for (let i = 0; i < 2e4; i++) { m.set(i, {}) } const all = []; for (;;) { all.push(structuredClone(m)) }`,
		"without an end":        `structuredClone(1, {transfer: {[Symbol.iterator]() { return {next() { return {value: {}} }} }}})`,
		"a graph that explodes": `let a = {}; for (let i = 0; i < 30; i++) { const v = a; a = {get l() { return structuredClone(v) }, get r() { return structuredClone(v) }} } structuredClone(a)`,
	} {
		t.Run(name, func(t *testing.T) {
			failure := s.failure(t, source, small, withTime(2*time.Second))
			require.Contains(t, []jsruntime.FailureKind{jsruntime.FailureMemory, jsruntime.FailureTimeout}, failure.Kind, failure.Message)
		})
	}
}
