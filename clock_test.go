package jsruntime_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// settableClock is a wall clock that a test sets, as an operator does with that of a machine.
type settableClock struct{ offset atomic.Int64 }

func (c *settableClock) now() time.Time {
	return time.Now().Add(time.Duration(c.offset.Load())).Round(0)
}

func (c *settableClock) set(by time.Duration) { c.offset.Add(int64(by)) }

// onSettableClock runs a test on as many Runtimes as it is told, on one store and one clock. The first one is w.
func onSettableClock(t *testing.T, nodes int, test func(t *testing.T, w *world, c *settableClock)) {
	synctest.Test(t, func(t *testing.T) {
		c, st := &settableClock{}, store.NewMemory()
		var worlds []*world
		for range nodes {
			w := newWorldOn(t, st, jsruntime.WithClock(c.now))
			require.NoError(t, w.Start(t.Context()))
			worlds = append(worlds, w)
		}
		time.Sleep(30 * time.Second)
		test(t, worlds[0], c)
		for _, w := range worlds {
			require.NoError(t, w.Stop(t.Context()))
		}
	})
}

// ran returns the instants of the script that started a run, earliest first, and demands that each did once.
func (w *world) ran(s jsruntime.Script) (instants []time.Time) {
	w.t.Helper()
	runs := map[time.Time]int{}
	for _, e := range w.executions(jsruntime.ExecutionFilter{ScriptID: s.ID()}) {
		runs[e.TriggerData().ScheduledAt]++
	}
	ticks := w.ticks(s)
	for i := len(ticks) - 1; i >= 0; i-- {
		if ticks[i].Status == jsruntime.TickRun {
			require.Equal(w.t, 1, runs[ticks[i].Instant], "runs of %s", ticks[i].Instant)
			instants = append(instants, ticks[i].Instant)
		}
	}
	require.Len(w.t, runs, len(instants))
	return instants
}

func TestAClockThatIsSetNeitherStallsAScheduleNorRunsAnInstantTwice(t *testing.T) {
	for _, nodes := range []int{1, 2} {
		for _, by := range []time.Duration{time.Hour, 365 * 24 * time.Hour} {
			for _, missed := range []jsruntime.MissedPolicy{jsruntime.MissedLatest, jsruntime.MissedNone} {
				t.Run(fmt.Sprintf("%d nodes, by %v, %s", nodes, by, missed), func(t *testing.T) {
					onSettableClock(t, nodes, func(t *testing.T, w *world, c *settableClock) {
						s := w.active("x", cron(t, "*/10 * * * *"), jsruntime.WithSchedulePolicy(jsruntime.SchedulePolicy{Missed: missed}))
						checkJumps(t, w, s, c, by, missed)
					})
				})
			}
		}
	}
}

func checkJumps(t *testing.T, w *world, s jsruntime.Script, c *settableClock, by time.Duration, missed jsruntime.MissedPolicy) {
	pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
	pass(35 * time.Minute) // between two instants
	require.Len(t, w.ran(s), 3)

	c.set(by)
	pass(15 * time.Second)
	want := 3
	if missed == jsruntime.MissedLatest {
		want = 4
	}
	require.Len(t, w.ran(s), want, "what was jumped over is missed")
	skipped := w.ticks(s)[want-3]
	require.Equal(t, jsruntime.TickSkipped, skipped.Status)
	require.Equal(t, int(by/(10*time.Minute)), skipped.Count+want-3)
	pass(30 * time.Minute)
	require.Len(t, w.ran(s), want+3, "it goes on by the new time")

	c.set(-by)
	pass(time.Hour)
	require.Contains(t, w.ran(s), time.Date(2000, 1, 1, 1, 10, 0, 0, time.UTC), "what was jumped over comes")
	pass(time.Hour)
	before := len(w.ran(s))
	pass(time.Hour)
	require.Len(t, w.ran(s), before+6, "an hour as any other")
}

// slowTicks is a store that takes a while to record ticks.
type slowTicks struct {
	jsruntime.Store
	takes time.Duration
}

func (s slowTicks) RecordTicks(ctx context.Context, t jsruntime.Ticks) error {
	time.Sleep(s.takes)
	return s.Store.RecordTicks(ctx, t)
}

func TestAClockThatIsSetBackWhileTicksAreBeingRecordedHasNoneOfThemRecordedTwiceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &settableClock{}
		w := newWorldOn(t, slowTicks{store.NewMemory(), 1500 * time.Millisecond}, jsruntime.WithClock(c.now))
		require.NoError(t, w.Start(t.Context()))
		var scripts []jsruntime.Script
		for range 5 {
			scripts = append(scripts, w.active("x", cron(t, "@every 2s")))
		}
		for range 50 { // the race detector looks on
			time.Sleep(3 * time.Second)
			c.set(-2 * time.Minute)
			time.Sleep(7 * time.Second)
			c.set(2 * time.Minute)
		}
		synctest.Wait()
		for _, s := range scripts {
			require.NotEmpty(t, w.ran(s))
		}
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestNodesWhoseClocksDifferByMinutesSkipNoTickBecauseOfARunThatThereWasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, behind := store.NewMemory(), &settableClock{}
		behind.set(-150 * time.Second)
		a, b := newWorldOn(t, st), newWorldOn(t, st, jsruntime.WithClock(behind.now))
		require.NoError(t, a.Start(t.Context()))
		require.NoError(t, b.Start(t.Context()))
		time.Sleep(time.Second)
		s := a.active("x", cron(t, "@every 20s"))
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		require.GreaterOrEqual(t, len(a.ran(s)), 89)
		for _, tick := range a.ticks(s) {
			if tick.ExecutionID != uuid.Nil {
				_, err := a.Execution(t.Context(), a.tenant, tick.ExecutionID)
				require.NoError(t, err, "%s %s", tick.Instant, tick.Reason)
			}
		}
		require.NoError(t, a.Stop(t.Context()))
		require.NoError(t, b.Stop(t.Context()))
	})
}

func TestAScriptOfTheTimeBeforeTheClockWasSetBackGoesOnAtItsInterval(t *testing.T) {
	onSettableClock(t, 1, func(t *testing.T, w *world, c *settableClock) {
		const year = 365 * 24 * time.Hour
		c.set(year)
		s := w.active("x", cron(t, "@every 1m"))
		time.Sleep(5*time.Minute + time.Second)
		require.Len(t, w.ran(s), 5)
		c.set(-year)
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		ran := w.ran(s)
		require.GreaterOrEqual(t, len(ran), 5+10)
		for _, at := range ran {
			require.Equal(t, s.CreatedAt().Second(), at.Second())
		}
	})
}
