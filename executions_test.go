package jsruntime_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

func TestExecuteRunsTheScriptAndRecordsAllOfIt(t *testing.T) {
	w := startedWorld(t)
	logs := []jsruntime.LogEntry{{Time: time.Now().UTC(), Level: jsruntime.LogWarn, Message: "careful"}}
	w.fake.on("x", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{
			Output: []byte(`{"n":1}`), Logs: logs, LogsDropped: 3, Metrics: jsruntime.ExecutionMetrics{MemoryUsedBytes: 9},
		}
	})
	s := w.active("x", jsruntime.WithMetadata(map[string]string{"k": "v"}))
	before := time.Now()
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), map[string]any{"a": 1})
	require.NoError(t, err)

	require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
	require.Equal(t, jsruntime.TriggerManual, e.TriggerType())
	require.Equal(t, map[string]any{"a": 1.0}, e.Input())
	require.Equal(t, map[string]any{"n": 1.0}, e.Output())
	require.Empty(t, e.Error())
	require.Nil(t, e.Failure())
	require.Equal(t, []int{1, 1}, []int{e.VersionNumber(), e.Attempt()})
	require.False(t, e.StartedAt().Before(before.Truncate(0).UTC().Add(-time.Second)))
	require.Equal(t, e.Duration(), e.CompletedAt().Sub(e.StartedAt()))
	require.Equal(t, e.Duration(), e.Metrics().Duration)
	require.Equal(t, int64(9), e.Metrics().MemoryUsedBytes)
	require.Equal(t, e.Record(), w.execution(e.ID()).Record(), "what is returned is what is stored")
	stored, err := w.Logs(t.Context(), w.tenant, e.ID())
	require.NoError(t, err)
	require.Equal(t, logs, stored)

	job := w.fake.seen()[0]
	require.Equal(t, jsruntime.Source{Text: "x", Language: jsruntime.LanguageJavaScript}, job.Source)
	require.JSONEq(t, `{"a":1}`, string(job.Input))
	require.Equal(t, jsruntime.JobContext{
		Tenant:    jsruntime.JobTenant{ID: w.tenant},
		Script:    jsruntime.JobScript{ID: s.ID(), Name: s.Name(), Version: 1},
		Execution: jsruntime.JobExecution{ID: e.ID(), Attempt: 1},
		Trigger:   jsruntime.JobTrigger{Type: jsruntime.TriggerManual},
		Metadata:  map[string]string{"k": "v"},
	}, job.Context)
	require.Equal(t, s.ResourceLimits(), job.Limits)
}

