package jsruntime_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// failing returns a script that ends so.
func failing(kind jsruntime.FailureKind) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: kind, Message: "Error: it broke"}}
	}
}

// failsFor returns a script that fails so many times before it succeeds.
func failsFor(times int) func(context.Context, jsruntime.Job) jsruntime.Result {
	var runs atomic.Int32
	return func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		if runs.Add(1) <= int32(times) {
			return failing(jsruntime.FailureException)(ctx, job)
		}
		return jsruntime.Result{Output: []byte("1")}
	}
}

// everySecond is a policy whose attempts are a second apart.
func everySecond(attempts int) jsruntime.ScriptOption {
	return jsruntime.WithRetryPolicy(jsruntime.RetryPolicy{Attempts: attempts, Base: time.Second, Cap: time.Second})
}

// publish publishes an event of the type.
func (w *world) publish(eventType string, payload any) jsruntime.Event {
	w.t.Helper()
	e := jsruntime.NewEvent(w.tenant, eventType, payload)
	require.NoError(w.t, w.Publish(w.t.Context(), e))
	return e
}

// deadLetters returns the tenant's dead letters, newest first.
func (w *world) deadLetters() []jsruntime.Execution {
	w.t.Helper()
	page, err := w.DeadLetters(w.t.Context(), w.tenant, jsruntime.ExecutionFilter{})
	require.NoError(w.t, err)
	return page.Items
}

// attempts returns the chain of attempts that ends with the execution.
func (w *world) attempts(id uuid.UUID) []jsruntime.Execution {
	w.t.Helper()
	chain, err := w.Attempts(w.t.Context(), w.tenant, id)
	require.NoError(w.t, err)
	return chain
}

func statusesOf(executions []jsruntime.Execution) (statuses []jsruntime.ExecutionStatus) {
	for _, e := range executions {
		statuses = append(statuses, e.Status())
	}
	return statuses
}

func TestARunThatFailedIsTriedAgainUntilItSucceeds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", failsFor(2))
		w.active("x", jsruntime.WithEventTypes("a"), everySecond(5))
		event := w.publish("a", map[string]any{"n": 1})
		time.Sleep(10 * time.Second)
		last := w.executions(jsruntime.ExecutionFilter{})[0]
		require.Equal(t, jsruntime.ExecutionCompleted, last.Status())
		chain := w.attempts(last.ID())
		require.Len(t, chain, 3)
		for i, e := range chain {
			require.Equal(t, i+1, e.Attempt())
			require.Equal(t, map[string]any{"n": 1.0}, e.Input())
			require.Equal(t, event.ID, e.TriggerData().EventID)
			require.False(t, e.IsDeadLetter())
			if i > 0 {
				require.Equal(t, chain[i-1].ID(), e.PreviousID())
				require.Equal(t, time.Second, e.RunAt().Sub(e.CreatedAt()))
				require.False(t, e.StartedAt().Before(e.RunAt()))
			}
		}
		require.Empty(t, w.deadLetters())
	})
}

func TestTheLastFailureIsADeadLetter(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", failing(jsruntime.FailureException))
		w.active("x", jsruntime.WithEventTypes("a"))
		w.publish("a", nil)
		time.Sleep(time.Minute)
		dead := w.deadLetters()
		require.Len(t, dead, 1)
		require.True(t, dead[0].IsDeadLetter())
		require.Len(t, w.attempts(dead[0].ID()), jsruntime.DefaultRetryPolicy().Attempts)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 5)
	})
}

