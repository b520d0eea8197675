package storetest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var finishTests = []test{
	{"an outcome replaces the execution, without its lease, and stores its logs in order", func(f *fixture) {
		f.create(run(f.script(tenantA, 1), 1))
		o := ended(f.claim("node", 5, 1)[0], jsruntime.ExecutionFailed)
		o.Execution.Output = json.RawMessage(`null`)
		o.Execution.Failure = &jsruntime.ScriptError{
			Kind: jsruntime.FailureMemory, Message: "m <b>", Stack: "s\nt", Line: 1, Column: 2, ExecutionID: id(1),
		}
		o.Execution.Metrics = jsruntime.ExecutionMetrics{
			Duration: time.Nanosecond, MemoryUsedBytes: 2, MemoryEstimated: true, CPUTime: 5, RealmTime: 6, APICallCount: 3, DatabaseQueryCount: 4,
		}
		o.Execution.LogsDropped, o.Execution.VersionNumber = 5, 6
		o.Logs = []jsruntime.LogEntry{
			{Time: at(1), Level: jsruntime.LogWarn, Message: "two"}, {Time: at(1), Level: jsruntime.LogInfo, Message: "<one>"},
		}
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		want := o.Execution
		want.Lease = jsruntime.Lease{}
		f.same(want, f.execution(want))
		logs, err := f.store.Logs(f.ctx, tenantA, want.ID)
		require.NoError(f, err)
		f.same(o.Logs, logs)
		_, err = f.store.Logs(f.ctx, tenantB, want.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
	{"a wrong status or token is a conflict, and changes nothing", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		r := f.claim("node", 5, 1)[0]
		next := run(s, 2)
		for _, change := range []func(*jsruntime.Outcome){
			func(o *jsruntime.Outcome) { o.Execution.Lease.Token++ },
			func(o *jsruntime.Outcome) { o.Execution.Lease.Token = 0 },
			func(o *jsruntime.Outcome) { o.From = jsruntime.ExecutionPending },
			func(o *jsruntime.Outcome) { o.From = jsruntime.ExecutionCompleted },
			func(o *jsruntime.Outcome) { o.From = "" },
		} {
			o := ended(r, jsruntime.ExecutionCompleted)
			o.Logs, o.Next = []jsruntime.LogEntry{{Message: "x"}}, &next
			change(&o)
			require.ErrorIs(f, f.store.FinishExecution(f.ctx, o), jsruntime.ErrConflict)
		}
		f.same(r, f.execution(r))
		_, err := f.store.Execution(f.ctx, tenantA, next.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		logs, err := f.store.Logs(f.ctx, tenantA, r.ID)
		require.NoError(f, err)
		require.Empty(f, logs)
		f.finish(r, jsruntime.ExecutionCompleted)
	}},
	{"an execution that has come to its end cannot be ended again", func(f *fixture) {
		f.create(run(f.script(tenantA, 1), 1))
		o := ended(f.claim("node", 5, 1)[0], jsruntime.ExecutionCompleted)
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		again := o
		again.Execution.Status, again.Execution.Lease = jsruntime.ExecutionCancelled, jsruntime.Lease{}
		again.From = jsruntime.ExecutionCompleted
		require.ErrorIs(f, f.store.FinishExecution(f.ctx, again), jsruntime.ErrConflict)
		require.Equal(f, jsruntime.ExecutionCompleted, f.execution(o.Execution).Status)
	}},
	{"an execution that is stored at its end with a Revision is a conflict unless the script has it", func(f *fixture) {
		s, gone := f.script(tenantA, 1), f.script(tenantA, 2)
		s = f.update(s)
		require.NoError(f, f.store.DeleteScript(f.ctx, tenantA, gone.ID, 1))
		finish := func(r jsruntime.ExecutionRecord, revision int64) error {
			o := ended(r, jsruntime.ExecutionCompleted)
			o.From, o.Revision = "", revision
			return f.store.FinishExecution(f.ctx, o)
		}
		require.ErrorIs(f, finish(run(s, 1), 1), jsruntime.ErrConflict)
		require.ErrorIs(f, finish(run(s, 1), 3), jsruntime.ErrConflict)
		require.ErrorIs(f, finish(run(gone, 1), 1), jsruntime.ErrConflict)
		require.Empty(f, f.remaining(tenantA))
		require.NoError(f, finish(run(s, 1), 2))
		require.NoError(f, finish(run(s, 2), 0))
	}},
	{"a record that could not be read back is refused", testUnreadable},
	{"a next attempt that cannot be stored leaves the execution as it was", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2))
		running := f.mustClaim(9, 1, run(s, 1))[0]
		o := ended(running, jsruntime.ExecutionFailed)
		o.Logs, o.Reply = []jsruntime.LogEntry{{Message: "x"}}, json.RawMessage(`1`)
		taken, begun := run(s, 2), run(s, 3)
		begun.Status = jsruntime.ExecutionRunning
		for _, next := range []jsruntime.ExecutionRecord{taken, begun} {
			o.Next = &next
			require.Error(f, f.store.FinishExecution(f.ctx, o))
			f.same(running, f.execution(running))
			logs, err := f.store.Logs(f.ctx, tenantA, running.ID)
			require.NoError(f, err)
			require.Empty(f, logs)
		}
		o.Next = nil
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
	}},
	{"a reply is kept with the dedupe key that the execution holds, and outlives the execution", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("k")), run(s, 2))
		claimed := f.claim("node", 9, 2)
		for _, r := range claimed {
			o := ended(r, jsruntime.ExecutionCompleted)
			o.Reply = json.RawMessage(`{"status":201}`)
			require.NoError(f, f.store.FinishExecution(f.ctx, o))
		}
		f.mustPrune(jsruntime.Pruning{Before: at(99), Limit: 9}, 2)
		got, err := f.store.DedupeKey(f.ctx, tenantA, "k")
		require.NoError(f, err)
		require.Equal(f, claimed[0].ID, got.ExecutionID)
		require.JSONEq(f, `{"status":201}`, string(got.Reply))

		o := jsruntime.Outcome{Execution: run(s, 3, withKey("k")), Reply: json.RawMessage(`2`)} // which it does not hold
		o.Execution.Status = jsruntime.ExecutionCompleted
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		again, err := f.store.DedupeKey(f.ctx, tenantA, "k")
		require.NoError(f, err)
		f.same(got, again)

		o = jsruntime.Outcome{Execution: run(s, 4, withKey("l")), Reply: json.RawMessage(`"at once"`)}
		o.Execution.Status = jsruntime.ExecutionCompleted
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		got, err = f.store.DedupeKey(f.ctx, tenantA, "l")
		require.NoError(f, err)
		require.JSONEq(f, `"at once"`, string(got.Reply))
	}},
	{"a dedupe key that its holder's outcome gives up is free, and that of another is not", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("k")))
		o := jsruntime.Outcome{Execution: run(s, 2, withKey("k")), ReleaseKey: true} // which it does not hold
		o.Execution.Status = jsruntime.ExecutionCompleted
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		require.Equal(f, id(1), f.holder(tenantA, "k"))

		o = ended(run(s, 1, withKey("k")), jsruntime.ExecutionCancelled)
		o.ReleaseKey, o.Reply = true, json.RawMessage(`1`)
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		_, err := f.store.DedupeKey(f.ctx, tenantA, "k")
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
		f.create(run(s, 3, withKey("k")))
		require.Equal(f, id(3), f.holder(tenantA, "k"))
		n, err := f.store.PruneKeys(f.ctx, at(99), 9)
		require.NoError(f, err)
		require.Equal(f, 1, n)
	}},
	{"an execution that does not exist, or is another tenant's, is not found", func(f *fixture) {
		r := run(f.script(tenantA, 1), 1)
		require.ErrorIs(f, f.store.FinishExecution(f.ctx, ended(r, jsruntime.ExecutionCancelled)), jsruntime.ErrNotFound)
		f.create(r)
		r.TenantID = tenantB
		require.ErrorIs(f, f.store.FinishExecution(f.ctx, ended(r, jsruntime.ExecutionCancelled)), jsruntime.ErrNotFound)
	}},
	{"a pending execution can be ended, and is claimed no more", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2, dueAt(50)))
		f.finish(run(s, 1), jsruntime.ExecutionCancelled)
		f.finish(run(s, 2, dueAt(50)), jsruntime.ExecutionCancelled)
		f.mustClaim(99, 9)
		require.Equal(f, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCancelled: 2}, f.count(tenantA, s.ID))
	}},
	{"an outcome without a From stores the execution for the first time", func(f *fixture) {
		s := f.script(tenantA, 1)
		r := run(s, 1, withKey("k"), attachedTo("node"))
		r.Status, r.Lease.Token = jsruntime.ExecutionTimeout, 7
		logs := []jsruntime.LogEntry{{Time: at(1), Level: jsruntime.LogDebug, Message: "x"}}
		require.NoError(f, f.store.FinishExecution(f.ctx, jsruntime.Outcome{Execution: r, Logs: logs}))
		got := f.execution(r)
		require.Zero(f, got.Lease)
		r.Lease = jsruntime.Lease{}
		f.same(r, got)
		require.Equal(f, r.ID, f.holder(tenantA, "k"))
		stored, err := f.store.Logs(f.ctx, tenantA, r.ID)
		require.NoError(f, err)
		f.same(logs, stored)
		require.ErrorIs(f, f.store.FinishExecution(f.ctx, jsruntime.Outcome{Execution: r}), jsruntime.ErrConflict)
	}},
	{"the next attempt is stored as pending in the same step, and is never refused for load", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2))
		o := ended(f.claim("node", 5, 1)[0], jsruntime.ExecutionFailed)
		next := run(s, 3, dueAt(20), func(r *jsruntime.ExecutionRecord) { r.Attempt, r.PreviousID = 2, id(1) })
		o.Next = &next
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		f.same(next, f.execution(next))
		f.mustClaim(19, 9, run(s, 2))
		f.mustClaim(20, 9, next)
	}},
	{"a dead letter is listed until it is resolved", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1), run(s, 2))
		for _, r := range f.claim("node", 5, 2) {
			f.finish(r, jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = true })
		}
		require.Equal(f, []uuid.UUID{id(2), id(1)}, f.deadLetters())
		require.NoError(f, f.store.ResolveDeadLetter(f.ctx, tenantA, id(2), nil))
		require.Equal(f, []uuid.UUID{id(1)}, f.deadLetters())
		next := run(s, 3)
		require.NoError(f, f.store.ResolveDeadLetter(f.ctx, tenantA, id(1), &next))
		require.Empty(f, f.deadLetters())
		f.same(next, f.execution(next))
		got := f.execution(run(s, 1))
		require.Equal(f, jsruntime.ExecutionFailed, got.Status)
		require.False(f, got.DeadLetter)
		require.Equal(f, next.ID, got.NextID)
		require.Equal(f, uuid.Nil, f.execution(run(s, 2)).NextID)
		f.mustClaim(9, 9, next)
	}},
	{"an execution without the mark of a dead letter is a conflict", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.past(s, 1, jsruntime.ExecutionFailed)
		next := run(s, 2)
		require.ErrorIs(f, f.store.ResolveDeadLetter(f.ctx, tenantA, id(1), &next), jsruntime.ErrConflict)
		_, err := f.store.Execution(f.ctx, tenantA, next.ID)
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}},
}

