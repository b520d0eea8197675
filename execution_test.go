package jsruntime_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var executionStatuses = []jsruntime.ExecutionStatus{
	jsruntime.ExecutionPending, jsruntime.ExecutionRunning, jsruntime.ExecutionCompleted, jsruntime.ExecutionFailed,
	jsruntime.ExecutionTimeout, jsruntime.ExecutionCancelled,
}

// unencodable has values that JSON cannot hold.
func unencodable() map[string]any {
	cycle := map[string]any{}
	cycle["self"] = []any{cycle}
	return map[string]any{
		"a cycle": cycle, "NaN": math.NaN(), "an infinity": math.Inf(1), "a function": func() {}, "a channel": make(chan int),
		"deep inside": map[string]any{"a": []any{map[string]any{"b": func() {}}}},
	}
}

func TestExecutionStatusesAreExactlyTheSixOfTheSpecification(t *testing.T) {
	assert.Equal(t, []jsruntime.ExecutionStatus{
		"pending", "running", "completed", "failed", "timeout", "cancelled",
	}, executionStatuses)
	for _, v := range executionStatuses {
		assert.True(t, v.IsValid(), v)
	}
	for _, v := range []jsruntime.ExecutionStatus{"", "Pending", "done", "canceled"} {
		assert.False(t, v.IsValid(), v)
		assert.False(t, v.IsTerminal(), v)
	}
}

func TestAnExecutionStatusChangesOnlyAlongItsStateMachine(t *testing.T) {
	allowed := map[jsruntime.ExecutionStatus]string{
		jsruntime.ExecutionPending: "running cancelled",
		jsruntime.ExecutionRunning: "completed failed timeout cancelled",
	}
	all := append([]jsruntime.ExecutionStatus{"", "unknown"}, executionStatuses...)
	for _, from := range all {
		ways := 0
		for _, to := range all {
			e := newRun().SetStatus(from)
			next, err := e.Transition(to)
			if to != "" && strings.Contains(allowed[from], string(to)) {
				ways++
				require.NoError(t, err, "%s to %s", from, to)
				assert.NoError(t, from.TransitionTo(to))
				assert.Equal(t, to, next.Status())
			} else {
				assert.Nil(t, next)
				requireTransitionError(t, err, "execution", string(from), string(to))
				requireTransitionError(t, from.TransitionTo(to), "execution", string(from), string(to))
			}
			assert.Equal(t, from, e.Status(), "the source stays as it was")
		}
		assert.Equal(t, from.IsValid() && ways == 0, from.IsTerminal(), from)
	}
}

func TestANewExecutionIsPendingAndHasNoTimesOfARun(t *testing.T) {
	tenant, script, id := uuid.New(), uuid.New(), uuid.New()
	for _, trigger := range triggerTypes {
		e := jsruntime.NewExecution(tenant, script, trigger, jsruntime.WithExecutionID(id))
		assert.Equal(t, id, e.ID())
		assert.Equal(t, tenant, e.TenantID())
		assert.Equal(t, script, e.ScriptID())
		assert.Equal(t, trigger, e.TriggerType())
		assert.Equal(t, jsruntime.ExecutionPending, e.Status())
		assert.Equal(t, jsruntime.TriggerData{}, e.TriggerData())
		assert.Equal(t, map[string]any{}, e.Input())
		assert.Nil(t, e.Output())
		assert.Empty(t, e.Error())
		assert.Nil(t, e.Failure())
		assert.Zero(t, e.Metrics())
		assert.Zero(t, e.VersionNumber())
		assert.Equal(t, 1, e.Attempt())
		assert.Equal(t, uuid.Nil, e.PreviousID())
		assert.WithinDuration(t, time.Now(), e.CreatedAt(), time.Minute)
		assert.Equal(t, e.CreatedAt(), e.RunAt())
		assert.True(t, e.StartedAt().IsZero())
		assert.Nil(t, e.CompletedAt())
		assert.Zero(t, e.Duration())
		assert.NoError(t, e.Validate())
	}
	assert.NotEqual(t, newRun().ID(), newRun().ID(), "ids are new")
}

