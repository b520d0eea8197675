package kvtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/kv"
)

var listTests = []test{
	{"keys are in the order of their bytes", func(f *fixture) {
		want := oddKeys()
		for _, key := range want {
			f.set(key, "x")
		}
		slices.Sort(want)
		keys, next := f.keys(kv.Filter{Limit: 100})
		require.Equal(f, want, keys)
		require.Empty(f, next)
	}},
	{"a prefix is the beginning of keys and nothing else", func(f *fixture) {
		for _, key := range []string{"a", "a%", "ab", "ab\xf4\x8f\xbf\xbf", "abc", "ac", "b", "_b"} {
			f.set(key, "x")
		}
		for prefix, want := range map[string][]string{
			"ab": {"ab", "abc", "ab\xf4\x8f\xbf\xbf"}, "a%": {"a%"}, "_": {"_b"}, "abcd": nil, "c": nil,
		} {
			keys, _ := f.keys(kv.Filter{Prefix: prefix, Limit: 10})
			require.Equal(f, want, keys, prefix)
		}
	}},
	{"pages follow each other without a gap or an overlap", func(f *fixture) {
		var want []string
		for i := range 10 {
			key := fmt.Sprintf("p%02d", i)
			f.set(key, "x")
			want = append(want, key)
		}
		f.set("a", "x")
		f.set("q", "x")
		for limit := 1; limit <= 11; limit++ {
			var all []string
			filter := kv.Filter{Prefix: "p", Limit: limit}
			for more := true; more; more = filter.After != "" {
				keys, next := f.keys(filter)
				require.LessOrEqual(f, len(keys), limit)
				all, filter.After = append(all, keys...), next
			}
			require.Equal(f, want, all, "limit %d", limit)
		}
	}},
	{"after may be a key that is not there, and lie before the prefix", func(f *fixture) {
		for _, key := range []string{"a", "c", "e"} {
			f.set(key, "x")
		}
		for after, want := range map[string][]string{"b": {"c", "e"}, "c": {"e"}, "c\x00": {"e"}, "e": nil, "z": nil} {
			keys, _ := f.keys(kv.Filter{After: after, Limit: 10})
			require.Equal(f, want, keys, after)
		}
		keys, _ := f.keys(kv.Filter{Prefix: "e", After: "a", Limit: 10})
		require.Equal(f, []string{"e"}, keys)
		keys, _ = f.keys(kv.Filter{Prefix: "a", After: "c", Limit: 10})
		require.Empty(f, keys)
	}},
	{"entries have versions and ends, and values where they are asked for", func(f *fixture) {
		a := f.setFor("a", "x", time.Minute)
		b := f.set("b", "y")
		want := []kv.Entry{{Key: "a", Version: a, ExpiresAt: f.now.Add(time.Minute)}, {Key: "b", Version: b}}
		page, err := f.store.List(f.ctx, f.tenant, kv.Filter{Limit: 10}, f.now)
		require.NoError(f, err)
		require.Equal(f, want, page.Entries)
		want[0].Value, want[1].Value = text("x"), text("y")
		page, err = f.store.List(f.ctx, f.tenant, kv.Filter{Limit: 10, Values: true, Bytes: 1000}, f.now)
		require.NoError(f, err)
		require.Equal(f, want, page.Entries)
	}},
	{"a page of values ends where they are enough bytes", func(f *fixture) {
		for i := range 6 {
			f.set(fmt.Sprint(i), strings.Repeat("x", 98)) // 100 with the quotes
		}
		for bytes, want := range map[int]int{1: 1, 100: 1, 101: 2, 300: 3, 599: 6, 1000: 6} {
			keys, next := f.keys(kv.Filter{Limit: 10, Values: true, Bytes: bytes})
			require.Len(f, keys, want, "%d bytes", bytes)
			require.Equal(f, want == 6, next == "")
		}
		keys, _ := f.keys(kv.Filter{Limit: 10, Bytes: 1})
		require.Len(f, keys, 6, "without values")
	}},
}

