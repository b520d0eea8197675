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
		_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil, firstStored())
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
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil, firstStored())
	require.NoError(t, err)
	require.Equal(t, "new", w.fake.seen()[0].Source.Text)
	require.Equal(t, 2, e.VersionNumber())
	for _, run := range []func() error{
		func() error {
			_, err := w.Execute(t.Context(), w.tenant, s.ID(), nil, firstStored())
			return err
		},
		func() error { _, err := w.Submit(t.Context(), w.tenant, s.ID(), nil); return err },
		func() error {
			_, err := w.Call(t.Context(), w.tenant, s.Name(), nil, firstStored())
			return err
		},
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

// An earlier claim failed, and the outcome of a run that has ended is not taken until Stop has given it up.
func TestStopDoesNotRunAgainWhatHasRunAndIsNotRecorded(t *testing.T) {
	var failClaim, failFinish atomic.Bool
	errBad := errors.New("a bad moment")
	st := &faultyStore{Store: store.NewMemory()}
	st.claimed = func() error {
		if failClaim.CompareAndSwap(true, false) {
			return errBad
		}
		return nil
	}
	var failed atomic.Int32
	st.finish = func(ctx context.Context, o jsruntime.Outcome) error {
		if failFinish.Load() && failed.Add(1) <= 8 {
			return errBad
		}
		return st.Store.FinishExecution(ctx, o)
	}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	var ran atomic.Int32
	w.fake.on("effect", func(context.Context, jsruntime.Job) jsruntime.Result {
		ran.Add(1)
		return jsruntime.Result{Output: []byte(`"done"`)}
	})
	s := w.active("effect")
	failClaim.Store(true)
	first, err := w.Submit(t.Context(), w.tenant, s.ID(), nil) // claimed, but nobody learns so for a while
	if err == nil {
		w.eventually(first.ID(), jsruntime.ExecutionCompleted)
	} else {
		require.Eventually(t, func() bool { return ran.Load() == 1 }, 5*time.Second, time.Millisecond)
	}
	before := ran.Load()
	require.EqualValues(t, 1, before)

	failFinish.Store(true)
	second, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return ran.Load() == 2 && failed.Load() > 0 }, 5*time.Second, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = w.Stop(ctx)
	require.EqualValues(t, 2, ran.Load(), "the second script ran once more")
	require.Equal(t, jsruntime.ExecutionRunning, w.execution(second.ID()).Status(), "recovery ends it")
}

// slowCreation holds the answer of a creation back.
type slowCreation struct {
	*faultyStore
	answer func()
}

func (s *slowCreation) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	created, err := s.faultyStore.CreateExecutions(ctx, c)
	if s.answer != nil {
		s.answer()
	}
	return created, err
}

// The store is away while it creates a run, for longer than the lease lasts, and another node has ended the run as
// interrupted by the time of the answer.
func TestARunThatWasClaimedWithItsCreationIsConfirmedWhenTheLeaseIsOver(t *testing.T) {
	for _, wait := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			memory := store.NewMemory()
			var away atomic.Bool
			st := &slowCreation{faultyStore: &faultyStore{Store: memory, renew: func() error {
				if away.Load() {
					return errDisk
				}
				return nil
			}}}
			w := newWorldOn(t, st)
			require.NoError(t, w.Start(t.Context()))
			s := w.active("x")
			other := newWorldOn(t, memory)
			st.answer = func() {
				away.Store(true)
				time.Sleep(5 * time.Minute)
				require.NoError(t, other.Start(t.Context())) // takes over
			}
			told := make(chan error, 1)
			go func() {
				var err error
				if wait {
					var e jsruntime.Execution
					if e, err = w.Execute(context.Background(), w.tenant, s.ID(), nil, firstStored()); err == nil {
						err = e.Failure()
					}
				} else {
					_, err = w.Submit(context.Background(), w.tenant, s.ID(), nil)
				}
				told <- err
			}()
			time.Sleep(6 * time.Minute)
			require.Empty(t, w.fake.seen(), "it was ended elsewhere")
			away.Store(false)
			time.Sleep(time.Minute)
			require.Empty(t, w.fake.seen(), "it was ended elsewhere")
			if err := <-told; wait {
				require.ErrorIs(t, err, jsruntime.ErrInterrupted)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, w.Stop(t.Context()))
			require.NoError(t, other.Stop(t.Context()))
		})
	}
}
