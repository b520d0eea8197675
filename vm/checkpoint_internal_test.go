package vm

import (
	"reflect"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// Every checkpoint must be found, wherever the compiler puts it: what is left takes several times as long.
func TestCheckpointsOfEveryConstructAreExchanged(t *testing.T) {
	for source, want := range map[string]int{
		`f()`:                     0,
		`for (;;) f()`:            1,
		`for (const a of b) f(a)`: 1,
		`for (const a in b) f(a)`: 1,
		`for (let i = 0; i < 9; i++) { setTimeout(() => i) }`: 2,
		`while (f()) { g() }`:                                     1,
		`do f(); while (g())`:                                     1,
		`a: for (;;) { b: for (;;) { f(); continue a } }`:         2,
		`function f() {} f()`:                                     1,
		`const f = () => 1, g = () => { f() }`:                    2,
		`async function f() { await 1 }`:                          1,
		`const f = async () => 1`:                                 1,
		`function* f() { yield 1 }`:                               1,
		`async function* f() {}`:                                  0, // not a part of the language here
		`({f() {}, get g() { return 1 }, set g(v) {}, [h]() {}})`: 4,
		`class A { constructor() {} f() {} static g() {} get h() { return 1 } #i() {} j = () => 1; static { for (;;) f() } }`: 7,
		`class A extends B { constructor() { super() } }`:                                                                     1,
		`with (a) { for (;;) f() }`: 1,
		`try { for (;;) f() } catch (e) { for (;;) f() } finally { for (;;) f() }`: 3,
		`switch (a) { case 1: for (;;) f() }`:                                      1,
		`f(function () { return function () { return () => 1 } })`:                 3,
		`function f(a = () => 1, {b = function () {}} = {}) { "use strict"; }`:     0, // an error
		`function f(a = () => 1, {b = function () {}} = {}) {}`:                    3,
		`return 1`: 0,
	} {
		p, err := compileSource(jsruntime.Source{Text: source})
		if err != nil {
			require.Zero(t, want, "%s: %v", source, err)
			continue
		}
		all, exchanged := countCheckpoints(p.code)
		require.Equal(t, want, all, source)
		require.Equal(t, all, exchanged, source)
	}
}

// countCheckpoints returns how many checkpoints the compiler made of a program, and how many were exchanged.
func countCheckpoints(p *goja.Program) (all, exchanged int) {
	original := reflect.ValueOf(p).Elem().FieldByName("code")
	for i := range original.Len() {
		v := original.Index(i).Elem()
		if v.Kind() == reflect.String && v.String() == checkName {
			all++
			if original.Index(i-1).Elem().Type() == reflect.TypeFor[*checkpointInstruction]() {
				exchanged++
			}
		}
		if v.Kind() != reflect.Pointer {
			continue
		}
		for _, path := range programsIn(v.Type().Elem()) {
			if inner := (*goja.Program)(v.Elem().FieldByIndex(path).UnsafePointer()); inner != nil {
				a, e := countCheckpoints(inner)
				all, exchanged = all+a, exchanged+e
			}
		}
	}
	return all, exchanged
}
