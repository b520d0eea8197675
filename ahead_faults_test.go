package jsruntime_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
)

// tardyStore does what it is asked to, and answers a creation when a test lets it.
type tardyStore struct {
	jsruntime.Store
	late   atomic.Bool
	answer chan error // what becomes of the answer of the next creation; nil for the answer itself
}

func (s *tardyStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	created, err := s.Store.CreateExecutions(ctx, c)
	if s.late.CompareAndSwap(true, false) {
		if lost := <-s.answer; lost != nil {
			return jsruntime.Created{}, lost
		}
	}
	return created, err
}

// besideAnother has two Runtimes on a store, and a script that may have one run at once. The first of them has that, until busy is
// closed. The store of the second is late.
type besideAnother struct {
	first, second *world
	st            *tardyStore
	script        jsruntime.Script
	busy          func()
}

func inBesideAnother(t *testing.T, test func(t *testing.T, b besideAnother)) {
	synctest.Test(t, func(t *testing.T) {
		memory := store.NewMemory()
		b := besideAnother{st: &tardyStore{Store: memory, answer: make(chan error)}}
		b.first, b.second = newWorldOn(t, memory), newWorldOn(t, b.st)
		b.second.tenant = b.first.tenant
		require.NoError(t, b.first.Start(t.Context()))
		require.NoError(t, b.second.Start(t.Context()))
		g := newGated()
		b.first.fake.on("x", g.run)
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 1
		b.script = b.first.active("x", jsruntime.WithHTTP("/x"), jsruntime.WithResourceLimits(limits))
		var running sync.WaitGroup
		running.Go(func() { _, _ = b.first.Execute(t.Context(), b.first.tenant, b.script.ID(), nil) })
		time.Sleep(2 * time.Second)
		b.busy = sync.OnceFunc(func() { close(g.release); running.Wait() })
		defer b.busy()
		test(t, b)
		b.busy()
		require.NoError(t, b.first.Stop(t.Context()))
		require.NoError(t, b.second.Stop(t.Context()))
	})
}

// The store has put it on record and says late that it has not, when its turn has come.
func TestARunWhoseTurnComesBeforeTheStoreSaysThatItIsNotOnRecordHasItsTurn(t *testing.T) {
	for name, leaves := range map[string]bool{"its caller waits": false, "its caller has left": true} {
		t.Run(name, func(t *testing.T) {
			inBesideAnother(t, func(t *testing.T, b besideAnother) {
				b.second.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
					time.Sleep(time.Second)
					if ctx.Err() != nil {
						return untilCancelled(ctx, job)
					}
					return jsruntime.Result{Output: []byte("1")}
				})
				b.st.late.Store(true)
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				var e jsruntime.Execution
				var err error
				var both sync.WaitGroup
				both.Go(func() { e, err = b.second.Execute(ctx, b.first.tenant, b.script.ID(), nil) })
				time.Sleep(3 * time.Second)
				b.busy()
				time.Sleep(3 * time.Second)
				if leaves {
					leave()
					both.Wait()
				}
				b.st.answer <- errDisk
				both.Wait()
				if leaves {
					require.ErrorIs(t, err, context.Canceled)
					return
				}
				require.NoError(t, err)
				require.Equal(t, e.Record(), b.first.execution(e.ID()).Record())
			})
		})
	}
}

// Another Runtime cancels it while the answer of the store is on its way, and the caller has left.
func TestARunThatIsEndedElsewhereWhileItIsPutOnRecordEndsOnce(t *testing.T) {
	inBesideAnother(t, func(t *testing.T, b besideAnother) {
		b.busy()
		b.second.fake.on("x", untilCancelled)
		b.st.late.Store(true)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		var err error
		var both sync.WaitGroup
		both.Go(func() { _, err = b.second.Execute(ctx, b.first.tenant, b.script.ID(), nil) })
		time.Sleep(100 * time.Millisecond)
		running := b.first.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}})
		require.Len(t, running, 1)
		leave()
		both.Wait()
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, b.first.Cancel(t.Context(), b.first.tenant, running[0].ID()))
		time.Sleep(3 * time.Second)
		b.st.answer <- nil
		time.Sleep(3 * time.Second)
	})
}

// A run that the node has claimed without having been told, and cancelled meanwhile, while its script takes long to stop.
func TestARunThatWasClaimedAlthoughTheStoreSaidNotCanBeCancelled(t *testing.T) {
	inBesideAnother(t, func(t *testing.T, b besideAnother) {
		b.busy()
		b.second.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			time.Sleep(10 * time.Second)
			return untilCancelled(ctx, job)
		})
		b.st.late.Store(true)
		var both sync.WaitGroup
		both.Go(func() {
			_, err := b.second.Execute(t.Context(), b.first.tenant, b.script.ID(), nil)
			require.ErrorIs(t, err, errDisk)
		})
		time.Sleep(100 * time.Millisecond)
		running := b.first.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionRunning}})
		require.Len(t, running, 1)
		b.st.answer <- errDisk
		time.Sleep(100 * time.Millisecond)
		ctx, done := context.WithTimeout(t.Context(), time.Hour)
		defer done()
		require.NoError(t, b.second.Cancel(ctx, b.first.tenant, running[0].ID()))
		both.Wait()
		time.Sleep(3 * time.Second)
		require.Equal(t, jsruntime.ExecutionCancelled, b.first.execution(running[0].ID()).Status())
	})
}

// The store takes longer to say that the run has to wait than its caller waits for a slot.
func TestARequestWhoseRunHadBegunWhenItsPatienceWasOverDoesNotWaitForASlot(t *testing.T) {
	inBesideAnother(t, func(t *testing.T, b besideAnother) {
		b.second.fake.on("x", untilCancelled)
		b.st.late.Store(true)
		handler := b.second.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return b.first.tenant, nil })
		answered := httptest.NewRecorder()
		var both sync.WaitGroup
		both.Go(func() { handler.ServeHTTP(answered, httptest.NewRequest(http.MethodGet, "/x", http.NoBody)) })
		time.Sleep(10 * time.Second)
		require.Len(t, b.second.fake.seen(), 1)
		b.st.answer <- nil
		synctest.Wait()
		pending := b.first.executions(jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}})
		require.Empty(t, pending)
		both.Wait()
		require.Equal(t, http.StatusTooManyRequests, answered.Code)
	})
}
