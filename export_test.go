package jsruntime

import "time"

// WithClock makes the schedules go by another wall clock than the system's.
func WithClock(now func() time.Time) Option {
	return func(c *config) error { c.now = now; return nil }
}

// WithPoll sets how often a Runtime looks at the store without having been told to: a test of a year has no seconds to spare.
func WithPoll(d time.Duration) Option {
	return func(c *config) error { c.poll = d; return nil }
}
