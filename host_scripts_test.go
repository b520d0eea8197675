package jsruntime_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// callsScript is a script that calls another one, and returns what that returned, or the text of the error.
func callsScript(args ...any) func(context.Context, jsruntime.Job) jsruntime.Result {
	return calls([]string{"scripts.call"}, args...)
}

func (w *world) named(name, source string, opts ...jsruntime.ScriptOption) jsruntime.Script {
	w.t.Helper()
	s, err := w.Register(w.t.Context(), jsruntime.NewScript(w.tenant, name, source, opts...))
	require.NoError(w.t, err)
	return s
}

// reply runs the script and returns the reply of its only call.
func (w *world) reply(s jsruntime.Script) any {
	w.t.Helper()
	e, err := w.Execute(w.t.Context(), w.tenant, s.ID(), nil)
	require.NoError(w.t, err)
	return e.Output().([]any)[0]
}

func TestAScriptCallsAnotherOneOfItsTenant(t *testing.T) {
	for name, mode := range map[string]jsruntime.RecordingMode{"on record": jsruntime.RecordAll, "or not": jsruntime.RecordNone} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, jsruntime.WithScriptCalls(), jsruntime.WithRecording(mode))
			w.fake.on("double", func(_ context.Context, job jsruntime.Job) jsruntime.Result {
				return jsruntime.Result{Output: []byte(`{"got":` + string(job.Input) + `}`)}
			})
			double := w.named("double", "double", jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded))
			w.fake.on("caller", callsScript("double", map[string]any{"n": 2.0}))
			e, err := w.Execute(t.Context(), w.tenant, w.active("caller").ID(), nil)
			require.NoError(t, err)
			require.Equal(t, []any{map[string]any{"got": map[string]any{"n": 2.0}}}, e.Output())
			require.Equal(t, 1, e.Metrics().APICallCount)
			called := w.fake.seen()[1]
			require.Equal(t, jsruntime.TriggerAPI, called.Context.Trigger.Type)
			require.Equal(t, double.ID(), called.Context.Script.ID)
			require.Equal(t, []string{"scripts.call"}, called.Host.Functions())
			if mode == jsruntime.RecordAll {
				record := w.execution(called.Context.Execution.ID).Record()
				require.Equal(t, e.ID(), record.CausedBy)
				require.Equal(t, 1, record.Depth)
			}
		})
	}
}

func TestScriptsCallNoOthersUnlessThatIsGranted(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("caller", callsScript("other"))
	require.Equal(t, "function scripts.call: not found", w.reply(w.active("caller")))
}

func TestACallOfAScriptThatCannotBeSaysWhy(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptCalls())
	w.fake.on("fails", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{
			Kind: jsruntime.FailureRateLimit, Message: "RateLimitError: too many", Stack: "secret line", Line: 7,
		}}
	})
	w.named("fails", "fails")
	paused := w.named("paused", "ok")
	_, err := w.SetStatus(t.Context(), w.tenant, paused.ID(), jsruntime.ScriptStatusPaused, 1)
	require.NoError(t, err)
	_, err = w.Register(t.Context(), jsruntime.NewScript(uuid.New(), "of another tenant", "ok"))
	require.NoError(t, err)
	w.named("ok", "ok")
	for want, args := range map[string][]any{
		"scripts.call: the name must be that of a script":                        {},
		"scripts.call: the name must be that of a script ":                       {strings.Repeat("n", 201)},
		"scripts.call: the input must be an object":                              {"ok", []any{}},
		"scripts.call: input: must be at most 8388608 bytes as JSON":             {"ok", map[string]any{"a": strings.Repeat("a", 9<<20)}},
		"scripts.call: input: must be at most 8388608 bytes as JSON, is 9437192": {"ok", map[string]any{"a": strings.Repeat(`"`, 9<<19)}},
		`script "nobody": not found`:                                             {"nobody"},
		`script "of another tenant": not found`:                                  {"of another tenant"},
		`script "paused": script is not active: its status is "paused"`:          {"paused"},
		`script "fails": RateLimitError: too many (execution `:                   {"fails", nil},
	} {
		w.fake.on(want, callsScript(args...))
		got := w.reply(w.active(want)).(string)
		if strings.HasPrefix(want, `script "fails"`) {
			require.True(t, strings.HasPrefix(got, want), got)
			require.NotContains(t, got, "line")
			continue
		}
		require.Equal(t, strings.TrimSpace(want), got)
	}
}

func TestOfScriptsThatCallOneAnotherTheInnermostFailureIsToldOnce(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptCalls())
	failing := func(message string) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: message}}
	}
	w.fake.on("inner", func(context.Context, jsruntime.Job) jsruntime.Result { return failing("TypeError: no\nrate") })
	inner := w.named("inner", "inner")
	for name, called := range map[string]string{"middle": "inner", "outer": "middle"} {
		w.fake.on(name, func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			_, err := job.Host.Call(ctx, "scripts.call", []any{called})
			return failing("Error: " + err.Error())
		})
		w.named(name, name)
	}
	w.fake.on("first", callsScript("outer"))
	got := w.reply(w.active("first"))
	failed := w.executions(jsruntime.ExecutionFilter{ScriptID: inner.ID()})
	require.Len(t, failed, 1)
	require.Equal(t, fmt.Sprintf("script \"inner\": TypeError: no\nrate (execution %s)", failed[0].ID()), got)
}

