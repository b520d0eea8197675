package kvtest

import (
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
)

var expiryTests = []test{
	{"an entry is there until the millisecond at which it expires", func(f *fixture) {
		f.setFor("a", "x", 1500*time.Millisecond)
		expires := f.now.Add(1500 * time.Millisecond)
		f.now = f.now.Add(1499 * time.Millisecond)
		e, err := f.get("a")
		require.NoError(f, err)
		require.Equal(f, expires, e.ExpiresAt)
		f.now = f.now.Add(time.Millisecond)
		_, err = f.get("a")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"what has expired is in no list, cannot be deleted and satisfies no condition", func(f *fixture) {
		version := f.setFor("a", "x", time.Second)
		f.set("b", "x")
		f.now = f.now.Add(time.Second)
		keys, next := f.keys(kv.Filter{Limit: 1})
		require.Equal(f, []string{"b"}, keys)
		require.Empty(f, next)
		_, err := f.try(kv.Write{Key: "a", Value: text("y"), Expect: &version})
		require.ErrorIs(f, err, jsruntime.ErrConflict)
		require.False(f, f.delete("a"))
		none := uint64(0)
		_, err = f.try(kv.Write{Key: "a", Value: text("y"), Expect: &none})
		require.NoError(f, err)
	}},
	{"a write without an end takes the end of the one before away", func(f *fixture) {
		f.setFor("a", "x", time.Second)
		f.set("a", "y")
		f.now = f.now.Add(time.Hour)
		for range 50 {
			f.set("other", "x")
		}
		f.requireValue("a", "y")
	}},
	{"a write with an end takes the place of the end before", func(f *fixture) {
		f.setFor("a", "x", time.Second)
		f.setFor("a", "y", time.Minute)
		f.now = f.now.Add(time.Second)
		for range 50 {
			f.set("other", "x")
		}
		f.requireValue("a", "y")
		f.setFor("a", "z", time.Second)
		f.now = f.now.Add(time.Second)
		_, err := f.get("a")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"what has expired is removed with time, without a call that names it", removesExpired},
}

// removesExpired has many tenants whose entries expire, some that do not, and one that goes on writing.
func removesExpired(f *fixture) {
	var tenants []uuid.UUID
	for range 10 {
		other := f.of(uuid.New())
		tenants = append(tenants, other.tenant)
		for i := range 5 {
			other.setFor(fmt.Sprint("gone", i), "x", time.Duration(i+1)*time.Second)
		}
		other.setFor("later", "x", time.Hour)
		other.set("stays", "x")
	}
	f.now = f.now.Add(time.Minute)
	for range 200 {
		f.set("a", "x")
	}
	for _, tenant := range tenants {
		used, err := f.store.Usage(f.ctx, tenant)
		require.NoError(f, err)
		require.EqualValues(f, 2, used.Keys)
		require.EqualValues(f, len("later")+len("stays")+2*len(`"x"`), used.Bytes)
		f.of(tenant).requireValue("later", "x")
	}
}

var incrementTests = []test{
	{"numbers add up, from 0", func(f *fixture) {
		for i, want := range []string{"1", "3.5", "-1", "0"} {
			e, err := f.increment([]float64{1, 2.5, -4.5, 1}[i], 0)
			require.NoError(f, err)
			require.Equal(f, kv.Value{Data: []byte(want)}, e.Value)
			got, err := f.get("n")
			require.NoError(f, err)
			require.Equal(f, e, got)
		}
	}},
	{"what is no number stays what it is", func(f *fixture) {
		for _, value := range []kv.Value{
			text("1"), {Data: []byte("null")}, {Data: []byte("true")}, {Data: []byte("[1]")}, {Data: []byte("1"), Binary: true},
		} {
			_, err := f.try(kv.Write{Key: "n", Value: value})
			require.NoError(f, err)
			before, err := f.get("n")
			require.NoError(f, err)
			_, err = f.increment(1, 0)
			require.ErrorIs(f, err, kv.ErrNotNumber)
			after, err := f.get("n")
			require.NoError(f, err)
			require.Equal(f, before, after)
		}
	}},
	{"a sum that is too large is refused", func(f *fixture) {
		_, err := f.increment(math.MaxFloat64, 0)
		require.NoError(f, err)
		_, err = f.increment(math.MaxFloat64, 0)
		require.ErrorIs(f, err, kv.ErrNotNumber)
	}},
	{"the first one decides when the count ends", func(f *fixture) {
		first, err := f.increment(1, 10*time.Second)
		require.NoError(f, err)
		f.now = f.now.Add(9 * time.Second)
		second, err := f.increment(1, 10*time.Second)
		require.NoError(f, err)
		require.Equal(f, first.ExpiresAt, second.ExpiresAt)
		require.Greater(f, second.Version, first.Version)
		f.now = f.now.Add(time.Second)
		third, err := f.increment(1, 10*time.Second)
		require.NoError(f, err)
		require.Equal(f, kv.Value{Data: []byte("1")}, third.Value)
		require.Equal(f, f.now.Add(10*time.Second), third.ExpiresAt)
	}},
}
