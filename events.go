package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Event is something that happened in a tenant. It is a value, made to be carried by a broker as JSON.
type Event struct {
	// ID tells deliveries of the same event from different events: a script runs once for an id.
	ID uuid.UUID `json:"id"`
	// Type is a dotted name such as "order.paid". Types that begin with "jsruntime." are the library's own.
	Type     string    `json:"type"`
	TenantID uuid.UUID `json:"tenantId"`
	Time     time.Time `json:"time"`
	// Payload is any JSON value. A script gets it as input when it is an object.
	Payload json.RawMessage `json:"payload"`
	// Depth is 0 for an event from outside, and one more than that of its cause for an event that a script's
	// execution caused. It stops scripts that trigger each other without end.
	Depth int `json:"depth"`
	// CausedBy is the execution that published the event, with events.publish or through a host function that called
	// Publish with its ctx, or that one of the library's own events tells of; the nil UUID for an event from outside.
	CausedBy uuid.UUID `json:"causedBy,omitzero"`

	err      error  // why the payload given to NewEvent could not be held
	storedBy string // the node of this process that has stored what the event starts; not for handlers
}

// EventTypePrefix begins the types that only the library publishes.
const EventTypePrefix = "jsruntime."

// NewEvent returns an event with a new id and the current time. A payload that JSON cannot hold is reported by
// Validate, and so by Publish.
func NewEvent(tenantID uuid.UUID, eventType string, payload any) Event {
	e := Event{ID: uuid.New(), Type: eventType, TenantID: tenantID, Time: time.Now().UTC()}
	e.Payload, e.err = encodeJSON("payload", payload)
	return e
}

// Validate returns a [FieldError] for every broken rule, joined, or nil.
func (e Event) Validate() error {
	errs := []error{e.err}
	add := func(err error) { errs = append(errs, err) }
	if e.ID == uuid.Nil {
		add(invalid("id", "must not be the nil UUID"))
	}
	if e.TenantID == uuid.Nil {
		add(invalid("tenantId", "is required"))
	}
	if err := validateEventType(e.Type); err != nil {
		add(invalid("type", "%q must be %s", e.Type, eventTypeRule))
	}
	if e.err == nil {
		add(checkJSON("payload", e.Payload))
	}
	if e.Time.IsZero() {
		add(invalid("time", "is required"))
	}
	if e.Depth < 0 {
		add(invalid("depth", "must not be negative"))
	}
	return errors.Join(errs...)
}

// Decode unmarshals the payload into v, for the library's own events a pointer to their payload type.
func (e Event) Decode(v any) error {
	if err := json.Unmarshal(e.Payload, v); err != nil {
		return fmt.Errorf("payload of event %s: %w", e.Type, err)
	}
	return nil
}

// EventBus carries events from publishers to subscribers. The Runtime publishes its lifecycle events on it, and starts
// event scripts for what comes in by it.
//
// An implementation keeps to this, and the suite in eventbustest checks it:
//   - Its methods may be called concurrently.
//   - Publish returns nil when the event was accepted, and does not wait for any handler: a handler never runs on the
//     publisher's goroutine. It refuses an event whose Validate fails, and keeps nothing of the payload that it was
//     given. One that could not be accepted for some subscriptions is an error; the others get it all the same.
//   - Subscribe refuses a nil handler and a filter whose Validate fails with an error that matches ErrInvalid. It copies
//     the filter. The subscription gets every matching event that is published after Subscribe returned: at least once
//     when the bus is durable, and at most once across a crash when it is not. Events that one goroutine publishes
//     reach each subscription in that order.
//   - A handler of one subscription is called for one event at a time, and the payload is its own to change. nil
//     acknowledges; after an error or a panic the bus delivers the event again, later, at least once. A slow, failing
//     or panicking handler does not delay other subscriptions. A handler may publish, and close other subscriptions.
//   - Close of a Subscription ends its handler's context, and returns when no handler of it runs any more. Events that
//     are still queued may be dropped. It may be repeated; it must not be called from that handler.
//   - Whoever made the bus closes it. The Runtime closes its own default bus only.
type EventBus interface {
	Publish(ctx context.Context, e Event) error
	Subscribe(f EventFilter, h Handler) (Subscription, error)
}

// Handler takes one event. ctx ends when the subscription is closed.
type Handler func(ctx context.Context, e Event) error

// Subscription is a running subscription; Close ends it.
type Subscription interface {
	Close() error
}

// EventFilter chooses events. Its zero value matches every event, of the library's own types too.
type EventFilter struct {
	// Types are event types; one that ends in "*" stands for all that begin with what is before it, and "*" alone for
	// every type that does not begin with "jsruntime.". None means every type.
	Types []string
	// TenantID is the only tenant whose events match; the nil UUID means every tenant.
	TenantID uuid.UUID
}

// Matches reports whether the filter chooses the event.
func (f EventFilter) Matches(e Event) bool {
	if f.TenantID != uuid.Nil && f.TenantID != e.TenantID {
		return false
	}
	if len(f.Types) == 0 {
		return true
	}
	for _, pattern := range f.Types {
		if matchesEventType(pattern, e.Type) {
			return true
		}
	}
	return false
}

