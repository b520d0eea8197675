package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrdersAreImportedOnceAndNothingElseIsReached(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Contains(t, out.String(), "import\n  GET 200, 47 bytes\n  map[cents:5790 imported:2]\nimport\n  GET 200, 2 bytes\n  map[cents:0 imported:0]\nattack\n")
	require.Equal(t, 3, strings.Count(out.String(), "not allowed"), out.String())
}
