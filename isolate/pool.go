package isolate

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
)

// pool has the workers: it starts them on demand and ahead of it, hands each to one run at a time and replaces those
// that are gone.
type pool struct {
	settings settings
	hello    hello
	spawn    chan chan spawned // to the spawner
	watching chan struct{}     // holds a token when there is something to sample
	quit     chan struct{}     // closed by close
	owned    sync.WaitGroup    // the pool's goroutines

	mu        sync.Mutex
	closed    bool
	expected  int // runs that Runtimes announced
	workers   map[*worker]struct{}
	idle      []*worker // the last one was used last
	starting  int
	running   int // workers that runs have
	checking  int // workers that checks have
	runs      []*ticket
	checks    []*ticket
	failures  int  // starts that failed since the last one that did not
	backoff   bool // no further start before a while is over
	counts    counts
	hardening []Measure // of the first worker
}

type counts struct {
	started, recycled, timeouts, memory, crashes uint64
}

// ticket is a place in the queue for a worker.
type ticket struct {
	check bool
	key   uint64
	got   chan assigned // gets one, once
}

type assigned struct {
	w   *worker
	err error
}

type spawned struct {
	w   *worker
	err error
}

func newPool(s settings, h hello) *pool {
	p := &pool{
		settings: s, hello: h, workers: map[*worker]struct{}{},
		spawn: make(chan chan spawned), watching: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	p.owned.Go(p.spawner)
	p.owned.Go(p.sample)
	return p
}

// spawner starts processes. It keeps one thread for itself: the kernel ends a worker with the thread that started it,
// and Go ends threads as it likes.
func (p *pool) spawner() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case answer := <-p.spawn:
			w, err := startProcess(p.settings.env)
			answer <- spawned{w, err}
		case <-p.quit:
			return
		}
	}
}

// start starts a worker and waits until it serves.
func (p *pool) start() (*worker, error) {
	answer := make(chan spawned, 1)
	select {
	case p.spawn <- answer:
	case <-p.quit:
		return nil, errClosed
	}
	s := <-answer
	if s.err != nil {
		return nil, fmt.Errorf("start a worker: %w", s.err)
	}
	w := s.w
	p.mu.Lock()
	p.workers[w] = struct{}{} // so that close waits for it
	closed := p.closed
	p.mu.Unlock()
	err := errClosed
	if !closed {
		err = w.greet(p.hello, jsruntime.DefaultMaxMemoryBytes+p.settings.margin)
	}
	if err != nil {
		w.discard(causeStart)
		<-w.gone
		p.forget(w)
		return nil, err
	}
	return w, nil
}

// most returns how many runs may have a worker.
func (p *pool) most() int {
	switch {
	case p.settings.most > 0:
		return p.settings.most
	case p.expected > 0:
		return p.expected
	}
	return workersPerCPU * runtime.GOMAXPROCS(0)
}

func (p *pool) expect(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected += n
	if p.settings.most > 0 && p.settings.most < p.expected {
		p.settings.logger.Warn("fewer workers than runs: some will wait, within their time limit",
			"mostWorkers", p.settings.most, "runs", p.expected)
	}
	p.serve()
}

// acquire waits for a worker. Its error is ctx's, that of a deadline, ErrClosed, or why no worker can be started.
func (p *pool) acquire(ctx context.Context, deadline time.Time, check bool, key uint64) (*worker, error) {
	t := &ticket{check: check, key: key}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if w := p.assign(t); w != nil {
		p.serve() // starts one ahead
		p.mu.Unlock()
		return w, nil
	}
	t.got = make(chan assigned, 1)
	queue := p.queueOf(check)
	*queue = append(*queue, t)
	p.serve()
	p.mu.Unlock()
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	select {
	case a := <-t.got:
		return a.w, a.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(*queue, t); i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
		return nil, ctx.Err()
	}
	a := <-t.got // it came in the same moment
	if a.w == nil {
		return nil, a.err
	}
	p.giveBack(a.w, check)
	return nil, ctx.Err()
}

func (p *pool) queueOf(check bool) *[]*ticket {
	if check {
		return &p.checks
	}
	return &p.runs
}

// maxCompiled is how many sources of a worker the pool remembers.
const maxCompiled = 1000

// assign returns an idle worker for a ticket, if it may have one: one that has the source compiled, or the one that was
// used last.
func (p *pool) assign(t *ticket) *worker {
	if len(p.idle) == 0 || !t.check && p.running >= p.most() {
		return nil
	}
	at := len(p.idle) - 1
	for i := at; i >= 0; i-- {
		if _, ok := p.idle[i].compiled[t.key]; ok {
			at = i
			break
		}
	}
	w := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	if len(w.compiled) >= maxCompiled {
		clear(w.compiled)
	}
	w.compiled[t.key] = struct{}{}
	if t.check {
		p.checking++
	} else {
		p.running++
	}
	return w
}

// serve hands idle workers to those who wait, checks first, and starts workers where there are too few. It is called
// with the lock.
func (p *pool) serve() {
	for _, queue := range []*[]*ticket{&p.checks, &p.runs} {
		for len(*queue) > 0 {
			w := p.assign((*queue)[0])
			if w == nil {
				break
			}
			(*queue)[0].got <- assigned{w: w}
			*queue = (*queue)[1:]
		}
	}
	if p.closed || p.backoff {
		return
	}
	busy := p.running + p.checking
	// One more than is needed now, so that the next run finds it started; and one more than runs may have, for checks.
	want := min(max(p.settings.least, busy+len(p.runs)+len(p.checks)+1), p.most()+1)
	for have := busy + len(p.idle) + p.starting; have < want; have++ {
		p.starting++
		p.owned.Go(func() { _ = p.startOne() }) // it has told those who have to know
	}
}

