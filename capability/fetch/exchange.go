package fetch

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jsruntime/jsruntime"
)

// errAborted is what a script gets of a request that it aborted.
var errAborted = failed(ErrAborted, "aborted")

// exchange is a request and its response.
type exchange struct {
	id       string
	run      *run
	admitted bool    // guarded by the run
	tenant   *tenant // nil before it was admitted
	cancel   context.CancelCauseFunc
	body     *body
	answered atomic.Bool // the body is there

	settled sync.Once
	settle  func(err error) // when nothing more comes from the network
	report  Report
}

// open begins an exchange. The returned ctx is that of its network side: it ends with the run, with the time that a request
// may take, and with an abort.
func (c *client) open(ctx context.Context, call jsruntime.FunctionCall, id string, req *request) (*exchange, context.Context, error) {
	x := &exchange{id: id, run: c.runs.of(ctx, call.ExecutionID), body: newBody(), report: c.reportOf(call, req)}
	ctx, x.cancel = context.WithCancelCause(ctx)
	if err := x.run.add(x); err != nil {
		x.cancel(err)
		return nil, nil, err
	}
	timer := time.AfterFunc(c.timeout, func() { x.cancel(c.tooLong) })
	x.settle = func(err error) {
		x.settled.Do(func() {
			x.cancel(err)
			timer.Stop()
			if x.tenant != nil {
				c.tenants.leave(x.tenant)
			}
			x.report.end(err, c.onRequest)
		})
	}
	return x, ctx, nil
}

// end is for an exchange that comes to no response, or to one without a body.
func (x *exchange) end(err error) {
	x.run.remove(x)
	x.settle(err)
}

func (x *exchange) abort() {
	x.run.remove(x)
	x.body.end(errAborted)
	x.cancel(errAborted)
}

// exchange gets the response, and returns it in the form in which the realm takes it.
func (c *client) exchange(ctx context.Context, x *exchange, call jsruntime.FunctionCall, req *request) (any, error) {
	timer := time.AfterFunc(c.headerTimeout, func() {
		x.cancel(failed(ErrTimeout, "timed out after %v: no response from %s", c.headerTimeout, req.url.Hostname()))
	})
	defer timer.Stop()
	if err := c.admit(ctx, x, call); err != nil {
		return nil, err
	}
	resp, last, err := c.follow(ctx, x.tenant, call, req)
	if err != nil {
		return nil, err
	}
	timer.Stop()
	x.report.Status, x.report.Redirects = resp.StatusCode, last.redirects
	return c.answer(ctx, x, resp, last), nil
}

// admit waits for the turn of the exchange: first within its run, then within its tenant, so that a run that waits for
// itself holds up nobody else.
func (c *client) admit(ctx context.Context, x *exchange, call jsruntime.FunctionCall) (err error) {
	if err := x.run.admit(ctx, x); err != nil {
		return c.impatient(err, "%d responses are open, whose bodies have to be read or cancelled first", c.perExecution)
	}
	if x.tenant, err = c.tenants.enter(ctx, call.TenantID); err != nil {
		return c.impatient(err, "%d other requests are under way", c.perTenant)
	}
	return nil
}

// impatient says, of a request that timed out, what it waited for.
func (c *client) impatient(err error, format string, n int) error {
	if f, ok := err.(*failure); ok && f.kind == ErrTimeout { //nolint:errorlint // the cause of ctx as it was set
		return failed(ErrTimeout, "timed out after %v: "+format, min(c.headerTimeout, c.timeout), n)
	}
	return ended(err)
}

// answer starts to receive the body and returns what is there of it.
func (c *client) answer(ctx context.Context, x *exchange, resp *http.Response, last *request) any {
	reply := map[string]any{
		"status":     float64(resp.StatusCode),
		"statusText": fromBytes(strings.TrimLeft(strings.TrimPrefix(resp.Status, statusCode(resp)), " ")),
		"headers":    headersOf(resp.Header),
		"url":        last.shown,
		"redirected": last.redirects > 0,
		"body":       !withoutBody(last.method, resp.StatusCode),
		"chunk":      []byte{},
		"done":       true,
	}
	if resp.Body == http.NoBody || reply["body"] == false {
		_ = resp.Body.Close() // of what cannot have a body nothing is lost
		x.end(nil)
		return reply
	}
	go func() { x.settle(c.receive(ctx, x, resp)) }()
	x.answered.Store(true)
	chunk, done := x.body.first(ctx)
	if done {
		x.run.remove(x)
	}
	reply["chunk"], reply["done"] = chunk, done
	return reply
}

// statusCode is how the response's status begins.
func statusCode(resp *http.Response) string {
	code, _, _ := strings.Cut(resp.Status, " ")
	return code
}

// withoutBody reports whether a response has none by definition.
func withoutBody(method string, status int) bool {
	return method == http.MethodHead || slices.Contains([]int{http.StatusNoContent, http.StatusResetContent, http.StatusNotModified}, status)
}

// headersOf returns a pair of name and value for each name, sorted, and for each cookie.
func headersOf(header http.Header) []any {
	list := []any{}
	for _, name := range sortedNames(header) {
		values := header[name]
		if name != "Set-Cookie" {
			values = []string{strings.Join(values, ", ")}
		}
		for _, value := range values {
			list = append(list, []any{strings.ToLower(name), fromBytes(value)})
		}
	}
	return list
}
