package jsruntime

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Errors about what was asked for.
var (
	// ErrInvalid is matched by every [FieldError]: a value breaks a rule.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound says that the tenant has no such thing. Another tenant's thing is not found either.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the thing changed since it was read: read it again and repeat.
	ErrConflict = errors.New("conflict")
	// ErrDuplicate says that a name, an HTTP route or a dedupe key is taken.
	ErrDuplicate = errors.New("duplicate")
	// ErrInvalidTransition is matched by every [TransitionError].
	ErrInvalidTransition = errors.New("invalid status transition")
)

// Errors about admission: the run was not accepted and nothing of it is on record.
var (
	// ErrNotStarted says that the Runtime has not been started, or was stopped.
	ErrNotStarted = errors.New("runtime is not started")
	// ErrNotActive says that the script's status is not active.
	ErrNotActive = errors.New("script is not active")
	// ErrOverloaded says that a bounded queue is full: try again later.
	ErrOverloaded = errors.New("overloaded")
	// ErrDepthLimit says that a chain of scripts that trigger each other has become too long.
	ErrDepthLimit = errors.New("causation depth limit reached")
)

// Errors that ended an execution. They are found with errors.Is in [Execution.Failure] and in a Result's Err.
var (
	// ErrSyntax says that the source is not a valid program.
	ErrSyntax = errors.New("syntax error")
	// ErrTimeout says that the execution exceeded MaxExecutionTime, or a limit of the executor on the time that a script
	// runs without what it waits for.
	ErrTimeout = errors.New("execution time limit exceeded")
	// ErrMemoryLimit says that the execution exceeded MaxMemoryBytes, or held most when all executions exceeded a budget of
	// the executor.
	ErrMemoryLimit = errors.New("memory limit exceeded")
	// ErrOutputLimit says that the output exceeded MaxOutputSizeBytes.
	ErrOutputLimit = errors.New("output size limit exceeded")
	// ErrOutput says that JSON cannot hold the output, such as a cycle, a function or a BigInt.
	ErrOutput = errors.New("output is not a JSON value")
	// ErrRateLimit says that the script's API calls exceeded MaxAPICallsPerMinute. A [RateLimitError] matches it.
	ErrRateLimit = errors.New("api call rate limit exceeded")
	// ErrCancelled says that the execution was cancelled.
	ErrCancelled = errors.New("execution cancelled")
	// ErrInterrupted says that the process that ran the execution went away before its outcome was recorded.
	ErrInterrupted = errors.New("execution interrupted")
	// ErrEngine says that the script engine itself failed.
	ErrEngine = errors.New("engine failure")
	// ErrWorkerCrashed says that the worker process that ran the script died of something else than a limit.
	ErrWorkerCrashed = errors.New("worker crashed")
	// ErrTenantSuspended says that the executor refused to run the script, because too many of its tenant's scripts go on
	// although their time is up. The execution has failed and is not tried again by itself.
	ErrTenantSuspended = errors.New("tenant is suspended: too many of its scripts could not be stopped")
)

// Errors about a store or a bus.
var (
	// ErrLeftBehind says that Stop returned although calls of the store, the event bus or the executor had not, and with them
	// goroutines of the Runtime. They end when the calls return, and change nothing of a run that another Runtime has by
	// then; what they leave undone is ended by recovery when the lease has run out.
	ErrLeftBehind = errors.New("goroutines were left behind in calls that do not return")
	// ErrClosed says that the store or the bus was closed.
	ErrClosed = errors.New("closed")
	// ErrLocked says that the store's file is open elsewhere: in another process, or once more in this one.
	ErrLocked = errors.New("store is locked: it is open elsewhere")
	// ErrFormat says that a file is not a store, is damaged, or was written by a newer version.
	ErrFormat = errors.New("unknown store format")
)

// FieldError is one broken rule. Validate and every operation that refuses a value return one for each broken rule,
// joined with [errors.Join]; [FieldErrors] finds them all. It matches [ErrInvalid].
type FieldError struct {
	Field string // the setting's name as in JSON, such as "name" or "limits.maxExecutionTime"
	Rule  string // what the value has to be, in words
}

// Error returns "field: rule".
func (e *FieldError) Error() string { return e.Field + ": " + e.Rule }

// Is reports whether target is ErrInvalid.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

// FieldErrors returns every [FieldError] in err, which may be wrapped and joined, in order; nil when there is none.
func FieldErrors(err error) []*FieldError {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case *FieldError:
		return []*FieldError{e}
	case interface{ Unwrap() []error }:
		var all []*FieldError
		for _, inner := range e.Unwrap() {
			all = append(all, FieldErrors(inner)...)
		}
		return all
	case interface{ Unwrap() error }:
		return FieldErrors(e.Unwrap())
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return &FieldError{Field: field, Rule: fmt.Sprintf(format, args...)}
}

