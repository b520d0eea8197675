package fetch

import (
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// Report is what [OnRequest] is told about one request, redirects included.
type Report struct {
	TenantID    uuid.UUID
	ScriptID    uuid.UUID
	ExecutionID uuid.UUID

	Method string
	// URL is the one that the script asked for, without query and fragment, which often hold credentials. A path can hold
	// some too.
	URL string
	// Status is that of the response that the script got, 0 where it got none.
	Status int
	// Redirects is how many were followed on the way to the response.
	Redirects int
	// RequestBytes and ResponseBytes are those of the bodies, the response's after it was decompressed, as far as it came.
	RequestBytes  int64
	ResponseBytes int64
	// Started is when the script asked, and Duration the time from then to the end of the response: waiting for its turn and
	// for the script to read included.
	Started  time.Time
	Duration time.Duration
	// Err is nil where the whole response came. See [ErrNotAllowed] and the others. Its text is the one that the script gets,
	// and behind it what that keeps from the script.
	Err error
}

// reportOf begins a report; nil where nobody wants one.
func (c *client) reportOf(call jsruntime.FunctionCall, req *request) *Report {
	if c.onRequest == nil {
		return nil
	}
	bare := url.URL{Scheme: req.url.Scheme, Host: req.url.Host, Path: req.url.Path, RawPath: req.url.RawPath}
	return &Report{
		TenantID: call.TenantID, ScriptID: call.ScriptID, ExecutionID: call.ExecutionID,
		Method: req.method, URL: bare.String(), RequestBytes: int64(len(req.body)), Started: time.Now(),
	}
}

// end tells the application. Its panic must not take the process down: this may be a goroutine of fetch's own.
func (r *Report) end(err error, observe func(Report)) {
	defer func() { _ = recover() }()
	r.Duration, r.Err = time.Since(r.Started), forReport(err)
	observe(*r)
}
