package jsruntime_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jsruntime/jsruntime"
)

func TestAValidCronExpressionIsTakenAndKeptAsItWasWritten(t *testing.T) {
	for _, expr := range []string{
		"* * * * *", "0 6 * * *", "*/15 9-17 * * MON-FRI", "0 0 1,15 * ?", "0 0 29 2 *", "5 4 * jan sun",
		"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
		"@every 1s", "@every 90m", "@every 1h30m10s", "@every 7s", "@every 20000h",
		"CRON_TZ=Europe/Berlin 0 6 * * *", "TZ=Asia/Tokyo 0 6 * * *", "CRON_TZ=UTC @daily", "CRON_TZ=UTC @every 5m",
		"  0  6 * * *  ", "0\t6 * * *",
		strings.Repeat(" ", 247) + "0 6 * * *", // 256 bytes
	} {
		c, err := jsruntime.NewCronExpression(expr)
		require.NoError(t, err, expr)
		assert.Equal(t, expr, c.String())
		assert.False(t, c.IsZero())
		now := time.Now()
		assert.True(t, c.Next(now).After(now), expr)
	}
}

func TestAnInvalidCronExpressionIsRefusedAtCreation(t *testing.T) {
	for about, exprs := range map[string][]string{
		"empty":             {"", " ", "\n\t"},
		"not five fields":   {"*", "* * * *", "* * * * * *", "0 0 6 * * *"},
		"not an expression": {"every day", "a b c d e", "@never", "@reboot", "@EVERY 1h", "\x00", "* * * * \xff"},
		"out of range":      {"60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "-1 * * * *"},
		"bad range":         {"5-1 * * * *", "*/0 * * * *", "1- * * * *", "1/2/3 * * * *"},
		"no such zone":      {"CRON_TZ=Nowhere/City 0 6 * * *", "CRON_TZ=../../etc/passwd 0 6 * * *"},
		"zone only": {
			"TZ=X", "TZ=", "TZ=UTC", "CRON_TZ=", "CRON_TZ=UTC", "CRON_TZ= ", "CRON_TZ=UTC ", "TZ=X\t", "TZ=UTC\t0 6 * * *",
		},
		"unnamed zone":   {"TZ= 0 6 * * *", "CRON_TZ= 0 6 * * *", "TZ=Local 0 6 * * *", "CRON_TZ=Local @daily"},
		"two zones":      {"CRON_TZ=UTC TZ=UTC 0 6 * * *"},
		"never fires":    {"0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *", "CRON_TZ=Asia/Tokyo 0 0 31 11 *"},
		"below a second": {"@every 0s", "@every -1h", "@every 1ns", "@every 999ms", "CRON_TZ=UTC @every 500ms"},
		"odd interval":   {"@every 1500ms", "@every 1.5s", "@every 1h0.5s", "CRON_TZ=UTC @every 1s1ns"},
		"bad interval":   {"@every", "@every ", "@every 5", "@every x", "@every 1d", "@every 999999999999h"},
		"too long":       {strings.Repeat(" ", 248) + "0 6 * * *"},
	} {
		for _, expr := range exprs {
			c, err := jsruntime.NewCronExpression(expr)
			assert.Equal(t, []string{"cron"}, fieldsOf(t, err), "%s: %q", about, expr)
			assert.True(t, c.IsZero())
			assert.Empty(t, c.String())
		}
	}
}

func TestTheErrorOfACronExpressionSaysWhatIsWrong(t *testing.T) {
	for expr, want := range map[string]string{
		"":                       "must not be empty",
		"0 0 30 2 *":             `"0 0 30 2 *" never fires`,
		"@every 1ms":             "at least 1s",
		"@every 1500ms":          "whole seconds",
		"TZ=X":                   "no fields after the time zone",
		"CRON_TZ= 0 6 * * *":     "must be named",
		"TZ=Local 0 6 * * *":     "must be named",
		"* * *":                  "expected exactly 5 fields",
		strings.Repeat("*", 257): "at most 256 bytes",
	} {
		_, err := jsruntime.NewCronExpression(expr)
		assert.ErrorContains(t, err, want, expr)
	}
}

func TestNextIsTheFirstInstantAfterTheGivenOne(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05", s)
		require.NoError(t, err)
		return at
	}
	for _, c := range []struct{ expr, from, want string }{
		{"0 6 * * *", "2026-05-05 05:59:59", "2026-05-05 06:00:00"},
		{"0 6 * * *", "2026-05-05 06:00:00", "2026-05-06 06:00:00"},
		{"*/15 * * * *", "2026-05-05 06:50:00", "2026-05-05 07:00:00"},
		{"0 0 1 * *", "2026-12-31 00:00:00", "2027-01-01 00:00:00"},
		{"0 0 29 2 *", "2026-05-05 00:00:00", "2028-02-29 00:00:00"},
		{"0 9 * * MON", "2026-05-05 00:00:00", "2026-05-11 09:00:00"},  // a Tuesday
		{"0 0 13 * FRI", "2026-05-05 00:00:00", "2026-05-08 00:00:00"}, // either day, as cron has it
		{"@hourly", "2026-05-05 06:00:01", "2026-05-05 07:00:00"},
		{"@daily", "2026-05-05 06:00:01", "2026-05-06 00:00:00"},
		{"@weekly", "2026-05-05 06:00:01", "2026-05-10 00:00:00"},
		{"@monthly", "2026-05-05 06:00:01", "2026-06-01 00:00:00"},
		{"@yearly", "2026-05-05 06:00:01", "2027-01-01 00:00:00"},
		{"CRON_TZ=Europe/Berlin 0 6 * * *", "2026-05-05 00:00:00", "2026-05-05 04:00:00"},
		{"CRON_TZ=Europe/Berlin 0 6 * * *", "2026-01-05 00:00:00", "2026-01-05 05:00:00"},
		{"TZ=Asia/Tokyo @daily", "2026-05-05 00:00:00", "2026-05-05 15:00:00"},
		{"@every 90m", "2026-05-05 06:00:00", "2026-05-05 07:30:00"},
	} {
		got := mustCron(t, c.expr).Next(utc(c.from))
		assert.Equal(t, utc(c.want), got, "%s after %s", c.expr, c.from)
	}
}

