package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

// services stands for everybody else on the broker. It could be written in any language: it uses nothing but the
// subjects and the JSON of events, and none of jsruntime.
type services struct {
	conn        *nats.Conn
	tenant      uuid.UUID
	completions *nats.Subscription
}

func connectServices(url string, tenant uuid.UUID) (*services, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	subject := fmt.Sprintf("jsevents.%s.jsruntime.execution.completed", tenant)
	completions, err := conn.SubscribeSync(subject)
	if err == nil {
		err = conn.Flush() // the server knows of the subscription before anything can happen
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &services{conn: conn, tenant: tenant, completions: completions}, nil
}

func (s *services) publishOrder(customer string, total float64) error {
	body, err := json.Marshal(map[string]any{
		"id":       uuid.New(),
		"type":     "order.paid",
		"tenantId": s.tenant,
		"time":     time.Now().UTC(),
		"payload":  map[string]any{"customer": customer, "total": total},
	})
	if err != nil {
		return err
	}
	// A request, because JetStream's answer says that the event is stored.
	reply, err := s.conn.Request(fmt.Sprintf("jsevents.%s.order.paid", s.tenant), body, 5*time.Second)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	var ack struct {
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if ack.Error != nil {
		return fmt.Errorf("order: %s", ack.Error.Description)
	}
	return nil
}

// awaitCompletion waits for the next execution's end, as a monitoring service would.
func (s *services) awaitCompletion(ctx context.Context, out io.Writer, cause string) error {
	msg, err := s.completions.NextMsgWithContext(ctx)
	if err != nil {
		return fmt.Errorf("no completion after %s: %w", cause, err)
	}
	var event struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(msg.Data, &event); err != nil {
		return fmt.Errorf("completion: %w", err)
	}
	fmt.Fprintf(out, "NATS: %s, after %s\n", event.Type, cause)
	return nil
}
