package jsruntime_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// mortalStore is the store of a process that dies: from then on every call fails, and the one in which it dies may be done.
type mortalStore struct {
	jsruntime.Store
	random *sharedRandom
	dead   atomic.Bool
}

// sharedRandom is a source of randomness for many goroutines.
type sharedRandom struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (r *sharedRandom) IntN(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.IntN(n)
}

func (s *mortalStore) call(do func() error) error {
	if s.dead.Load() {
		return errDisk
	}
	err := do()
	if s.random.IntN(150) == 0 || s.dead.Load() {
		s.dead.Store(true)
		return errDisk
	}
	return err
}

func (s *mortalStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (r jsruntime.Created, err error) {
	err = s.call(func() (err error) { r, err = s.Store.CreateExecutions(ctx, c); return err })
	return r, err
}

func (s *mortalStore) ClaimExecutions(ctx context.Context, c jsruntime.Claim) (r []jsruntime.ExecutionRecord, err error) {
	if err = s.call(func() (err error) { r, err = s.Store.ClaimExecutions(ctx, c); return err }); err != nil {
		return nil, err
	}
	return r, nil
}

func (s *mortalStore) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	return s.call(func() error { return s.Store.FinishExecution(ctx, o) })
}

func (s *mortalStore) RenewLease(ctx context.Context, node string, until time.Time) error {
	return s.call(func() error { return s.Store.RenewLease(ctx, node, until) })
}

func (s *mortalStore) ReleaseLease(ctx context.Context, node string) error {
	return s.call(func() error { return s.Store.ReleaseLease(ctx, node) })
}

// A process that is dead learns nothing either.

func (s *mortalStore) Script(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ScriptRecord, error) {
	if s.dead.Load() {
		return jsruntime.ScriptRecord{}, errDisk
	}
	return s.Store.Script(ctx, tenantID, id)
}

func (s *mortalStore) Execution(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ExecutionRecord, error) {
	if s.dead.Load() {
		return jsruntime.ExecutionRecord{}, errDisk
	}
	return s.Store.Execution(ctx, tenantID, id)
}

// broker is a durable bus that delivers what it was given at least once: in no order, some of it several times, and again
// after a handler failed.
type broker struct {
	random *sharedRandom
	mu     sync.Mutex
	queue  []jsruntime.Event
}

func (b *broker) Publish(_ context.Context, e jsruntime.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for range 1 + b.random.IntN(3) {
		b.queue = append(b.queue, e)
	}
	if b.random.IntN(10) == 0 {
		return errDisk // it has the event, and says that it has not
	}
	return nil
}

// take returns some event, and a function that puts it back.
func (b *broker) take() (e jsruntime.Event, putBack func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return e, nil, false
	}
	i := b.random.IntN(len(b.queue))
	e = b.queue[i]
	b.queue = slices.Delete(b.queue, i, i+1)
	return e, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.queue = append(b.queue, e)
	}, true
}

type brokerSubscription struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (s *brokerSubscription) Close() error {
	s.cancel()
	<-s.done
	return nil
}

func (b *broker) Subscribe(_ jsruntime.EventFilter, h jsruntime.Handler) (jsruntime.Subscription, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &brokerSubscription{cancel, make(chan struct{})}
	go func() {
		defer close(s.done)
		for ctx.Err() == nil {
			e, putBack, ok := b.take()
			if !ok {
				select {
				case <-time.After(10 * time.Millisecond):
				case <-ctx.Done():
				}
				continue
			}
			if err := h(ctx, e); err != nil || b.random.IntN(20) == 0 { // or the acknowledgement was lost
				putBack()
				time.Sleep(time.Millisecond)
			}
		}
	}()
	return s, nil
}

// trial is a test of events through processes that die.
type trial struct {
	*testing.T
	store  jsruntime.Store
	broker *broker
	random *sharedRandom
	tenant uuid.UUID

	mu      sync.Mutex
	world   *world // the process that lives
	mortal  *mortalStore
	started map[string][]string // by script and order key: the events whose runs began, when they ended well
	begun   map[string]int      // by script and event
	running map[string]int      // by order key
	deaths  int
	over    atomic.Bool
}

