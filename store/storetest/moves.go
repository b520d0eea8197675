package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func (p *player) createScript() {
	p.ids++
	s := scriptRecord(p.tenant(), p.ids)
	p.vary(&s)
	if c := p.knownScript(); p.rnd.IntN(8) == 0 && p.model.script(c.tenant, c.script) >= 0 {
		s.TenantID, s.ID = c.tenant, c.script
	}
	v := versionRecord(s)
	p.note("CreateScript %s %s %s", s.ID, s.Name, s.HTTPPath)
	p.agree(p.model.createScript(s, v), p.store.CreateScript(p.ctx, s, v))
}

// vary gives a script values of which there are few.
func (p *player) vary(s *jsruntime.ScriptRecord) {
	s.Name = fmt.Sprintf("name-%d", p.rnd.IntN(12))
	s.CreatedAt, s.Limits.MaxConcurrentRuns = p.time(), pick(p, 1, 2, 3)
	s.Type = pick(p, jsruntime.ScriptTypeHTTP, jsruntime.ScriptTypeEvent)
	s.Status = pick(p, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused,
		jsruntime.ScriptStatusArchived)
	s.Tags = pick(p, nil, []string{"red"}, []string{"blue", "red"})
	s.HTTPPath = pick(p, "/a", "/{x}", "/{y}", "/b/{x}", "/{x}/c", "/b/c")
	s.HTTPMethods = pick(p, nil, []string{"GET"}, []string{"POST", "GET"}, []string{"PUT"})
}

func (p *player) updateScript() {
	c := p.knownScript()
	s := scriptRecord(c.tenant, 0)
	s.ID = c.script
	if i := p.model.script(c.tenant, c.script); i >= 0 {
		s = p.model.scripts[i].Clone()
	}
	s.Revision += pick[int64](p, 1, 1, 1, 1, 1, 0, 2)
	if p.rnd.IntN(2) == 0 {
		s.Status = pick(p, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused, jsruntime.ScriptStatusArchived)
	} else {
		p.vary(&s)
	}
	var v *jsruntime.VersionRecord
	if p.rnd.IntN(2) == 0 {
		s.VersionNumber++
		added := versionRecord(s)
		v = &added
	}
	u := jsruntime.ScriptUpdate{Script: s, Version: v}
	if p.rnd.IntN(4) == 0 {
		u.Cursor = p.time()
	}
	p.note("UpdateScript %s %s %s %s revision %d", s.ID, s.Name, s.Status, s.HTTPPath, s.Revision)
	p.agree(p.model.updateScript(u), p.store.UpdateScript(p.ctx, u))
}

func (p *player) deleteScript() {
	c := p.knownScript()
	revision := int64(p.rnd.IntN(3))
	if i := p.model.script(c.tenant, c.script); i >= 0 && p.rnd.IntN(4) > 0 {
		revision = p.model.scripts[i].Revision
	}
	p.note("DeleteScript %s %d", c.script, revision)
	p.agree(p.model.deleteScript(c.tenant, c.script, revision), p.store.DeleteScript(p.ctx, c.tenant, c.script, revision))
}

func (p *player) createExecutions() {
	c := p.knownScript()
	var records []jsruntime.ExecutionRecord
	for range 1 + p.rnd.IntN(3) {
		r := p.newRun(c)
		r.DedupeKey = p.dedupeKey()
		records = append(records, r)
	}
	creation := jsruntime.Creation{Executions: records, MaxPending: pick(p, 0, 0, 5, 8)}
	if p.rnd.IntN(3) == 0 {
		creation.Claim = p.newClaim()
	}
	p.note("CreateExecutions %s x%d %q max %d claim %d", c.script, len(records), records[0].DedupeKey, creation.MaxPending, creation.Claim.Limit)
	if i := p.model.script(c.tenant, c.script); p.rnd.IntN(3) == 0 {
		if creation.Revision = 1; i >= 0 {
			creation.Revision = p.model.scripts[i].Revision - pick[int64](p, 0, 0, 1)
		}
	}
	want, wantErr := p.model.createExecutions(creation)
	got, err := p.store.CreateExecutions(p.ctx, creation)
	p.agree(wantErr, err)
	if err == nil {
		require.Equal(p, want, got.IDs)
		p.checkClaimed(creation.Claim, got.Claimed)
	}
}

