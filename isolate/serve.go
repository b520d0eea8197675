package isolate

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// server is the worker's side: it does one check or run at a time.
type server struct {
	out    *frameWriter
	vm     *vm.Executor
	margin int64 // of memory, above a run's limit
	base   memory
	kept   int64  // objects on the heap after the last garbage collection between runs
	rest   memory // between the last run and this one
	limit  int64  // the memory limit of the Go runtime as it was last set

	busy sync.Mutex // held from the beginning of a check or run until its garbage is gone

	mu     sync.Mutex
	nonce  uint64 // of the check or run that is under way
	cancel context.CancelFunc
	calls  map[uint64]chan reply // that wait for their replies
	lastID uint64
}

type reply struct {
	value any
	err   error
}

func newServer(out *frameWriter, executor *vm.Executor, margin int64) *server {
	return &server{out: out, vm: executor, margin: margin, calls: map[uint64]chan reply{}}
}

// warm runs a script, so that the first one of the host finds everything in place, and measures the worker at rest.
func (s *server) warm() {
	s.vm.Run(context.Background(), jsruntime.Job{
		Source: jsruntime.Source{Text: `await null; console.log(new Date().getHours()); return [input, context.execution]`},
	})
	startThreads()
	runtime.GC()
	s.base = readMemory()
	s.kept, s.rest = s.base.objects, s.base
}

// startThreads starts the threads that the Go runtime may want later. In programs with C each takes the memory of a whole
// stack, which would count against the run in which it starts.
func startThreads() {
	var started, done sync.WaitGroup
	const threads = 8
	started.Add(threads)
	for range threads {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			started.Done()
			started.Wait()
		})
	}
	done.Wait()
}

// serve does what the host says until the pipe ends.
func (s *server) serve(r *frameReader) int {
	for {
		kind, payload, err := r.read(anyFrame)
		if err != nil {
			return exitEnd // with the host, or because it has no more use for this worker
		}
		d := &decoder{buf: payload}
		nonce := d.fixed()
		switch kind {
		case frameCheck:
			limit := d.int()
			source := decodeSource(d)
			if d.end() != nil {
				return exitBroken
			}
			ctx := s.begin(nonce)
			go s.check(ctx, nonce, source, limit)
		case frameRun:
			job, host, functions, err := decodeRun(d)
			if err != nil {
				return exitBroken
			}
			ctx := s.begin(nonce)
			if host {
				job.Host = &remoteHost{s: s, nonce: nonce, functions: functions, room: newRoom()}
			}
			go s.run(ctx, nonce, job)
		case frameReply:
			id, value, err := decodeReply(d)
			s.deliver(nonce, id, reply{value, err})
		case frameCancel:
			s.stop(nonce)
		default:
			return exitBroken
		}
	}
}

// begin makes a check or a run the one that is under way.
func (s *server) begin(nonce uint64) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonce, s.cancel = nonce, cancel
	clear(s.calls)
	return ctx
}

// stop ends what is under way, unless that is something else by now.
func (s *server) stop(nonce uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nonce == nonce {
		s.cancel()
	}
}

func (s *server) deliver(nonce, id uint64, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting := s.calls[id]; waiting != nil && s.nonce == nonce {
		waiting <- r
		delete(s.calls, id)
	}
}

func (s *server) check(ctx context.Context, nonce uint64, source jsruntime.Source, limit int64) {
	s.busy.Lock()
	defer s.busy.Unlock()
	guard := s.watch(nonce, limit)
	start := time.Now()
	err := s.vm.Check(ctx, source)
	exceeded := guard.stop()
	// The vm leaves a compile behind that takes too long or is cancelled, and does not say so.
	m := done{total: cpuTime(), stuck: err != nil && time.Since(start) > longCheck || ctx.Err() != nil}
	if err != nil && !errors.As(err, &m.failure) {
		m.failure = &jsruntime.ScriptError{Kind: jsruntime.FailureCancelled, Message: err.Error()}
	}
	if exceeded {
		m.failure = memoryFailure()
	}
	s.end(nonce, m)
}

// longCheck is how long a check takes at the most that leaves nothing behind.
const longCheck = 900 * time.Millisecond

// afterLine is called in a worker when a script has written a line. It is for tests: no known script kills a worker.
var afterLine func(jsruntime.LogEntry)

func (s *server) run(ctx context.Context, nonce uint64, job jsruntime.Job) {
	s.busy.Lock()
	defer s.busy.Unlock()
	start := cpuTime()
	var sent atomic.Int64
	job.Logged = func(line jsruntime.LogEntry) {
		sent.Add(1)
		_ = s.out.write(encodeLog(nonce, line))
		if afterLine != nil {
			afterLine(line)
		}
	}
	guard := s.watch(nonce, job.Limits.MaxMemoryBytes)
	result := s.vm.Run(ctx, job)
	exceeded := guard.stop()
	m := done{
		output: result.Output, dropped: result.LogsDropped, memory: result.Metrics.MemoryUsedBytes,
		estimate: result.Metrics.MemoryEstimated, realm: result.Metrics.RealmTime, stuck: result.Abandoned != nil,
	}
	m.lines = result.Logs[min(int(sent.Load()), len(result.Logs)):]
	if result.Err != nil && !errors.As(result.Err, &m.failure) {
		m.failure = &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: result.Err.Error()}
	}
	if exceeded && m.failure != nil {
		m.failure = memoryFailure()
	}
	m.total = cpuTime()
	m.cpu = m.total - start
	s.end(nonce, m)
}