func TestAnExecutionTracksItsLifeFromPendingToCompleted(t *testing.T) {
	pending := newRun(jsruntime.WithInput(map[string]any{"n": 2}))
	started := pending.CreatedAt().Add(time.Second)
	running, err := pending.Transition(jsruntime.ExecutionRunning)
	require.NoError(t, err)
	running = running.SetStartedAt(started)
	require.NoError(t, running.Validate())
	completed, err := running.Transition(jsruntime.ExecutionCompleted)
	require.NoError(t, err)
	metrics := jsruntime.ExecutionMetrics{
		Duration: 3 * time.Second, MemoryUsedBytes: 1 << 20, APICallCount: 5, DatabaseQueryCount: 2,
	}
	completed = completed.SetOutput([]int{4}).SetMetrics(metrics).SetCompletedAt(started.Add(3 * time.Second))
	require.NoError(t, completed.Validate())

	assert.Equal(t, map[string]any{"n": 2.0}, completed.Input())
	assert.Equal(t, []any{4.0}, completed.Output())
	assert.Empty(t, completed.Error())
	assert.Equal(t, metrics, completed.Metrics())
	assert.Equal(t, started, completed.StartedAt())
	assert.Equal(t, started.Add(3*time.Second), *completed.CompletedAt())
	assert.Equal(t, 3*time.Second, completed.Duration())
	assert.Nil(t, running.CompletedAt(), "null until it finishes")
}

func TestStatusChecksAreTrueForTheirStatusesOnly(t *testing.T) {
	for _, status := range append([]jsruntime.ExecutionStatus{"", "unknown"}, executionStatuses...) {
		e := newRun().SetStatus(status)
		assert.Equal(t, status == jsruntime.ExecutionRunning, e.IsRunning(), status)
		assert.Equal(t, status == jsruntime.ExecutionCompleted, e.IsCompleted(), status)
		failed := status == jsruntime.ExecutionFailed || status == jsruntime.ExecutionTimeout
		assert.Equal(t, failed, e.IsFailed(), status)
	}
}

func TestDurationIsFromStartToEndOrToNowWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newRun()
		time.Sleep(time.Hour)
		assert.Zero(t, e.Duration(), "pending")
		assert.Zero(t, e.SetStatus(jsruntime.ExecutionCancelled).SetCompletedAt(time.Now()).Duration(),
			"cancelled while pending")

		running := e.SetStatus(jsruntime.ExecutionRunning).SetStartedAt(time.Now())
		assert.Zero(t, running.Duration())
		time.Sleep(1500 * time.Millisecond)
		assert.Equal(t, 1500*time.Millisecond, running.Duration())
		completed := running.SetStatus(jsruntime.ExecutionCompleted).SetCompletedAt(time.Now())
		time.Sleep(time.Hour)
		assert.Equal(t, 1500*time.Millisecond, completed.Duration(), "it stands still after the end")
		assert.Equal(t, time.Hour+1500*time.Millisecond, running.Duration())
	})
}

