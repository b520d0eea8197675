package jsruntime

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNoMinuteWhereverItBeginsHasMoreCallsThanTheBudget(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(r, "limit")
		steps := rapid.SliceOfN(rapid.IntRange(0, 20_000), 1, 200).Draw(r, "milliseconds between calls")
		b, script, now := newBudgets(time.Time{}), uuid.New(), time.Unix(0, 0)
		var made []time.Time
		for _, step := range steps {
			now = now.Add(time.Duration(step) * time.Millisecond)
			recent := 0
			for _, at := range made {
				if now.Sub(at) < time.Minute {
					recent++
				}
			}
			if got, want := b.take(script, limit, now), recent < limit; got != want {
				r.Fatalf("call at %v with %d calls in the last minute: admitted %v, want %v", now, recent, got, want)
			} else if got {
				made = append(made, now)
			}
		}
	})
}

func TestBudgetsAreByScriptAndForgetIdleScripts(t *testing.T) {
	b, now := newBudgets(time.Time{}), time.Unix(1000, 0)
	one, other := uuid.New(), uuid.New()
	require.True(t, b.take(one, 1, now))
	require.False(t, b.take(one, 1, now))
	require.True(t, b.take(other, 1, now))
	require.True(t, b.take(one, 1, now.Add(time.Minute)))
	require.Len(t, b.windows, 1)
}