func TestWhichRunsAreTriedAgainAndWhichBecomeDeadLetters(t *testing.T) {
	submit := func(t *testing.T, w *world, s jsruntime.Script) {
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	execute := func(t *testing.T, w *world, s jsruntime.Script) {
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	event := func(_ *testing.T, w *world, _ jsruntime.Script) { w.publish("a", nil) }
	none := func(*testing.T, *world, jsruntime.Script) {}
	another := func(_ *testing.T, w *world, _ jsruntime.Script) { w.active("y") }
	onA := jsruntime.WithEventTypes("a")
	for name, c := range map[string]struct {
		kind    jsruntime.FailureKind
		options []jsruntime.ScriptOption
		start   func(*testing.T, *world, jsruntime.Script)
		runs    int
		dead    int
	}{
		"submitted, with a policy":        {jsruntime.FailureException, []jsruntime.ScriptOption{everySecond(3)}, submit, 3, 1},
		"submitted, without one":          {jsruntime.FailureException, nil, submit, 1, 0},
		"one attempt":                     {jsruntime.FailureException, []jsruntime.ScriptOption{jsruntime.WithRetryPolicy(jsruntime.RetryPolicy{Attempts: 1})}, submit, 1, 1},
		"somebody waits":                  {jsruntime.FailureException, []jsruntime.ScriptOption{everySecond(3)}, execute, 1, 0},
		"a tick":                          {jsruntime.FailureException, []jsruntime.ScriptOption{everySecond(2), cron(t, "0 1 1 1 *")}, none, 2, 1},
		"a timeout":                       {jsruntime.FailureTimeout, []jsruntime.ScriptOption{everySecond(2), onA}, event, 2, 1},
		"a worker that crashed":           {jsruntime.FailureCrashed, []jsruntime.ScriptOption{everySecond(2), onA}, event, 2, 1},
		"too much memory":                 {jsruntime.FailureMemory, []jsruntime.ScriptOption{everySecond(2), onA}, event, 2, 1},
		"the engine failed":               {jsruntime.FailureEngine, []jsruntime.ScriptOption{everySecond(2), onA}, event, 2, 1},
		"the tenant is suspended":         {jsruntime.FailureSuspended, []jsruntime.ScriptOption{everySecond(3), onA}, event, 1, 1},
		"it was cancelled":                {jsruntime.FailureCancelled, []jsruntime.ScriptOption{everySecond(3), onA}, event, 1, 0},
		"an event of the library started": {jsruntime.FailureException, []jsruntime.ScriptOption{everySecond(3), jsruntime.WithEventTypes(jsruntime.EventScriptStatusChanged)}, another, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.fake.on("x", failing(c.kind))
				time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 59, 50, 0, time.UTC)))
				c.start(t, w, w.active("x", c.options...))
				time.Sleep(time.Minute)
				require.Len(t, w.fake.seen(), c.runs)
				require.Len(t, w.deadLetters(), c.dead)
			})
		})
	}
}

func TestARetryRunsTheScriptAsItIsThen(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", failing(jsruntime.FailureException))
		s := w.active("x", jsruntime.WithEventTypes("a"), everySecond(3))
		w.publish("a", nil)
		synctest.Wait()
		_, err := w.UpdateScript(t.Context(), s.SetSource("mended"), jsruntime.Change{By: 1})
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		chain := w.attempts(w.executions(jsruntime.ExecutionFilter{})[0].ID())
		require.Equal(t, []jsruntime.ExecutionStatus{jsruntime.ExecutionFailed, jsruntime.ExecutionCompleted}, statusesOf(chain))
		require.Equal(t, 2, chain[1].VersionNumber())
	})
}

func TestARetryWaitsForAPausedScriptAndEndsWithADisabledOne(t *testing.T) {
	for to, want := range map[jsruntime.ScriptStatus]jsruntime.ExecutionStatus{
		jsruntime.ScriptStatusPaused: jsruntime.ExecutionPending, jsruntime.ScriptStatusDisabled: jsruntime.ExecutionCancelled,
	} {
		inBubble(t, func(t *testing.T, w *world) {
			w.fake.on("x", failing(jsruntime.FailureException))
			s := w.active("x", jsruntime.WithEventTypes("a"), everySecond(3))
			w.publish("a", nil)
			synctest.Wait()
			_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1)
			require.NoError(t, err)
			time.Sleep(time.Minute)
			last := w.executions(jsruntime.ExecutionFilter{})[0]
			require.Equal(t, want, last.Status())
			require.Equal(t, 2, last.Attempt())
			require.Empty(t, w.deadLetters())
		})
	}
}

