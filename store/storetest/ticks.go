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

// ticks moves the cursor of a script between times of so many seconds after the epoch, where 0 stands for no cursor.
func ticks(s jsruntime.ScriptRecord, from, to int, due ...jsruntime.Tick) jsruntime.Ticks {
	t := jsruntime.Ticks{TenantID: s.TenantID, ScriptID: s.ID, To: at(to), Due: due}
	if from != 0 {
		t.From = at(from)
	}
	return t
}

// record stores ticks, wherever the cursor is.
func (f *fixture) record(s jsruntime.ScriptRecord, to time.Time, due ...jsruntime.Tick) {
	f.Helper()
	require.NoError(f, f.store.RecordTicks(f.ctx, jsruntime.Ticks{
		TenantID: s.TenantID, ScriptID: s.ID, From: f.cursor(s), To: to, Due: due,
	}))
}

// skip records that the tick n seconds after the epoch was skipped.
func (f *fixture) skip(s jsruntime.ScriptRecord, n int) {
	f.Helper()
	f.record(s, at(n), jsruntime.Tick{Record: tick(s, n)})
}

// running returns a tick n seconds after the epoch that starts the execution.
func running(s jsruntime.ScriptRecord, n int, r jsruntime.ExecutionRecord) jsruntime.Tick {
	t := tick(s, n)
	t.Status, t.Reason, t.ExecutionID = jsruntime.TickRun, "", r.ID
	return jsruntime.Tick{Record: t, Run: &r}
}

var tickTests = []test{
	{"ticks are stored with the executions that they start, which can be claimed", func(f *fixture) {
		s := f.script(tenantA, 1)
		a, b := run(s, 1, withKey("tick")), run(s, 2)
		many := tick(s, 3)
		many.First, many.Count = at(-100), 7
		require.NoError(f, f.store.RecordTicks(f.ctx, ticks(s, 0, 4,
			running(s, 1, a), running(s, 2, b), jsruntime.Tick{Record: many})))
		require.Equal(f, []jsruntime.TickRecord{many, running(s, 2, b).Record, running(s, 1, a).Record}, f.ticks(s))
		f.same(a, f.execution(a))
		require.Equal(f, a.ID, f.holder(tenantA, "tick"))
		f.mustClaim(9, 9, a, b)
	}},
	{"an instant that has a tick keeps it, and what came for it is not stored", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		f.skip(s, 1)
		first, second := run(s, 1), run(s, 2)
		f.record(s, at(2), running(s, 1, first), running(s, 2, second), jsruntime.Tick{Record: tick(s, 2)})
		_, err := f.store.Execution(f.ctx, tenantA, first.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		require.Equal(f, []jsruntime.TickRecord{running(s, 2, second).Record, tick(s, 1)}, f.ticks(s))
		require.Equal(f, []uuid.UUID{second.ID}, f.remaining(tenantA))
		f.skip(other, 1)
		require.Len(f, f.ticks(other), 1)
	}},
	{"ticks of which one cannot be stored are not stored", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		claimed, foreign := run(s, 3), tick(s, 4)
		claimed.Status, foreign.ScriptID = jsruntime.ExecutionRunning, scriptID(tenantA, 2)
		elsewhere := run(s, 5)
		elsewhere.ScriptID = scriptID(tenantA, 2)
		for _, bad := range []jsruntime.Tick{
			running(s, 1, run(s, 1)), running(s, 1, claimed), {Record: foreign}, running(s, 1, elsewhere),
		} {
			require.Error(f, f.store.RecordTicks(f.ctx, ticks(s, 0, 9, running(s, 2, run(s, 2)), bad)))
			require.Empty(f, f.ticks(s))
			require.True(f, f.cursor(s).IsZero())
			require.Equal(f, []uuid.UUID{id(1)}, f.remaining(tenantA))
		}
		f.skip(s, 5)
	}},
	{"a dedupe key that is taken stays with its holder, and the execution of the tick is stored", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("k")))
		f.record(s, at(5), running(s, 5, run(s, 2, withKey("k"))))
		require.Equal(f, id(1), f.holder(tenantA, "k"))
		require.Len(f, f.remaining(tenantA), 2)
	}},
	{"the cursor moves forwards and back, with ticks or without, for who knows where it is", func(f *fixture) {
		s := f.script(tenantA, 1)
		require.True(f, f.cursor(s).IsZero())
		for _, c := range []struct{ from, to int }{{0, 5}, {5, 9}, {9, 2}, {2, 3}} {
			for _, wrong := range []int{0, 1, 8} {
				if wrong != c.from {
					err := f.store.RecordTicks(f.ctx, ticks(s, wrong, 7, running(s, 7, run(s, 7))))
					require.ErrorIs(f, err, jsruntime.ErrConflict)
				}
			}
			require.NoError(f, f.store.RecordTicks(f.ctx, ticks(s, c.from, c.to)))
			require.Equal(f, at(c.to), f.cursor(s))
		}
		require.Empty(f, f.ticks(s))
		require.Empty(f, f.remaining(tenantA))
		require.True(f, f.cursor(f.script(tenantB, 1)).IsZero())
	}},
	{"ticks by a revision that the script has not are refused", func(f *fixture) {
		s := f.script(tenantA, 1)
		by := func(revision int64, n int) error {
			t := ticks(s, n-1, n, running(s, n, run(s, n)))
			t.Revision = revision
			return f.store.RecordTicks(f.ctx, t)
		}
		require.NoError(f, by(1, 1))
		require.ErrorIs(f, by(2, 2), jsruntime.ErrConflict)
		s = f.update(s)
		require.ErrorIs(f, by(1, 2), jsruntime.ErrConflict)
		require.NoError(f, by(2, 2))
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 2))
		require.ErrorIs(f, by(2, 3), jsruntime.ErrConflict)
		require.NoError(f, by(0, 3))
		require.Len(f, f.ticks(s), 3)
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
		f.record(s, at(3), running(s, 3, run(s, 3)))
		require.Len(f, f.remaining(tenantA), 2)
	}},
	{"ticks are listed latest instant first", func(f *fixture) {
		s := f.script(tenantA, 1)
		for _, n := range []int{2, 3, 1} {
			f.skip(s, n)
		}
		require.Equal(f, []jsruntime.TickRecord{tick(s, 3), tick(s, 2), tick(s, 1)}, f.ticks(s))
		other := s
		other.TenantID = tenantB
		require.Empty(f, f.ticks(other))
	}},
	{"ticks and cursor outlive their script", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.skip(s, 1)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, s.ID, 1))
		require.Len(f, f.ticks(s), 1)
		require.Equal(f, at(1), f.cursor(s))
	}},
	{"ticks before an instant are pruned, at most limit, and cursors stay", func(f *fixture) {
		s, other := f.script(tenantA, 1), f.script(tenantB, 1)
		for n := 1; n <= 4; n++ {
			f.skip(s, n)
		}
		f.skip(other, 1)
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
