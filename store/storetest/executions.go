package storetest

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var executionTests = []test{
	{"a created execution is found with all its fields", func(f *fixture) {
		want := fullExecution()
		f.create(want)
		f.same(want, f.execution(want))
	}},
	{"an execution that does not exist and one of another tenant are not found", func(f *fixture) {
		r := run(f.script(tenantA, 1), 1)
		f.create(r)
		for _, c := range []struct{ tenant, id uuid.UUID }{{tenantB, r.ID}, {tenantA, id(99)}} {
			_, err := f.store.Execution(f.ctx, c.tenant, c.id)
			require.ErrorIs(f, err, jsruntime.ErrNotFound)
			_, err = f.store.Logs(f.ctx, c.tenant, c.id)
			require.ErrorIs(f, err, jsruntime.ErrNotFound)
			require.ErrorIs(f, f.store.ResolveDeadLetter(f.ctx, c.tenant, c.id, nil), jsruntime.ErrNotFound)
		}
		logs, err := f.store.Logs(f.ctx, tenantA, r.ID)
		require.NoError(f, err)
		require.Empty(f, logs)
	}},
	{"a dedupe key that is taken in the tenant stands for its holder, and nothing is stored", func(f *fixture) {
		s := f.script(tenantA, 1)
		records := []jsruntime.ExecutionRecord{
			run(s, 1, withKey("k")), run(s, 2), run(s, 3, withKey("k")), run(s, 4, withKey("l")),
		}
		created := f.mustCreate(jsruntime.Creation{Executions: records})
		require.Equal(f, []uuid.UUID{id(1), id(2), id(1), id(4)}, created.IDs)
		created = f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 5, withKey("l"))}})
		require.Equal(f, []uuid.UUID{id(4)}, created.IDs)
		for _, n := range []int{3, 5} {
			_, err := f.store.Execution(f.ctx, tenantA, id(n))
			require.ErrorIs(f, err, jsruntime.ErrNotFound)
		}
		f.create(run(f.script(tenantB, 1), 6, withKey("k")))
	}},
	{"a dedupe key is found with its execution and its fingerprint", func(f *fixture) {
		r := run(f.script(tenantA, 1), 1, withKey("k"), func(r *jsruntime.ExecutionRecord) { r.Fingerprint = "body" })
		f.create(r)
		got, err := f.store.DedupeKey(f.ctx, tenantA, "k")
		require.NoError(f, err)
		require.Equal(f, jsruntime.KeyRecord{ExecutionID: r.ID, CreatedAt: at(1), Fingerprint: "body"}, got)
		for _, c := range []struct {
			tenant uuid.UUID
			key    string
		}{{tenantB, "k"}, {tenantA, "x"}, {tenantA, ""}} {
			_, err = f.store.DedupeKey(f.ctx, c.tenant, c.key)
			require.ErrorIs(f, err, jsruntime.ErrNotFound)
		}
	}},
	{"a creation that claims goes on as a claim does, in its turn", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		claim := jsruntime.Claim{Node: "me", Call: 7, Now: at(50), Limit: 1}
		want := fullExecution()
		want.Attached, want.Lease = false, jsruntime.Lease{}
		got := f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{want}, Claim: claim})
		require.Equal(f, []uuid.UUID{want.ID}, got.IDs)
		require.Len(f, got.Claimed, 1)
		want.Status, want.StartedAt, want.Lease = jsruntime.ExecutionRunning, at(50), got.Claimed[0].Lease
		require.Equal(f, "me", want.Lease.Node)
		require.Equal(f, int64(7), want.Lease.Call)
		f.same(want, got.Claimed[0])
		f.same(want, f.execution(want))

		f.create(run(other, 2))
		claim.Limit = 2
		got = f.mustCreate(jsruntime.Creation{
			Executions: []jsruntime.ExecutionRecord{run(s, 3), run(s, 4), run(s, 5)}, Claim: claim,
		})
		require.Equal(f, []uuid.UUID{id(2), id(3)}, idsOf(got.Claimed))
	}},
	{"a creation with a Revision is a conflict unless the script has it", func(f *fixture) {
		s, gone := f.script(tenantA, 1), f.script(tenantA, 2)
		s = f.update(s)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, gone.ID, 1))
		for _, c := range []jsruntime.Creation{
			{Executions: []jsruntime.ExecutionRecord{run(s, 1)}, Revision: 1},
			{Executions: []jsruntime.ExecutionRecord{run(s, 1)}, Revision: 3},
			{Executions: []jsruntime.ExecutionRecord{run(gone, 1)}, Revision: 1},
		} {
			c.Claim = jsruntime.Claim{Node: "me", Now: at(50), Limit: 1}
			_, err := f.store.CreateExecutions(f.ctx, c)
			require.ErrorIs(f, err, jsruntime.ErrConflict)
			require.Empty(f, f.remaining(tenantA))
		}
		f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 1)}, Revision: 2})
	}},
	{"a creation of what has begun claims that, whoever's turn it is, and nothing else", func(f *fixture) {
		s := f.script(tenantA, 1, func(r *jsruntime.ScriptRecord) { r.Limits.MaxConcurrentRuns = 2 })
		f.create(run(f.script(tenantB, 2), 1), run(f.script(tenantB, 3), 2))
		begun := func(n int) jsruntime.Created {
			return f.mustCreate(jsruntime.Creation{
				Executions: []jsruntime.ExecutionRecord{run(s, n)}, Claim: jsruntime.Claim{Node: "me", Now: at(50), Limit: 1}, Begun: true,
			})
		}
		require.Equal(f, []uuid.UUID{id(3)}, idsOf(begun(3).Claimed))
		require.Equal(f, []uuid.UUID{id(4)}, idsOf(begun(4).Claimed))
		require.Empty(f, begun(5).Claimed, "its script has as many runs as it may")
		require.Equal(f, jsruntime.ExecutionPending, f.execution(run(s, 5)).Status)
		_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{
			Executions: []jsruntime.ExecutionRecord{run(s, 6)}, Claim: jsruntime.Claim{Node: "me", Now: at(50), Limit: 1}, Begun: true, MaxPending: 1,
		})
		require.ErrorIs(f, err, jsruntime.ErrOverloaded, "it would be pending")
		require.ElementsMatch(f, []uuid.UUID{id(1), id(2)}, idsOf(f.claim("other", 60, 5)))
	}},
	{"a creation that is refused claims nothing", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{
			Executions: []jsruntime.ExecutionRecord{run(s, 2)}, MaxPending: 1,
			Claim: jsruntime.Claim{Node: "me", Now: at(50), Limit: 5},
		})
		require.ErrorIs(f, err, jsruntime.ErrOverloaded)
		f.mustClaim(50, 5, run(s, 1))
	}},
	{"more pending executions than the tenant may have are refused, all or none", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		f.create(run(other, 1), run(other, 2), run(other, 3))
		_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 1), run(s, 2), run(s, 3)}, MaxPending: 2})
		require.ErrorIs(f, err, jsruntime.ErrOverloaded)
		require.Empty(f, f.count(tenantA, uuid.Nil))
		_, err = f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 4, withKey("k")), run(s, 5)}, MaxPending: 2})
		require.NoError(f, err)
		_, err = f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 6, withKey("l"))}, MaxPending: 2})
		require.ErrorIs(f, err, jsruntime.ErrOverloaded)
		require.Equal(f, uuid.Nil, f.holder(tenantA, "l"))
		require.Len(f, f.claim("node", 10, 2), 2) // one of each tenant
		_, err = f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 6)}, MaxPending: 2})
		require.NoError(f, err)
	}},
	{"executions are listed newest first by creation and then id, those of the tenant that match", testListing},
	{"executions are counted by status, for a script and for the tenant", func(f *fixture) {
		a, b := f.script(tenantA, 1), f.script(tenantA, 2)
		f.create(run(a, 1), run(a, 2), run(b, 3), run(f.script(tenantB, 3), 4))
		f.past(a, 5, jsruntime.ExecutionFailed)
		f.mustClaim(1, 1, run(a, 1))
		type counts = map[jsruntime.ExecutionStatus]int64
		want := counts{jsruntime.ExecutionPending: 1, jsruntime.ExecutionRunning: 1, jsruntime.ExecutionFailed: 1}
		require.Equal(f, want, f.count(tenantA, a.ID))
		require.Equal(f, counts{jsruntime.ExecutionPending: 1}, f.count(tenantA, b.ID))
		want[jsruntime.ExecutionPending] = 2
		require.Equal(f, want, f.count(tenantA, uuid.Nil))
		require.Empty(f, f.count(tenantC, uuid.Nil))
		require.Empty(f, f.count(tenantB, a.ID))
	}},
	{"executions outlive their script", func(f *fixture) {
		s := f.script(tenantA, 1)
		r := f.past(s, 1, jsruntime.ExecutionCompleted)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1))
		f.same(r, f.execution(r))
	}},
}

