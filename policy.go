package jsruntime

import (
	"errors"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SchedulePolicy says what a scheduled script does where its cron expression does not say. Its zero value is the default.
type SchedulePolicy struct {
	// TimeZone is the IANA name of the zone in which the cron expression's fields are meant, such as "Europe/Berlin". The
	// default is what CRON_TZ= in the expression says, and UTC without it; to say both is refused.
	TimeZone string `json:"timeZone,omitempty"`
	// Overlap says what becomes of a tick while a run of an earlier one has not ended; the default is OverlapSkip.
	Overlap OverlapPolicy `json:"overlap,omitempty"`
	// Missed says which of the instants run that passed while no process was there to run them; the default is
	// MissedLatest. What is dealt with less than a minute late is not missed, unless another instant has become due behind it
	// and Overlap is OverlapSkip. While the script is paused, nothing is. Where a process was there, and only the store was
	// not, the latest instant runs whatever the policy and the window say.
	Missed MissedPolicy `json:"missed,omitempty"`
	// MissedWindow is how long ago a missed instant, with its jitter, may be and still run. 0 means DefaultMissedWindow, and
	// MaxMissedWindow is the most.
	MissedWindow time.Duration `json:"missedWindow,omitempty"`
	// Jitter delays each tick by less than this, and by less than the time to the next one, so that scripts with the same
	// schedule do not all begin at once. The delay depends on the script and the instant alone: every process finds the
	// same. 0 means no delay, and MaxJitter is the most.
	Jitter time.Duration `json:"jitter,omitempty"`
	// Start and End bound the instants: none is before Start, and none is at End or after. The zero time bounds nothing. Start
	// does not move those of "@every", which count from the script's creation; a schedule whose End has passed never fires.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

// The bounds and defaults of a [SchedulePolicy].
const (
	DefaultMissedWindow = 24 * time.Hour
	MaxMissedWindow     = 366 * 24 * time.Hour
	MaxJitter           = 24 * time.Hour
)

// OverlapPolicy says what becomes of a tick while a run of an earlier one has not ended.
type OverlapPolicy string

// The overlap policies. Runs of earlier ticks are those with [TriggerCron], pending ones and repeated attempts included.
const (
	OverlapSkip  OverlapPolicy = "skip"  // it is skipped, on record
	OverlapQueue OverlapPolicy = "queue" // its run waits until the earlier ones have ended; while 100 wait, it is skipped
	OverlapAllow OverlapPolicy = "allow" // its run goes beside them, within the script's MaxConcurrentRuns; while 100 wait, it is skipped
)

// skipsOverlaps reports whether a tick is skipped while a run of an earlier one has not ended.
func (p SchedulePolicy) skipsOverlaps() bool { return p.Overlap == "" || p.Overlap == OverlapSkip }

// IsValid reports whether p is one of the policies defined here.
func (p OverlapPolicy) IsValid() bool {
	return p == OverlapSkip || p == OverlapQueue || p == OverlapAllow
}

// MissedPolicy says which missed instants run.
type MissedPolicy string

// The policies for missed instants. All of them put on record what they skip.
const (
	MissedLatest MissedPolicy = "latest" // the latest one within the window, unless one after it is not missed
	MissedAll    MissedPolicy = "all"    // all within the window, at most the latest 1000; one after the other, unless Overlap is OverlapAllow
	MissedNone   MissedPolicy = "none"   // none
)

// IsValid reports whether p is one of the policies defined here.
func (p MissedPolicy) IsValid() bool {
	return p == MissedLatest || p == MissedAll || p == MissedNone
}

// Validate returns a [FieldError] for every broken rule, joined, or nil.
func (p SchedulePolicy) Validate() error {
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if p.TimeZone != "" && !isZone(p.TimeZone) {
		add(invalid("schedule.timeZone", "%q is not the IANA name of a time zone", p.TimeZone))
	}
	if p.Overlap != "" && !p.Overlap.IsValid() {
		add(invalid("schedule.overlap", "%q must be %q, %q or %q", p.Overlap, OverlapSkip, OverlapQueue, OverlapAllow))
	}
	if p.Missed != "" && !p.Missed.IsValid() {
		add(invalid("schedule.missed", "%q must be %q, %q or %q", p.Missed, MissedLatest, MissedAll, MissedNone))
	}
	add(validDuration("schedule.missedWindow", p.MissedWindow, 0, MaxMissedWindow))
	add(validDuration("schedule.jitter", p.Jitter, 0, MaxJitter))
	add(validYear("schedule.start", p.Start))
	add(validYear("schedule.end", p.End))
	if !p.End.IsZero() && !p.End.After(p.Start) {
		add(invalid("schedule.end", "must be after the start"))
	}
	return errors.Join(errs...)
}

// namesOneZone reports whether a name means the same zone on every host, and is the only one of its kind: "Local" is not a name
// but whatever the host is set to, and so are two files beside the zones; and the database is a folder, in which a path such as
// "Europe/./Berlin" leads to a zone as well.
func namesOneZone(name string) bool {
	return name != "" && !strings.EqualFold(name, "local") && name != "localtime" && name != "posixrules" && path.Clean(name) == name
}

// isZone reports whether the time zone database has the name.
func isZone(name string) bool {
	if !namesOneZone(name) {
		return false
	}
	_, err := loadZone(name)
	return err == nil
}

func validDuration(field string, d, least, most time.Duration) error {
	if d < least || d > most {
		return invalid(field, "must be %v to %v, is %v", least, most, d)
	}
	return nil
}

// validYear refuses times that a record cannot hold.
func validYear(field string, t time.Time) error {
	if y := t.Year(); !t.IsZero() && (y < 1970 || y > 9999) {
		return invalid(field, "must be in the years 1970 to 9999")
	}
	return nil
}

// RetryPolicy says how often, and when, work is tried again whose run failed or timed out: what was started by an event or
// a tick, was submitted, or was requested of an HTTP script that answers before it runs. Runs whose caller waits are the
// caller's to repeat, and one that was cancelled is not tried again.
//
// Each attempt is an execution of its own that names its predecessor, and runs the script as it is then. When the last one has
// failed, it becomes a dead letter, which waits until somebody requeues or discards it; see [Runtime.DeadLetters]. So does at once
// what the executor refuses with [ErrTenantSuspended], and what one of the library's own events started: its failures are events
// as well, and would multiply.
//
// A run that was cut off, because its process went away or Stop cancelled it, has not failed: it is repeated where the script is
// idempotent, up to MaxInterruptedAttempts times, and is a dead letter otherwise. Neither that nor a Stop before the script
// began uses up an attempt.
//
// After n failures there is a pause of Base*2^(n-1), at most Cap, of which the share that Jitter says is random: between
// (1-Jitter) and 1 times that long. The next attempt begins within about a second after it.
//
// The zero value means [DefaultRetryPolicy] for an event script. For others it means one attempt and no dead letter.
type RetryPolicy struct {
	// Attempts is how often the work is tried in all, 1 to MaxAttempts.
	Attempts int `json:"attempts"`
	// Base is the pause before the second attempt; with more than one attempt it is positive.
	Base time.Duration `json:"base"`
	// Cap is the longest pause, at least Base and at most MaxRetryPause.
	Cap time.Duration `json:"cap"`
	// Jitter is 0 to 1.
	Jitter float64 `json:"jitter"`
}

// The bounds of a [RetryPolicy].
const (
	MaxAttempts   = 100
	MaxRetryPause = 30 * 24 * time.Hour
)

// DefaultRetryPolicy is that of event scripts: 5 attempts, with pauses of 1, 2, 4 and 8 seconds, half of each random.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{Attempts: 5, Base: time.Second, Cap: 5 * time.Minute, Jitter: 0.5}
}

// Validate returns a [FieldError] for every broken rule, joined, or nil. The zero value is valid.
func (p RetryPolicy) Validate() error {
	if p == (RetryPolicy{}) {
		return nil
	}
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if p.Attempts < 1 || p.Attempts > MaxAttempts {
		add(invalid("retry.attempts", "must be 1 to %d, is %d", MaxAttempts, p.Attempts))
	}
	if p.Attempts > 1 || p.Base != 0 || p.Cap != 0 {
		add(validDuration("retry.base", p.Base, 1, MaxRetryPause))
		add(validDuration("retry.cap", p.Cap, max(p.Base, 1), MaxRetryPause))
	}
	if !(p.Jitter >= 0 && p.Jitter <= 1) { // NaN neither
		add(invalid("retry.jitter", "must be 0 to 1, is %v", p.Jitter))
	}
	return errors.Join(errs...)
}

// retryPolicy is the one that holds for the script.
func (r ScriptRecord) retryPolicy() (p RetryPolicy, deadLetters bool) {
	switch {
	case r.Retry != RetryPolicy{}:
		return r.Retry, true
	case r.Type == ScriptTypeEvent:
		return DefaultRetryPolicy(), true
	}
	return RetryPolicy{Attempts: 1}, false
}

// validateEventSettings checks what an event script asks of the payloads.
func validateEventSettings(r *ScriptRecord) error {
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if len(r.EventFilter) > MaxListLength {
		add(invalid("eventFilter", "must be at most %d fields", MaxListLength))
	}
	for _, name := range sortedKeys(r.EventFilter) {
		add(validateFieldName("eventFilter", name))
		switch v := r.EventFilter[name].(type) {
		case nil, bool:
		case float64:
			if v-v != 0 { // neither infinite nor NaN
				add(invalid("eventFilter", "the value of %q must be a number that JSON can hold", name))
			}
		case string:
			if len(v) > MaxDescriptionBytes || !utf8.ValidString(v) {
				add(invalid("eventFilter", "the value of %q must be valid UTF-8 of at most %d bytes", name, MaxDescriptionBytes))
			}
		default:
			add(invalid("eventFilter", "the value of %q must be a string, a number, a boolean or nil, is a %T", name, v))
		}
	}
	if r.OrderKey != "" {
		add(validateFieldName("orderKey", r.OrderKey))
	}
	return errors.Join(errs...)
}

// validateFieldName takes a name of a payload's field: names with dots between them.
func validateFieldName(field, name string) error {
	if err := validateLabel(field, name); err != nil {
		return err
	}
	if slices.Contains(strings.Split(name, "."), "") {
		return invalid(field, "%q must be names with single dots between them", name)
	}
	return nil
}