var quotaTests = []test{
	{"one key too many is refused, and another value is not", func(f *fixture) {
		quota := kv.Quota{Keys: 2, Bytes: 1000}
		for _, key := range []string{"a", "b"} {
			_, err := f.try(kv.Write{Key: key, Value: text("x"), Quota: quota})
			require.NoError(f, err)
		}
		_, err := f.try(kv.Write{Key: "c", Value: text("x"), Quota: quota})
		require.ErrorIs(f, err, kv.ErrQuota)
		_, err = f.try(kv.Write{Key: "a", Value: text("another"), Quota: quota})
		require.NoError(f, err)
		f.delete("b")
		_, err = f.try(kv.Write{Key: "c", Value: text("x"), Quota: quota})
		require.NoError(f, err)
	}},
	{"keys and values count with their bytes", func(f *fixture) {
		quota := kv.Quota{Keys: 10, Bytes: 20}
		_, err := f.try(kv.Write{Key: "12345", Value: text("67890"), Quota: quota}) // 12
		require.NoError(f, err)
		_, err = f.try(kv.Write{Key: "a", Value: text("123456"), Quota: quota}) // 9
		require.ErrorIs(f, err, kv.ErrQuota)
		used, err := f.store.Usage(f.ctx, f.tenant)
		require.NoError(f, err)
		require.Equal(f, kv.Quota{Keys: 1, Bytes: 12}, used)
		_, err = f.try(kv.Write{Key: "a", Value: text("12345"), Quota: quota}) // 8
		require.NoError(f, err)
		_, err = f.try(kv.Write{Key: "a", Value: text("123456"), Quota: quota})
		require.ErrorIs(f, err, kv.ErrQuota)
		f.requireValue("a", "12345")
	}},
	{"a quota that became smaller lets entries become smaller", func(f *fixture) {
		for _, key := range []string{"a", "b", "c"} {
			f.set(key, "12345678")
		}
		small := kv.Quota{Keys: 1, Bytes: 5}
		_, err := f.try(kv.Write{Key: "a", Value: text("1234"), Quota: small})
		require.NoError(f, err)
		_, err = f.try(kv.Write{Key: "a", Value: text("12345"), Quota: small})
		require.ErrorIs(f, err, kv.ErrQuota)
		_, err = f.try(kv.Write{Key: "d", Value: text(""), Quota: small})
		require.ErrorIs(f, err, kv.ErrQuota)
	}},
	{"what has expired does not count", func(f *fixture) {
		quota := kv.Quota{Keys: 50, Bytes: 1000}
		for i := range 50 {
			f.setFor(fmt.Sprint("gone", i), "x", time.Second)
		}
		_, err := f.try(kv.Write{Key: "a", Value: text("x"), Quota: quota})
		require.ErrorIs(f, err, kv.ErrQuota)
		f.now = f.now.Add(time.Second)
		for i := range 50 {
			_, err := f.try(kv.Write{Key: fmt.Sprint("new", i), Value: text("x"), Quota: quota})
			require.NoError(f, err)
		}
	}},
	{"an increment counts as its number's digits do", func(f *fixture) {
		quota := kv.Quota{Keys: 1, Bytes: 2}
		for want := range 9 {
			e, err := f.store.Increment(f.ctx, f.tenant, kv.Increment{Key: "n", By: 1, Quota: quota}, f.now)
			require.NoError(f, err)
			require.Equal(f, fmt.Sprint(want+1), string(e.Value.Data))
		}
		_, err := f.store.Increment(f.ctx, f.tenant, kv.Increment{Key: "n", By: 1, Quota: quota}, f.now)
		require.ErrorIs(f, err, kv.ErrQuota)
		_, err = f.store.Increment(f.ctx, f.tenant, kv.Increment{Key: "m", By: 1, Quota: quota}, f.now)
		require.ErrorIs(f, err, kv.ErrQuota)
	}},
	{"one tenant's entries count for no other", func(f *fixture) {
		quota := kv.Quota{Keys: 1, Bytes: 10}
		for range 3 {
			_, err := f.of(newTenant()).try(kv.Write{Key: "a", Value: text("1234567"), Quota: quota})
			require.NoError(f, err)
		}
	}},
}
