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

// A store with a bad moment: an earlier claim failed, and the outcome of a run that has ended is not taken until Stop has
// given it up. Then the store is well again, and what Stop finds is not run once more.
func TestAttackStopRunsAgainWhatHasRun(t *testing.T) {
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
	t.Log("finish calls that failed:", failed.Load(), "status:", w.execution(second.ID()).Status(), w.execution(second.ID()).Failure())
	require.EqualValues(t, 2, ran.Load(), "the second script ran once more")
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
// interrupted by the time of the answer. A claim is then confirmed before its script begins; this one is not.
func TestAttackAPromptRunIsNotConfirmedWhenTheLeaseIsOver(t *testing.T) {
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
			if wait {
				e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
				if err == nil {
					t.Log("the caller learns:", e.Status(), e.Failure())
				}
			} else {
				_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
				require.NoError(t, err)
			}
			time.Sleep(5 * time.Second)
			require.Empty(t, w.fake.seen(), "it was ended elsewhere (caller waits: %v)", wait)
			away.Store(false)
			require.NoError(t, w.Stop(t.Context()))
			require.NoError(t, other.Stop(t.Context()))
		})
	}
}
