package jsruntime

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const maxCronLength = 256

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// CronExpression is a validated schedule. It is immutable; its zero value is no schedule at all.
//
// Its syntax is that of [github.com/robfig/cron/v3]: five fields (minute, hour, day of month, month, day of week), the
// descriptors @yearly, @monthly, @weekly, @daily and @hourly, and "@every 90m" with an interval of whole seconds.
// "CRON_TZ=Europe/Berlin 0 6 * * *" names the time zone; without it the fields are UTC.
type CronExpression struct {
	expr     string
	schedule cron.Schedule
}

// NewCronExpression parses expr. It refuses, with a [FieldError] for the field "cron", what is not a cron expression
// and what would never fire, such as "0 0 30 2 *".
func NewCronExpression(expr string) (CronExpression, error) {
	if strings.TrimSpace(expr) == "" {
		return CronExpression{}, invalid("cron", "must not be empty")
	}
	if len(expr) > maxCronLength {
		return CronExpression{}, invalid("cron", "must be at most %d bytes long", maxCronLength)
	}
	schedule, err := parseCron(expr)
	if err != nil {
		return CronExpression{}, invalid("cron", "%q is not a cron expression: %v", expr, err)
	}
	if schedule.Next(time.Now()).IsZero() {
		return CronExpression{}, invalid("cron", "%q never fires", expr)
	}
	return CronExpression{expr: expr, schedule: schedule}, nil
}

// parseCron guards robfig's parser, which takes an expression without fields after its time zone for a slice index,
// takes a missing zone for the host's, and rounds an interval to seconds.
func parseCron(expr string) (schedule cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed: %v", r)
		}
	}()
	spec := strings.TrimSpace(expr)
	if namesZone(spec) {
		zone, fields, _ := strings.Cut(spec, " ")
		if strings.TrimSpace(fields) == "" {
			return nil, fmt.Errorf("no fields after the time zone")
		}
		if _, name, _ := strings.Cut(zone, "="); name == "" || strings.EqualFold(name, "local") || name == "localtime" {
			return nil, fmt.Errorf("the time zone must be named")
		}
	} else {
		spec = "CRON_TZ=UTC " + spec
	}
	_, interval, every := strings.Cut(spec, "@every ")
	if d, err := time.ParseDuration(strings.TrimSpace(interval)); every && err == nil && d < time.Second {
		return nil, fmt.Errorf("an interval must be at least 1s")
	} else if every && err == nil && d%time.Second != 0 {
		return nil, fmt.Errorf("an interval must be whole seconds")
	}
	return cronParser.Parse(spec)
}

// namesZone reports whether an expression begins with its time zone.
func namesZone(expr string) bool {
	expr = strings.TrimSpace(expr)
	return strings.HasPrefix(expr, "CRON_TZ=") || strings.HasPrefix(expr, "TZ=")
}

// IsZero reports whether c is no schedule at all.
func (c CronExpression) IsZero() bool { return c.schedule == nil }

// String returns the original expression.
func (c CronExpression) String() string { return c.expr }

// Next returns the first instant after t at which the schedule fires, in t's location; the zero time for the zero
// expression. For "@every" it is t plus the interval, to the second: the instants at which a script fires are counted
// from its creation instead.
func (c CronExpression) Next(t time.Time) time.Time {
	if c.schedule == nil {
		return time.Time{}
	}
	return c.schedule.Next(t)
}

// NextFrom is Next for a schedule that starts at anchor: "@every" fires at anchor, to the second, plus a positive
// multiple of the interval.
func (c CronExpression) NextFrom(anchor, t time.Time) time.Time {
	every, ok := c.schedule.(cron.ConstantDelaySchedule)
	if !ok {
		return c.Next(t)
	}
	// In seconds, because a Duration holds no more than 292 years: less than what lies between a zero anchor and now.
	interval, elapsed := int64(every.Delay/time.Second), t.Unix()-anchor.Unix()
	steps := max(elapsed, 0)/interval + 1
	return time.Unix(anchor.Unix()+steps*interval, 0).In(t.Location())
}

// latest returns the last instant at which the schedule, started at anchor, fires after the one given and not after now;
// the zero time when there is none.
func (c CronExpression) latest(anchor, after, now time.Time) time.Time {
	if every, ok := c.schedule.(cron.ConstantDelaySchedule); ok {
		if last := c.NextFrom(anchor, now).Add(-every.Delay); last.After(after) && last.After(anchor) {
			return last
		}
		return time.Time{}
	}
	var last time.Time
	for next := c.Next(after); !next.IsZero() && !next.After(now); next = c.Next(next) {
		last = next
	}
	return last
}

// MarshalText returns the original expression.
func (c CronExpression) MarshalText() ([]byte, error) { return []byte(c.expr), nil }

// UnmarshalText parses an expression as NewCronExpression does; an empty text is the zero expression.
func (c *CronExpression) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*c = CronExpression{}
		return nil
	}
	*c, err = NewCronExpression(string(text))
	return err
}
