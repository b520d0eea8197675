package storetest

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var copyTests = []test{
	{"a script's record is the caller's own again when the call returns", func(f *fixture) {
		in, want := fullScript(), fullScript()
		require.NoError(f, f.store.CreateScript(f.ctx, in, versionRecord(in)))
		spoilScript(&in)
		for range 2 {
			got, err := f.store.Script(f.ctx, tenantA, want.ID)
			require.NoError(f, err)
			f.same(want, got)
			spoilScript(&got)
			page, err := f.store.Scripts(f.ctx, tenantA, jsruntime.ScriptFilter{})
			require.NoError(f, err)
			f.same(want, page.Items[0])
			spoilScript(&page.Items[0])
			changes := f.changes(0, 1)
			f.same(want, changes[0].Script)
			spoilScript(changes[0].Script)
		}
	}},
	{"an execution's record is the caller's own again when the call returns", func(f *fixture) {
		in, want := fullExecution(), fullExecution()
		in.Attached, in.Lease, want.Attached, want.Lease = false, jsruntime.Lease{}, false, jsruntime.Lease{}
		f.create(in)
		spoilExecution(&in)
		for range 2 {
			got := f.execution(want)
			f.same(want, got)
			spoilExecution(&got)
			page, err := f.store.Executions(f.ctx, tenantA, jsruntime.ExecutionFilter{})
			require.NoError(f, err)
			f.same(want, page.Items[0])
			spoilExecution(&page.Items[0])
		}
		claimed := f.claim("node", 99, 1)
		want = claimed[0].Clone()
		spoilExecution(&claimed[0])
		f.same(want, f.execution(want))
		expired := f.mustExpire(99, 1, want)
		spoilExecution(&expired[0])
		f.same(want, f.execution(want))
	}},
	{"an outcome's failure and logs are the caller's own again when the call returns", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.create(run(s, 1))
		o := ended(f.claim("node", 5, 1)[0], jsruntime.ExecutionFailed)
		next := run(s, 2)
		o.Execution.Failure = &jsruntime.ScriptError{Message: "as it was"}
		o.Execution.Output, o.Next = json.RawMessage(`"x"`), &next
		o.Logs = []jsruntime.LogEntry{{Message: "as it was"}}
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		o.Execution.Failure.Message, o.Execution.Output[1], o.Logs[0].Message = "spoilt", 'y', "spoilt"
		next.Input[2] = 'y'
		for range 2 {
			got := f.execution(run(s, 1))
			require.Equal(f, "as it was", got.Failure.Message)
			require.JSONEq(f, `"x"`, string(got.Output))
			got.Failure.Message, got.Output[1] = "spoilt", 'y'
			logs, err := f.store.Logs(f.ctx, tenantA, id(1))
			require.NoError(f, err)
			require.Equal(f, "as it was", logs[0].Message)
			logs[0].Message = "spoilt"
			require.JSONEq(f, `{"n":1}`, string(f.execution(run(s, 2)).Input))
		}
	}},
	{"times are kept to the nanosecond, and returned in UTC", func(f *fixture) {
		zone := time.FixedZone("there", 2*60*60+30*60)
		there := func(t time.Time) time.Time { return t.In(zone) }
		s := scriptRecord(tenantA, 1)
		s.CreatedAt, s.UpdatedAt = there(at(1)), there(at(2))
		require.NoError(f, f.store.CreateScript(f.ctx, s, versionRecord(s)))
		gotScript, err := f.store.Script(f.ctx, tenantA, s.ID)
		require.NoError(f, err)
		gotVersion, err := f.store.Version(f.ctx, tenantA, s.ID, 1)
		require.NoError(f, err)

		r := run(s, 1)
		r.CreatedAt, r.RunAt = there(at(3)), there(at(4))
		f.create(r)
		claimed, err := f.store.ClaimExecutions(f.ctx, jsruntime.Claim{Node: "n", Now: there(at(5)), Limit: 1})
		require.NoError(f, err)
		o := ended(claimed[0], jsruntime.ExecutionCompleted)
		o.Execution.CompletedAt = there(at(6))
		o.Logs = []jsruntime.LogEntry{{Time: there(at(7))}}
		require.NoError(f, f.store.FinishExecution(f.ctx, o))
		gotRun := f.execution(r)
		logs, err := f.store.Logs(f.ctx, tenantA, r.ID)
		require.NoError(f, err)

		tk := tick(s, 8)
		tk.Instant, tk.RecordedAt, tk.First = there(at(8)), there(at(9)), there(at(10))
		f.record(s, there(at(8)), jsruntime.Tick{Record: tk})
		gotTick := f.ticks(s)[0]

		for want, got := range map[time.Time]time.Time{
			at(1): gotScript.CreatedAt, at(2): gotScript.UpdatedAt,
			at(3): gotRun.CreatedAt, at(4): gotRun.RunAt, at(5): gotRun.StartedAt, at(6): gotRun.CompletedAt,
			at(7): logs[0].Time, at(8): gotTick.Instant, at(9): gotTick.RecordedAt, at(10): gotTick.First,
		} {
			require.Equal(f, want, got)
			require.Equal(f, time.UTC, got.Location())
		}
		require.Equal(f, at(2), gotVersion.CreatedAt)
		require.Equal(f, time.UTC, claimed[0].StartedAt.Location())
		require.Equal(f, at(8), f.cursor(s))
	}},
}

// spoilScript writes over whatever a careless store could share.
func spoilScript(r *jsruntime.ScriptRecord) {
	r.Tags[0], r.HTTPMethods[0], r.EventTypes[0], r.Metadata["k"] = "spoilt", "spoilt", "spoilt", "spoilt"
}

func spoilExecution(r *jsruntime.ExecutionRecord) {
	r.Input[2] = '!'
	r.TriggerData.Payload.(map[string]any)["list"].([]any)[0] = "spoilt"
	request := r.TriggerData.Request
	request.Params["p"], request.Query["a"][0], request.Headers["h"] = "spoilt", "spoilt", "spoilt"
	request.Text = "spoilt"
}