// interruptedWorld is a world whose store has an execution that a process which went away had begun.
func interruptedWorld(t *testing.T, change func(*jsruntime.ExecutionRecord), opts ...jsruntime.ScriptOption) *world {
	t.Helper()
	st := store.NewMemory()
	w := newWorldOn(t, st)
	s := w.active("x", append([]jsruntime.ScriptOption{jsruntime.WithEventTypes("a"), everySecond(3)}, opts...)...)
	r := jsruntime.NewExecution(w.tenant, s.ID(), jsruntime.TriggerEvent).Record()
	if change != nil {
		change(&r)
	}
	_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	require.NoError(t, err)
	claimed, err := st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "dead", Now: time.Now(), Limit: 1})
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	return w
}

func TestAnInterruptedRunThatMayNotBeRepeatedIsADeadLetter(t *testing.T) {
	w := interruptedWorld(t, nil)
	require.NoError(t, w.Start(t.Context()))
	dead := w.deadLetters()
	require.Len(t, dead, 1)
	require.ErrorIs(t, dead[0].Failure(), jsruntime.ErrInterrupted)
	require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1)
}

func TestInterruptionsAndFailuresAreBoundedEachByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := interruptedWorld(t, func(r *jsruntime.ExecutionRecord) { r.Attempt, r.Failures, r.Interruptions = 4, 2, 1 },
			jsruntime.WithIdempotent(true))
		w.fake.on("x", failing(jsruntime.FailureException))
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(time.Minute)
		all := w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, all, 2, "an interruption is repeated although two of three attempts have failed, and then the third")
		require.Equal(t, 5, all[0].Attempt())
		require.True(t, all[0].IsDeadLetter())
		require.NoError(t, w.Stop(t.Context()))

		w = interruptedWorld(t, func(r *jsruntime.ExecutionRecord) { r.Attempt, r.Interruptions = 3, jsruntime.MaxInterruptedAttempts-1 },
			jsruntime.WithIdempotent(true))
		require.NoError(t, w.Start(t.Context()))
		time.Sleep(time.Minute)
		all = w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, all, 1, "it takes its process down each time")
		require.True(t, all[0].IsDeadLetter())
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAnEventsRunThatStopCutOffIsNotLost(t *testing.T) {
	for _, idempotent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, w.Start(t.Context()))
			w.fake.on("x", untilCancelled)
			w.active("x", jsruntime.WithEventTypes("a"), jsruntime.WithIdempotent(idempotent))
			w.publish("a", nil)
			synctest.Wait()
			_, err := stopWithin(t, w, time.Second)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			all := w.executions(jsruntime.ExecutionFilter{})
			require.Equal(t, jsruntime.ExecutionCancelled, all[len(all)-1].Status())
			if idempotent {
				require.Equal(t, jsruntime.ExecutionPending, all[0].Status())
				require.Equal(t, 2, all[0].Attempt())
			} else {
				require.Len(t, w.deadLetters(), 1)
			}
		})
	}
}

func TestAStopBeforeAScriptBeginsUsesUpNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		st := &faultyStore{Store: store.NewMemory(), read: func() error {
			if away.Load() {
				return errDisk
			}
			return nil
		}}
		w := newWorldOn(t, st)
		w.fake.on("x", failing(jsruntime.FailureException))
		require.NoError(t, w.Start(t.Context()))
		w.active("x", jsruntime.WithEventTypes("a"), everySecond(2))
		for range 5 {
			away.Store(true)
			if len(w.executions(jsruntime.ExecutionFilter{})) == 0 {
				w.publish("a", nil)
			}
			time.Sleep(2 * time.Second)
			_, err := stopWithin(t, w, time.Second)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, w.Start(t.Context()))
		}
		away.Store(false)
		time.Sleep(time.Minute)
		require.Len(t, w.fake.seen(), 2)
		require.Len(t, w.deadLetters(), 1)
		require.Equal(t, 7, w.deadLetters()[0].Attempt())
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAPoisonEventHoldsUpNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			if string(job.Input) == `{"n":0}` {
				return failing(jsruntime.FailureException)(ctx, job)
			}
			return jsruntime.Result{Output: job.Input}
		})
		w.active("x", jsruntime.WithEventTypes("a"))
		other := w.active("y", jsruntime.WithEventTypes("a"))
		for n := range 5 {
			w.publish("a", map[string]any{"n": n})
		}
		time.Sleep(500 * time.Millisecond) // before the second attempt
		completed := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted}}
		require.Len(t, w.executions(completed), 9)
		completed.ScriptID = other.ID()
		require.Len(t, w.executions(completed), 5)
		time.Sleep(time.Minute)
		require.Len(t, w.deadLetters(), 1)
	})
}

