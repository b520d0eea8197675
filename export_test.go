package jsruntime

import (
	"strings"
	"time"
)

// WithClock makes the schedules go by another wall clock than the system's.
func WithClock(now func() time.Time) Option {
	return func(c *config) error { c.now = now; return nil }
}

// WithPoll sets how often a Runtime looks at the store without having been told to: a test of a year has no seconds to spare.
func WithPoll(d time.Duration) Option {
	return func(c *config) error { c.poll = d; return nil }
}

// OracleInstants returns when an expression of five fields fires in a zone, after from and up to to, by the oracle.
func OracleInstants(zone *time.Location, expr string, from, to time.Time) []time.Time {
	o := &minuteOracle{fields: [5]string(strings.Fields(expr))}
	f := timeframe{from.Truncate(time.Minute), to}
	o.watch(shownIn(zone, f), from, &matchTable{days: map[int64]*[1440]bool{}})
	instants := make([]time.Time, len(o.fired))
	for i, at := range o.fired {
		instants[i] = time.Unix(at, 0).UTC()
	}
	return instants
}
