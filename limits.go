package jsruntime

import (
	"cmp"
	"errors"
	"time"
)

// The limits of a script that sets none.
const (
	DefaultMaxExecutionTime     = 30 * time.Second
	DefaultMaxMemoryBytes       = 64 << 20
	DefaultMaxConcurrentRuns    = 5
	DefaultMaxAPICallsPerMinute = 60
	DefaultMaxOutputSizeBytes   = 1 << 20
)

// ResourceLimits bound what the executions of one script may use. They are enforced while the script runs. In JSON, the
// time is in nanoseconds.
type ResourceLimits struct {
	// MaxExecutionTime is the wall time of one execution, waiting for host functions included. Default 30 s.
	MaxExecutionTime time.Duration `json:"maxExecutionTime"`
	// MaxMemoryBytes is the memory that one execution may hold at any moment. Default 64 MiB.
	MaxMemoryBytes int64 `json:"maxMemoryBytes"`
	// MaxConcurrentRuns is how many executions of the script may run at once. Further ones wait. Default 5.
	MaxConcurrentRuns int `json:"maxConcurrentRuns"`
	// MaxAPICallsPerMinute is how many counted host calls, events.publish among them, all executions of the script may make
	// together in any minute. A call above it throws a RateLimitError that the script can catch. Default 60. It is kept by each process,
	// and over its restarts as far as executions are recorded: one that was interrupted counts as the whole budget.
	MaxAPICallsPerMinute int `json:"maxAPICallsPerMinute"`
	// MaxOutputSizeBytes is the size of the output as JSON. An execution that returns more fails. Default 1 MiB.
	MaxOutputSizeBytes int64 `json:"maxOutputSizeBytes"`
}

// DefaultResourceLimits returns the limits of a script that sets none: 30 s, 64 MiB, 5 concurrent runs, 60 API calls
// a minute, 1 MiB of output.
func DefaultResourceLimits() ResourceLimits {
	return ResourceLimits{
		MaxExecutionTime:     DefaultMaxExecutionTime,
		MaxMemoryBytes:       DefaultMaxMemoryBytes,
		MaxConcurrentRuns:    DefaultMaxConcurrentRuns,
		MaxAPICallsPerMinute: DefaultMaxAPICallsPerMinute,
		MaxOutputSizeBytes:   DefaultMaxOutputSizeBytes,
	}
}

// Validate returns a [FieldError] for each limit that is not positive, joined.
func (l ResourceLimits) Validate() error {
	positive := func(field string, ok bool) error {
		if ok {
			return nil
		}
		return invalid("limits."+field, "must be positive")
	}
	return errors.Join(
		positive("maxExecutionTime", l.MaxExecutionTime > 0),
		positive("maxMemoryBytes", l.MaxMemoryBytes > 0),
		positive("maxConcurrentRuns", l.MaxConcurrentRuns > 0),
		positive("maxAPICallsPerMinute", l.MaxAPICallsPerMinute > 0),
		positive("maxOutputSizeBytes", l.MaxOutputSizeBytes > 0),
	)
}

// cappedBy returns the smaller of each pair of limits. A zero or negative field of limits caps nothing.
func (l ResourceLimits) cappedBy(limits ResourceLimits) ResourceLimits {
	return ResourceLimits{
		MaxExecutionTime:     lower(l.MaxExecutionTime, limits.MaxExecutionTime),
		MaxMemoryBytes:       lower(l.MaxMemoryBytes, limits.MaxMemoryBytes),
		MaxConcurrentRuns:    lower(l.MaxConcurrentRuns, limits.MaxConcurrentRuns),
		MaxAPICallsPerMinute: lower(l.MaxAPICallsPerMinute, limits.MaxAPICallsPerMinute),
		MaxOutputSizeBytes:   lower(l.MaxOutputSizeBytes, limits.MaxOutputSizeBytes),
	}
}

func lower[T cmp.Ordered](value, limit T) T {
	var none T
	if limit > none && limit < value {
		return limit
	}
	return value
}
