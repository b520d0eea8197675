package jsruntime

import (
	"math"
	"sync"
	"time"
)

// A clock of a zone runs evenly but for the moments at which it is set. Between two of them is a span. When it is set
// forward, wall times are left out; when it is set back, some come again. Both are one matter when one looks at the latest
// time that the clock has shown so far: a wall time is reached at the first instant at which that is not less. Whatever
// the zone does, that instant exists, and there is one.

// span is a time during which the clocks of a zone differ from UTC by one offset. All are in seconds since 1970; the end
// is not part of it.
type span struct{ start, end, offset int64 }

const (
	// The first and the last span of a zone have no bounds.
	everBefore, everAfter = math.MinInt64 / 4, math.MaxInt64 / 4
	// offsetReach is more than two offsets of a zone ever differ by: a day, where it changed sides of the date line.
	offsetReach = 48 * 60 * 60
)

// spanAt returns the span around t. Two that follow each other may have the same offset.
func spanAt(zone *time.Location, t int64) span {
	at := time.Unix(t, 0).In(zone)
	_, offset := at.Zone()
	s := span{everBefore, everAfter, int64(offset)}
	start, end := at.ZoneBounds()
	if !start.IsZero() {
		s.start = start.Unix()
	}
	if !end.IsZero() {
		s.end = end.Unix()
	}
	if s.end <= t { // Go has every year end after 365 days; on the last one of a leap year no clock is set any more
		s.start, s.end = dayOf(t)*daySeconds, (dayOf(t)+1)*daySeconds
	}
	return s
}

// following returns the span from the end of s on, or from a later time on.
func (s span) following(zone *time.Location, from int64) span {
	next := spanAt(zone, max(s.end, from))
	next.start = max(next.start, s.end)
	return next
}

// shown returns the wall time before which the clock has shown all that it will, or left it out, when the span begins.
func (s span) shown(zone *time.Location) int64 {
	high := int64(everBefore)
	for p := s; p.start > everBefore && p.start > s.start-offsetReach; {
		p = spanAt(zone, p.start-1)
		high = max(high, p.end+p.offset)
	}
	return high
}

// nextReached returns the first instant after t at which a wall time of the fields is reached.
func (f cronFields) nextReached(zone *time.Location, t int64) int64 {
	s := spanAt(zone, t)
	wall, _ := f.next(max(s.shown(zone), t+s.offset+1))
	for wall >= s.end+s.offset {
		s = s.following(zone, wall-offsetReach)
	}
	return max(s.start, wall-s.offset)
}

// nextShown returns the first instant after t at which the clock shows a wall time of the fields.
func (f cronFields) nextShown(zone *time.Location, t int64) int64 {
	s := spanAt(zone, t)
	from := t + s.offset + 1
	wall, _ := f.next(from)
	for asked := from; wall >= s.end+s.offset; {
		s = s.following(zone, s.end)
		if from = s.start + s.offset; from < asked || from > wall { // otherwise nothing has changed by asking again
			wall, _ = f.next(from)
			asked = from
		}
	}
	return wall - s.offset
}

// countReached returns at how many instants after from and not after to wall times of the fields are reached.
func (f cronFields) countReached(zone *time.Location, from, to int64) (n int) {
	s := spanAt(zone, from+1)
	for shown := s.shown(zone); s.start <= to; s = s.following(zone, s.end) {
		first := max(s.start, from+1) + s.offset
		if s.start > from && shown < first && f.count(shown, first+1) > 0 { // the first instant has what was left out before it
			n++
			first++
		}
		n += f.count(max(shown, first), min(s.end, to+1)+s.offset)
		shown = max(shown, s.end+s.offset)
		if s.end == everAfter {
			break
		}
	}
	return n
}

// countShown returns at how many instants after from and not after to the clock shows a wall time of the fields.
func (f cronFields) countShown(zone *time.Location, from, to int64) (n int) {
	for s := spanAt(zone, from+1); s.start <= to; s = s.following(zone, s.end) {
		n += f.count(max(s.start, from+1)+s.offset, min(s.end, to+1)+s.offset)
		if s.end == everAfter {
			break
		}
	}
	return n
}

// zones are those that the process has loaded, by name. A location takes kilobytes, and there may be a million schedules; there
// are some hundreds of names.
var zones sync.Map

// loadZone is time.LoadLocation that returns the same location each time.
func loadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	return sharedZone(zone), nil
}

// sharedZone returns the location of that name which all share.
func sharedZone(zone *time.Location) *time.Location {
	shared, _ := zones.LoadOrStore(zone.String(), zone)
	return shared.(*time.Location)
}
