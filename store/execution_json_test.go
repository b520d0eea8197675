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

// inRow is what the record in a row says: all but what its head says.
type inRow struct {
	jsruntime.ExecutionRecord
	ID             struct{} `json:"id,omitzero"`
	ScriptID       struct{} `json:"scriptId,omitzero"`
	TenantID       struct{} `json:"tenantId,omitzero"`
	Status         struct{} `json:"status,omitzero"`
	CreatedAt      struct{} `json:"createdAt,omitzero"`
	RunAt          struct{} `json:"runAt,omitzero"`
	StartedAt      struct{} `json:"startedAt,omitzero"`
	ConcurrencyCap struct{} `json:"concurrencyCap,omitzero"`
	Weight         struct{} `json:"weight,omitzero"`
	DeadLetter     struct{} `json:"deadLetter,omitzero"`
	Attached       struct{} `json:"attached,omitzero"`
	Lease          struct{} `json:"lease,omitzero"`
}

// inRowOfATrigger is inRow for a trigger that a head can say.
type inRowOfATrigger struct {
	inRow
	TriggerType struct{} `json:"triggerType,omitzero"`
}

func TestTheJSONOfAnExecutionIsThatOfEncodingJSONWithoutWhatTheHeadSays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 2000 {
		var r jsruntime.ExecutionRecord
		randomize(random, reflect.ValueOf(&r).Elem())
		r.Status = statuses[random.IntN(len(statuses))]
		var whole any = inRow{ExecutionRecord: r}
		if i%2 == 0 {
			r.TriggerType = triggers[random.IntN(len(triggers))]
			whole = inRowOfATrigger{inRow: inRow{ExecutionRecord: r}}
		}
		want, err := encode(whole)
		require.NoError(t, err)
		got, err := encodeExecution(&r, 0)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		w, err := rowOf(&r)
		require.NoError(t, err)
		read, err := rowFrom(executionKey(r.TenantID, r.ID), w.bytes())
		require.NoError(t, err)
		back, err := read.decode()
		require.NoError(t, err)
		r.TriggerData, back.TriggerData = jsruntime.TriggerData{}, jsruntime.TriggerData{} // which are compared above
		long, err := encode(storedExecution(r))
		require.NoError(t, err)
		again, err := encode(back)
		require.NoError(t, err)
		require.JSONEq(t, string(long), string(again))
	}
}

func TestWhatJSONCannotHoldIsNoExecution(t *testing.T) {
	for name, r := range map[string]jsruntime.ExecutionRecord{
		"input":   {Input: json.RawMessage(`{`)},
		"output":  {Output: json.RawMessage(`1 2`)},
		"payload": {TriggerData: jsruntime.TriggerData{Payload: json.RawMessage(`x`)}},
		"value":   {TriggerData: jsruntime.TriggerData{Payload: func() {}}},
		"year":    {CreatedAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := encodeExecution(&r, 0)
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
