package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var versionTests = []test{
	{"a script comes with its first version, and an update adds one when it has one", func(f *fixture) {
		s := scriptRecord(tenantA, 1)
		first := versionRecord(s)
		require.NoError(f, f.store.CreateScript(f.ctx, s, first))
		s = f.update(s) // without a version
		s.Revision, s.VersionNumber, s.Source = s.Revision+1, 2, "return 2"
		second := versionRecord(s)
		require.NoError(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s, Version: &second}))
		for _, want := range []jsruntime.VersionRecord{first, second} {
			got, err := f.store.Version(f.ctx, tenantA, s.ID, want.VersionNumber)
			require.NoError(f, err)
			f.same(want, got)
		}
		page, err := f.store.Versions(f.ctx, tenantA, s.ID, jsruntime.PageRequest{})
		require.NoError(f, err)
		f.same([]jsruntime.VersionRecord{second, first}, page.Items)
	}},
	{"a script that was refused left no version", func(f *fixture) {
		f.script(tenantA, 1, withName("taken"))
		s := scriptRecord(tenantA, 2, withName("taken"))
		require.Error(f, f.store.CreateScript(f.ctx, s, versionRecord(s)))
		_, err := f.store.Version(f.ctx, tenantA, s.ID, 1)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"versions are listed highest number first, beyond nine", func(f *fixture) {
		s := f.script(tenantA, 1)
		for n := 2; n <= 12; n++ {
			s.Revision, s.VersionNumber = s.Revision+1, n
			v := versionRecord(s)
			require.NoError(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s, Version: &v}))
		}
		page, err := f.store.Versions(f.ctx, tenantA, s.ID, jsruntime.PageRequest{})
		require.NoError(f, err)
		require.Len(f, page.Items, 12)
		for i, v := range page.Items {
			require.Equal(f, 12-i, v.VersionNumber)
		}
	}},
	{"versions outlive their script", func(f *fixture) {
		s := f.script(tenantA, 1)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1))
		_, err := f.store.Version(f.ctx, tenantA, s.ID, 1)
		require.NoError(f, err)
		page, err := f.store.Versions(f.ctx, tenantA, s.ID, jsruntime.PageRequest{})
		require.NoError(f, err)
		require.Len(f, page.Items, 1)
	}},
	{"a script that never was has no versions, and one of another tenant has none to see", func(f *fixture) {
		s := f.script(tenantA, 1)
		page, err := f.store.Versions(f.ctx, tenantA, id(99), jsruntime.PageRequest{})
		require.NoError(f, err)
		require.Empty(f, page.Items)
		require.Empty(f, page.Next)
		page, err = f.store.Versions(f.ctx, tenantB, s.ID, jsruntime.PageRequest{})
		require.NoError(f, err)
		require.Empty(f, page.Items)
		_, err = f.store.Version(f.ctx, tenantB, s.ID, 1)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		_, err = f.store.Version(f.ctx, tenantA, s.ID, 2)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
}
