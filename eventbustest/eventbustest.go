// Package eventbustest checks that an implementation of [jsruntime.EventBus] keeps to its contract.
//
//	func TestTheBusKeepsToTheContract(t *testing.T) {
//		eventbustest.Run(t, func(t *testing.T) jsruntime.EventBus {
//			bus := mybus.New(...)
//			t.Cleanup(func() { require.NoError(t, bus.Close()) })
//			return bus
//		})
//	}
package eventbustest

import (
	"testing"
	"time"

	"github.com/jsruntime/jsruntime"
)

// patience bounds every wait. Nothing waits that long unless the bus is broken, or its network is.
const patience = 30 * time.Second

// Run runs the suite as subtests of t. open returns a bus that holds no events and that nobody else publishes on, and
// closes it in a t.Cleanup; it is called once for each subtest. A bus that redelivers after a while has to do so
// within 30 seconds of a handler's failure. Deliveries that repeat an event are tolerated everywhere, as a durable bus
// may make them.
//
// What a contract can't promise is not tested: how long a bus keeps trying a handler that never succeeds, and what
// becomes of events that were waiting when a subscription was closed.
func Run(t *testing.T, open func(t *testing.T) jsruntime.EventBus) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"Delivery", deliveryTests},
		{"Filter", filterTests},
		{"Handler", handlerTests},
		{"Close", closeTests},
		{"Concurrency", concurrencyTests},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
			}
		})
	}
}

// test is one sentence of the contract and its proof.
type test struct {
	name string
	run  func(t *testing.T, bus jsruntime.EventBus)
}