func TestRunsWithOneOrderKeyFollowOneAnotherThroughTheirRetries(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var order []string
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			order = append(order, fmt.Sprintf("%s attempt %d", job.Input, job.Context.Execution.Attempt))
			if string(job.Input) == `{"n":1,"order":{"id":7}}` || job.Context.Execution.Attempt == 1 {
				return failing(jsruntime.FailureException)(ctx, job)
			}
			return jsruntime.Result{Output: []byte("1")}
		})
		limits := jsruntime.DefaultResourceLimits()
		w.active("x", jsruntime.WithEventTypes("a"), jsruntime.WithOrderKey("order.id"), everySecond(3), jsruntime.WithResourceLimits(limits))
		for n := 1; n <= 3; n++ {
			w.publish("a", map[string]any{"n": n, "order": map[string]any{"id": 7}})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{
			`{"n":1,"order":{"id":7}} attempt 1`, `{"n":1,"order":{"id":7}} attempt 2`, `{"n":1,"order":{"id":7}} attempt 3`,
			`{"n":2,"order":{"id":7}} attempt 1`, `{"n":2,"order":{"id":7}} attempt 2`,
			`{"n":3,"order":{"id":7}} attempt 1`, `{"n":3,"order":{"id":7}} attempt 2`,
		}, order)
		require.Len(t, w.deadLetters(), 1)
	})
}

func TestOtherOrderKeysAndNoneDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		g := newGated()
		w.fake.on("x", g.run)
		w.active("x", jsruntime.WithEventTypes("a"), jsruntime.WithOrderKey("k"))
		for _, payload := range []any{
			map[string]any{"k": 1}, map[string]any{"k": 1.0}, map[string]any{"k": "1"}, map[string]any{}, []any{}, map[string]any{"k": 1},
		} {
			w.publish("a", payload)
		}
		synctest.Wait()
		var seen []string
		for _, job := range w.fake.seen() {
			seen = append(seen, string(job.Input))
		}
		slices.Sort(seen)
		require.Equal(t, []string{`{"k":"1"}`, `{"k":1}`, `{}`, `{}`}, seen)
		close(g.release)
	})
}

func TestARetryOfAScriptThatWasSwitchedOffDuringTheRunIsCancelled(t *testing.T) {
	for name, off := range map[string]func(t *testing.T, w *world, s jsruntime.Script){
		"disabled": func(t *testing.T, w *world, s jsruntime.Script) {
			_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
			require.NoError(t, err)
		},
		"deleted": func(t *testing.T, w *world, s jsruntime.Script) {
			require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
					time.Sleep(time.Second)
					return failing(jsruntime.FailureException)(ctx, job)
				})
				s := w.active("x", jsruntime.WithEventTypes("a"),
					jsruntime.WithRetryPolicy(jsruntime.RetryPolicy{Attempts: 3, Base: time.Hour, Cap: time.Hour}))
				w.publish("a", nil)
				synctest.Wait()
				first := w.executions(jsruntime.ExecutionFilter{})[0]
				off(t, w, s)
				last, err := w.Wait(t.Context(), w.tenant, first.ID())
				require.NoError(t, err)
				require.Equal(t, jsruntime.ExecutionCancelled, last.Status())
				require.Equal(t, "the script was "+name, last.Error())
				require.Equal(t, 2, last.Attempt())
			})
		})
	}
}

func TestWorkThatFindsItsScriptStuckIsNotLost(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		returns := make(chan struct{})
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			result := failing(jsruntime.FailureTimeout)(ctx, job)
			result.Abandoned = returns
			return result
		})
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 1
		w.active("x", jsruntime.WithEventTypes("a"), everySecond(3), jsruntime.WithResourceLimits(limits))
		w.publish("a", nil)
		time.Sleep(time.Minute)
		close(returns)
		require.Len(t, w.fake.seen(), 1)
		dead := w.deadLetters()
		require.Len(t, dead, 1)
		require.Equal(t, 3, dead[0].Attempt())
		require.Equal(t, "not run: 1 runs of the script could not be stopped", dead[0].Error())
	})
}
