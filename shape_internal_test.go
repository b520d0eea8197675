package jsruntime

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

type fuzzed struct {
	A int8               `json:"a,omitempty"`
	B uint64             `json:"b,omitempty"`
	C float32            `json:"c,omitempty"`
	D *string            `json:"d"`
	E []fuzzed           `json:"e,omitempty"`
	F map[string]*int64  `json:"f,omitempty"`
	G time.Time          `json:"g,omitzero"`
	H uuid.UUID          `json:"h,omitzero"`
	I netip.Addr         `json:"i,omitzero"`
	J any                `json:"j,omitempty"`
	K [2]bool            `json:"k,omitzero"`
	L struct{ M string } `json:"l,omitzero"`
}

// FuzzArgument makes a parameter of any argument: what is not refused is the same when a script gets it and passes it back.
func FuzzArgument(f *testing.F) {
	f.Add([]byte(`{"a":-128,"b":18446744073709549568,"c":0.1,"d":"x","e":[{},{"d":null}],"f":{"x":1,"y":null},"k":[true,false]}`))
	f.Add([]byte(`{"g":"2026-01-02T03:04:05.6+23:59","h":"7a1f0c52-4f0e-4b6e-9a35-2f6f1f3f9c01","i":"fe80::1%eth0","j":[{}],"l":{"M":"\u0000"}}`))
	f.Add([]byte(`{"e":[{"f":{"a b\"":"c"}}],"unknown":1}`))
	of, err := shapeOf(reflect.TypeFor[fuzzed](), false)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var argument any
		if json.Unmarshal(raw, &argument) != nil {
			return
		}
		var first, second fuzzed
		if m := of.decode(reflect.ValueOf(&first).Elem(), argument); m != nil {
			require.Less(t, len(m.text()), 1000)
			return
		}
		reply, err := plainValue(first)
		require.NoError(t, err)
		m := of.decode(reflect.ValueOf(&second).Elem(), reply)
		require.Nil(t, m, "%s", raw)
		again, err := plainValue(second)
		require.NoError(t, err)
		require.Equal(t, reply, again)
	})
}
