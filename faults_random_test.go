package jsruntime_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
)

// illStore is a store of which any call may fail before it is done, fail although it was done, or take a while.
type illStore struct {
	jsruntime.Store
	healthy atomic.Bool
	mu      sync.Mutex
	random  *rand.Rand
}

func (s *illStore) roll(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// read is a call that changes nothing, write one that does.
func (s *illStore) read(call func() error) error {
	if !s.healthy.Load() && s.roll(12) == 0 {
		return errDisk
	}
	return call()
}

func (s *illStore) write(call func() error) error {
	if s.healthy.Load() {
		return call()
	}
	switch s.roll(8) {
	case 0:
		return errDisk
	case 1:
		return errors.Join(call(), errDisk) // it was done
	case 2:
		time.Sleep(time.Duration(s.roll(5)) * time.Millisecond)
	}
	return call()
}

func (s *illStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (created jsruntime.Created, err error) {
	err = s.write(func() (err error) { created, err = s.Store.CreateExecutions(ctx, c); return err })
	return created, err
}

func (s *illStore) ClaimExecutions(ctx context.Context, c jsruntime.Claim) (claimed []jsruntime.ExecutionRecord, err error) {
	err = s.write(func() (err error) { claimed, err = s.Store.ClaimExecutions(ctx, c); return err })
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (s *illStore) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	return s.write(func() error { return s.Store.FinishExecution(ctx, o) })
}

func (s *illStore) RenewLease(ctx context.Context, node string, until time.Time) error {
	return s.write(func() error { return s.Store.RenewLease(ctx, node, until) })
}

func (s *illStore) Script(ctx context.Context, tenantID, id uuid.UUID) (r jsruntime.ScriptRecord, err error) {
	err = s.read(func() (err error) { r, err = s.Store.Script(ctx, tenantID, id); return err })
	return r, err
}

func (s *illStore) Execution(ctx context.Context, tenantID, id uuid.UUID) (r jsruntime.ExecutionRecord, err error) {
	err = s.read(func() (err error) { r, err = s.Store.Execution(ctx, tenantID, id); return err })
	return r, err
}

func (s *illStore) Expired(ctx context.Context, now time.Time, limit int) (r []jsruntime.ExecutionRecord, err error) {
	err = s.read(func() (err error) { r, err = s.Store.Expired(ctx, now, limit); return err })
	return r, err
}

func (s *illStore) Claimed(ctx context.Context, node string, limit int) (r []jsruntime.ExecutionRecord, err error) {
	err = s.read(func() (err error) { r, err = s.Store.Claimed(ctx, node, limit); return err })
	return r, err
}

func (s *illStore) Changes(ctx context.Context, after int64, limit int) (c []jsruntime.ScriptChange, err error) {
	err = s.read(func() (err error) { c, err = s.Store.Changes(ctx, after, limit); return err })
	return c, err
}

// seedVariable repeats a run of the random tests.
const seedVariable = "JSRUNTIME_SEED"

// seedOf returns the seed of a random test, which it logs; the environment can set it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64); err == nil {
		seed = n
	}
	t.Logf("%s=%d", seedVariable, seed)
	return seed
}

func TestWhateverTheStoreDoesNothingIsReportedThatIsNotOnRecord(t *testing.T) {
	seed := seedOf(t)
	st := &illStore{Store: store.NewMemory(), random: rand.New(rand.NewPCG(seed, 0))}
	st.healthy.Store(true)
	w := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(4))
	require.NoError(t, w.Start(t.Context()))
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 3
	queued, waited := w.active("queued", jsruntime.WithResourceLimits(limits)), w.active("waited")
	evented := w.active("evented", jsruntime.WithEventTypes("ill.*"))
	require.Eventually(t, func() bool { // the node has read them
		e := jsruntime.NewEvent(w.tenant, "ill.first", nil)
		require.NoError(t, w.Publish(t.Context(), e))
		_, err := st.DedupeKey(t.Context(), w.tenant, "event:"+e.ID.String()+":"+evented.ID().String())
		return err == nil
	}, 5*time.Second, 10*time.Millisecond)
	st.healthy.Store(false)

	var mu sync.Mutex
	acknowledged := map[uuid.UUID]jsruntime.ExecutionStatus{} // empty for what was only accepted
	var events []uuid.UUID
	note := func(e jsruntime.Execution, status jsruntime.ExecutionStatus) {
		mu.Lock()
		defer mu.Unlock()
		acknowledged[e.ID()] = status
	}
	var callers sync.WaitGroup
	for range 6 {
		callers.Go(func() {
			for range 40 {
				if e, err := w.Submit(context.Background(), w.tenant, queued.ID(), nil); err == nil {
					note(e, "")
				}
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				if e, err := w.Execute(ctx, w.tenant, waited.ID(), nil); err == nil {
					note(e, e.Status())
				}
				cancel()
				if e := jsruntime.NewEvent(w.tenant, "ill.happened", nil); w.Publish(context.Background(), e) == nil {
					mu.Lock()
					events = append(events, e.ID)
					mu.Unlock()
				}
			}
		})
	}
	callers.Wait()
	st.healthy.Store(true)
	require.Eventually(t, func() bool {
		counts, err := st.CountExecutions(t.Context(), w.tenant, uuid.Nil)
		return err == nil && counts[jsruntime.ExecutionPending]+counts[jsruntime.ExecutionRunning] == 0
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, w.Stop(t.Context()))

	require.NotEmpty(t, acknowledged)
	require.NotEmpty(t, events)
	for id, status := range acknowledged {
		e := w.execution(id)
		require.True(t, e.Status().IsTerminal())
		if status != "" {
			require.Equal(t, status, e.Status())
		}
	}
	for _, id := range events {
		_, err := st.DedupeKey(t.Context(), w.tenant, "event:"+id.String()+":"+evented.ID().String())
		require.NoError(t, err)
	}
	ran := map[uuid.UUID]int{}
	for _, job := range w.fake.seen() {
		id := job.Context.Execution.ID
		ran[id]++
		require.Equal(t, 1, ran[id], "it ran twice")
	}
}
