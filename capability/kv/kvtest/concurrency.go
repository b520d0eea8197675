package kvtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
)

func newTenant() uuid.UUID { return uuid.New() }

const callers = 16

// together runs fn for each caller, and waits for all.
func together(fn func(caller int)) {
	var done sync.WaitGroup
	for caller := range callers {
		done.Go(func() { fn(caller) })
	}
	done.Wait()
}

var concurrencyTests = []test{
	{"no increment is lost", func(f *fixture) {
		const each = 10
		together(func(int) {
			for range each {
				_, err := f.increment(1, 0)
				assert.NoError(f, err)
			}
		})
		e, err := f.get("n")
		require.NoError(f, err)
		require.Equal(f, fmt.Sprint(callers*each), string(e.Value.Data))
	}},
	{"one of those that create a key at once does", func(f *fixture) {
		var mu sync.Mutex
		won := 0
		together(func(caller int) {
			none := uint64(0)
			_, err := f.try(kv.Write{Key: "lock", Value: text(fmt.Sprint(caller)), Expect: &none})
			if err != nil {
				assert.ErrorIs(f, err, jsruntime.ErrConflict)
				return
			}
			mu.Lock()
			won++
			mu.Unlock()
		})
		require.Equal(f, 1, won)
	}},
	{"changes that expect what they have read add up", func(f *fixture) {
		const each = 3
		together(func(int) {
			for range each {
				f.replaceUntilItHolds("list")
			}
		})
		e, err := f.get("list")
		require.NoError(f, err)
		require.Len(f, e.Value.Data, callers*each)
	}},
	{"versions of callers at once are all different", func(f *fixture) {
		var seen sync.Map
		together(func(caller int) {
			for range 5 {
				version, err := f.try(kv.Write{Key: fmt.Sprint("k", caller), Value: text("x")})
				assert.NoError(f, err)
				_, twice := seen.LoadOrStore(version, true)
				assert.False(f, twice, "version %d", version)
			}
		})
	}},
	{"a quota holds for callers at once", func(f *fixture) {
		quota := kv.Quota{Keys: 5, Bytes: 1000}
		together(func(caller int) {
			_, err := f.try(kv.Write{Key: fmt.Sprint(caller), Value: text("x"), Quota: quota})
			assert.True(f, err == nil || errors.Is(err, kv.ErrQuota), "%v", err)
		})
		keys, _ := f.keys(kv.Filter{Limit: 100})
		require.Len(f, keys, 5)
	}},
}

// replaceUntilItHolds adds a byte to a value, as often as somebody else was faster.
func (f *fixture) replaceUntilItHolds(key string) {
	for {
		e, err := f.get(key) // whose version is 0 when there is none
		assert.True(f, err == nil || errors.Is(err, jsruntime.ErrNotFound))
		_, err = f.try(kv.Write{Key: key, Value: kv.Value{Data: append(e.Value.Data, 'x'), Binary: true}, Expect: &e.Version})
		if !errors.Is(err, jsruntime.ErrConflict) {
			assert.NoError(f, err)
			return
		}
	}
}

var lifecycleTests = []test{
	{"an ended ctx changes nothing", func(f *fixture) {
		f.set("a", "x")
		ended, cancel := context.WithCancel(f.ctx)
		cancel()
		g := f.of(f.tenant)
		g.ctx = ended
		for i, err := range g.all() {
			require.ErrorIs(f, err, context.Canceled, "call %d", i)
		}
		f.requireValue("a", "x")
	}},
	{"a closed store says so, and may be closed again", func(f *fixture) {
		closer, ok := f.store.(io.Closer)
		if !ok {
			f.Skip("the store has no Close() error")
		}
		require.NoError(f, closer.Close())
		for i, err := range f.all() {
			require.ErrorIs(f, err, jsruntime.ErrClosed, "call %d", i)
		}
		require.NoError(f, closer.Close())
	}},
}

// all makes each call, and returns their errors.
func (f *fixture) all() []error {
	_, get := f.get("a")
	_, set := f.try(kv.Write{Key: "a", Value: text("y"), ExpiresAt: f.now.Add(time.Second)})
	_, increment := f.increment(1, 0)
	_, remove := f.store.Delete(f.ctx, f.tenant, "a", f.now)
	_, list := f.store.List(f.ctx, f.tenant, kv.Filter{Limit: 1}, f.now)
	_, usage := f.store.Usage(f.ctx, f.tenant)
	return []error{get, set, increment, remove, list, usage, f.store.Clear(f.ctx, f.tenant)}
}
