package vm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// A program gets the global object without a mention of it where an unknown name is looked up along its prototypes.
func TestTheGlobalObjectByTheBackDoorCompilesNothing(t *testing.T) {
	for name, global := range map[string]string{
		"a native getter": `Object.defineProperty(Object.prototype, "unknown", {get: Object.prototype.valueOf}); const g = unknown;`,
		"the this of a trap": `const get = new Proxy(function () {}, {apply(target, self) { return self }});
			Object.defineProperty(Object.prototype, "unknown", {get}); const g = unknown;`,
		"the receiver of a trap": `let g; __proto__ = new Proxy({}, {has(t, k) { return k === "unknown" },
			get(t, k, receiver) { if (k === "unknown") { g = receiver } }}); unknown;`,
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, `["object","undefined","undefined"]`,
				output(t, global+`return [typeof g, typeof g["ev" + "al"], typeof g["Func" + "tion"]]`))
		})
	}
}

func TestErrorsOfTheHostAreOfTheRealmsOwnClasses(t *testing.T) {
	host := functions{"limited": func(context.Context, []any) (any, error) { return nil, jsruntime.ErrRateLimit }}
	for name, sabotage := range map[string]string{
		"by name":              `Error = 5;`,
		"by the global object": `Object.defineProperty(Object.prototype, "unknown", {get: Object.prototype.valueOf}); unknown["Err" + "or"] = 5;`,
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, `"RateLimitError"`,
				output(t, sabotage+`try { await limited() } catch (e) { return e.name }`, withHost(host)))
		})
	}
}

func TestNamesThatGoCannotHoldAreWrittenInTime(t *testing.T) {
	for name, source := range map[string]string{
		"many of them":                       `const o = {}; for (let i = 0; i < 20000; i++) { o["\ufffd" + i] = 1 } return o`,
		"a proxy that has others every time": `let n = 0; return new Proxy({}, {ownKeys: () => n++ ? [] : ["\ufffd"], getOwnPropertyDescriptor: () => ({value: 1, enumerable: true, configurable: true})})`,
	} {
		t.Run(name, func(t *testing.T) { output(t, source) })
	}
}
