package jsruntime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAPauseDoublesUpToItsCapAndIsRandomByTheShareOfItsJitter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := RetryPolicy{Attempts: MaxAttempts, Base: time.Duration(rapid.Int64Range(1, int64(MaxRetryPause)).Draw(t, "base"))}
		p.Cap = time.Duration(rapid.Int64Range(int64(p.Base), int64(MaxRetryPause)).Draw(t, "cap"))
		p.Jitter = rapid.Float64Range(0, 1).Draw(t, "jitter")
		require.NoError(t, p.Validate())
		whole := p.Base
		for failures := 1; failures < MaxAttempts; failures++ {
			pause := p.pause(failures)
			require.LessOrEqual(t, pause, whole)
			least := time.Duration(float64(whole) * (1 - p.Jitter))
			require.GreaterOrEqual(t, pause, least-time.Microsecond*(1+whole/time.Hour)) // a float's precision
			whole = min(2*whole, p.Cap)
		}
	})
	p := DefaultRetryPolicy()
	p.Jitter = 0
	var pauses []time.Duration
	for failures := range p.Attempts - 1 {
		pauses = append(pauses, p.pause(failures+1))
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, pauses)
}

func TestEqualValuesHaveOneOrderKeyAndLongOnesABoundedOne(t *testing.T) {
	key := func(payload string) string {
		p := eventPayload{raw: []byte(payload)}
		return p.orderKey("k")
	}
	require.Equal(t, key(`{"k":{"a":1,"b":[1.0,"x"]}}`), key(`{"k": {"b":[1,"\u0078"], "a":1e0}, "other":2}`))
	require.NotEqual(t, key(`{"k":1}`), key(`{"k":"1"}`))
	require.Equal(t, "event:null", key(`{"k":null}`))
	require.Empty(t, key(`{"K":1}`))
	require.Empty(t, key(`[1]`))
	require.Empty(t, key(`{`))
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = 'x'
	}
	require.Len(t, key(`{"k":"`+string(long)+`"}`), len("event#")+64)
	require.NotEqual(t, key(`{"k":"`+string(long)+`"}`), key(`{"k":"`+string(long[1:])+`"}`))
}

func FuzzAFieldOfAPayloadIsFoundOrNotAndNothingPanics(f *testing.F) {
	f.Add(`{"a":{"b":1}}`, "a.b")
	f.Add(`{"a.b":null}`, "a.b")
	f.Add(`[`, "")
	f.Fuzz(func(t *testing.T, payload, name string) {
		p := &eventPayload{raw: []byte(payload)}
		value, ok := p.field(name)
		require.True(t, ok || value == nil)
		switch value.(type) {
		case nil, bool, float64, string:
			require.Equal(t, ok, p.matches(map[string]any{name: value}))
		}
		if name != "" {
			require.Equal(t, ok, p.orderKey(name) != "")
		}
	})
}
