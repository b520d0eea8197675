package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// chunkBytes is how much of a body is read before the script asks for it, and so about the largest piece of it.
	chunkBytes = 64 << 10
	// readBytes is how much is read at once.
	readBytes = 16 << 10
	// grace is how long the answer waits for more of its body once the headers are there: a short body mostly comes with
	// them, and then one call does it all.
	grace = 10 * time.Millisecond
)

// errEnd says that all of a body has come. It is never wrapped: an io.EOF within another error is a body that broke off.
var errEnd = errors.New("end of the body")

// body is a response's body on its way from the network to the script.
type body struct {
	more  chan struct{} // has a token when something was put since the last take
	room  chan struct{} // has a token when something was taken since the last put
	ended chan struct{} // closed when nothing more will be put

	mu     sync.Mutex
	buffer []byte
	err    error // errEnd, or why the rest will not come
}

func newBody() *body {
	return &body{more: make(chan struct{}, 1), room: make(chan struct{}, 1), ended: make(chan struct{})}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put appends what has come, and waits while there is enough of it.
func (b *body) put(ctx context.Context, chunk []byte) error {
	b.mu.Lock()
	b.buffer = append(b.buffer, chunk...)
	full := len(b.buffer) >= chunkBytes
	b.mu.Unlock()
	signal(b.more)
	for full {
		select {
		case <-b.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		b.mu.Lock()
		full = len(b.buffer) >= chunkBytes
		b.mu.Unlock()
	}
	return nil
}

// end says that nothing more comes, with errEnd or the reason. What was put before can still be taken, but after an abort.
func (b *body) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(err, ErrAborted) {
		b.buffer = nil
	}
	if b.err == nil {
		b.err = err
		close(b.ended)
	}
}

// take returns what is there, and the end when nothing follows.
func (b *body) take() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	chunk := b.buffer
	b.buffer = nil
	signal(b.room)
	return chunk, b.err
}

// first waits for a moment and returns what is there then, and whether that is all.
func (b *body) first(ctx context.Context) ([]byte, bool) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for waiting := true; waiting; {
		select {
		case <-b.more:
			b.mu.Lock()
			waiting = len(b.buffer) < chunkBytes
			b.mu.Unlock()
		case <-b.ended:
			waiting = false
		case <-timer.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	chunk, err := b.take()
	if chunk == nil {
		chunk = []byte{}
	}
	return chunk, errors.Is(err, errEnd)
}

// next waits for the next piece and returns it, or nil at the end.
func (b *body) next(ctx context.Context) ([]byte, error) {
	for {
		chunk, err := b.take()
		switch {
		case len(chunk) > 0:
			return chunk, nil
		case errors.Is(err, errEnd):
			return nil, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-b.more:
		case <-b.ended:
		case <-ctx.Done():
			return nil, ended(context.Cause(ctx))
		}
	}
}

// readSize is how much to read at once of a body whose length may be known.
func readSize(length int64) int64 {
	const least = 512
	if length < 0 {
		return readBytes
	}
	return min(max(length+1, least), readBytes)
}

// receiveWhole adds a body that is there already.
func (c *client) receiveWhole(ctx context.Context, x *exchange, resp *http.Response, r *reply) error {
	defer resp.Body.Close()
	if resp.ContentLength > c.maxResponse {
		return c.tooLarge
	}
	head, length := len(r.text), int(resp.ContentLength)
	r.text = slices.Grow(r.text, length)[:head+length]
	n, err := io.ReadFull(resp.Body, r.text[head:])
	r.text = r.text[:head+n]
	x.came(n)
	if err != nil {
		return explainBody(ctx, err)
	}
	return nil
}

// receive reads the response's body to its end, as far ahead of the script as the buffer allows, and returns why it ended;
// nil when all of it has come.
func (c *client) receive(ctx context.Context, x *exchange, b *body, resp *http.Response) error {
	defer resp.Body.Close()
	err := c.transfer(ctx, x, b, resp)
	b.end(err)
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

func (c *client) transfer(ctx context.Context, x *exchange, b *body, resp *http.Response) error {
	if resp.ContentLength > c.maxResponse {
		return c.tooLarge
	}
	idle := time.AfterFunc(c.idleTimeout, func() {
		x.cancel(failed(ErrTimeout, "timed out: nothing more of the response body for %v", c.idleTimeout))
	})
	defer idle.Stop()
	buffer := make([]byte, readSize(resp.ContentLength))
	for received := int64(0); ; {
		idle.Reset(c.idleTimeout)
		n, err := resp.Body.Read(buffer)
		idle.Stop()
		x.came(n)
		if received += int64(n); received > c.maxResponse {
			return c.tooLarge
		}
		if n > 0 {
			if err := b.put(ctx, buffer[:n]); err != nil {
				return ended(err)
			}
		}
		if err != nil {
			return explainBody(ctx, err)
		}
	}
}
