package vm

import (
	"context"
	"testing"

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
