package vm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestEveryModuleOfTheLibraryOpensAndExportsItsGlobals(t *testing.T) {
	for _, m := range library {
		for _, name := range m.globals {
			result := New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: "return typeof " + name}})
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
