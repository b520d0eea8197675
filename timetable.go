package jsruntime

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
)

// timetable is the instants of a scheduled script: those of its cron expression, in its zone, from its start on and before
// its end. They are whole seconds, in UTC.
type timetable struct {
	scriptID   uuid.UUID
	cron       CronExpression
	anchor     time.Time // of "@every"
	start, end time.Time
	jitter     time.Duration
}

func timetableOf(r ScriptRecord) (timetable, error) {
	c, err := NewCronExpression(r.Cron)
	if err != nil {
		return timetable{}, err
	}
	p := r.Schedule
	if p.TimeZone != "" {
		zone, err := loadZone(p.TimeZone)
		if err != nil {
			return timetable{}, invalid("schedule.timeZone", "%q: %v", p.TimeZone, err)
		}
		c = c.in(zone)
	}
	return timetable{scriptID: r.ID, cron: c, anchor: anchorOf(c, r.CreatedAt), start: p.Start, end: p.End, jitter: p.Jitter}, nil
}

// lastYear is the last one of which there are instants: a time after it has no JSON.
const lastYear = 9999

// anchorOf returns the earliest time since 1970 from which on the interval of "@every" counts to the same instants as from the
// script's creation, which lies in the future when the clock was set back.
func anchorOf(c CronExpression, created time.Time) time.Time {
	if c.every <= 0 {
		return created
	}
	return time.Unix(created.Unix()%int64(c.every/time.Second), 0)
}

// startsAnew reports whether the instants of a script are other ones than before.
func (r ScriptRecord) startsAnew(before ScriptRecord) bool {
	a, b := r.Schedule, before.Schedule
	return r.Type == ScriptTypeScheduled && (before.Type != r.Type || before.Cron != r.Cron || a.TimeZone != b.TimeZone ||
		!a.Start.Equal(b.Start) || !a.End.Equal(b.End))
}

// next returns the first instant after the given one; the zero time when there is none.
func (t timetable) next(after time.Time) time.Time {
	if before := t.start.Add(-1); !t.start.IsZero() && after.Before(before) {
		after = before
	}
	next := t.cron.NextFrom(t.anchor, after.UTC())
	if !t.end.IsZero() && !next.Before(t.end) || next.Year() > lastYear {
		return time.Time{}
	}
	return next
}

// last returns the last instant after the first time and not after the second one; the zero time when there is none. It
// halves the time that is left until it has it: what comes before and after is never gone through.
func (t timetable) last(after, until time.Time) time.Time {
	last := t.next(after)
	if last.IsZero() || last.After(until) {
		return time.Time{}
	}
	// There is an instant at last, and none from until on.
	for until = until.Truncate(time.Second); last.Before(until); {
		middle := last.Add(until.Sub(last) / 2).Truncate(time.Second)
		if next := t.next(middle); next.IsZero() || next.After(until) {
			until = middle
		} else {
			last = next
		}
	}
	return last
}

// count returns how many instants are after the first time and not after the second one.
func (t timetable) count(after, until time.Time) int {
	if before := t.start.Add(-1); !t.start.IsZero() && after.Before(before) {
		after = before
	}
	if last := t.end.Add(-1); !t.end.IsZero() && last.Before(until) {
		until = last
	}
	return t.cron.countFrom(t.anchor, after, until)
}

// beforeLast returns the earliest time, but none before after, from which on to until there are at most n instants.
func (t timetable) beforeLast(n int, after, until time.Time) time.Time {
	if t.count(after, until) <= n {
		return after
	}
	many, few := after.Unix(), until.Unix() // seconds after which there are more than n, and not more than n
	for few-many > 1 {
		middle := many + (few-many)/2
		if t.count(time.Unix(middle, 0), until) > n {
			many = middle
		} else {
			few = middle
		}
	}
	return time.Unix(few, 0).UTC()
}

// firesAt returns when the tick of an instant is to run: at the instant, or later by its share of the jitter. That is
// before the next instant, so that ticks keep their order.
func (t timetable) firesAt(instant time.Time) time.Time {
	most := t.jitter
	if most <= 0 {
		return instant
	}
	if next := t.next(instant); !next.IsZero() {
		most = min(most, next.Sub(instant))
	}
	h := fnv.New64a()
	h.Write(t.scriptID[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(instant.Unix()))) //nolint:gosec // any bits will do
	return instant.Add(time.Duration(h.Sum64() % uint64(most)))         //nolint:gosec // it is positive
}

// lastFired returns the last instant after the first time whose tick was to run by the second one; the zero time when
// there is none.
func (t timetable) lastFired(after, by time.Time) time.Time {
	last := t.last(after, by)
	if !last.IsZero() && t.firesAt(last).After(by) {
		return t.last(after, last.Add(-1))
	}
	return last
}
