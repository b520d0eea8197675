package isolate

import (
	"slices"
	"time"
)

const (
	sampleInterval = 10 * time.Millisecond
	idleInterval   = 3 * time.Second
	idleTimeout    = 30 * time.Second       // after which workers above the least are ended
	idleCPU        = 500 * time.Millisecond // that an idle worker may take in an idleInterval
	raceFactor     = 16                     // by which the race detector makes memory grow, at most
)

// sample watches the resident memory of the workers that run something, and from time to time those that run nothing.
func (p *pool) sample() {
	tick := time.NewTicker(sampleInterval)
	defer tick.Stop()
	idle := time.NewTicker(idleInterval)
	defer idle.Stop()
	for {
		wake := p.watching
		if p.look() {
			wake = nil // it looks again at the next tick anyway
			tick.Reset(sampleInterval)
		} else {
			tick.Stop()
		}
		select {
		case <-p.quit:
			return
		case <-tick.C:
		case <-wake:
		case <-idle.C:
			p.lookAtIdle()
		}
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
	busy := p.busy() > 0
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
		if resident, _ := w.usage(); resident > w.restRSS+p.allowed(r.memoryLimit+p.settings.margin) {
			w.kill(r, causeMemory)
		}
	}
	return busy
}

// allowed returns by how much the resident memory of a worker may grow that may take so much.
func (p *pool) allowed(bytes int64) int64 {
	if raceEnabled {
		return bytes * raceFactor
	}
	return bytes
}

// lookAtIdle ends workers that are not needed any more, and those that go on although nobody gave them anything to do: a
// script took them over.
func (p *pool) lookAtIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && len(p.idle)+p.busy() > p.settings.least && time.Since(p.idle[0].idleSince) > idleTimeout {
		p.idle[0].discard(causeRetire)
		p.idle = slices.Delete(p.idle, 0, 1)
	}
	for _, w := range slices.Clone(p.idle) {
		cpu := w.processorTime()
		resident, _ := w.usage()
		grown := resident > w.restRSS+p.allowed(p.settings.maxGrowth+p.settings.margin)
		if grown || w.idleRuns == w.runs && cpu-w.idleCPU > idleCPU {
			p.idle = slices.DeleteFunc(p.idle, func(o *worker) bool { return o == w })
			w.kill(nil, causeFrames)
			p.count(w)
			w.discard(causeRetire)
		}
		w.idleRuns, w.idleCPU = w.runs, cpu
	}
	p.serve()
}
