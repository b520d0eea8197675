package scheduler_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
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

func TestWhenTheClockIsSetWhatIsDueThenFiresWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		s := scheduler.New[string](func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		s.Set("tomorrow", time.Now().Add(24*time.Hour))
		got := record(t, s, time.Hour, func() {
			time.Sleep(time.Minute)
			ahead.Store(int64(25 * time.Hour))
		})
		require.Len(t, got, 1)
		require.LessOrEqual(t, got[0].at, time.Minute+10*time.Second)
	})
}

func TestAMillionEntriesTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills the memory with a million entries")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := filled(1_000_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Equal(t, 1_000_000, s.Len())
	require.Less(t, (after.HeapAlloc-before.HeapAlloc)/1_000_000, uint64(250), "bytes an entry")
}

// key is as large as what the keys are.
type key [16]byte

func keyFrom(i int) (k key) {
	binary.BigEndian.PutUint64(k[:], uint64(i))
	return k
}

// filled returns a scheduler with n entries in no order, of which none is due.
func filled(n int) *scheduler.Scheduler[key] {
	s := scheduler.New[key](time.Now)
	base := time.Now().Add(time.Hour)
	for i := range n {
		s.Set(keyFrom(i), base.Add(time.Duration(i*7919%n)*time.Second))
	}
	return s
}

func BenchmarkAMillionEntries(b *testing.B) {
	s := filled(1_000_000)
	base := time.Now().Add(time.Hour)
	b.Run("add and remove", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.Set(keyFrom(-1-i), base.Add(time.Duration(i*104_729%1_000_000)*time.Second))
			s.Remove(keyFrom(-1 - i))
		}
	})
	b.Run("set", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.Set(keyFrom(i%1_000_000), base.Add(time.Duration(i*104_729%1_000_000)*time.Second))
		}
	})
	b.Run("fire and set again", func(b *testing.B) {
		ctx, cancel := context.WithCancel(b.Context())
		s.Set(keyFrom(-1), time.Now())
		fired := 0
		b.ResetTimer()
		s.Run(ctx, func(k key, _ time.Time) {
			if fired++; fired >= b.N {
				cancel()
			}
			s.Set(k, time.Now())
		})
	})
}
