package jsruntime

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzCheckPayload(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e3,"1e999\\",null,true]}`, `1e400`, `-1e-400`, `[0.1E+3]`, strings.Repeat("9", 400), `"\"1e999"`, `01`, `[1e308,1e309]`, `{}{}`, ``, `1 1`, "1e999999999999",
		"0." + strings.Repeat("0", 400) + "1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		readable := depth([]byte(text)) <= MaxValueDepth && json.Unmarshal([]byte(text), &v) == nil
		require.Equal(t, readable, CheckPayload(json.RawMessage(text)) == nil, text)
	})
}
