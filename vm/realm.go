package vm

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/internal/stack"
)

// realm is one run: a fresh engine, its event loop and what they produce. Everything but stop, post and result belongs
// to the goroutine of run.
type realm struct {
	rt         *goja.Runtime
	executor   *Executor
	settings   settings
	job        *jsruntime.Job
	deadline   time.Time
	guard      *guard
	memory     usage
	meter      *meter
	clock      realmClock
	program    *program
	objects    *goja.Object // Object.prototype, as it was made
	loop       *loop
	calls      *calls // nil when the program cannot call the host
	logs       *logBook
	console    console
	clean      *cleanRoom                      // made when first needed
	freezer    goja.Callable                   // Object.freeze, as it was made; see freeze
	modules    map[string]*goja.Object         // of the library that were opened, with what they export, by name
	forbidden  struct{ async, generator bool } // what forbidCode has done
	share      goja.Value                      // the function shared of modules
	thrower    goja.Value                      // the function raise
	inspectors []goja.Callable                 // of these: each returns what an object of its module shows to people
	rejected   map[*goja.Promise]int           // the promises whose rejection nobody handles, by order
	rejections int
	limitErr   *goja.Object // RateLimitError.prototype; nil when the program cannot meet it
	limitClass *goja.Object // see rateLimitClass
	raised     raised
	requests   int     // that fetch has sent
	address    address // see requestAddress
	received   responseClass
	stack      []goja.Value // see lendStack
	returned   goja.Value
	waits      []*goja.Promise             // for which the run goes on
	interfaces map[*goja.Object]goja.Value // see register

	watched atomic.Int32                          // see watched
	halt    atomic.Pointer[jsruntime.ScriptError] // why the run was stopped from outside
	settled chan struct{}                         // closed when the outcome is set
	gone    chan struct{}                         // closed when no goroutine of the run is left; may be settled itself

	mu      sync.Mutex
	outcome jsruntime.Result
}

// newRealm returns a realm that has not run yet. The ctx of host calls ends with ctx, at the deadline and with the run.
func newRealm(ctx context.Context, e *Executor, job *jsruntime.Job, p *program, deadline time.Time) *realm {
	r := &realm{
		rt:       goja.New(),
		executor: e,
		settings: e.settings,
		job:      job,
		program:  p,
		deadline: deadline,
		loop:     newLoop(),
		logs:     &logBook{maxBytes: e.settings.maxLogBytes, logged: job.Logged},
		settled:  make(chan struct{}),
	}
	r.guard = &guard{rt: r.rt, realm: r, limit: job.Limits.MaxMemoryBytes}
	r.gone = r.settled
	if r.calls = newCalls(ctx, r, deadline); r.calls != nil {
		r.gone = make(chan struct{})
	}
	return r
}

// run executes the job to its end. It is the realm's goroutine.
func (r *realm) run() {
	stack.Grow()
	r.memory.begin(r.job.Limits.MaxMemoryBytes)
	r.executor.ledger.begin(r)
	r.clock.goOn()
	watchdog.add(r)
	output, failure := r.execute()
	watchdog.remove(r)
	r.clock.pause(time.Now())
	r.executor.ledger.end(r)
	if r.meter != nil {
		r.meter.release()
		r.executor.meters.Put(r.meter)
	}
	r.mu.Lock()
	if failure != nil {
		r.outcome.Err = failure
	} else {
		r.outcome.Output = output
	}
	r.mu.Unlock()
	close(r.settled)
	r.loop.close()
	if r.calls != nil {
		r.calls.end()
		close(r.gone)
	}
}

// stop ends the run from outside: the engine is interrupted and the loop woken.
func (r *realm) stop(why *jsruntime.ScriptError) {
	if r.halt.CompareAndSwap(nil, why) {
		r.guard.attention.Store(true)
		r.rt.Interrupt(why)
		r.loop.signal()
	}
}

// result returns the outcome so far. A run that was stopped has failed, whatever it made of the rest of its time.
func (r *realm) result() jsruntime.Result {
	r.mu.Lock()
	result := r.outcome
	r.mu.Unlock()
	if halt := r.halt.Load(); halt != nil {
		result.Output, result.Err = nil, halt
	}
	result.Logs, result.LogsDropped = r.logs.entries()
	return result
}

func (r *realm) execute() (output json.RawMessage, failure *jsruntime.ScriptError) {
	defer func() {
		if x := recover(); x != nil {
			output, failure = nil, r.panicked(x)
		}
	}()
	main, failure := r.prepare()
	if failure != nil {
		return nil, failure
	}
	value, failure := r.settle(main(goja.Undefined()))
	if r.loop.failed != nil {
		failure = r.loop.failed
	}
	if failure == nil {
		value, failure = r.answered(value)
	}
	if failure != nil {
		return nil, failure
	}
	output, failure = r.encode(value)
	if failure == nil {
		failure = r.finish()
	}
	if failure == nil {
		failure = r.unhandled()
	}
	if failure != nil {
		return nil, failure
	}
	return output, nil
}

