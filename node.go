package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime/internal/stack"
)

// How often a node looks at the store without having been told that there is something to see: for what other nodes
// changed, and for runs whose time has come.
const pollInterval = time.Second

// maxOutcomes bounds the outcomes that wait for the store at a time.
const maxOutcomes = 1024

// node is one start of a Runtime: the name under which it claims executions, what it runs, and the goroutines that
// keep it going. Stop ends it; the next Start makes another one.
type node struct {
	rt   *Runtime
	name string

	loops  context.Context // ends when Stop begins
	halt   context.CancelFunc
	ctx    context.Context // ends when Stop cancels what still runs
	cancel context.CancelFunc
	last   context.Context // ends when the node gives up on the store; every call of the node's own ends with it
	end    context.CancelFunc
	looped sync.WaitGroup // the loops
	runs   sync.WaitGroup // claimed executions, and callers that wait

	wake     chan struct{}             // holds a token when there may be something to claim
	appetite int                       // the dispatcher's: how many executions to claim next, while others may want the slots
	leased   atomic.Pointer[time.Time] // until when the node has its lease
	outcomes chan struct{}             // holds a token for each outcome that waits for the store
	gate     *gate
	calling  atomic.Int64 // runs that call a script
	catalog  *catalog
	schedule *schedule
	events   Subscription

	mu       sync.Mutex
	stopping bool
	waiters  map[uuid.UUID]*waiter
	running  map[uuid.UUID]*run
	claimed  map[uuid.UUID]struct{} // executions that were claimed and are not yet recorded
	calls    int64                  // claims that were made
	claiming map[int64]struct{}     // those that go on
	doubt    time.Time              // when a claim failed last; zero when all that there was to find has been found
	stuck    map[uuid.UUID]int      // abandoned runs by script
}

func newNode(rt *Runtime) *node {
	n := &node{
		rt:       rt,
		name:     uuid.NewString(),
		wake:     make(chan struct{}, 1),
		appetite: 1,
		outcomes: make(chan struct{}, maxOutcomes),
		waiters:  map[uuid.UUID]*waiter{},
		running:  map[uuid.UUID]*run{},
		claimed:  map[uuid.UUID]struct{}{},
		claiming: map[int64]struct{}{},
		stuck:    map[uuid.UUID]int{},
	}
	n.last, n.end = context.WithCancel(context.Background())
	n.ctx, n.cancel = context.WithCancel(n.last)
	n.loops, n.halt = context.WithCancel(n.ctx)
	n.stopRuns()
	n.gate = newGate(rt.maxRuns, n.poke)
	n.schedule = newSchedule(n)
	n.catalog = newCatalog(n)
	return n
}

// start takes the node's lease, reads the scripts, ends what dead nodes left, of which event scripts may want to know, says that
// it is ready, and starts the loops: what they run may call the Runtime. When it fails, it leaves nothing behind.
func (n *node) start(ctx context.Context, ready func()) (err error) {
	defer func() {
		if err != nil {
			n.end()
			if n.events != nil {
				_ = n.events.Close()
			}
			_ = n.releaseLease(ctx)
		}
	}()
	if err := n.renewLease(ctx); err != nil {
		return err
	}
	if err := n.catalog.refresh(ctx); err != nil {
		return err
	}
	if n.events, err = n.subscribe(); err != nil {
		return fmt.Errorf("subscribe to events: %w", err)
	}
	if err := n.recover(ctx); err != nil {
		return err
	}
	ready()
	n.looped.Go(n.dispatch)
	n.looped.Go(n.follow)
	n.looped.Go(func() { n.schedule.run(n.loops) })
	n.looped.Go(n.keepLease)
	if n.rt.retention != (Retention{}) {
		n.looped.Go(n.prune)
	}
	return nil
}

// writesAtOnce bounds the writes that one task makes at the same time, so that they share syncs.
const writesAtOnce = 64

// eachAtOnce calls do for all items, some at a time, and returns the first error. It begins no more after that.
func eachAtOnce[T any](items []T, do func(T) error) error {
	var group sync.WaitGroup
	var once sync.Once
	var first error
	failed := make(chan struct{})
	slots := make(chan struct{}, writesAtOnce)
	for _, item := range items {
		select {
		case slots <- struct{}{}:
		case <-failed:
		}
		select {
		case <-failed:
			group.Wait()
			return first
		default:
		}
		group.Go(func() {
			defer func() { <-slots }()
			if err := do(item); err != nil {
				once.Do(func() { first = err; close(failed) })
			}
		})
	}
	group.Wait()
	return first
}

// lookAfterWaiters finds the pending executions that were ended by another node, and tells their callers.
func (n *node) lookAfterWaiters() {
	n.mu.Lock()
	waiting := make(map[uuid.UUID]uuid.UUID, len(n.waiters)) // tenants
	for id, w := range n.waiters {
		if !w.entering && time.Since(w.since) > pollInterval {
			waiting[id] = w.inv.script.TenantID
		}
	}
	n.mu.Unlock()
	for id, tenantID := range waiting {
		record, err := n.rt.store.Execution(n.loops, tenantID, id)
		if err != nil || !record.Status.IsTerminal() {
			continue
		}
		if w := n.takeWaiter(id); w != nil {
			w.done <- settled{record: &record}
		}
	}
}

// enter counts a caller in, unless the node is stopping.
func (n *node) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping {
		return false
	}
	n.runs.Add(1)
	return true
}

