package jsruntime

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The bounds on what a script may hold. Validate refuses what exceeds them.
const (
	MaxSourceBytes      = 1 << 20 // of the source
	MaxNameBytes        = 200     // of the name, of each tag and of each metadata key
	MaxDescriptionBytes = 10_000  // of the description and of each metadata value
	MaxListLength       = 100     // entries of tags, metadata, event types
)

// httpMethods are those that an HTTP script can answer.
var httpMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions,
}

func (s *script) Validate() error {
	r := &s.record
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if r.ID == uuid.Nil {
		add(invalid("id", "must not be the nil UUID"))
	}
	if r.TenantID == uuid.Nil {
		add(invalid("tenantId", "is required"))
	}
	add(validateLabel("name", r.Name))
	if len(r.Description) > MaxDescriptionBytes || !utf8.ValidString(r.Description) {
		add(invalid("description", "must be valid UTF-8 of at most %d bytes", MaxDescriptionBytes))
	}
	switch {
	case strings.TrimSpace(r.Source) == "":
		add(invalid("source", "is required"))
	case len(r.Source) > MaxSourceBytes:
		add(invalid("source", "must be at most %d bytes, is %d", MaxSourceBytes, len(r.Source)))
	case !utf8.ValidString(r.Source):
		add(invalid("source", "must be valid UTF-8"))
	}
	if !r.Language.IsValid() {
		add(invalid("language", "%q is not a language; want %q", r.Language, LanguageJavaScript))
	}
	if !r.Type.IsValid() {
		add(invalid("type", "%q is not a script type", r.Type))
	}
	if !r.Status.IsValid() {
		add(invalid("status", "%q is not a script status", r.Status))
	}
	add(r.Limits.Validate())
	add(s.validateTrigger())
	add(validateLabels(r))
	return errors.Join(errs...)
}

// validateTrigger checks the settings of the script's own trigger for presence, and those of all triggers for form.
func (s *script) validateTrigger() error {
	r := &s.record
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if r.Type == ScriptTypeScheduled && s.cron.IsZero() {
		add(invalid("cron", "is required for a scheduled script"))
	}
	if r.HTTPPath != "" || len(r.HTTPMethods) > 0 || r.Type == ScriptTypeHTTP {
		add(validatePath(r.HTTPPath))
	}
	for i, m := range r.HTTPMethods {
		if !slices.Contains(httpMethods, m) {
			add(invalid("httpMethods", "%q is not an HTTP method; want one of %s", m, strings.Join(httpMethods, ", ")))
		} else if slices.Contains(r.HTTPMethods[:i], m) {
			add(invalid("httpMethods", "%q is listed twice", m))
		}
	}
	if r.Type == ScriptTypeEvent && len(r.EventTypes) == 0 {
		add(invalid("eventTypes", "at least one is required for an event script"))
	}
	if len(r.EventTypes) > MaxListLength {
		add(invalid("eventTypes", "must be at most %d", MaxListLength))
	}
	for _, t := range r.EventTypes {
		if err := validateEventType(strings.TrimSuffix(t, "*")); t == "" || (t != "*" && err != nil) {
			add(invalid("eventTypes", "%q is not an event type: %s", t, eventTypeRule+", with at most one * as its end"))
		}
	}
	add(validateEventSettings(r))
	add(r.Schedule.Validate())
	if r.Schedule.TimeZone != "" && namesZone(r.Cron) {
		add(invalid("schedule.timeZone", "must be empty where the cron expression names a time zone"))
	}
	add(r.Retry.Validate())
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func validateLabels(r *ScriptRecord) error {
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if len(r.Tags) > MaxListLength {
		add(invalid("tags", "must be at most %d", MaxListLength))
	}
	for _, tag := range r.Tags {
		add(validateLabel("tags", tag))
	}
	if len(r.Metadata) > MaxListLength {
		add(invalid("metadata", "must be at most %d entries", MaxListLength))
	}
	for _, key := range sortedKeys(r.Metadata) {
		value := r.Metadata[key]
		add(validateLabel("metadata", key))
		if len(value) > MaxDescriptionBytes || !utf8.ValidString(value) {
			add(invalid("metadata", "the value of %q must be valid UTF-8 of at most %d bytes", key, MaxDescriptionBytes))
		}
	}
	return errors.Join(errs...)
}

// validateLabel keeps what ends up in logs and lists to one line.
func validateLabel(field, label string) error {
	switch {
	case strings.TrimSpace(label) == "":
		return invalid(field, "must not be empty")
	case len(label) > MaxNameBytes:
		return invalid(field, "must be at most %d bytes, is %d", MaxNameBytes, len(label))
	case !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl):
		return invalid(field, "must be valid UTF-8 without control characters")
	}
	return nil
}

