package isolate

import (
	"fmt"
	"runtime"
	"time"

	"github.com/jsruntime/jsruntime"
)

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
	p.workers[w] = struct{}{} // so that close ends it
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
	const first, longest = 100 * time.Millisecond, 2 * time.Second
	p.settings.logger.Error("worker not started", "error", err)
	p.lastErr = err
	if len(p.idle)+p.busy()+p.starting == 0 { // nobody will give one back
		p.dismiss(err)
	}
	if p.backoff {
		return
	}
	wait := min(first<<min(p.failures, 10), longest)
	p.failures++
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
