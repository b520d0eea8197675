package storetest

import (
	"slices"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var claimTests = []test{
	{"a claimed execution is returned as it is afterwards", func(f *fixture) {
		r := fullExecution()
		r.Attached, r.Lease = false, jsruntime.Lease{}
		f.create(r)
		got := f.claim("me", 50, 1)
		require.Len(f, got, 1)
		want := r
		want.Status, want.StartedAt, want.Lease = jsruntime.ExecutionRunning, at(50), got[0].Lease
		require.Equal(f, "me", got[0].Lease.Node)
		f.same(want, got[0])
		f.same(want, f.execution(r))
		require.Empty(f, f.claim("me", 50, 1))
	}},
	{"each claim's token is higher than that of any before", func(f *fixture) {
		s := f.script(tenantA, 1)
		last := int64(0)
		for n := 1; n <= 3; n++ {
			f.create(run(s, 2*n), run(s, 2*n+1))
			for _, r := range f.claim("node", 100, 2) {
				require.Greater(f, r.Lease.Token, last)
				last = r.Lease.Token
				f.finish(r, jsruntime.ExecutionCompleted)
			}
		}
	}},
	{"nothing to claim is no error", func(f *fixture) {
		require.Empty(f, f.claim("node", 1, 5))
		f.create(run(f.script(tenantA, 1), 1))
		require.Empty(f, f.claim("node", 5, 0))
	}},
	{"within a tenant the order is RunAt, then CreatedAt, then ID", func(f *fixture) {
		a, b := f.script(tenantA, 1, withMaxRuns(9)), f.script(tenantA, 2, withMaxRuns(9))
		late := run(a, 1, dueAt(9))
		early := run(b, 8, dueAt(8), createdAt(1))
		created := run(a, 3, dueAt(8), createdAt(2))
		first, second := run(b, 4, dueAt(8), createdAt(3)), run(a, 5, dueAt(8), createdAt(3))
		f.create(second, first, late, created, early)
		f.mustClaim(10, 9, early, created, first, second, late)
	}},
	{"an execution cannot be claimed before its RunAt", func(f *fixture) {
		s := f.script(tenantA, 1)
		now, later := run(s, 1), run(s, 2, dueAt(20))
		f.create(later, now)
		f.mustClaim(0, 5)
		f.mustClaim(19, 5, now)
		f.mustClaim(20, 5, later)
	}},
	{"a claim with an earlier time than the one before finds only what was due then", func(f *fixture) {
		s := f.script(tenantA, 1, withStatus(jsruntime.ScriptStatusPaused))
		first, second := run(s, 1, dueAt(10)), run(s, 2, dueAt(20))
		f.create(first, second)
		f.mustClaim(30, 5)
		f.update(s, withStatus(jsruntime.ScriptStatusActive))
		f.mustClaim(9, 5)
		f.mustClaim(15, 5, first)
		f.mustClaim(20, 5, second)
	}},
	{"an attached execution is claimed by its node only", func(f *fixture) {
		s := f.script(tenantA, 1)
		mine, free := run(s, 1, attachedTo("me")), run(s, 2)
		f.create(mine, free)
		require.Equal(f, []uuid.UUID{free.ID}, idsOf(f.claim("other", 5, 5)))
		require.Equal(f, []uuid.UUID{mine.ID}, idsOf(f.claim("me", 5, 5)))
	}},
	{"executions of a paused script wait, those of a script with any other status do not", func(f *fixture) {
		paused := f.script(tenantA, 1, withStatus(jsruntime.ScriptStatusPaused))
		waits := run(paused, 1)
		f.create(waits)
		for n, status := range []jsruntime.ScriptStatus{
			jsruntime.ScriptStatusDraft, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusDisabled,
			jsruntime.ScriptStatusArchived,
		} {
			r := run(f.script(tenantA, 10+n, withStatus(status)), 10+n)
			f.create(r)
			f.mustClaim(99, 5, r)
		}
		f.update(paused, withStatus(jsruntime.ScriptStatusActive))
		f.mustClaim(99, 5, waits)
	}},
	{"those of a deleted script can be claimed", func(f *fixture) {
		s := f.script(tenantA, 1, withStatus(jsruntime.ScriptStatusPaused))
		r := run(s, 1)
		f.create(r)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1))
		f.mustClaim(5, 5, r)
	}},
	{"no more executions of a script run than its MaxConcurrentRuns, over all nodes", func(f *fixture) {
		s, other := f.script(tenantA, 1, withMaxRuns(2)), f.script(tenantA, 2)
		f.create(run(s, 1), run(s, 2), run(s, 3), run(other, 4))
		first := f.mustClaim(9, 9, run(s, 1), run(s, 2), run(other, 4))
		require.Empty(f, f.claim("other", 9, 9))
		f.finish(first[0], jsruntime.ExecutionFailed)
		f.mustClaim(9, 9, run(s, 3))
		f.create(run(s, 5))
		f.mustClaim(9, 9)
		f.update(s, withMaxRuns(3))
		f.mustClaim(9, 9, run(s, 5))
	}},
	{"a positive ConcurrencyCap lowers that for its execution only", func(f *fixture) {
		s := f.script(tenantA, 1, withMaxRuns(3))
		f.create(run(s, 1, withCap(1)), run(s, 2, withCap(1)), run(s, 3), run(s, 4, withCap(2)), run(s, 5, withCap(9)))
		f.mustClaim(9, 9, run(s, 1), run(s, 3), run(s, 5))
	}},
	{"a tenant with many executions does not delay another tenant's one", func(f *fixture) {
		a, b := f.script(tenantA, 1, withMaxRuns(99)), f.script(tenantB, 1)
		for n := 1; n <= 20; n++ {
			f.create(run(a, n))
		}
		f.mustClaim(50, 2, run(a, 1), run(a, 2))
		f.create(run(b, 30))
		f.mustClaim(50, 3, run(b, 30), run(a, 3), run(a, 4))
	}},
	{"one execution at a time goes to the tenant whose last one is longest ago", func(f *fixture) {
		a, b, c := f.script(tenantA, 1), f.script(tenantB, 1), f.script(tenantC, 1)
		f.create(run(a, 1))
		f.mustClaim(50, 1, run(a, 1))
		f.create(run(b, 2))
		f.mustClaim(50, 1, run(b, 2))
		f.create(run(c, 3))
		f.mustClaim(50, 1, run(c, 3)) // the turns are now a, b, c
		f.create(run(c, 4), run(c, 5), run(b, 6), run(b, 7), run(a, 8))
		f.mustClaim(50, 3, run(a, 8), run(b, 6), run(c, 4))
		f.create(run(a, 9))
		f.mustClaim(50, 9, run(a, 9), run(b, 7), run(c, 5))
	}},
	{"a turn ends with the execution that makes it as many as its Weight says", func(f *fixture) {
		a, b := f.script(tenantA, 1, withMaxRuns(9)), f.script(tenantB, 1, withMaxRuns(9))
		for n := 1; n <= 6; n++ {
			f.create(run(a, n, withWeight(2)), run(b, 10+n))
		}
		f.mustClaim(50, 2, run(a, 1, withWeight(2)), run(a, 2, withWeight(2)))
		f.mustClaim(50, 2, run(b, 11), run(a, 3))
		f.mustClaim(50, 4, run(a, 4), run(b, 12), run(a, 5), run(a, 6)) // a turn goes on where the call before ended
		f.mustClaim(50, 9, run(b, 13), run(b, 14), run(b, 15), run(b, 16))
	}},
	{"many that fall due at once are claimed in their order", func(f *fixture) {
		const many = 2500
		s := f.script(tenantA, 1, withMaxRuns(2*many))
		var runs []jsruntime.ExecutionRecord
		for n := many; n > 0; n-- {
			runs = append(runs, run(s, n, createdAt(0), dueAt(10+n%7)))
		}
		f.mustCreate(jsruntime.Creation{Executions: runs})
		slices.SortFunc(runs, byTurn)
		f.mustClaim(9, 9)
		f.mustClaim(30, 1, runs[0])
		f.create(run(s, many+1, createdAt(5), dueAt(5)))
		f.mustClaim(30, 1, run(s, many+1))
		f.mustClaim(30, many, runs[1:]...)
	}},
	{"a tenant that has nothing to claim keeps its turn", func(f *fixture) {
		a, b := f.script(tenantA, 1, withMaxRuns(1)), f.script(tenantB, 1)
		f.create(run(a, 1))
		running := f.mustClaim(50, 1, run(a, 1))
		f.create(run(a, 2), run(b, 3), run(b, 4))
		f.mustClaim(50, 1, run(b, 3))
		f.finish(running[0], jsruntime.ExecutionCompleted)
		f.mustClaim(50, 2, run(a, 2), run(b, 4))
	}},
}

