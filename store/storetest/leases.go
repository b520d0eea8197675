package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var leaseTests = []test{
	{"an execution whose node's lease ran out is expired", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		require.NoError(f, f.store.RenewLease(f.ctx, "node", at(100)))
		claimed := f.claim("node", 5, 1)
		f.mustExpire(99, 9)
		f.same(claimed, f.mustExpire(101, 9, run(s, 1)))
		require.NoError(f, f.store.RenewLease(f.ctx, "node", at(200)))
		f.mustExpire(150, 9)
		f.mustExpire(201, 9, run(s, 1))
	}},
	{"an execution whose node never had a lease, or released it, is expired", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2))
		f.claim("stranger", 5, 1)
		require.NoError(f, f.store.RenewLease(f.ctx, "node", at(100)))
		f.claim("node", 5, 1)
		f.mustExpire(9, 9, run(s, 1))
		require.NoError(f, f.store.ReleaseLease(f.ctx, "node"))
		f.mustExpire(9, 9, run(s, 1), run(s, 2))
		require.NoError(f, f.store.ReleaseLease(f.ctx, "node"))
	}},
	{"attached pending executions expire, other pending ones and those at their end do not", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, attachedTo("gone")), run(s, 2))
		f.past(s, 3, jsruntime.ExecutionCompleted, attachedTo("gone"))
		f.mustExpire(9, 9, run(s, 1))
		f.finish(run(s, 1, attachedTo("gone")), jsruntime.ExecutionCancelled)
		f.mustExpire(9, 9)
	}},
	{"expired executions of all tenants are listed oldest first, at most limit", func(f *fixture) {
		a, b := f.script(tenantA, 1), f.script(tenantB, 1)
		require.NoError(f, f.store.RenewLease(f.ctx, "living", at(100)))
		f.create(run(a, 4, attachedTo("x")), run(b, 2, attachedTo("y")), run(a, 1, attachedTo("living")),
			run(b, 5, attachedTo("x")), run(a, 3, attachedTo("x")))
		f.mustExpire(9, 9, run(b, 2), run(a, 3), run(a, 4), run(b, 5))
		f.mustExpire(9, 3, run(b, 2), run(a, 3), run(a, 4))
		f.mustExpire(9, 0)
	}},
	{"what a node has claimed and not finished is listed, oldest first, at most limit", func(f *fixture) {
		a, b := f.script(tenantA, 3), f.script(tenantB, 3)
		f.create(run(a, 3), run(b, 2), run(a, 1), run(b, 9, attachedTo("node")))
		claimed := f.claim("node", 5, 3)
		f.mustHaveClaimed("node", 9, run(a, 1), run(b, 2), run(a, 3))
		f.mustHaveClaimed("node", 2, run(a, 1), run(b, 2))
		f.mustHaveClaimed("node", 0)
		f.mustHaveClaimed("other", 9)
		f.finish(claimed[0], jsruntime.ExecutionCompleted)
		require.Len(f, f.mustHaveClaimedSome("node"), 2)
		require.NoError(f, f.store.ReleaseLease(f.ctx, "node"))
		require.Len(f, f.mustHaveClaimedSome("node"), 2)
	}},
	{"whoever finishes an expired execution first, with its token, wins", func(f *fixture) {
		f.create(run(f.script(tenantA, 1), 1))
		f.claim("node", 5, 1)
		expired, err := f.store.Expired(f.ctx, at(9), 9)
		require.NoError(f, err)
		f.finish(expired[0], jsruntime.ExecutionFailed)
		require.ErrorIs(f, f.store.FinishExecution(f.ctx, ended(expired[0], jsruntime.ExecutionCompleted)),
			jsruntime.ErrConflict)
		f.mustExpire(9, 9)
	}},
}

// mustExpire demands that these executions are expired, in this order.
func (f *fixture) mustExpire(now, limit int, want ...jsruntime.ExecutionRecord) []jsruntime.ExecutionRecord {
	f.Helper()
	expired, err := f.store.Expired(f.ctx, at(now), limit)
	require.NoError(f, err)
	require.Equal(f, idsOf(want), idsOf(expired))
	return expired
}

// mustHaveClaimed demands that the node has claimed these executions, in this order.
func (f *fixture) mustHaveClaimed(node string, limit int, want ...jsruntime.ExecutionRecord) {
	f.Helper()
	claimed, err := f.store.Claimed(f.ctx, node, limit)
	require.NoError(f, err)
	require.Equal(f, idsOf(want), idsOf(claimed))
}

func (f *fixture) mustHaveClaimedSome(node string) []jsruntime.ExecutionRecord {
	f.Helper()
	claimed, err := f.store.Claimed(f.ctx, node, 9)
	require.NoError(f, err)
	return claimed
}
