package vm

import "time"

// Defaults of the options.
const (
	// DefaultProgramCacheBytes is the weight of compiled programs that an Executor keeps: 64 MiB.
	DefaultProgramCacheBytes = 64 << 20
	// DefaultMaxLogBytes is the size of the console messages that are kept of one run: 256 KiB.
	DefaultMaxLogBytes = 256 << 10
)

const (
	maxSourceBytes  = 1 << 20               // of a source's text
	maxSourceDepth  = 1000                  // of nested brackets in a source
	maxCompileTime  = time.Second           // that Check waits for the compiler; a run waits for its own limit
	maxCallDepth    = 1024                  // of JavaScript calls; unwinding them is quadratic
	maxValueDepth   = 1000                  // of nested arrays and objects in input, output, arguments and replies
	maxArgumentSize = 16 << 20              // of the arguments of one host call, in bytes
	maxTimers       = 1000                  // that wait at once in one run
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
}

func defaultSettings() settings {
	return settings{programCacheBytes: DefaultProgramCacheBytes, maxLogBytes: DefaultMaxLogBytes}
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
