package isolate

import "time"

// Stats says how an [Executor] and its workers are.
type Stats struct {
	Workers []WorkerStats // those that serve now, in no order
	Waiting int           // runs and checks that wait for a worker

	Started  uint64 // workers that got ready so far
	Recycled uint64 // those that were replaced after their runs, or for their growth
	// Workers that were ended for a run that could not be stopped, that took too much memory, and that died of something
	// else, such as a stack overflow.
	Timeouts, MemoryLimits, Crashes uint64

	// ResidentBytes is the memory of all workers that is resident, shared pages counted in each. It is 0 on systems that
	// do not tell it.
	ResidentBytes int64
	// Hardening is what was done to a worker so that a script that took it over could do little with it, with the reason
	// where the system did not let it.
	Hardening []Measure
}

// WorkerStats is one worker.
type WorkerStats struct {
	PID           int
	Busy          bool
	Runs          int // checks and runs that it has done
	CPUTime       time.Duration
	ResidentBytes int64
}

// Stats returns how the workers are now.
func (e *Executor) Stats() Stats {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Waiting: len(p.runs) + len(p.checks), Started: p.counts.started, Recycled: p.counts.recycled,
		Timeouts: p.counts.timeouts, MemoryLimits: p.counts.memory, Crashes: p.counts.crashes,
	}
	for w := range p.workers {
		w.mu.Lock()
		busy, cpu, hardening := w.current != nil, w.cpu, w.hardening
		w.mu.Unlock()
		if hardening == nil {
			continue
		}
		resident, _ := w.process.usage()
		s.Workers = append(s.Workers, WorkerStats{
			PID: w.cmd.Process.Pid, Busy: busy, Runs: w.runs, CPUTime: cpu, ResidentBytes: resident,
		})
		s.ResidentBytes += resident
		s.Hardening = hardening
	}
	return s
}
