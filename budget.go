package jsruntime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// budgets keep to MaxAPICallsPerMinute: in no minute, wherever it begins, does a script make more calls. They hold the
// time of each call of the last minute, since a bucket that refills would admit up to twice the limit. In their first
// minute they ask the store what the process before has used, so that a restart is no way to a new budget.
type budgets struct {
	mu      sync.Mutex
	windows map[uuid.UUID]*window  // by script
	seeded  map[uuid.UUID]struct{} // scripts whose use before is known; nil after the first minute
	since   time.Time
	swept   time.Duration // since then
}

const budgetWindow = time.Minute

// window is a queue of the times of the calls in the last minute, oldest first: there may be many, so each is the time since the
// budgets began, in which the garbage collector has nothing to look for.
type window struct{ calls []time.Duration }

func newBudgets(now time.Time) *budgets {
	return &budgets{windows: map[uuid.UUID]*window{}, seeded: map[uuid.UUID]struct{}{}, since: now}
}

// takeCall counts an API call of an execution, or returns a RateLimitError.
func (rt *Runtime) takeCall(ctx context.Context, call FunctionCall, limit int) error {
	now := time.Now()
	if rt.budgets.unknown(call.ScriptID, now) {
		used, err := rt.usedBefore(ctx, call, limit, now)
		if err != nil {
			return fmt.Errorf("budget of the script: %w", err)
		}
		rt.budgets.seed(call.ScriptID, used)
	}
	if wait := rt.budgets.take(call.ScriptID, limit, now); wait > 0 {
		function, _, _ := strings.Cut(call.name, ":") // what is behind it is between the library and the application
		wait = (wait + time.Second - 1).Truncate(time.Second)
		return &RateLimitError{Function: function, Limit: limit, RetryAfter: wait}
	}
	return nil
}

// usedBefore returns when a script made API calls in the last minute, as far as its executions tell: at their end at the
// latest. What an interrupted one has used nobody knows, so it counts as all that it may.
func (rt *Runtime) usedBefore(ctx context.Context, call FunctionCall, limit int, now time.Time) (used []time.Time, err error) {
	const history = time.Hour // of queueing and running
	filter := ExecutionFilter{ScriptID: call.ScriptID, CreatedFrom: now.Add(-history)}
	filter.Limit = MaxPageLimit
	page, err := rt.store.Executions(ctx, call.TenantID, filter)
	if err != nil {
		return nil, err
	}
	for _, r := range page.Items {
		if now.Sub(r.CompletedAt) >= budgetWindow {
			continue
		}
		calls := r.Metrics.APICallCount
		if r.Failure != nil && r.Failure.Kind == FailureInterrupted && !r.StartedAt.IsZero() {
			calls = limit
		}
		for range min(calls, limit) {
			used = append(used, r.CompletedAt)
		}
	}
	slices.SortFunc(used, time.Time.Compare)
	return used[max(len(used)-limit, 0):], nil
}

// unknown reports whether it is not known what a script has used before this process began.
func (b *budgets) unknown(scriptID uuid.UUID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.since) >= budgetWindow {
		b.seeded = nil
		return false
	}
	_, ok := b.seeded[scriptID]
	return !ok
}

// seed takes down when a script made calls before this process began.
func (b *budgets) seed(scriptID uuid.UUID, used []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.seeded[scriptID]; ok || b.seeded == nil {
		return
	}
	b.seeded[scriptID] = struct{}{}
	if len(used) == 0 {
		return
	}
	w := &window{calls: make([]time.Duration, len(used))}
	for i, at := range used {
		w.calls[i] = at.Sub(b.since)
	}
	b.windows[scriptID] = w
}

// take counts a call of the script at a time and returns 0. When limit calls were made in the minute before it, it returns how
// long it takes until there are fewer.
func (b *budgets) take(scriptID uuid.UUID, limit int, at time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := at.Sub(b.since)
	b.sweep(now)
	w := b.windows[scriptID]
	if w == nil {
		w = &window{}
		b.windows[scriptID] = w
	}
	w.forget(now)
	switch over := len(w.calls) - limit; {
	case limit <= 0:
		return budgetWindow
	case over >= 0:
		return budgetWindow - (now - w.calls[over])
	}
	w.calls = append(w.calls, now)
	return 0
}

// forget drops the calls that are a minute old.
func (w *window) forget(now time.Duration) {
	old := 0
	for old < len(w.calls) && now-w.calls[old] >= budgetWindow {
		old++
	}
	w.calls = w.calls[old:]
	if len(w.calls) == 0 {
		w.calls = nil
	}
}

// sweep drops, once a minute, the scripts that made no call in the last one.
func (b *budgets) sweep(now time.Duration) {
	if now-b.swept < budgetWindow {
		return
	}
	b.swept = now
	for id, w := range b.windows {
		if w.forget(now); w.calls == nil {
			delete(b.windows, id)
		}
	}
}