func (p *player) newClaim() jsruntime.Claim {
	return jsruntime.Claim{Node: p.node(), Call: int64(len(p.calls)), Now: at(p.now - pick(p, 0, 0, 0, 5)), Limit: p.rnd.IntN(5)}
}

func (p *player) claim() {
	c := p.newClaim()
	p.note("ClaimExecutions %s %s limit %d", c.Node, c.Now.Format(time.TimeOnly), c.Limit)
	got, err := p.store.ClaimExecutions(p.ctx, c)
	require.NoError(p, err)
	p.checkClaimed(c, got)
	if len(got) < c.Limit {
		require.Empty(p, idsOf(p.model.candidates(c.Node, c.Now)), "something was left")
	}
}

// checkClaimed checks each claimed execution as if it had been claimed alone, since those of one call follow one another.
func (p *player) checkClaimed(c jsruntime.Claim, got []jsruntime.ExecutionRecord) {
	p.Helper()
	require.LessOrEqual(p, len(got), c.Limit)
	for _, r := range got {
		candidates := p.model.candidates(c.Node, c.Now)
		require.Contains(p, idsOf(candidates), r.ID, "tenant %s, order key %q", r.TenantID, r.OrderKey)
		require.Greater(p, r.Lease.Token, p.model.token)
		p.same(p.model.serve(r, c, r.Lease.Token), r)
	}
}

func (p *player) outcome(r jsruntime.ExecutionRecord) jsruntime.Outcome {
	o := jsruntime.Outcome{Execution: r, From: r.Status}
	o.Execution.Status = pick(p, jsruntime.ExecutionCompleted, jsruntime.ExecutionFailed, jsruntime.ExecutionCancelled)
	o.Execution.CompletedAt = at(p.now)
	o.Execution.DeadLetter = p.rnd.IntN(5) == 0
	if p.rnd.IntN(3) == 0 {
		o.Logs = []jsruntime.LogEntry{{Time: at(p.now), Level: jsruntime.LogInfo, Message: "x"}}
	}
	if p.rnd.IntN(2) == 0 {
		o.Reply = json.RawMessage(fmt.Sprintf(`{"reply":%d}`, len(p.calls)))
	}
	o.ReleaseKey = p.rnd.IntN(4) == 0
	if p.rnd.IntN(4) == 0 {
		next := p.newRun(change{r.TenantID, r.ScriptID})
		next.OrderKey, next.PreviousID = pick(p, r.OrderKey, r.OrderKey, next.OrderKey), r.ID
		o.Next = &next
	}
	return o
}

func (p *player) finish() {
	r, ok := p.knownRun(func(r jsruntime.ExecutionRecord) bool { return r.Status == jsruntime.ExecutionRunning })
	if !ok {
		return
	}
	o := p.outcome(r)
	switch p.rnd.IntN(12) {
	case 0:
		o.Execution.Lease.Token++
	case 1:
		o.From = jsruntime.ExecutionPending
	case 2:
		o.Execution.TenantID = p.tenant()
		o.Next = nil
	}
	p.note("FinishExecution %s %s from %s", o.Execution.ID, o.Execution.Status, o.From)
	p.agree(p.model.finish(o), p.store.FinishExecution(p.ctx, o))
}

func (p *player) finishAtOnce() {
	r := p.newRun(p.knownScript())
	r.DedupeKey = pick(p, "", "once-1", "once-2")
	if _, taken := p.model.holder(r.TenantID, r.DedupeKey); taken {
		r.DedupeKey = ""
	}
	o := p.outcome(r)
	o.From = ""
	if old, ok := p.knownRun(func(jsruntime.ExecutionRecord) bool { return true }); ok && p.rnd.IntN(6) == 0 {
		o.Execution.TenantID, o.Execution.ID, o.Next = old.TenantID, old.ID, nil
	}
	p.note("FinishExecution %s %s for the first time", o.Execution.ID, o.Execution.Status)
	p.agree(p.model.finish(o), p.store.FinishExecution(p.ctx, o))
}

