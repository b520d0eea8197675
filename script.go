package jsruntime

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ScriptType says what starts a script.
type ScriptType string

// The script types.
const (
	ScriptTypeScheduled ScriptType = "scheduled" // a cron schedule
	ScriptTypeHTTP      ScriptType = "http"      // an HTTP request
	ScriptTypeEvent     ScriptType = "event"     // an event
	ScriptTypeOneOff    ScriptType = "oneoff"    // a person, once
	ScriptTypeEmbedded  ScriptType = "embedded"  // Go code
)

// IsValid reports whether t is one of the types defined here.
func (t ScriptType) IsValid() bool {
	switch t {
	case ScriptTypeScheduled, ScriptTypeHTTP, ScriptTypeEvent, ScriptTypeOneOff, ScriptTypeEmbedded:
		return true
	}
	return false
}

// ScriptStatus is where a script is in its life.
type ScriptStatus string

// The script statuses.
const (
	ScriptStatusDraft    ScriptStatus = "draft"    // being edited
	ScriptStatusActive   ScriptStatus = "active"   // can be run, and its trigger is live
	ScriptStatusPaused   ScriptStatus = "paused"   // temporarily off
	ScriptStatusDisabled ScriptStatus = "disabled" // off until somebody activates it again by hand
	ScriptStatusArchived ScriptStatus = "archived" // kept for history only
)

var scriptTransitions = map[ScriptStatus][]ScriptStatus{
	ScriptStatusDraft:    {ScriptStatusActive},
	ScriptStatusActive:   {ScriptStatusPaused, ScriptStatusDisabled},
	ScriptStatusPaused:   {ScriptStatusActive},
	ScriptStatusDisabled: {ScriptStatusActive, ScriptStatusArchived},
	ScriptStatusArchived: {},
}

// IsValid reports whether s is one of the statuses defined here.
func (s ScriptStatus) IsValid() bool {
	_, ok := scriptTransitions[s]
	return ok
}

// TransitionTo returns nil when a script may go from s to the other status, and a [TransitionError] otherwise. The ways
// are draft to active, active to paused or disabled, paused to active, and disabled to active or archived.
func (s ScriptStatus) TransitionTo(to ScriptStatus) error {
	if slices.Contains(scriptTransitions[s], to) {
		return nil
	}
	return &TransitionError{Entity: "script", From: string(s), To: string(to)}
}

// Script is a program of a tenant, with its trigger, its limits and its place in life. It is immutable: a setter
// returns a new Script and leaves the old one as it was; nothing changes in a store until the Runtime is told. Setters
// never fail: Validate says what is wrong.
type Script interface {
	ID() uuid.UUID
	TenantID() uuid.UUID
	// OrganizationID is the nil UUID unless the application sets it. The library does not interpret it.
	OrganizationID() uuid.UUID
	// Name is unique within the tenant.
	Name() string
	Description() string
	Source() string
	Language() Language
	Type() ScriptType
	Status() ScriptStatus
	ResourceLimits() ResourceLimits
	CronExpression() CronExpression
	// HTTPPath is a path pattern as in [net/http.ServeMux], without method and host, such as "/orders/{id}".
	HTTPPath() string
	// HTTPMethods are in upper case; none means every method.
	HTTPMethods() []string
	// EventTypes are the types of events that start an event script; one that ends in "*" stands for all types
	// that begin with what is before it.
	EventTypes() []string
	// EventFilter restricts the events that start an event script to those whose payload has these values; see
	// [WithEventFilter].
	EventFilter() map[string]any
	// OrderKey names the payload field by which an event script's runs are ordered; see [WithOrderKey].
	OrderKey() string
	// SchedulePolicy is what a scheduled script does where its cron expression does not say.
	SchedulePolicy() SchedulePolicy
	// RetryPolicy is how often failed runs of the script are tried again.
	RetryPolicy() RetryPolicy
	// Async reports whether an HTTP script answers before it runs; see [WithAsync].
	Async() bool
	// Idempotent reports whether the script may be run again for the same trigger. What was queued, a tick or an event is
	// then run again when the process that ran it went away, up to MaxInterruptedAttempts times in all; otherwise the
	// execution has failed with ErrInterrupted, and is a dead letter where the script's [RetryPolicy] has those.
	Idempotent() bool
	Metadata() map[string]string
	Tags() []string
	CreatedAt() time.Time
	// UpdatedAt is when the stored script last changed; setters leave it alone.
	UpdatedAt() time.Time
	CreatedBy() uint
	// Revision counts the changes of the stored script, status changes included. It is 0 before it is stored.
	Revision() int64
	// VersionNumber is the number of the script's newest Version. It is 0 before the script is stored.
	VersionNumber() int

	SetName(name string) Script
	SetDescription(description string) Script
	SetSource(source string) Script
	SetLanguage(language Language) Script
	// SetType is needed beside the setter of a trigger where the script was of another type: only NewScript lets a
	// trigger's settings decide on the type.
	SetType(t ScriptType) Script
	// SetStatus sets any status; the Runtime's SetStatus is the one that keeps to the state machine.
	SetStatus(status ScriptStatus) Script
	SetResourceLimits(limits ResourceLimits) Script
	SetOrganizationID(id uuid.UUID) Script
	SetCronExpression(expr CronExpression) Script
	SetHTTPPath(path string) Script
	SetHTTPMethods(methods ...string) Script
	SetEventTypes(types ...string) Script
	SetEventFilter(fields map[string]any) Script
	SetOrderKey(field string) Script
	SetSchedulePolicy(p SchedulePolicy) Script
	SetRetryPolicy(p RetryPolicy) Script
	SetAsync(async bool) Script
	SetIdempotent(idempotent bool) Script
	SetMetadata(metadata map[string]string) Script
	SetTags(tags ...string) Script

	// CanExecute reports whether the status is active.
	CanExecute() bool
	// Validate returns a [FieldError] for every broken rule, joined, or nil.
	Validate() error
	IsScheduled() bool
	IsHTTPEndpoint() bool
	IsEventTriggered() bool

	// Record returns the script as it crosses the Store port.
	Record() ScriptRecord

	json.Marshaler
	slog.LogValuer
	sealed()
}

