package vm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// calls are the host calls of one run: who may be called, what is under way and what waits for its turn.
type calls struct {
	host     jsruntime.Host
	names    []string        // that the program can use
	parts    map[string]bool // those that the library can use for it
	begin    func() context.Context
	cancel   context.CancelFunc
	next     chan *begunCall // to a goroutine that has no call to run
	running  int
	waiting  []*begunCall // for their turn
	underWay []*begunCall // these included
	size     int64        // of their arguments, in bytes
	served   sync.WaitGroup
	lines    map[string]chan struct{} // by name; closed when the last call in the line is done
}

// newCalls returns nil when the program can call nothing.
func newCalls(ctx context.Context, r *realm, deadline time.Time) *calls {
	if r.job.Host == nil {
		return nil
	}
	has := r.program.names.has
	var names []string
	var parts map[string]bool
	for _, name := range r.job.Host.Functions() {
		if root, _, part := strings.Cut(name, ":"); part {
			if has(root) {
				parts = with(parts, name)
			}
			continue
		}
		root, _, _ := strings.Cut(name, ".")
		if has(root) && name != jsruntime.SecretsGet && name != jsruntime.EventsPublish {
			names = append(names, name)
		}
	}
	if has("events") {
		names = append(names, jsruntime.EventsPublish)
	}
	uses := &r.program.names.context
	if secrets := uses.whole("context") || uses.has("context", "secrets"); len(names) == 0 && len(parts) == 0 && !secrets {
		return nil
	}
	c := &calls{host: r.job.Host, names: names, parts: parts, next: make(chan *begunCall)}
	c.begin = sync.OnceValue(func() context.Context {
		ctx, cancel := context.WithDeadline(ctx, deadline)
		c.cancel = cancel
		return ctx
	})
	return c
}

// with returns a set with one more name.
func with(names map[string]bool, name string) map[string]bool {
	if names == nil {
		names = map[string]bool{}
	}
	names[name] = true
	return names
}

// pending reports whether a call is under way.
func (c *calls) pending() bool { return c != nil && c.running > 0 }

// end cancels the calls that are under way and waits for them.
func (c *calls) end() {
	c.waiting = nil
	if c.cancel != nil {
		c.cancel()
	}
	c.served.Wait()
}

// defineHost makes a global for every host function, with objects on the way to dotted names. The objects are frozen.
func (r *realm) defineHost() {
	roots := map[string]*goja.Object{}
	for _, name := range r.calls.names {
		path := strings.Split(name, ".")
		function := r.hostFunction(path[len(path)-1], name)
		if len(path) == 1 {
			r.define(r.rt.GlobalObject(), name, function)
			roots[name] = function
			continue
		}
		var parent *goja.Object
		for i := range path[:len(path)-1] {
			prefix := strings.Join(path[:i+1], ".")
			object := roots[prefix]
			if object == nil {
				object = r.rt.NewObject()
				roots[prefix] = object
				if parent == nil {
					r.define(r.rt.GlobalObject(), path[i], object)
				} else {
					must(parent.Set(path[i], object))
				}
			}
			parent = object
		}
		must(parent.Set(path[len(path)-1], function))
		roots[name] = function
	}
	for _, object := range roots {
		r.freeze(object)
	}
}

func (r *realm) hostFunction(short, name string) *goja.Object {
	return r.function(short, func(call goja.FunctionCall) goja.Value { return r.callHost(name, call.Arguments) })
}

func (r *realm) callHost(name string, arguments []goja.Value) goja.Value {
	return r.callHostAs("Error", calledName{text: name}, name, arguments)
}

// calledName is what a script knows a host function as.
type calledName struct {
	text      string
	arguments []string // names of the first of them; further ones go by their numbers
	line      string   // of the call
}

// argument returns what an argument is called, by its index.
func (c calledName) argument(i int) string {
	if i < len(c.arguments) {
		return c.arguments[i]
	}
	return fmt.Sprintf("argument %d", i+1)
}

// callHostAs starts a host call and returns its promise. Where the reply is an error, it is of the class.
func (r *realm) callHostAs(class string, called calledName, name string, arguments []goja.Value) goja.Value {
	args, size, err := r.plainArguments(called, arguments)
	if err != nil {
		return r.typeError(called.text + ": " + err.Error())
	}
	return r.begin(hostCall{class: class, name: name, args: args, size: size, line: called.line, result: r.value})
}

// hostCall is a call of a host function.
type hostCall struct {
	class  string // of its error
	name   string
	args   []any
	size   int64                               // of these, in bytes
	line   string                              // calls in one are made one after the other; "" for none
	result func(reply any) (goja.Value, error) // what the promise becomes
}

// begunCall is a call that was begun.
type begunCall struct {
	hostCall
	promise      *goja.Promise
	stack        []goja.StackFrame // of its error
	place        int               // among those under way
	before, done chan struct{}     // see join

	reply any // of the host, as is err
	err   error
}

// begin starts a host call and returns its promise. The stack of its error is that of the call.
func (r *realm) begin(call hostCall) goja.Value {
	c := r.calls
	if len(c.waiting) >= maxQueuedCalls {
		return r.typeError(fmt.Sprintf("%s: more than %d calls of host functions are waiting", call.name, maxQueuedCalls))
	}
	b := &begunCall{hostCall: call, promise: r.newPromise(), stack: r.rt.CaptureCallStack(maxCallFrames, nil), place: len(c.underWay)}
	b.size += callBytes + int64(len(b.stack))*int64(unsafe.Sizeof(goja.StackFrame{}))
	c.underWay = append(c.underWay, b)
	c.size += b.size
	if c.size > worthHolding {
		r.guard.hold(c.size) // no measurement of the realm finds them
	}
	b.before, b.done = c.join(call.line)
	r.start(b)
	return r.rt.ToValue(b.promise)
}

