package jsruntime

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/google/uuid"
)

// WithScriptEvents lets events that scripts publish out onto the event bus, if they are of one of these types; one that ends
// in "*" stands for all that begin with what is before it. Without it, events.publish starts other scripts of the tenant,
// and nobody else learns of the event: so a customer's script cannot make up an "order.paid" for Go code that acts on it.
// Where it could, [Event].CausedBy tells its events from the application's own.
func WithScriptEvents(types ...string) Option {
	types = slices.Clone(types)
	return func(c *config) error {
		c.scriptEvents = types
		return EventFilter{Types: types}.Validate()
	}
}

// publish is events.publish(type, payload). It starts what subscribes to the event, returns the event's id, and counts as an
// API call. The event is one of the script's tenant, caused by the execution.
func (h *runHost) publish(ctx context.Context, args []any) (any, error) {
	if err := h.take(ctx, EventsPublish); err != nil {
		return nil, err
	}
	call := FunctionCall{Args: args}
	eventType, ok := call.Arg(0).(string)
	if !ok {
		return nil, invalid(EventsPublish, "the type must be a string")
	}
	done, err := h.encoding(ctx, "payload", call.Arg(1))
	if err != nil {
		return nil, fmt.Errorf("event %q: %w", eventType, err)
	}
	defer done()
	e := NewEvent(h.call.TenantID, eventType, call.Arg(1))
	e.Depth, e.CausedBy = h.depth+1, h.call.ExecutionID
	if err := h.rt.checkPublished(e); err != nil {
		return nil, h.concealed(fmt.Sprintf("event %q", eventType), err)
	}
	id, failed := h.published.add(eventType, e.Payload)
	e.ID = id
	err = h.node.startSubscribers(ctx, e)
	if err == nil && slices.ContainsFunc(h.rt.scriptEvents, func(p string) bool { return matchesEventType(p, eventType) }) {
		err = h.node.handToBus(ctx, e)
	}
	if err != nil {
		failed()
		return nil, h.concealed(fmt.Sprintf("event %q", eventType), err)
	}
	return id.String(), nil
}

// oneLarge returns what holds a token while a large value of the run is encoded. Most runs have none.
func (h *runHost) oneLarge() chan struct{} {
	h.published.mu.Lock()
	defer h.published.mu.Unlock()
	if h.large == nil {
		h.large = make(chan struct{}, 1)
	}
	return h.large
}

// largePayload is the size from which on what a run passes to others is encoded, and a payload stored, one after the other:
// each takes several times its size while that goes on.
const largePayload = 64 << 10

// encoding waits until a value may be encoded as JSON, which it has to be before done. A value that is too large is a
// FieldError.
func (h *runHost) encoding(ctx context.Context, field string, v any) (done func(), err error) {
	size := leastSize(v)
	if size > maxValueBytes { // before it is encoded: an escape has six times the bytes
		return nil, invalid(field, "must be at most %d bytes as JSON", maxValueBytes)
	}
	if size <= largePayload {
		return func() {}, nil
	}
	large := h.oneLarge()
	select {
	case large <- struct{}{}:
		return func() { <-large }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// leastSize returns how many bytes a value has as JSON at least.
func leastSize(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case []any:
		for _, item := range v {
			n += 1 + leastSize(item)
		}
	case map[string]any:
		for name, item := range v {
			n += len(name) + 1 + leastSize(item)
		}
	}
	return n
}

// publications gives the events that a run publishes their ids. They follow from the work, the event, and how many equal ones
// the run has published before: so an attempt that publishes once more what an earlier one has, starts nothing a second time.
type publications struct {
	work uuid.UUID

	mu     sync.Mutex
	equals map[uuid.UUID]*equalEvents
}

// equalEvents are those with the same type and payload.
type equalEvents struct {
	count  int
	failed []int // those that were not published: the next ones take their numbers
}

// add returns the id of an event, and a function that takes note that it was not published.
func (p *publications) add(eventType string, payload []byte) (id uuid.UUID, failed func()) {
	what := uuid.NewSHA1(p.work, slices.Concat([]byte(eventType), []byte{0}, payload))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.equals == nil {
		p.equals = map[uuid.UUID]*equalEvents{}
	}
	equals := p.equals[what]
	if equals == nil {
		equals = &equalEvents{}
		p.equals[what] = equals
	}
	number := equals.count
	if last := len(equals.failed) - 1; last >= 0 {
		number, equals.failed = equals.failed[last], equals.failed[:last]
	} else {
		equals.count++
	}
	return uuid.NewSHA1(what, []byte(strconv.Itoa(number))), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		equals.failed = append(equals.failed, number)
	}
}