func TestEveryExecutionSetterReturnsANewInstanceThatDiffersInItsSettingOnly(t *testing.T) {
	type (
		E = jsruntime.Execution
		R = jsruntime.ExecutionRecord
	)
	at := time.Date(2026, 5, 5, 5, 5, 5, 5, time.UTC)
	metrics := jsruntime.ExecutionMetrics{APICallCount: 9}
	failure := &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "new"}
	setters := map[string]struct {
		set  func(E) E
		want func(*R)
	}{
		"SetStatus":      {func(e E) E { return e.SetStatus("new") }, func(r *R) { r.Status = "new" }},
		"SetOutput":      {func(e E) E { return e.SetOutput("new") }, func(r *R) { r.Output = []byte(`"new"`) }},
		"SetError":       {func(e E) E { return e.SetError("new") }, func(r *R) { r.Failure = failure }},
		"SetMetrics":     {func(e E) E { return e.SetMetrics(metrics) }, func(r *R) { r.Metrics = metrics }},
		"SetStartedAt":   {func(e E) E { return e.SetStartedAt(at) }, func(r *R) { r.StartedAt = at }},
		"SetCompletedAt": {func(e E) E { return e.SetCompletedAt(at) }, func(r *R) { r.CompletedAt = at }},
	}
	iface := reflect.TypeFor[jsruntime.Execution]()
	for m := range iface.Methods() {
		if strings.HasPrefix(m.Name, "Set") {
			assert.Contains(t, setters, m.Name, "every setter is in the table")
		}
	}
	for name, c := range setters {
		for sibling, other := range setters {
			e := jsruntime.RestoreExecution(fullExecution())
			before := e.Record()
			left, right := c.set(e), other.set(e)
			assert.NotSame(t, e, left)
			want := before.Clone()
			c.want(&want)
			wantRight := right.Record()
			for _, x := range []E{e, left, c.set(left)} {
				spoilExecution(x)
			}
			assert.Equal(t, before, e.Record(), "%s leaves the source as it was", name)
			assert.Equal(t, want, left.Record(), name)
			assert.Equal(t, wantRight, right.Record(), "%s leaves the sibling of %s as it was", name, sibling)
		}
	}
}

func fullExecution() jsruntime.ExecutionRecord {
	at := time.Date(2026, 4, 4, 4, 4, 4, 4, time.UTC)
	return jsruntime.ExecutionRecord{
		ID: uuid.New(), ScriptID: uuid.New(), TenantID: uuid.New(), Status: jsruntime.ExecutionFailed,
		TriggerType: jsruntime.TriggerHTTP, TriggerData: triggerData(),
		Input: []byte(`{"in":[1,{"deep":"SECRET-INPUT"}]}`), Output: []byte(`{"out":["SECRET-OUTPUT"]}`),
		Failure: &jsruntime.ScriptError{Kind: jsruntime.FailureMemory, Message: "too much", Line: 1, Column: 2},
		Metrics: jsruntime.ExecutionMetrics{
			Duration: time.Second, MemoryUsedBytes: 2, MemoryEstimated: true, CPUTime: 5, APICallCount: 3, DatabaseQueryCount: 4,
		},
		LogsDropped: 5, VersionNumber: 6, Attempt: 7, PreviousID: uuid.New(),
		CreatedAt: at, RunAt: at.Add(1), StartedAt: at.Add(2), CompletedAt: at.Add(3),
		Depth: 8, DedupeKey: "dedupe", OrderKey: "order", ConcurrencyCap: 9, DeadLetter: true, Attached: true,
		Lease: jsruntime.Lease{Node: "SECRET-NODE", Token: 10},
	}
}

// spoilExecution overwrites everything in e that a caller can reach through pointers, slices and maps.
func spoilExecution(e jsruntime.Execution) {
	r := e.Record()
	for _, raw := range [][]byte{r.Input, r.Output} {
		for i := range raw {
			raw[i] = 'x'
		}
	}
	spoilTrigger(r.TriggerData)
	spoilTrigger(e.TriggerData())
	for _, failure := range []*jsruntime.ScriptError{r.Failure, e.Failure()} {
		if failure != nil {
			*failure = jsruntime.ScriptError{Message: "spoiled"}
		}
	}
	e.Input()["in"] = "spoiled"
	if list, ok := e.Input()["in"].([]any); ok {
		list[1].(map[string]any)["deep"] = "spoiled"
	}
	if output, ok := e.Output().(map[string]any); ok {
		output["out"].([]any)[0] = "spoiled"
	}
	if end := e.CompletedAt(); end != nil {
		*end = time.Time{}
	}
}

