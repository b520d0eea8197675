package vm

import (
	"context"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
)

func TestEveryModuleOfTheLibraryOpensAndExportsItsGlobals(t *testing.T) {
	for _, m := range library {
		for _, name := range m.globals {
			result := New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: "return typeof " + name}, Host: partsHost{}})
			require.NoError(t, result.Err, name)
			assert.Contains(t, []string{`"function"`, `"object"`}, string(result.Output), name)
		}
	}
}

func TestTheLibraryIsThereAlthoughTheScriptReachesItByAComputedName(t *testing.T) {
	result := New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: `return globalThis["at" + "ob"]("YQ==")`}})
	require.NoError(t, result.Err)
	assert.JSONEq(t, `"a"`, string(result.Output))
}

func TestAnErrorOfTheLibraryIsTheAuthorsLine(t *testing.T) {
	result := New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: "let a = 1\natob('!')"}})
	var failure *jsruntime.ScriptError
	require.ErrorAs(t, result.Err, &failure)
	assert.Equal(t, "InvalidCharacterError: The text is not base64", failure.Message)
	assert.Equal(t, 2, failure.Line)
}

// partsHost has the host's half of every function of the library.
type partsHost struct{}

func (partsHost) Functions() []string { return []string{dbQuery, fetchSend} }

func (partsHost) Call(context.Context, string, []any) (any, error) { return nil, nil }

func TestTheNativesOfTheLibraryTakeAnyArguments(t *testing.T) {
	p, err := compileSource(jsruntime.Source{Text: "return [globalThis, /a/, 1n]"})
	require.NoError(t, err)
	r := newRealm(t.Context(), New(), &jsruntime.Job{Limits: jsruntime.DefaultResourceLimits(), Host: partsHost{}}, p, time.Now().Add(time.Minute))
	_, failure := r.prepare()
	require.Nil(t, failure)
	list, err := r.rt.RunString(`(() => {
		const detached = new ArrayBuffer(8), view = new Uint8Array(detached), hostile = {};
		for (const name of ["toString", "valueOf", "length", "buffer", "constructor"]) {
			Object.defineProperty(hostile, name, {get() { throw new RangeError(name) }});
		}
		return [
			undefined, null, true, 0, -1, 1e300, NaN, 10n, "", "a", "漢\ud800", "multipart/form-data; boundary=x", "fetch:send", Symbol(),
			{}, [], () => 1, hostile, new Proxy({}, {get() { throw 1 }}), new Proxy([], hostile), new ArrayBuffer(3), detached, view,
			new Uint8Array([0x2d, 0x2d, 0x78, 13, 10]), new Uint8Array(4).subarray(1, 3), new Float64Array(2), new DataView(new ArrayBuffer(4)), new Map(), new Date(NaN),
		];
	})()`)
	require.NoError(t, err)
	var values []goja.Value
	for i := range list.(*goja.Object).Get("length").ToInteger() {
		values = append(values, list.(*goja.Object).Get(decimal(i)))
	}
	for _, m := range library {
		for name := range m.natives {
			f, _ := goja.AssertFunction((&nativeTable{r: r, module: m}).Get(name))
			assert.NotPanics(t, func() {
				_, _ = f(goja.Undefined())
				for i, v := range values {
					for _, w := range values {
						_, _ = f(v, v, w, values[(i*7+3)%len(values)])
					}
				}
			}, "%s of %s", name, m.name)
		}
	}
	r.calls.end()
}

func TestNoGlobalOfTheLibraryCanBeAFunctionOfTheApplicationUnlessThatStandsForIt(t *testing.T) {
	none := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	for _, g := range globals {
		_, err := jsruntime.New(store.NewMemory(), New(), jsruntime.WithFunction(g.name, none))
		if g.needs == "" {
			assert.ErrorIs(t, err, jsruntime.ErrInvalid, g.name)
		} else {
			assert.NoError(t, err, g.name)
		}
	}
}