func TestEachEndOfARunIsAStatusAnErrorAndAnEvent(t *testing.T) {
	failure := func(kind jsruntime.FailureKind) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: kind, Message: "why", Line: 2, Column: 5}}
	}
	for source, test := range map[string]struct {
		result   jsruntime.Result
		status   jsruntime.ExecutionStatus
		sentinel error
		event    string
	}{
		"completes":     {jsruntime.Result{Output: []byte("1")}, jsruntime.ExecutionCompleted, nil, jsruntime.EventExecutionCompleted},
		"throws":        {failure(jsruntime.FailureException), jsruntime.ExecutionFailed, nil, jsruntime.EventExecutionFailed},
		"times out":     {failure(jsruntime.FailureTimeout), jsruntime.ExecutionTimeout, jsruntime.ErrTimeout, jsruntime.EventExecutionTimeout},
		"eats memory":   {failure(jsruntime.FailureMemory), jsruntime.ExecutionFailed, jsruntime.ErrMemoryLimit, jsruntime.EventExecutionFailed},
		"says too much": {failure(jsruntime.FailureOutputLimit), jsruntime.ExecutionFailed, jsruntime.ErrOutputLimit, jsruntime.EventExecutionFailed},
		"breaks goja":   {jsruntime.Result{Err: errors.New("odd")}, jsruntime.ExecutionFailed, jsruntime.ErrEngine, jsruntime.EventExecutionFailed},
	} {
		t.Run(source, func(t *testing.T) {
			w := startedWorld(t)
			w.fake.on(source, func(context.Context, jsruntime.Job) jsruntime.Result { return test.result })
			s := w.active(source)
			e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
			require.Equal(t, test.status, e.Status())
			require.NotNil(t, e.CompletedAt())
			if test.result.Err != nil {
				require.NotEmpty(t, e.Error())
				require.Equal(t, e.ID(), e.Failure().ExecutionID)
				_, err = w.Call(t.Context(), w.tenant, s.Name(), nil)
				var scriptError *jsruntime.ScriptError
				require.ErrorAs(t, err, &scriptError)
				require.NotEqual(t, uuid.Nil, scriptError.ExecutionID)
			}
			if test.sentinel != nil {
				require.ErrorIs(t, w.execution(e.ID()).Failure(), test.sentinel)
			}
			var started jsruntime.ExecutionStartedEvent
			require.NoError(t, w.events.of(t, jsruntime.EventExecutionStarted).Decode(&started))
			require.Equal(t, jsruntime.ExecutionStartedEvent{
				ExecutionID: e.ID(), ScriptID: s.ID(), TenantID: w.tenant, TriggerType: jsruntime.TriggerManual,
				StartedAt: e.StartedAt(),
			}, started)
			var ended struct {
				ExecutionID, ScriptID, TenantID  uuid.UUID
				Duration                         time.Duration
				Error                            string
				CompletedAt, FailedAt, TimeoutAt time.Time
			}
			event := w.events.of(t, test.event)
			require.NoError(t, event.Decode(&ended))
			require.Equal(t, w.tenant, event.TenantID)
			require.Equal(t, []uuid.UUID{e.ID(), s.ID(), w.tenant}, []uuid.UUID{ended.ExecutionID, ended.ScriptID, ended.TenantID})
			switch test.event {
			case jsruntime.EventExecutionCompleted:
				require.Equal(t, []any{e.Duration(), *e.CompletedAt()}, []any{ended.Duration, ended.CompletedAt})
			case jsruntime.EventExecutionTimeout:
				require.Equal(t, []any{e.Duration(), *e.CompletedAt()}, []any{ended.Duration, ended.TimeoutAt})
			default:
				require.Equal(t, []any{e.Error(), *e.CompletedAt()}, []any{ended.Error, ended.FailedAt})
			}
		})
	}
}

func TestOnlyActiveScriptsRun(t *testing.T) {
	w := startedWorld(t)
	s, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "a", "x"))
	require.NoError(t, err)
	refused := func() {
		t.Helper()
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, jsruntime.ErrNotActive)
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, jsruntime.ErrNotActive)
		_, err = w.Call(t.Context(), w.tenant, "a", nil)
		require.ErrorIs(t, err, jsruntime.ErrNotActive)
	}
	set := func(to jsruntime.ScriptStatus) {
		t.Helper()
		_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1)
		require.NoError(t, err)
	}
	refused()
	for _, to := range []jsruntime.ScriptStatus{jsruntime.ScriptStatusPaused, jsruntime.ScriptStatusDisabled} {
		set(jsruntime.ScriptStatusActive)
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		set(to)
		refused()
	}
	set(jsruntime.ScriptStatusArchived)
	refused()
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 2, "what was refused is not on record")
}

func TestAnInputThatJSONCannotHoldIsRefused(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	cyclic := map[string]any{}
	cyclic["self"] = cyclic
	for name, input := range map[string]map[string]any{
		"function": {"f": func() {}}, "not a number": {"n": math.NaN()}, "cyclic": cyclic, "channel": {"c": make(chan int)},
		"too large": {"s": strings.Repeat("x", 9<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Execute(t.Context(), w.tenant, s.ID(), input)
			require.Equal(t, []string{"input"}, fieldsOf(t, err))
			_, err = w.Submit(t.Context(), w.tenant, s.ID(), input)
			require.Equal(t, []string{"input"}, fieldsOf(t, err))
		})
	}
	require.Empty(t, w.executions(jsruntime.ExecutionFilter{}))
}