const eventTypeRule = "1 to 200 bytes of letters, digits and ._-:/"

func validateEventType(t string) error {
	ok := t != "" && len(t) <= MaxNameBytes && !strings.ContainsFunc(t, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-:/", r)
	})
	if !ok || !utf8.ValidString(t) {
		return invalid("eventType", "%q must be %s", t, eventTypeRule)
	}
	return nil
}

func validatePath(path string) error {
	switch {
	case path == "":
		return invalid("httpPath", "is required for an HTTP script")
	case !strings.HasPrefix(path, "/"):
		return invalid("httpPath", "%q must begin with /", path)
	case len(path) > MaxNameBytes:
		return invalid("httpPath", "must be at most %d bytes", MaxNameBytes)
	case strings.ContainsFunc(path, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return invalid("httpPath", "%q must not hold white space or control characters", path)
	case path == strings.TrimSuffix(ownPath, "/") || strings.HasPrefix(path, ownPath):
		return invalid("httpPath", "%q must not begin with %s, which is the library's own", path, ownPath)
	}
	// With a method, because a ServeMux refuses what its own cleaning of paths makes unreachable only then.
	if err := registerRoutes("GET " + path); err != nil {
		return invalid("httpPath", "%q is not a path pattern: %v", path, err)
	}
	return nil
}

// RoutesOverlap reports whether a request could match both scripts' routes without one of the patterns being more
// specific than the other: what [net/http.ServeMux] refuses to register. Scripts that are not HTTP scripts or are
// archived have no route.
func (r ScriptRecord) RoutesOverlap(other ScriptRecord) bool {
	routed := func(r ScriptRecord) bool {
		return r.Type == ScriptTypeHTTP && r.Status != ScriptStatusArchived
	}
	if !routed(r) || !routed(other) {
		return false
	}
	return registerRoutes(append(r.routes(), other.routes()...)...) != nil
}

// routes are the ServeMux patterns of the script: one for each method, or one for every method.
func (r ScriptRecord) routes() []string {
	if len(r.HTTPMethods) == 0 {
		return []string{r.HTTPPath}
	}
	patterns := make([]string, len(r.HTTPMethods))
	for i, m := range r.HTTPMethods {
		patterns[i] = m + " " + r.HTTPPath
	}
	return patterns
}

// hasRoute reports whether the pattern is one of the script's routes.
func (r *ScriptRecord) hasRoute(pattern string) bool {
	if len(r.HTTPMethods) == 0 {
		return pattern == r.HTTPPath
	}
	method, path, _ := strings.Cut(pattern, " ")
	return path == r.HTTPPath && slices.Contains(r.HTTPMethods, method)
}

// registerRoutes asks a ServeMux, whose rules these are, whether the patterns can stand beside each other. It answers
// with a panic, the first line of which says what is wrong.
func registerRoutes(patterns ...string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			line, _, _ := strings.Cut(fmt.Sprint(r), "\n")
			err = errors.New(line)
		}
	}()
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, http.NotFoundHandler())
	}
	return nil
}
