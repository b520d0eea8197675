package jsruntime

import (
	"archive/zip"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// zonesVariable makes the test of all zones look at each minute of the ten years, instead of those around the changes: with
// "all", or for the zones whose name begins with what it says.
const zonesVariable = "JSRUNTIME_CRON_ZONES"

// allZones returns a zone for each content of the time zone database that comes with Go; aliases are left out.
func allZones(t *testing.T) []*time.Location {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	require.NoError(t, err)
	defer archive.Close()
	var zones []*time.Location
	seen := map[uint32]bool{}
	for _, file := range archive.File {
		raw := make([]byte, file.UncompressedSize64)
		r, err := file.Open()
		require.NoError(t, err)
		_, _ = r.Read(raw)
		require.NoError(t, r.Close())
		if sum := crc32.ChecksumIEEE(raw); len(raw) > 0 && !seen[sum] {
			seen[sum] = true
			zone, err := time.LoadLocationFromTZData(file.Name, raw)
			require.NoError(t, err)
			zones = append(zones, zone)
		}
	}
	require.Greater(t, len(zones), 250)
	return zones
}

// zoneExpressions meet changes of clocks in every way: at the usual hours and at midnight, with minutes within the half
// hour of some zones, on days that some zones leave out, and in every kind of field.
var zoneExpressions = []string{
	"* * * * *", "*/15 * * * *", "30 * * * *", "7,37 0-23 * * *", "0 */1 * * *", "0 * * * 0", "*/20 * 30 12 *",
	"30 2 * * *", "0 2 * * *", "0 3 * * *", "15 1 * * *", "*/10 1,2,3 * * *", "* 2 * * *", "0 0 * * *", "30 0 * * *",
	"0 */2 * * *", "59 23 * * *", "* 0-22 * * *", "0 12 30 12 *", "0 4 29 2 *", "0 1 * 3,4 0", "15 2 1-7 * 0",
}

// minuteOracle says what the documentation of CronExpression says, in the plainest way: it looks at each minute.
type minuteOracle struct {
	fields [5]string
	fired  []int64 // unix seconds
}

// inField reports whether a value is in a field, by the syntax of cron.
func inField(field string, value, least, most int) bool {
	for part := range strings.SplitSeq(field, ",") {
		bounds, stepText, hasStep := strings.Cut(part, "/")
		step := 1
		if hasStep {
			step, _ = strconv.Atoi(stepText)
		}
		low, high := least, most
		if bounds != "*" {
			from, to, isRange := strings.Cut(bounds, "-")
			low, _ = strconv.Atoi(from)
			if high = low; isRange {
				high, _ = strconv.Atoi(to)
			}
		}
		if value >= low && value <= high && (value-low)%step == 0 {
			return true
		}
	}
	return false
}

// matches takes a wall time in the guise of UTC.
func (o *minuteOracle) matches(wall time.Time) bool {
	day := inField(o.fields[2], wall.Day(), 1, 31)
	weekday := inField(o.fields[4], int(wall.Weekday()), 0, 6)
	either := o.fields[2] != "*" && o.fields[4] != "*" && (day || weekday)
	return inField(o.fields[0], wall.Minute(), 0, 59) && inField(o.fields[1], wall.Hour(), 0, 23) &&
		inField(o.fields[3], int(wall.Month()), 1, 12) && (either || day && weekday)
}

func (o *minuteOracle) isWildcard() bool {
	for hour := range 24 {
		if !inField(o.fields[1], hour, 0, 23) {
			return false
		}
	}
	return true
}

// matchTable remembers what the oracle says of each minute of a day.
type matchTable struct {
	days map[int64]*[1440]bool
	day  int64 // that was asked about last
	last *[1440]bool
}

func (m *matchTable) of(o *minuteOracle, wall int64) bool {
	if day := wall / 1440; m.last == nil || m.day != day {
		if m.days[day] == nil {
			m.days[day] = &[1440]bool{}
			midnight := time.Unix(day*86400, 0).UTC()
			for minute := range 1440 {
				m.days[day][minute] = o.matches(midnight.Add(time.Duration(minute) * time.Minute))
			}
		}
		m.day, m.last = day, m.days[day]
	}
	return m.last[wall%1440]
}

// shownMinute is a minute, and what the clock shows then, as the minutes since 1970 of a clock in UTC that shows it.
type shownMinute struct{ at, wall int64 }

// shownIn lists the minutes of a timeframe. It begins more than a day before, so that it tells what has been shown.
func shownIn(zone *time.Location, f timeframe) (minutes []shownMinute) {
	for at := f.from.Add(-30 * time.Hour); !at.After(f.to); at = at.Add(time.Minute) {
		local := at.In(zone)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		minutes = append(minutes, shownMinute{at.Unix(), wall.Unix() / 60})
	}
	return minutes
}

func (o *minuteOracle) watch(minutes []shownMinute, from time.Time, known *matchTable) {
	wildcard := o.isWildcard()
	latest := minutes[0].wall - 1 // that the clock has shown
	for _, m := range minutes {
		fires := wildcard && known.of(o, m.wall)
		for ; latest < m.wall; latest++ { // once for a minute that follows; more often after a gap
			fires = fires || !wildcard && known.of(o, latest+1)
		}
		if fires && m.at > from.Unix() {
			o.fired = append(o.fired, m.at)
		}
	}
}

// changesOf returns the hours in which the zone's offset changes.
func changesOf(zone *time.Location, from, to time.Time) []time.Time {
	var changes []time.Time
	_, before := from.In(zone).Zone()
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		if _, offset := at.In(zone).Zone(); offset != before {
			changes, before = append(changes, at), offset
		}
	}
	return changes
}