func TestInputAndOutputAreCopiesAsJSONHoldsThem(t *testing.T) {
	nested := map[string]any{"n": 1}
	input := map[string]any{
		"int": 7, "big": int64(1) << 40, "bytes": []byte("hi"), "time": time.Unix(0, 0).UTC(), "nested": nested,
		"null": nil,
	}
	want := map[string]any{
		"int": 7.0, "big": float64(1 << 40), "bytes": "aGk=", "time": "1970-01-01T00:00:00Z",
		"nested": map[string]any{"n": 1.0}, "null": nil,
	}
	opt := jsruntime.WithInput(input)
	nested["n"], input["int"] = "spoiled", "spoiled"
	first, second := newRun(opt), newRun(opt)
	first.Input()["nested"].(map[string]any)["n"] = "spoiled"
	assert.Equal(t, want, first.Input(), "the option took a copy")
	assert.Equal(t, want, second.Input())

	output := []any{1, "a", nil, map[string]any{"b": true}}
	done := first.SetOutput(output)
	output[0] = "spoiled"
	assert.Equal(t, []any{1.0, "a", nil, map[string]any{"b": true}}, done.Output())
	assert.Nil(t, first.Output())
	for about, c := range map[string]struct{ given, want any }{
		"nil": {nil, nil}, "a number": {7, 7.0}, "a string": {"<&>", "<&>"}, "false": {false, false},
		"a struct": {struct{ A int }{1}, map[string]any{"A": 1.0}}, "raw JSON": {json.RawMessage(` [1] `), []any{1.0}},
	} {
		assert.Equal(t, c.want, first.SetOutput(c.given).Output(), about)
	}
}

func TestAnInputOrOutputThatJSONCannotHoldIsReportedByValidate(t *testing.T) {
	for about, value := range unencodable() {
		input := newRun(jsruntime.WithInput(map[string]any{"value": value}))
		assert.Equal(t, []string{"input"}, fieldsOf(t, input.Validate()), about)
		assert.Empty(t, input.Input(), about)

		output := newRun().SetOutput(value)
		assert.Equal(t, []string{"output"}, fieldsOf(t, output.Validate()), about)
		assert.Nil(t, output.Output(), about)
		assert.Equal(t, []string{"output"}, fieldsOf(t, output.SetError("x").Validate()), "other setters keep it")
		assert.NoError(t, output.SetOutput(1).Validate(), "a good one mends it")
	}
}

func TestTheLastOfSeveralOptionsCounts(t *testing.T) {
	bad := jsruntime.WithInput(map[string]any{"f": func() {}})
	assert.NoError(t, newRun(bad, jsruntime.WithInput(map[string]any{"a": 1})).Validate())
	assert.NoError(t, newRun(bad, jsruntime.WithInput(nil)).Validate())
	assert.NoError(t, newRun(jsruntime.WithTriggerData(jsruntime.TriggerData{Payload: func() {}}),
		jsruntime.WithTriggerData(jsruntime.TriggerData{})).Validate())
}

func TestAnExecutionsRulesAreAllReportedAtOnce(t *testing.T) {
	bad := jsruntime.NewExecution(uuid.Nil, uuid.Nil, "unknown", jsruntime.WithExecutionID(uuid.Nil),
		jsruntime.WithInput(map[string]any{"f": func() {}}),
		jsruntime.WithTriggerData(jsruntime.TriggerData{Payload: math.NaN()})).SetOutput(math.NaN()).SetStatus("unknown")
	assert.Equal(t, []string{
		"input", "output", "triggerData.payload", "id", "scriptId", "tenantId", "status", "triggerType",
	}, fieldsOf(t, bad.Validate()))
}

func TestCompletedAtIsSetExactlyWhenAnExecutionHasEnded(t *testing.T) {
	now := time.Now()
	for _, status := range executionStatuses {
		open := newRun().SetStatus(status).SetStartedAt(now)
		ended := open.SetCompletedAt(now)
		if status.IsTerminal() {
			assert.Equal(t, []string{"completedAt"}, fieldsOf(t, open.Validate()), status)
			assert.NoError(t, ended.Validate(), status)
		} else {
			assert.NoError(t, open.Validate(), status)
			assert.Equal(t, []string{"completedAt"}, fieldsOf(t, ended.Validate()), status)
		}
	}
	backwards := newRun().SetStatus(jsruntime.ExecutionFailed).SetStartedAt(now).SetCompletedAt(now.Add(-1))
	assert.Equal(t, []string{"completedAt"}, fieldsOf(t, backwards.Validate()))
}

