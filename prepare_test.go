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

// outage is a world whose store loses its scripts, its leases or both for a while. Runs are claimed all the same.
type outage struct {
	*world
	inner   jsruntime.Store
	scripts atomic.Bool // they cannot be read
	leases  atomic.Bool // they cannot be renewed, nor executions be read
}

func inOutage(t *testing.T, test func(t *testing.T, o *outage), opts ...jsruntime.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &outage{inner: store.NewMemory()}
		fails := func(away *atomic.Bool) func() error {
			return func() error {
				if away.Load() {
					return errDisk
				}
				return nil
			}
		}
		o.world = newWorldOn(t, &faultyStore{
			Store: o.inner, read: fails(&o.scripts), renew: fails(&o.leases), execution: fails(&o.leases),
		}, opts...)
		require.NoError(t, o.Start(t.Context()))
		test(t, o)
		require.NoError(t, o.Stop(t.Context()))
	})
}

// claimed submits a run, has the scripts go away, and returns when the run was claimed.
func (o *outage) claimed(t *testing.T, opts ...jsruntime.ScriptOption) jsruntime.Execution {
	t.Helper()
	e, err := o.Submit(t.Context(), o.tenant, o.active("x", opts...).ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Second)))
	require.NoError(t, err)
	o.scripts.Store(true)
	time.Sleep(3 * time.Second)
	require.Equal(t, jsruntime.ExecutionRunning, o.execution(e.ID()).Status())
	return e
}

func TestARunThatWasAcceptedOutlivesAnOutageOfTheStore(t *testing.T) {
	for name, leases := range map[string]bool{"of scripts": false, "of everything": true} {
		t.Run(name, func(t *testing.T) {
			inOutage(t, func(t *testing.T, o *outage) {
				e := o.claimed(t)
				o.leases.Store(leases)
				time.Sleep(10 * time.Minute)
				require.Empty(t, o.fake.seen())
				o.scripts.Store(false)
				time.Sleep(time.Minute)
				require.Equal(t, !leases, len(o.fake.seen()) == 1, "without a lease it does not run")
				o.leases.Store(false)
				time.Sleep(3 * time.Second)
				require.Equal(t, jsruntime.ExecutionCompleted, o.execution(e.ID()).Status())
				require.Len(t, o.fake.seen(), 1)
			})
		})
	}
}

func TestARunThatWasTakenOverDuringAnOutageIsNotRunOnceMore(t *testing.T) {
	inOutage(t, func(t *testing.T, o *outage) {
		e := o.claimed(t)
		o.leases.Store(true)
		other := newWorldOn(t, o.inner)
		require.NoError(t, other.Start(t.Context()))
		time.Sleep(time.Minute)
		o.scripts.Store(false)
		o.leases.Store(false)
		time.Sleep(time.Minute)
		require.ErrorIs(t, o.execution(e.ID()).Failure(), jsruntime.ErrInterrupted)
		require.Empty(t, o.fake.seen())
		require.Equal(t, 1, other.events.terminal(t, e.ID()))
		require.Zero(t, o.events.terminal(t, e.ID()))
		require.NoError(t, other.Stop(t.Context()))
	})
}

func TestARunThatWaitsForTheStoreCanBeCancelled(t *testing.T) {
	inOutage(t, func(t *testing.T, o *outage) {
		e := o.claimed(t)
		start := time.Now()
		require.NoError(t, o.Cancel(t.Context(), o.tenant, e.ID()))
		require.Less(t, time.Since(start), time.Millisecond)
		ended := o.execution(e.ID())
		require.Equal(t, jsruntime.ExecutionCancelled, ended.Status())
		require.Contains(t, ended.Error(), "cancelled by request")
		synctest.Wait()
		require.Equal(t, 1, o.events.terminal(t, e.ID()))
		o.scripts.Store(false)
		time.Sleep(time.Minute)
		require.Empty(t, o.fake.seen())
	})
}

