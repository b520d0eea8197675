package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// enqueued waits until the gate has n tickets of the tenant.
func enqueued(t *testing.T, g *gate, tenant uuid.UUID, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		q := g.tenants[tenant]
		return q != nil && q.length == n || q == nil && n == 0
	}, 5*time.Second, time.Millisecond)
}

// acquired takes a slot that is free.
func acquired(t *testing.T, g *gate, tenant, script uuid.UUID) {
	t.Helper()
	waited, err := g.acquire(t.Context(), tenant, script, 10, 1, 1)
	require.NoError(t, err)
	require.False(t, waited)
}

func TestTheGateServesTenantsInTurn(t *testing.T) {
	g := newGate(1, func() {})
	busy, other, script := uuid.New(), uuid.New(), uuid.New()
	acquired(t, g, busy, script)
	served := make(chan uuid.UUID, 100)
	var wg sync.WaitGroup
	wait := func(tenant, script uuid.UUID) {
		wg.Go(func() {
			if waited, err := g.acquire(context.Background(), tenant, script, 10, 1, 100); err != nil || !waited {
				t.Error(waited, err)
			}
			served <- tenant
		})
	}
	for i := range 5 {
		wait(busy, script)
		enqueued(t, g, busy, i+1)
	}
	wait(other, uuid.New())
	enqueued(t, g, other, 1)
	g.release(script)
	require.Equal(t, busy, <-served)
	g.release(script)
	require.Equal(t, other, <-served, "it waits for one run of the busy tenant only")
	for range 4 {
		g.release(script)
		<-served
	}
	wg.Wait()
}

func TestTheGateRefusesAFullQueueAndForgetsWhoGoesAway(t *testing.T) {
	g := newGate(1, func() {})
	tenant, script := uuid.New(), uuid.New()
	acquired(t, g, tenant, script)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := make(chan error)
	go func() {
		_, err := g.acquire(ctx, tenant, script, 10, 1, 1)
		gone <- err
	}()
	enqueued(t, g, tenant, 1)
	_, err := g.acquire(t.Context(), tenant, script, 10, 1, 1)
	require.ErrorIs(t, err, ErrOverloaded)
	reason := errors.New("gone")
	cancel(reason)
	require.ErrorIs(t, <-gone, reason)
	enqueued(t, g, tenant, 0)
	g.release(script)
	require.Equal(t, 1, g.reserve(5))
	require.Empty(t, g.ring)
	require.Empty(t, g.active)
}

func TestTheDispatcherIsOwedTheNextSlotWhenThereWasNone(t *testing.T) {
	woken := 0
	g := newGate(1, func() { woken++ })
	tenant, script := uuid.New(), uuid.New()
	acquired(t, g, tenant, script)
	require.Zero(t, g.reserve(1))
	served := make(chan error, 1)
	go func() {
		_, err := g.acquire(context.Background(), tenant, script, 10, 1, 10)
		served <- err
	}()
	enqueued(t, g, tenant, 1)
	g.release(script)
	require.Equal(t, 1, woken)
	require.Equal(t, 1, g.reserve(1), "the slot was kept although somebody else waits")
	g.giveBack(1)
	require.NoError(t, <-served)
}

func TestDispatcherAndTicketsGetSlotsByTurns(t *testing.T) {
	g := newGate(1, func() {})
	tenant, script := uuid.New(), uuid.New()
	require.Equal(t, 1, g.reserve(1))
	served := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := g.acquire(context.Background(), tenant, script, 10, 1, 10)
			served <- err
		}()
	}
	enqueued(t, g, tenant, 2)
	require.Zero(t, g.reserve(1), "a backlog in the store always asks for more")
	g.giveBack(1)
	require.Equal(t, 1, g.reserve(1), "the dispatcher's turn")
	for range 2 {
		require.Zero(t, g.reserve(1))
		g.giveBack(1)
		require.NoError(t, <-served, "a ticket's turn")
		require.Zero(t, g.reserve(1))
		g.release(script)
		require.Equal(t, 1, g.reserve(1), "the dispatcher's turn")
	}
	require.Empty(t, g.ring)
}

func TestTheGateNeverHandsOutMoreSlotsThanThereAre(t *testing.T) {
	const slots = 3
	g := newGate(slots, func() {})
	var inside, most atomic.Int64
	enter := func() {
		if n := inside.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(10 * time.Microsecond)
		inside.Add(-1)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		tenant, script := uuid.New(), uuid.New()
		wg.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+j%5)*time.Millisecond)
				if _, err := g.acquire(ctx, tenant, script, 1+i%2, 1, 10); err == nil {
					enter()
					g.release(script)
				}
				cancel()
			}
		})
	}
	wg.Go(func() {
		for range 500 {
			n := g.reserve(2)
			for range n {
				enter()
			}
			if n > 0 {
				g.giveBack(n)
			}
		}
	})
	wg.Wait()
	require.LessOrEqual(t, most.Load(), int64(slots))
	require.Equal(t, fmt.Sprint(slots), fmt.Sprint(g.reserve(100)), "every slot is back")
}

func TestATenantsTurnIsAsLongAsItsWeightSays(t *testing.T) {
	g := newGate(1, func() {})
	first, script := uuid.New(), uuid.New()
	acquired(t, g, first, script)
	heavy, light := uuid.New(), uuid.New()
	served := make(chan uuid.UUID)
	for n := range 6 {
		for tenant, weight := range map[uuid.UUID]int{heavy: 2, light: 0} {
			go func() {
				if _, err := g.acquire(context.Background(), tenant, script, 10, weight, 10); err == nil {
					served <- tenant
				}
			}()
			enqueued(t, g, tenant, n+1)
		}
	}
	got := map[uuid.UUID]int{}
	for range 9 {
		g.release(script)
		got[<-served]++
	}
	require.Equal(t, map[uuid.UUID]int{heavy: 6, light: 3}, got)
	for range 3 {
		g.release(script)
		require.Equal(t, light, <-served)
	}
	g.release(script)
	require.Empty(t, g.ring)
	require.Empty(t, g.active)
}

func TestRunsOfAScriptThatWasFullDoNotGoAheadForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(4, func() {})
		script, other := uuid.New(), uuid.New()
		require.Equal(t, 1, g.reserve(1))
		g.beginClaimed(script)
		require.True(t, g.acquireAhead(script, 2))
		require.True(t, g.crowded(script, 1))
		require.False(t, g.crowded(script, 2))
		require.False(t, g.acquireAhead(script, 2), "one that was claimed counts")
		require.True(t, g.acquireAhead(other, 1))
		g.endClaimed(script)
		g.release(script)
		require.False(t, g.acquireAhead(script, 2), "others may wait in the store")
		time.Sleep(fullFor)
		require.True(t, g.acquireAhead(script, 2))
		g.release(script)
		g.release(other)
		require.Equal(t, 4, g.free)
		require.Empty(t, g.active)
		require.Empty(t, g.claimed)
		require.Empty(t, g.full)
	})
}

func TestASlotThatWasOverdrawnIsNobodysUntilItIsGivenBack(t *testing.T) {
	g := newGate(1, func() {})
	script := uuid.New()
	require.True(t, g.acquireAhead(script, 2))
	g.overdraw()
	require.Zero(t, g.reserve(1))
	require.False(t, g.reserveFree())
	g.release(script)
	require.False(t, g.acquireFree(script, 2))
}
