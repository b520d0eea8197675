package jsruntime_test

import (
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
