// Package storetest is the conformance suite of [jsruntime.Store]. Each test is one sentence of the contract; the
// last group runs random calls against a naive model and compares every answer.
//
// An implementation runs it with
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) jsruntime.Store {
//			s := mystore.Open(...)
//			t.Cleanup(func() { s.Close() })
//			return s
//		})
//	}
//
// and one that outlives its process runs RunDurable besides.
package storetest

import (
	"testing"

	"github.com/jsruntime/jsruntime"
)

// Open returns a new empty store. It may register a cleanup with t that closes the store; the tests of closing close
// a store that has a method Close() error themselves, so closing twice must do no harm. Where it has none, they are skipped.
type Open func(t *testing.T) jsruntime.Store

// Run tests stores that open returns. Each test gets its own.
func Run(t *testing.T, open Open) {
	t.Helper()
	groups := []struct {
		name  string
		tests []test
	}{
		{"scripts", scriptTests},
		{"versions", versionTests},
		{"changes", changeTests},
		{"executions", executionTests},
		{"claims", claimTests},
		{"order keys", orderTests},
		{"leases", leaseTests},
		{"outcomes", finishTests},
		{"ticks", tickTests},
		{"pruning", pruneTests},
		{"pages", pageTests},
		{"copies", copyTests},
		{"concurrency", concurrencyTests},
		{"contexts and closing", lifecycleTests},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.tests {
				t.Run(c.sentence, func(t *testing.T) {
					c.run(newFixture(t, open(t)))
				})
			}
		})
	}
	t.Run("random calls", func(t *testing.T) {
		runRandom(t, func(t *testing.T) (jsruntime.Store, func() jsruntime.Store) { return open(t), nil })
	})
}

// OpenDurable returns a new empty store, and a function that closes the store and returns another one on what it had stored.
// It is called several times, and leases may be over afterwards. Closing the last store is open's affair.
type OpenDurable func(t *testing.T) (s jsruntime.Store, reopen func() jsruntime.Store)

// RunDurable tests that a store keeps what it was told when it is closed and opened again, in the midst of random calls. It
// is beside Run for stores that outlive their process.
func RunDurable(t *testing.T, open OpenDurable) {
	t.Helper()
	runRandom(t, open)
}

// test proves one sentence.
type test struct {
	sentence string
	run      func(f *fixture)
}