// startOne adds a worker to the pool.
func (p *pool) startOne() error {
	w, err := p.start()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting--
	if err != nil {
		p.startFailed(err)
		return err
	}
	p.failures = 0
	p.noteHardening(w)
	p.counts.started++
	p.owned.Go(func() { p.await(w) })
	if p.closed {
		w.discard(causeClose)
		return errClosed
	}
	w.idleSince = time.Now()
	p.idle = append(p.idle, w)
	p.serve()
	return nil
}

// noteHardening keeps what protects the workers, and tells the operator what does not. It is the same for all.
func (p *pool) noteHardening(w *worker) {
	if p.hardening != nil {
		return
	}
	p.hardening = w.hardening
	for _, m := range w.hardening {
		if !m.Applied {
			p.settings.logger.Warn("workers are without a protection", "name", m.Name, "detail", m.Detail)
		}
	}
}

// startFailed tells those who wait, and tries again after a while.
func (p *pool) startFailed(err error) {
	if p.closed {
		return
	}
	const first, longest = 100 * time.Millisecond, 10 * time.Second
	p.settings.logger.Error("worker not started", "error", err)
	wait := min(first<<min(p.failures, 10), longest)
	p.failures++
	if len(p.idle) == 0 && p.running+p.checking == 0 { // nobody will give one back
		for _, queue := range []*[]*ticket{&p.checks, &p.runs} {
			for _, t := range *queue {
				t.got <- assigned{err: err}
			}
			*queue = nil
		}
	}
	if p.backoff {
		return
	}
	p.backoff = true
	p.owned.Go(func() {
		select {
		case <-time.After(wait):
		case <-p.quit:
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.backoff = false
		p.serve()
	})
}

// await takes a worker out that has died.
func (p *pool) await(w *worker) {
	<-w.gone
	p.forget(w)
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, w); i >= 0 { // it died while nobody had it
		p.idle = slices.Delete(p.idle, i, i+1)
		w.discard(causeRetire)
		p.count(w)
		p.serve()
	}
}

func (p *pool) forget(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.workers, w)
}

// release takes a worker back after a check or a run. One that died, or that has done enough, is replaced. It returns when
// the memory of one that grew is the system's again, or will be in a moment.
func (p *pool) release(w *worker, check bool, mapped int64) {
	grown := mapped-w.mapped > p.settings.maxGrowth
	p.mu.Lock()
	w.runs++
	switch alive := w.take(nil); {
	case alive && !grown && w.runs < p.settings.maxRuns:
		p.giveBack(w, check)
	case alive:
		p.counts.recycled++
		fallthrough
	default:
		w.discard(causeRetire)
		p.leave(check)
		p.serve()
	}
	p.mu.Unlock()
	if grown {
		w.awaitGone(deathPatience)
	}
}

// giveBack makes a worker idle. It is called with the lock.
func (p *pool) giveBack(w *worker, check bool) {
	p.leave(check)
	select {
	case <-w.gone:
		w.discard(causeRetire)
		p.count(w)
		p.serve()
		return
	default:
	}
	if p.closed {
		w.discard(causeClose)
		return
	}
	w.idleSince = time.Now()
	p.idle = append(p.idle, w)
	p.serve()
}

func (p *pool) leave(check bool) {
	if check {
		p.checking--
	} else {
		p.running--
	}
}

// died counts the death of a worker that a run had.
func (p *pool) died(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(w)
}

func (p *pool) count(w *worker) {
	w.mu.Lock()
	d, killed := w.death, w.killed
	w.mu.Unlock()
	if killed != noCause {
		d = deathOf(killed)
	}
	level := slog.LevelInfo // a script met its limit
	switch d.kind {
	case jsruntime.FailureTimeout, jsruntime.FailureCancelled:
		p.counts.timeouts++
	case jsruntime.FailureMemory:
		p.counts.memory++
	case jsruntime.FailureCrashed:
		if killed == causeRetire {
			return
		}
		p.counts.crashes++
		level = slog.LevelWarn
	default:
		return
	}
	attrs := []any{"pid", w.cmd.Process.Pid, "kind", string(d.kind)}
	if d.reason != "" {
		attrs = append(attrs, "reason", d.reason)
	}
	if wrote := w.stderr.head(); wrote != "" {
		attrs = append(attrs, "stderr", wrote)
	}
	p.settings.logger.Log(context.Background(), level, "worker ended", attrs...)
}

// close ends all workers and waits until they are gone.
func (p *pool) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		for _, queue := range []*[]*ticket{&p.checks, &p.runs} {
			for _, t := range *queue {
				t.got <- assigned{err: errClosed}
			}
			*queue = nil
		}
		for w := range p.workers {
			w.mu.Lock()
			current := w.current
			w.mu.Unlock()
			w.kill(current, causeClose)
		}
		for _, w := range p.idle {
			w.discard(causeClose)
		}
		p.idle = nil
		close(p.quit)
	}
	p.mu.Unlock()
	p.owned.Wait()
}