func TestARunThatWaitsForTheStoreEndsWithItsCaller(t *testing.T) {
	inOutage(t, func(t *testing.T, o *outage) {
		id := o.active("x").ID()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		o.fake.on("slow", func(context.Context, jsruntime.Job) jsruntime.Result {
			time.Sleep(time.Second)
			return jsruntime.Result{Output: []byte("1")}
		})
		_, err := o.Submit(t.Context(), o.tenant, o.active("slow").ID(), nil) // it has the only slot for a second
		require.NoError(t, err)
		synctest.Wait()
		time.AfterFunc(500*time.Millisecond, func() { o.scripts.Store(true) })
		_, err = o.Execute(ctx, o.tenant, id, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		ended := o.executions(jsruntime.ExecutionFilter{ScriptID: id})[0]
		require.Equal(t, jsruntime.ExecutionCancelled, ended.Status())
		require.Contains(t, ended.Error(), "the caller went away")
	}, jsruntime.WithMaxConcurrentRuns(1))
}

// The application is not the store: what it does not tell for ten seconds, it is taken not to know.
func TestARunWhoseTenantsLimitsCannotBeHadFailsAfterAWhile(t *testing.T) {
	var away atomic.Bool
	limits := func(context.Context, uuid.UUID) (jsruntime.ResourceLimits, error) {
		if away.Load() {
			return jsruntime.ResourceLimits{}, jsruntime.ErrClosed // an error of the application's own
		}
		return jsruntime.ResourceLimits{}, nil
	}
	inOutage(t, func(t *testing.T, o *outage) {
		for wait, want := range map[time.Duration]jsruntime.ExecutionStatus{
			8 * time.Second: jsruntime.ExecutionCompleted, 20 * time.Second: jsruntime.ExecutionFailed,
		} {
			e := o.claimed(t)
			away.Store(true)
			time.Sleep(time.Minute) // the store is away, so this counts for nothing
			o.scripts.Store(false)
			time.Sleep(wait)
			away.Store(false)
			time.Sleep(2 * time.Second)
			require.Equal(t, want, o.execution(e.ID()).Status(), wait)
		}
	}, jsruntime.WithTenantLimits(limits))
}

func TestARunThatStopKeptFromBeginningGoesBackToTheQueue(t *testing.T) {
	inOutage(t, func(t *testing.T, o *outage) {
		e := o.claimed(t)
		_, err := stopWithin(t, o.world, time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		ended := o.execution(e.ID())
		require.Equal(t, jsruntime.ExecutionFailed, ended.Status())
		require.ErrorIs(t, ended.Failure(), jsruntime.ErrInterrupted)
		require.Zero(t, ended.StartedAt())
		next := o.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}})[0]
		require.Equal(t, []any{e.ID(), 2}, []any{next.PreviousID(), next.Attempt()})
		o.scripts.Store(false)
		require.NoError(t, o.Start(t.Context()))
		synctest.Wait()
		require.Equal(t, jsruntime.ExecutionCompleted, o.execution(next.ID()).Status())
		require.Len(t, o.fake.seen(), 1)
	})
}

func TestARunThatIsCancelledWhileStopGivesUpDoesNotGoBackToTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newHungStore(store.NewMemory(), "Script", true)
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		e, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil, jsruntime.WithRunAt(time.Now().Add(time.Second)))
		require.NoError(t, err)
		st.hangs.Store(true)
		time.Sleep(3 * time.Second)
		stopped := make(chan error, 1)
		go func() {
			_, err := stopWithin(t, w, time.Second)
			stopped <- err
		}()
		time.Sleep(2 * time.Second) // Stop has cancelled the run, which still hangs
		require.NoError(t, w.Cancel(t.Context(), w.tenant, e.ID()))
		require.ErrorIs(t, <-stopped, context.DeadlineExceeded)
		counts, err := w.ExecutionCounts(t.Context(), w.tenant, uuid.Nil)
		require.NoError(t, err)
		require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCancelled: 1}, counts)
	})
}

func TestARunThatWaitsForAStoreThatWasClosedHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		_, err := w.Submit(t.Context(), w.tenant, w.active("x").ID(), nil)
		require.NoError(t, err)
		require.NoError(t, st.Close()) // too early, but it happens
		start := time.Now()
		require.NoError(t, w.Stop(context.Background()))
		require.Less(t, time.Since(start), 10*time.Second)
	})
}
