package vm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

// makers make a value from others: %[1]s and %[2]s are expressions.
var makers = []string{
	`{ a: %[1]s, b: %[2]s }`, `[%[1]s, %[2]s]`, `new Map([[%[1]s, %[2]s]])`, `new Set([%[1]s, %[2]s])`,
	`(function (x, y) { return () => [x, y] })(%[1]s, %[2]s)`, `(function f() {}).bind(%[1]s, %[2]s)`,
	`new Proxy({ t: %[1]s }, { h: %[2]s })`, `Proxy.revocable({ t: %[1]s }, { h: %[2]s })`,
	`Promise.resolve(%[1]s).then(() => %[2]s)`, `Promise.all([%[1]s, new Promise(function () {})])`,
	`new Promise(function (r) { pool.push(r) }).finally(function () { return %[1]s })`,
	`(async function (x) { await new Promise(function () {}); return x })(%[1]s)`,
	`(function () { var g = (function* (x) { for (var k in x) yield k })(%[1]s); g.next(); return g })()`,
	`(function () { return arguments })(%[1]s, %[2]s)`, `new WeakMap([[pool[0], %[1]s]])`, `Object(Symbol('s'))`,
	`new Uint8Array(%[3]d)`, `BigInt(%[3]d) << 100n`, `'x'.repeat(%[3]d)`, `'ж'.repeat(%[3]d)`, `%[3]d.5`, `new Date(%[3]d)`,
	`new RegExp('a' + %[3]d)`, `new Error('e' + %[3]d)`, `JSON.parse('{"a":[%[3]d,{"b":"c"}]}')`, `('y'.repeat(%[3]d) + '!').slice(1)`,
	`new (class { #p = %[1]s; get g() { return this.#p } })()`, `Object.defineProperty({}, 'p', { get() { return %[1]s } })`,
	`(function () { var a = []; a[1e9] = %[1]s; return a })()`, `Object.create(%[1]s instanceof Object ? %[1]s : null)`,
}

// checkRandom grows a realm by random values and expects the measurements to be repeatable and to grow with it.
func checkRandom(t *testing.T, seed uint64, steps int) {
	random := rand.New(rand.NewPCG(seed, 0))
	rt := goja.New()
	_, err := rt.RunString(`var pool = [{}]`)
	require.NoError(t, err)
	reused := newMeter()
	last := int64(0)
	for range steps {
		pick := func() string { return fmt.Sprintf("pool[%d %% pool.length]", random.IntN(1000)) }
		text := fmt.Sprintf(makers[random.IntN(len(makers))]+"\n// %[1]s %[2]s %[3]d", pick(), pick(), 1+random.IntN(5000))
		if random.IntN(10) == 0 {
			text = fmt.Sprintf("Object(%s).link = %s", pick(), pick())
		}
		if _, err := rt.RunString("pool.push(" + text + "\n)"); err != nil {
			require.ErrorAs(t, err, new(*goja.Exception)) // of a revoked Proxy, say
		}
		bytes, complete := reused.measure(rt, math.MaxInt64, nil)
		require.True(t, complete)
		fresh, _ := newMeter().measure(rt, math.MaxInt64, nil)
		require.Equal(t, bytes, fresh, "after %s", text)
		// A job that was done, a stack that was replaced, frees a little.
		require.Greater(t, bytes, last-4096, "after %s", text)
		last = bytes
	}
}

func TestMeterOfRandomRealmsIsRepeatableAndGrows(t *testing.T) {
	for range 20 {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		checkRandom(t, seed, 60)
		if t.Failed() {
			return
		}
	}
}

func FuzzMeter(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkRandom(t, seed, 20) })
}