func TestRunOptionsAreCheckedWhereTheyMakeNoSense(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey(""))
	require.Equal(t, []string{"dedupeKey"}, fieldsOf(t, err))
	_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Hour)))
	require.Equal(t, []string{"runAt"}, fieldsOf(t, err))
}

func TestSubmitWithADedupeKeyRunsOnce(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey("k"))
	require.NoError(t, err)
	w.eventually(e.ID(), jsruntime.ExecutionCompleted)
	_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey("k"))
	var duplicate *jsruntime.DuplicateError
	require.ErrorAs(t, err, &duplicate)
	require.Equal(t, jsruntime.DuplicateError{Field: "dedupeKey", ID: e.ID()}, *duplicate)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1)
}

func TestSubmitWithAStartTimeWaitsForIt(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	at := time.Now().Add(1200 * time.Millisecond)
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(at))
	require.NoError(t, err)
	now, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	w.eventually(now.ID(), jsruntime.ExecutionCompleted)
	ended := w.eventually(e.ID(), jsruntime.ExecutionCompleted)
	require.False(t, ended.StartedAt().Before(at))
}

func TestACallerWhoGoesAwayCancelsItsRun(t *testing.T) {
	for name, opts := range map[string][]jsruntime.Option{
		"recorded": nil, "unrecorded": {jsruntime.WithRecording(jsruntime.RecordOutcomes)},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, opts...)
			entered := make(chan struct{})
			w.fake.on("endless", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
				close(entered)
				return untilCancelled(ctx, job)
			})
			s := w.active("endless")
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-entered; cancel() }()
			_, err := w.Execute(ctx, w.tenant, s.ID(), nil)
			require.ErrorIs(t, err, context.Canceled)
			e := w.executions(jsruntime.ExecutionFilter{})[0]
			require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
			require.Equal(t, "the caller went away", e.Error())
			var payload jsruntime.ExecutionCancelledEvent
			require.NoError(t, w.events.of(t, jsruntime.EventExecutionCancelled).Decode(&payload))
			require.Equal(t, []any{e.ID(), s.ID(), w.tenant, "the caller went away"},
				[]any{payload.ExecutionID, payload.ScriptID, payload.TenantID, payload.Reason})
		})
	}
}

