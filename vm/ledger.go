package vm

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// ledger is what an executor knows of its runs.
type ledger struct {
	mu        sync.Mutex
	runs      map[*realm]struct{}
	tenants   map[uuid.UUID]*suspect
	abandoned int           // runs that have not come back yet
	total     int64         // runs that were ever abandoned
	ended     chan struct{} // closed when a run ends, where somebody waits for that; nil otherwise
}

// suspect is a tenant whose runs were abandoned.
type suspect struct {
	abandoned int       // that have not come back yet
	until     time.Time // when it may run again, if by then they have
}

// Stats are the numbers of an [Executor] at one moment. They are about scripts: a host function that goes on after its run was
// answered counts as nothing here.
type Stats struct {
	Running        int   `json:"running"`        // runs whose script goes on, abandoned ones included
	MemoryBytes    int64 `json:"memoryBytes"`    // the sum of what these held when each was last measured
	Abandoned      int   `json:"abandoned"`      // runs that were answered although their script goes on
	TotalAbandoned int64 `json:"totalAbandoned"` // runs that were ever abandoned
	Suspended      int   `json:"suspended"`      // tenants that may not run now
}

// Stats returns how many runs there are, what they hold, and how many were abandoned.
func (e *Executor) Stats() Stats {
	l := &e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{Running: len(l.runs), MemoryBytes: l.held(), Abandoned: l.abandoned, TotalAbandoned: l.total}
	for _, t := range l.tenants {
		if e.suspended(t) {
			s.Suspended++
		}
	}
	return s
}

// held returns what all runs held when they were last measured. The ledger is locked.
func (l *ledger) held() (bytes int64) {
	for r := range l.runs {
		bytes += r.memory.measured.Load()
	}
	return bytes
}

func (l *ledger) begin(r *realm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs == nil {
		l.runs = map[*realm]struct{}{}
	}
	l.runs[r] = struct{}{}
}

func (l *ledger) end(r *realm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.runs, r)
	if l.ended != nil {
		close(l.ended)
		l.ended = nil
	}
}

// admit waits until a quarter of the memory budget is free. It returns an error when ctx or the time of the run ends before.
func (e *Executor) admit(ctx context.Context, late <-chan time.Time) error {
	if e.settings.memoryBudget == 0 {
		return nil
	}
	l := &e.ledger
	for {
		l.mu.Lock()
		if l.held() < e.settings.memoryBudget/4*3 {
			l.mu.Unlock()
			return nil
		}
		if l.ended == nil {
			l.ended = make(chan struct{})
		}
		ended := l.ended
		l.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return context.DeadlineExceeded
		}
	}
}

// keepBudget ends the largest run when all together hold more than the budget.
func (e *Executor) keepBudget() {
	if largest := e.overBudget(); largest != nil {
		largest.stop(&jsruntime.ScriptError{
			Kind: jsruntime.FailureMemory, Message: jsruntime.ErrMemoryLimit.Error() + ": the runs of this process hold more than its budget",
		})
	}
}

// overBudget returns the run that holds most, when all together hold more than the budget.
func (e *Executor) overBudget() *realm {
	l := &e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held()
	var largest *realm
	for r := range l.runs {
		measured := r.memory.measured.Load()
		if r.halt.Load() != nil {
			held -= measured // it is on its way out
			continue
		}
		if largest == nil || measured > largest.memory.measured.Load() {
			largest = r
		}
	}
	if held <= e.settings.memoryBudget {
		return nil
	}
	return largest
}

// refuse returns the failure of a run whose tenant is suspended, or nil.
func (e *Executor) refuse(tenant uuid.UUID) error {
	l := &e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tenants[tenant]
	if t == nil || !e.suspended(t) {
		return nil
	}
	return &jsruntime.ScriptError{Kind: jsruntime.FailureSuspended, Message: jsruntime.ErrTenantSuspended.Error()}
}

// suspended reports whether a tenant has too many abandoned runs, or had them a while ago.
func (e *Executor) suspended(t *suspect) bool {
	return t.abandoned >= e.settings.maxAbandoned || time.Now().Before(t.until)
}

// patienceAbandoned is how long runs may be over their time before their tenant is suspended for a while. On a busy machine some
// come back late.
const patienceAbandoned = 100 * time.Millisecond

// abandon counts a run that was answered without having ended, until it does. Those of no tenant suspend nobody.
func (e *Executor) abandon(tenant uuid.UUID, gone <-chan struct{}) {
	l := &e.ledger
	l.mu.Lock()
	l.abandoned++
	l.total++
	if tenant != uuid.Nil {
		if l.tenants == nil {
			l.tenants = map[uuid.UUID]*suspect{}
		}
		if l.tenants[tenant] == nil {
			l.tenants[tenant] = &suspect{}
		}
		l.tenants[tenant].abandoned++
	}
	l.mu.Unlock()
	go func() {
		late := time.NewTimer(patienceAbandoned)
		defer late.Stop()
		select {
		case <-gone:
		case <-late.C:
			e.suspend(tenant)
			<-gone
		}
		e.cameBack(tenant)
	}()
}

// suspend suspends a tenant for a while, if it has too many abandoned runs.
func (e *Executor) suspend(tenant uuid.UUID) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	if t := e.ledger.tenants[tenant]; t != nil && t.abandoned >= e.settings.maxAbandoned {
		t.until = time.Now().Add(e.settings.suspension)
	}
}

func (e *Executor) cameBack(tenant uuid.UUID) {
	l := &e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abandoned--
	for id, t := range l.tenants {
		if id == tenant {
			t.abandoned--
		}
		if t.abandoned == 0 && !e.suspended(t) {
			delete(l.tenants, id)
		}
	}
}
