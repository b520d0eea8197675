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
