package jsruntime

import (
	"fmt"
	"time"
)

const (
	// missedGrace is how late an instant may be dealt with and still count as on time: a process may be busy.
	missedGrace = time.Minute
	// maxMissedRuns is how many missed instants of a script run at most when a process comes back; of more, the latest.
	maxMissedRuns = 1000
	// dueBatch is how many instants of a script are recorded as runs at a time, so that others have their turn between.
	dueBatch = 100
)

// dueTicks is what is to be done about the instants of a script that have passed since its cursor.
type dueTicks struct {
	skipped []skippedRange
	run     []dueInstant // in order
	to      time.Time    // up to where that deals with all instants; zero when none is due
}

// skippedRange is a number of instants that follow one another.
type skippedRange struct {
	first, last time.Time
	count       int
	reason      string
}

type dueInstant struct {
	at     time.Time
	missed bool
}

// due decides which of the instants that have passed since the cursor run. There may be any number of them; what it costs
// depends on the number of those that run.
//
// Instants are missed that are later than the grace. Where runs may not overlap, those are as well that are due together with
// a later one: it is the last that is to run then, and not the one that happens to come first. Those after watched are not the
// policy's affair alone: a process was there for them, and it was the store that was not, so the last of them runs in any case.
func (t timetable) due(p SchedulePolicy, cursor, watched, now time.Time) (d dueTicks) {
	until := t.lastFired(cursor, now)
	if until.IsZero() {
		return d
	}
	missed := t.lastFired(cursor, now.Add(-missedGrace))
	if before := t.last(cursor, until.Add(-time.Second)); p.skipsOverlaps() && before.After(missed) {
		missed = before
	}
	from := cursor // what comes after it runs
	if !missed.IsZero() {
		d.skipped = t.skipped(p, cursor, missed, missed.Before(until), missed.After(watched), now)
		if n := len(d.skipped); n > 0 {
			from = d.skipped[n-1].last
		}
	}
	d.to = until
	for at := t.next(from); !at.IsZero() && !at.After(until); at = t.next(at) {
		n := len(d.run)
		late := !at.After(missed) || n > 0 && p.skipsOverlaps() // which waits for those before it
		if n == dueBatch && (at.Before(until) || !late) {
			d.to = d.run[n-1].at
			break
		}
		d.run = append(d.run, dueInstant{at, late})
	}
	return d
}

// skipped returns which of the missed instants after the cursor, the last of which is given, do not run, in order. Behind
// says that others come after them that are on time.
func (t timetable) skipped(p SchedulePolicy, cursor, last time.Time, behind, watched bool, now time.Time) (skipped []skippedRange) {
	window := p.MissedWindow
	if window == 0 {
		window = DefaultMissedWindow
	}
	skip := func(until time.Time, reason string) {
		if !until.Before(last) {
			until = last
			if watched && !behind {
				until = last.Add(-time.Second)
			}
		}
		if n := t.count(cursor, until); n > 0 {
			r := skippedRange{t.next(cursor), t.last(cursor, until), n, reason}
			skipped, cursor = append(skipped, r), r.last
		}
	}
	tooOld := fmt.Sprintf("missed: nothing could run it within the window of %v", window)
	oldest := now.Add(-window) // of when a tick was to run: its delay is not lateness
	const late = "missed: nothing could run it in time"
	const overtaken = late + "; a later instant ran"
	switch {
	case p.Missed == MissedAll:
		if tooEarly := t.lastFired(cursor, oldest); !tooEarly.IsZero() {
			skip(tooEarly, tooOld)
		}
		skip(t.beforeLast(maxMissedRuns, cursor, last), fmt.Sprintf("missed: of more than %d instants only the latest ran", maxMissedRuns))
	case p.Missed == MissedNone && !watched:
		skip(last, late)
	case behind, p.Missed == MissedNone:
		skip(last, overtaken)
	case t.firesAt(last).After(oldest):
		skip(last.Add(-time.Second), overtaken)
	default:
		skip(last, tooOld)
	}
	return skipped
}