// prepare furnishes the realm and returns the author's function.
func (r *realm) prepare() (goja.Callable, *jsruntime.ScriptError) {
	r.rt.SetMaxCallStackSize(maxCallDepth)
	r.rt.SetParserOptions(parser.WithDisableSourceMaps)
	r.rt.SetPromiseRejectionTracker(r.track)
	r.objects = r.rt.NewObject().Prototype()
	r.guard.install()
	if r.calls != nil {
		r.defineHost()
	}
	input, failure := r.input()
	if failure != nil {
		return nil, failure
	}
	context, failure := r.context()
	if failure != nil {
		return nil, failure
	}
	main, err := r.open(r.program, input, context)
	if err != nil {
		return nil, r.failure(err)
	}
	return main, nil
}

// open evaluates a program in the realm and returns its inner function, around which are the two values.
func (r *realm) open(p *program, first, second goja.Value) (goja.Callable, error) {
	outer, err := r.rt.RunProgram(p.code)
	if err != nil {
		return nil, err
	}
	r.forbidCode(&p.names)
	r.guard.sweep()
	call, _ := goja.AssertFunction(outer)
	arguments := []goja.Value{first, second}
	if p.names.throws {
		if r.thrower == nil {
			r.thrower = r.function("throw", r.raise)
		}
		arguments = append(arguments, r.thrower)
	}
	if p.names.guarded {
		arguments = append(arguments, r.guard.opened())
	}
	inner, err := call(goja.Undefined(), arguments...)
	if err != nil {
		return nil, err
	}
	main, _ := goja.AssertFunction(inner)
	return main, nil
}

// settle runs the event loop until the value that the script returned is settled.
func (r *realm) settle(value goja.Value, err error) (goja.Value, *jsruntime.ScriptError) {
	if err != nil {
		return nil, r.failure(err)
	}
	promise, err := r.awaited(value)
	if err != nil {
		return nil, r.failure(err)
	}
	if promise == nil {
		return value, r.measureResult(value)
	}
	r.returned = value
	for promise.State() == goja.PromiseStatePending {
		if failure := r.turn(); failure != nil {
			return nil, failure
		}
	}
	if halt := r.halt.Load(); halt != nil {
		return nil, halt
	}
	if promise.State() == goja.PromiseStateRejected {
		return nil, r.thrown(promise.Result(), nil)
	}
	return promise.Result(), r.measureResult(promise.Result())
}

// measureResult measures the realm with what the script returned.
func (r *realm) measureResult(v goja.Value) (failure *jsruntime.ScriptError) {
	r.returned = v
	if ex := r.rt.Try(func() { r.measureAtEnd() }); ex != nil {
		return r.failure(ex)
	}
	return nil
}

// awaited returns the promise that the run has to wait for, or nil when the value is a plain one.
func (r *realm) awaited(value goja.Value) (*goja.Promise, error) {
	object, ok := value.(*goja.Object)
	if !ok {
		return nil, nil
	}
	if r.program.names.await { // an async function, whose promise it is
		promise, _ := object.Export().(*goja.Promise)
		return promise, nil
	}
	var then goja.Value
	if ex := r.rt.Try(func() { then = object.Get("then") }); ex != nil {
		return nil, ex
	}
	if _, ok := goja.AssertFunction(then); !ok {
		return nil, nil
	}
	promise := r.newPromise()
	return promise, r.resolve(promise, object)
}

// track keeps the promises that were rejected and that nobody handles.
func (r *realm) track(p *goja.Promise, operation goja.PromiseRejectionOperation) {
	if operation == goja.PromiseRejectionHandle {
		delete(r.rejected, p)
		return
	}
	if r.rejected == nil {
		r.rejected = map[*goja.Promise]int{}
	}
	r.rejections++
	r.rejected[p] = r.rejections
}

// unhandled returns the failure of the first promise whose rejection nobody handled.
func (r *realm) unhandled() *jsruntime.ScriptError {
	var first *goja.Promise
	for p, order := range r.rejected {
		if first == nil || order < r.rejected[first] {
			first = p
		}
	}
	if first == nil {
		return nil
	}
	failure := r.thrown(first.Result(), nil)
	failure.Message = "Unhandled rejection: " + failure.Message
	return failure
}

// raised is the last value that is no error which the script threw, and where. Such values bring no stack.
type raised struct {
	value goja.Value
	stack []goja.StackFrame
}

// raise notes where a value is thrown; throw statements call it on their way.
func (r *realm) raise(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if object, ok := v.(*goja.Object); ok && kindOf(object) == kindError {
		return v
	}
	r.raised = raised{value: v, stack: r.rt.CaptureCallStack(maxStackFrames, nil)}
	return v
}
