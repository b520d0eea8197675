package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jsruntime/jsruntime"
)

// subscription is a consumer on the server, and a goroutine that calls the handler for what it delivers.
type subscription struct {
	bus      *Bus
	filter   jsruntime.EventFilter
	handler  jsruntime.Handler
	durable  string // the consumer's name, empty when the consumer ends with the subscription
	consumer string
	messages jetstream.MessagesContext
	cancel   context.CancelFunc
	done     chan struct{}
}

func (s *subscription) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// attach makes the consumer and begins to fetch from it. One event is out at a time: that keeps their order, past
// failures too, at the price of a round trip for each.
func (s *subscription) attach(subjects []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	config := jetstream.ConsumerConfig{
		Durable:        s.durable,
		FilterSubjects: subjects,
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        ackWait,
		MaxDeliver:     maxDeliver,
		MaxAckPending:  1,
	}
	if s.durable != "" {
		config.InactiveThreshold = maxAge // nothing is left for it by then
	}
	consumer, err := s.bus.stream.CreateOrUpdateConsumer(ctx, config)
	if err != nil {
		return fmt.Errorf("consumer: %w", err)
	}
	s.consumer = consumer.CachedInfo().Name
	// Not with PullMaxMessages(1), although one is out at a time: when that one arrives before the client has noted that
	// its request is sent, the client asks for no further one until a heartbeat is missed, half a minute later.
	s.messages, err = consumer.Messages()
	if err != nil {
		return fmt.Errorf("consumer %s: %w", s.consumer, err)
	}
	return nil
}

// detach stops fetching. What was fetched and not acknowledged goes to the next holder of a durable consumer.
func (s *subscription) detach(ctx context.Context) {
	s.messages.Stop()
	if s.durable != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := s.bus.stream.DeleteConsumer(ctx, s.consumer)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) && !errors.Is(err, nats.ErrConnectionClosed) {
		s.bus.logger.Warn("consumer left on the server", "consumer", s.consumer, "error", err)
	}
}

func (s *subscription) run(ctx context.Context) {
	defer func() {
		s.cancel()
		s.detach(context.WithoutCancel(ctx))
		s.bus.forget(s)
		close(s.done)
	}()
	for {
		msg, err := s.messages.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.bus.logger.Error("event subscription ended", "consumer", s.consumer, "error", err)
			return
		}
		s.take(ctx, msg)
	}
}

// take answers the server for one message: acknowledged, to be delivered again, or refused for good.
func (s *subscription) take(ctx context.Context, msg jetstream.Msg) {
	logger := s.bus.logger.With("subject", msg.Subject(), "consumer", s.consumer)
	e, err := decodeEvent(msg)
	if err != nil {
		logger.Error("message refused", "error", err)
		s.answer(msg.TermWithReason("not an event"))
		return
	}
	if !s.filter.Matches(e) {
		s.answer(msg.Ack())
		return
	}
	err = s.callAlive(ctx, msg, e)
	switch {
	case err == nil:
		s.answer(msg.Ack())
	case ctx.Err() != nil:
		s.answer(msg.Nak())
	default:
		attempt := deliveries(msg)
		logger.Warn("event handler failed", "event", e.ID, "attempt", attempt, "of", maxDeliver, "error", err)
		s.answer(msg.NakWithDelay(min(retryDelay<<(attempt-1), retryDelayMax)))
	}
}

// deliveries is how often the server has delivered the message, this time included.
func deliveries(msg jetstream.Msg) int {
	meta, err := msg.Metadata()
	if err != nil {
		return 1
	}
	return int(min(max(meta.NumDelivered, 1), maxDeliver))
}

// answer reports an answer that could not be sent. The server then delivers the event again: at least once, not twice
// at most.
func (s *subscription) answer(err error) {
	if err != nil {
		s.bus.logger.Warn("answer to the server lost", "consumer", s.consumer, "error", err)
	}
}

// callAlive calls the handler, and tells the server meanwhile that it is still at work.
func (s *subscription) callAlive(ctx context.Context, msg jetstream.Msg, e jsruntime.Event) error {
	finished, silent := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(silent)
		ticker := time.NewTicker(ackWait / 3)
		defer ticker.Stop()
		for {
			select {
			case <-finished:
				return
			case <-ticker.C:
				s.answer(msg.InProgress())
			}
		}
	}()
	defer func() {
		close(finished)
		<-silent
	}()
	return s.call(ctx, e)
}

func (s *subscription) call(ctx context.Context, e jsruntime.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return s.handler(ctx, e)
}

// decodeEvent refuses an event whose tenant or type is not that of its subject: NATS grants permissions by subject, so
// a service that may publish for one tenant only must not reach another by what it writes into the body.
func decodeEvent(msg jetstream.Msg) (jsruntime.Event, error) {
	var e jsruntime.Event
	if err := json.Unmarshal(msg.Data(), &e); err != nil {
		return e, fmt.Errorf("body: %w", err)
	}
	if err := e.Validate(); err != nil {
		return e, err
	}
	if want := Subject(e.TenantID, e.Type); want != msg.Subject() {
		return e, fmt.Errorf("the event belongs on subject %s", want)
	}
	return e, nil
}
