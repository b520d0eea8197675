package storetest

import (
	"math"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var pruneTests = []test{
	{"executions at their end that are older are removed with their logs", func(f *fixture) {
		s := f.script(tenantA, 1)
		r := run(s, 1)
		r.Status = jsruntime.ExecutionCompleted
		logs := []jsruntime.LogEntry{{Message: "x"}}
		require.NoError(f, f.store.FinishExecution(f.ctx, jsruntime.Outcome{Execution: r, Logs: logs}))
		f.past(s, 2, jsruntime.ExecutionFailed)
		f.past(f.script(tenantB, 1), 1, jsruntime.ExecutionCancelled)
		f.mustPrune(jsruntime.Pruning{Before: at(2), Limit: 9}, 2)
		_, err := f.store.Logs(f.ctx, tenantA, r.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.Equal(f, []uuid.UUID{id(2)}, f.remaining(tenantA))
		require.Empty(f, f.remaining(tenantB))
		require.Equal(f, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionFailed: 1}, f.count(tenantA, s.ID))
		require.Empty(f, f.count(tenantB, uuid.Nil))
		f.create(run(s, 1))
		logs, err = f.store.Logs(f.ctx, tenantA, r.ID)
		require.NoError(f, err)
		require.Empty(f, logs)
	}},
	{"pending and running executions and dead letters stay", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2))
		f.mustClaim(1, 1, run(s, 1))
		f.past(s, 3, jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = true })
		f.mustPrune(jsruntime.Pruning{Before: at(99), KeepPerScript: 1, Limit: 9}, 0)
		require.NoError(f, f.store.ResolveDeadLetter(f.ctx, tenantA, id(3), nil))
		f.mustPrune(jsruntime.Pruning{Before: at(99), Limit: 9}, 1)
		require.Equal(f, []uuid.UUID{id(2), id(1)}, f.remaining(tenantA))
	}},
	{"only the given statuses are removed", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.past(s, 1, jsruntime.ExecutionFailed)
		f.past(s, 2, jsruntime.ExecutionCompleted)
		f.past(s, 3, jsruntime.ExecutionTimeout)
		f.mustPrune(jsruntime.Pruning{
			Before: at(99), Limit: 9,
			Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted, jsruntime.ExecutionTimeout},
		}, 2)
		require.Equal(f, []uuid.UUID{id(1)}, f.remaining(tenantA))
	}},
	{"no Before and no KeepPerScript choose none", func(f *fixture) {
		f.past(f.script(tenantA, 1), 1, jsruntime.ExecutionCompleted)
		f.mustPrune(jsruntime.Pruning{Limit: 9}, 0)
		f.mustPrune(jsruntime.Pruning{Before: at(9), Limit: 0}, 0)
	}},
	{"all but the newest KeepPerScript of a script that are at their end are removed", func(f *fixture) {
		a, b := f.script(tenantA, 1), f.script(tenantA, 2)
		for n := 1; n <= 5; n++ {
			f.past(a, n, jsruntime.ExecutionCompleted)
		}
		f.past(a, 6, jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = true })
		f.create(run(a, 7), run(a, 8))
		f.past(b, 9, jsruntime.ExecutionCompleted)
		f.mustPrune(jsruntime.Pruning{KeepPerScript: 2, Limit: 2}, 4)
		f.mustPrune(jsruntime.Pruning{KeepPerScript: 2, Limit: 2}, 0)
		require.Equal(f, []uuid.UUID{id(9), id(8), id(7), id(6), id(5)}, f.remaining(tenantA))
	}},
	{"a pruning goes on where the call before ended, and an After that no call gave is invalid", func(f *fixture) {
		a, b := f.script(tenantA, 1), f.script(tenantB, 2)
		for n := 1; n <= 4; n++ {
			f.past(a, n, jsruntime.ExecutionCompleted)
			f.past(b, n, jsruntime.ExecutionFailed)
		}
		p := jsruntime.Pruning{KeepPerScript: 1, Limit: 2, Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionFailed}}
		first, err := f.store.Prune(f.ctx, p)
		require.NoError(f, err)
		require.NotEmpty(f, first.Next, "there is more")
		p.After = first.Next
		f.mustPrune(p, 3-first.Removed)
		require.Len(f, f.remaining(tenantA), 4)
		require.Equal(f, []uuid.UUID{id(4)}, f.remaining(tenantB))
		for _, after := range []string{"x", first.Next + "A", first.Next[1:]} {
			p.After = after
			_, err := f.store.Prune(f.ctx, p)
			require.ErrorIs(f, err, jsruntime.ErrInvalid)
		}
	}},
	{"prunings that take turns keep what each would keep", func(f *fixture) {
		s := f.script(tenantA, 1)
		for n := 1; n <= 13; n++ {
			f.past(s, n, jsruntime.ExecutionCompleted, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = n <= 3 })
		}
		p := jsruntime.Pruning{KeepPerScript: 5, Limit: 1}
		first, err := f.store.Prune(f.ctx, p)
		require.NoError(f, err)
		_, err = f.store.Prune(f.ctx, jsruntime.Pruning{KeepPerScript: 5, Limit: 100})
		require.NoError(f, err)
		p.After = first.Next
		f.mustPrune(p, 0)
		require.Equal(f, []uuid.UUID{id(13), id(12), id(11), id(10), id(9), id(3), id(2), id(1)}, f.remaining(tenantA))
	}},
	{"a Limit may be as large as there is", func(f *fixture) {
		f.past(f.script(tenantA, 1), 1, jsruntime.ExecutionCompleted)
		f.mustPrune(jsruntime.Pruning{Before: at(9), Limit: math.MaxInt}, 1)
	}},
	{"age and count choose together", func(f *fixture) {
		s := f.script(tenantA, 1)
		for n := 1; n <= 6; n++ {
			f.past(s, n, jsruntime.ExecutionCompleted)
		}
		f.mustPrune(jsruntime.Pruning{Before: at(3), KeepPerScript: 2, Limit: 9}, 4)
		f.mustPrune(jsruntime.Pruning{Before: at(6), KeepPerScript: 9, Limit: 9}, 1)
		require.Equal(f, []uuid.UUID{id(6)}, f.remaining(tenantA))
	}},
	{"a dedupe key outlives its execution until it is pruned itself", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.past(s, 1, jsruntime.ExecutionCompleted, withKey("k"))
		f.mustPrune(jsruntime.Pruning{Before: at(9), Limit: 9}, 1)
		created := f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 2, withKey("k"))}})
		require.Equal(f, []uuid.UUID{id(1)}, created.IDs)
		n, err := f.store.PruneKeys(f.ctx, at(1), 9)
		require.NoError(f, err)
		require.Zero(f, n)
		n, err = f.store.PruneKeys(f.ctx, at(2), 9)
		require.NoError(f, err)
		require.Equal(f, 1, n)
		require.Equal(f, uuid.Nil, f.holder(tenantA, "k"))
		f.create(run(s, 3, withKey("k")))
	}},
	{"at most limit dedupe keys are pruned", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("a")), run(s, 2, withKey("b")), run(s, 3, withKey("c")), run(s, 4, withKey("d")))
		for _, c := range []struct{ limit, want int }{{0, 0}, {2, 2}, {2, 1}, {2, 0}} {
			n, err := f.store.PruneKeys(f.ctx, at(4), c.limit)
			require.NoError(f, err)
			require.Equal(f, c.want, n)
		}
		require.Equal(f, id(4), f.holder(tenantA, "d"))
		f.execution(run(s, 1))
	}},
}

// mustPrune goes on until all has been looked at, and demands that so many executions are removed.
func (f *fixture) mustPrune(p jsruntime.Pruning, want int) {
	f.Helper()
	n := 0
	for {
		pruned, err := f.store.Prune(f.ctx, p)
		require.NoError(f, err)
		require.LessOrEqual(f, pruned.Removed, p.Limit)
		n += pruned.Removed
		if p.After = pruned.Next; pruned.Next == "" {
			break
		}
	}
	require.Equal(f, want, n)
}

// remaining returns the ids of a tenant's executions, newest first.
func (f *fixture) remaining(tenant uuid.UUID) []uuid.UUID {
	f.Helper()
	page, err := f.store.Executions(f.ctx, tenant, jsruntime.ExecutionFilter{})
	require.NoError(f, err)
	return idsOf(page.Items)
}