func (n *node) addWaiter(id uuid.UUID, w *waiter) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping {
		return false
	}
	n.waiters[id] = w
	return true
}

// takeWaiter returns the waiter of a pending execution, and is the only one to get it; nil when there is none.
func (n *node) takeWaiter(id uuid.UUID) *waiter {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.waiters[id]
	delete(n.waiters, id)
	return w
}

// stopWaiting takes the waiter of a pending execution away for its caller, who does not wait any more. It reports false when the
// execution has begun, or is about to be stored.
func (n *node) stopWaiting(id uuid.UUID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.waiters[id]
	if w == nil || w.entering {
		return false
	}
	delete(n.waiters, id)
	return true
}

func (n *node) countAbandoned(scriptID uuid.UUID, by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stuck[scriptID] += by; n.stuck[scriptID] == 0 {
		delete(n.stuck, scriptID)
	}
}

func (n *node) abandonedRuns(scriptID uuid.UUID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stuck[scriptID]
}

// poke tells the dispatcher that there may be something to claim.
func (n *node) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// dispatch claims pending executions for as long as there are slots for them.
func (n *node) dispatch() {
	poll := time.NewTicker(n.rt.poll)
	defer poll.Stop()
	for {
		select {
		case <-n.loops.Done():
			return
		case <-n.wake:
		case <-poll.C:
			n.findClaimed(n.loops)
		}
		for more := true; more && n.loops.Err() == nil; {
			more = n.claim()
		}
	}
}

// newClaim returns a claim for so many executions, which goes on until took.
func (n *node) newClaim(limit int) Claim {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	n.claiming[n.calls] = struct{}{}
	return Claim{Node: n.name, Call: n.calls, Now: time.Now().UTC(), Limit: limit}
}

// claim starts as many executions as there are slots and pending ones, and reports whether there may be more.
func (n *node) claim() (more bool) {
	if n.leaseIsOver() {
		return false
	}
	slots := n.gate.reserve(n.appetite)
	if slots == 0 {
		return false
	}
	c := n.newClaim(slots)
	claimed, err := n.rt.store.ClaimExecutions(n.loops, c)
	n.took(c, claimed, err)
	if err != nil && n.loops.Err() == nil {
		n.rt.logger.Error("pending executions not claimed", "error", err)
	}
	more = len(claimed) == slots
	if n.appetite = 1; more {
		n.appetite = min(2*slots, n.rt.maxRuns)
	}
	return more
}

// took begins what a claim took, for which as many slots are reserved as its limit says.
func (n *node) took(c Claim, claimed []ExecutionRecord, err error) {
	if err != nil {
		claimed = nil
	}
	if unused := c.Limit - len(claimed); unused > 0 {
		n.gate.giveBack(unused)
	}
	for i := range claimed {
		n.begin(&claimed[i])
	}
	n.endClaim(c, err)
}

// endClaim says that what a claim took is known, or why it is not.
func (n *node) endClaim(c Claim, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.claiming, c.Call)
	if err != nil && !errors.Is(err, ErrOverloaded) && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrClosed) {
		n.doubt = time.Now()
	}
}

// begin runs an execution that the node has claimed, in a slot that is reserved for it.
func (n *node) begin(record *ExecutionRecord) {
	n.noteClaimed(record.ID)
	n.gate.beginClaimed(record.ScriptID)
	n.runs.Go(func() {
		stack.Grow()
		if n.runClaimed(record) { // otherwise findClaimed must not take it for one that has not begun; recovery ends it
			n.forgetClaimed(record.ID)
		}
	})
}

func (n *node) noteClaimed(id uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.claimed[id] = struct{}{}
}

func (n *node) forgetClaimed(id uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.claimed, id)
}

// claimMemory is how long a node looks for what a claim took that failed: a store may still do what it has given up.
const claimMemory = time.Minute

// findClaimed begins the executions that the node has claimed without having been told, and reports whether it found all
// that there are at present.
func (n *node) findClaimed(ctx context.Context) bool {
	n.mu.Lock() // before the store is asked: what it lists may end meanwhile
	doubt, calls, claiming, known := n.doubt, n.calls, maps.Clone(n.claiming), maps.Clone(n.claimed)
	n.mu.Unlock()
	if doubt.IsZero() {
		return true
	}
	claimed, err := n.rt.store.Claimed(ctx, n.name, len(known)+MaxPageLimit)
	if err != nil {
		return false
	}
	for _, record := range claimed {
		_, goesOn := claiming[record.Lease.Call]
		if _, ok := known[record.ID]; ok || goesOn || record.Lease.Call > calls {
			continue
		}
		if n.gate.reserve(1) == 0 {
			return false
		}
		n.begin(&record)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.doubt.Equal(doubt) && time.Since(doubt) > claimMemory {
		n.doubt = time.Time{}
	}
	return true
}

// follow keeps the node up with what other nodes change: scripts, and executions whose callers wait here.
func (n *node) follow() {
	poll := time.NewTicker(n.rt.poll)
	defer poll.Stop()
	for {
		select {
		case <-n.loops.Done():
			return
		case <-poll.C:
			if err := n.catalog.refresh(n.loops); err != nil && n.loops.Err() == nil {
				n.rt.logger.Error("script changes not read", "error", err)
			}
			n.lookAfterWaiters()
			n.schedule.lookAtClock()
		}
	}
}
