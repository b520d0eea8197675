package fetch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALineIsForOneExchangeAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		c, r := newClient(settings{headerTimeout: time.Second, timeout: time.Second}), &run{}
		begin := func() *exchange {
			x := &exchange{client: c, run: r, line: r.keptLine()}
			if x.line == nil {
				x.line = newLine(ctx)
			}
			x.line.enter(x, time.Second)
			return x
		}
		first := begin()
		time.Sleep(900 * time.Millisecond)
		first.leaveLine(nil)
		second := begin()
		require.Same(t, first.line, second.line)
		first.cancel(errAborted)
		first.leaveLine(errAborted)
		time.Sleep(900 * time.Millisecond)
		require.NoError(t, second.line.ctx.Err(), "neither an abort of the first exchange nor its time ends the second one")
		time.Sleep(200 * time.Millisecond)
		require.ErrorIs(t, context.Cause(second.line.ctx), ErrTimeout)
		second.leaveLine(nil)
		require.Nil(t, r.keptLine(), "it has ended")

		third := begin()
		third.line.dialed.Store(true)
		third.leaveLine(nil)
		require.Error(t, third.line.ctx.Err(), "what it dials goes on")
		require.Nil(t, r.keptLine())

		begin().leaveLine(nil)
		end()
		require.Nil(t, r.keptLine(), "its run has ended")
	})
}
