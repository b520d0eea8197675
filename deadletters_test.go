package jsruntime_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// withDeadLetter runs a test on a world with a script that fails once for an event, and then no more.
func withDeadLetter(t *testing.T, test func(t *testing.T, w *world, s jsruntime.Script, dead jsruntime.Execution)) {
	t.Helper()
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", failsFor(2))
		s := w.active("x", jsruntime.WithEventTypes("a"), everySecond(2))
		w.publish("a", map[string]any{"n": 1})
		time.Sleep(5 * time.Second)
		require.Len(t, w.deadLetters(), 1)
		test(t, w, s, w.deadLetters()[0])
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestARequeuedDeadLetterIsTriedAnew(t *testing.T) {
	withDeadLetter(t, func(t *testing.T, w *world, s jsruntime.Script, dead jsruntime.Execution) {
		w.fake.on("x", failsFor(1))
		again, err := w.Requeue(t.Context(), w.tenant, dead.ID())
		require.NoError(t, err)
		require.Equal(t, jsruntime.ExecutionPending, again.Status())
		require.Equal(t, dead.ID(), again.PreviousID())
		require.Empty(t, w.deadLetters())
		time.Sleep(5 * time.Second)
		chain := w.attempts(w.executions(jsruntime.ExecutionFilter{})[0].ID())
		failed, completed := jsruntime.ExecutionFailed, jsruntime.ExecutionCompleted
		require.Equal(t, []jsruntime.ExecutionStatus{failed, failed, failed, completed}, statusesOf(chain))
		for i, e := range chain {
			require.Equal(t, i+1, e.Attempt())
			require.Equal(t, s.ID(), e.ScriptID())
			require.Equal(t, map[string]any{"n": 1.0}, e.Input())
		}
	})
}

func TestADiscardedDeadLetterStaysOnRecordOnly(t *testing.T) {
	withDeadLetter(t, func(t *testing.T, w *world, _ jsruntime.Script, dead jsruntime.Execution) {
		require.NoError(t, w.Discard(t.Context(), w.tenant, dead.ID()))
		require.Empty(t, w.deadLetters())
		require.Equal(t, jsruntime.ExecutionFailed, w.execution(dead.ID()).Status())
		require.ErrorIs(t, w.Discard(t.Context(), w.tenant, dead.ID()), jsruntime.ErrConflict)
		_, err := w.Requeue(t.Context(), w.tenant, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrConflict)
	})
}

func TestDeadLettersOfOthersAreNotFound(t *testing.T) {
	withDeadLetter(t, func(t *testing.T, w *world, _ jsruntime.Script, dead jsruntime.Execution) {
		other := uuid.New()
		_, err := w.Requeue(t.Context(), other, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrNotFound)
		require.ErrorIs(t, w.Discard(t.Context(), other, dead.ID()), jsruntime.ErrNotFound)
		_, err = w.Attempts(t.Context(), other, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrNotFound)
		page, err := w.DeadLetters(t.Context(), other, jsruntime.ExecutionFilter{})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		require.Len(t, w.deadLetters(), 1)
	})
}

func TestADeadLetterWhoseScriptCannotRunIsNotRequeued(t *testing.T) {
	withDeadLetter(t, func(t *testing.T, w *world, s jsruntime.Script, dead jsruntime.Execution) {
		_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
		require.NoError(t, err)
		_, err = w.Requeue(t.Context(), w.tenant, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrNotActive)
		require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
		_, err = w.Requeue(t.Context(), w.tenant, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrNotFound)
		require.Len(t, w.deadLetters(), 1, "it waits still")
		require.NoError(t, w.Stop(t.Context()))
		_, err = w.Requeue(t.Context(), w.tenant, dead.ID())
		require.ErrorIs(t, err, jsruntime.ErrNotStarted)
		require.NoError(t, w.Discard(t.Context(), w.tenant, dead.ID()))
	})
}

func TestEachDeadLetterCanBeRequeuedPageByPage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.fake.on("x", failing(jsruntime.FailureException))
		w.active("x", jsruntime.WithEventTypes("a"), everySecond(1))
		const many = 25
		for range many {
			w.publish("a", nil)
		}
		time.Sleep(10 * time.Second)
		require.Len(t, w.deadLetters(), many)
		w.fake.on("x", nil)
		f := jsruntime.ExecutionFilter{PageRequest: jsruntime.PageRequest{Limit: 4}}
		for more := true; more; more = f.After != "" {
			page, err := w.DeadLetters(t.Context(), w.tenant, f)
			require.NoError(t, err)
			for _, e := range page.Items {
				_, err := w.Requeue(t.Context(), w.tenant, e.ID())
				require.NoError(t, err)
			}
			f.After = page.Next
		}
		time.Sleep(10 * time.Second)
		require.Empty(t, w.deadLetters())
		counts, err := w.ExecutionCounts(t.Context(), w.tenant, uuid.Nil)
		require.NoError(t, err)
		require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionFailed: many, jsruntime.ExecutionCompleted: many}, counts)
	})
}

func TestRetentionKeepsDeadLettersAndAttemptsLeavesOutWhatWasPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, jsruntime.WithRetention(jsruntime.Retention{Executions: time.Hour}))
		require.NoError(t, w.Start(t.Context()))
		w.fake.on("x", failing(jsruntime.FailureException))
		w.active("x", jsruntime.WithEventTypes("a"), everySecond(3))
		event := w.publish("a", nil)
		time.Sleep(2 * time.Hour)
		all := w.executions(jsruntime.ExecutionFilter{})
		require.Len(t, all, 1)
		require.True(t, all[0].IsDeadLetter())
		require.Len(t, w.attempts(all[0].ID()), 1)
		require.NoError(t, w.Publish(t.Context(), event))
		time.Sleep(time.Minute)
		require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1, "the event's key outlives its execution")
		require.NoError(t, w.Stop(t.Context()))
	})
}