// testUnreadable hands in what could be written and not be read, wherever there is room for it.
func testUnreadable(f *fixture) {
	const levels = 10_000 // which is what encoding/json reads, and the record adds its own
	deep := json.RawMessage(strings.Repeat("[", levels) + strings.Repeat("]", levels))
	s := f.script(tenantA, 1)
	f.create(run(s, 1, withKey("k")))
	running := f.mustClaim(9, 1, run(s, 1))[0]
	bad, large := run(s, 2), run(s, 2)
	bad.TriggerData.Payload, large.TriggerData.Payload = deep, map[string]any{"n": json.Number("1e400")}
	for name, call := range map[string]func() error{
		"created": func() error {
			_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{bad}})
			return err
		},
		"number": func() error {
			_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, 3), large}})
			return err
		},
		"output": func() error {
			o := ended(running, jsruntime.ExecutionCompleted)
			o.Execution.Output = deep
			return f.store.FinishExecution(f.ctx, o)
		},
		"reply": func() error {
			o := ended(running, jsruntime.ExecutionCompleted)
			o.Reply = deep
			return f.store.FinishExecution(f.ctx, o)
		},
		"next": func() error {
			o := ended(running, jsruntime.ExecutionCompleted)
			o.Next = &bad
			return f.store.FinishExecution(f.ctx, o)
		},
		"tick": func() error {
			return f.store.RecordTicks(f.ctx, ticks(s, 0, 1, jsruntime.Tick{Record: tick(s, 1), Run: &bad}))
		},
		"name": func() error {
			long := scriptRecord(tenantA, 9, withName(strings.Repeat("n", 1001)))
			return f.store.CreateScript(f.ctx, long, versionRecord(long))
		},
	} {
		require.ErrorIs(f, call(), jsruntime.ErrInvalid, name)
		require.Equal(f, []uuid.UUID{id(1)}, f.remaining(tenantA), name)
		f.same(running, f.execution(running))
		require.Empty(f, f.ticks(s), name)
		require.True(f, f.cursor(s).IsZero(), name)
	}
}

func (f *fixture) deadLetters() []uuid.UUID {
	f.Helper()
	page, err := f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{DeadLetters: true})
	require.NoError(f, err)
	return idsOf(page.Items)
}
