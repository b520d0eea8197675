package jsruntime

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// TriggerType says what started an execution.
type TriggerType string

// The trigger types.
const (
	TriggerCron   TriggerType = "cron"   // the schedule of a scheduled script
	TriggerHTTP   TriggerType = "http"   // a request to an HTTP script
	TriggerEvent  TriggerType = "event"  // an event that an event script subscribes to
	TriggerManual TriggerType = "manual" // Execute or Submit: a person, through the application
	TriggerAPI    TriggerType = "api"    // Call: Go code
)

// IsValid reports whether t is one of the types defined here.
func (t TriggerType) IsValid() bool {
	switch t {
	case TriggerCron, TriggerHTTP, TriggerEvent, TriggerManual, TriggerAPI:
		return true
	}
	return false
}

// TriggerData is what is known about the trigger of an execution. The script sees it in context.trigger. Fields that
// do not belong to the trigger's type are empty.
type TriggerData struct {
	// EventType is the type of the event, such as "order.paid".
	EventType string `json:"eventType,omitempty"`
	// EventID is the id of the event.
	EventID uuid.UUID `json:"eventId,omitzero"`
	// HTTPMethod and HTTPPath are those of the request.
	HTTPMethod string `json:"httpMethod,omitempty"`
	HTTPPath   string `json:"httpPath,omitempty"`
	// CronTrigger is the cron expression whose tick this is.
	CronTrigger string `json:"cronTrigger,omitempty"`
	// ScheduledAt is the instant of the schedule for which it runs, in UTC. The run may begin later.
	ScheduledAt time.Time `json:"scheduledAt,omitzero"`
	// Payload is the event's payload or the request's body: any value that JSON can hold. It is absent where that is null.
	Payload any `json:"payload,omitempty"`
	// Request is the rest of the HTTP request; nil for other triggers. In records, the values of the Authorization,
	// Proxy-Authorization, Cookie and Idempotency-Key headers, and of those named with [WithRedactedHeaders], are replaced by
	// "[redacted]"; the script sees them, unless it is asynchronous.
	Request *HTTPRequest `json:"request,omitempty"`
}

// HTTPRequest is an HTTP request as a script sees it in context.trigger.request.
type HTTPRequest struct {
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Params  map[string]string   `json:"params"`  // the values of the path's wildcards, by name
	Query   map[string][]string `json:"query"`   // the values of each query parameter
	Headers map[string]string   `json:"headers"` // names in lower case; several values are joined with ", ", cookies with "; "
	// Text is the body as it was sent. Where that is not valid UTF-8, each run of other bytes is replaced by U+FFFD in it,
	// and Bytes is the body, which is nil otherwise.
	Text  string `json:"text"`
	Bytes []byte `json:"bytes,omitempty"`
}

// Body returns the exact bytes of the body, which a signature is checked over. The script gets them, in a Uint8Array of its
// own each time, with context.trigger.request.bytes(); there is no other property of that name.
func (r *HTTPRequest) Body() []byte {
	if r.Bytes != nil {
		return slices.Clone(r.Bytes)
	}
	return []byte(r.Text)
}

// redactedHeaders hold credentials: a script may need them, a record must not keep them.
// The idempotency key is what the fingerprint of a request is hashed with.
var redactedHeaders = []string{"authorization", "proxy-authorization", "cookie", "idempotency-key"}

// redacted returns d without credentials, for records: without the values of redactedHeaders and of the others named, in
// lower case. Where there are none, it shares the request with d.
func (d TriggerData) redacted(others ...string) TriggerData {
	if d.Request == nil {
		return d
	}
	var headers map[string]string
	for name := range d.Request.Headers {
		if lower := strings.ToLower(name); slices.Contains(redactedHeaders, lower) || slices.Contains(others, lower) {
			if headers == nil {
				headers = maps.Clone(d.Request.Headers)
			}
			headers[name] = "[redacted]"
		}
	}
	if headers != nil {
		request := *d.Request
		request.Headers = headers
		d.Request = &request
	}
	return d
}

// clone returns a copy that shares no map or slice with d, with the payload as JSON holds it. A payload that it cannot
// hold is an error.
func (d TriggerData) clone() (TriggerData, error) {
	if d.Payload != nil {
		raw, err := encodeJSON("triggerData.payload", d.Payload)
		if err != nil {
			return TriggerData{}, err
		}
		d.Payload = nil
		if err := json.Unmarshal(raw, &d.Payload); err != nil {
			return TriggerData{}, invalid("triggerData.payload", "must be a value that JSON can hold: %v", err)
		}
	}
	return d.copy(), nil
}

// copy returns a copy that shares no map or slice with d, whose payload is as JSON holds it.
func (d TriggerData) copy() TriggerData {
	d.Payload = copyValue(d.Payload)
	if d.Request != nil {
		request := *d.Request
		request.Params = maps.Clone(request.Params)
		request.Headers = maps.Clone(request.Headers)
		request.Bytes = slices.Clone(request.Bytes)
		request.Query = maps.Clone(request.Query)
		for name, values := range request.Query {
			request.Query[name] = slices.Clone(values)
		}
		d.Request = &request
	}
	return d
}
