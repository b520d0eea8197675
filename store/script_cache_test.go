package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestACachedScriptIsWhatIsStored(t *testing.T) {
	var c scriptCache
	for _, name := range []string{"one", "one", "two"} {
		raw, err := encode(jsruntime.ScriptRecord{Name: name, Tags: []string{name}})
		require.NoError(t, err)
		got, err := c.decode([]byte("key"), raw)
		require.NoError(t, err)
		require.Equal(t, name, got.Name)
		require.Equal(t, []string{name}, got.Tags)
		got.Tags[0] = "spoilt" // which the next one must not see
	}
}

func TestTheCacheOfScriptsIsBounded(t *testing.T) {
	var c scriptCache
	raw, err := encode(jsruntime.ScriptRecord{Source: strings.Repeat("x", maxCachedScripts/10)})
	require.NoError(t, err)
	for n := range 35 {
		_, err := c.decode(fmt.Append(nil, n), raw)
		require.NoError(t, err)
		held := 0
		for _, s := range c.byKey {
			held += len(s.raw)
		}
		require.Equal(t, held, c.size)
		require.LessOrEqual(t, held, maxCachedScripts)
	}
}
