package jsruntime_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// terminal counts the events that say how the execution ended.
func (r *recorder) terminal(t *testing.T, id uuid.UUID) (n int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		var payload struct{ ExecutionID uuid.UUID }
		require.NoError(t, e.Decode(&payload))
		if payload.ExecutionID == id && e.Type != jsruntime.EventExecutionStarted {
			n++
		}
	}
	return n
}

// unrenewed returns a store whose leases cannot be renewed while away says so: the calls fail, or hang.
func unrenewed(inner jsruntime.Store, away *atomic.Bool, hangs bool) jsruntime.Store {
	if !hangs {
		return &faultyStore{Store: inner, renew: func() error {
			if away.Load() {
				return errDisk
			}
			return nil
		}}
	}
	return &hungRenewals{Store: inner, away: away}
}

type hungRenewals struct {
	jsruntime.Store
	away *atomic.Bool
}

func (s *hungRenewals) RenewLease(ctx context.Context, node string, until time.Time) error {
	if s.away.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.RenewLease(ctx, node, until)
}

func TestALivingNodeThatCannotRenewItsLeaseIsTakenOver(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const lease = 12 * time.Second
			inner := store.NewMemory()
			var away atomic.Bool
			a := newWorldOn(t, unrenewed(inner, &away, hangs), jsruntime.WithLeaseDuration(lease), jsruntime.WithMaxConcurrentRuns(3))
			b := newWorldOn(t, inner, jsruntime.WithLeaseDuration(lease))
			b.tenant = a.tenant
			require.NoError(t, a.Start(t.Context()))
			g := newGated()
			a.fake.on("slow", g.run)
			once, again := a.active("slow"), a.active("slow", jsruntime.WithIdempotent(true))
			answered := make(chan jsruntime.Execution, 1)
			go func() {
				e, err := a.Execute(context.Background(), a.tenant, once.ID(), nil)
				if err != nil {
					t.Error(err)
				}
				answered <- e
			}()
			submitted, err := a.Submit(t.Context(), a.tenant, once.ID(), nil)
			require.NoError(t, err)
			repeated, err := a.Submit(t.Context(), a.tenant, again.ID(), nil)
			require.NoError(t, err)
			synctest.Wait()
			require.Len(t, a.fake.seen(), 3)
			away.Store(true)
			require.NoError(t, b.Start(t.Context()))

			time.Sleep(lease / 2)
			require.Equal(t, jsruntime.ExecutionRunning, a.execution(submitted.ID()).Status(), "its lease lasts")
			time.Sleep(lease)
			records := map[uuid.UUID]jsruntime.ExecutionRecord{}
			for _, e := range a.executions(jsruntime.ExecutionFilter{}) {
				records[e.ID()] = e.Record()
				if e.PreviousID() != uuid.Nil {
					require.Equal(t, []any{repeated.ID(), 2, jsruntime.ExecutionCompleted}, []any{e.PreviousID(), e.Attempt(), e.Status()})
					continue
				}
				require.Equal(t, jsruntime.ExecutionFailed, e.Status())
				require.ErrorIs(t, e.Failure(), jsruntime.ErrInterrupted)
			}
			require.Len(t, records, 4)
			require.Len(t, b.fake.seen(), 1)

			close(g.release) // the late outcomes
			e := <-answered
			require.ErrorIs(t, e.Failure(), jsruntime.ErrInterrupted, "the caller learns what is on record")
			synctest.Wait()
			for id, record := range records {
				require.Equal(t, record, a.execution(id).Record(), "a late outcome is refused")
				require.Equal(t, 1, a.events.terminal(t, id)+b.events.terminal(t, id))
			}

			require.NoError(t, b.Stop(t.Context()))
			queued, err := a.Submit(t.Context(), a.tenant, once.ID(), nil)
			require.NoError(t, err)
			time.Sleep(lease)
			require.Equal(t, jsruntime.ExecutionPending, a.execution(queued.ID()).Status(), "without a lease it claims nothing")
			away.Store(false)
			time.Sleep(lease)
			require.Equal(t, jsruntime.ExecutionCompleted, a.execution(queued.ID()).Status(), "it goes on claiming")
			require.NoError(t, a.Stop(t.Context()))
		})
	}
}

