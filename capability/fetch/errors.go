package fetch

import (
	"errors"
	"fmt"

	"github.com/jsruntime/jsruntime"
)

// How a request can fail: each [Report.Err] matches one of these, or [jsruntime.ErrInvalid] where the script passed what
// makes no sense.
var (
	// ErrNotAllowed says that a rule refuses the request: an address, a port, a host, a redirect or a secret.
	ErrNotAllowed = errors.New("not allowed")
	// ErrTimeout says that the response, or more of its body, did not come in time.
	ErrTimeout = errors.New("timed out")
	// ErrTooLarge says that the body or the headers of the response are larger than the bound.
	ErrTooLarge = errors.New("too large")
	// ErrAborted says that the script aborted the request, or that its run ended first.
	ErrAborted = errors.New("aborted")
	// ErrNetwork says that there was no way to the server, or that what came from it is not HTTP.
	ErrNetwork = errors.New("network error")
	// ErrInternal says that a function of the application returned an error, which is wrapped as well, or panicked.
	ErrInternal = errors.New("internal error")
)

var errPanicked = failed(ErrInternal, "internal error")

// failure is an error for two readers: the script gets its text, which tells nothing of the application or its network, and
// the application finds kind and cause in it.
type failure struct {
	kind  error
	text  string
	cause error
}

func (f *failure) Error() string { return "fetch: " + f.text }

func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

func failed(kind error, format string, args ...any) error {
	return &failure{kind: kind, text: fmt.Sprintf(format, args...)}
}

func failedBy(cause, kind error, format string, args ...any) error {
	return &failure{kind: kind, text: fmt.Sprintf(format, args...), cause: cause}
}

// reported is a failure as the application reads it: its text tells the cause too.
type reported struct {
	error
	cause error
}

func (r *reported) Error() string { return r.error.Error() + ": " + r.cause.Error() }
func (r *reported) Unwrap() error { return r.error }

// forReport returns an error with the text of its cause, where it keeps one from the script.
func forReport(err error) error {
	var f *failure
	if errors.As(err, &f) && f.cause != nil {
		return &reported{err, f.cause}
	}
	return err
}

// invalid is for what the script passed.
func invalid(field, format string, args ...any) error {
	return fmt.Errorf("fetch: %w", &jsruntime.FieldError{Field: field, Rule: fmt.Sprintf(format, args...)})
}