func (p *player) cancelPending() {
	r, ok := p.knownRun(func(r jsruntime.ExecutionRecord) bool { return r.Status == jsruntime.ExecutionPending })
	if !ok {
		return
	}
	o := p.outcome(r)
	p.note("FinishExecution %s %s from pending", o.Execution.ID, o.Execution.Status)
	p.agree(p.model.finish(o), p.store.FinishExecution(p.ctx, o))
}

func (p *player) resolve() {
	r, ok := p.knownRun(func(r jsruntime.ExecutionRecord) bool { return r.DeadLetter || p.rnd.IntN(20) == 0 })
	if !ok {
		return
	}
	var next *jsruntime.ExecutionRecord
	if p.rnd.IntN(2) == 0 {
		added := p.newRun(change{r.TenantID, r.ScriptID})
		next = &added
	}
	p.note("ResolveDeadLetter %s", r.ID)
	p.agree(p.model.resolve(r.TenantID, r.ID, next), p.store.ResolveDeadLetter(p.ctx, r.TenantID, r.ID, next))
}

func (p *player) lease() {
	node := p.node()
	if p.rnd.IntN(4) == 0 {
		p.note("ReleaseLease %s", node)
		delete(p.model.leases, node)
		require.NoError(p, p.store.ReleaseLease(p.ctx, node))
		return
	}
	until := at(p.now + p.rnd.IntN(30)).Add(time.Millisecond) // never just when it is asked about
	p.note("RenewLease %s %s", node, until.Format(time.TimeOnly))
	p.model.leases[node] = until
	require.NoError(p, p.store.RenewLease(p.ctx, node, until))
}

func (p *player) expired() {
	limit := p.rnd.IntN(6)
	p.note("Expired %d", limit)
	got, err := p.store.Expired(p.ctx, at(p.now), limit)
	require.NoError(p, err)
	p.sameRuns(p.model.expired(at(p.now), limit), got)
	for node := range p.model.leases {
		got, err := p.store.Claimed(p.ctx, node, limit)
		require.NoError(p, err)
		p.sameRuns(p.model.claimed(node, limit), got)
	}
}

// prune goes on until there is nothing left to look at. The store may choose what each call removes.
func (p *player) prune() {
	pr := jsruntime.Pruning{KeepPerScript: pick(p, 0, 1, 3), Limit: 1 + p.rnd.IntN(12)}
	if p.rnd.IntN(2) == 0 {
		pr.Before = at(p.now - 20 - p.rnd.IntN(40))
	}
	if p.rnd.IntN(3) == 0 {
		pr.Statuses = []jsruntime.ExecutionStatus{jsruntime.ExecutionFailed, jsruntime.ExecutionPending}
	}
	chosen := p.model.prunable(pr)
	p.note("Prune %+v of %d", pr, len(chosen))
	n := 0
	for {
		pruned, err := p.store.Prune(p.ctx, pr)
		require.NoError(p, err)
		require.LessOrEqual(p, pruned.Removed, pr.Limit)
		n += pruned.Removed
		if pr.After = pruned.Next; pruned.Next == "" {
			break
		}
	}
	require.Equal(p, len(chosen), n)
	before := len(p.model.runs)
	p.model.runs = slices.DeleteFunc(p.model.runs, func(r jsruntime.ExecutionRecord) bool {
		_, err := p.store.Execution(p.ctx, r.TenantID, r.ID)
		require.True(p, err == nil || chosen[r.ID], "%s was removed, and is not chosen", r.ID)
		return err != nil
	})
	require.Equal(p, n, before-len(p.model.runs))
}

func (p *player) pruneKeys() {
	before, kept := at(p.now-p.rnd.IntN(60)), len(p.model.keys)
	p.note("PruneKeys %s", before.Format(time.TimeOnly))
	n, err := p.store.PruneKeys(p.ctx, before, 1000)
	require.NoError(p, err)
	p.model.keys = slices.DeleteFunc(p.model.keys, func(k dedupeKey) bool { return k.record.CreatedAt.Before(before) })
	require.Equal(p, kept-len(p.model.keys), n)
}

