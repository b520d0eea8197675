package jsruntime

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ScriptOption is a setting of a new script.
type ScriptOption func(*script)

// WithScriptID sets the id; the default is a new random one.
func WithScriptID(id uuid.UUID) ScriptOption { return func(s *script) { s.record.ID = id } }

// WithOrganizationID sets the organization within the tenant. The library does not interpret it.
func WithOrganizationID(id uuid.UUID) ScriptOption {
	return func(s *script) { s.record.OrganizationID = id }
}

// WithDescription sets the description.
func WithDescription(description string) ScriptOption {
	return func(s *script) { s.record.Description = description }
}

// WithScriptType sets the type. Without it, WithCron makes a scheduled script, WithHTTP an HTTP script, WithEventTypes
// an event script, the first of these deciding where there are several, and none of them a one-off script. A setting that
// belongs to scripts of another type is kept and does nothing.
func WithScriptType(t ScriptType) ScriptOption { return func(s *script) { s.record.Type = t } }

// WithCron sets the schedule of a scheduled script.
func WithCron(expr CronExpression) ScriptOption {
	return func(s *script) {
		s.imply(ScriptTypeScheduled)
		s.cron, s.record.Cron = expr, expr.String()
	}
}

// WithHTTP sets the path pattern of an HTTP script, as in [net/http.ServeMux] without method and host, and its
// methods; none means every method but CONNECT.
func WithHTTP(path string, methods ...string) ScriptOption {
	var upper []string
	for _, m := range methods {
		upper = append(upper, strings.ToUpper(m))
	}
	return func(s *script) {
		s.imply(ScriptTypeHTTP)
		s.record.HTTPPath, s.record.HTTPMethods = path, slices.Clone(upper)
	}
}

// WithEventTypes sets the event types that start an event script. "order.*" stands for every type that begins with
// "order.", and "*" for every type that does not begin with "jsruntime.".
func WithEventTypes(types ...string) ScriptOption {
	types = slices.Clone(types)
	return func(s *script) {
		s.imply(ScriptTypeEvent)
		s.record.EventTypes = slices.Clone(types)
	}
}

// WithEventFilter restricts the events that start an event script to those whose payload has each of the given fields with
// exactly that value: a string, a number, a boolean or nil for null. A dotted name reaches into objects: {"customer.tier":
// "gold"} matches the payload {"customer": {"tier": "gold", "name": "Ada"}}. Where there is no such nested field, the name stands
// for a field of the payload itself that has it with its dots. Numbers are compared as float64.
func WithEventFilter(fields map[string]any) ScriptOption {
	fields = plainFilter(fields)
	return func(s *script) { s.record.EventFilter = maps.Clone(fields) }
}

// plainFilter gives numbers the type that decoding JSON gives them.
func plainFilter(fields map[string]any) map[string]any {
	fields = maps.Clone(fields)
	for name, value := range fields {
		switch v := reflect.ValueOf(value); {
		case v.CanInt():
			fields[name] = float64(v.Int())
		case v.CanUint():
			fields[name] = float64(v.Uint())
		case v.CanFloat():
			fields[name] = v.Float()
		}
	}
	return fields
}

// WithOrderKey makes those runs of an event script follow one another, in the order in which their events were stored, whose
// events have the same value in the given field of their payload, such as "orderId"; a dotted name reaches into objects as in
// [WithEventFilter]. Events that are published one after the other are stored so; those that are published at the same time, or
// come in by a bus that has no order, have none. One that is tried again holds up those behind it until it has succeeded, was
// given up or cancelled; one that is requeued after that goes behind them. Events without the field have no order. Without a
// field, which is the default, runs happen side by side.
func WithOrderKey(field string) ScriptOption {
	return func(s *script) { s.record.OrderKey = field }
}

// WithSchedulePolicy sets the time zone of a scheduled script, what happens where a tick meets the run of an earlier one
// and where ticks were missed, and when the schedule begins and ends.
func WithSchedulePolicy(p SchedulePolicy) ScriptOption {
	p.Start, p.End = plainTime(p.Start), plainTime(p.End)
	return func(s *script) { s.record.Schedule = p }
}

// plainTime returns t as it comes back from a record.
func plainTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

// WithRetryPolicy sets how often and when a run of the script that failed, and for which nobody waits, is tried again.
func WithRetryPolicy(p RetryPolicy) ScriptOption { return func(s *script) { s.record.Retry = p } }

// WithAsync makes an HTTP script answer a request with 202 and the execution's id as soon as that is stored; the script
// runs afterwards, and the answer's Location says where its state can be asked for. Credentials of the request do not
// reach such a run: see [TriggerData].
func WithAsync(async bool) ScriptOption { return func(s *script) { s.record.Async = async } }

// WithResourceLimits sets all five limits; start from [DefaultResourceLimits] to change some.
func WithResourceLimits(limits ResourceLimits) ScriptOption {
	return func(s *script) { s.record.Limits = limits }
}

// WithMetadata sets the application's own key-value pairs; the script sees them in context.metadata.
func WithMetadata(metadata map[string]string) ScriptOption {
	metadata = maps.Clone(metadata)
	return func(s *script) { s.record.Metadata = maps.Clone(metadata) }
}

// WithIdempotent says whether the script may be run again for the same trigger; the default is that it may not. See
// [Script] for what that changes.
func WithIdempotent(idempotent bool) ScriptOption {
	return func(s *script) { s.record.Idempotent = idempotent }
}

// WithTags sets the tags.
func WithTags(tags ...string) ScriptOption {
	tags = slices.Clone(tags)
	return func(s *script) { s.record.Tags = slices.Clone(tags) }
}

// WithCreatedBy sets the user who creates the script.
func WithCreatedBy(user uint) ScriptOption { return func(s *script) { s.record.CreatedBy = user } }

// WithLanguage sets the source's language; the default is [LanguageJavaScript].
func WithLanguage(language Language) ScriptOption {
	return func(s *script) { s.record.Language = language }
}
