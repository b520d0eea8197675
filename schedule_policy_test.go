package jsruntime_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func policy(p jsruntime.SchedulePolicy) jsruntime.ScriptOption {
	return jsruntime.WithSchedulePolicy(p)
}

// takes is a script that runs for so long.
func takes(d time.Duration) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		select {
		case <-time.After(d):
			return jsruntime.Result{Output: []byte("1")}
		case <-ctx.Done():
			return untilCancelled(ctx, job)
		}
	}
}

// clockOf returns the time of day of instants.
func clockOf(instants []time.Time) (clock []string) {
	for _, at := range instants {
		clock = append(clock, at.Format(time.TimeOnly))
	}
	return clock
}

// skippedOf returns how many instants were skipped, by reason.
func (w *world) skippedOf(s jsruntime.Script) map[string]int {
	skipped := map[string]int{}
	for _, tick := range w.ticks(s) {
		if tick.Status == jsruntime.TickSkipped {
			skipped[tick.Reason] += max(tick.Count, 1)
		}
	}
	return skipped
}

// away stops the Runtime for a time.
func (w *world) away(d time.Duration) {
	w.t.Helper()
	require.NoError(w.t, w.Stop(w.t.Context()))
	time.Sleep(d)
	require.NoError(w.t, w.Start(w.t.Context()))
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestOfMissedInstantsThoseRunThatThePolicySays(t *testing.T) {
	const late = "missed: nothing could run it in time"
	for _, c := range []struct {
		name    string
		policy  jsruntime.SchedulePolicy
		down    time.Duration
		ran     []string // in order
		skipped map[string]int
	}{
		{"latest", jsruntime.SchedulePolicy{}, 5 * time.Hour,
			[]string{"01:00:00", "06:00:00"}, map[string]int{late + "; a later instant ran": 4}},
		{"one that is not late is the latest", jsruntime.SchedulePolicy{}, 4*time.Hour + 30*time.Minute,
			[]string{"01:00:00", "06:00:00"}, map[string]int{late + "; a later instant ran": 4}},
		{"latest out of the window", jsruntime.SchedulePolicy{MissedWindow: 20 * time.Minute}, 5 * time.Hour,
			[]string{"01:00:00"}, map[string]int{"missed: nothing could run it within the window of 20m0s": 5}},
		{"none", jsruntime.SchedulePolicy{Missed: jsruntime.MissedNone}, 5 * time.Hour,
			[]string{"01:00:00"}, map[string]int{late: 5}},
		{"none, but one is not late", jsruntime.SchedulePolicy{Missed: jsruntime.MissedNone}, 4*time.Hour + 30*time.Minute,
			[]string{"01:00:00", "06:00:00"}, map[string]int{late: 4}},
		{"all", jsruntime.SchedulePolicy{Missed: jsruntime.MissedAll}, 3 * time.Hour,
			[]string{"01:00:00", "02:00:00", "03:00:00", "04:00:00"}, map[string]int{}},
		{"all within the window", jsruntime.SchedulePolicy{Missed: jsruntime.MissedAll, MissedWindow: 2 * time.Hour}, 5 * time.Hour,
			[]string{"01:00:00", "05:00:00", "06:00:00"}, map[string]int{"missed: nothing could run it within the window of 2h0m0s": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				time.Sleep(time.Second)
				s := w.active("x", cron(t, "0 * * * *"), policy(c.policy))
				time.Sleep(90*time.Minute - time.Second)
				w.away(c.down)
				require.Equal(t, c.ran, clockOf(w.ran(s)))
				require.Equal(t, c.skipped, w.skippedOf(s))
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

func TestOfMissedInstantsWithShortIntervalsThoseRunThatThePolicySays(t *testing.T) {
	for name, c := range map[string]struct {
		policy jsruntime.SchedulePolicy
		ran    []string // of those that passed meanwhile
	}{
		"latest":                        {jsruntime.SchedulePolicy{}, []string{"00:01:40"}},
		"none, but the last is on time": {jsruntime.SchedulePolicy{Missed: jsruntime.MissedNone}, []string{"00:01:40"}},
		"all": {jsruntime.SchedulePolicy{Missed: jsruntime.MissedAll, MissedWindow: 75 * time.Second},
			[]string{"00:00:30", "00:00:40", "00:00:50", "00:01:00", "00:01:10", "00:01:20", "00:01:30", "00:01:40"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				s := w.active("x", cron(t, "@every 10s"), policy(c.policy))
				w.away(102 * time.Second)
				require.Equal(t, c.ran, clockOf(w.ran(s)))
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

func TestTwoRuntimesThatComeBackTogetherMakeUpForWhatWasMissedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		a, b := newWorldOn(t, st), newWorldOn(t, st)
		var scripts []jsruntime.Script
		for range 20 {
			for _, missed := range []jsruntime.MissedPolicy{jsruntime.MissedLatest, jsruntime.MissedAll, jsruntime.MissedNone} {
				scripts = append(scripts, a.active("x", cron(t, "0 * * * *"), policy(jsruntime.SchedulePolicy{Missed: missed})))
			}
		}
		time.Sleep(150*time.Hour + 30*time.Minute)
		require.NoError(t, a.Start(t.Context()))
		require.NoError(t, b.Start(t.Context()))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		for i, s := range scripts {
			require.Len(t, a.ran(s), []int{1, 24, 0}[i%3])
			skipped := 0
			for _, n := range a.skippedOf(s) {
				skipped += n
			}
			require.Equal(t, 150, len(a.ran(s))+skipped)
		}
		require.NoError(t, a.Stop(t.Context()))
		require.NoError(t, b.Stop(t.Context()))
	})
}

func TestAYearOfMissedMinutesCostsTwoRecords(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := w.active("x", cron(t, "* * * * *"))
		time.Sleep(30 * time.Second)
		w.away(366 * 24 * time.Hour)
		require.Len(t, w.ticks(s), 2)
		require.Len(t, w.ran(s), 1)
		require.Equal(t, map[string]int{"missed: nothing could run it in time; a later instant ran": 366*24*60 - 1}, w.skippedOf(s))
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestOfVeryManyMissedInstantsThatAllRunTheLatestThousandDoOneAfterTheOther(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", takes(time.Second))
		s := w.active("x", cron(t, "* * * * *"), policy(jsruntime.SchedulePolicy{Missed: jsruntime.MissedAll}))
		time.Sleep(30 * time.Second)
		w.away(23 * time.Hour)
		require.Len(t, w.ticks(s), 1+1000+1, "a record of what is skipped, and one that is not late")
		require.Equal(t, 23*60-1-1000, w.skippedOf(s)["missed: of more than 1000 instants only the latest ran"])
		running := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}}
		require.Len(t, w.executions(running), 1)
		time.Sleep(20 * time.Minute)
		require.Greater(t, len(w.fake.seen()), 1000)
		var last time.Time
		for _, job := range w.fake.seen() {
			at := job.Context.Trigger.ScheduledAt
			require.True(t, at.After(last), "%s after %s", at, last)
			last = at
		}
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestATickThatMeetsAnEarlierRunIsQueuedWhereThePolicySaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("slow", takes(150*time.Second))
		time.Sleep(time.Second)
		s := w.active("slow", cron(t, "* * * * *"), policy(jsruntime.SchedulePolicy{Overlap: jsruntime.OverlapQueue}))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Len(t, w.ran(s), 10)
		running := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}}
		require.Len(t, w.executions(running), 1)
		for i, job := range w.fake.seen() {
			require.Equal(t, w.ran(s)[i], job.Context.Trigger.ScheduledAt)
		}
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		pending := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}}
		require.Len(t, w.executions(pending), 100)
		require.NotZero(t, w.skippedOf(s)["overlap: 100 runs wait for their turn already"])
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		time.Sleep(150 * time.Second)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestTicksRunBesideOneAnotherWhereThePolicySaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("slow", takes(150*time.Second))
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 2
		time.Sleep(time.Second)
		s := w.active("slow", cron(t, "* * * * *"), policy(jsruntime.SchedulePolicy{Overlap: jsruntime.OverlapAllow}), jsruntime.WithResourceLimits(limits))
		time.Sleep(4*time.Minute + 10*time.Second)
		synctest.Wait()
		require.Len(t, w.ran(s), 4)
		running := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}}
		require.Len(t, w.executions(running), 2)
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		time.Sleep(150 * time.Second)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestStartAndEndBoundTheInstants(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := w.active("x", cron(t, "*/10 * * * *"), policy(jsruntime.SchedulePolicy{
			Start: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), End: time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC),
		}))
		next, err := w.NextRuns(t.Context(), w.tenant, s.ID(), 10)
		require.NoError(t, err)
		require.Equal(t, []string{"01:00:00", "01:10:00", "01:20:00"}, clockOf(next))
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		require.Equal(t, next, w.ran(s))
		next, err = w.NextRuns(t.Context(), w.tenant, s.ID(), 10)
		require.NoError(t, err)
		require.Empty(t, next)

		p := s.SchedulePolicy()
		p.End = time.Time{}
		_, err = w.UpdateScript(t.Context(), s.SetSchedulePolicy(p), jsruntime.Change{})
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		require.Len(t, w.ran(s), 3, "what passed after the end is not missed")
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestJitterDelaysTheRunsOfScriptsByDifferentTimesAndKeepsTheInstants(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		var scripts []jsruntime.Script
		for range 20 {
			scripts = append(scripts, w.active("x", cron(t, "*/10 * * * *"), policy(jsruntime.SchedulePolicy{Jitter: time.Hour})))
		}
		time.Sleep(25 * time.Minute)
		w.away(0) // the delays are the same afterwards
		time.Sleep(time.Hour)
		synctest.Wait()
		delays := map[time.Duration]bool{}
		for _, s := range scripts {
			for _, e := range w.executions(jsruntime.ExecutionFilter{ScriptID: s.ID()}) {
				delay := e.CreatedAt().Sub(e.TriggerData().ScheduledAt)
				require.True(t, delay >= 0 && delay < 10*time.Minute+time.Second, "%v", delay)
				delays[delay.Truncate(10*time.Second)] = true
			}
			ran := w.ran(s)
			require.GreaterOrEqual(t, len(ran), 7)
			for i, at := range ran {
				require.Equal(t, ran[0].Add(time.Duration(i)*10*time.Minute), at)
			}
		}
		require.Greater(t, len(delays), 30)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestTheFieldsAreMeantInTheZoneOfThePolicy(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := w.active("x", cron(t, "30 2 * * *"), policy(jsruntime.SchedulePolicy{TimeZone: "Europe/Berlin"}))
		next, err := w.NextRuns(t.Context(), w.tenant, s.ID(), 300)
		require.NoError(t, err)
		require.Equal(t, "2000-01-01 01:30:00 +0000 UTC", next[0].String())
		require.Contains(t, next, time.Date(2000, 3, 26, 1, 0, 0, 0, time.UTC), "02:30 does not exist")
		require.Contains(t, next, time.Date(2000, 3, 27, 0, 30, 0, 0, time.UTC))
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestNextRunsRefusesWhatIsNotScheduledAndTooMany(t *testing.T) {
	w := newWorld(t)
	s, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "draft", "x", cron(t, "@hourly")))
	require.NoError(t, err)
	for _, n := range []int{-1, 0, jsruntime.MaxPageLimit + 1} {
		_, err = w.NextRuns(t.Context(), w.tenant, s.ID(), n)
		require.Equal(t, []string{"n"}, fieldsOf(t, err))
	}
	next, err := w.NextRuns(t.Context(), w.tenant, s.ID(), jsruntime.MaxPageLimit)
	require.NoError(t, err)
	require.Len(t, next, jsruntime.MaxPageLimit, "those of a draft are what it would have")
	_, err = w.NextRuns(t.Context(), uuid.New(), s.ID(), 1)
	require.ErrorIs(t, err, jsruntime.ErrNotFound)
	other := w.active("x")
	_, err = w.NextRuns(t.Context(), w.tenant, other.ID(), 1)
	require.Equal(t, []string{"type"}, fieldsOf(t, err))
}

