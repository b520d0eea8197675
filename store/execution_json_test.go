package store

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestTheJSONOfAnExecutionIsThatOfEncodingJSON(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		var r jsruntime.ExecutionRecord
		randomize(random, reflect.ValueOf(&r).Elem())
		want, err := encode(r)
		require.NoError(t, err)
		got, err := encodeExecution(&r)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
	want, err := encode(jsruntime.ExecutionRecord{})
	require.NoError(t, err)
	got, err := encodeExecution(&jsruntime.ExecutionRecord{})
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestWhatJSONCannotHoldIsNoExecution(t *testing.T) {
	for name, r := range map[string]jsruntime.ExecutionRecord{
		"input":   {Input: json.RawMessage(`{`)},
		"output":  {Output: json.RawMessage(`1 2`)},
		"payload": {TriggerData: jsruntime.TriggerData{Payload: json.RawMessage(`x`)}},
		"value":   {TriggerData: jsruntime.TriggerData{Payload: func() {}}},
		"year":    {CreatedAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := encodeExecution(&r)
		require.ErrorIs(t, err, jsruntime.ErrInvalid, name)
	}
}

// randomize sets about half of the fields of a value, whichever these are, to something random.
func randomize(random *rand.Rand, v reflect.Value) {
	texts := []string{"a", "é<&>\u2028", "\xff\"\\\n", "plain text"}
	values := []any{nil, json.RawMessage(`{"b": [1, "<\u00e9"]}`), map[string]any{"b": 1.5, "a": "<"}, "x"}
	if v.Kind() != reflect.Struct && random.IntN(2) == 0 {
		return
	}
	switch v.Interface().(type) {
	case uuid.UUID:
		id := uuid.New()
		v.Set(reflect.ValueOf(id))
		return
	case time.Time:
		if random.IntN(2) == 0 {
			v.Set(reflect.ValueOf(time.Unix(random.Int64N(1<<33), random.Int64N(1e9)).UTC()))
		}
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"a": [1, "<\u00e9"]}`))
		return
	}
	switch v.Kind() { //nolint:exhaustive // those that a record has
	case reflect.Struct:
		for i := range v.NumField() {
			randomize(random, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		randomize(random, v.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range texts[random.IntN(2)*len(texts):] {
			element := reflect.New(v.Type().Elem()).Elem()
			randomize(random, element)
			v.SetMapIndex(reflect.ValueOf(key), element)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			randomize(random, v.Index(i))
		}
	case reflect.Interface:
		if value := values[random.IntN(len(values))]; value != nil {
			v.Set(reflect.ValueOf(value))
		}
	case reflect.String:
		v.SetString(texts[random.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(random.Int64N(1 << 30))
	case reflect.Uint8:
		v.SetUint(random.Uint64N(256))
	default:
		panic("a field of type " + v.Type().String())
	}
}
