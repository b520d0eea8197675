package jsruntime_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// executionIDs returns the ids of a tenant's executions, newest first.
func (w *world) executionIDs() []uuid.UUID {
	w.t.Helper()
	page, err := w.Executions(w.t.Context(), w.tenant, jsruntime.ExecutionFilter{})
	require.NoError(w.t, err)
	var ids []uuid.UUID
	for _, e := range page.Items {
		ids = append(ids, e.ID())
	}
	return ids
}

func TestWhatIsOlderThanTheRetentionIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOn(t, store.NewMemory(), jsruntime.WithRetention(jsruntime.Retention{
			Executions: time.Hour, Keys: 3 * time.Hour, Ticks: 2 * time.Hour,
		}))
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x", jsruntime.WithCron(mustCron(t, "@every 50m")))
		old, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey("k"))
		require.NoError(t, err)
		time.Sleep(55 * time.Minute) // a tick has run
		ids := w.executionIDs()
		require.Len(t, ids, 2)
		require.Equal(t, old.ID(), ids[1])
		time.Sleep(10 * time.Minute)
		require.Equal(t, ids[:1], w.executionIDs())
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey("k"))
		require.ErrorIs(t, err, jsruntime.ErrDuplicate)

		ticks := func() int {
			page, err := w.store.Ticks(t.Context(), w.tenant, s.ID(), jsruntime.PageRequest{})
			require.NoError(t, err)
			return len(page.Items)
		}
		time.Sleep(3 * time.Hour)
		require.Equal(t, 2, ticks(), "of every fifty minutes in two hours, but for the one that is due")
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithDedupeKey("k"))
		require.NoError(t, err)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestTheRetentionKeepsTheLatestOfEachScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOn(t, store.NewMemory(), jsruntime.WithRetention(jsruntime.Retention{PerScript: 3}))
		require.NoError(t, w.Start(t.Context()))
		a, b := w.active("a"), w.active("b")
		var kept []uuid.UUID
		for i := range 1500 { // more than two steps
			e, err := w.Execute(t.Context(), w.tenant, a.ID(), nil)
			require.NoError(t, err)
			if i >= 1497 {
				kept = append([]uuid.UUID{e.ID()}, kept...)
			}
			time.Sleep(time.Millisecond)
		}
		e, err := w.Execute(t.Context(), w.tenant, b.ID(), nil)
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		require.Equal(t, append([]uuid.UUID{e.ID()}, kept...), w.executionIDs())
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestARetentionMustNotBeNegative(t *testing.T) {
	for field, r := range map[string]jsruntime.Retention{
		"retention.executions": {Executions: -1}, "retention.perScript": {PerScript: -1}, "retention.keys": {Keys: -1},
		"retention.ticks": {Ticks: -1},
	} {
		_, err := jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithRetention(r))
		var invalid *jsruntime.FieldError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, field, invalid.Field)
	}
}
