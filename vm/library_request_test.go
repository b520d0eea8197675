package vm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// echo answers a request with what it was asked.
type echo struct{}

func (echo) Functions() []string { return []string{"fetch:send"} }

func (echo) Call(_ context.Context, _ string, args []any) (any, error) {
	return []any{200.0, "OK", args[1], false, "", fmt.Appendf(nil, "%q", args[1:]), true}, nil
}

func TestARequestOfPlainObjectsIsWhatTheLibraryMakesOfIt(t *testing.T) {
	for _, init := range []string{
		`{}`, `{method: "post"}`, `{method: "POST", body: "a"}`, `{method: "PUT", body: ""}`, `{method: "DELETE", body: null}`,
		`{method: "patch"}`, `{method: "a b"}`, `{method: "TRACE"}`, `{method: 1}`, `{method: undefined, headers: undefined, body: undefined}`,
		`{body: "a"}`, `{method: "HEAD", body: "a"}`, `{method: "POST", body: "\u20ac\ud800"}`, `{method: "POST", body: 1}`,
		`{method: "POST", body: new Uint8Array([65])}`, `{method: "POST", body: new URLSearchParams("a=b")}`,
		`{headers: {a: "b", "X-C": " d\t", 2: "two", 1: "one"}}`, `{headers: {A: "1", a: "2"}}`, `{headers: {a: 1}}`, `{headers: {a: ""}}`,
		`{headers: {"a b": "c"}}`, `{headers: {a: "b\nc"}}`, `{headers: {a: "b\0"}}`, `{headers: {a: "\u00e9"}}`, `{headers: {a: "\u20ac"}}`,
		`{headers: {"": "a"}}`, `{headers: null}`, `{headers: []}`, `{headers: [["a", "b"]]}`, `{headers: new Headers({a: "b"})}`,
		`{headers: {__proto__: {a: "b"}, c: "d"}}`, `{headers: Object.defineProperty({a: "b"}, "c", {value: "d"})}`, `{headers: {get a() { return "b" }}}`,
		`{method: "POST", headers: {"Content-Type": "x"}, body: "a"}`, `{method: "POST", headers: {"content-type": ""}, body: "a"}`,
		`{redirect: "manual"}`, `{redirect: "never"}`, `{cache: "no-store", method: "POST"}`, `{signal: 1}`, `{window: 1}`, `{unknown: 1}`,
		`{__proto__: {method: "POST"}}`, `{get method() { return "POST" }}`, `Object.create(null)`, `null`, `1`, `[]`,
	} {
		for _, before := range []string{
			``, `Object.prototype.redirect = "manual";`, `Object.prototype.body = "x";`, `Object.prototype[Symbol.iterator] = function* () {};`,
		} {
			source := before + `const ask = async (init) => {
				try { return await (await fetch("http://A.example/x?y#z", init)).text() } catch (e) { return e.name + ": " + e.message }
			};
			const init = ` + init + `, other = typeof init === "object" && init ? Object.defineProperty(` + init + `, Symbol(), {value: 1}) : init;
			return [await ask(init), await ask(other)]`
			result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: source}, Host: echo{}})
			require.NoError(t, result.Err, "%s %s", before, init)
			answers := strings.TrimSuffix(strings.TrimPrefix(string(result.Output), "["), "]")
			half := (len(answers) - len(",")) / 2
			assert.Equal(t, answers[:half], answers[half+1:], "%s %s", before, init)
		}
	}
}
