package jsruntime

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFields compares the fields of an object with those that decoding it gives.
func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"a":1,"b" : {"c":[1,"}",{"\"":"\\"}]} , "\u0061":null,"d":"x\"y,","e":[],"":-1e5}`))
	f.Add([]byte(`{}`))
	f.Add([]byte("{\n\"a\"\t:\rtrue }"))
	f.Add([]byte(`{"a`))
	f.Add([]byte(`{"a\`))
	f.Fuzz(func(t *testing.T, object []byte) {
		got := map[string]json.RawMessage{}
		for name, value := range jsonFields(object) {
			var plain string
			if json.Unmarshal([]byte(name), &plain) == nil {
				got[plain] = value
			}
		}
		var want map[string]json.RawMessage
		if len(object) > 0 && object[0] == '{' && json.Unmarshal(object, &want) == nil {
			require.Len(t, got, len(want))
			for name, value := range want {
				require.Equal(t, string(value), string(got[name]), name)
			}
		}
	})
}
