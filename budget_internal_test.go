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
		b, script, now := newBudgets(time.Unix(0, 0)), uuid.New(), time.Unix(0, 0)
		var made []time.Time
		for _, step := range steps {
			now = now.Add(time.Duration(step) * time.Millisecond)
			recent := 0
			for _, at := range made {
				if now.Sub(at) < time.Minute {
					recent++
				}
			}
			wait := b.take(script, limit, now)
			if got, want := wait == 0, recent < limit; got != want {
				r.Fatalf("call at %v with %d calls in the last minute: admitted %v, want %v", now, recent, got, want)
			} else if got {
				made = append(made, now)
			} else if want := made[len(made)-limit].Add(time.Minute).Sub(now); wait != want {
				r.Fatalf("call at %v is to wait for %v, want %v", now, wait, want)
			}
		}
	})
}

func TestBudgetsAreByScriptAndForgetIdleScripts(t *testing.T) {
	b, now := newBudgets(time.Unix(0, 0)), time.Unix(1000, 0)
	one, other := uuid.New(), uuid.New()
	require.Zero(t, b.take(one, 1, now))
	require.Equal(t, time.Minute, b.take(one, 1, now))
	require.Zero(t, b.take(other, 1, now))
	require.Zero(t, b.take(one, 1, now.Add(time.Minute)))
	require.Len(t, b.windows, 1)
}

func TestALimitThatWasLoweredMakesCallsWaitUntilFewerAreThere(t *testing.T) {
	b, script, now := newBudgets(time.Unix(0, 0)), uuid.New(), time.Unix(1000, 0)
	for i := range 10 {
		require.Zero(t, b.take(script, 10, now.Add(time.Duration(i)*time.Second)))
	}
	require.Equal(t, 58*time.Second, b.take(script, 2, now.Add(10*time.Second)))
	require.Zero(t, b.take(script, 2, now.Add(68*time.Second)))
}
