package jsruntime

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// flood pushes events of the tenant until the queue takes no more, and returns how many it took.
func flood(q *fairQueue, tenant uuid.UUID) (taken int) {
	for q.push(Event{TenantID: tenant, Depth: taken}) {
		taken++
	}
	return taken
}

func TestTenantsThatFloodTheQueueLeaveRoomForOthers(t *testing.T) {
	q := newFairQueue(10_000)
	require.Equal(t, 5000, flood(q, uuid.New()))
	total := 5000
	for range 100 {
		total += flood(q, uuid.New())
	}
	require.Less(t, total, 40_000)
	quiet := uuid.New()
	require.GreaterOrEqual(t, flood(q, quiet), 49)
}

func TestTenantsTakeTurnsAndKeepTheirOrder(t *testing.T) {
	q := newFairQueue(100)
	loud, quiet := uuid.New(), uuid.New()
	flood(q, loud)
	flood(q, quiet)
	next := map[uuid.UUID]int{}
	for n := range 50 {
		e, ok := q.pop()
		require.True(t, ok)
		require.Equal(t, next[e.TenantID], e.Depth)
		require.Equal(t, []uuid.UUID{loud, quiet}[n%2], e.TenantID)
		next[e.TenantID]++
	}
	for range 25 {
		_, ok := q.pop()
		require.True(t, ok)
	}
	_, ok := q.pop()
	require.False(t, ok)
	require.Empty(t, q.waiting)
	require.Zero(t, q.size)
}

func TestTheSmallestQueueTakesAnEventOfATenant(t *testing.T) {
	q := newFairQueue(1)
	require.Equal(t, 1, flood(q, uuid.New()))
}