func TestTheHistoryOfAScheduleIsItsTenantsAndOutlivesTheScript(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "* * * * *"))
		page, err := w.Ticks(t.Context(), w.tenant, s.ID(), jsruntime.PageRequest{})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		time.Sleep(3 * time.Minute)
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		page, err = w.Ticks(t.Context(), w.tenant, s.ID(), jsruntime.PageRequest{Limit: 2})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		page, err = w.Ticks(t.Context(), w.tenant, s.ID(), jsruntime.PageRequest{Limit: 2, After: page.Next})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		for _, of := range [][2]uuid.UUID{{uuid.New(), s.ID()}, {w.tenant, uuid.New()}} {
			_, err = w.Ticks(t.Context(), of[0], of[1], jsruntime.PageRequest{})
			require.ErrorIs(t, err, jsruntime.ErrNotFound)
		}
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAnEditOfAPolicyLeavesTheScheduleWhereItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "0 * * * *"))
		time.Sleep(10 * time.Minute)
		require.NoError(t, w.Stop(t.Context()))
		time.Sleep(2 * time.Hour)
		p := jsruntime.SchedulePolicy{Missed: jsruntime.MissedAll}
		s, err := w.UpdateScript(t.Context(), s.SetSchedulePolicy(p).SetDescription("new"), jsruntime.Change{})
		require.NoError(t, err)
		w.away(0)
		require.Len(t, w.ran(s), 2, "they were missed before the edit, and still are")
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestATickIsNotLostWhileTheStoreIsAway(t *testing.T) {
	for _, missed := range []jsruntime.MissedPolicy{jsruntime.MissedLatest, jsruntime.MissedNone, jsruntime.MissedAll} {
		t.Run(string(missed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := newHungStore(store.NewMemory(), "RecordTicks", true)
				w := newWorldOn(t, st)
				require.NoError(t, w.Start(t.Context()))
				s := w.active("x", cron(t, "0 12 * * *"), policy(jsruntime.SchedulePolicy{Missed: missed, MissedWindow: time.Hour}))
				time.Sleep(11*time.Hour + 30*time.Second)
				st.hangs.Store(true)
				time.Sleep(90 * time.Minute)
				require.Empty(t, w.ran(s))
				st.recover()
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.Equal(t, []string{"12:00:00"}, clockOf(w.ran(s)))
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

func TestAPauseHoldsForANodeThatHasNotHeardOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		deaf, w := newWorldOn(t, st, jsruntime.WithPoll(24*time.Hour)), newWorldOn(t, st)
		s := w.active("x", cron(t, "* * * * *"))
		require.NoError(t, deaf.Start(t.Context()))
		time.Sleep(150 * time.Second)
		require.Len(t, w.ticks(s), 2)
		_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		require.Len(t, w.ticks(s), 2)
		require.NoError(t, deaf.Stop(t.Context()))
	})
}

func TestAFailedWriteThatWasDoneAllTheSameRunsATickOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails int
		st := &faultyStore{Store: store.NewMemory()}
		st.ticked = func(err error) error {
			if fails++; fails%2 == 1 {
				return fmt.Errorf("sync: %w", errDisk)
			}
			return err
		}
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "* * * * *"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.Len(t, w.ran(s), 5)
		require.Empty(t, w.skippedOf(s))
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestATickThatWasRecordedRunsAlthoughItsProcessDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		dying := &hungStore{Store: st, method: "ClaimExecutions", obeys: true, back: make(chan struct{})}
		dying.hangs.Store(true)
		a := newWorldOn(t, dying)
		require.NoError(t, a.Start(t.Context()))
		time.Sleep(time.Second)
		s := a.active("x", cron(t, "0 0 * * *"))
		time.Sleep(24 * time.Hour)
		require.Len(t, a.ticks(s), 1)
		require.Empty(t, a.fake.seen())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = a.Stop(ctx)

		b := newWorldOn(t, st)
		require.NoError(t, b.Start(t.Context()))
		time.Sleep(2 * time.Second)
		require.Len(t, b.fake.seen(), 1)
		require.Len(t, a.ran(s), 1)
		require.NoError(t, b.Stop(t.Context()))
	})
}
