package jsruntime_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

func TestTheWindowOfMissedInstantsCountsFromWhenTheirJitterEnds(t *testing.T) {
	for _, missed := range []jsruntime.MissedPolicy{jsruntime.MissedLatest, jsruntime.MissedAll} {
		t.Run(string(missed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				p := policy(jsruntime.SchedulePolicy{Missed: missed, MissedWindow: time.Hour, Jitter: 20 * time.Hour})
				var scripts []jsruntime.Script
				for range 30 {
					scripts = append(scripts, w.active("x", cron(t, "0 1 * * *"), p))
				}
				time.Sleep(10*time.Hour + 30*time.Second)
				w.away(50 * time.Minute)
				time.Sleep(11 * time.Hour)
				for _, s := range scripts {
					require.Empty(t, w.skippedOf(s), "none was late by more than the time away")
					require.Len(t, w.ran(s), 1)
				}
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

func TestRunsThatMayOverlapDoNotPileUpWithoutBound(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("slow", takes(25*time.Second))
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 1
		p := policy(jsruntime.SchedulePolicy{Overlap: jsruntime.OverlapAllow})
		s := w.active("slow", cron(t, "@every 1s"), p, jsruntime.WithResourceLimits(limits))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		pending := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}}
		require.Len(t, w.executions(pending), 100)
		require.NotZero(t, w.skippedOf(s)["overlap: 100 runs wait for their turn already"])
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		time.Sleep(time.Minute)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestATenantWhoseLimitsCannotBeAskedForDoesNotHoldUpTheTicksOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		other := uuid.New()
		w := newWorld(t, jsruntime.WithTenantLimits(func(ctx context.Context, id uuid.UUID) (l jsruntime.ResourceLimits, err error) {
			if id == other && hangs.Load() {
				<-ctx.Done()
			}
			return l, ctx.Err()
		}))
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(time.Second)
		for range 300 {
			w.activeOf(other, "x", cron(t, "* * * * *"))
		}
		s := w.active("y", cron(t, "* * * * *"))
		hangs.Store(true)
		time.Sleep(10 * time.Minute)
		require.GreaterOrEqual(t, len(w.ticks(s)), 9)
		require.GreaterOrEqual(t, len(w.ran(s)), 5)
		hangs.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.Stop(ctx)
	})
}

func TestThereAreNoInstantsAfterTheYear9999(t *testing.T) {
	w := newWorld(t)
	start := policy(jsruntime.SchedulePolicy{Start: time.Date(9999, 12, 31, 23, 50, 0, 0, time.UTC)})
	for _, s := range []jsruntime.Script{w.active("x", cron(t, "* * * * *"), start), w.active("x", cron(t, "@every 2540400h"))} {
		next, err := w.NextRuns(t.Context(), w.tenant, s.ID(), jsruntime.MaxPageLimit)
		require.NoError(t, err)
		require.NotEmpty(t, next)
		require.Less(t, len(next), 30)
		_, err = json.Marshal(next)
		require.NoError(t, err)
	}
}

func TestAZoneHasItsNameOfTheDatabaseAndNoPathToIt(t *testing.T) {
	for _, name := range []string{"./localtime", "posixrules", "Europe//Berlin", "Europe/./Berlin", "./UTC", "Europe/Berlin/"} {
		require.Error(t, jsruntime.SchedulePolicy{TimeZone: name}.Validate(), name)
		_, err := jsruntime.NewCronExpression("CRON_TZ=" + name + " 0 6 * * *")
		require.Error(t, err, name)
	}
}