// join returns what a call waits for that joins a line, and what it closes when it is done. Both are nil for no line.
func (c *calls) join(line string) (before, done chan struct{}) {
	if line == "" {
		return nil, nil
	}
	if c.lines == nil {
		c.lines = map[string]chan struct{}{}
	}
	before, done = c.lines[line], make(chan struct{})
	c.lines[line] = done
	return before, done
}

// ask calls the host, when the call before is done.
func (c *calls) ask(ctx context.Context, b *begunCall) (reply any, err error) {
	if b.done != nil {
		defer close(b.done)
	}
	if b.before != nil {
		select {
		case <-b.before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return callSafely(ctx, c.host, b.name, b.args)
}

// settleCall settles the promise of a call that has returned, and has the next one begin that waits for it.
func (r *realm) settleCall(b *begunCall) {
	c := r.calls
	c.running--
	c.leave(b)
	if len(c.waiting) > 0 {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		r.start(next)
	}
	var value goja.Value
	err := b.err
	defer func() { clear(r.stack[:cap(r.stack)]) }()
	if err == nil {
		r.lendStack()
		value, err = b.result(b.reply)
	}
	r.lendStack()
	switch {
	case err == nil:
		r.conclude(r.resolve(b.promise, value))
	case thrownByScript(err):
		r.conclude(err)
	default:
		r.conclude(r.reject(b.promise, r.hostError(b.class, err, b.stack)))
	}
}

// lendStack gives the engine the memory for its stack, which it lets go of whenever there is no more to run, and then makes anew
// while it grows. Nothing in it may outlive that.
func (r *realm) lendStack() {
	const values = 64 // more than a library and most scripts need
	if m := machineOf(r.rt); m.sp == 0 && m.stack == nil {
		if r.stack == nil {
			r.stack = make([]goja.Value, 0, values)
		}
		m.stack = r.stack
	}
}

// leave forgets a call.
func (c *calls) leave(b *begunCall) {
	c.size -= b.size
	last := len(c.underWay) - 1
	c.underWay[b.place] = c.underWay[last]
	c.underWay[b.place].place = b.place
	c.underWay[last] = nil
	c.underWay = c.underWay[:last]
	if b.done != nil && c.lines[b.line] == b.done {
		delete(c.lines, b.line)
	}
}

const (
	maxCallFrames = 2 * maxStackFrames // that a host call keeps: those of the script, and of the library before them
	callBytes     = 500                // that a host call takes besides
)

// worthHolding is the size of arguments under way from which on they count as memory of the realm.
const worthHolding = 64 << 10

// conclude ends the run when settling a promise, and the microtasks that followed, did not go well.
func (r *realm) conclude(err error) {
	if err != nil && r.loop.failed == nil {
		r.loop.failed = r.failure(err)
	}
}

// start makes a call on a goroutine that is not the realm's, or later when too many are running.
func (r *realm) start(b *begunCall) {
	c := r.calls
	if c.running >= maxHostCalls {
		c.waiting = append(c.waiting, b)
		return
	}
	c.running++
	ctx := c.begin()
	select {
	case c.next <- b:
	default:
		c.served.Go(func() { c.serve(ctx, r.loop, b) })
	}
}

// serve makes a call, and then those that come, until the run ends: a script often makes one call after the other, and a
// goroutine that has grown its stack for one has it for the next.
func (c *calls) serve(ctx context.Context, l *loop, b *begunCall) {
	for {
		b.reply, b.err = c.ask(ctx, b)
		l.post(b)
		select {
		case b = <-c.next:
		case <-ctx.Done():
			return
		}
	}
}

// callSafely calls the host. A panic there is a defect of the application: the script learns no more than that.
func callSafely(ctx context.Context, host jsruntime.Host, name string, args []any) (reply any, err error) {
	done := false
	defer func() {
		if x := recover(); x != nil || !done {
			reply, err = nil, fmt.Errorf("%s: internal error", name)
		}
	}()
	reply, err = host.Call(ctx, name, args)
	if err != nil {
		_ = err.Error() // which may panic as well
	}
	done = true
	return reply, err
}

// hostError returns the error with which the promise of a host call is rejected.
func (r *realm) hostError(class string, err error, stack []goja.StackFrame) goja.Value {
	var target *goja.Object
	name := class
	if errors.Is(err, jsruntime.ErrRateLimit) {
		target, class, name = r.rateLimitClass(), "Error", "RateLimitError"
	}
	construct, _ := goja.AssertConstructor(r.guard.intrinsic(class))
	object, failure := construct(target, r.rt.ToValue(err.Error()))
	if failure != nil {
		return r.rt.NewTypeError("%s", err.Error())
	}
	text := name + ": " + err.Error() + "\n" + engineStack(stack)
	r.define(object, "stack", r.rt.ToValue(text))
	if limited, ok := errors.AsType[*jsruntime.RateLimitError](err); ok && limited.RetryAfter > 0 {
		r.define(object, "retryAfter", r.rt.ToValue(limited.RetryAfter.Seconds()))
	}
	return object
}
