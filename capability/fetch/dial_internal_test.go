package fetch

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThoseWhoWaitForAConnectionLookForRoomTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		d := newDialer(settings{connections: 1}, func() { looks++ })
		require.NoError(t, d.takeSlot(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		for range 100 {
			waiting.Go(func() { _ = d.takeSlot(ctx) })
		}
		waiting.Wait()
		require.LessOrEqual(t, looks, int(time.Second/roomInterval)+1)
		require.Greater(t, looks, 1)
	})
}
