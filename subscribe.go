package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDepth is how many executions may cause one another in a row.
const maxDepth = 8

// Publish stores a pending execution of each of the tenant's active event scripts that the event starts, and then
// hands the event to the bus. When it returns nil, the executions survive a crash. Types that begin with "jsruntime." are
// refused. A script that another process has activated or changed counts as it is then about a second later.
//
// After an error, of the store in the midst of many scripts or of the bus after that, some executions may be stored and run,
// and it may be repeated with the same event: the event's id keeps a script from running twice, for as long as
// [Retention].Keys says, whatever became of its run and of the script. A script that subscribes later, or whose filter does
// not match until it is changed, is started by a repetition.
func (rt *Runtime) Publish(ctx context.Context, e Event) error {
	if err := rt.publishFrom(ctx, e); err != nil {
		return fmt.Errorf("publish event %q: %w", e.Type, err)
	}
	return nil
}

func (rt *Runtime) publishFrom(ctx context.Context, e Event) error {
	n, err := rt.node()
	if err != nil {
		return err
	}
	if by := causeOf(ctx); by != (cause{}) {
		e.Depth, e.CausedBy = max(e.Depth, by.depth), by.executionID
	}
	if err := rt.checkPublished(e); err != nil {
		return err
	}
	if err := n.startSubscribers(ctx, e); err != nil {
		return err
	}
	return n.handToBus(ctx, e)
}

// Subscribe calls h for the events that f chooses, of the library and of Publish alike, as [EventBus] says. It works
// before Start and after Stop; the caller closes the subscription.
func (rt *Runtime) Subscribe(f EventFilter, h Handler) (Subscription, error) {
	return rt.bus.Subscribe(f, h)
}

// checkPublished refuses what nobody but the library may publish, and what nobody may.
func (rt *Runtime) checkPublished(e Event) error {
	if err := checkEvent(e); err != nil {
		return err
	}
	if strings.HasPrefix(e.Type, EventTypePrefix) {
		return invalid("type", "%q is reserved: only the library publishes %s* events", e.Type, EventTypePrefix)
	}
	return checkDepth(e.Depth)
}

// checkEvent refuses events that start nothing, wherever they come from.
func checkEvent(e Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	return checkSize("payload", e.Payload)
}

func checkDepth(depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("%w: %d executions have caused one another", ErrDepthLimit, depth)
	}
	return nil
}

// startSubscribers stores what an event starts.
func (n *node) startSubscribers(ctx context.Context, e Event) error {
	if err := n.catalog.catchUp(ctx); err != nil {
		return err
	}
	p := &eventPayload{raw: e.Payload}
	scripts := n.catalog.subscribers(e, p)
	if len(scripts) == 0 {
		return nil
	}
	tenantCap, err := n.tenantCap(ctx, e.TenantID)
	if err != nil {
		return err
	}
	return n.react(ctx, e, p, scripts, tenantCap, n.rt.maxPending)
}

// handToBus publishes an event for which startSubscribers has been called.
func (n *node) handToBus(ctx context.Context, e Event) error {
	e.storedBy = n.name
	return n.rt.bus.Publish(ctx, e)
}

// subscribe takes what comes in by the bus: of the default one no more than scripts may wait for, and nothing that this node
// has put there.
func (n *node) subscribe() (Subscription, error) {
	if b, ok := n.rt.bus.(*Bus); ok {
		return b.subscribe(EventFilter{}, func(e Event) bool { return e.storedBy != n.name && n.catalog.listens(e) }, n.onEvent)
	}
	return n.rt.bus.Subscribe(EventFilter{}, n.onEvent)
}

// onEvent takes an event that came in by the bus. What it starts may be stored already, by Publish or because it was
// delivered before, and the dedupe key tells.
func (n *node) onEvent(ctx context.Context, e Event) error {
	if !n.catalog.listens(e) {
		return nil
	}
	err := n.take(ctx, e)
	switch {
	case errors.Is(err, ErrDepthLimit), errors.Is(err, ErrOverloaded), errors.Is(err, ErrInvalid):
		n.rt.logger.Error("event starts no scripts", "type", e.Type, "event", e.ID, "tenant", e.TenantID, "error", err)
		return nil // to try again would hold up other tenants' events
	case err != nil:
		return fmt.Errorf("event %s of type %s: %w", e.ID, e.Type, err)
	}
	return nil
}

func (n *node) take(ctx context.Context, e Event) error {
	if err := checkEvent(e); err != nil {
		return err
	}
	if err := n.catalog.catchUp(ctx); err != nil {
		return err
	}
	p := &eventPayload{raw: e.Payload}
	scripts := n.catalog.subscribers(e, p)
	if len(scripts) == 0 {
		return nil
	}
	if err := checkDepth(e.Depth); err != nil {
		return err
	}
	tenantCap, err := n.tenantCap(ctx, e.TenantID)
	if err != nil { // what runs is capped anyway; an event is not lost for it, nor does it hold up other tenants' events
		n.rt.logger.Error("event taken without the tenant's limits", "event", e.ID, "error", err)
	}
	maxPending := 0 // nobody is there to be told that there is too much, so what came in is taken
	if strings.HasPrefix(e.Type, EventTypePrefix) {
		maxPending = n.rt.maxPending
	}
	return n.react(ctx, e, p, scripts, tenantCap, maxPending)
}

// What one call of the store gets to store for an event with many scripts: each execution has the payload twice.
const (
	maxReactions     = 1000
	maxReactionBytes = 32 << 20
)

// react stores the pending executions of the scripts that the event starts. Those of an event with very many scripts take
// several calls, so that what is in memory at a time is bounded; one that fails leaves the executions of those before it.
func (n *node) react(ctx context.Context, e Event, p *eventPayload, scripts []ScriptRecord, tenantCap ResourceLimits, maxPending int) error {
	value, err := p.decode()
	if err != nil {
		return err
	}
	input := json.RawMessage("{}")
	if _, ok := value.(map[string]any); ok {
		input = e.Payload
	}
	defer n.poke()
	size := 1<<10 + 2*len(e.Payload)
	for some := range slices.Chunk(scripts, max(1, min(maxReactions, maxReactionBytes/size))) {
		records := make([]ExecutionRecord, len(some))
		for i, s := range some {
			inv := &invocation{
				script: &s, trigger: TriggerEvent, input: input, cause: cause{e.Depth, e.CausedBy},
				data:      TriggerData{EventType: e.Type, EventID: e.ID, Payload: value},
				dedupeKey: fmt.Sprintf("event:%s:%s", e.ID, s.ID), orderKey: p.orderKey(s.OrderKey),
			}
			records[i] = inv.record(n.rt, tenantCap)
		}
		if _, err := n.rt.store.CreateExecutions(ctx, Creation{Executions: records, MaxPending: maxPending}); err != nil {
			return err
		}
	}
	return nil
}