// ScriptRecord is a Script as it crosses the [Store] port.
type ScriptRecord struct {
	ID             uuid.UUID         `json:"id"`
	TenantID       uuid.UUID         `json:"tenantId"`
	OrganizationID uuid.UUID         `json:"organizationId,omitzero"`
	Name           string            `json:"name"`
	Description    string            `json:"description,omitempty"`
	Source         string            `json:"source"`
	Language       Language          `json:"language"`
	Type           ScriptType        `json:"type"`
	Status         ScriptStatus      `json:"status"`
	Limits         ResourceLimits    `json:"limits"`
	Cron           string            `json:"cron,omitempty"`
	HTTPPath       string            `json:"httpPath,omitempty"`
	HTTPMethods    []string          `json:"httpMethods,omitempty"`
	EventTypes     []string          `json:"eventTypes,omitempty"`
	EventFilter    map[string]any    `json:"eventFilter,omitempty"` // strings, float64, booleans and nil
	OrderKey       string            `json:"orderKey,omitempty"`
	Schedule       SchedulePolicy    `json:"schedule,omitzero"`
	Retry          RetryPolicy       `json:"retry,omitzero"`
	Async          bool              `json:"async,omitempty"`
	Idempotent     bool              `json:"idempotent,omitempty"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	Tags           []string          `json:"tags,omitempty"`
	CreatedAt      time.Time         `json:"createdAt"`
	UpdatedAt      time.Time         `json:"updatedAt"`
	CreatedBy      uint              `json:"createdBy"`
	Revision       int64             `json:"revision"`
	VersionNumber  int               `json:"versionNumber"`
}

// Clone returns a copy that shares no slice or map with r.
func (r ScriptRecord) Clone() ScriptRecord {
	r.HTTPMethods = slices.Clone(r.HTTPMethods)
	r.EventTypes = slices.Clone(r.EventTypes)
	r.EventFilter = maps.Clone(r.EventFilter)
	r.Metadata = maps.Clone(r.Metadata)
	r.Tags = slices.Clone(r.Tags)
	return r
}

type script struct {
	record  ScriptRecord
	cron    CronExpression
	implied ScriptType // by the trigger options of NewScript, also where what they were given is no trigger
}

// NewScript returns a draft. Without options it is a one-off script with the default limits and a new id.
func NewScript(tenantID uuid.UUID, name, source string, opts ...ScriptOption) Script {
	now := time.Now().UTC()
	s := &script{record: ScriptRecord{
		ID:        uuid.New(),
		TenantID:  tenantID,
		Name:      name,
		Source:    source,
		Language:  LanguageJavaScript,
		Status:    ScriptStatusDraft,
		Limits:    DefaultResourceLimits(),
		CreatedAt: now,
		UpdatedAt: now,
	}}
	for _, opt := range opts {
		opt(s)
	}
	if s.record.Type == "" {
		s.record.Type = cmp.Or(s.implied, ScriptTypeOneOff)
	}
	return s
}

// imply takes note of a trigger option. Of several, the first of schedule, HTTP and event decides.
func (s *script) imply(t ScriptType) {
	order := []ScriptType{ScriptTypeScheduled, ScriptTypeHTTP, ScriptTypeEvent}
	if s.implied == "" || slices.Index(order, t) < slices.Index(order, s.implied) {
		s.implied = t
	}
}

// RestoreScript rebuilds a Script from its record. It fails when the record's cron expression cannot be parsed.
func RestoreScript(record ScriptRecord) (Script, error) {
	s := &script{record: record.Clone()}
	if record.Cron != "" {
		expr, err := NewCronExpression(record.Cron)
		if err != nil {
			return nil, fmt.Errorf("script %s: %w", record.ID, err)
		}
		s.cron = expr
	}
	return s, nil
}

func (s *script) ID() uuid.UUID                  { return s.record.ID }
func (s *script) TenantID() uuid.UUID            { return s.record.TenantID }
func (s *script) OrganizationID() uuid.UUID      { return s.record.OrganizationID }
func (s *script) Name() string                   { return s.record.Name }
func (s *script) Description() string            { return s.record.Description }
func (s *script) Source() string                 { return s.record.Source }
func (s *script) Language() Language             { return s.record.Language }
func (s *script) Type() ScriptType               { return s.record.Type }
func (s *script) Status() ScriptStatus           { return s.record.Status }
func (s *script) ResourceLimits() ResourceLimits { return s.record.Limits }
func (s *script) CronExpression() CronExpression { return s.cron }
func (s *script) HTTPPath() string               { return s.record.HTTPPath }
func (s *script) HTTPMethods() []string          { return slices.Clone(s.record.HTTPMethods) }
func (s *script) EventTypes() []string           { return slices.Clone(s.record.EventTypes) }
func (s *script) EventFilter() map[string]any    { return maps.Clone(s.record.EventFilter) }
func (s *script) OrderKey() string               { return s.record.OrderKey }
func (s *script) SchedulePolicy() SchedulePolicy { return s.record.Schedule }
func (s *script) RetryPolicy() RetryPolicy       { return s.record.Retry }
func (s *script) Async() bool                    { return s.record.Async }
func (s *script) Idempotent() bool               { return s.record.Idempotent }
func (s *script) Metadata() map[string]string    { return maps.Clone(s.record.Metadata) }
func (s *script) Tags() []string                 { return slices.Clone(s.record.Tags) }
func (s *script) CreatedAt() time.Time           { return s.record.CreatedAt }
func (s *script) UpdatedAt() time.Time           { return s.record.UpdatedAt }
func (s *script) CreatedBy() uint                { return s.record.CreatedBy }
func (s *script) Revision() int64                { return s.record.Revision }
func (s *script) VersionNumber() int             { return s.record.VersionNumber }
func (s *script) CanExecute() bool               { return s.record.Status == ScriptStatusActive }
func (s *script) IsScheduled() bool              { return s.record.Type == ScriptTypeScheduled }
func (s *script) IsHTTPEndpoint() bool           { return s.record.Type == ScriptTypeHTTP }
func (s *script) IsEventTriggered() bool         { return s.record.Type == ScriptTypeEvent }
func (s *script) Record() ScriptRecord           { return s.record.Clone() }
func (s *script) sealed()                        {}

// with returns a copy of s that shares nothing with it, after change was made to the copy.
func (s *script) with(change func(*script)) Script {
	c := &script{record: s.record.Clone(), cron: s.cron}
	change(c)
	return c
}

func (s *script) SetName(name string) Script {
	return s.with(func(c *script) { c.record.Name = name })
}

func (s *script) SetDescription(description string) Script {
	return s.with(func(c *script) { c.record.Description = description })
}

func (s *script) SetSource(source string) Script {
	return s.with(func(c *script) { c.record.Source = source })
}

func (s *script) SetLanguage(language Language) Script {
	return s.with(func(c *script) { c.record.Language = language })
}

func (s *script) SetType(t ScriptType) Script {
	return s.with(func(c *script) { c.record.Type = t })
}

func (s *script) SetStatus(status ScriptStatus) Script {
	return s.with(func(c *script) { c.record.Status = status })
}

func (s *script) SetResourceLimits(limits ResourceLimits) Script {
	return s.with(WithResourceLimits(limits))
}

func (s *script) SetOrganizationID(id uuid.UUID) Script { return s.with(WithOrganizationID(id)) }

func (s *script) SetCronExpression(expr CronExpression) Script { return s.with(WithCron(expr)) }

func (s *script) SetHTTPPath(path string) Script {
	return s.with(func(c *script) { c.record.HTTPPath = path })
}

func (s *script) SetHTTPMethods(methods ...string) Script {
	return s.with(WithHTTP(s.record.HTTPPath, methods...))
}

func (s *script) SetEventTypes(types ...string) Script { return s.with(WithEventTypes(types...)) }

func (s *script) SetEventFilter(fields map[string]any) Script {
	return s.with(WithEventFilter(fields))
}

func (s *script) SetOrderKey(field string) Script { return s.with(WithOrderKey(field)) }

func (s *script) SetSchedulePolicy(p SchedulePolicy) Script { return s.with(WithSchedulePolicy(p)) }

func (s *script) SetRetryPolicy(p RetryPolicy) Script { return s.with(WithRetryPolicy(p)) }

func (s *script) SetAsync(async bool) Script { return s.with(WithAsync(async)) }

func (s *script) SetIdempotent(idempotent bool) Script { return s.with(WithIdempotent(idempotent)) }

func (s *script) SetMetadata(metadata map[string]string) Script {
	return s.with(WithMetadata(metadata))
}

func (s *script) SetTags(tags ...string) Script { return s.with(WithTags(tags...)) }

func (s *script) MarshalJSON() ([]byte, error) { return json.Marshal(s.record) }

// LogValue names the script; the source stays out of logs.
func (s *script) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", s.record.ID.String()),
		slog.String("tenant", s.record.TenantID.String()),
		slog.String("name", s.record.Name),
		slog.String("type", string(s.record.Type)),
		slog.String("status", string(s.record.Status)),
	)
}
