package isolate

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
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
	failures  int   // starts that failed since the last one that did not
	backoff   bool  // no further start before a while is over
	lastErr   error // of a start
	counts    counts
	hardening []Measure // of the first worker
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
	if p.backoff && p.starting+p.busy()+len(p.idle) == 0 {
		defer p.mu.Unlock()
		return nil, p.lastErr
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
	switch {
	case len(p.idle) == 0,
		!t.check && p.running >= p.most(),
		t.check && p.checking >= p.settings.least: // so that checks cannot take every worker
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
	busy := p.busy()
	// One more than is needed now, so that the next run finds it started; and one more than runs may have, for checks.
	want := min(max(p.settings.least, busy+len(p.runs)+len(p.checks)+1), p.most()+1)
	for have := busy + len(p.idle) + p.starting; have < want; have++ {
		p.starting++
		p.owned.Go(func() { _ = p.startOne() }) // it has told those who have to know
	}
}

// await takes a worker out that has died.
func (p *pool) await(w *worker) {
	<-w.gone
	p.forget(w)
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, w); i >= 0 { // it died while nobody had it
		p.idle = slices.Delete(p.idle, i, i+1)
		p.count(w)
		w.discard(causeRetire)
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
		p.count(w)
		w.discard(causeRetire)
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

func (p *pool) busy() int { return p.running + p.checking }

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

// dismiss tells everybody who waits that there will be no worker.
func (p *pool) dismiss(why error) {
	for _, queue := range []*[]*ticket{&p.checks, &p.runs} {
		for _, t := range *queue {
			t.got <- assigned{err: why}
		}
		*queue = nil
	}
}

// close ends all workers and waits until they are gone.
func (p *pool) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		p.dismiss(errClosed)
		for w := range p.workers {
			w.killAny(causeClose)
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