func TestScriptsThatCallOneAnotherComeToAnEnd(t *testing.T) {
	many := jsruntime.DefaultResourceLimits()
	many.MaxConcurrentRuns = 100
	for name, test := range map[string]struct {
		names []string
		opts  []jsruntime.ScriptOption
		runs  int
		want  string
	}{
		"one by itself":     {[]string{"a"}, nil, 5, "causation depth limit reached: 5 runs of the script wait for one another, and it may have no more at once"},
		"one that may more": {[]string{"a"}, []jsruntime.ScriptOption{jsruntime.WithResourceLimits(many)}, 8, "causation depth limit reached: 8 executions have caused one another"},
		"two":               {[]string{"a", "b"}, nil, 8, "causation depth limit reached: 8 executions have caused one another"},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, jsruntime.WithScriptCalls(), jsruntime.WithMaxConcurrentRuns(10))
			var mu sync.Mutex
			var last string
			for i, name := range test.names {
				next := test.names[(i+1)%len(test.names)]
				w.fake.on(name, func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
					if _, err := job.Host.Call(ctx, "scripts.call", []any{next}); err != nil {
						mu.Lock()
						last = err.Error()
						mu.Unlock()
					}
					return jsruntime.Result{Output: []byte("null")}
				})
				w.named(name, name, test.opts...)
			}
			_, err := w.Call(t.Context(), w.tenant, "a", nil)
			require.NoError(t, err)
			require.Len(t, w.fake.seen(), test.runs)
			require.True(t, strings.HasSuffix(last, test.want), last)
		})
	}
}

func TestRunsThatHoldEverySlotDoNotWaitForWhatTheyCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots = 3
		w := startedWorld(t, jsruntime.WithScriptCalls(), jsruntime.WithMaxConcurrentRuns(slots))
		w.named("called", "called")
		var together sync.WaitGroup
		together.Add(slots)
		w.fake.on("caller", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			together.Done()
			together.Wait()
			return callsScript("called")(ctx, job)
		})
		caller := w.active("caller")
		began := time.Now()
		var mu sync.Mutex
		replies := map[any]int{}
		var runs sync.WaitGroup
		for range slots {
			runs.Go(func() {
				reply := w.reply(caller)
				mu.Lock()
				defer mu.Unlock()
				replies[reply]++
			})
		}
		runs.Wait()
		const refused = `script "called": overloaded: every slot is held by a run that calls a script`
		require.Equal(t, slots, replies["ok"]+replies[refused], replies)
		require.NotZero(t, replies[refused])
		require.Less(t, time.Since(began), time.Second)

		w.fake.on("again", callsScript("called"))
		require.Equal(t, "ok", w.reply(w.active("again")), "the slots are free again")
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestACalledScriptWaitsForItsTurnButNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t, jsruntime.WithScriptCalls(), jsruntime.WithMaxConcurrentRuns(2))
		busy := newGated()
		w.fake.on("busy", busy.run)
		w.named("called", "called")
		w.fake.on("caller", callsScript("called"))
		caller := w.active("caller")
		_, err := w.Submit(t.Context(), w.tenant, w.active("busy").ID(), nil)
		require.NoError(t, err)
		receive(t, busy.entered)
		began := time.Now()
		require.Equal(t, `script "called": overloaded: no slot became free in time`, w.reply(caller))
		require.Equal(t, 5*time.Second, time.Since(began))

		time.AfterFunc(time.Second, func() { busy.release <- struct{}{} })
		require.Equal(t, "ok", w.reply(caller))
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestACalledScriptEndsWithItsCaller(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptCalls())
	called := newGated()
	w.fake.on("called", called.run)
	w.named("called", "called")
	w.fake.on("caller", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		_, err := job.Host.Call(ctx, "scripts.call", []any{"called"})
		require.ErrorIs(t, err, context.Canceled)
		return untilCancelled(ctx, job)
	})
	e, err := w.Submit(t.Context(), w.tenant, w.active("caller").ID(), nil)
	require.NoError(t, err)
	job := receive(t, called.entered)
	require.NoError(t, w.Cancel(t.Context(), w.tenant, e.ID()))
	w.eventually(job.Context.Execution.ID, jsruntime.ExecutionCancelled)
}

func TestWhatACalledScriptReadIsMaskedForItsCaller(t *testing.T) {
	w := startedWorld(t, jsruntime.WithScriptCalls(), vault(map[string]string{"key": "sk_live_4242"}))
	w.fake.on("called", leaks(t, []string{"key"}, func(secrets []string) jsruntime.Result {
		return jsruntime.Result{Output: []byte(`"` + secrets[0] + `"`)}
	}))
	w.named("called", "called")
	w.fake.on("caller", callsScript("called"))
	require.Equal(t, "***", w.reply(w.active("caller")))
}
