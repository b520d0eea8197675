package jsruntime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	defaultQueueLength      = 10_000
	defaultDeliveryAttempts = 3

	busRetryDelay    = 100 * time.Millisecond // before the second attempt; it doubles with each one after
	busRetryDelayMax = 10 * time.Second
)

// Bus is the [EventBus] of one process, and the default of a Runtime. It holds events in memory only: what is queued
// when the process ends, or when a subscription is closed, is gone. Make one with [NewBus].
type Bus struct {
	queueLength int
	attempts    int
	logger      *slog.Logger

	running       sync.WaitGroup // one for each subscription's goroutine
	mu            sync.RWMutex
	closed        bool
	subscriptions map[*busSubscription]struct{}
}

// BusOption is an option of [NewBus].
type BusOption func(*Bus)

// WithQueueLength sets how many events may wait for the handler of one subscription, 10,000 unless told. A number
// below 1 leaves the default. An empty queue takes next to no memory, whatever its length.
func WithQueueLength(events int) BusOption {
	return func(b *Bus) {
		if events > 0 {
			b.queueLength = events
		}
	}
}

// WithDeliveryAttempts sets how often a handler is called in all for an event that it returns an error or panics for,
// 3 times unless told. A number below 1 leaves the default.
func WithDeliveryAttempts(attempts int) BusOption {
	return func(b *Bus) {
		if attempts > 0 {
			b.attempts = attempts
		}
	}
}

// WithBusLogger sets where the bus reports handlers that fail and the events that it drops because of them. Payloads
// are never logged. Nothing is logged unless told; nil leaves that default.
func WithBusLogger(logger *slog.Logger) BusOption {
	return func(b *Bus) {
		if logger != nil {
			b.logger = logger
		}
	}
}

// NewBus returns a running bus. Close it when nobody needs it any more.
func NewBus(opts ...BusOption) *Bus {
	b := &Bus{
		queueLength:   defaultQueueLength,
		attempts:      defaultDeliveryAttempts,
		logger:        slog.New(slog.DiscardHandler),
		subscriptions: make(map[*busSubscription]struct{}),
	}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// Publish queues the event for every subscription whose filter matches. A subscription whose queue is full misses the
// event and the others get it: the error then matches [ErrOverloaded] and says how many missed it. A bus that is
// closed answers with [ErrClosed], an event whose Validate fails with its [FieldError], a ctx that is done with the
// ctx's error; nobody gets the event then.
func (b *Bus) Publish(ctx context.Context, e Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("event %q: %w", e.Type, err)
	}
	if err := e.Validate(); err != nil {
		return fmt.Errorf("event %q: %w", e.Type, err)
	}
	// Subscribers get what a broker would give them: bytes that are not the publisher's, and a plain instant.
	e.Payload = bytes.Clone(e.Payload)
	e.Time = e.Time.UTC().Round(0)

	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return fmt.Errorf("event bus: %w", ErrClosed)
	}
	queued := e
	queued.storedBy = ""
	matched, missed := 0, 0
	for s := range b.subscriptions {
		if !s.takes(e) {
			continue
		}
		matched++
		if !s.queue.push(queued) {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("event %q: %d of %d subscriptions missed it: %w", e.Type, missed, matched, ErrOverloaded)
	}
	return nil
}

// Subscribe calls h for every matching event that is published from now on. It returns a [FieldError] for a nil
// handler and for a filter whose Validate fails, and [ErrClosed] when the bus is closed.
//
// An event that h returns an error or panics for is delivered again after a pause that doubles each time, and the
// events after it wait, so that order is kept. After the last attempt the event is dropped and logged.
func (b *Bus) Subscribe(f EventFilter, h Handler) (Subscription, error) {
	return b.subscribe(f, nil, h)
}

// subscribe is Subscribe for one who wants not even all events that the filter chooses, which shows at the publication, and for
// whom the tenants take turns.
func (b *Bus) subscribe(f EventFilter, wants func(Event) bool, h Handler) (Subscription, error) {
	if h == nil {
		return nil, invalid("handler", "is required")
	}
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("event filter: %w", err)
	}
	f.Types = slices.Clone(f.Types)
	ctx, cancel := context.WithCancel(context.Background())
	s := &busSubscription{
		bus: b, filter: f, wants: wants, handler: h, queue: newEventQueue(b.queueLength), cancel: cancel, done: make(chan struct{}),
	}
	if wants != nil {
		s.queue = newFairQueue(b.queueLength)
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		cancel()
		return nil, fmt.Errorf("event bus: %w", ErrClosed)
	}
	b.subscriptions[s] = struct{}{}
	b.running.Go(func() { s.run(ctx) })
	return s, nil
}

// Close ends all subscriptions and returns when none of their handlers runs any more; their ctx ends. Events that are
// still queued are gone. It may be repeated and must not be called from a handler. It always returns nil.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closed = true
	for s := range b.subscriptions {
		s.cancel()
	}
	b.mu.Unlock()
	b.running.Wait()
	return nil
}

