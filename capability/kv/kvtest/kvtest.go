// Package kvtest is the conformance suite of [kv.Store]. Each test is one sentence of the contract; the last one makes
// random calls, and compares every answer with a naive model's.
//
// An implementation runs it with
//
//	func TestStore(t *testing.T) {
//		kvtest.Run(t, func(t *testing.T) kv.Store {
//			s := mystore.Open(...)
//			t.Cleanup(func() { s.Close() })
//			return s
//		})
//	}
//
// and one that outlives its process runs RunDurable besides.
package kvtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/kv"
)

// Open returns a new empty store. It may register a cleanup with t that closes it; the test of closing closes a store that
// has a method Close() error itself, so closing twice must do no harm.
type Open func(t *testing.T) kv.Store

// Run tests stores that open returns. Each test gets its own.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"entries", entryTests},
		{"versions", versionTests},
		{"expiry", expiryTests},
		{"increments", incrementTests},
		{"lists", listTests},
		{"quotas", quotaTests},
		{"concurrency", concurrencyTests},
		{"contexts and closing", lifecycleTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.tests {
				t.Run(c.sentence, func(t *testing.T) { c.run(newFixture(t, open(t))) })
			}
		})
	}
	t.Run("random calls", func(t *testing.T) { runRandom(t, open(t), nil) })
}

// OpenDurable returns a new empty store, and a function that closes the store and returns another one on what it had stored.
// It is called several times; closing the last store is open's affair.
type OpenDurable func(t *testing.T) (s kv.Store, reopen func() kv.Store)

// RunDurable tests that a store keeps what it was told when it is closed and opened again, in the midst of random calls.
func RunDurable(t *testing.T, open OpenDurable) {
	t.Helper()
	s, reopen := open(t)
	runRandom(t, s, reopen)
}

// test proves one sentence.
type test struct {
	sentence string
	run      func(f *fixture)
}

// fixture is a store with a tenant and a clock.
type fixture struct {
	*testing.T
	store  kv.Store
	ctx    context.Context
	tenant uuid.UUID
	now    time.Time
}

var (
	epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ample = kv.Quota{Keys: 1 << 30, Bytes: 1 << 40}
)

func newFixture(t *testing.T, s kv.Store) *fixture {
	return &fixture{T: t, store: s, ctx: t.Context(), tenant: uuid.New(), now: epoch}
}

// text returns a value; one that is as good as any.
func text(s string) kv.Value { return kv.Value{Data: []byte(`"` + s + `"`)} }

func (f *fixture) try(w kv.Write) (uint64, error) {
	if w.Quota == (kv.Quota{}) {
		w.Quota = ample
	}
	return f.store.Set(f.ctx, f.tenant, w, f.now)
}

func (f *fixture) set(key, value string) uint64 {
	f.Helper()
	version, err := f.try(kv.Write{Key: key, Value: text(value)})
	require.NoError(f, err)
	return version
}

// setFor sets a key for a while.
func (f *fixture) setFor(key, value string, ttl time.Duration) uint64 {
	f.Helper()
	version, err := f.try(kv.Write{Key: key, Value: text(value), ExpiresAt: f.now.Add(ttl)})
	require.NoError(f, err)
	return version
}

func (f *fixture) get(key string) (kv.Entry, error) {
	return f.store.Get(f.ctx, f.tenant, key, f.now)
}

func (f *fixture) requireValue(key, value string) {
	f.Helper()
	e, err := f.get(key)
	require.NoError(f, err)
	require.Equal(f, text(value), e.Value)
}

func (f *fixture) delete(key string) bool {
	f.Helper()
	found, err := f.store.Delete(f.ctx, f.tenant, key, f.now)
	require.NoError(f, err)
	return found
}

// increment adds to the number of the key n.
func (f *fixture) increment(by float64, ttl time.Duration) (kv.Entry, error) {
	inc := kv.Increment{Key: "n", By: by, Quota: ample}
	if ttl > 0 {
		inc.ExpiresAt = f.now.Add(ttl)
	}
	return f.store.Increment(f.ctx, f.tenant, inc, f.now)
}

// keys returns those of a list, and what is next.
func (f *fixture) keys(filter kv.Filter) (keys []string, next string) {
	f.Helper()
	page, err := f.store.List(f.ctx, f.tenant, filter, f.now)
	require.NoError(f, err)
	for _, e := range page.Entries {
		keys = append(keys, e.Key)
	}
	return keys, page.Next
}

func (f *fixture) of(tenant uuid.UUID) *fixture {
	other := *f
	other.tenant = tenant
	return &other
}
