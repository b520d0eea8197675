package jsruntime

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Language is the language of a source.
type Language string

// LanguageJavaScript is the language of a script that names none: ECMAScript as the executor supports it.
const LanguageJavaScript Language = "javascript"

// IsValid reports whether l is one of the languages defined here.
func (l Language) IsValid() bool { return l == LanguageJavaScript }

// Executor runs scripts. [github.com/jsruntime/jsruntime/vm] is the one on goja, in this process, and
// [github.com/jsruntime/jsruntime/isolate] runs the same in worker processes. The suite executortest checks any other.
//
// A source is the body of an async function with input and context in scope: await and return work at its top
// level, and what it returns is the output. It cannot be written so that it closes that function. A run ends when what it
// returns has settled, and all promises that it gave to context.waitUntil; a rejection of one of these fails it.
//
// An Executor knows no store and no rules; it holds what a job tells it. Its methods may be called concurrently. The
// Runtime never closes an Executor: whoever made it does.
type Executor interface {
	// Check reports whether the source can be run, without running any of it. What the author can mend is a
	// *ScriptError of kind FailureSyntax with line and column. Source is hostile text: Check must answer in time and
	// bounded memory whatever it holds, and ends when ctx is done.
	Check(ctx context.Context, source Source) error

	// Run runs one job to its end. It always answers, at the latest shortly after the job's MaxExecutionTime or the
	// end of ctx, even when the script cannot be stopped: then Result.Abandoned is set. No panic of the engine and no
	// behaviour of the script makes Run itself panic. A run does nothing that can be noticed but through the job's Host: one that
	// has not called it may be stopped, and its execution run once more.
	Run(ctx context.Context, job Job) Result
}

// PooledExecutor is an Executor that runs jobs with a bounded number of workers. [New] tells it how many runs its
// Runtime may have at the same time, waiting for host functions included, so that there are workers enough for them.
type PooledExecutor interface {
	Executor
	// Expect announces up to n more concurrent runs. It may be called concurrently with every other method.
	Expect(n int)
}

// Source is a program text as its author wrote it.
type Source struct {
	Text     string   `json:"text"`
	Language Language `json:"language"` // "" means LanguageJavaScript
}

// Job is everything that one run needs. The executor reads it and keeps nothing of it afterwards.
type Job struct {
	Source  Source
	Input   json.RawMessage // a JSON object; nil is an empty one
	Context JobContext      // what the script sees as context
	Limits  ResourceLimits  // MaxConcurrentRuns and MaxAPICallsPerMinute are the caller's to enforce
	Host    Host            // what the script may call; nil grants nothing
	// Logged, where it is not nil, is called with each console line as the script writes it, one at a time and in
	// order, but for one that the executor adds at the end. It has to return soon: neither the script nor the end of the
	// run need go on before it does. Result.Logs holds the lines all the same.
	Logged func(LogEntry)
}

// JobContext is what a script sees, frozen, as context. The JSON names are the property names in the script; but
// trigger.request.bytes is a function that returns [HTTPRequest.Body] in a new Uint8Array, and there are the functions
// secrets.get and waitUntil.
type JobContext struct {
	Tenant    JobTenant         `json:"tenant"`
	Script    JobScript         `json:"script"`
	Execution JobExecution      `json:"execution"`
	Trigger   JobTrigger        `json:"trigger"`
	Metadata  map[string]string `json:"metadata"` // the script's metadata; never nil in the script
}

// JobTenant is context.tenant.
type JobTenant struct {
	ID uuid.UUID `json:"id"`
}

// JobScript is context.script.
type JobScript struct {
	ID      uuid.UUID `json:"id"`
	Name    string    `json:"name"`
	Version int       `json:"version"`
}

// JobExecution is context.execution.
type JobExecution struct {
	ID      uuid.UUID `json:"id"`
	Attempt int       `json:"attempt"` // 1 for the first try
}

// JobTrigger is context.trigger: the type, and the fields of [TriggerData]. Payload may be a json.RawMessage, JSON that
// [CheckPayload] has passed: a script that does not read it costs no decoding.
type JobTrigger struct {
	Type TriggerType `json:"type"`
	TriggerData
}

// Result is how a run ended.
type Result struct {
	// Output is the returned value as JSON, "null" where the script returned nothing. It is nil when Err is not. Where the value
	// is {status, headers, body} with a numeric status and with bytes as body, these are there as base64, and the object has
	// "encoding":"base64" besides. A Response is such a value.
	Output json.RawMessage
	// Err is nil when the script completed. Otherwise it is a *ScriptError: of kind FailureTimeout when the time limit
	// ended it, and of kind FailureCancelled when ctx did.
	Err error
	// Logs are what the script wrote to its console, in order. LogsDropped lines are missing because the capture's
	// bound was reached; the last entry then says so.
	Logs []LogEntry
	// LogsDropped counts the lines that the bound on captured logs cut off.
	LogsDropped int
	// Metrics has Duration, MemoryUsedBytes and, where the executor can tell, CPUTime; the calls are counted by the Host.
	Metrics ExecutionMetrics
	// Abandoned is nil for a run that came to its end. Otherwise the script could not be stopped, the answer was given
	// without it, and the channel is closed when it does come back: until then its slot stays taken.
	Abandoned <-chan struct{}
}

// LogLevel is the console method that wrote a line.
type LogLevel string

// The log levels, from console.debug, console.log and console.info, console.warn, and console.error.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// LogEntry is one line that a script wrote to its console.
type LogEntry struct {
	Time    time.Time `json:"time"`
	Level   LogLevel  `json:"level"`
	Message string    `json:"message"`
}
