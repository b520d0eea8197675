package storetest

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// everyCall calls each method of the store once with valid arguments.
func everyCall(ctx context.Context, s jsruntime.Store) map[string]error {
	script := scriptRecord(tenantA, 50)
	other := scriptRecord(tenantA, 1)
	other.Revision = 2
	r := run(script, 50)
	last := run(script, 51)
	last.Status = jsruntime.ExecutionCompleted
	errs := map[string]error{
		"CreateScript":      s.CreateScript(ctx, script, versionRecord(script)),
		"UpdateScript":      s.UpdateScript(ctx, jsruntime.ScriptUpdate{Script: other}),
		"DeleteScript":      s.DeleteScript(ctx, tenantA, other.ID, 1),
		"RenewLease":        s.RenewLease(ctx, "node", at(1)),
		"ReleaseLease":      s.ReleaseLease(ctx, "node"),
		"FinishExecution":   s.FinishExecution(ctx, jsruntime.Outcome{Execution: last}),
		"ResolveDeadLetter": s.ResolveDeadLetter(ctx, tenantA, id(2), nil),
		"RecordTicks":       s.RecordTicks(ctx, ticks(script, 0, 1, jsruntime.Tick{Record: tick(script, 1)})),
	}
	_, errs["Script"] = s.Script(ctx, tenantA, other.ID)
	_, errs["ScriptByName"] = s.ScriptByName(ctx, tenantA, other.Name)
	_, errs["Scripts"] = s.Scripts(ctx, tenantA, jsruntime.ScriptFilter{})
	_, errs["Changes"] = s.Changes(ctx, 0, 1)
	_, errs["Version"] = s.Version(ctx, tenantA, other.ID, 1)
	_, errs["Versions"] = s.Versions(ctx, tenantA, other.ID, jsruntime.PageRequest{})
	_, errs["CreateExecutions"] = s.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	_, errs["ClaimExecutions"] = s.ClaimExecutions(ctx, jsruntime.Claim{Node: "node", Now: at(99), Limit: 1})
	_, errs["Expired"] = s.Expired(ctx, at(1), 1)
	_, errs["Claimed"] = s.Claimed(ctx, "node", 1)
	_, errs["Execution"] = s.Execution(ctx, tenantA, id(1))
	_, errs["DedupeKey"] = s.DedupeKey(ctx, tenantA, "k")
	_, errs["Executions"] = s.Executions(ctx, tenantA, jsruntime.ExecutionFilter{})
	_, errs["Logs"] = s.Logs(ctx, tenantA, id(1))
	_, errs["CountExecutions"] = s.CountExecutions(ctx, tenantA, other.ID)
	_, errs["Prune"] = s.Prune(ctx, jsruntime.Pruning{Before: at(99), Limit: 9})
	_, errs["PruneKeys"] = s.PruneKeys(ctx, at(99), 9)
	_, errs["Ticks"] = s.Ticks(ctx, tenantA, other.ID, jsruntime.PageRequest{})
	_, errs["ScheduleCursor"] = s.ScheduleCursor(ctx, tenantA, other.ID)
	_, errs["PruneTicks"] = s.PruneTicks(ctx, at(99), 9)
	return errs
}

var lifecycleTests = []test{
	{"a call whose context is done returns the context's error and has changed nothing", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1, withKey("k")))
		f.past(s, 2, jsruntime.ExecutionFailed, func(r *jsruntime.ExecutionRecord) { r.DeadLetter = true })
		f.past(s, 3, jsruntime.ExecutionFailed)
		last := f.changes(0, 9)[0].Sequence

		cancelled, cancel := context.WithCancel(f.ctx)
		cancel()
		late, cancel := context.WithDeadline(f.ctx, time.Unix(1, 0))
		defer cancel()
		for name, err := range everyCall(cancelled, f.store) {
			assert.ErrorIs(f, err, context.Canceled, name)
		}
		for name, err := range everyCall(late, f.store) {
			assert.ErrorIs(f, err, context.DeadlineExceeded, name)
		}
		require.Empty(f, f.changes(last, 9))
		require.Len(f, f.remaining(tenantA), 3)
		require.True(f, f.cursorOf(tenantA, scriptID(tenantA, 50)).IsZero())
		require.Equal(f, jsruntime.ExecutionPending, f.execution(run(s, 1)).Status)
		require.Equal(f, id(1), f.holder(tenantA, "k"))
		require.Len(f, f.deadLetters(), 1)
	}},
	{"after Close every call returns ErrClosed, and Close may be repeated", func(f *fixture) {
		closer := f.closer()
		f.script(tenantA, 1)
		require.NoError(f, closer.Close())
		for name, err := range everyCall(f.ctx, f.store) {
			assert.ErrorIs(f, err, jsruntime.ErrClosed, name)
		}
		require.NoError(f, closer.Close())
	}},
	{"a call during Close comes to its end or returns ErrClosed, and none hangs", func(f *fixture) {
		closer := f.closer()
		s := f.script(tenantA, 1)
		var started sync.WaitGroup
		started.Add(callers)
		f.together(func(caller int) {
			for n := 0; ; n++ {
				_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, caller*100_000+n+1)}})
				if n == 0 {
					started.Done()
					if caller == 0 {
						started.Wait()
						assert.NoError(f, closer.Close())
					}
				}
				if err != nil {
					assert.ErrorIs(f, err, jsruntime.ErrClosed)
					return
				}
				if _, err = f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{}); err != nil {
					assert.ErrorIs(f, err, jsruntime.ErrClosed)
					return
				}
			}
		})
	}},
}

// closer returns the store's Close, and skips the test where it has none.
func (f *fixture) closer() io.Closer {
	f.Helper()
	closer, ok := f.store.(io.Closer)
	if !ok {
		f.Skip("the store has no Close")
	}
	return closer
}