func TestTheFieldsAreUTCWhateverTheLocationOfTheInstant(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	at := time.Date(2026, 5, 5, 12, 0, 0, 0, tokyo) // 03:00 UTC
	for _, expr := range []string{"0 6 * * *", "@every 3h"} {
		c := mustCron(t, expr)
		for _, next := range []time.Time{c.Next(at), c.NextFrom(at.UTC(), at)} {
			assert.True(t, next.Equal(time.Date(2026, 5, 5, 6, 0, 0, 0, time.UTC)), "%s: %s", expr, next)
			assert.Equal(t, tokyo, next.Location(), "the answer is in the location of the question")
		}
	}
}

func TestTheZeroCronExpressionIsNoSchedule(t *testing.T) {
	var c jsruntime.CronExpression
	assert.True(t, c.IsZero())
	assert.Empty(t, c.String())
	assert.True(t, c.Next(time.Now()).IsZero())
	assert.True(t, c.NextFrom(time.Now(), time.Now()).IsZero())
}

func TestNextFromIsNextForAScheduleOfFields(t *testing.T) {
	anchor := time.Date(2020, 1, 1, 1, 1, 1, 1, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		c, err := jsruntime.NewCronExpression(rapid.SampledFrom([]string{"*/7 * * * *", "@daily", "0 0 29 2 *"}).Draw(t, "expr"))
		require.NoError(t, err)
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).UTC()
		assert.Equal(t, c.Next(at), c.NextFrom(anchor, at))
	})
}

