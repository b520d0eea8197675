package eventbustest

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var deliveryTests = []test{
	{"an event without subscriptions is accepted", func(t *testing.T, bus jsruntime.EventBus) {
		publish(t, bus, number(3)...)
	}},
	{"every matching subscription gets the event", everySubscription},
	{"events of one publisher arrive in their order", inOrder},
	{"an event is carried whole", carriedWhole},
	{"any event type can be carried", anyType},
	{"any payload can be carried", anyPayload},
	{"a payload is nobody else's to change", ownPayload},
	{"an invalid event is refused and reaches nobody", invalidEvents},
}

func everySubscription(t *testing.T, bus jsruntime.EventBus) {
	events := number(5)
	one := listen(t, bus, jsruntime.EventFilter{})
	twin := listen(t, bus, jsruntime.EventFilter{})
	typed := listen(t, bus, jsruntime.EventFilter{Types: []string{events[0].Type}})
	publish(t, bus, events...)
	one.requireIDs(events)
	twin.requireIDs(events)
	typed.requireIDs(events)
}

func inOrder(t *testing.T, bus jsruntime.EventBus) {
	events := number(200)
	all := listen(t, bus, jsruntime.EventFilter{})
	some := listen(t, bus, jsruntime.EventFilter{TenantID: events[0].TenantID, Types: []string{"test.*"}})
	publish(t, bus, events...)
	all.requireIDs(events)
	some.requireIDs(events)
}

func carriedWhole(t *testing.T, bus jsruntime.EventBus) {
	p := listen(t, bus, jsruntime.EventFilter{})
	east := time.FixedZone("", 2*60*60)
	for _, instant := range []time.Time{
		time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(1969, 7, 20, 20, 17, 40, 1, time.UTC),
		time.Date(2024, 3, 31, 3, 30, 0, 123_456_789, east),
		time.Now(),
	} {
		e := jsruntime.NewEvent(uuid.New(), "order.paid", map[string]any{"total": 12.5})
		e.Time = instant
		e.Depth = 7
		publish(t, bus, e)
		requireSame(t, e, p.next())
	}
}

func anyType(t *testing.T, bus jsruntime.EventBus) {
	p := listen(t, bus, jsruntime.EventFilter{})
	for _, eventType := range []string{
		"a", "0", "order.paid", "Order.Paid", "order..paid", ".order", "order.", ".", "...", "-", "_", ":", "/", "a/b:c-d_e",
		"//", "commande.payée", "注文.支払済", "_INBOX.x", jsruntime.EventExecutionCompleted,
		strings.Repeat("x", jsruntime.MaxNameBytes), strings.Repeat("é", jsruntime.MaxNameBytes/2),
		strings.Repeat("a.", jsruntime.MaxNameBytes/2),
	} {
		e := jsruntime.NewEvent(uuid.New(), eventType, nil)
		exact := listen(t, bus, jsruntime.EventFilter{Types: []string{eventType}})
		publish(t, bus, e)
		requireSame(t, e, p.next())
		requireSame(t, e, exact.next())
		closeInTime(t, exact.sub)
	}
}

func anyPayload(t *testing.T, bus jsruntime.EventBus) {
	p := listen(t, bus, jsruntime.EventFilter{})
	for _, payload := range []string{
		`null`, `true`, `0`, `""`, `[]`, `{}`, ` { "spaced" : [ 1 , 2 ] } `,
		`{"big":9007199254740993,"precise":0.1000000000000000055511151231257827,"huge":1e300}`,
		`"\u0000 \ud83d\ude00 <b>&amp;</b> \u2028"`, `"😀 é"`, `{"a":{"b":[{"c":null}]},"":1}`,
		`"` + strings.Repeat("x", 200_000) + `"`,
	} {
		e := jsruntime.NewEvent(uuid.New(), "order.paid", nil)
		e.Payload = json.RawMessage(payload)
		publish(t, bus, e)
		requireSame(t, e, p.next())
	}
}

// requireSame compares instants, not time zones, and JSON values, not bytes: what a broker can keep.
func requireSame(t *testing.T, want, got jsruntime.Event) {
	t.Helper()
	require.Equal(t, want.ID, got.ID, "id")
	require.Equal(t, want.Type, got.Type, "type")
	require.Equal(t, want.TenantID, got.TenantID, "tenant")
	require.Truef(t, want.Time.Equal(got.Time), "time: want %s, got %s", want.Time, got.Time)
	if want.Time.Location() == time.UTC {
		require.Equal(t, time.UTC, got.Time.Location(), "time zone")
	}
	require.Equal(t, want.Depth, got.Depth, "depth")
	require.Equal(t, decode(t, want.Payload), decode(t, got.Payload), "payload")
	require.NoError(t, got.Validate())
}

// decode keeps numbers as they are written, so that no digit of theirs is lost unnoticed.
func decode(t *testing.T, payload json.RawMessage) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	var v any
	require.NoErrorf(t, decoder.Decode(&v), "payload %.100q", payload)
	return v
}

func ownPayload(t *testing.T, bus jsruntime.EventBus) {
	scribble := func(payload json.RawMessage) {
		for i := range payload {
			payload[i] = 'x'
		}
	}
	vandal := func(_ context.Context, e jsruntime.Event) error {
		scribble(e.Payload)
		return nil
	}
	subscribe(t, bus, jsruntime.EventFilter{}, vandal)
	p := listen(t, bus, jsruntime.EventFilter{})
	subscribe(t, bus, jsruntime.EventFilter{}, vandal)
	for _, e := range number(20) {
		want := e
		want.Payload = bytes.Clone(e.Payload)
		publish(t, bus, e)
		assert.Equal(t, string(want.Payload), string(e.Payload), "the publisher's own payload")
		scribble(e.Payload) // a publisher may use its buffer again
		requireSame(t, want, p.next())
	}
}

func invalidEvents(t *testing.T, bus jsruntime.EventBus) {
	p := listen(t, bus, jsruntime.EventFilter{})
	broken := map[string]func(e *jsruntime.Event){
		"no id":          func(e *jsruntime.Event) { e.ID = uuid.Nil },
		"no tenant":      func(e *jsruntime.Event) { e.TenantID = uuid.Nil },
		"no type":        func(e *jsruntime.Event) { e.Type = "" },
		"space in type":  func(e *jsruntime.Event) { e.Type = "order paid" },
		"star in type":   func(e *jsruntime.Event) { e.Type = "order.*" },
		"angle in type":  func(e *jsruntime.Event) { e.Type = "order.>" },
		"long type":      func(e *jsruntime.Event) { e.Type = strings.Repeat("x", jsruntime.MaxNameBytes+1) },
		"no payload":     func(e *jsruntime.Event) { e.Payload = nil },
		"broken payload": func(e *jsruntime.Event) { e.Payload = json.RawMessage(`{"a":`) },
		"negative depth": func(e *jsruntime.Event) { e.Depth = -1 },
		"payload that JSON cannot hold": func(e *jsruntime.Event) {
			*e = jsruntime.NewEvent(e.TenantID, e.Type, math.Inf(1))
		},
	}
	for name, breakIt := range broken {
		e := number(1)[0]
		breakIt(&e)
		err := receive(t, goPublish(t.Context(), bus, e), "the end of Publish")
		require.ErrorIs(t, err, jsruntime.ErrInvalid, name)
	}
	last := number(1)[0]
	publish(t, bus, last)
	require.Empty(t, p.until(last.ID))
}