type timeframe struct{ from, to time.Time }

// timeframesOf returns the times to look at: ten years as a whole, or what is around their changes.
func timeframesOf(zone *time.Location, whole bool) []timeframe {
	from, to := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	var frames []timeframe
	if whole {
		for ; from.Before(to); from = from.AddDate(1, 0, 0) {
			frames = append(frames, timeframe{from, from.AddDate(1, 0, 0)})
		}
		return frames
	}
	for _, change := range changesOf(zone, from, to) {
		f := timeframe{change.Add(-4 * time.Hour), change.Add(5 * time.Hour)}
		_, before := f.from.In(zone).Zone()
		if _, after := f.to.In(zone).Zone(); max(before-after, after-before) > 4*60*60 { // to the other side of the date line
			f.to = f.to.Add(24 * time.Hour)
		}
		frames = append(frames, f)
	}
	return append(frames, timeframe{from, from.Add(26 * time.Hour)})
}

func compareWithOracle(t *testing.T, zone *time.Location, expr string, f timeframe, minutes []shownMinute, known *matchTable) {
	t.Helper()
	o := &minuteOracle{fields: [5]string(strings.Fields(expr))}
	o.watch(minutes, f.from, known)
	c, err := NewCronExpression(expr)
	require.NoError(t, err)
	c = c.in(zone)
	var got []int64
	for at := c.Next(f.from); !at.After(f.to) && len(got) <= len(o.fired); at = c.Next(at) {
		got = append(got, at.Unix())
	}
	if !slices.Equal(o.fired, got) {
		require.Equal(t, o.fired, got, "%s in %s from %s", expr, zone, f.from)
	}
	for range 20 {
		at := f.from.Unix() + rand.Int64N(f.to.Unix()-f.from.Unix())
		i, _ := slices.BinarySearch(o.fired, at+1)
		if n := c.countFrom(f.from, f.from, time.Unix(at, 0)); n != i {
			require.Equal(t, i, n, "count of %s in %s from %s until %d", expr, zone, f.from, at)
		}
		if next := c.Next(time.Unix(at, 0)).Unix(); i < len(o.fired) && o.fired[i] != next {
			require.Equal(t, o.fired[i], next, "%s in %s after %d", expr, zone, at)
		}
	}
}

func TestInEveryZoneEachExpressionFiresAsAnOracleThatLooksAtEachMinuteSays(t *testing.T) {
	only := os.Getenv(zonesVariable)
	whole := only != ""
	var zones []*time.Location
	for i, zone := range allZones(t) {
		switch {
		case whole && only != "all" && !strings.HasPrefix(zone.String(), only):
		case !whole && testing.Short() && i%4 != 0:
		default:
			zones = append(zones, zone)
		}
	}
	for part := range slices.Chunk(zones, 20) {
		t.Run(part[0].String()+" and others", func(t *testing.T) {
			t.Parallel()
			compareZones(t, part, whole)
		})
	}
}

func compareZones(t *testing.T, zones []*time.Location, whole bool) {
	known := map[string]*matchTable{}
	for _, expr := range zoneExpressions {
		known[expr] = &matchTable{days: map[int64]*[1440]bool{}}
	}
	for _, zone := range zones {
		for _, f := range timeframesOf(zone, whole) {
			minutes := shownIn(zone, f)
			for _, expr := range zoneExpressions {
				compareWithOracle(t, zone, expr, f, minutes, known[expr])
			}
		}
	}
}

func TestSchedulesInOneZoneShareIt(t *testing.T) {
	one, err := NewCronExpression("CRON_TZ=Europe/Oslo 0 6 * * *")
	require.NoError(t, err)
	other, err := NewCronExpression("CRON_TZ=Europe/Oslo 0 7 * * *")
	require.NoError(t, err)
	loaded, err := loadZone("Europe/Oslo")
	require.NoError(t, err)
	require.Same(t, one.zone, other.zone)
	require.Same(t, one.zone, loaded)
	_, err = loadZone("Europe/Nowhere")
	require.Error(t, err)
}
