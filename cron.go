package jsruntime

import (
	"fmt"
	"math/bits"
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
// "CRON_TZ=Europe/Berlin 0 6 * * *" names the time zone; without it the fields are UTC, or in the zone of the script's
// [SchedulePolicy].
//
// Where the clocks of the zone are changed, two rules hold:
//   - An expression whose hour field takes in every hour of the day (*, 0-23, */1) fires whenever the clock shows a matching
//     time: "*/15 * * * *" every 15 minutes, before, during and after the change.
//   - Any other one fires for each time of day once. One that the change leaves out fires at the first instant after the
//     gap; several that are left out fire there once together. One that the change repeats fires the first time only.
//
// So "30 2 * * *" in Europe/Berlin fires at 03:00 on the day on which 02:30 does not exist, and once on the day that has
// it twice. A day that a zone leaves out altogether is such a gap too.
type CronExpression struct {
	expr   string
	every  time.Duration // of "@every"; 0 for fields
	fields cronFields
	zone   *time.Location
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
	c := CronExpression{expr: expr}
	switch s := schedule.(type) {
	case *cron.SpecSchedule:
		c.fields, c.zone = fieldsOf(s), sharedZone(s.Location)
		if _, fires := c.fields.next(0); !fires {
			return CronExpression{}, invalid("cron", "%q never fires", expr)
		}
	case cron.ConstantDelaySchedule:
		c.every = s.Delay
	default:
		return CronExpression{}, invalid("cron", "%q is not a cron expression", expr)
	}
	return c, nil
}

// fieldsOf reads the parser's bits. Those of its fields that mean a star stand above the values.
func fieldsOf(s *cron.SpecSchedule) cronFields {
	const star = 1 << 63
	return cronFields{
		minute: s.Minute &^ star, hour: s.Hour &^ star, month: s.Month &^ star,
		dayOfMonth: s.Dom &^ star, dayOfWeek: s.Dow &^ star,
		bothDays: (s.Dom|s.Dow)&star != 0,
	}
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
		if _, name, _ := strings.Cut(zone, "="); !namesOneZone(name) {
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
func (c CronExpression) IsZero() bool { return c.expr == "" }

// String returns the original expression.
func (c CronExpression) String() string { return c.expr }

// in returns the expression with its fields meant in another zone.
func (c CronExpression) in(zone *time.Location) CronExpression {
	c.zone = zone
	return c
}

// Next returns the first instant after t at which the schedule fires, in t's location; the zero time for the zero
// expression. For "@every" it is t plus the interval, to the second: the instants at which a script fires are counted
// from its creation instead.
func (c CronExpression) Next(t time.Time) time.Time { return c.NextFrom(t, t) }

// NextFrom is Next for a schedule that starts at anchor: "@every" fires at anchor, to the second, plus a positive
// multiple of the interval.
func (c CronExpression) NextFrom(anchor, t time.Time) time.Time {
	var next int64
	switch {
	case c.IsZero():
		return time.Time{}
	case c.every > 0:
		// In seconds, because a Duration holds no more than 292 years: less than what lies between a zero anchor and now.
		interval, elapsed := int64(c.every/time.Second), t.Unix()-anchor.Unix()
		next = anchor.Unix() + (max(elapsed, 0)/interval+1)*interval
	case c.fields.everyHour():
		next = c.fields.nextShown(c.zone, t.Unix())
	default:
		next = c.fields.nextReached(c.zone, t.Unix())
	}
	return time.Unix(next, 0).In(t.Location())
}

// countFrom returns how many instants of a schedule that starts at anchor are after the first and not after the last of
// the two given. It costs the days between them, not the instants.
func (c CronExpression) countFrom(anchor, after, until time.Time) int {
	switch from, to := after.Unix(), until.Unix(); {
	case c.IsZero() || to <= from:
		return 0
	case c.every > 0:
		interval := int64(c.every / time.Second)
		steps := func(t int64) int64 { return max(t-anchor.Unix(), 0) / interval }
		return int(steps(to) - steps(from))
	case c.fields.everyHour():
		return c.fields.countShown(c.zone, from, to)
	default:
		return c.fields.countReached(c.zone, from, to)
	}
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

// everyHour reports whether the hour field takes in every hour.
func (f cronFields) everyHour() bool { return bits.OnesCount64(f.hour) == 24 }
