package storetest

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// compareAll compares all that the store can be asked with the model.
func (p *player) compareAll() {
	p.Helper()
	changes := p.changes(0, 1000)
	require.Len(p, changes, len(p.model.changes))
	for i, c := range p.model.changes {
		require.Equal(p, change{changes[i].TenantID, changes[i].ScriptID}, c)
		if j := p.model.script(c.tenant, c.script); j >= 0 {
			p.same(&p.model.scripts[j], changes[i].Script)
		} else {
			require.Nil(p, changes[i].Script)
		}
		p.compareOf(c)
	}
	for _, tenant := range []uuid.UUID{tenantA, tenantB, tenantC} {
		p.compareTenant(tenant)
	}
	p.sameRuns(p.model.expired(at(p.now), 1000), p.mustExpireSome())
}

func (p *player) mustExpireSome() []jsruntime.ExecutionRecord {
	p.Helper()
	expired, err := p.store.Expired(p.ctx, at(p.now), 1000)
	require.NoError(p, err)
	return expired
}

// compareOf compares what belongs to one script.
func (p *player) compareOf(c change) {
	p.Helper()
	versions, err := p.store.Versions(p.ctx, c.tenant, c.script, jsruntime.PageRequest{Limit: 1000})
	require.NoError(p, err)
	var wantVersions []jsruntime.VersionRecord
	for _, v := range slices.Backward(p.model.versions) {
		if v.TenantID == c.tenant && v.ScriptID == c.script {
			wantVersions = append(wantVersions, v)
		}
	}
	p.same(wantVersions, versions.Items)

	ticks, err := p.store.Ticks(p.ctx, c.tenant, c.script, jsruntime.PageRequest{Limit: 1000})
	require.NoError(p, err)
	var wantTicks []jsruntime.TickRecord
	for _, t := range p.model.ticks {
		if t.TenantID == c.tenant && t.ScriptID == c.script {
			wantTicks = append(wantTicks, t)
		}
	}
	slices.SortFunc(wantTicks, func(a, b jsruntime.TickRecord) int { return b.Instant.Compare(a.Instant) })
	p.same(wantTicks, ticks.Items)
	require.Equal(p, p.model.cursors[c], p.cursorOf(c.tenant, c.script))
	require.Equal(p, p.counted(c.tenant, c.script), p.count(c.tenant, c.script))
}

// counted returns the model's counts; the nil UUID stands for all of the tenant.
func (p *player) counted(tenant, script uuid.UUID) map[jsruntime.ExecutionStatus]int64 {
	counts := map[jsruntime.ExecutionStatus]int64{}
	for _, r := range p.model.runs {
		if r.TenantID == tenant && (script == uuid.Nil || r.ScriptID == script) {
			counts[r.Status]++
		}
	}
	return counts
}

func (p *player) compareTenant(tenant uuid.UUID) {
	p.Helper()
	want := p.sortedRuns(func(r jsruntime.ExecutionRecord) bool { return r.TenantID == tenant })
	p.sameRuns(want, p.allRuns(tenant, jsruntime.ExecutionFilter{}))
	for _, r := range want {
		p.same(r, p.execution(r))
		logs, err := p.store.Logs(p.ctx, tenant, r.ID)
		require.NoError(p, err)
		p.same(p.model.logs[r.ID], logs)
	}
	require.Equal(p, p.counted(tenant, uuid.Nil), p.count(tenant, uuid.Nil))
	for _, key := range []string{"k1", "k2", "k3", "k4", "once-1", "once-2"} {
		got, err := p.store.DedupeKey(p.ctx, tenant, key)
		if i := p.model.key(tenant, key); i >= 0 {
			require.NoError(p, err)
			p.same(p.model.keys[i].record, got)
		} else {
			require.ErrorIs(p, err, jsruntime.ErrNotFound)
		}
	}
	p.compareScripts(tenant)
}

func (p *player) compareScripts(tenant uuid.UUID) {
	p.Helper()
	want := []jsruntime.ScriptRecord{}
	for _, s := range p.model.scripts {
		if s.TenantID == tenant {
			want = append(want, s)
			got, err := p.store.ScriptByName(p.ctx, tenant, s.Name)
			require.NoError(p, err)
			p.same(s, got)
		}
	}
	slices.SortFunc(want, func(a, b jsruntime.ScriptRecord) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), bytes.Compare(b.ID[:], a.ID[:]))
	})
	p.same(want, p.allScripts(tenant, jsruntime.ScriptFilter{}))
	f := jsruntime.ScriptFilter{
		Types:      pick(p, nil, []jsruntime.ScriptType{jsruntime.ScriptTypeEvent}),
		Statuses:   pick(p, nil, []jsruntime.ScriptStatus{jsruntime.ScriptStatusActive, jsruntime.ScriptStatusArchived}),
		Tag:        pick(p, "", "red"),
		NamePrefix: pick(p, "", "", "name-", "name-1"),
	}
	want = slices.DeleteFunc(want, func(s jsruntime.ScriptRecord) bool { return !f.Matches(s) })
	if f.NamePrefix != "" {
		slices.SortFunc(want, func(a, b jsruntime.ScriptRecord) int { return cmp.Compare(a.Name, b.Name) })
	}
	p.same(want, p.allScripts(tenant, f))
}

func (p *player) allScripts(tenant uuid.UUID, f jsruntime.ScriptFilter) []jsruntime.ScriptRecord {
	p.Helper()
	all := []jsruntime.ScriptRecord{}
	for f.Limit = 3; ; {
		page, err := p.store.Scripts(p.ctx, tenant, f)
		require.NoError(p, err)
		all = append(all, page.Items...)
		if f.After = page.Next; page.Next == "" {
			return all
		}
	}
}
