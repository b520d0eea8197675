package vm_test

import (
	"context"
	"testing"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime/vm"
)

// benchProgram is a body that takes the plain engine 50 to 200 ms, so that making a realm does not count.
type benchProgram struct{ name, source string }

var benchPrograms = []benchProgram{
	{"empty loop", `let i = 0; for (; i < 1500000; i++) ; return i`},
	{"while loop", `let i = 0, s = 0; while (i < 800000) { s += i; i++ } return s`},
	{"fib", `const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(28)`},
	{"sort", `let seed = 1; const a = Array.from({length: 30000}, () => seed = seed * 16807 % 2147483647)
		return a.sort((x, y) => x - y)[100]`},
	{"strings", `let n = 0; for (let i = 0; i < 400; i++) { let s = ""; for (let j = 0; j < 300; j++) s += j % 10 + ","; n += s.split(",").length } return n`},
	{"JSON", `const o = Array.from({length: 200}, (_, i) => ({id: i, name: "item " + i, tags: ["a", "b"], at: {x: i, y: -i}}))
		let n = 0; for (let i = 0; i < 40; i++) n += JSON.parse(JSON.stringify(o)).length; return n`},
	{"objects", `let n = 0; for (let i = 0; i < 25000; i++) { const o = {id: i, name: "n", list: [i]}; const {id, ...rest} = o; n += id + Object.keys(rest).length } return n`},
	{"matrix", `const n = 70, make = f => Array.from({length: n}, (_, i) => Array.from({length: n}, (_, j) => f(i, j)))
		const a = make((i, j) => i + j), b = make((i, j) => i - j), c = make(() => 0)
		for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) { let s = 0; for (let k = 0; k < n; k++) s += a[i][k] * b[k][j]; c[i][j] = s } return c[3][4]`},
	{"callbacks", `let n = 0; for (let i = 0; i < 70; i++) n += Array.from({length: 2000}, (_, j) => j).map(x => x * 2).filter(x => x % 3).reduce((a, b) => a + b, 0); return n`},
	{"natives", `let n = 0; for (let i = 0; i < 150000; i++) n += Math.max(i, 3) + "abc".charCodeAt(i % 3); return n`},
	{"regular expressions", `let n = 0; for (let i = 0; i < 15000; i++) n += "key=value; other=thing; last=one".replace(/(\w+)=(\w+)/g, (_, k, v) => v + k).length; return n`},
	{"spread and templates", "let n = 0; for (let i = 0; i < 10000; i++) { const a = [...[i, 1, 2]], [x, y] = a; n += Math.max(...a) + `${x}-${y}-${i}`.length } return n"},
}

// runner prepares a body and returns what runs it once, in a fresh realm.
type runner func(source string) (func() error, error)

// plainRunner runs in the plain engine what the executor would run, compiled once as its cache does.
func plainRunner(source string) (func() error, error) {
	program, err := compilePlain(source)
	if err != nil {
		return nil, err
	}
	return func() error {
		_, err := callPlain(goja.New(), program)
		return err
	}, nil
}

func vmRunner(source string) (func() error, error) {
	executor := vm.New()
	job := jobOf(source)
	return func() error { return executor.Run(context.Background(), job).Err }, executor.Check(context.Background(), job.Source)
}

// BenchmarkPrograms compares programs that run for a while; make bench-vm prints the same as a table of ratios.
func BenchmarkPrograms(b *testing.B) {
	for _, p := range benchPrograms {
		for _, x := range []struct {
			name string
			runner
		}{{"plain", plainRunner}, {"vm", vmRunner}} {
			b.Run(p.name+"/"+x.name, func(b *testing.B) {
				run, err := x.runner(p.source)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// benchAttacks are what another tenant does while the bystander is measured.
var benchAttacks = []benchProgram{
	{"endless loop", `for (;;) ;`},
	{"endless recursion in try", `const f = () => { try { f() } finally { f() } }; f()`},
	{"string doubling", `let s = "x"; for (;;) s = s.length > 1e7 ? "x" : s + s`},
	{"array growth", `const a = []; for (let i = 0; i < 3e6; i++) a.push({i}); return a.length`},
	{"backtracking", `return /^(a+)+$(?=b)/.test("a".repeat(26) + "c")`},
	{"microtasks", `const again = () => Promise.resolve().then(again); await again(); for (;;) await null`},
	{"native scan", `const a = new Array(1e6).fill(0); for (;;) a.indexOf(1)`},
	{"BigInt power", `for (;;) 3n ** 100000n`},
}
