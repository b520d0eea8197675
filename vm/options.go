package vm

import "time"

// Defaults of the options.
const (
	// DefaultProgramCacheBytes is the weight of compiled programs that an Executor keeps: 64 MiB.
	DefaultProgramCacheBytes = 64 << 20
	// DefaultMaxLogBytes is the size of the console messages that are kept of one run: 256 KiB.
	DefaultMaxLogBytes = 256 << 10
	// DefaultMaxAbandoned is how many abandoned runs a tenant may have at a time: 3.
	DefaultMaxAbandoned = 3
	// DefaultSuspension is how long a tenant that had more may not run: 30 seconds.
	DefaultSuspension = 30 * time.Second
)

const (
	maxSourceBytes  = 1 << 20               // of a source's text
	maxCompileTime  = time.Second           // that Check waits for the compiler; a run waits for its own limit
	maxCallDepth    = 1024                  // of JavaScript calls; unwinding them is quadratic
	maxValueDepth   = 1000                  // of nested arrays and objects in input, output, arguments and replies
	maxArgumentSize = 16 << 20              // of the arguments of one host call, in bytes
	maxTimers       = 1000                  // that wait at once in one run
	maxOwnTimers    = 10_000                // of the library that wait at once in one run
	maxInterfaces   = 1000                  // of the library, far more than it has
	maxWaits        = 1000                  // promises that a run goes on for
	maxHostCalls    = 100                   // that run at once in one run; further ones wait
	maxQueuedCalls  = 10_000                // host calls that wait for their turn in one run
	maxLogLines     = 1000                  // that are kept of one run
	maxLogLineBytes = 16 << 10              // of one message
	maxMessageBytes = 8 << 10               // of the message of a failure
	maxFrameName    = 200                   // of the name of a function in a stack
	maxStackFrames  = 50                    // in the stack of a failure
	grace           = 20 * time.Millisecond // for a stopped run to come back before the answer is given without it
)

// Option is a setting of an [Executor].
type Option func(*settings)

type settings struct {
	programCacheBytes int64
	maxLogBytes       int
	memoryBudget      int64
	maxRealmTime      time.Duration
	maxAbandoned      int
	suspension        time.Duration
}

func defaultSettings() settings {
	return settings{
		programCacheBytes: DefaultProgramCacheBytes, maxLogBytes: DefaultMaxLogBytes,
		maxAbandoned: DefaultMaxAbandoned, suspension: DefaultSuspension,
	}
}

// WithProgramCacheBytes sets the weight of the compiled programs that are kept for the next run of the same source,
// in bytes; the least recently used go first. A compiled program weighs a multiple of its source. Zero or less keeps
// none. The default is [DefaultProgramCacheBytes].
func WithProgramCacheBytes(n int64) Option {
	return func(s *settings) { s.programCacheBytes = max(n, 0) }
}

// WithMaxLogBytes sets how many bytes of console messages are kept of one run; what is above is counted in
// Result.LogsDropped. Zero or less keeps none. The default is [DefaultMaxLogBytes]. Besides, a run keeps at most 1,000
// entries of at most 16 KiB each.
func WithMaxLogBytes(n int) Option {
	return func(s *settings) { s.maxLogBytes = max(n, 0) }
}

// WithMemoryBudget sets how many bytes all runs of the Executor may hold together, as they were last measured. While they hold
// three quarters of it, new runs wait, within their own time limits; when they hold more than all, the largest ends with
// [jsruntime.ErrMemoryLimit], whose message says that it was for the budget. A run that never held a few megabytes is not
// measured and counts as nothing. Zero or less, the default, is no budget: then only the limit of each run counts. Two
// Executors in a process have two budgets.
func WithMemoryBudget(bytes int64) Option {
	return func(s *settings) { s.memoryBudget = max(bytes, 0) }
}

// WithMaxRealmTime sets how long a script may run, not counting the time that it waits for timers and host functions, beside
// MaxExecutionTime, which counts all time. A run over it ends with [jsruntime.ErrTimeout], whose message says so, within a few
// milliseconds; one that cannot be stopped is answered when MaxExecutionTime is up. Zero or less, the default, is no limit.
// It is wall time: on a busy machine it passes faster than processor time.
func WithMaxRealmTime(d time.Duration) Option {
	return func(s *settings) { s.maxRealmTime = max(d, 0) }
}

// WithSuspension sets when a tenant is suspended. An abandoned run is one that went on although its time was up; it keeps a
// processor busy. While a tenant has this many at a time, its runs fail with [jsruntime.ErrTenantSuspended]. Where they go
// on for a tenth of a second, its runs fail for d as well. The defaults are [DefaultMaxAbandoned] and [DefaultSuspension];
// a number below one counts as one.
func WithSuspension(abandoned int, d time.Duration) Option {
	return func(s *settings) { s.maxAbandoned, s.suspension = max(abandoned, 1), max(d, 0) }
}