func testListing(f *fixture) {
	a, b := f.script(tenantA, 1), f.script(tenantA, 2)
	f.create(run(a, 1), run(b, 4, createdAt(2)), run(a, 2), run(f.script(tenantB, 3), 9))
	f.past(a, 3, jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) {
		r.TriggerType, r.DeadLetter = jsruntime.TriggerCron, true
	})
	f.past(b, 5, jsruntime.ExecutionCompleted)
	for i, c := range []struct {
		filter jsruntime.ExecutionFilter
		want   []int
	}{
		{jsruntime.ExecutionFilter{}, []int{5, 3, 4, 2, 1}},
		{jsruntime.ExecutionFilter{ScriptID: a.ID}, []int{3, 2, 1}},
		{jsruntime.ExecutionFilter{ScriptID: id(77)}, nil},
		{jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}}, []int{4, 2, 1}},
		{jsruntime.ExecutionFilter{
			ScriptID: a.ID, Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending},
		}, []int{2, 1}},
		{jsruntime.ExecutionFilter{
			ScriptID: b.ID, Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted},
		}, []int{5}},
		{jsruntime.ExecutionFilter{Triggers: []jsruntime.TriggerType{jsruntime.TriggerCron}}, []int{3}},
		{jsruntime.ExecutionFilter{CreatedFrom: at(2)}, []int{5, 3, 4, 2}},
		{jsruntime.ExecutionFilter{CreatedBefore: at(3)}, []int{4, 2, 1}},
		{jsruntime.ExecutionFilter{CreatedFrom: at(2), CreatedBefore: at(5), ScriptID: a.ID}, []int{3, 2}},
		{jsruntime.ExecutionFilter{DeadLetters: true}, []int{3}},
		{jsruntime.ExecutionFilter{DeadLetters: true, ScriptID: b.ID}, nil},
	} {
		page, err := f.store.Executions(f.ctx, tenantA, c.filter)
		require.NoError(f, err)
		require.Empty(f, page.Next)
		want := []uuid.UUID{}
		for _, n := range c.want {
			want = append(want, id(n))
		}
		require.Equal(f, want, idsOf(page.Items), "case %d", i)
	}
}

// fullExecution has a value in every field that a pending one can have.
func fullExecution() jsruntime.ExecutionRecord {
	return jsruntime.ExecutionRecord{
		ID: id(1), ScriptID: id(2), TenantID: tenantA, Status: jsruntime.ExecutionPending,
		TriggerType: jsruntime.TriggerHTTP,
		TriggerData: jsruntime.TriggerData{
			EventType: "a.b", HTTPMethod: "GET", HTTPPath: "/x", CronTrigger: "@daily", ScheduledAt: at(7),
			Payload: map[string]any{"list": []any{1.5, "<", nil, true}},
			Request: &jsruntime.HTTPRequest{
				Method: "GET", Path: "/x", Params: map[string]string{"p": "q"}, Query: map[string][]string{"a": {"1", "2"}},
				Headers: map[string]string{"h": "v"}, Text: "body\x00",
			},
		},
		Input: json.RawMessage(`{"a":"<&>","b":[1,2.5]}`), Attempt: 3, PreviousID: id(4), CreatedAt: at(1), RunAt: at(2),
		Depth: 5, DedupeKey: "dedupe", OrderKey: "order", ConcurrencyCap: 6, Attached: true,
		Lease: jsruntime.Lease{Node: "node"},
	}
}
