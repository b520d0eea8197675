package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// maxDepth is how many executions may cause one another in a row.
const maxDepth = 8

// Publish stores a pending execution of each of the tenant's active event scripts that the event starts, and then
// hands the event to the bus. When it returns nil, the executions survive a crash. It may be repeated with the same
// event: the event's id keeps a script from running twice. Types that begin with "jsruntime." are refused.
func (rt *Runtime) Publish(ctx context.Context, e Event) error {
	if err := rt.publishEvent(ctx, e); err != nil {
		return fmt.Errorf("publish event %q: %w", e.Type, err)
	}
	return nil
}

// Subscribe calls h for the events that f chooses, of the library and of Publish alike, as [EventBus] says. It works
// before Start and after Stop; the caller closes the subscription.
func (rt *Runtime) Subscribe(f EventFilter, h Handler) (Subscription, error) {
	return rt.bus.Subscribe(f, h)
}

func (rt *Runtime) publishEvent(ctx context.Context, e Event) error {
	n, err := rt.node()
	if err != nil {
		return err
	}
	if err := e.Validate(); err != nil {
		return err
	}
	if err := checkSize("payload", e.Payload); err != nil {
		return err
	}
	if strings.HasPrefix(e.Type, EventTypePrefix) {
		return invalid("type", "%q is reserved: only the library publishes %s* events", e.Type, EventTypePrefix)
	}
	e.Depth = max(e.Depth, depthOf(ctx))
	if err := checkDepth(e.Depth); err != nil {
		return err
	}
	if scripts := n.catalog.subscribers(e); len(scripts) > 0 {
		tenantCap, err := n.tenantCap(ctx, e.TenantID)
		if err != nil {
			return err
		}
		if err := n.react(ctx, e, scripts, tenantCap, rt.maxPending); err != nil {
			return err
		}
	}
	return rt.bus.Publish(ctx, e)
}

// subscribe takes what comes in by the bus: of the default one no more than scripts wait for.
func (n *node) subscribe() (Subscription, error) {
	if b, ok := n.rt.bus.(*Bus); ok {
		return b.subscribe(EventFilter{}, func(e Event) bool { return len(n.catalog.subscribers(e)) > 0 }, n.onEvent)
	}
	return n.rt.bus.Subscribe(EventFilter{}, n.onEvent)
}

// onEvent takes an event that came in by the bus. Those of Publish come back here as well; their executions are
// stored already, and the dedupe key tells.
func (n *node) onEvent(ctx context.Context, e Event) error {
	scripts := n.catalog.subscribers(e)
	if len(scripts) == 0 {
		return nil
	}
	tenantCap, err := n.tenantCap(ctx, e.TenantID)
	if err != nil { // what runs is capped anyway; an event is not lost for it, nor does it hold up other tenants' events
		n.rt.logger.Error("event taken without the tenant's limits", "event", e.ID, "error", err)
	}
	maxPending := 0 // nobody is there to be told that there is too much, so what came in is taken
	if strings.HasPrefix(e.Type, EventTypePrefix) {
		maxPending = n.rt.maxPending
	}
	if err = checkDepth(e.Depth); err == nil {
		err = n.react(ctx, e, scripts, tenantCap, maxPending)
	}
	switch {
	case errors.Is(err, ErrDepthLimit), errors.Is(err, ErrOverloaded), errors.Is(err, ErrInvalid):
		n.rt.logger.Error("event starts no scripts", "type", e.Type, "event", e.ID, "tenant", e.TenantID, "error", err)
		return nil // to try again would hold up other tenants' events
	case err != nil:
		return fmt.Errorf("event %s of type %s: %w", e.ID, e.Type, err)
	}
	return nil
}

func checkDepth(depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("%w: %d executions have caused one another", ErrDepthLimit, depth)
	}
	return nil
}

// react stores the pending executions of the scripts that the event starts.
func (n *node) react(ctx context.Context, e Event, scripts []ScriptRecord, tenantCap ResourceLimits, maxPending int) error {
	data := TriggerData{EventType: e.Type}
	if err := json.Unmarshal(e.Payload, &data.Payload); err != nil {
		return invalid("payload", "must be JSON: %v", err)
	}
	input := json.RawMessage("{}")
	if _, ok := data.Payload.(map[string]any); ok {
		input = e.Payload
	}
	records := make([]ExecutionRecord, len(scripts))
	for i, s := range scripts {
		inv := &invocation{
			script: s, trigger: TriggerEvent, data: data, input: input, depth: e.Depth,
			dedupeKey: fmt.Sprintf("event:%s:%s", e.ID, s.ID),
		}
		records[i] = inv.record(n.rt, tenantCap)
	}
	if _, err := n.rt.store.CreateExecutions(ctx, Creation{Executions: records, MaxPending: maxPending}); err != nil {
		return err
	}
	n.poke()
	return nil
}