func matchesEventType(pattern, eventType string) bool {
	if pattern == "*" {
		return !strings.HasPrefix(eventType, EventTypePrefix)
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(eventType, prefix)
	}
	return pattern == eventType
}

// The types of the library's own events, jsruntime.{entity}.{action}. Each is published after what it tells of was
// stored, so a crash in between can lose the notification, never the record.
const (
	EventScriptCreated       = "jsruntime.script.created"
	EventScriptUpdated       = "jsruntime.script.updated"
	EventScriptDeleted       = "jsruntime.script.deleted"
	EventScriptStatusChanged = "jsruntime.script.status_changed"
	EventExecutionStarted    = "jsruntime.execution.started"
	EventExecutionCompleted  = "jsruntime.execution.completed"
	EventExecutionFailed     = "jsruntime.execution.failed"
	EventExecutionTimeout    = "jsruntime.execution.timeout"
	EventExecutionCancelled  = "jsruntime.execution.cancelled"
)

// ScriptCreatedEvent is the payload of EventScriptCreated: a new script was created.
type ScriptCreatedEvent struct {
	ScriptID  uuid.UUID  `json:"scriptId"`
	TenantID  uuid.UUID  `json:"tenantId"`
	Name      string     `json:"name"`
	Type      ScriptType `json:"type"`
	CreatedBy uint       `json:"createdBy"`
	CreatedAt time.Time  `json:"createdAt"`
}

// ScriptUpdatedEvent is the payload of EventScriptUpdated: a script's source or configuration changed.
type ScriptUpdatedEvent struct {
	ScriptID      uuid.UUID `json:"scriptId"`
	TenantID      uuid.UUID `json:"tenantId"`
	UpdatedBy     uint      `json:"updatedBy"`
	UpdatedAt     time.Time `json:"updatedAt"`
	VersionNumber int       `json:"versionNumber"`
}

// ScriptDeletedEvent is the payload of EventScriptDeleted: a script was permanently removed.
type ScriptDeletedEvent struct {
	ScriptID  uuid.UUID `json:"scriptId"`
	TenantID  uuid.UUID `json:"tenantId"`
	DeletedBy uint      `json:"deletedBy"`
	DeletedAt time.Time `json:"deletedAt"`
}

// ScriptStatusChangedEvent is the payload of EventScriptStatusChanged: a script went from one status to another.
type ScriptStatusChangedEvent struct {
	ScriptID  uuid.UUID    `json:"scriptId"`
	TenantID  uuid.UUID    `json:"tenantId"`
	OldStatus ScriptStatus `json:"oldStatus"`
	NewStatus ScriptStatus `json:"newStatus"`
	ChangedBy uint         `json:"changedBy"`
	ChangedAt time.Time    `json:"changedAt"`
}

// ExecutionStartedEvent is the payload of EventExecutionStarted: a script began to run.
type ExecutionStartedEvent struct {
	ExecutionID uuid.UUID   `json:"executionId"`
	ScriptID    uuid.UUID   `json:"scriptId"`
	TenantID    uuid.UUID   `json:"tenantId"`
	TriggerType TriggerType `json:"triggerType"`
	StartedAt   time.Time   `json:"startedAt"`
}

// ExecutionCompletedEvent is the payload of EventExecutionCompleted: a script returned. Duration is in nanoseconds.
type ExecutionCompletedEvent struct {
	ExecutionID uuid.UUID     `json:"executionId"`
	ScriptID    uuid.UUID     `json:"scriptId"`
	TenantID    uuid.UUID     `json:"tenantId"`
	Duration    time.Duration `json:"duration"`
	CompletedAt time.Time     `json:"completedAt"`
}

// ExecutionFailedEvent is the payload of EventExecutionFailed: a script threw, or broke a limit other than time.
type ExecutionFailedEvent struct {
	ExecutionID uuid.UUID `json:"executionId"`
	ScriptID    uuid.UUID `json:"scriptId"`
	TenantID    uuid.UUID `json:"tenantId"`
	Error       string    `json:"error"`
	FailedAt    time.Time `json:"failedAt"`
}

// ExecutionTimeoutEvent is the payload of EventExecutionTimeout: a script exceeded MaxExecutionTime. Duration is in
// nanoseconds.
type ExecutionTimeoutEvent struct {
	ExecutionID uuid.UUID     `json:"executionId"`
	ScriptID    uuid.UUID     `json:"scriptId"`
	TenantID    uuid.UUID     `json:"tenantId"`
	Duration    time.Duration `json:"duration"`
	TimeoutAt   time.Time     `json:"timeoutAt"`
}

// ExecutionCancelledEvent is the payload of EventExecutionCancelled: an execution was stopped before its end, or before
// it began.
type ExecutionCancelledEvent struct {
	ExecutionID uuid.UUID `json:"executionId"`
	ScriptID    uuid.UUID `json:"scriptId"`
	TenantID    uuid.UUID `json:"tenantId"`
	Reason      string    `json:"reason"`
	CancelledAt time.Time `json:"cancelledAt"`
}
