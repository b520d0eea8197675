package isolate

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/jsruntime/jsruntime"
)

// The defaults of the options.
const (
	// DefaultMemoryMargin is how much memory a worker may take above its run's limit: 64 MiB.
	DefaultMemoryMargin = 64 << 20
	// DefaultMaxRuns is after how many runs a worker is replaced: 10,000.
	DefaultMaxRuns = 10_000
	// DefaultMaxGrowth is how much a worker may have grown when a run ends without being replaced: 64 MiB.
	DefaultMaxGrowth = 64 << 20

	// DefaultProgramCacheBytes is the weight of compiled programs that each worker keeps: 32 MiB.
	DefaultProgramCacheBytes = 32 << 20

	workersPerCPU = 8 // at most, where no Runtime says how many it needs
)

// Option is a setting of an [Executor].
type Option func(*settings) error

type settings struct {
	least     int
	most      int // 0: what the Runtimes expect
	margin    int64
	maxRuns   int
	maxGrowth int64
	logger    *slog.Logger
	env       []string // of a worker
}

func newSettings(opts []Option) (settings, error) {
	s := settings{
		least: runtime.GOMAXPROCS(0), margin: DefaultMemoryMargin, maxRuns: DefaultMaxRuns, maxGrowth: DefaultMaxGrowth,
		logger: slog.New(slog.DiscardHandler), env: []string{marker + "=1"},
	}
	if zone, ok := os.LookupEnv("TZ"); ok { // dates in scripts are in the application's zone
		s.env = append(s.env, "TZ="+zone)
	}
	if raceEnabled { // otherwise nobody would read of a race in a worker
		s.env = append(s.env, "GORACE=halt_on_error=1")
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&s); err != nil {
			return s, err
		}
	}
	if s.most > 0 {
		s.least = min(s.least, s.most)
	}
	s.maxGrowth = min(s.maxGrowth, s.margin) // what it keeps is not there for the next run
	return s, nil
}

func positive[T int | int64](field string, n T) error {
	if n <= 0 {
		return &jsruntime.FieldError{Field: field, Rule: fmt.Sprintf("must be positive, is %d", n)}
	}
	return nil
}

// WithLeastWorkers sets how many workers are kept even when nothing runs, though never more than the most; above it, those
// that were idle for half a minute are ended. The default is one for each CPU. n must be positive.
func WithLeastWorkers(n int) Option {
	return func(s *settings) error {
		s.least = n
		return positive("leastWorkers", n)
	}
}

// WithMostWorkers sets how many runs may have a worker at the same time; further ones wait, and their time limit goes on
// meanwhile. A worker serves one run at a time, and is taken while the run waits for a host function. Besides, one more
// worker is there for checks. The default is the sum of what the Runtimes that use the Executor run at once (see
// [jsruntime.WithMaxConcurrentRuns]), or 8 for each CPU where none does. To have fewer workers, lower that and not this:
// a run that waits in the Runtime does not use up its time. n must be positive.
func WithMostWorkers(n int) Option {
	return func(s *settings) error {
		s.most = n
		return positive("mostWorkers", n)
	}
}

// WithMemoryMargin sets how much memory a worker may take above the MaxMemoryBytes of its run and what it takes at rest,
// in bytes, before the system refuses it more: room for garbage, for compiled programs and for the engine itself. With less
// than about 32 MiB, scripts may be ended that hold less than their limit. The default is [DefaultMemoryMargin]; it must be
// positive.
func WithMemoryMargin(bytes int64) Option {
	return func(s *settings) error {
		s.margin = bytes
		return positive("memoryMargin", bytes)
	}
}

// WithMaxRuns sets after how many runs a worker is replaced by a fresh one. With 1, each run has a process of its own. The
// default is [DefaultMaxRuns]; n must be positive.
func WithMaxRuns(n int) Option {
	return func(s *settings) error {
		s.maxRuns = n
		return positive("maxRuns", n)
	}
}

// WithMaxGrowth sets how much more memory than at its start a worker may hold after a run, in bytes, before it is replaced.
// The default is [DefaultMaxGrowth], and it is never more than the margin; it must be positive.
func WithMaxGrowth(bytes int64) Option {
	return func(s *settings) error {
		s.maxGrowth = bytes
		return positive("maxGrowth", bytes)
	}
}

// WithLogger sets where the Executor reports workers that die and that cannot be started, and protection that the system
// does not give them. The default discards it.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return &jsruntime.FieldError{Field: "logger", Rule: "must not be nil"}
		}
		s.logger = logger
		return nil
	}
}
