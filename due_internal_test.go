package jsruntime

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawTimetable draws a timetable, and a time from which on to look at it.
func drawTimetable(r *rapid.T) (timetable, time.Time) {
	exprs := append([]string{"@every 7s", "@every 90m", "@every 20h", "0 0 29 2 *"}, zoneExpressions...)
	c, err := NewCronExpression(rapid.SampledFrom(exprs).Draw(r, "expression"))
	require.NoError(r, err)
	if c.every == 0 {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(r, "zone"))
		require.NoError(r, err)
		c = c.in(zone)
	}
	base := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC)
	from := base.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(r, "from")))
	tt := timetable{scriptID: uuid.New(), cron: c, anchor: base.Add(-time.Hour)}
	tt.jitter = time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(r, "jitter")) * time.Duration(rapid.IntRange(0, 1).Draw(r, "jitters"))
	if rapid.Bool().Draw(r, "starts") {
		tt.start = from.Add(time.Duration(rapid.Int64Range(int64(-time.Hour), int64(48*time.Hour)).Draw(r, "start")))
	}
	if rapid.Bool().Draw(r, "ends") {
		tt.end = from.Add(time.Duration(rapid.Int64Range(int64(time.Hour), int64(90*time.Hour)).Draw(r, "end")))
	}
	return tt, from
}

// instants goes through all of them.
func (t timetable) instants(after, until time.Time) (all []time.Time) {
	for at := t.next(after); !at.IsZero() && !at.After(until); at = t.next(at) {
		all = append(all, at)
	}
	return all
}

func TestWhatATimetableSaysOfItsInstantsIsWhatGoingThroughThemSays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tt, from := drawTimetable(r)
		until := from.Add(time.Duration(rapid.Int64Range(-1, int64(72*time.Hour)).Draw(r, "for")))
		all := tt.instants(from, until)
		for i, at := range all {
			require.True(r, at.After(from) && !at.After(until) && !at.Before(tt.start) && (tt.end.IsZero() || at.Before(tt.end)))
			require.True(r, i == 0 || at.After(all[i-1]))
			require.Zero(r, at.Nanosecond())
		}
		require.Equal(r, len(all), tt.count(from, until))
		last, fired := time.Time{}, time.Time{}
		for _, at := range all {
			last = at
			fires := tt.firesAt(at)
			require.False(r, fires.Before(at))
			if next := tt.next(at); !next.IsZero() {
				require.True(r, fires.Before(next), "before the next instant")
			}
			if !fires.After(until) {
				fired = at
			}
		}
		require.Equal(r, last, tt.last(from, until))
		require.Equal(r, fired, tt.lastFired(from, until))
		n := rapid.IntRange(0, 20).Draw(r, "n")
		before := tt.beforeLast(n, from, until)
		require.Equal(r, min(n, len(all)), tt.count(before, until))
	})
}

func TestEveryInstantThatHasPassedRunsOrIsSkippedOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tt, cursor := drawTimetable(r)
		duration := func(name string, most time.Duration) time.Duration {
			unit := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, most / 60}).Draw(r, name+" unit")
			return unit * time.Duration(rapid.IntRange(0, 60).Draw(r, name))
		}
		now := cursor.Add(duration("late", 48*time.Hour))
		p := SchedulePolicy{
			Missed:       rapid.SampledFrom([]MissedPolicy{"", MissedLatest, MissedAll, MissedNone}).Draw(r, "missed"),
			MissedWindow: duration("window", 60*time.Hour),
			Overlap:      rapid.SampledFrom([]OverlapPolicy{"", OverlapSkip, OverlapQueue, OverlapAllow}).Draw(r, "overlap"),
		}
		watched := now.Add(-duration("watched", 48*time.Hour))
		until := tt.lastFired(cursor, now)
		want := tt.instants(cursor, until)
		for len(want) > 0 {
			d := tt.due(p, cursor, watched, now)
			require.False(r, d.to.IsZero())
			require.LessOrEqual(r, len(d.run), dueBatch+1)
			together := len(want) > 1 && p.skipsOverlaps()
			for _, s := range d.skipped {
				require.NotEmpty(r, s.reason)
				require.Equal(r, want[0], s.first)
				require.Equal(r, want[s.count-1], s.last)
				want = want[s.count:]
			}
			for _, run := range d.run {
				require.Equal(r, want[0], run.at)
				late := !tt.firesAt(run.at).After(now.Add(-missedGrace))
				if together { // one that comes alone is on time, and one after others waits for them
					late = late || len(d.run) > 1
				}
				require.Equal(r, late, run.missed)
				want = want[1:]
			}
			if together && p.Missed != MissedAll {
				require.LessOrEqual(r, len(d.run), 1)
				if len(d.run) == 1 {
					require.Equal(r, until, d.run[0].at, "the last of them")
				}
			}
			require.True(r, d.to.After(cursor))
			cursor = d.to
		}
		require.True(r, tt.due(p, cursor, watched, now).to.IsZero())
	})
}

func BenchmarkNextOfEachExpression(b *testing.B) {
	zone, _ := time.LoadLocation("Europe/Berlin")
	for _, expr := range []string{"* * * * *", "30 2 * * *", "0 0 1 1 *", "0 4 29 2 *"} {
		c, _ := NewCronExpression(expr)
		c = c.in(zone)
		at := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
		b.Run(expr, func(b *testing.B) {
			for b.Loop() {
				c.Next(at)
			}
		})
	}
}

func BenchmarkAYearOfMissedMinutes(b *testing.B) {
	zone, _ := time.LoadLocation("Europe/Berlin")
	c, _ := NewCronExpression("* * * * *")
	tt := timetable{cron: c.in(zone)}
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	for b.Loop() {
		tt.due(SchedulePolicy{}, now.AddDate(-1, 0, 0), now, now)
	}
}
