package sqldb

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestNothingIsKeptOfAnExecutionThatHasEnded(t *testing.T) {
	d := &database{limits: defaultLimits, open: map[uuid.UUID]*openTransactions{}}
	ctx, cancel := context.WithCancel(t.Context())
	for range 10 {
		_, err := d.begin(ctx, jsruntime.FunctionCall{ExecutionID: uuid.New()})
		require.NoError(t, err)
	}
	require.Len(t, d.open, 10)
	cancel()
	require.Eventually(t, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.open) == 0
	}, 10*time.Second, time.Millisecond)
}

func TestNothingIsKeptOfATenantThatWaitsForNothing(t *testing.T) {
	turns := newTurns(1)
	tenant := uuid.New()
	giveBack, err := turns.take(t.Context(), tenant)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = turns.take(ended, tenant)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, turns.tenants, 1)
	giveBack()
	require.Empty(t, turns.tenants)
}
