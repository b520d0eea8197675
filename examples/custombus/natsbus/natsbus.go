// Package natsbus carries jsruntime's events by NATS JetStream.
//
// Each event is a message on the subject that [Subject] names, its body the JSON of a [jsruntime.Event]. Any service
// that can publish on NATS can so start scripts, and hear of their ends.
package natsbus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jsruntime/jsruntime"
)

const (
	streamName = "JSRUNTIME_EVENTS"

	// maxAge is how long the stream keeps an event, and so how long a durable subscription may be away.
	maxAge = 72 * time.Hour
	// ackWait is how long after the last sign of life from a handler's process the event goes to another one.
	ackWait = 30 * time.Second
	// maxDeliver bounds the attempts for one event, the first included. An attempt that a shutdown ends counts too.
	maxDeliver = 10
	// retryDelay is the pause after the first failure; it doubles with each one after, up to retryDelayMax.
	retryDelay    = 100 * time.Millisecond
	retryDelayMax = 10 * time.Second
	// requestTimeout bounds each request to the server that no caller's ctx bounds.
	requestTimeout = 5 * time.Second
)

// Bus is a [jsruntime.EventBus] on a JetStream stream. Make one with [Open].
type Bus struct {
	js      jetstream.JetStream
	stream  jetstream.Stream
	durable string
	logger  *slog.Logger

	running sync.WaitGroup // one for each subscription's goroutine
	mu      sync.Mutex
	closed  bool
	open    map[*subscription]struct{}
	names   map[string]bool // of the durable consumers in use
}

// Option is an option of [Open].
type Option func(*Bus)

// WithDurable keeps subscriptions on the server under names that begin with this one, which may hold letters, digits,
// "-" and "_": events that are published while the application is down wait up to 72 hours for a subscription with
// the same filter. Several processes with the same name share the events between them. Without a name a subscription
// gets what is published while it is open, and every process gets all of it.
func WithDurable(name string) Option { return func(b *Bus) { b.durable = name } }

// WithLogger sets where the bus reports what it can't tell a caller. Nothing is logged unless told.
func WithLogger(logger *slog.Logger) Option { return func(b *Bus) { b.logger = logger } }

// Open returns a bus on the stream of the server that the connection leads to, and makes the stream unless it is
// there. The connection stays the caller's: close the bus first.
func Open(ctx context.Context, conn *nats.Conn, opts ...Option) (*Bus, error) {
	b := &Bus{
		logger: slog.New(slog.DiscardHandler), open: make(map[*subscription]struct{}), names: make(map[string]bool),
	}
	for _, opt := range opts {
		opt(b)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	b.js = js
	b.stream, err = js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		b.stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: streamName, Subjects: []string{subjectPrefix + ".>"}, MaxAge: maxAge,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", streamName, err)
	}
	return b, nil
}

// Publish returns nil when the server has stored the event. It waits for that at most until ctx ends, or 5 seconds
// when ctx has no deadline. To publish an event again after an error is safe: the server keeps one of each id.
func (b *Bus) Publish(ctx context.Context, e jsruntime.Event) error {
	if err := e.Validate(); err != nil {
		return fmt.Errorf("event %q: %w", e.Type, err)
	}
	if b.isClosed() {
		return fmt.Errorf("event bus: %w", jsruntime.ErrClosed)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event %q: %w", e.Type, err)
	}
	_, err = b.js.Publish(ctx, Subject(e.TenantID, e.Type), body, jetstream.WithMsgID(e.ID.String()))
	if err != nil {
		return fmt.Errorf("event %q: %w", e.Type, err)
	}
	return nil
}

// Subscribe makes a consumer on the server, or finds its durable one again, and calls h for its events. A handler
// that fails is called up to 10 times in all for an event, with growing pauses, in which the events after it wait. When
// somebody deletes the consumer on the server, the subscription ends, which is logged.
func (b *Bus) Subscribe(f jsruntime.EventFilter, h jsruntime.Handler) (jsruntime.Subscription, error) {
	if h == nil {
		return nil, &jsruntime.FieldError{Field: "handler", Rule: "is required"}
	}
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("event filter: %w", err)
	}
	f.Types = slices.Sorted(slices.Values(f.Types)) // a copy, in an order that does not change a durable name
	subjects := filterSubjects(f)
	name, err := b.reserve(f)
	if err != nil {
		return nil, err
	}
	s := &subscription{bus: b, filter: f, handler: h, durable: name, done: make(chan struct{})}
	if err := s.attach(subjects); err != nil {
		b.forget(s)
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	if err := b.start(ctx, s); err != nil {
		s.detach(context.WithoutCancel(ctx))
		b.forget(s)
		return nil, err
	}
	return s, nil
}

// Close ends all subscriptions and returns when none of their handlers runs any more. It may be repeated.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closed = true
	for s := range b.open {
		s.cancel()
	}
	b.mu.Unlock()
	b.running.Wait()
	return nil
}

func (b *Bus) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// reserve returns the name of a durable consumer that no other subscription of this bus uses, or "" when the bus is
// not durable. The same subscriptions in the same order get the same names in the next process.
//
// The name is made from the filter and not from its subjects: filters can share subjects, and if they came to swap
// consumers, each would acknowledge what the other waits for.
func (b *Bus) reserve(f jsruntime.EventFilter) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return "", fmt.Errorf("event bus: %w", jsruntime.ErrClosed)
	}
	if b.durable == "" {
		return "", nil
	}
	sum := sha256.Sum256([]byte(f.TenantID.String() + "\n" + strings.Join(f.Types, "\n")))
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%s-%d", b.durable, hex.EncodeToString(sum[:8]), i)
		if !b.names[name] {
			b.names[name] = true
			return name, nil
		}
	}
}

func (b *Bus) start(ctx context.Context, s *subscription) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("event bus: %w", jsruntime.ErrClosed)
	}
	b.open[s] = struct{}{}
	b.running.Go(func() { s.run(ctx) })
	return nil
}

func (b *Bus) forget(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, s)
	delete(b.names, s.durable)
}