func TestACallerWhoGoesAwayWhilePendingLeavesACancelledRecord(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = w.Execute(ctx, w.tenant, s.ID(), nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	e := w.executions(jsruntime.ExecutionFilter{})[0]
	require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
	require.Zero(t, e.StartedAt())
	require.Zero(t, e.Duration())
	close(g.release)
}

func TestCancelStopsWhatIsPendingOrRunningAndRefusesWhatHasEnded(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
	w.fake.on("endless", untilCancelled)
	s := w.active("endless")
	running, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	w.eventually(running.ID(), jsruntime.ExecutionRunning)
	pending, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.NoError(t, w.Cancel(t.Context(), w.tenant, pending.ID()))
	require.Equal(t, jsruntime.ExecutionCancelled, w.execution(pending.ID()).Status())
	require.Eventually(t, func() bool { return w.Cancel(t.Context(), w.tenant, running.ID()) == nil }, time.Second, time.Millisecond)
	e := w.execution(running.ID())
	require.Equal(t, jsruntime.ExecutionCancelled, e.Status())
	require.Equal(t, "cancelled by request", e.Error())

	err = w.Cancel(t.Context(), w.tenant, running.ID())
	var transition *jsruntime.TransitionError
	require.ErrorAs(t, err, &transition)
	require.Equal(t, jsruntime.TransitionError{Entity: "execution", From: "cancelled", To: "cancelled"}, *transition)
	require.ErrorIs(t, w.Cancel(t.Context(), w.tenant, uuid.New()), jsruntime.ErrNotFound)
}

func TestACallerOfACancelledRunGetsTheExecution(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("endless", untilCancelled)
	s := w.active("endless")
	got := make(chan jsruntime.Execution)
	go func() {
		e, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
		if err != nil {
			t.Error(err)
		}
		got <- e
	}()
	var id uuid.UUID
	require.Eventually(t, func() bool {
		all := w.executions(jsruntime.ExecutionFilter{})
		if len(all) == 0 {
			return false
		}
		id = all[0].ID()
		return true
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, w.Cancel(t.Context(), w.tenant, id))
	require.Equal(t, jsruntime.ExecutionCancelled, receive(t, got).Status())
}

func TestARetainedVersionIsTheOneThatRan(t *testing.T) {
	w := startedWorld(t)
	s := w.active("one")
	first, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	_, err = w.UpdateScript(t.Context(), s.SetSource("two"), jsruntime.Change{})
	require.NoError(t, err)
	second, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, []int{first.VersionNumber(), second.VersionNumber()})
}

func TestRecordingModesSayWhatIsLeftOfARunWhoseCallerWaits(t *testing.T) {
	w := func(t *testing.T, mode jsruntime.RecordingMode) (*world, jsruntime.Script, jsruntime.Script) {
		w := startedWorld(t, jsruntime.WithRecording(mode))
		w.fake.on("fails", func(context.Context, jsruntime.Job) jsruntime.Result {
			return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "no"}}
		})
		return w, w.active("x"), w.active("fails")
	}
	for mode, want := range map[jsruntime.RecordingMode][]jsruntime.ExecutionStatus{
		jsruntime.RecordAll:      {jsruntime.ExecutionFailed, jsruntime.ExecutionCompleted},
		jsruntime.RecordOutcomes: {jsruntime.ExecutionFailed, jsruntime.ExecutionCompleted},
		jsruntime.RecordFailures: {jsruntime.ExecutionFailed},
		jsruntime.RecordNone:     nil,
	} {
		w, good, bad := w(t, mode)
		e, err := w.Execute(t.Context(), w.tenant, good.ID(), nil)
		require.NoError(t, err)
		require.Equal(t, "ok", e.Output())
		e, err = w.Execute(t.Context(), w.tenant, bad.ID(), nil)
		require.NoError(t, err)
		require.Equal(t, "no", e.Error())
		var got []jsruntime.ExecutionStatus
		for _, e := range w.executions(jsruntime.ExecutionFilter{}) {
			got = append(got, e.Status())
		}
		require.Equal(t, want, got, "mode %d", mode)
		w.events.of(t, jsruntime.EventExecutionCompleted)

		queued, err := w.Submit(t.Context(), w.tenant, good.ID(), nil)
		require.NoError(t, err)
		w.eventually(queued.ID(), jsruntime.ExecutionCompleted)
	}
}

func TestRecordingCanDifferByScriptType(t *testing.T) {
	w := startedWorld(t, jsruntime.WithRecording(jsruntime.RecordNone, jsruntime.ScriptTypeEmbedded))
	embedded, oneOff := w.active("x", jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded)), w.active("x")
	_, err := w.Call(t.Context(), w.tenant, embedded.Name(), nil)
	require.NoError(t, err)
	_, err = w.Execute(t.Context(), w.tenant, oneOff.ID(), nil)
	require.NoError(t, err)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1)
	_, err = w.Call(t.Context(), w.tenant, embedded.Name(), nil, jsruntime.WithDedupeKey("k"))
	require.Equal(t, []string{"dedupeKey"}, fieldsOf(t, err))
}

func TestExecutionsAreCountedByStatus(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("fails", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "no"}}
	})
	works, fails := w.active("x"), w.active("fails")
	for _, s := range []jsruntime.Script{works, works, fails} {
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	counts, err := w.ExecutionCounts(t.Context(), w.tenant, works.ID())
	require.NoError(t, err)
	require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCompleted: 2}, counts)
	counts, err = w.ExecutionCounts(t.Context(), w.tenant, uuid.Nil)
	require.NoError(t, err)
	require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCompleted: 2, jsruntime.ExecutionFailed: 1}, counts)
}
