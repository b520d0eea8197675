package eventbustest

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var filterTests = []test{
	{"types choose events", filterTypes},
	{"a tenant chooses events", filterTenant},
	{"a filter is a value", filterIsValue},
	{"a filter that cannot match and a nil handler are refused", filterRefused},
}

// filterTypes publishes the same types for every filter.
func filterTypes(t *testing.T, bus jsruntime.EventBus) {
	types := []string{
		"order.paid", "order.paid.late", "order.placed", "order", "order.", "orders.paid", "invoice.paid", "Order.paid",
		"order:paid", "jsruntime", "jsruntimex.y", jsruntime.EventScriptCreated, jsruntime.EventExecutionCompleted,
	}
	own := types[len(types)-2:]
	foreign := types[:len(types)-2]
	cases := []struct {
		name   string
		filter []string
		want   []string
	}{
		{"none", nil, types},
		{"an empty list", []string{}, types},
		{"a type", []string{"order.paid"}, []string{"order.paid"}},
		{"two types", []string{"order", "invoice.paid"}, []string{"order", "invoice.paid"}},
		{"a suffix after a dot", []string{"order.*"}, []string{"order.paid", "order.paid.late", "order.placed", "order."}},
		{"a suffix in a word", []string{"order.p*"}, []string{"order.paid", "order.paid.late", "order.placed"}},
		{"a suffix after a whole type", []string{"order.paid*"}, []string{"order.paid", "order.paid.late"}},
		{"types that overlap", []string{"order.*", "order.paid", "order.p*"},
			[]string{"order.paid", "order.paid.late", "order.placed", "order."}},
		{"a bare star leaves out the library's own", []string{"*"}, foreign},
		{"the library's own", []string{"jsruntime.*"}, own},
		{"a star and one of the library's own", []string{"*", own[0]}, append(append([]string{}, foreign...), own[0])},
		{"a prefix of the library's own", []string{"jsruntime*"},
			append([]string{"jsruntime", "jsruntimex.y"}, own...)},
	}
	tenant := uuid.New()
	for _, c := range cases {
		p := listen(t, bus, jsruntime.EventFilter{Types: c.filter})
		var events []jsruntime.Event
		for _, eventType := range types {
			events = append(events, jsruntime.NewEvent(tenant, eventType, nil))
		}
		last := jsruntime.NewEvent(tenant, c.want[0], nil) // matches: what arrives before it is all that arrives
		publish(t, bus, append(events, last)...)
		var got []string
		for _, e := range p.until(last.ID) {
			got = append(got, e.Type)
		}
		require.Equal(t, c.want, got, c.name)
		closeInTime(t, p.sub)
	}
}

func filterTenant(t *testing.T, bus jsruntime.EventBus) {
	mine, other := uuid.New(), uuid.New()
	byTenant := listen(t, bus, jsruntime.EventFilter{TenantID: mine})
	byBoth := listen(t, bus, jsruntime.EventFilter{TenantID: mine, Types: []string{"order.*"}})
	everyone := listen(t, bus, jsruntime.EventFilter{})

	paid := jsruntime.NewEvent(mine, "order.paid", nil)
	login := jsruntime.NewEvent(mine, "user.login", nil)
	foreign := jsruntime.NewEvent(other, "order.paid", nil)
	own := jsruntime.NewEvent(mine, jsruntime.EventScriptCreated, nil)
	last := jsruntime.NewEvent(mine, "order.shipped", nil)
	publish(t, bus, foreign, paid, login, jsruntime.NewEvent(other, "order.shipped", nil), own, last)

	byTenant.requireIDs([]jsruntime.Event{paid, login, own, last})
	byBoth.requireIDs([]jsruntime.Event{paid, last})
	require.Len(t, everyone.until(last.ID), 5)
}

func filterIsValue(t *testing.T, bus jsruntime.EventBus) {
	types := []string{"order.paid"}
	p := listen(t, bus, jsruntime.EventFilter{Types: types})
	types[0] = "user.login"
	tenant := uuid.New()
	paid := jsruntime.NewEvent(tenant, "order.paid", nil)
	publish(t, bus, jsruntime.NewEvent(tenant, "user.login", nil), paid)
	require.Empty(t, p.until(paid.ID))
}

func filterRefused(t *testing.T, bus jsruntime.EventBus) {
	take := func(context.Context, jsruntime.Event) error { return nil }
	for _, pattern := range []string{"", "*.paid", "order.*.late", "**", "order.**", "order.>", "order paid"} {
		_, err := bus.Subscribe(jsruntime.EventFilter{Types: []string{"order.paid", pattern}}, take)
		require.ErrorIsf(t, err, jsruntime.ErrInvalid, "type %q", pattern)
	}
	_, err := bus.Subscribe(jsruntime.EventFilter{}, nil)
	require.ErrorIs(t, err, jsruntime.ErrInvalid, "nil handler")
}
