package fetch

import (
	"context"
	"io"
	"net/http"
	"strings"
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

func TestARunKeepsOneLine(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r := &run{}
	var lines []*line
	for range 3 {
		lines = append(lines, newLine(ctx))
		r.keepLine(lines[len(lines)-1])
	}
	require.Error(t, lines[0].ctx.Err(), "exchanges that were under way at the same time leave nothing behind")
	require.Error(t, lines[1].ctx.Err())
	require.Same(t, lines[2], r.keptLine())
	require.NoError(t, lines[2].ctx.Err())
}

func TestALineWhoseTimeWasOverIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(settings{headerTimeout: time.Second, timeout: time.Minute, idleTimeout: time.Minute, maxResponse: 1})
		r, l := &run{}, newLine(t.Context())
		l.timer.Reset(time.Second)
		time.Sleep(time.Second)
		synctest.Wait() // expire is on the way, and would end whatever exchange the line is for
		x := &exchange{client: c, run: r, line: l, started: time.Now()}
		l.owner = x
		resp := &http.Response{ContentLength: -1, Body: io.NopCloser(strings.NewReader("a"))}
		answer := reply{text: []byte("--")}
		c.begin(l.ctx, x, resp, &answer)
		synctest.Wait()
		require.Equal(t, "-wa", string(answer.text))
		require.Nil(t, r.keptLine())
		require.Error(t, l.ctx.Err())
	})
}
