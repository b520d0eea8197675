package storetest

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// tick returns the record of a tick n seconds after the epoch that was skipped.
func tick(s jsruntime.ScriptRecord, n int) jsruntime.TickRecord {
	return jsruntime.TickRecord{
		TenantID: s.TenantID, ScriptID: s.ID, Instant: at(n), Status: jsruntime.TickSkipped, Reason: "overlap",
		RecordedAt: at(n + 1),
	}
}

var tickTests = []test{
	{"a tick is stored with the execution that it starts, which can be claimed", func(f *fixture) {
		s := f.script(tenantA, 1)
		r, want := run(s, 1, withKey("tick")), tick(s, 1)
		want.Status, want.Reason, want.ExecutionID = jsruntime.TickRun, "", r.ID
		require.NoError(f, f.store.RecordTick(f.ctx, want, &r))
		require.Equal(f, []jsruntime.TickRecord{want}, f.ticks(s))
		f.same(r, f.execution(r))
		require.Equal(f, r.ID, f.holder(tenantA, "tick"))
		f.mustClaim(9, 9, r)
	}},
	{"a second tick at an instant is a duplicate, and stores nothing", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		require.NoError(f, f.store.RecordTick(f.ctx, tick(s, 1), nil))
		r := run(s, 1)
		require.ErrorIs(f, f.store.RecordTick(f.ctx, tick(s, 1), &r), jsruntime.ErrDuplicate)
		_, err := f.store.Execution(f.ctx, tenantA, r.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.Equal(f, []jsruntime.TickRecord{tick(s, 1)}, f.ticks(s))
		require.NoError(f, f.store.RecordTick(f.ctx, tick(other, 1), nil))
	}},
	{"a tick whose execution cannot be stored is not stored", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("k")))
		running := run(s, 3)
		running.Status = jsruntime.ExecutionRunning
		for _, r := range []jsruntime.ExecutionRecord{run(s, 1), run(s, 2, withKey("k")), running} {
			require.Error(f, f.store.RecordTick(f.ctx, tick(s, 5), &r))
			require.Empty(f, f.ticks(s))
			require.True(f, f.cursor(s).IsZero())
			require.Equal(f, []uuid.UUID{id(1)}, f.remaining(tenantA))
		}
		require.NoError(f, f.store.RecordTick(f.ctx, tick(s, 5), nil))
	}},
	{"a tick moves the cursor to its instant unless that is past it", func(f *fixture) {
		s := f.script(tenantA, 1)
		require.True(f, f.cursor(s).IsZero())
		for _, c := range []struct{ tick, want int }{{5, 5}, {3, 5}, {8, 8}} {
			require.NoError(f, f.store.RecordTick(f.ctx, tick(s, c.tick), nil))
			require.Equal(f, at(c.want), f.cursor(s))
		}
		require.True(f, f.cursor(f.script(tenantB, 1)).IsZero())
	}},
	{"the cursor can be set forwards and back", func(f *fixture) {
		s := f.script(tenantA, 1)
		for _, n := range []int{5, 9, 2} {
			require.NoError(f, f.store.SetScheduleCursor(f.ctx, tenantA, s.ID, at(n)))
			require.Equal(f, at(n), f.cursor(s))
		}
	}},
	{"an update of a script moves the cursor in the same step, or not at all", func(f *fixture) {
		s := f.script(tenantA, 1)
		for n, to := range []int{8, 3} {
			s.Revision = int64(n + 2)
			require.NoError(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s, Cursor: at(to)}))
			require.Equal(f, at(to), f.cursor(s))
		}
		require.ErrorIs(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: s, Cursor: at(9)}), jsruntime.ErrConflict)
		require.Equal(f, at(3), f.cursor(s))
		f.update(s)
		require.Equal(f, at(3), f.cursor(s))
	}},
	{"the execution of a tick is never refused for load", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 2)}, MaxPending: 1})
		require.ErrorIs(f, err, jsruntime.ErrOverloaded)
		r := run(s, 3)
		require.NoError(f, f.store.RecordTick(f.ctx, tick(s, 3), &r))
	}},
	{"ticks are listed latest instant first", func(f *fixture) {
		s := f.script(tenantA, 1)
		for _, n := range []int{2, 3, 1} {
			require.NoError(f, f.store.RecordTick(f.ctx, tick(s, n), nil))
		}
		require.Equal(f, []jsruntime.TickRecord{tick(s, 3), tick(s, 2), tick(s, 1)}, f.ticks(s))
		other := s
		other.TenantID = tenantB
		require.Empty(f, f.ticks(other))
	}},
	{"ticks and cursor outlive their script", func(f *fixture) {
		s := f.script(tenantA, 1)
		require.NoError(f, f.store.RecordTick(f.ctx, tick(s, 1), nil))
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1))
		require.Len(f, f.ticks(s), 1)
		require.Equal(f, at(1), f.cursor(s))
	}},
	{"ticks before an instant are pruned, at most limit, and cursors stay", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		for n := 1; n <= 4; n++ {
			require.NoError(f, f.store.RecordTick(f.ctx, tick(s, n), nil))
		}
		require.NoError(f, f.store.RecordTick(f.ctx, tick(other, 1), nil))
		for _, c := range []struct{ limit, want int }{{0, 0}, {3, 3}, {3, 1}, {3, 0}} {
			n, err := f.store.PruneTicks(f.ctx, at(4), c.limit)
			require.NoError(f, err)
			require.Equal(f, c.want, n)
		}
		require.Equal(f, []jsruntime.TickRecord{tick(s, 4)}, f.ticks(s))
		require.Empty(f, f.ticks(other))
		require.Equal(f, at(1), f.cursor(other))
	}},
}

func (f *fixture) ticks(s jsruntime.ScriptRecord) []jsruntime.TickRecord {
	f.Helper()
	page, err := f.store.Ticks(f.ctx, s.TenantID, s.ID, jsruntime.PageRequest{})
	require.NoError(f, err)
	require.Empty(f, page.Next)
	return page.Items
}

func (f *fixture) cursor(s jsruntime.ScriptRecord) time.Time {
	f.Helper()
	return f.cursorOf(s.TenantID, s.ID)
}

func (f *fixture) cursorOf(tenant, script uuid.UUID) time.Time {
	f.Helper()
	to, err := f.store.ScheduleCursor(f.ctx, tenant, script)
	require.NoError(f, err)
	require.Equal(f, time.UTC, to.Location())
	return to
}
