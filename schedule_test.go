package jsruntime_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func cron(t *testing.T, expr string) jsruntime.ScriptOption {
	t.Helper()
	c, err := jsruntime.NewCronExpression(expr)
	require.NoError(t, err)
	return jsruntime.WithCron(c)
}

// ticks returns what became of the script's due instants, latest first.
func (w *world) ticks(s jsruntime.Script) (ticks []jsruntime.TickRecord) {
	w.t.Helper()
	p := jsruntime.PageRequest{Limit: jsruntime.MaxPageLimit}
	for {
		page, err := w.store.Ticks(w.t.Context(), s.TenantID(), s.ID(), p)
		require.NoError(w.t, err)
		ticks = append(ticks, page.Items...)
		if p.After = page.Next; p.After == "" {
			return ticks
		}
	}
}

// inBubble runs a test on a clock that jumps to whatever is waited for. The world is stopped before the bubble ends.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Start(t.Context()))
		test(t, w)
	})
}

func TestAScheduledScriptRunsAtEachInstantOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(30 * time.Second) // the bubble begins at midnight; so the first minute is a whole one away
		s := w.active("x", cron(t, "*/5 * * * *"))
		time.Sleep(time.Hour)
		synctest.Wait()
		all := w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, all, 12)
		for i, tick := range w.ticks(s) {
			require.Equal(t, jsruntime.TickRun, tick.Status)
			require.Equal(t, time.Date(2000, 1, 1, 1, -5*i, 0, 0, time.UTC), tick.Instant)
			require.Equal(t, all[i].ID(), tick.ExecutionID)
			require.Equal(t, jsruntime.TriggerCron, all[i].TriggerType())
			require.Equal(t, jsruntime.TriggerData{CronTrigger: "*/5 * * * *", ScheduledAt: tick.Instant}, all[i].TriggerData())
			require.Equal(t, jsruntime.ExecutionCompleted, all[i].Status())
		}
	})
}

func TestEveryCountsFromTheScriptsCreation(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(10 * time.Second)
		s := w.active("x", cron(t, "@every 7m"))
		time.Sleep(25 * time.Minute)
		require.NoError(t, w.Stop(t.Context()))
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		ticks := w.ticks(s)
		require.Len(t, ticks, 5)
		for i, tick := range ticks {
			require.Equal(t, s.CreatedAt().Add(time.Duration(5-i)*7*time.Minute), tick.Instant)
		}
	})
}

func TestATickWhosePredecessorStillRunsIsSkippedOnRecord(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("slow", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			time.Sleep(150 * time.Second)
			return jsruntime.Result{Output: []byte("1")}
		})
		time.Sleep(time.Second)
		s := w.active("slow", cron(t, "* * * * *"))
		time.Sleep(6*time.Minute + 30*time.Second)
		synctest.Wait()
		var got []jsruntime.TickStatus
		for _, tick := range w.ticks(s) {
			got = append(got, tick.Status)
			if tick.Status == jsruntime.TickSkipped {
				require.Equal(t, fmt.Sprintf("overlap: execution %s has not ended", tick.ExecutionID), tick.Reason)
			}
		}
		run, skipped := jsruntime.TickRun, jsruntime.TickSkipped
		require.Equal(t, []jsruntime.TickStatus{skipped, skipped, run, skipped, skipped, run}, got)
		time.Sleep(5 * time.Minute) // so that nothing runs when the bubble ends
		require.NoError(t, w.Stop(context.Background()))
	})
}

func TestOfTheInstantsMissedWhileDownTheLatestRunsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "0 * * * *"))
		time.Sleep(90 * time.Minute)
		require.NoError(t, w.Stop(t.Context()))
		time.Sleep(5 * time.Hour)
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		ticks := w.ticks(s)
		require.Len(t, ticks, 3)
		require.Equal(t, time.Date(2000, 1, 1, 6, 0, 0, 0, time.UTC), ticks[0].Instant)
		skipped := ticks[1]
		require.Equal(t, jsruntime.TickSkipped, skipped.Status)
		require.Equal(t, "missed: nothing could run it in time; a later instant ran", skipped.Reason)
		require.Equal(t, time.Date(2000, 1, 1, 2, 0, 0, 0, time.UTC), skipped.First)
		require.Equal(t, time.Date(2000, 1, 1, 5, 0, 0, 0, time.UTC), skipped.Instant)
		require.Equal(t, 4, skipped.Count)
		require.Len(t, w.fake.seen(), 2)
	})
}

func TestAPauseIsNoMissedRunAndTakesEffectAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "0 * * * *"))
		set := func(to jsruntime.ScriptStatus) {
			t.Helper()
			_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1)
			require.NoError(t, err)
		}
		set(jsruntime.ScriptStatusPaused)
		time.Sleep(5*time.Hour + time.Minute)
		set(jsruntime.ScriptStatusActive)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Empty(t, w.ticks(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, w.ticks(s), 1)
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		time.Sleep(5 * time.Hour)
		require.Len(t, w.ticks(s), 1)
	})
}

func TestAChangedScheduleCountsFromTheChange(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "0 0 1 6 *"))
		time.Sleep(10 * time.Minute)
		hourly, err := jsruntime.NewCronExpression("5 * * * *")
		require.NoError(t, err)
		_, err = w.UpdateScript(t.Context(), s.SetCronExpression(hourly), jsruntime.Change{})
		require.NoError(t, err)
		time.Sleep(50 * time.Minute)
		synctest.Wait()
		require.Empty(t, w.ticks(s), "five past had passed when the schedule was changed")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Len(t, w.ticks(s), 1)
	})
}

func TestTwoRuntimesOnOneStoreRunATickOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		a, b := newWorldOn(t, st), newWorldOn(t, st)
		require.NoError(t, a.Start(t.Context()))
		require.NoError(t, b.Start(t.Context()))
		time.Sleep(time.Second)
		s := a.active("x", cron(t, "* * * * *"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Len(t, a.ticks(s), 10)
		require.Len(t, append(a.fake.seen(), b.fake.seen()...), 10)
	})
}
