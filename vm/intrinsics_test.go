package vm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The engine makes most intrinsics when they are first needed, and a script may have prepared for that.
func TestSettersOfTheScriptHaveNoPartInHowTheEngineMakesIntrinsics(t *testing.T) {
	const objects = `
		const objects = [];
		for (const name of ["Map", "Set", "RegExp", "Symbol", "Promise", "WeakMap", "WeakSet", "Proxy", "Date", "ArrayBuffer", "DataView", "Uint8Array",
			"BigInt64Array", "Error", "TypeError", "AggregateError", "BigInt", "Number", "Boolean", "String", "Array", "Reflect", "JSON", "Math"]) {
			objects.push(globalThis[name], globalThis[name].prototype);
		}
	`
	names := run(objects + `
		const names = new Set();
		for (const object of objects) if (object) for (const name of Object.getOwnPropertyNames(object)) if (!(name in {})) names.add(name);
		return [...names];`)
	require.NoError(t, names.Err)
	for target, define := range map[string]string{
		"Object.prototype":              "Object.defineProperty(target, name, accessor)",
		"Object.getPrototypeOf({})":     "Reflect.defineProperty(target, name, accessor)",
		"new Proxy({}.__proto__, {})":   "Object.defineProperties(target, { __proto__: null, [name]: accessor })",
		"Object.getPrototypeOf([1, 2])": "Object.defineProperty(target.__proto__, name, accessor)",
	} {
		result := run(fmt.Sprintf(`
			const seen = [], target = %s;
			for (const name of %s) {
				const accessor = { __proto__: null, set() { seen[seen.length] = name }, configurable: true };
				%s;
			}
			%s
			return seen;`, target, names.Output, define, objects))
		require.NoError(t, result.Err, target)
		require.JSONEq(t, `[]`, string(result.Output), target)
	}
	result := run(`
		Object.prototype.size = 1;
		Object.freeze(Object.prototype);
		return new Map([[1, 2]]).size`)
	require.NoError(t, result.Err)
	require.JSONEq(t, `1`, string(result.Output))
}
