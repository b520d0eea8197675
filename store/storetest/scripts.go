package storetest

import (
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var scriptTests = []test{
	{"a created script is found by its id and by its name with all its fields", func(f *fixture) {
		want := fullScript()
		require.NoError(f, f.store.CreateScript(f.ctx, want, versionRecord(want)))
		got, err := f.store.Script(f.ctx, want.TenantID, want.ID)
		require.NoError(f, err)
		f.same(want, got)
		got, err = f.store.ScriptByName(f.ctx, want.TenantID, want.Name)
		require.NoError(f, err)
		f.same(want, got)
	}},
	{"a script that does not exist and one of another tenant are not found", func(f *fixture) {
		s := f.script(tenantA, 1)
		_, err := f.store.Script(f.ctx, tenantB, s.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		_, err = f.store.ScriptByName(f.ctx, tenantB, s.Name)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		_, err = f.store.Script(f.ctx, tenantA, id(99))
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		other := s
		other.TenantID, other.Revision = tenantB, 2
		require.ErrorIs(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: other}), jsruntime.ErrNotFound)
		require.ErrorIs(f, f.store.DeleteScript(f.ctx, tenantB, s.ID, 1), jsruntime.ErrNotFound)
		require.ErrorIs(f, f.store.DeleteScript(f.ctx, tenantA, id(99), 1), jsruntime.ErrNotFound)
	}},
	{"an id that is taken is a duplicate", func(f *fixture) {
		s := f.script(tenantA, 1)
		again := scriptRecord(tenantA, 1, withName("other"))
		f.duplicateOf(f.store.CreateScript(f.ctx, again, versionRecord(again)), "id", s.ID)
		_, err := f.store.ScriptByName(f.ctx, tenantA, "other")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"a name is unique in its tenant only", func(f *fixture) {
		s := f.script(tenantA, 1, withName("report"))
		again := scriptRecord(tenantA, 2, withName("report"))
		f.duplicateOf(f.store.CreateScript(f.ctx, again, versionRecord(again)), "name", s.ID)
		f.script(tenantB, 3, withName("report"))
		other := f.script(tenantA, 4)
		other.Revision, other.Name = 2, "report"
		f.duplicateOf(f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: other}), "name", s.ID)
	}},
	{"a name is free again when its script is renamed or deleted", func(f *fixture) {
		s := f.script(tenantA, 1, withName("first"))
		s = f.update(s, withName("second"))
		f.script(tenantA, 2, withName("first"))
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, s.Revision))
		f.script(tenantA, 3, withName("second"))
	}},
	{"routes that overlap are duplicates in their tenant only", func(f *fixture) {
		s := f.script(tenantA, 1, withRoute("/orders/{id}", "GET"))
		f.script(tenantA, 2, withRoute("/orders/{id}", "POST"))
		f.script(tenantA, 3, withRoute("/orders/new", "GET")) // more specific, so it is clear which one answers
		for n, path := range []string{"/orders/{id}", "/orders/{key}"} {
			r := scriptRecord(tenantA, 10+n, withRoute(path, "GET", "PUT"))
			f.duplicateOf(f.store.CreateScript(f.ctx, r, versionRecord(r)), "httpPath", s.ID)
		}
		r := scriptRecord(tenantA, 20, withRoute("/{any}/new"))
		var duplicate *jsruntime.DuplicateError
		require.ErrorAs(f, f.store.CreateScript(f.ctx, r, versionRecord(r)), &duplicate)
		f.script(tenantB, 30, withRoute("/orders/{id}", "GET"))
	}},
	{"a route is free again when its script moves, is archived, changes its type or is deleted", func(f *fixture) {
		path := withRoute("/hook")
		moved := f.script(tenantA, 1, path)
		f.update(moved, withRoute("/elsewhere"))
		archived := f.script(tenantA, 2, path)
		archived = f.update(archived, withStatus(jsruntime.ScriptStatusArchived))
		retyped := f.script(tenantA, 3, path)
		f.update(retyped, func(r *jsruntime.ScriptRecord) { r.Type = jsruntime.ScriptTypeOneOff })
		deleted := f.script(tenantA, 4, path)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, deleted.ID, 1))
		last := f.script(tenantA, 5, path)
		archived.Revision, archived.Status = archived.Revision+1, jsruntime.ScriptStatusActive
		f.duplicateOf(f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: archived}), "httpPath", last.ID)
	}},
	{"a script does not stand in its own way", func(f *fixture) {
		s := f.script(tenantA, 1, withRoute("/a/{x}"))
		s = f.update(s, withRoute("/a/{y}"))
		f.update(s, withStatus(jsruntime.ScriptStatusPaused))
	}},
	{"an update replaces the script when its revision is the next one, and is a conflict otherwise", func(f *fixture) {
		s := f.script(tenantA, 1)
		changed := f.update(s, withName("changed"), withStatus(jsruntime.ScriptStatusPaused))
		got, err := f.store.Script(f.ctx, tenantA, s.ID)
		require.NoError(f, err)
		f.same(changed, got)
		for _, revision := range []int64{1, 2, 4} {
			stale := changed
			stale.Revision, stale.Name = revision, "stale"
			v := versionRecord(stale)
			v.VersionNumber = 2
			require.ErrorIs(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: stale, Version: &v}), jsruntime.ErrConflict)
			_, err = f.store.Version(f.ctx, tenantA, s.ID, 2)
			require.ErrorIs(f, err, jsruntime.ErrNotFound)
		}
		got, err = f.store.Script(f.ctx, tenantA, s.ID)
		require.NoError(f, err)
		f.same(changed, got)
	}},
	{"a script is deleted at the given revision only", func(f *fixture) {
		s := f.update(f.script(tenantA, 1))
		require.ErrorIs(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1), jsruntime.ErrConflict)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 2))
		_, err := f.store.Script(f.ctx, tenantA, s.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		_, err = f.store.ScriptByName(f.ctx, tenantA, s.Name)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.ErrorIs(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 2), jsruntime.ErrNotFound)
		require.ErrorIs(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s}), jsruntime.ErrNotFound)
		page, err := f.store.Scripts(f.ctx, tenantA, jsruntime.ScriptFilter{})
		require.NoError(f, err)
		require.Empty(f, page.Items)
	}},
	{"scripts are listed newest first by creation and then id, those of the tenant that match", testScriptListing},
	{"with a name prefix, scripts are listed in the order of their names", func(f *fixture) {
		names := []string{"order/b", "order/a", "Order", "order", "order/a/1", "order/ü", "other", "order\x00"}
		for n, name := range names {
			f.script(tenantA, n+1, withName(name), withTags([]string{"even", "odd"}[n%2]))
		}
		f.script(tenantB, 9, withName("order"))
		for _, c := range []struct {
			filter jsruntime.ScriptFilter
			want   []string
		}{
			{jsruntime.ScriptFilter{NamePrefix: "order"}, []string{"order", "order\x00", "order/a", "order/a/1", "order/b", "order/ü"}},
			{jsruntime.ScriptFilter{NamePrefix: "order/"}, []string{"order/a", "order/a/1", "order/b", "order/ü"}},
			{jsruntime.ScriptFilter{NamePrefix: "order", Tag: "odd"}, []string{"order", "order\x00", "order/a", "order/ü"}},
			{jsruntime.ScriptFilter{NamePrefix: "orderly"}, nil},
		} {
			c.filter.Limit = 2
			var got []string
			for {
				page, err := f.store.Scripts(f.ctx, tenantA, c.filter)
				require.NoError(f, err)
				for _, s := range page.Items {
					got = append(got, s.Name)
				}
				if c.filter.After = page.Next; page.Next == "" {
					break
				}
			}
			require.Equal(f, c.want, got)
		}
	}},
}