func (p *player) recordTicks() {
	c := p.knownScript()
	t := jsruntime.Ticks{TenantID: c.tenant, ScriptID: c.script, From: p.model.cursors[c], To: p.time()}
	if p.rnd.IntN(8) == 0 {
		t.From = p.time()
	}
	if i := p.model.script(c.tenant, c.script); p.rnd.IntN(3) == 0 {
		if t.Revision = 1; i >= 0 {
			t.Revision = p.model.scripts[i].Revision - pick[int64](p, 0, 0, 1)
		}
	}
	for range p.rnd.IntN(4) {
		due := jsruntime.Tick{Record: jsruntime.TickRecord{
			TenantID: c.tenant, ScriptID: c.script, Instant: p.time(), Status: jsruntime.TickSkipped, RecordedAt: at(p.now),
		}}
		switch p.rnd.IntN(3) {
		case 0:
			due.Record.First, due.Record.Count = p.time(), p.rnd.IntN(1000)
		case 1:
			started := p.newRun(c)
			started.DedupeKey = p.dedupeKey()
			due.Run, due.Record.Status, due.Record.ExecutionID = &started, jsruntime.TickRun, started.ID
		}
		t.Due = append(t.Due, due)
	}
	p.note("RecordTicks %s x%d revision %d %s-%s", c.script, len(t.Due), t.Revision, t.From.Format(time.TimeOnly), t.To.Format(time.TimeOnly))
	p.agree(p.model.recordTicks(t), p.store.RecordTicks(p.ctx, t))
}

func (p *player) pruneTicks() {
	before, kept := at(p.now-p.rnd.IntN(60)), len(p.model.ticks)
	p.note("PruneTicks %s", before.Format(time.TimeOnly))
	n, err := p.store.PruneTicks(p.ctx, before, 1000)
	require.NoError(p, err)
	p.model.ticks = slices.DeleteFunc(p.model.ticks, func(t jsruntime.TickRecord) bool { return t.Instant.Before(before) })
	require.Equal(p, kept-len(p.model.ticks), n)
}

// list reads executions by a random filter, page by page.
func (p *player) list() {
	f := jsruntime.ExecutionFilter{DeadLetters: p.rnd.IntN(4) == 0, PageRequest: jsruntime.PageRequest{Limit: 1 + p.rnd.IntN(7)}}
	c := p.knownScript()
	if p.rnd.IntN(2) == 0 {
		f.ScriptID = c.script
	}
	if p.rnd.IntN(2) == 0 {
		f.CreatedFrom = at(p.now - p.rnd.IntN(40))
	}
	if p.rnd.IntN(2) == 0 {
		f.CreatedBefore = at(p.now - p.rnd.IntN(40))
	}
	if p.rnd.IntN(2) == 0 {
		f.Statuses = []jsruntime.ExecutionStatus{
			jsruntime.ExecutionFailed, pick(p, jsruntime.ExecutionPending, jsruntime.ExecutionRunning, jsruntime.ExecutionCompleted),
		}
	}
	if p.rnd.IntN(3) == 0 {
		f.Triggers = []jsruntime.TriggerType{jsruntime.TriggerCron}
	}
	raw, _ := json.Marshal(f)
	p.note("Executions %s %s", c.tenant, raw)
	want := p.sortedRuns(func(r jsruntime.ExecutionRecord) bool { return r.TenantID == c.tenant && f.Matches(r) })
	p.sameRuns(want, p.allRuns(c.tenant, f))
}

func (p *player) allRuns(tenant uuid.UUID, f jsruntime.ExecutionFilter) []jsruntime.ExecutionRecord {
	p.Helper()
	var all []jsruntime.ExecutionRecord
	for {
		page, err := p.store.Executions(p.ctx, tenant, f)
		require.NoError(p, err)
		all = append(all, page.Items...)
		if f.After = page.Next; page.Next == "" {
			return all
		}
		require.Len(p, page.Items, f.Size())
	}
}

func (p *player) sameRuns(want, got []jsruntime.ExecutionRecord) {
	p.Helper()
	require.Equal(p, idsOf(want), idsOf(got))
	for i := range want {
		p.same(want[i], got[i])
	}
}
