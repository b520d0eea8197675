package jsruntime

import (
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"
)

const changesBatch = 500

// catalog is what a node knows of the scripts whose triggers are live. It follows the store's change feed, so that
// what one node changes, every node sees.
type catalog struct {
	node *node

	refreshing chan struct{} // holds a token during a refresh: who waits for one that hangs in the store can go
	sequence   int64

	mu      sync.RWMutex
	events  map[uuid.UUID]map[uuid.UUID]*ScriptRecord // event scripts by tenant and id
	routes  map[uuid.UUID]map[uuid.UUID]*ScriptRecord // HTTP scripts by tenant and id
	routers map[uuid.UUID]func() *router              // by tenant; made from routes when asked for
	behind  bool                                      // a change of this process could not be read
}

func newCatalog(n *node) *catalog {
	return &catalog{
		node:       n,
		refreshing: make(chan struct{}, 1),
		events:     map[uuid.UUID]map[uuid.UUID]*ScriptRecord{},
		routes:     map[uuid.UUID]map[uuid.UUID]*ScriptRecord{},
		routers:    map[uuid.UUID]func() *router{},
	}
}

// scriptsChanged brings the catalog of this process up to date at once; those of other nodes follow by themselves.
func (rt *Runtime) scriptsChanged(ctx context.Context) {
	n, err := rt.node()
	if err != nil {
		return
	}
	ctx, cancel := until(context.WithoutCancel(ctx), n.loops)
	defer cancel()
	if err := n.catalog.refresh(ctx); err != nil && n.loops.Err() == nil {
		n.catalog.setBehind(true)
		rt.logger.Error("script changes not read", "error", err)
	}
}

func (c *catalog) setBehind(behind bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind = behind
}

// refresh applies the changes since the last refresh.
func (c *catalog) refresh(ctx context.Context) error {
	select {
	case c.refreshing <- struct{}{}:
		defer func() { <-c.refreshing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		changes, err := c.node.rt.store.Changes(ctx, c.sequence, changesBatch)
		if err != nil {
			return err
		}
		for _, change := range changes {
			if err := c.apply(ctx, change); err != nil {
				return err
			}
			c.sequence = change.Sequence
		}
		if len(changes) < changesBatch {
			c.setBehind(false)
			return nil
		}
	}
}

func (c *catalog) apply(ctx context.Context, change ScriptChange) error {
	live := change.Script
	if live != nil && live.Status != ScriptStatusActive {
		live = nil
	}
	if live != nil && live.Type == ScriptTypeScheduled {
		if err := c.node.schedule.set(ctx, *live); err != nil {
			return err
		}
	} else {
		c.node.schedule.remove(change.ScriptID)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	place(c.events, change, live, ScriptTypeEvent)
	if place(c.routes, change, live, ScriptTypeHTTP) {
		delete(c.routers, change.TenantID)
	}
	if live != nil && live.Status == ScriptStatusActive {
		c.node.poke() // it may have pending executions from before a pause
	}
	return nil
}

// place puts a live script of the type into the index, takes any other out, and reports whether it did either.
func place(index map[uuid.UUID]map[uuid.UUID]*ScriptRecord, change ScriptChange, live *ScriptRecord, t ScriptType) bool {
	if live != nil && live.Type == t {
		if index[change.TenantID] == nil {
			index[change.TenantID] = map[uuid.UUID]*ScriptRecord{}
		}
		index[change.TenantID][change.ScriptID] = live
		return true
	}
	if _, ok := index[change.TenantID][change.ScriptID]; !ok {
		return false
	}
	if delete(index[change.TenantID], change.ScriptID); len(index[change.TenantID]) == 0 {
		delete(index, change.TenantID)
	}
	return true
}

// catchUp reads a change of this process that could not be read when it was made: an event after it must not miss its scripts.
func (c *catalog) catchUp(ctx context.Context) error {
	c.mu.RLock()
	behind := c.behind
	c.mu.RUnlock()
	if !behind {
		return nil
	}
	return c.refresh(ctx)
}

// listens reports whether the event may start a script: its type is one that a script subscribes to, as far as is known.
func (c *catalog) listens(e Event) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.behind {
		return true
	}
	for _, s := range c.events[e.TenantID] {
		if subscribesTo(s, e.Type) {
			return true
		}
	}
	return false
}

// subscribers returns the event scripts that the event starts.
func (c *catalog) subscribers(e Event, p *eventPayload) []ScriptRecord {
	c.mu.RLock()
	var matching []ScriptRecord
	for _, s := range c.events[e.TenantID] {
		if subscribesTo(s, e.Type) {
			matching = append(matching, *s)
		}
	}
	c.mu.RUnlock() // decoding the payload may take a while
	return slices.DeleteFunc(matching, func(s ScriptRecord) bool { return !p.matches(s.EventFilter) })
}

// subscribesTo reports whether the script subscribes to events of the type.
func subscribesTo(s *ScriptRecord, eventType string) bool {
	return slices.ContainsFunc(s.EventTypes, func(p string) bool { return matchesEventType(p, eventType) })
}

// router returns the router over the tenant's HTTP scripts.
func (c *catalog) router(tenantID uuid.UUID) *router {
	c.mu.RLock()
	made := c.routers[tenantID]
	c.mu.RUnlock()
	if made == nil {
		made = c.newRouter(tenantID)
	}
	return made()
}

// newRouter returns what makes the tenant's router, once: that of a tenant with many scripts takes a while, for which other
// tenants do not wait.
func (c *catalog) newRouter(tenantID uuid.UUID) func() *router {
	c.mu.Lock()
	defer c.mu.Unlock()
	if made := c.routers[tenantID]; made != nil {
		return made
	}
	scripts := make([]ScriptRecord, 0, len(c.routes[tenantID]))
	for _, s := range c.routes[tenantID] {
		scripts = append(scripts, *s)
	}
	made := sync.OnceValue(func() *router { return newRouter(scripts, c.node.rt.logger, c.node.serveScript) })
	if len(scripts) > 0 { // anybody can ask for a tenant that has nothing
		c.routers[tenantID] = made
	}
	return made
}

// httpScript returns the script of a route as it is now, or ErrNotFound where it has that route no more. Nobody may change it.
func (c *catalog) httpScript(ctx context.Context, to route) (*ScriptRecord, error) {
	c.mu.RLock()
	script, ok := c.routes[to.tenantID][to.scriptID]
	behind := c.behind
	c.mu.RUnlock()
	if behind {
		stored, err := c.node.rt.store.Script(ctx, to.tenantID, to.scriptID)
		if err != nil {
			return nil, err
		}
		script, ok = &stored, stored.Type == ScriptTypeHTTP
	}
	if !ok || !script.hasRoute(to.pattern) {
		return nil, ErrNotFound
	}
	return script, nil
}
