package storetest

import (
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var changeTests = []test{
	{"a follower that begins at 0 gets every script of all tenants once, as it is now", func(f *fixture) {
		a := f.script(tenantA, 1)
		b := f.script(tenantB, 2)
		c := f.script(tenantA, 3)
		a = f.update(a)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantB, b.ID, 1))
		changes := f.changes(0, 100)
		require.Len(f, changes, 3)
		f.same(&c, changes[0].Script)
		f.same(&a, changes[1].Script)
		require.Equal(f, []uuid.UUID{c.ID, a.ID, b.ID}, changedIDs(changes))
		require.Equal(f, tenantB, changes[2].TenantID)
		require.Nil(f, changes[2].Script)
	}},
	{"a follower that polls from its last number misses none and sees none twice", func(f *fixture) {
		s := f.script(tenantA, 1)
		last := f.changes(0, 10)[0].Sequence
		require.Positive(f, last)
		require.Empty(f, f.changes(last, 10))
		s = f.update(s)
		s = f.update(s)
		changes := f.changes(last, 10)
		require.Len(f, changes, 1)
		f.same(&s, changes[0].Script)
		require.Greater(f, changes[0].Sequence, last)
		require.Empty(f, f.changes(changes[0].Sequence, 10))
	}},
	{"there are at most limit changes, in ascending order", func(f *fixture) {
		for n := 1; n <= 5; n++ {
			f.script(tenantA, n)
		}
		require.Empty(f, f.changes(0, 0))
		var seen []jsruntime.ScriptChange
		after := int64(0)
		for _, want := range []int{2, 2, 1, 0} {
			changes := f.changes(after, 2)
			require.Len(f, changes, want)
			seen = append(seen, changes...)
			after = seen[len(seen)-1].Sequence
		}
		for i, c := range seen {
			require.Equal(f, scriptID(tenantA, i+1), c.ScriptID)
		}
	}},
	{"what was refused is no change", func(f *fixture) {
		s := f.script(tenantA, 1)
		last := f.changes(0, 10)[0].Sequence
		again := scriptRecord(tenantA, 2, withName(s.Name))
		require.Error(f, f.store.CreateScript(f.ctx, again, versionRecord(again)))
		require.Error(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s}))
		require.Error(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 9))
		require.Empty(f, f.changes(last, 10))
	}},
}

// changes returns changes, having checked that their numbers ascend.
func (f *fixture) changes(after int64, limit int) []jsruntime.ScriptChange {
	f.Helper()
	changes, err := f.store.Changes(f.ctx, after, limit)
	require.NoError(f, err)
	last := after
	for _, c := range changes {
		require.Greater(f, c.Sequence, last)
		last = c.Sequence
	}
	return changes
}

func changedIDs(changes []jsruntime.ScriptChange) []uuid.UUID {
	ids := make([]uuid.UUID, len(changes))
	for i, c := range changes {
		ids[i] = c.ScriptID
	}
	return ids
}
