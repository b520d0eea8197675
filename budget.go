package jsruntime

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// budgets keep to MaxAPICallsPerMinute: in no minute, wherever it begins, does a script make more calls. They hold the
// time of each call of the last minute, since a bucket that refills would admit up to twice the limit.
type budgets struct {
	mu      sync.Mutex
	windows map[uuid.UUID]*window // by script
	swept   time.Time
}

const budgetWindow = time.Minute

// window is a queue of the times of the calls in the last minute, oldest first.
type window struct{ calls []time.Time }

func newBudgets() *budgets { return &budgets{windows: map[uuid.UUID]*window{}} }

// take counts a call of the script at now, or returns false when limit calls were made in the minute before it.
func (b *budgets) take(scriptID uuid.UUID, limit int, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	w := b.windows[scriptID]
	if w == nil {
		w = &window{}
		b.windows[scriptID] = w
	}
	w.forget(now)
	if len(w.calls) >= limit {
		return false
	}
	w.calls = append(w.calls, now)
	return true
}

// forget drops the calls that are a minute old.
func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.calls) && now.Sub(w.calls[old]) >= budgetWindow {
		old++
	}
	w.calls = w.calls[old:]
	if len(w.calls) == 0 {
		w.calls = nil
	}
}

// sweep drops, once a minute, the scripts that made no call in the last one.
func (b *budgets) sweep(now time.Time) {
	if now.Sub(b.swept) < budgetWindow {
		return
	}
	b.swept = now
	for id, w := range b.windows {
		if w.forget(now); w.calls == nil {
			delete(b.windows, id)
		}
	}
}
