package isolate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
)

// calls are the calls of host functions of one run, on the host's side. An honest worker keeps to the bounds by itself, so
// one that does not is no honest one.
type calls struct {
	host    jsruntime.Host
	granted []string // the functions that the script may call
	nonce   uint64
	out     *frameWriter

	caller   context.Context
	deadline time.Time
	begin    func() context.Context // of the functions; made for the first call
	cancel   context.CancelFunc

	functions sync.WaitGroup // that are being called
	writes    sync.WaitGroup // of replies
	mu        sync.Mutex
	running   int
	writing   int
	size      int64 // of the arguments of the running ones
}

func newCalls(ctx context.Context, deadline time.Time, host jsruntime.Host, granted []string, nonce uint64, out *frameWriter) *calls {
	c := &calls{host: host, granted: granted, nonce: nonce, out: out, caller: ctx, deadline: deadline}
	c.begin = sync.OnceValue(func() context.Context {
		ctx, cancel := context.WithDeadline(ctx, deadline)
		c.cancel = cancel
		return ctx
	})
	return c
}

// start starts a call. Its error says that the worker may not make it. A panic, in the function or in what it returned, is a
// defect of the application: the script learns no more than that.
func (c *calls) start(call call) error {
	always := call.name == jsruntime.SecretsGet || call.name == jsruntime.EventsPublish
	if c.host == nil || !always && !slices.Contains(c.granted, call.name) {
		return fmt.Errorf("%w: function %q is not granted", errFrame, call.name)
	}
	ctx := c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	// A worker may know of a reply before the host knows that it was written, so those get as many places again.
	tooMany := c.running >= maxHostCalls || c.running+c.writing >= 2*maxHostCalls ||
		c.running > 0 && c.size+call.size > maxArgumentBytes
	switch {
	case tooMany && c.over():
		return nil // for the worker the calls have ended with their time; here they are about to
	case tooMany:
		return fmt.Errorf("%w: too many calls of host functions", errFrame)
	}
	c.running++
	c.size += call.size
	c.writes.Add(1)
	c.functions.Go(func() {
		frame := encodeReply(c.nonce, call.id, nil, fmt.Errorf("%s: internal error", call.name))
		defer func() { // however the function ends
			_ = recover()
			c.mu.Lock()
			c.running--
			c.writing++
			c.size -= call.size
			c.mu.Unlock()
			go c.reply(ctx, frame) // ends with the worker
		}()
		value, err := c.host.Call(ctx, call.name, call.args)
		frame = encodeReply(c.nonce, call.id, value, err)
	})
	return nil
}

// over reports whether the time of the calls has ended. A context learns of its deadline when a timer fires, which on a busy
// machine may be after the worker's did.
func (c *calls) over() bool {
	return c.caller.Err() != nil || !time.Now().Before(c.deadline)
}

func (c *calls) reply(ctx context.Context, frame *encoder) {
	defer c.writes.Done()
	if ctx.Err() == nil { // otherwise nobody waits for it
		_ = c.out.write(frame) // a worker that cannot be written to is dead
	}
	c.mu.Lock()
	c.writing--
	c.mu.Unlock()
}

// end cancels the calls that are under way, and waits a little for them. When functions go on, it returns a channel that is
// closed once they have ended. When replies are still being written, the worker does not read them, or not soon.
func (c *calls) end() (functions <-chan struct{}, unread bool) {
	if c.cancel == nil {
		return nil, false
	}
	c.cancel()
	late := time.NewTimer(callGrace)
	defer late.Stop()
	if ended := after(&c.functions); !within(ended, late) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return ended, c.writing > 0
	}
	return nil, !within(after(&c.writes), late)
}

// after returns a channel that is closed when the group is done.
func after(group *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	return done
}

func within(done <-chan struct{}, late *time.Timer) bool {
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}