// delivers reports whether anybody would get an event of the type and tenant.
func (b *Bus) delivers(e Event) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for s := range b.subscriptions {
		if s.takes(e) {
			return true
		}
	}
	return false
}

func (b *Bus) remove(s *busSubscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subscriptions, s)
}

// Validate returns a [FieldError] for every broken rule, joined, or nil: a type must be what an event can have, with
// at most one "*", as its end.
func (f EventFilter) Validate() error {
	var errs []error
	for _, t := range f.Types {
		if t == "*" {
			continue
		}
		if err := validateEventType(strings.TrimSuffix(t, "*")); err != nil {
			errs = append(errs, invalid("types", "%q must be %s, with at most one * as its end", t, eventTypeRule))
		}
	}
	return errors.Join(errs...)
}

// busSubscription is a queue, and a goroutine that calls the handler for what is in it.
type busSubscription struct {
	bus     *Bus
	filter  EventFilter
	wants   func(Event) bool // nil for all that the filter chooses
	handler Handler
	queue   subscriptionQueue
	cancel  context.CancelFunc
	done    chan struct{}
}

// subscriptionQueue is an eventQueue or a fairQueue.
type subscriptionQueue interface {
	push(e Event) bool
	next(ctx context.Context) (Event, bool)
}

func (s *busSubscription) takes(e Event) bool {
	return s.filter.Matches(e) && (s.wants == nil || s.wants(e))
}

func (s *busSubscription) Close() error {
	s.bus.remove(s)
	s.cancel()
	<-s.done
	return nil
}

func (s *busSubscription) run(ctx context.Context) {
	// Deferred, because a handler that calls runtime.Goexit ends this goroutine: publishers must not go on to fill a
	// queue that nobody empties, nor Close wait for it.
	defer func() {
		if ctx.Err() == nil {
			s.bus.logger.Error("event handler ended its goroutine: subscription closed")
		}
		s.bus.remove(s)
		s.cancel()
		close(s.done)
	}()
	for {
		e, ok := s.queue.next(ctx)
		if !ok {
			return
		}
		s.deliver(ctx, e)
	}
}

// deliver calls the handler until it takes the event, the attempts are used up or ctx ends.
func (s *busSubscription) deliver(ctx context.Context, e Event) {
	delay := busRetryDelay
	for attempt := 1; ; attempt++ {
		err := s.call(ctx, e)
		if err == nil || ctx.Err() != nil {
			return
		}
		logger := s.bus.logger.With("event", e.ID, "type", e.Type, "tenant", e.TenantID, "error", err)
		if attempt >= s.bus.attempts {
			logger.Error("event dropped: its handler failed", "attempts", attempt)
			return
		}
		logger.Warn("event handler failed, will be called again", "attempt", attempt, "delay", delay)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return
		}
		delay = min(2*delay, busRetryDelayMax)
	}
}

// call hands the handler bytes of its own: one that writes into them harms neither its neighbours nor its next attempt.
func (s *busSubscription) call(ctx context.Context, e Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	e.Payload = bytes.Clone(e.Payload)
	return s.handler(ctx, e)
}

// wakeup tells the one reader of a queue that something was pushed: it holds a token then, until the reader looks.
type wakeup chan struct{}

func newWakeup() wakeup { return make(wakeup, 1) }

func (w wakeup) tell() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// await waits for an event and takes it. It reports false when ctx has ended, even if events are left.
func (w wakeup) await(ctx context.Context, pop func() (Event, bool)) (Event, bool) {
	for ctx.Err() == nil {
		if e, ok := pop(); ok {
			return e, true
		}
		select {
		case <-w:
		case <-ctx.Done():
		}
	}
	return Event{}, false
}

// eventQueue is a bounded queue for one reader. Its slices grow with what waits and are let go of when they are
// empty, so that thousands of idle subscriptions cost nothing.
type eventQueue struct {
	limit int
	wake  wakeup

	mu     sync.Mutex
	pushed []Event // written by publishers
	taken  []Event // what the reader works off, older than all in pushed
}

func newEventQueue(limit int) *eventQueue {
	return &eventQueue{limit: limit, wake: newWakeup()}
}

// push reports whether there was room.
func (q *eventQueue) push(e Event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.pushed)+len(q.taken) >= q.limit {
		return false
	}
	q.pushed = append(q.pushed, e)
	q.wake.tell()
	return true
}

func (q *eventQueue) next(ctx context.Context) (Event, bool) { return q.wake.await(ctx, q.pop) }

func (q *eventQueue) pop() (Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.taken) == 0 {
		q.taken, q.pushed = q.pushed, nil
	}
	if len(q.taken) == 0 {
		return Event{}, false
	}
	e := q.taken[0]
	q.taken[0] = Event{} // lets go of the payload
	q.taken = q.taken[1:]
	if len(q.taken) == 0 {
		q.taken = nil
	}
	return e, true
}
