package isolate

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jsruntime/jsruntime"
)

// cause is why the host ended a worker.
type cause int

const (
	noCause     cause = iota
	causeTime         // its run did not end in time
	causeCancel       // its run did not end when it was cancelled
	causeMemory       // its resident memory was over the limit
	causeFrames       // it wrote what is no frame, or what it may not
	causeStart        // it did not get ready
	causeRetire       // it has done enough
	causeClose        // the Executor was closed
)

// death is how a worker ended.
type death struct {
	kind   jsruntime.FailureKind // of the run that it had
	reason string
	cpu    time.Duration // of the whole worker
	peak   int64         // its largest resident memory

	byOthers bool // somebody else killed it, such as an operator or a system without memory
}

// deathOf returns what is known of a worker that the host ended and that is not gone yet.
func deathOf(why cause) death {
	d := death{kind: jsruntime.FailureCrashed}
	switch why {
	case causeFrames:
		d.reason = "it broke the protocol"
	case causeTime:
		d.kind = jsruntime.FailureTimeout
	case causeCancel:
		d.kind = jsruntime.FailureCancelled
	case causeMemory:
		d.kind = jsruntime.FailureMemory
	case causeClose:
		d.kind, d.reason = jsruntime.FailureInterrupted, "the executor was closed"
	}
	return d
}

// failure returns the failure of the run that the worker had.
func (d death) failure() *jsruntime.ScriptError {
	message := jsruntime.ErrWorkerCrashed.Error() + ": " + d.reason
	switch d.kind {
	case jsruntime.FailureMemory:
		message = jsruntime.ErrMemoryLimit.Error()
	case jsruntime.FailureTimeout:
		message = jsruntime.ErrTimeout.Error()
	case jsruntime.FailureCancelled:
		message = jsruntime.ErrCancelled.Error()
	case jsruntime.FailureInterrupted:
		message = jsruntime.ErrInterrupted.Error() + ": " + d.reason
	}
	return &jsruntime.ScriptError{Kind: d.kind, Message: message}
}

// classify tells the kinds of death apart. What the worker wrote decides no more than which words describe it.
func classify(state *os.ProcessState, why cause, stderr string) death {
	d := deathOf(why)
	d.cpu, d.peak = state.UserTime()+state.SystemTime(), peakBytes(state)
	if why != noCause {
		return d
	}
	signal, signalled := signalOf(state)
	switch {
	case outOfMemory(stderr) || state.ExitCode() == exitMemory:
		d.kind = jsruntime.FailureMemory
	case strings.Contains(stderr, "stack overflow") || strings.Contains(stderr, "goroutine stack exceeds"):
		d.reason = "stack overflow"
	case signalled:
		d.reason, d.byOthers = "signal: "+signal, signal == "killed" // which no crash of its own is
	case strings.Contains(stderr, "panic: "):
		d.reason = "panic"
	case strings.Contains(stderr, "fatal error: "):
		d.reason = "fatal error of the Go runtime"
	default:
		d.reason = fmt.Sprintf("exit status %d", state.ExitCode())
	}
	return d
}

// outOfMemory knows the words of the Go runtime, and of its glue to C, for a system that gives them no more memory. A
// fault outside of Go code is one of them: the garbage collector does not look at every mapping that it asked for.
func outOfMemory(stderr string) bool {
	if strings.Contains(stderr, "SIGSEGV: segmentation violation\nPC=") && strings.Contains(stderr, "\nruntime.") {
		return true
	}
	for _, words := range []string{
		"out of memory", "cannot allocate memory", "cannot map pages in arena", "failed to create new OS thread",
		"pthread_create failed", "Cannot allocate memory", "runtime: cannot reserve", "errno=12",
	} {
		if strings.Contains(stderr, words) {
			return true
		}
	}
	return false
}