var orderTests = []test{
	{"executions with an order key run one after the other, as they were stored, whatever the clocks say", func(f *fixture) {
		s := f.script(tenantA, 1)
		third, second, first := run(s, 1, withOrder("k")), run(s, 2, withOrder("k"), createdAt(1)), run(s, 3, withOrder("k"))
		f.create(first)
		f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{second, third}})
		for _, r := range []jsruntime.ExecutionRecord{first, second, third} {
			claimed := f.mustClaim(9, 9, r)
			f.mustClaim(9, 9)
			f.finish(claimed[0], jsruntime.ExecutionFailed)
		}
	}},
	{"another script, another key and no key are no reason to wait", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantA, 2)
		f.create(run(s, 1, withOrder("k")), run(s, 2, withOrder("k")), run(s, 3, withOrder("l")), run(s, 4),
			run(other, 5, withOrder("k")))
		f.mustClaim(9, 9, run(s, 1), run(s, 3), run(s, 4), run(other, 5))
	}},
	{"one that waits for its RunAt holds up those behind it", func(f *fixture) {
		s := f.script(tenantA, 1)
		first, second := run(s, 1, withOrder("k"), dueAt(50)), run(s, 2, withOrder("k"))
		f.create(first, second)
		f.mustClaim(9, 9)
		f.finish(first, jsruntime.ExecutionCancelled)
		f.mustClaim(9, 9, second)
	}},
	{"one that is cancelled in the middle lets nobody through", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withOrder("k")), run(s, 2, withOrder("k")), run(s, 3, withOrder("k")))
		claimed := f.mustClaim(9, 9, run(s, 1))
		f.finish(run(s, 2), jsruntime.ExecutionCancelled)
		f.mustClaim(9, 9)
		f.finish(claimed[0], jsruntime.ExecutionCompleted)
		f.mustClaim(9, 9, run(s, 3))
	}},
	{"a next attempt takes the place of the one before it", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withOrder("k")), run(s, 2, withOrder("k")), run(s, 3, withOrder("l")))
		claimed := f.mustClaim(9, 9, run(s, 1), run(s, 3, withOrder("l")))
		again, other := run(s, 8, withOrder("k"), dueAt(20)), run(s, 9, withOrder("k"))
		for i, next := range []jsruntime.ExecutionRecord{again, other} { // the other one comes from another line, and goes to the end
			o := ended(claimed[i], jsruntime.ExecutionFailed)
			o.Next = &next
			require.NoError(f, f.store.FinishExecution(f.ctx, o))
		}
		f.mustClaim(19, 9)
		f.finish(f.mustClaim(20, 9, again)[0], jsruntime.ExecutionFailed)
		f.finish(f.mustClaim(20, 9, run(s, 2))[0], jsruntime.ExecutionCompleted)
		f.mustClaim(20, 9, other)
	}},
	{"what is begun anew after a dead letter goes to the end of the line", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withOrder("k")), run(s, 2, withOrder("k")))
		f.finish(f.mustClaim(9, 9, run(s, 1))[0], jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = true })
		anew := run(s, 0, withOrder("k"))
		require.NoError(f, f.store.ResolveDeadLetter(f.ctx, tenantA, id(1), &anew))
		f.finish(f.mustClaim(9, 9, run(s, 2))[0], jsruntime.ExecutionCompleted)
		f.mustClaim(9, 9, anew)
	}},
	{"one that comes later waits, although it says that it is older", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 2, withOrder("k")))
		running := f.mustClaim(9, 9, run(s, 2))
		f.create(run(s, 1, withOrder("k")))
		f.mustClaim(9, 9)
		f.finish(running[0], jsruntime.ExecutionCompleted)
		f.mustClaim(9, 9, run(s, 1))
	}},
}
