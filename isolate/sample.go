package isolate

import (
	"slices"
	"time"
)

const (
	sampleInterval = 10 * time.Millisecond
	idleTimeout    = 30 * time.Second // after which workers above the least are ended
	raceFactor     = 16               // by which the race detector makes memory grow, at most
)

// sample watches the resident memory of the workers that run something, and ends those that have been idle for long
// and are more than are kept.
func (p *pool) sample() {
	tick := time.NewTicker(sampleInterval)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
		}
		if p.look() {
			tick.Reset(sampleInterval)
			continue
		}
		tick.Reset(idleTimeout / 10)
		select {
		case <-p.quit:
			return
		case <-tick.C:
			p.endIdle()
		case <-p.watching:
		}
		tick.Reset(sampleInterval)
	}
}

// watch tells the sampler that there is something to watch.
func (p *pool) watch() {
	select {
	case p.watching <- struct{}{}:
	default:
	}
}

// look ends the workers whose resident memory is above what their run allows, and reports whether any is running.
func (p *pool) look() bool {
	p.mu.Lock()
	busy := p.running+p.checking > 0
	workers := make([]*worker, 0, len(p.workers))
	for w := range p.workers {
		workers = append(workers, w)
	}
	p.mu.Unlock()
	now := time.Now()
	for _, w := range workers {
		w.mu.Lock()
		r := w.current
		w.mu.Unlock()
		if r == nil || now.Sub(r.began) < sampleInterval {
			continue
		}
		allowed := r.memoryLimit + p.settings.margin
		if raceEnabled {
			allowed *= raceFactor
		}
		if resident, _ := w.process.usage(); resident > w.restRSS+allowed {
			w.kill(r, causeMemory)
		}
	}
	return busy
}

// endIdle ends workers that are not needed any more.
func (p *pool) endIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && len(p.idle)+p.running+p.checking > p.settings.least &&
		time.Since(p.idle[0].idleSince) > idleTimeout {
		p.idle[0].discard(causeRetire)
		p.idle = slices.Delete(p.idle, 0, 1)
	}
}