func TestSetErrorIsAnExceptionAndAnEmptyOneTakesItBack(t *testing.T) {
	e := newRun().SetError("it broke")
	assert.Equal(t, "it broke", e.Error())
	assert.Equal(t, jsruntime.ScriptError{
		Kind: jsruntime.FailureException, Message: "it broke", ExecutionID: e.ID(),
	}, *e.Failure())
	assert.Empty(t, e.SetError("").Error())
	assert.Nil(t, e.SetError("").Failure())
}

func TestAnExecutionComesBackFromItsRecord(t *testing.T) {
	record := fullExecution()
	e := jsruntime.RestoreExecution(record)
	assert.Equal(t, record, e.Record())
	assert.Equal(t, record.VersionNumber, e.VersionNumber())
	assert.Equal(t, record.Attempt, e.Attempt())
	assert.Equal(t, record.PreviousID, e.PreviousID())
	assert.Equal(t, record.RunAt, e.RunAt())
	assert.Equal(t, record.CreatedAt, e.CreatedAt())
	assert.Equal(t, "too much (line 1, column 2)", e.Error())
	assert.NoError(t, e.Validate())

	raw, err := json.Marshal(record)
	require.NoError(t, err)
	var decoded jsruntime.ExecutionRecord
	require.NoError(t, json.Unmarshal(raw, &decoded))
	assert.Equal(t, record, jsruntime.RestoreExecution(decoded).Record())

	want := record.Clone()
	spoilExecution(e)
	record.Input[0], record.Failure.Message = 'x', "spoiled"
	spoilTrigger(record.TriggerData)
	assert.Equal(t, want, e.Record(), "it does not follow the record it was made of")
}

func TestAnExecutionMarshalsToJSONWithoutItsLeaseAndCredentials(t *testing.T) {
	record := fullExecution()
	e := jsruntime.RestoreExecution(record)
	raw, err := json.Marshal([]jsruntime.Execution{e})
	require.NoError(t, err)
	var decoded []map[string]any
	require.NoError(t, json.Unmarshal(raw, &decoded))
	assert.NotContains(t, decoded[0], "lease")
	assert.NotContains(t, string(raw), "SECRET-NODE")
	assert.NotContains(t, string(raw), `"SECRET"`)
	assert.Contains(t, string(raw), "[redacted]")
	assert.Equal(t, record.ID.String(), decoded[0]["id"])
	assert.Equal(t, "failed", decoded[0]["status"])
	assert.Equal(t, map[string]any{"out": []any{"SECRET-OUTPUT"}}, decoded[0]["output"])
	assert.Equal(t, "memory_limit", decoded[0]["failure"].(map[string]any)["kind"])
	assert.Equal(t, record, e.Record(), "marshalling changes nothing")

	raw, err = json.Marshal(newRun())
	require.NoError(t, err)
	for _, absent := range []string{"startedAt", "completedAt", "output", "failure", "lease", "triggerData"} {
		assert.NotContains(t, string(raw), absent)
	}
}

func TestAnExecutionIsLoggedWithoutInputAndOutput(t *testing.T) {
	e := jsruntime.RestoreExecution(fullExecution())
	out := logged(e)
	assert.NotContains(t, out, "SECRET")
	for _, part := range []string{
		e.ID().String(), e.ScriptID().String(), e.TenantID().String(), "failed", "http", "too much",
	} {
		assert.Equal(t, 2, strings.Count(out, part), part)
	}
	assert.NotContains(t, logged(newRun()), "error")
}

func TestEveryKindOfFailureIsFoundInAnExecutionsFailure(t *testing.T) {
	for kind, want := range failureSentinels {
		record := fullExecution()
		record.Failure = &jsruntime.ScriptError{Kind: kind, Message: "m"}
		failure := jsruntime.RestoreExecution(record).Failure()
		assert.Equal(t, record.ID, failure.ExecutionID)
		if want != nil {
			assert.ErrorIs(t, failure, want, kind)
		}
	}
}