func memoryFailure() *jsruntime.ScriptError {
	return &jsruntime.ScriptError{Kind: jsruntime.FailureMemory, Message: jsruntime.ErrMemoryLimit.Error()}
}

// end answers the host. What the run left on the heap goes while nobody waits.
func (s *server) end(nonce uint64, m done) {
	if f := m.failure; f != nil {
		clipped := *f
		clipped.Message, clipped.Stack = clip(f.Message), clip(f.Stack)
		m.failure = &clipped
	}
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.rest = readMemory()
	m.mapped = s.rest.mapped
	if s.out.write(m.encode(nonce)) != nil {
		os.Exit(exitEnd)
	}
	if s.rest.objects > s.kept+idleGarbage {
		runtime.GC()
		s.rest = readMemory()
		s.kept = s.rest.objects
	}
}

// clip cuts a text to what the host takes.
func clip(text string) string {
	if len(text) <= maxFailureBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxFailureBytes-3], "") + "..."
}

// idleGarbage is how much garbage a worker may keep from run to run, in bytes.
const idleGarbage = 16 << 20

// setMemoryLimit makes the garbage collector work harder when a run with that limit comes near it.
func (s *server) setMemoryLimit(limit int64) {
	if total := s.base.held + limit + s.margin/2; total != s.limit {
		s.limit = total
		debug.SetMemoryLimit(total)
	}
}

// remoteHost is the host of a run whose functions are on the other side of the pipe.
type remoteHost struct {
	s         *server
	nonce     uint64
	functions []string
	room      *room
}

func (h *remoteHost) Functions() []string { return h.functions }

func (h *remoteHost) Call(ctx context.Context, name string, args []any) (any, error) {
	s := h.s
	cost := costOf(args)
	if err := h.room.take(ctx, cost); err != nil {
		return nil, err
	}
	id, waiting := s.expect()
	frame, err := encodeCall(h.nonce, id, name, args)
	if err != nil {
		return nil, err
	}
	if err := s.out.write(frame); err != nil {
		return nil, err
	}
	select {
	case r := <-waiting:
		h.room.give(cost)
		return r.value, r.err
	case <-ctx.Done(): // the host ends the call on its side as well, but until it has, the arguments are there
		return nil, ctx.Err()
	}
}

// expect returns a number for a call, and where its reply will come in.
func (s *server) expect() (id uint64, waiting <-chan reply) {
	c := make(chan reply, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	s.calls[s.lastID] = c
	return s.lastID, c
}

// room is what the host has for the arguments of the calls of a run that are under way. A call waits here until there is
// enough: the host ends a worker that sends more. One call always fits.
type room struct {
	mu    sync.Mutex
	used  int64
	freed chan struct{} // closed when there is more, and replaced
}

func newRoom() *room { return &room{freed: make(chan struct{})} }

func (r *room) take(ctx context.Context, n int64) error {
	for {
		r.mu.Lock()
		if r.used == 0 || r.used+n <= maxArgumentBytes {
			r.used += n
			r.mu.Unlock()
			return nil
		}
		freed := r.freed
		r.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *room) give(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= n
	close(r.freed)
	r.freed = make(chan struct{})
}

// guard watches the memory of a run from inside: it sees what the script really holds, after each garbage collection,
// and ends the run in good order. The limits from outside are for what does not let it.
type guard struct {
	s        *server
	nonce    uint64
	limit    int64
	baseLive int64

	mu       sync.Mutex
	timer    *time.Timer
	ended    bool
	exceeded bool
}

const guardInterval = 5 * time.Millisecond

func (s *server) watch(nonce uint64, limit int64) *guard {
	s.setMemoryLimit(limit)
	g := &guard{s: s, nonce: nonce, limit: limit, baseLive: s.rest.live}
	g.mu.Lock()
	g.timer = time.AfterFunc(guardInterval, g.look)
	g.mu.Unlock()
	return g
}

func (g *guard) look() {
	m := readMemory()
	if m.held > g.s.base.held+g.limit+g.s.margin {
		os.Exit(exitMemory) // where the system has no such limit
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.ended:
	case m.live > g.baseLive+g.limit:
		g.exceeded = true
		g.s.stop(g.nonce)
	default:
		g.timer.Reset(guardInterval)
	}
}

// stop ends the watch, and reports whether the run took too much.
func (g *guard) stop() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.timer.Stop()
	return g.exceeded
}
