package storetest

import (
	"net/url"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// listing is one of the four lists: it returns the ids or numbers on a page, as text.
type listing func(p jsruntime.PageRequest) (items []string, next string, err error)

// lists fills a store with seven items in each list, and returns the lists by name.
func (f *fixture) lists() map[string]listing {
	f.Helper()
	s := f.script(tenantA, 1)
	for n := 2; n <= 7; n++ {
		f.script(tenantA, n)
		s.Revision, s.VersionNumber = s.Revision+1, n
		v := versionRecord(s)
		require.NoError(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s, Version: &v}))
	}
	for n := 1; n <= 7; n++ {
		f.create(run(s, n, createdAt(n/2))) // some at the same time
		f.skip(s, n)
	}
	return map[string]listing{
		"scripts": func(p jsruntime.PageRequest) ([]string, string, error) {
			return texts(f.store.Scripts(f.ctx, tenantA, jsruntime.ScriptFilter{PageRequest: p}))(
				func(r jsruntime.ScriptRecord) string { return r.ID.String() })
		},
		"versions": func(p jsruntime.PageRequest) ([]string, string, error) {
			return texts(f.store.Versions(f.ctx, tenantA, s.ID, p))(
				func(r jsruntime.VersionRecord) string { return r.ID.String() })
		},
		"executions": func(p jsruntime.PageRequest) ([]string, string, error) {
			return texts(f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{PageRequest: p}))(
				func(r jsruntime.ExecutionRecord) string { return r.ID.String() })
		},
		"executions of a script": func(p jsruntime.PageRequest) ([]string, string, error) {
			return texts(f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{
				ScriptID: s.ID, CreatedFrom: at(0), CreatedBefore: at(99), PageRequest: p,
			}))(func(r jsruntime.ExecutionRecord) string { return r.ID.String() })
		},
		"ticks": func(p jsruntime.PageRequest) ([]string, string, error) {
			return texts(f.store.Ticks(f.ctx, tenantA, s.ID, p))(
				func(r jsruntime.TickRecord) string { return r.Instant.String() })
		},
	}
}

func texts[T any](p jsruntime.Page[T], err error) func(func(T) string) ([]string, string, error) {
	return func(text func(T) string) ([]string, string, error) {
		items := make([]string, len(p.Items))
		for i, item := range p.Items {
			items[i] = text(item)
		}
		return items, p.Next, err
	}
}

var pageTests = []test{
	{"pages of any size go through a list once, in order, and the last has no Next", func(f *fixture) {
		for name, list := range f.lists() {
			all, next, err := list(jsruntime.PageRequest{})
			require.NoError(f, err, name)
			require.Empty(f, next, name)
			require.Len(f, all, 7, name)
			for limit := 1; limit <= 8; limit++ {
				var got []string
				p := jsruntime.PageRequest{Limit: limit}
				for done := false; !done; done = p.After == "" {
					items, next, err := list(p)
					require.NoError(f, err, name)
					require.Len(f, items, min(limit, len(all)-len(got)), name)
					require.Equal(f, url.QueryEscape(next), next, "a token is fit for an address")
					got, p.After = append(got, items...), next
				}
				require.Equal(f, all, got, name)
			}
		}
	}},
	{"a page begins after the last item of the one before, wherever items were added or removed", func(f *fixture) {
		s := f.script(tenantA, 1)
		for n := 10; n <= 14; n++ {
			f.past(s, n, jsruntime.ExecutionCompleted)
		}
		filter := jsruntime.ExecutionFilter{PageRequest: jsruntime.PageRequest{Limit: 2}}
		page, err := f.store.Executions(f.ctx, tenantA, filter)
		require.NoError(f, err)
		require.Equal(f, []uuid.UUID{id(14), id(13)}, idsOf(page.Items))
		f.past(s, 20, jsruntime.ExecutionCompleted)
		f.past(s, 21, jsruntime.ExecutionCompleted, createdAt(11))
		f.mustPrune(jsruntime.Pruning{Before: at(11), Limit: 9}, 1)
		filter.After = page.Next
		page, err = f.store.Executions(f.ctx, tenantA, filter)
		require.NoError(f, err)
		require.Equal(f, []uuid.UUID{id(12), id(21)}, idsOf(page.Items))
		f.mustPrune(jsruntime.Pruning{Before: at(12), Limit: 9}, 2) // the token's own item among them
		filter.After = page.Next
		page, err = f.store.Executions(f.ctx, tenantA, filter)
		require.NoError(f, err)
		require.Empty(f, page.Items)
		require.Empty(f, page.Next)
	}},
	{"a page of a filtered list is full while there is more, and knows the last one", func(f *fixture) {
		a, b := f.script(tenantA, 1), f.script(tenantA, 2)
		for n := 1; n <= 6; n++ {
			f.past(a, 2*n, jsruntime.ExecutionCompleted)
			f.past(b, 2*n+1, jsruntime.ExecutionFailed)
		}
		filter := jsruntime.ExecutionFilter{
			Statuses:    []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted},
			PageRequest: jsruntime.PageRequest{Limit: 3},
		}
		page, err := f.store.Executions(f.ctx, tenantA, filter)
		require.NoError(f, err)
		require.Equal(f, []uuid.UUID{id(12), id(10), id(8)}, idsOf(page.Items))
		filter.After = page.Next
		page, err = f.store.Executions(f.ctx, tenantA, filter)
		require.NoError(f, err)
		require.Equal(f, []uuid.UUID{id(6), id(4), id(2)}, idsOf(page.Items))
		require.Empty(f, page.Next)
	}},
	{"a page has 50 items by default and 1000 at most", func(f *fixture) {
		s := f.script(tenantA, 1)
		var runs []jsruntime.ExecutionRecord
		for n := 1; n <= jsruntime.MaxPageLimit+1; n++ {
			runs = append(runs, run(s, n))
		}
		_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: runs})
		require.NoError(f, err)
		for limit, want := range map[int]int{
			0: jsruntime.DefaultPageLimit, -1: jsruntime.DefaultPageLimit, 5000: jsruntime.MaxPageLimit,
		} {
			page, err := f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{
				PageRequest: jsruntime.PageRequest{Limit: limit},
			})
			require.NoError(f, err)
			require.Len(f, page.Items, want)
			require.NotEmpty(f, page.Next)
		}
	}},
	{"an After that no page gave is invalid", func(f *fixture) {
		lists := f.lists()
		_, token, err := lists["executions"](jsruntime.PageRequest{Limit: 1})
		require.NoError(f, err)
		for name, list := range lists {
			for _, after := range []string{"x", "!", "AAAA", token[:len(token)-1], token + "A", "\x00", "' OR 1=1"} {
				_, _, err := list(jsruntime.PageRequest{After: after})
				require.ErrorIs(f, err, jsruntime.ErrInvalid, "%s: %q", name, after)
				var field *jsruntime.FieldError
				require.ErrorAs(f, err, &field)
				require.Equal(f, "after", field.Field)
			}
		}
	}},
}