func testScriptListing(f *fixture) {
	f.script(tenantA, 1)
	f.script(tenantA, 4, func(r *jsruntime.ScriptRecord) { r.CreatedAt = at(2) })
	f.script(tenantA, 2, withTags("x", "y"))
	f.script(tenantA, 3, withRoute("/x"), withStatus(jsruntime.ScriptStatusDraft), withTags("y"))
	moved := f.script(tenantA, 5, withTags("z"))
	f.update(moved, withTags("y"), withType(jsruntime.ScriptTypeEmbedded), withStatus(jsruntime.ScriptStatusPaused))
	gone := f.script(tenantA, 6, withTags("y"))
	require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, gone.ID, gone.Revision))
	f.script(tenantB, 7, withTags("y"))
	type filter = jsruntime.ScriptFilter
	for i, c := range []struct {
		filter filter
		want   []int
	}{
		{filter{}, []int{5, 3, 4, 2, 1}},
		{filter{Tag: "y"}, []int{5, 3, 2}},
		{filter{Tag: "z"}, nil},
		{filter{Tag: "y", Statuses: []jsruntime.ScriptStatus{jsruntime.ScriptStatusDraft, jsruntime.ScriptStatusPaused}}, []int{5, 3}},
		{filter{Tag: "y", Types: []jsruntime.ScriptType{jsruntime.ScriptTypeOneOff}}, []int{2}},
		{filter{Types: []jsruntime.ScriptType{jsruntime.ScriptTypeHTTP}}, []int{3}},
		{filter{Types: []jsruntime.ScriptType{jsruntime.ScriptTypeHTTP, jsruntime.ScriptTypeEmbedded}}, []int{5, 3}},
		{filter{Statuses: []jsruntime.ScriptStatus{jsruntime.ScriptStatusActive}}, []int{4, 2, 1}},
		{filter{
			Statuses: []jsruntime.ScriptStatus{jsruntime.ScriptStatusActive}, Types: []jsruntime.ScriptType{jsruntime.ScriptTypeHTTP},
		}, nil},
	} {
		page, err := f.store.Scripts(f.ctx, tenantA, c.filter)
		require.NoError(f, err)
		require.Empty(f, page.Next)
		ids, want := []uuid.UUID{}, []uuid.UUID{}
		for _, s := range page.Items {
			ids = append(ids, s.ID)
		}
		for _, n := range c.want {
			want = append(want, scriptID(tenantA, n))
		}
		require.Equal(f, want, ids, "case %d", i)
	}
}

// fullScript has a value in every field.
func fullScript() jsruntime.ScriptRecord {
	return jsruntime.ScriptRecord{
		ID: id(7), TenantID: tenantA, OrganizationID: id(8), Name: "näme <&>", Description: "d",
		Source: "return `<\u2028>` + \"\\n\"", Language: jsruntime.LanguageJavaScript, Type: jsruntime.ScriptTypeHTTP,
		Status: jsruntime.ScriptStatusActive,
		Limits: jsruntime.ResourceLimits{
			MaxExecutionTime: 1, MaxMemoryBytes: 2, MaxConcurrentRuns: 3, MaxAPICallsPerMinute: 4, MaxOutputSizeBytes: 5,
		},
		Cron: "@daily", HTTPPath: "/x", HTTPMethods: []string{"GET", "PUT"}, EventTypes: []string{"a.*"},
		Metadata: map[string]string{"k": "v"}, Tags: []string{"t", "s"}, CreatedAt: at(1), UpdatedAt: at(2), CreatedBy: 9,
		Revision: 1, VersionNumber: 1,
	}
}