// TransitionError says that a state machine has no way from one status to another. It matches
// [ErrInvalidTransition].
type TransitionError struct {
	Entity string // "script" or "execution"
	From   string
	To     string
}

// Error names the entity and both statuses.
func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s cannot go from status %q to %q", e.Entity, e.From, e.To)
}

// Is reports whether target is ErrInvalidTransition.
func (e *TransitionError) Is(target error) bool { return target == ErrInvalidTransition }

// DuplicateError says what already holds an id, a name, an HTTP route or a dedupe key. It matches [ErrDuplicate].
type DuplicateError struct {
	Field string    // "id", "name", "httpPath" or "dedupeKey"
	ID    uuid.UUID // of the script or the execution that holds it
}

// Error names the field and the holder.
func (e *DuplicateError) Error() string { return fmt.Sprintf("%s: is taken by %s", e.Field, e.ID) }

// Is reports whether target is ErrDuplicate.
func (e *DuplicateError) Is(target error) bool { return target == ErrDuplicate }

// RateLimitError says that a script's call of a host function was refused and not made, because the script has made its
// MaxAPICallsPerMinute. In the script it is a RateLimitError, with RetryAfter in seconds as its retryAfter. It matches
// [ErrRateLimit].
type RateLimitError struct {
	Function   string        // as the script knows it, such as "kv.get" or "fetch"
	Limit      int           // calls a minute
	RetryAfter time.Duration // until a call is free again, in whole seconds, rounded up; 0 where that is not known
}

// Error returns the function, the limit and the time.
func (e *RateLimitError) Error() string {
	text := fmt.Sprintf("%s: rate limit exceeded: %d a minute", e.Function, e.Limit)
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(", try again in %.0f s", e.RetryAfter.Seconds())
	}
	return text
}

// Is reports whether target is ErrRateLimit.
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimit }

// FailureKind says what ended an execution that did not complete, in a form that a record can hold.
type FailureKind string

// The kinds of failure. Each but FailureException unwraps to the sentinel error of the same meaning.
const (
	FailureException   FailureKind = "exception" // the script threw, or its promise was rejected
	FailureSyntax      FailureKind = "syntax"
	FailureTimeout     FailureKind = "timeout"
	FailureMemory      FailureKind = "memory_limit"
	FailureOutputLimit FailureKind = "output_limit"
	FailureOutput      FailureKind = "output"
	FailureRateLimit   FailureKind = "rate_limit" // a RateLimitError that the script did not catch
	FailureCancelled   FailureKind = "cancelled"
	FailureInterrupted FailureKind = "interrupted"
	FailureEngine      FailureKind = "engine"
	FailureCrashed     FailureKind = "worker_crashed"
	FailureSuspended   FailureKind = "tenant_suspended"
)

// IsValid reports whether k is one of the kinds defined here.
func (k FailureKind) IsValid() bool { return k == FailureException || k.sentinel() != nil }

func (k FailureKind) sentinel() error {
	switch k {
	case FailureSyntax:
		return ErrSyntax
	case FailureTimeout:
		return ErrTimeout
	case FailureMemory:
		return ErrMemoryLimit
	case FailureOutputLimit:
		return ErrOutputLimit
	case FailureOutput:
		return ErrOutput
	case FailureRateLimit:
		return ErrRateLimit
	case FailureCancelled:
		return ErrCancelled
	case FailureInterrupted:
		return ErrInterrupted
	case FailureEngine:
		return ErrEngine
	case FailureCrashed:
		return ErrWorkerCrashed
	case FailureSuspended:
		return ErrTenantSuspended
	}
	return nil
}

// ScriptError says how a script failed: what it threw, or which limit ended it. Positions are those of the author's
// source, counted from 1; 0 means unknown. It unwraps to the sentinel of its kind, so that
// errors.Is(err, ErrMemoryLimit) works on an error that comes from a record too.
type ScriptError struct {
	Kind        FailureKind `json:"kind"`
	Message     string      `json:"message"`         // such as "TypeError: x is not a function"
	Stack       string      `json:"stack,omitempty"` // one frame a line, in the author's positions
	Line        int         `json:"line,omitempty"`
	Column      int         `json:"column,omitempty"`
	ExecutionID uuid.UUID   `json:"executionId,omitzero"` // the nil UUID when the source was only checked
}

// Error returns the message and, where it is known, the position; "" for a nil e.
func (e *ScriptError) Error() string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d, column %d)", e.Line, e.Column)
	}
	return b.String()
}

// Unwrap returns the sentinel error of the kind, or nil for an exception. It takes a nil e, so that errors.Is works on
// [Execution.Failure] of an execution that completed.
func (e *ScriptError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Kind.sentinel()
}
