package vm

import (
	"math"
	"runtime"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

// hoards are programs that retain much of one kind; count is for about 8 MB.
var hoards = []struct {
	name  string
	count int
	text  string // sees keep, an array, and n, the count
}{
	{"dense array of integers", 400_000, `for (var i = 0; i < n; i++) keep.push(i + 1000)`},
	{"dense array of floats", 400_000, `for (var i = 0; i < n; i++) keep.push(i + 0.5)`},
	{"one float many times", 600_000, `for (var i = 0, f = 0.5; i < n; i++) keep.push(f)`},
	{"dense array of objects", 40_000, `for (var i = 0; i < n; i++) keep.push({})`},
	{"objects with three keys", 16_000, `for (var i = 0; i < n; i++) keep.push({ a: i, b: 'x' + i, c: true })`},
	{"one object with many keys", 80_000, `keep = {}; for (var i = 0; i < n; i++) keep['key' + i] = i + 1000`},
	{"object after delete", 100_000, `keep = {}; for (var i = 0; i < n; i++) keep['key' + i] = i
		for (i = 0; i < n; i++) delete keep['key' + i]`},
	{"nested objects", 16_000, `for (var i = 0, o = keep; i < n; i++) o = o.next = { v: i }`},
	{"nested arrays", 40_000, `for (var i = 0, o = keep; i < n; i++) { var a = []; o[0] = a; o = a }`},
	{"Map", 60_000, `keep = new Map(); for (var i = 0; i < n; i++) keep.set('k' + i, i)`},
	{"Map after delete", 60_000, `var m = new Map(); for (var i = 0; i < n; i++) m.set('k' + i, i)
		for (i = 0; i < n; i += 2) m.delete('k' + i); keep.push(m)`},
	{"Set", 60_000, `keep = new Set(); for (var i = 0; i < n; i++) keep.add(i + 0.5)`},
	{"WeakMap with keys alive", 25_000, `keep.push(new WeakMap()); for (var i = 0; i < n; i++) { var k = {}; keep.push(k); keep[0].set(k, i + 1000) }`},
	{"WeakSet with keys alive", 25_000, `keep.push(new WeakSet()); for (var i = 0; i < n; i++) { var k = {}; keep.push(k); keep[0].add(k) }`},
	{"long ASCII texts", 80, `for (var i = 0; i < n; i++) keep.push('x'.repeat(100000 + i))`},
	{"long Unicode texts", 40, `for (var i = 0; i < n; i++) keep.push('ж'.repeat(100000 + i))`},
	{"small texts", 120_000, `for (var i = 0; i < n; i++) keep.push('text number ' + i)`},
	{"small Unicode texts", 90_000, `for (var i = 0; i < n; i++) keep.push('номер ' + i)`},
	{"every prefix of a text", 4_000, `var s = ''; for (var i = 0; i < n; i++) { s += 'x'; keep.push(s) }`},
	{"pieces of large texts", 80, `for (var i = 0; i < n; i++) keep.push(('x'.repeat(100000) + i).substring(10, 12))`},
	{"split text", 80_000, `keep = 'some text,'.repeat(n).split(',')`},
	{"ArrayBuffer", 8, `for (var i = 0; i < n; i++) keep.push(new ArrayBuffer(1 << 20))`},
	{"typed arrays", 8, `for (var i = 0; i < n; i++) keep.push(new Float64Array(1 << 17))`},
	{"small typed arrays", 10_000, `for (var i = 0; i < n; i++) keep.push(new Uint8Array(64))`},
	{"views of one buffer", 15_000, `var b = new ArrayBuffer(1024); for (var i = 0; i < n; i++) keep.push(new Uint8Array(b, i % 512))`},
	{"BigInt", 800, `for (var i = 0; i < n; i++) keep.push(1n << BigInt(80000 + i))`},
	{"small BigInt", 90_000, `for (var i = 0; i < n; i++) keep.push(BigInt(i) << 40n)`},
	{"Date", 35_000, `for (var i = 0; i < n; i++) keep.push(new Date(i))`},
	{"RegExp made at run time", 2_000, `for (var i = 0; i < n; i++) keep.push(new RegExp('a' + i + '[b-d]+x?'))`},
	{"RegExp that backtracks", 700, `for (var i = 0; i < n; i++) keep.push(new RegExp('(?=a' + i + ')[b-d]+x?'))`},
	{"RegExp literals", 2_000, `for (var i = 0; i < n; i++) keep.push(/a[b-d]+x?/)`},
	{"closures", 15_000, `function f(a, b) { return () => a + b } for (var i = 0; i < n; i++) keep.push(f(i + 1000, 'v' + i))`},
	{"functions", 9_000, `for (var i = 0; i < n; i++) keep.push(function () {})`},
	{"bound functions", 8_000, `function f() {} for (var i = 0; i < n; i++) keep.push(f.bind({}, i + 1000, 'b' + i))`},
	{"bound functions of large arguments", 80, `function f() {} for (var i = 0; i < n; i++) keep.push(f.bind(null, 'x'.repeat(100000)))`},
	{"instances with private fields", 12_000, `class C { #a = {}; #b = 2; m() { return this.#a + this.#b } }
		for (var i = 0; i < n; i++) keep.push(new C())`},
	{"classes", 2_500, `for (var i = 0; i < n; i++) keep.push(class { #a = 1; m() {} static s() {} get g() { return 1 } })`},
	{"Proxy", 12_000, `for (var i = 0; i < n; i++) keep.push(new Proxy({}, {}))`},
	{"revocable Proxy", 5_000, `for (var i = 0; i < n; i++) keep.push(Proxy.revocable({}, {}).revoke)`},
	{"pending promises", 5_000, `for (var i = 0; i < n; i++) keep.push(new Promise(function () {}))`},
	{"reactions of a pending promise", 5_000, `var p = new Promise(function (r) { keep.push(r) })
		for (var i = 0; i < n; i++) p.then(function () {})`},
	{"promise callbacks that hold text", 80, `var p = new Promise(function (r) { keep.push(r) })
		function hold(s) { p.then(() => s) } for (var i = 0; i < n; i++) hold('x'.repeat(100000))`},
	{"resolving functions alone", 5_000, `for (var i = 0; i < n; i++) new Promise(function (r) { keep.push(r) })`},
	{"queued jobs", 80, `for (var i = 0; i < n; i++) Promise.resolve('x'.repeat(100000)).then(function (s) { keep.push(s) })`},
	{"Promise.all", 1_500, `var p = new Promise(function () {}); for (var i = 0; i < n; i++) keep.push(Promise.all([p, 'v' + i]))`},
	{"Promise.allSettled", 1_200, `var p = new Promise(function () {}); for (var i = 0; i < n; i++) keep.push(Promise.allSettled([p, 'v' + i]))`},
	{"Promise.any", 1_500, `var p = new Promise(function () {}); for (var i = 0; i < n; i++) keep.push(Promise.any([p, p]))`},
	{"finally", 3_000, `var p = new Promise(function (r) { keep.push(r) }); for (var i = 0; i < n; i++) p.finally(function () {})`},
	{"async functions that wait", 4_000, `var p = new Promise(function (r) { keep.push(r) })
		async function f(a) { var x = { a }; await p; return x } for (var i = 0; i < n; i++) f(i)`},
	{"generators", 8_000, `function* g(a) { var x = { a }; yield x; yield a } for (var i = 0; i < n; i++) { var s = g(i); s.next(); keep.push(s) }`},
	{"generators in a for-in loop", 400, `var o = {}; for (var i = 0; i < 100; i++) o['k' + i] = i
		function* g() { for (var k in o) yield k } for (var i = 0; i < n; i++) { var s = g(); for (var j = 0; j < 60; j++) s.next(); keep.push(s) }`},
	{"generators in a for-of loop", 6_000, `function* g() { for (var k of [1, 2, 3]) yield k } for (var i = 0; i < n; i++) { var s = g(); s.next(); keep.push(s) }`},
	{"iterators", 30_000, `for (var i = 0; i < n; i++) keep.push([1, 2].values())`},
	{"errors with stacks", 8_000, `function deep(d) { return d ? deep(d - 1) : new Error('e') } for (var i = 0; i < n; i++) keep.push(deep(10))`},
	{"symbols", 120_000, `for (var i = 0; i < n; i++) keep.push(Symbol('s' + i))`},
	{"symbol keys", 25_000, `keep = {}; for (var i = 0; i < n; i++) keep[Symbol('s' + i)] = i`},
	{"registered symbols", 50_000, `for (var i = 0; i < n; i++) Symbol.for('s' + i)`},
	{"sparse array", 150_000, `keep[1e9] = 1; for (var i = 0; i < n; i++) keep[i * 1000] = i + 1000`},
	{"getters and setters", 8_000, `for (var i = 0; i < n; i++) keep.push({ get a() { return 1 }, set a(v) {} })`},
	{"arguments objects", 12_000, `function f() { return arguments } for (var i = 0; i < n; i++) keep.push(f(i, i + 1000))`},
	{"JSON", 14_000, `var s = []; for (var i = 0; i < n; i++) s.push('{"id":' + (i + 1000) + ',"name":"n' + i + '","tags":["a","b"]}')
		keep = JSON.parse('[' + s.join() + ']'); s = null`},
	{"JSON text of Unicode", 80, `for (var i = 0; i < n; i++) keep.push(JSON.stringify('ж'.repeat(50000)))`},
	{"global variables", 50_000, `for (var i = 0; i < n; i++) globalThis['global' + i] = i + 1000`},
	{"boxed primitives", 30_000, `for (var i = 0; i < n; i++) keep.push(new Number(i + 1000), new String('s' + i))`},
	{"spread call stack", 300, `function f() {} var a = new Array(1024 * n).fill(0.5); f(...a); keep.push(a)`},
}

// heapNow returns the bytes of live heap.
func heapNow() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// held is what a program in hoards retains, and what the meter says.
type held struct {
	truth, measured, objects, own, stack int64
}

// hoard runs text in a fresh realm.
func hoard(t *testing.T, text string, n int) held {
	t.Helper()
	program, err := goja.Compile("", "(function (n) {\n"+text+"\n;return keep })", false)
	require.NoError(t, err)
	before := heapNow()
	rt := goja.New()
	require.NoError(t, rt.Set("keep", rt.NewArray()))
	f, err := rt.RunProgram(program)
	require.NoError(t, err)
	call, _ := goja.AssertFunction(f)
	kept, err := call(goja.Undefined(), rt.ToValue(n))
	require.NoError(t, err)
	h := held{truth: heapNow() - before}
	m := newMeter()
	var complete bool
	h.measured, complete = m.measure(rt, math.MaxInt64, nil, kept)
	require.True(t, complete)
	h.objects, h.own = m.objects, m.own()
	h.stack = h.own - m.marks.bytes()
	runtime.KeepAlive(rt)
	runtime.KeepAlive(program)
	return h
}

func TestMeterIsWithinAQuarterOfTheTruth(t *testing.T) {
	least, part := int64(8<<20), 1
	if racing {
		least, part = least/16, 16
	}
	hoard(t, `keep.push(1)`, 1) // what is made once for the process
	large := map[string]bool{
		"dense array of floats": true, "objects with three keys": true, "nested objects": true, "Map": true, "small texts": true,
		"long Unicode texts": true, "typed arrays": true, "closures": true, "pending promises": true, "JSON": true,
	}
	for _, h := range hoards {
		t.Run(h.name, func(t *testing.T) {
			checkAccuracy(t, h.text, h.count/part+1, least)
			if large[h.name] && !testing.Short() && !racing {
				checkAccuracy(t, h.text, 8*h.count, 8*least)
			}
		})
	}
}

// checkAccuracy compares a hoard of at least so many bytes with what the meter says.
func checkAccuracy(t *testing.T, text string, n int, least int64) {
	got := hoard(t, text, n)
	for range 3 {
		if got.truth >= least {
			break
		}
		n = int(1.1*float64(n)*float64(least)/float64(got.truth)) + 1
		got = hoard(t, text, n)
	}
	ratio := float64(got.measured) / float64(got.truth)
	own := float64(got.own) / float64(got.measured)
	t.Logf("%.3f of %5.1f MB, %d objects; the meter takes %.1f%%", ratio, float64(got.truth)/1e6, got.objects, 100*own)
	require.Greater(t, got.truth, least*3/4)
	require.InDelta(t, 1, ratio, 0.25)
	// The marks are 3% of the pages touched, and in a heap full of holes more of what is left there.
	require.Less(t, float64(got.stack)/float64(got.measured), 0.1)
	require.Less(t, own, 0.5)
}
