package isolate

import (
	"slices"
	"time"
)

// Stats says how an [Executor] and its workers are.
type Stats struct {
	Workers []WorkerStats `json:"workers"` // those that serve now, in no order
	Waiting int           `json:"waiting"` // runs and checks that wait for a worker

	Started  uint64 `json:"started"`  // workers that got ready so far
	Recycled uint64 `json:"recycled"` // those that were replaced after their runs, or for their growth
	// Workers that were ended for a run that could not be stopped, that took too much memory, and that died of something
	// else, such as a stack overflow.
	Timeouts     uint64 `json:"timeouts"`
	MemoryLimits uint64 `json:"memoryLimits"`
	Crashes      uint64 `json:"crashes"`

	// ResidentBytes is the memory of all workers that is resident, shared pages counted in each. It is 0 on systems that
	// do not tell it.
	ResidentBytes int64 `json:"residentBytes"`
	// Hardening is what was done to a worker so that a script that took it over could do little with it, with the reason
	// where the system did not let it.
	Hardening []Measure `json:"hardening"`
}

// WorkerStats is one worker.
type WorkerStats struct {
	PID           int           `json:"pid"`
	Busy          bool          `json:"busy"`
	Runs          int           `json:"runs"` // checks and runs that it has done
	CPUTime       time.Duration `json:"cpuTime"`
	ResidentBytes int64         `json:"residentBytes"`
}

// Stats returns how the workers are now.
func (e *Executor) Stats() Stats {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Waiting: len(p.runs) + len(p.checks), Started: p.counts.started, Recycled: p.counts.recycled,
		Timeouts: p.counts.timeouts, MemoryLimits: p.counts.memory, Crashes: p.counts.crashes,
		Hardening: slices.Clone(p.hardening),
	}
	for w := range p.workers {
		w.mu.Lock()
		busy, cpu, serves := w.current != nil, w.cpu, w.hardening != nil
		w.mu.Unlock()
		if !serves {
			continue
		}
		resident, _ := w.usage()
		s.Workers = append(s.Workers, WorkerStats{
			PID: w.cmd.Process.Pid, Busy: busy, Runs: w.runs, CPUTime: cpu, ResidentBytes: resident,
		})
		s.ResidentBytes += resident
	}
	return s
}
