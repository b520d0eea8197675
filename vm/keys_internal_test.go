package vm

import (
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

func TestTheKeysOfAnObjectAreThoseOfObjectKeys(t *testing.T) {
	rt := goja.New()
	for _, source := range []string{
		`({})`, `({b: 1, a: 2})`, `({b: 1, 2: 1, a: 1, 1: 1, "01": 1, "-1": 1, "": 1})`, `({"é": 1, "\ud800": 1, "0é": 1})`,
		`Object.defineProperty({a: 1, b: 2}, "a", {enumerable: false})`, `Object.defineProperty({a: 1}, "x", {get() {}, enumerable: true})`,
		`({get a() { return 1 }, [Symbol.iterator]: 1})`, `Object.create({inherited: 1}, {own: {value: 1, enumerable: true}})`,
		`(() => { const o = {a: 1, b: 2, c: 3}; delete o.b; o.b = 4; return o })()`, `[1, , 3]`, `"text"`, `new Proxy({a: 1}, {})`, `new (class { a = 1; #b = 2 })`,
		`(function () { return arguments })(1, 2)`, `Object.freeze({z: 1, y: 2})`, `globalThis`,
	} {
		v, err := rt.RunString(source)
		require.NoError(t, err)
		object := v.ToObject(rt)
		require.Equal(t, append([]string{}, object.Keys()...), append([]string{}, keysOf(object)...), source)
	}
}
