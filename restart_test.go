package jsruntime_test

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// submitAll submits runs of two scripts of each tenant, as many of each tenant for each time.
func submitAll(t *testing.T, w *world, tenants []uuid.UUID, times []time.Time, of int) (records []jsruntime.ExecutionRecord) {
	t.Helper()
	scripts := map[uuid.UUID][]jsruntime.Script{}
	for _, tenant := range tenants {
		scripts[tenant] = []jsruntime.Script{w.activeOf(tenant, "x"), w.activeOf(tenant, "y")}
	}
	for i := range of {
		for j := range times {
			at := times[(i+j)%len(times)] // in no order
			for _, tenant := range tenants {
				e, err := w.Submit(t.Context(), tenant, scripts[tenant][(i+j)%2].ID(), nil, jsruntime.WithRunAt(at))
				require.NoError(t, err)
				records = append(records, e.Record())
			}
		}
		time.Sleep(time.Millisecond)
	}
	return records
}

// queueOrder is the order of a tenant's executions that Store.ClaimExecutions promises.
func queueOrder(a, b jsruntime.ExecutionRecord) int {
	return cmp.Or(a.RunAt.Compare(b.RunAt), a.CreatedAt.Compare(b.CreatedAt), slices.Compare(a.ID[:], b.ID[:]))
}

func TestWhatIsPendingRunsInOrderAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "scripts.db")
		st, err := store.Open(path)
		require.NoError(t, err)
		w := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(1))
		w.fake.on("endless", untilCancelled)
		require.NoError(t, w.Start(t.Context()))
		_, err = w.Submit(t.Context(), w.tenant, w.active("endless").ID(), nil)
		require.NoError(t, err)
		synctest.Wait()
		tenants := []uuid.UUID{uuid.New(), uuid.New()}
		now := time.Now()
		records := submitAll(t, w, tenants, []time.Time{
			now.Add(-time.Hour), {}, now.Add(time.Hour), now.Add(2 * time.Hour), now.Add(3 * time.Hour),
		}, 10)
		require.Len(t, records, 100)
		_, err = stopWithin(t, w, time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, w.fake.seen(), 1)
		require.NoError(t, st.Close())

		time.Sleep(90 * time.Minute)
		st, err = store.Open(path)
		require.NoError(t, err)
		again := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(1))
		require.NoError(t, again.Start(t.Context()))
		time.Sleep(10 * time.Second)
		require.Len(t, again.fake.seen(), 60, "what is due")
		time.Sleep(2 * time.Hour)
		checkOrder(t, again, tenants, records)
		require.NoError(t, again.Stop(t.Context()))
		require.NoError(t, st.Close())
	})
}

// checkOrder checks that each record ran once, in its tenant's order, and the tenants by turns.
func checkOrder(t *testing.T, w *world, tenants []uuid.UUID, records []jsruntime.ExecutionRecord) {
	t.Helper()
	slices.SortFunc(records, queueOrder)
	want, got := map[uuid.UUID][]uuid.UUID{}, map[uuid.UUID][]uuid.UUID{}
	for _, r := range records {
		want[r.TenantID] = append(want[r.TenantID], r.ID)
	}
	last := uuid.Nil
	for i, job := range w.fake.seen() {
		tenant := job.Context.Tenant.ID
		require.NotEqual(t, last, tenant, "run %d", i)
		last = tenant
		got[tenant] = append(got[tenant], job.Context.Execution.ID)
	}
	require.Equal(t, want, got)
	for _, tenant := range tenants {
		counts, err := w.ExecutionCounts(t.Context(), tenant, uuid.Nil)
		require.NoError(t, err)
		require.Equal(t, map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCompleted: 50}, counts)
	}
}
