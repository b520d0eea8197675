package jsruntime_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWaitReturnsAnExecutionOnceItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t)
		g := newGated()
		w.fake.on("slow", g.run)
		submitted, err := w.Submit(t.Context(), w.tenant, w.active("slow").ID(), nil)
		require.NoError(t, err)
		<-g.entered

		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				e, err := w.Wait(t.Context(), w.tenant, submitted.ID())
				if assert.NoError(t, err) {
					assert.Equal(t, jsruntime.ExecutionCompleted, e.Status())
					assert.InDelta(t, 1, e.Output(), 0)
				}
			})
		}
		synctest.Wait()
		before := time.Now()
		close(g.release)
		group.Wait()
		assert.Equal(t, before, time.Now(), "those who wait are told, they need not look again")
		e, err := w.Wait(t.Context(), w.tenant, submitted.ID())
		require.NoError(t, err)
		assert.Equal(t, submitted.ID(), e.ID(), "one that has ended is there at once")
	})
}

func TestWaitReturnsWhatWasCancelledBeforeItRan(t *testing.T) {
	w := startedWorld(t)
	later, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Hour)))
	require.NoError(t, err)
	go func() { assert.NoError(t, w.Cancel(context.Background(), w.tenant, later.ID())) }()
	e, err := w.Wait(t.Context(), w.tenant, later.ID())
	require.NoError(t, err)
	assert.Equal(t, jsruntime.ExecutionCancelled, e.Status())
}

func TestWaitSeesWhatAnotherRuntimeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t)
		idle := newWorldOn(t, w.store) // never started
		submitted, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Minute)))
		require.NoError(t, err)
		e, err := idle.Wait(t.Context(), w.tenant, submitted.ID())
		require.NoError(t, err)
		assert.Equal(t, jsruntime.ExecutionCompleted, e.Status())
	})
}

func TestWaitEndsWithItsContextAndLeavesTheExecutionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t)
		g := newGated()
		w.fake.on("slow", g.run)
		submitted, err := w.Submit(t.Context(), w.tenant, w.active("slow").ID(), nil)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = w.Wait(ctx, w.tenant, submitted.ID())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, jsruntime.ExecutionRunning, w.execution(submitted.ID()).Status())
		close(g.release)
		w.eventually(submitted.ID(), jsruntime.ExecutionCompleted)
	})
}

func TestWaitFindsOnlyExecutionsOfTheTenant(t *testing.T) {
	w := startedWorld(t)
	e, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	for _, c := range []struct{ tenant, id uuid.UUID }{{uuid.New(), e.ID()}, {w.tenant, uuid.New()}} {
		_, err = w.Wait(t.Context(), c.tenant, c.id)
		require.ErrorIs(t, err, jsruntime.ErrNotFound)
		assert.Contains(t, err.Error(), c.id.String())
	}
}

func TestCallIntoDecodesTheOutput(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("price", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Output: json.RawMessage(`{"total": 12, "lines": ["a", "b"]}`)}
	})
	w.fake.on("nothing", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Output: json.RawMessage("null")}
	})
	w.fake.on("throws", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "Error: no"}}
	})
	type price struct {
		Total int64    `json:"total"`
		Lines []string `json:"lines"`
	}
	name := func(source string) string {
		return w.active(source, jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded)).Name()
	}

	got, err := jsruntime.CallInto[price](t.Context(), w.Runtime, w.tenant, name("price"), map[string]any{"sku": "x"})
	require.NoError(t, err)
	assert.Equal(t, price{Total: 12, Lines: []string{"a", "b"}}, got)
	assert.JSONEq(t, `{"sku":"x"}`, string(w.fake.seen()[0].Input))

	none, err := jsruntime.CallInto[*price](t.Context(), w.Runtime, w.tenant, name("nothing"), nil)
	require.NoError(t, err)
	assert.Nil(t, none)

	wrong, err := jsruntime.CallInto[[]int](t.Context(), w.Runtime, w.tenant, name("price"), nil)
	require.ErrorIs(t, err, jsruntime.ErrOutput)
	assert.Contains(t, err.Error(), "[]int")
	assert.Nil(t, wrong, "nothing of it is half decoded")

	_, err = jsruntime.CallInto[price](t.Context(), w.Runtime, w.tenant, name("throws"), nil)
	var failure *jsruntime.ScriptError
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "Error: no", failure.Message)

	_, err = jsruntime.CallInto[price](t.Context(), w.Runtime, w.tenant, "unknown", nil)
	require.ErrorIs(t, err, jsruntime.ErrNotFound)
}

func TestWaitReturnsTheLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t)
		tries := 0
		w.fake.on("flaky", func(context.Context, jsruntime.Job) jsruntime.Result {
			if tries++; tries < 3 {
				return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "Error: no"}}
			}
			return jsruntime.Result{Output: json.RawMessage("true")}
		})
		policy := jsruntime.RetryPolicy{Attempts: 5, Base: time.Minute, Cap: time.Hour}
		submitted, err := w.Submit(t.Context(), w.tenant, w.active("flaky", jsruntime.WithRetryPolicy(policy)).ID(), nil)
		require.NoError(t, err)
		e, err := w.Wait(t.Context(), w.tenant, submitted.ID())
		require.NoError(t, err)
		assert.Equal(t, jsruntime.ExecutionCompleted, e.Status())
		assert.Equal(t, 3, e.Attempt())
		assert.NotEqual(t, submitted.ID(), e.ID())
	})
}