// script is what all scripts do: they take a while, and fail at times. It keeps account.
func (x *trial) script(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	script := job.Context.Script.Name
	event := job.Context.Trigger.EventID.String()
	key := fmt.Sprintf("%s %v", script, job.Context.Trigger.Payload.(map[string]any)["key"])
	x.mu.Lock()
	x.begun[script+" "+event]++
	x.running[key]++
	if script == "ordered" {
		require.Equal(x, 1, x.running[key], "two runs of one key")
	}
	x.mu.Unlock()
	select {
	case <-time.After(time.Duration(x.random.IntN(20)) * time.Millisecond):
	case <-ctx.Done():
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running[key]--
	switch {
	case ctx.Err() != nil:
		return untilCancelled(ctx, job)
	case script != "once" && x.random.IntN(4) == 0:
		return failing(jsruntime.FailureException)(ctx, job)
	}
	x.started[key] = append(x.started[key], event)
	return jsruntime.Result{Output: []byte("1")}
}

// begin starts the next process.
func (x *trial) begin() {
	for {
		mortal := &mortalStore{Store: x.store, random: x.random}
		w := newWorldOn(x.T, mortal, jsruntime.WithEventBus(x.broker), jsruntime.WithMaxConcurrentRuns(4), jsruntime.WithLeaseDuration(time.Second))
		w.tenant = x.tenant
		w.fake.on("x", x.script)
		if w.Start(x.Context()) == nil {
			x.mu.Lock()
			x.world, x.mortal = w, mortal
			x.mu.Unlock()
			return
		}
	}
}

// live keeps a process alive until the trial is over, one after the other.
func (x *trial) live() {
	for {
		x.begin()
		for !x.mortal.dead.Load() {
			if x.over.Load() {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		x.deaths++
		_, err := stopWithin(x.T, x.world, 0)
		require.Error(x, err)
		time.Sleep(2 * time.Second) // its lease runs out
	}
}

// publish publishes an event until that is acknowledged.
func (x *trial) publish(e jsruntime.Event) {
	for {
		x.mu.Lock()
		w := x.world
		x.mu.Unlock()
		if w != nil && w.Publish(context.Background(), e) == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestEventsThroughCrashesAndRedeliveryAreNeitherLostNorDoubled(t *testing.T) {
	seed := seedOf(t)
	synctest.Test(t, func(t *testing.T) {
		random := &sharedRandom{random: rand.New(rand.NewPCG(seed, 0))}
		x := &trial{
			T: t, store: store.NewMemory(), broker: &broker{random: random}, random: random, tenant: uuid.New(),
			started: map[string][]string{}, begun: map[string]int{}, running: map[string]int{},
		}
		scripts := map[string]jsruntime.Script{}
		quiet, err := jsruntime.New(x.store, newFake())
		require.NoError(t, err)
		for name, opts := range map[string][]jsruntime.ScriptOption{
			"again":   {jsruntime.WithIdempotent(true), everySecond(3)},
			"once":    {everySecond(1)},
			"ordered": {jsruntime.WithIdempotent(true), everySecond(4), jsruntime.WithOrderKey("key")},
			"chosen":  {jsruntime.WithEventFilter(map[string]any{"key": 1}), everySecond(3)},
		} {
			s := jsruntime.NewScript(x.tenant, name, "x", append(opts, jsruntime.WithEventTypes("happened"))...)
			scripts[name], err = quiet.Register(t.Context(), s)
			require.NoError(t, err)
		}
		var living, publishers sync.WaitGroup
		living.Go(x.live)
		const keys, each = 3, 25
		published := make([][]jsruntime.Event, keys)
		for key := range keys {
			publishers.Go(func() {
				for range each {
					e := jsruntime.NewEvent(x.tenant, "happened", map[string]any{"key": key})
					published[key] = append(published[key], e)
					x.publish(e)
					time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
				}
			})
		}
		publishers.Wait()
		x.settle()
		x.over.Store(true)
		living.Wait()
		require.NoError(t, x.world.Stop(context.Background()))
		x.check(published, scripts)
		t.Logf("%d processes died", x.deaths)
	})
}

// settle waits until nothing is left to run or to deliver.
func (x *trial) settle() {
	for quiet := 0; quiet < 3; {
		time.Sleep(5 * time.Second)
		counts, err := x.store.CountExecutions(context.Background(), x.tenant, uuid.Nil)
		require.NoError(x, err)
		x.broker.mu.Lock()
		queued := len(x.broker.queue)
		x.broker.mu.Unlock()
		if quiet++; queued > 0 || counts[jsruntime.ExecutionPending]+counts[jsruntime.ExecutionRunning] > 0 {
			quiet = 0
		}
	}
}

// check looks at what is on record for each event and script.
func (x *trial) check(published [][]jsruntime.Event, scripts map[string]jsruntime.Script) {
	works := map[string][]jsruntime.ExecutionRecord{} // by script and event
	f := jsruntime.ExecutionFilter{PageRequest: jsruntime.PageRequest{Limit: jsruntime.MaxPageLimit}}
	for {
		page, err := x.store.Executions(context.Background(), x.tenant, f)
		require.NoError(x, err)
		for _, r := range page.Items {
			of := r.ScriptID.String() + " " + r.TriggerData.EventID.String()
			works[of] = append(works[of], r)
		}
		if f.After = page.Next; page.Next == "" {
			break
		}
	}
	for key, events := range published {
		for _, e := range events {
			for name, s := range scripts {
				of := s.ID().String() + " " + e.ID.String()
				if name == "chosen" && key != 1 {
					require.Empty(x, works[of])
					continue
				}
				x.checkWork(works[of])
				if name == "once" {
					require.LessOrEqual(x, x.begun["once "+e.ID.String()], 1, "nobody knows whether it may be done twice")
				}
				delete(works, of)
			}
		}
		x.checkOrder(fmt.Sprint("ordered ", key), events)
	}
	require.Empty(x, slices.Collect(maps.Keys(works)))
}

// checkWork checks that the executions, which are those of one script for one event, are the attempts at one piece of work, of
// which all but the last have failed, and the last one has not or is a dead letter.
func (x *trial) checkWork(attempts []jsruntime.ExecutionRecord) {
	require.NotEmpty(x, attempts)
	slices.SortFunc(attempts, func(a, b jsruntime.ExecutionRecord) int { return a.Attempt - b.Attempt })
	for i, r := range attempts {
		require.Equal(x, i+1, r.Attempt)
		last := i == len(attempts)-1
		require.True(x, r.Status.IsTerminal())
		require.Equal(x, last && r.Status != jsruntime.ExecutionCompleted, r.DeadLetter, "%+v", r)
		require.False(x, !last && r.Status == jsruntime.ExecutionCompleted)
		if i > 0 {
			require.Equal(x, attempts[i-1].ID, r.PreviousID)
		}
	}
}

// checkOrder checks that the runs that ended well did so in the order of their events; one whose outcome was not recorded, since
// its process died, comes again.
func (x *trial) checkOrder(key string, events []jsruntime.Event) {
	place := map[string]int{}
	for i, e := range events {
		place[e.ID.String()] = i
	}
	last := -1
	for _, id := range x.started[key] {
		require.GreaterOrEqual(x, place[id], last, "%s: %v", key, x.started[key])
		last = place[id]
	}
}