// A renewal that hangs must not cost the lease: it is tried again in time.
func TestOneRenewalThatHangsCostsNoLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := store.NewMemory()
		var away atomic.Bool
		a, b := newWorldOn(t, &hungRenewals{Store: inner, away: &away}), newWorldOn(t, inner)
		require.NoError(t, a.Start(t.Context()))
		require.NoError(t, b.Start(t.Context()))
		a.fake.on("slow", func(context.Context, jsruntime.Job) jsruntime.Result {
			away.Store(true)
			time.Sleep(15 * time.Second)
			away.Store(false)
			time.Sleep(time.Minute)
			return jsruntime.Result{Output: []byte("1")}
		})
		e, err := a.Execute(t.Context(), a.tenant, a.active("slow").ID(), nil)
		require.NoError(t, err)
		require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
		require.NoError(t, a.Stop(t.Context()))
		require.NoError(t, b.Stop(t.Context()))
	})
}

// An outage is nobody's death: who finds the store again first lets the others renew their leases.
func TestAfterAnOutageNobodyTakesOverFromWhomeverTheStoreWasAwayForAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := store.NewMemory()
		var away atomic.Bool
		two := jsruntime.WithMaxConcurrentRuns(2)
		a, b := newWorldOn(t, unrenewed(inner, &away, false), two), newWorldOn(t, unrenewed(inner, &away, false), two)
		for _, w := range []*world{a, b} {
			w.tenant = a.tenant
			w.fake.on("slow", func(context.Context, jsruntime.Job) jsruntime.Result {
				time.Sleep(2 * time.Minute)
				return jsruntime.Result{Output: []byte("1")}
			})
			require.NoError(t, w.Start(t.Context()))
			time.Sleep(300 * time.Millisecond) // so that they do not try in the same moment
		}
		s := a.active("slow")
		var submitted []jsruntime.Execution
		for range 4 {
			e, err := a.Submit(t.Context(), a.tenant, s.ID(), nil)
			require.NoError(t, err)
			submitted = append(submitted, e)
		}
		time.Sleep(2 * time.Second)
		require.Len(t, a.fake.seen(), 2)
		require.Len(t, b.fake.seen(), 2)
		away.Store(true)
		time.Sleep(time.Minute)
		away.Store(false)
		time.Sleep(2 * time.Minute)
		for _, e := range submitted {
			require.Equal(t, jsruntime.ExecutionCompleted, a.execution(e.ID()).Status())
		}
		require.NoError(t, a.Stop(t.Context()))
		require.NoError(t, b.Stop(t.Context()))
	})
}

func TestTwoRuntimesShareTheRunsOfOneStore(t *testing.T) {
	const runs = 1000
	st := store.NewMemory()
	a, b := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(4)), newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(4))
	both := make(chan struct{})
	var entered atomic.Int64
	for _, w := range []*world{a, b} {
		w.tenant = a.tenant
		w.fake.on("x", func(ctx context.Context, _ jsruntime.Job) jsruntime.Result {
			if entered.Add(1) == 8 { // more than one of them has slots for
				close(both)
			}
			select {
			case <-both:
			case <-ctx.Done():
			}
			return jsruntime.Result{Output: []byte("1")}
		})
	}
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 100
	s := a.active("x", jsruntime.WithResourceLimits(limits))
	require.NoError(t, a.Start(t.Context()))
	require.NoError(t, b.Start(t.Context()))
	for i := range runs {
		_, err := []*world{a, b}[i%2].Submit(t.Context(), a.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		counts, err := a.ExecutionCounts(t.Context(), a.tenant, s.ID())
		return err == nil && counts[jsruntime.ExecutionCompleted] == runs
	}, 30*time.Second, 5*time.Millisecond)
	ran := map[uuid.UUID]int{}
	for _, job := range append(a.fake.seen(), b.fake.seen()...) {
		ran[job.Context.Execution.ID]++
	}
	require.Len(t, ran, runs)
	for id, n := range ran {
		require.Equal(t, 1, n, "%s ran more than once", id)
	}
	require.NotEmpty(t, a.fake.seen())
	require.NotEmpty(t, b.fake.seen())
}
