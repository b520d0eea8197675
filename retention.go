package jsruntime

import (
	"context"
	"fmt"
	"time"
)

// Retention says how long a Runtime keeps what it has recorded. A zero field keeps all: what is wanted on record, and for how
// long, only the application knows. Dead letters, versions, and executions that have not come to their end always stay.
type Retention struct {
	// Executions is how long executions are kept after they were created, with their logs.
	Executions time.Duration
	// PerScript is how many of a script's latest executions are kept, of those that have come to their end.
	PerScript int
	// Keys is how long dedupe keys are kept after their execution was created, with the replies that go with them: what comes
	// again after that, an event or a run with the same key, is run again.
	Keys time.Duration
	// Ticks is how long it is kept what became of the due instants of schedules. Should the clock be set back to before an
	// instant of which nothing is kept any more, that runs again.
	Ticks time.Duration
}

func (r Retention) check() error {
	for field, d := range map[string]time.Duration{"executions": r.Executions, "keys": r.Keys, "ticks": r.Ticks} {
		if d < 0 {
			return invalid("retention."+field, "must not be negative")
		}
	}
	if r.PerScript < 0 {
		return invalid("retention.perScript", "must not be negative")
	}
	return nil
}

// WithRetention removes what is older than r says, from the Start on and once a minute. Without it all is kept. A negative
// field is a [FieldError].
func WithRetention(r Retention) Option {
	return func(c *config) error {
		c.retention = r
		return r.check()
	}
}

const (
	pruneInterval = time.Minute
	// pruneStep is how many records one write removes, so that others do not wait for long.
	pruneStep = 500
)

// prune removes what the retention does not keep, from time to time.
func (n *node) prune() {
	for {
		for _, task := range n.pruning(time.Now()) {
			if err := task.run(n.loops); err != nil && n.loops.Err() == nil {
				n.rt.logger.Error("records not pruned", "records", task.records, "error", err)
			}
		}
		if sleep(n.loops, pruneInterval) != nil {
			return
		}
	}
}

// pruneTask removes records of one kind, in steps.
type pruneTask struct {
	records string
	run     func(ctx context.Context) error
}

func (n *node) pruning(now time.Time) []pruneTask {
	r, st := n.rt.retention, n.rt.store
	var tasks []pruneTask
	if r.Executions > 0 || r.PerScript > 0 {
		p := Pruning{KeepPerScript: r.PerScript, Limit: pruneStep}
		if r.Executions > 0 {
			p.Before = now.Add(-r.Executions)
		}
		tasks = append(tasks, pruneTask{"executions", func(ctx context.Context) error { return pruneExecutions(ctx, st, p) }})
	}
	if r.Keys > 0 {
		tasks = append(tasks, pruneTask{"keys", inSteps(st.PruneKeys, now.Add(-r.Keys))})
	}
	if r.Ticks > 0 {
		tasks = append(tasks, pruneTask{"ticks", inSteps(st.PruneTicks, now.Add(-r.Ticks))})
	}
	return tasks
}

func pruneExecutions(ctx context.Context, st Store, p Pruning) error {
	for {
		pruned, err := st.Prune(ctx, p)
		if err != nil {
			return err
		}
		if p.After = pruned.Next; p.After == "" {
			return nil
		}
	}
}

// inSteps calls a pruning until there is nothing left.
func inSteps(prune func(ctx context.Context, before time.Time, limit int) (int, error), before time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			n, err := prune(ctx, before, pruneStep)
			if err != nil {
				return fmt.Errorf("before %s: %w", before.UTC().Format(time.RFC3339), err)
			}
			if n < pruneStep {
				return nil
			}
		}
	}
}
