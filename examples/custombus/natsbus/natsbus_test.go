package natsbus_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/eventbustest"
	"github.com/jsruntime/jsruntime/examples/custombus/natsbus"
)

const patience = 30 * time.Second

func TestTheBusKeepsToTheContract(t *testing.T) {
	eventbustest.Run(t, func(t *testing.T) jsruntime.EventBus {
		return openBus(t, connect(t, startServer(t)))
	})
}

func TestTheDurableBusKeepsToTheContract(t *testing.T) {
	eventbustest.Run(t, func(t *testing.T) jsruntime.EventBus {
		return openBus(t, connect(t, startServer(t)), natsbus.WithDurable("app"))
	})
}

func TestADurableSubscriptionGetsWhatWasPublishedWhileItWasAway(t *testing.T) {
	conn := connect(t, startServer(t))
	events := make(chan jsruntime.Event, 10)
	filter := jsruntime.EventFilter{Types: []string{"order.*", "user.login"}}
	take := func(_ context.Context, e jsruntime.Event) error {
		events <- e
		return nil
	}
	before, err := natsbus.Open(t.Context(), conn, natsbus.WithDurable("app"))
	require.NoError(t, err)
	_, err = before.Subscribe(filter, take)
	require.NoError(t, err)
	require.NoError(t, before.Close())

	away := jsruntime.NewEvent(uuid.New(), "order.paid", nil)
	require.NoError(t, openBus(t, conn).Publish(t.Context(), away))

	filter.Types[0], filter.Types[1] = filter.Types[1], filter.Types[0]
	_, err = openBus(t, conn, natsbus.WithDurable("app")).Subscribe(filter, take)
	require.NoError(t, err)
	require.Equal(t, away.ID, receive(t, events).ID)
}

func TestAMessageThatIsNoEventOfItsSubjectIsRefused(t *testing.T) {
	conn := connect(t, startServer(t))
	bus := openBus(t, conn)
	events := make(chan jsruntime.Event, 10)
	_, err := bus.Subscribe(jsruntime.EventFilter{}, func(_ context.Context, e jsruntime.Event) error {
		events <- e
		return nil
	})
	require.NoError(t, err)

	tenant, other := uuid.New(), uuid.New()
	subject := natsbus.Subject(tenant, "order.paid")
	encode := func(e jsruntime.Event) []byte {
		body, err := json.Marshal(e)
		require.NoError(t, err)
		return body
	}
	good := jsruntime.NewEvent(tenant, "order.paid", nil)
	for _, body := range [][]byte{
		nil, []byte("hello"), []byte(`{}`),
		encode(jsruntime.NewEvent(other, "order.paid", nil)),
		encode(jsruntime.NewEvent(tenant, "order.refunded", nil)),
		encode(good),
	} {
		require.NoError(t, conn.Publish(subject, body))
	}
	require.Equal(t, good.ID, receive(t, events).ID)
}

func TestAClosedBusRefuses(t *testing.T) {
	bus := openBus(t, connect(t, startServer(t)))
	require.NoError(t, bus.Close())
	require.ErrorIs(t, bus.Publish(t.Context(), jsruntime.NewEvent(uuid.New(), "a", nil)), jsruntime.ErrClosed)
	_, err := bus.Subscribe(jsruntime.EventFilter{}, func(context.Context, jsruntime.Event) error { return nil })
	require.ErrorIs(t, err, jsruntime.ErrClosed)
}

func TestSubjects(t *testing.T) {
	tenant := uuid.MustParse("00000000-0000-0000-0000-000000000001")
	base := "jsevents." + tenant.String() + "."
	for eventType, want := range map[string]string{
		"order.paid": "order.paid", "a..b": "a.%.b", ".": "%.%", "order.*": "order.%2A", "a.>": "a.%3E", "a b": "a%20b",
		"%": "%25", "é": "%C3%A9", "a/b:c-d_e": "a%2Fb%3Ac-d_e",
	} {
		require.Equal(t, base+want, natsbus.Subject(tenant, eventType), eventType)
	}
}

func startServer(t *testing.T) *server.Server {
	t.Helper()
	srv, err := natsbus.StartServer(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	return srv
}

func connect(t *testing.T, srv *server.Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(srv.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

func openBus(t *testing.T, conn *nats.Conn, opts ...natsbus.Option) *natsbus.Bus {
	t.Helper()
	bus, err := natsbus.Open(t.Context(), conn, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	return bus
}

func receive(t *testing.T, events <-chan jsruntime.Event) jsruntime.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		require.FailNow(t, "no event")
		panic("unreachable")
	}
}
