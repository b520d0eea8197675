package vm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsOfConversionTellNoAddresses(t *testing.T) {
	const message = "Cannot convert object to primitive value"
	for _, expression := range []string{
		`String(Object.create(null))`, `Object.create(null) + 1`, `[{__proto__: null}] + ""`, "`${{toString: 1, valueOf: 1}}`", `+{toString: 1, valueOf: () => ({})}`,
		`({})[{__proto__: null}]`, `[{__proto__: null}, {__proto__: null}].sort()`,
	} {
		for _, s := range []string{
			`try { %s } catch (e) { return e.message }`,
			`return await (async () => { %s })().catch(e => e.message)`,
			`return (await Promise.allSettled([new Promise(() => { %s })]))[0].reason.message`,
			`return await new Promise(() => { %s }).then(0, e => e.message)`,
		} {
			require.Equal(t, `"`+message+`"`, output(t, fmt.Sprintf(s, expression)), s, expression)
		}
		result := run(expression)
		require.ErrorContains(t, result.Err, "TypeError: "+message, expression)
		require.NotContains(t, result.Err.Error(), "0x", expression)
	}
}

// The names by which a compiled program calls the guard are in no scope that a script can look into.
func TestAWithStatementDoesNotTellTheNamesOfTheGuard(t *testing.T) {
	for _, change := range []string{`Object.setPrototypeOf(o, spy)`, `o.__proto__ = spy`, `Object.setPrototypeOf(proto, spy)`} {
		require.Equal(t, `["a","f"]`, output(t, `
			const seen = new Set(), proto = {}, o = Object.create(proto), spy = new Proxy({}, {has(t, k) { seen.add(String(k)); return false }})
			var a = 1, f = () => {}
			with (o) { `+change+`; const b = [...[a]], {...c} = {a}; for (const k in {a}) f(); `+"`${a}${a}${a}`"+` }
			return [...seen].filter(k => !["Object", "o", "spy", "proto"].includes(k)).sort()`), change)
	}
}

func TestWhatGoCannotWriteIsNotInAMessage(t *testing.T) {
	require.NotContains(t, output(t, `try { Number.prototype.toFixed.call({toString() { throw new Error("q") }}) } catch (e) { return e.message }`), "PANIC")
}

func TestToLocaleStringOfWhatHasNoTextIsATypeError(t *testing.T) {
	require.Equal(t, `"toString is not a function"`, output(t, `try { Object.prototype.toLocaleString.call({__proto__: null}) } catch (e) { return e instanceof TypeError && e.message }`))
	require.JSONEq(t, `["[object Object]", "1,x", "5"]`, output(t, `return [({}).toLocaleString(), [1, {toString: () => "x"}].toLocaleString(), Object.prototype.toLocaleString.call(5)]`))
}
