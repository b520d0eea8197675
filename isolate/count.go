package isolate

import (
	"github.com/jsruntime/jsruntime"
)

// counts are what [Stats] tells of the past.
type counts struct {
	started, recycled, timeouts, memory, crashes uint64
}

// count takes note of a worker's death, unless the pool meant it. It is called with the lock.
func (p *pool) count(w *worker) {
	w.mu.Lock()
	d, killed := w.death, w.killed
	w.mu.Unlock()
	if killed != noCause {
		d = deathOf(killed)
	}
	report := p.settings.logger.Info // a script met its limit
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
		report = p.settings.logger.Warn
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
	report("worker ended", attrs...)
}
