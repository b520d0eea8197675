package kvtest

import (
	"bytes"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
)

var entryTests = []test{
	{"what was set is there", func(f *fixture) {
		version := f.set("a", "x")
		e, err := f.get("a")
		require.NoError(f, err)
		require.Equal(f, kv.Entry{Key: "a", Value: text("x"), Version: version}, e)
	}},
	{"a later value takes the place of an earlier one", func(f *fixture) {
		f.set("a", "x")
		f.set("a", "longer than that")
		f.requireValue("a", "longer than that")
	}},
	{"bytes are kept as they are, and that they are bytes", func(f *fixture) {
		for _, data := range [][]byte{{}, {0, 1, 255}, []byte(`{"a": `)} {
			want := kv.Value{Data: data, Binary: true}
			_, err := f.try(kv.Write{Key: "b", Value: want})
			require.NoError(f, err)
			e, err := f.get("b")
			require.NoError(f, err)
			require.True(f, e.Value.Binary)
			require.True(f, bytes.Equal(data, e.Value.Data), "%v", e.Value.Data)
		}
	}},
	{"a key that has nothing is not found", func(f *fixture) {
		f.set("ab", "x")
		_, err := f.get("a")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.False(f, f.delete("a"))
		f.requireValue("ab", "x")
	}},
	{"what was deleted is gone", func(f *fixture) {
		f.set("a", "x")
		require.True(f, f.delete("a"))
		require.False(f, f.delete("a"))
		_, err := f.get("a")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"any text is a key", func(f *fixture) {
		for i, key := range oddKeys() {
			f.set(key, strings.Repeat("x", i+1))
		}
		for i, key := range oddKeys() {
			f.requireValue(key, strings.Repeat("x", i+1))
		}
	}},
	{"the largest value and the longest key fit", func(f *fixture) {
		want := kv.Value{Data: bytes.Repeat([]byte("v"), kv.MaxValueBytes), Binary: true}
		key := strings.Repeat("k", kv.MaxKeyBytes)
		_, err := f.try(kv.Write{Key: key, Value: want})
		require.NoError(f, err)
		e, err := f.get(key)
		require.NoError(f, err)
		require.True(f, bytes.Equal(want.Data, e.Value.Data))
	}},
	{"values are the caller's before and after", func(f *fixture) {
		data := []byte(`"x"`)
		_, err := f.try(kv.Write{Key: "a", Value: kv.Value{Data: data}})
		require.NoError(f, err)
		data[1] = 'y'
		e, err := f.get("a")
		require.NoError(f, err)
		e.Value.Data[1] = 'z'
		f.requireValue("a", "x")
	}},
	{"a tenant's entries are no other tenant's", func(f *fixture) {
		// Two that are as near to each other as can be.
		one, other := f.of(uuid.UUID{15: 1}), f.of(uuid.UUID{15: 2})
		one.set("a", "one")
		other.set("a", "other")
		other.set("b", "other")
		one.requireValue("a", "one")
		_, err := one.get("b")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.False(f, one.delete("b"))
		keys, next := one.keys(kv.Filter{Limit: 10})
		require.Equal(f, []string{"a"}, keys)
		require.Empty(f, next)
		require.NoError(f, f.store.Clear(f.ctx, one.tenant))
		other.requireValue("a", "other")
	}},
	{"clearing removes everything of a tenant", func(f *fixture) {
		for _, key := range []string{"a", "b", "c"} {
			f.set(key, "x")
		}
		f.setFor("d", "x", time.Minute)
		require.NoError(f, f.store.Clear(f.ctx, f.tenant))
		keys, _ := f.keys(kv.Filter{Limit: 10})
		require.Empty(f, keys)
		used, err := f.store.Usage(f.ctx, f.tenant)
		require.NoError(f, err)
		require.Zero(f, used)
		require.NoError(f, f.store.Clear(f.ctx, f.tenant))
	}},
}

func oddKeys() []string {
	return []string{" ", "/", "a\x00b", "\x00", "ünï", "日本", "a/b:c", "\U0001F600", strings.Repeat("long", 200), "\x7f", "%", "'; --"}
}

var versionTests = []test{
	{"every change has a larger version", func(f *fixture) {
		last := uint64(0)
		for range 3 {
			for _, key := range []string{"a", "b"} {
				version := f.set(key, "x")
				require.Greater(f, version, last)
				last = version
			}
		}
	}},
	{"no version comes twice for a key that was deleted", func(f *fixture) {
		first := f.set("a", "x")
		f.delete("a")
		require.Greater(f, f.set("a", "x"), first)
	}},
	{"no version comes twice for a key that expired", func(f *fixture) {
		first := f.setFor("a", "x", time.Second)
		f.now = f.now.Add(time.Hour)
		for range 50 { // which may remove it
			f.set("other", "x")
		}
		require.Greater(f, f.set("a", "x"), first)
	}},
	{"no version comes twice for a tenant that was cleared", func(f *fixture) {
		first := f.set("a", "x")
		require.NoError(f, f.store.Clear(f.ctx, f.tenant))
		require.Greater(f, f.set("a", "x"), first)
	}},
	{"a write that expects a version is made for that one only", func(f *fixture) {
		version := f.set("a", "x")
		for _, wrong := range []uint64{0, version - 1, version + 1} {
			_, err := f.try(kv.Write{Key: "a", Value: text("y"), Expect: &wrong})
			require.ErrorIs(f, err, jsruntime.ErrConflict)
			f.requireValue("a", "x")
		}
		next, err := f.try(kv.Write{Key: "a", Value: text("y"), Expect: &version})
		require.NoError(f, err)
		require.Greater(f, next, version)
		f.requireValue("a", "y")
	}},
	{"a write that expects nothing is made where there is nothing", func(f *fixture) {
		none, some := uint64(0), uint64(7)
		_, err := f.try(kv.Write{Key: "a", Value: text("x"), Expect: &some})
		require.ErrorIs(f, err, jsruntime.ErrConflict)
		_, err = f.try(kv.Write{Key: "a", Value: text("x"), Expect: &none})
		require.NoError(f, err)
		_, err = f.try(kv.Write{Key: "a", Value: text("y"), Expect: &none})
		require.ErrorIs(f, err, jsruntime.ErrConflict)
		f.delete("a")
		_, err = f.try(kv.Write{Key: "a", Value: text("z"), Expect: &none})
		require.NoError(f, err)
		f.requireValue("a", "z")
	}},
	{"a version that was read before a deletion does not fit what came after", func(f *fixture) {
		version := f.set("a", "x")
		f.delete("a")
		f.set("a", "x")
		_, err := f.try(kv.Write{Key: "a", Value: text("y"), Expect: &version})
		require.ErrorIs(f, err, jsruntime.ErrConflict)
	}},
	{"a condition that does not hold comes before the quota", func(f *fixture) {
		some := uint64(7)
		_, err := f.try(kv.Write{Key: "a", Value: text("x"), Expect: &some, Quota: kv.Quota{Keys: 1, Bytes: 1}})
		require.ErrorIs(f, err, jsruntime.ErrConflict)
		require.NotErrorIs(f, err, kv.ErrQuota)
	}},
}