func TestEveryFiresOnAGridThatBeginsAtItsAnchor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(1, 400_000_000).Draw(t, "interval")
		c, err := jsruntime.NewCronExpression(fmt.Sprintf("@every %ds", seconds))
		require.NoError(t, err)
		nano := rapid.Int64Range(0, 999_999_999)
		anchor := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "anchor"), nano.Draw(t, "anchor ns")).UTC()
		at := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "at"), nano.Draw(t, "at ns")).UTC()
		next := c.NextFrom(anchor, at)

		start := anchor.Truncate(time.Second)
		offset := next.Unix() - start.Unix()
		assert.Zero(t, next.Nanosecond())
		assert.True(t, next.After(at), "strictly after")
		assert.Positive(t, offset, "not before or at the anchor")
		assert.Zero(t, offset%seconds, "on the grid")
		before := next.Add(-time.Duration(seconds) * time.Second)
		assert.True(t, !before.After(at) || before.Equal(start), "the first one")
	})
}

func TestEveryFiresAtTheSameInstantsHoweverOftenItIsAsked(t *testing.T) {
	c, anchor := mustCron(t, "@every 90m"), time.Date(2026, 5, 5, 5, 5, 5, 123, time.UTC)
	at := anchor
	for i := range 50 {
		next := c.NextFrom(anchor, at)
		want := anchor.Truncate(time.Second).Add(time.Duration(i+1) * 90 * time.Minute)
		require.Equal(t, want, next)
		require.Equal(t, want, c.NextFrom(anchor, next.Add(-time.Nanosecond)), "asked again just before")
		at = next
	}
}

func TestNextFromHoldsOverLongTimes(t *testing.T) {
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	for _, expr := range []string{"@every 1s", "@every 1h", "@every 2000000h"} {
		c := mustCron(t, expr)
		for _, anchor := range []time.Time{{}, now.AddDate(-300, 0, 0), now.AddDate(-200, 0, 0), now.AddDate(200, 0, 0)} {
			assert.True(t, c.NextFrom(anchor, now).After(now), "%s from %s", expr, anchor)
		}
	}
}

func TestACronExpressionComesBackFromJSONAndText(t *testing.T) {
	type document struct {
		Cron jsruntime.CronExpression            `json:"cron"`
		Map  map[string]jsruntime.CronExpression `json:"map"`
	}
	want := document{
		Cron: mustCron(t, "CRON_TZ=Europe/Berlin 0 6 * * *"),
		Map:  map[string]jsruntime.CronExpression{"none": {}, "every": mustCron(t, "@every 5m")},
	}
	raw, err := json.Marshal(want)
	require.NoError(t, err)
	assert.JSONEq(t, `{"cron":"CRON_TZ=Europe/Berlin 0 6 * * *","map":{"none":"","every":"@every 5m"}}`, string(raw))
	var got document
	require.NoError(t, json.Unmarshal(raw, &got))
	at := time.Now()
	assert.Equal(t, want.Cron.String(), got.Cron.String())
	assert.Equal(t, want.Cron.Next(at), got.Cron.Next(at))
	assert.True(t, got.Map["none"].IsZero())
	assert.Equal(t, want.Map["every"].Next(at), got.Map["every"].Next(at))

	err = json.Unmarshal([]byte(`{"cron":"nonsense"}`), &got)
	assert.Equal(t, []string{"cron"}, fieldsOf(t, err))
	c := mustCron(t, "@daily")
	require.NoError(t, c.UnmarshalText(nil))
	assert.True(t, c.IsZero())
}

func FuzzCronExpression(f *testing.F) {
	for _, seed := range []string{
		"* * * * *", "0 6 * * MON-FRI", "@daily", "@every 90m", "@every 1500ms", "CRON_TZ=Europe/Berlin 0 6 * * *",
		"TZ=X", "CRON_TZ=", "TZ= ", "0 0 30 2 *", "*/0 * * * *", "1-99999999999999999999/2 * * * *", "? ? ? ? ?",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		c, err := jsruntime.NewCronExpression(expr)
		if err != nil {
			require.ErrorIs(t, err, jsruntime.ErrInvalid)
			require.True(t, c.IsZero())
			return
		}
		now := time.Now()
		require.Equal(t, expr, c.String())
		require.True(t, c.Next(now).After(now), "Next(%s) = %s", now, c.Next(now))
		require.True(t, c.NextFrom(now.Add(-time.Hour), now).After(now))
		again, err := jsruntime.NewCronExpression(c.String())
		require.NoError(t, err)
		require.Equal(t, c.Next(now), again.Next(now))
	})
}
