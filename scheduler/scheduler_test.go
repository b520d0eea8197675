package scheduler_test

import (
	"context"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jsruntime/jsruntime/scheduler"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type firing struct {
	key string
	at  time.Duration // since the start
}

// record runs s for the given time and returns what fired.
func record(t *testing.T, s *scheduler.Scheduler[string], d time.Duration, during func()) []firing {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	var fired []firing
	var wg sync.WaitGroup
	wg.Go(func() {
		s.Run(ctx, func(key string, _ time.Time) {
			fired = append(fired, firing{key, time.Since(start)})
		})
	})
	if during != nil {
		during()
	}
	time.Sleep(d - time.Since(start))
	cancel()
	wg.Wait()
	return fired
}

func TestKeysFireAtTheirTimeEarliestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scheduler.New[string](time.Now)
		now := time.Now()
		s.Set("c", now.Add(3*time.Minute))
		s.Set("a", now.Add(time.Second))
		s.Set("b", now.Add(2*time.Second))
		require.Equal(t, []firing{{"a", time.Second}, {"b", 2 * time.Second}, {"c", 3 * time.Minute}},
			record(t, s, time.Hour, nil))
		require.Zero(t, s.Len())
	})
}

func TestAKeyThatIsSetAgainFiresAtItsNewTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scheduler.New[string](time.Now)
		now := time.Now()
		s.Set("later", now.Add(time.Second))
		s.Set("sooner", now.Add(time.Hour))
		got := record(t, s, 2*time.Hour, func() {
			synctest.Wait()
			s.Set("later", now.Add(time.Minute))
			s.Set("sooner", now.Add(2*time.Second))
		})
		require.Equal(t, []firing{{"sooner", 2 * time.Second}, {"later", time.Minute}}, got)
	})
}

func TestARemovedKeyDoesNotFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scheduler.New[string](time.Now)
		s.Set("a", time.Now().Add(time.Second))
		s.Set("b", time.Now().Add(time.Second))
		s.Remove("a")
		s.Remove("never there")
		require.Equal(t, []firing{{"b", time.Second}}, record(t, s, time.Minute, nil))
	})
}

func TestATimeThatHasPassedFiresAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scheduler.New[string](time.Now)
		got := record(t, s, time.Minute, func() {
			time.Sleep(5 * time.Second)
			s.Set("late", time.Now().Add(-time.Hour))
		})
		require.Equal(t, []firing{{"late", 5 * time.Second}}, got)
	})
}

func TestTheCallbackMaySetItsOwnKeyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scheduler.New[string](time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		s.Set("tick", time.Now().Add(time.Second))
		var ticks int
		s.Run(ctx, func(key string, due time.Time) {
			ticks++
			s.Set(key, due.Add(time.Second))
		})
		require.Equal(t, 10, ticks)
	})
}

func TestAnyMixOfChangesFiresWhatAMapOfDueTimesSays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		base := time.Now().Add(-time.Hour)
		s := scheduler.New[int](time.Now)
		model := map[int]time.Time{}
		for range rapid.IntRange(0, 200).Draw(r, "changes") {
			key := rapid.IntRange(0, 40).Draw(r, "key")
			if rapid.IntRange(0, 3).Draw(r, "kind") == 0 {
				s.Remove(key)
				delete(model, key)
				continue
			}
			due := base.Add(time.Duration(rapid.IntRange(0, 1000).Draw(r, "due")) * time.Second)
			s.Set(key, due)
			model[key] = due
		}
		if s.Len() != len(model) {
			r.Fatalf("%d entries, want %d", s.Len(), len(model))
		}
		want := make([]time.Time, 0, len(model))
		for _, due := range model {
			want = append(want, due)
		}
		sort.Slice(want, func(i, j int) bool { return want[i].Before(want[j]) })
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if len(want) == 0 {
			return
		}
		var got []time.Time
		s.Run(ctx, func(key int, due time.Time) {
			if !model[key].Equal(due) {
				r.Fatalf("key %d fired for %v, want %v", key, due, model[key])
			}
			if got = append(got, due); len(got) == len(want) {
				cancel()
			}
		})
		for i := range want {
			if !got[i].Equal(want[i]) {
				r.Fatalf("firing %d was due %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func BenchmarkSetAmong100000(b *testing.B) {
	s := scheduler.New[int](time.Now)
	base := time.Now().Add(time.Hour)
	for i := range 100_000 {
		s.Set(i, base.Add(time.Duration(i*7919%100_000)*time.Second))
	}
	i := 0
	for b.Loop() {
		s.Set(i%100_000, base.Add(time.Duration(i*104_729%100_000)*time.Second))
		i++
	}
}
