package jsruntime_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func TestAClaimThatWasDoneAlthoughTheStoreSaidNotIsFound(t *testing.T) {
	var failures atomic.Int64
	st := &faultyStore{Store: store.NewMemory(), claimed: func() error {
		if failures.Add(1) <= 3 {
			return errDisk
		}
		return nil
	}}
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		for range 5 {
			e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Minute)))
			require.NoError(t, err)
			time.Sleep(2 * time.Minute)
			require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
		}
		require.Len(t, w.fake.seen(), 5)
		require.Greater(t, failures.Load(), int64(3))
		require.NoError(t, w.Stop(t.Context()))
	})
}

// A creation can fail with the execution stored, and claimed in the same step. Its caller was told that it failed.
func TestACreationThatWasDoneAlthoughTheStoreSaidNotLeavesNothingRunning(t *testing.T) {
	st := &faultyStore{Store: store.NewMemory(), claimed: func() error { return errDisk }}
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x")
		synctest.Wait() // nobody else claims
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, errDisk)
		synctest.Wait()
		_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.ErrorIs(t, err, errDisk)
		time.Sleep(5 * time.Second)
		counts, err := w.ExecutionCounts(t.Context(), w.tenant, s.ID())
		require.NoError(t, err)
		want := map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCancelled: 1, jsruntime.ExecutionCompleted: 1}
		require.Equal(t, want, counts)
		require.Len(t, w.fake.seen(), 1)
		require.NoError(t, w.Stop(t.Context()))
	})
}

// meddlingStore changes a script once, when an execution is about to be stored.
type meddlingStore struct {
	jsruntime.Store
	meddle func()
}

func (s *meddlingStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	if meddle := s.meddle; meddle != nil {
		s.meddle = nil
		meddle()
	}
	return s.Store.CreateExecutions(ctx, c)
}

func TestAScriptThatChangesWhileItsRunIsStoredRunsAsItIsNow(t *testing.T) {
	st := &meddlingStore{Store: store.NewMemory()}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	s := w.active("old")
	st.meddle = func() {
		changed, err := w.UpdateScript(t.Context(), s.SetSource("new"), jsruntime.Change{})
		require.NoError(t, err)
		s = changed
	}
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, "new", w.fake.seen()[0].Source.Text)
	require.Equal(t, 2, e.VersionNumber())
	for _, run := range []func() error{
		func() error { _, err := w.Execute(t.Context(), w.tenant, s.ID(), nil); return err },
		func() error { _, err := w.Submit(t.Context(), w.tenant, s.ID(), nil); return err },
		func() error { _, err := w.Call(t.Context(), w.tenant, s.Name(), nil); return err },
	} {
		s, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
		if !errors.Is(err, jsruntime.ErrInvalidTransition) {
			require.NoError(t, err)
		} else {
			s, err = w.Script(t.Context(), w.tenant, e.ScriptID())
			require.NoError(t, err)
		}
		st.meddle = func() {
			_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
			require.NoError(t, err)
		}
		require.ErrorIs(t, run(), jsruntime.ErrNotActive)
	}
	require.Len(t, w.fake.seen(), 1)
	require.Len(t, w.executionIDs(), 1)
}
