package fetch

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jsruntime/jsruntime"
)

// errAborted is what a script gets of a request that it aborted.
var errAborted = failed(ErrAborted, "aborted")

// exchange is a request and its response.
type exchange struct {
	client   *client
	id       string
	run      *run
	admitted bool    // guarded by the run
	tenant   *tenant // nil before it was admitted
	line     *line   // whose timer is set until the headers are there, and then until all of the response is

	started  time.Time
	host     string               // that was asked
	answered atomic.Bool          // the headers are there, and more of the body is to come
	body     atomic.Pointer[body] // what is still to be read; nil before the headers, and where nothing is

	settled atomic.Bool
	report  *Report // nil where nobody wants one
}

// open begins an exchange, of a call with ctx.
func (c *client) open(ctx context.Context, run *run, call jsruntime.FunctionCall, id string, req *request) (*exchange, error) {
	x := &exchange{
		client: c, id: id, run: run, started: time.Now(), host: req.url.Hostname(), report: c.reportOf(call, req),
	}
	if x.line = run.keptLine(); x.line == nil {
		x.line = newLine(ctx)
	}
	x.line.enter(x, min(c.headerTimeout, c.timeout))
	if err := x.run.add(x); err != nil {
		x.leaveLine(err)
		return nil, err
	}
	return x, nil
}

// cancel ends the network side.
func (x *exchange) cancel(err error) { x.line.cancel(x, err) }

// expire ends an exchange that has taken as long as it may.
func (x *exchange) expire() {
	c := x.client
	if x.answered.Load() || c.timeout <= c.headerTimeout {
		x.cancel(c.tooLong)
		return
	}
	x.cancel(failed(ErrTimeout, "timed out after %v: no response from %s", c.headerTimeout, x.host))
}

// came counts bytes of the response's body.
func (x *exchange) came(n int) {
	if x.report != nil {
		x.report.ResponseBytes += int64(n)
	}
}

// settle is for when nothing more comes from the network; more than once does no harm.
func (x *exchange) settle(err error) {
	if x.settled.Swap(true) {
		return
	}
	x.leaveLine(err)
	if x.tenant != nil {
		x.client.tenants.leave(x.tenant)
	}
	if x.report != nil {
		x.report.end(err, x.client.onRequest)
	}
}

// leaveLine is for when nothing more goes over the line.
func (x *exchange) leaveLine(err error) {
	if x.line.leave(x, err) {
		x.run.keepLine(x.line)
	}
}

// end is for an exchange that comes to no response, or to one of which nothing is left to read.
func (x *exchange) end(err error) {
	x.run.remove(x)
	x.settle(err)
}

func (x *exchange) abort() {
	x.run.remove(x)
	if body := x.body.Load(); body != nil {
		body.end(errAborted)
	}
	x.cancel(errAborted)
}

// asking returns a context for a call of the application's: it has the values of the call of fetch, and ends with the network side.
func (x *exchange) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(x.line.ctx, func() { cancel(context.Cause(x.line.ctx)) })
	return ctx, func() { stop(); cancel(nil) }
}

// exchange gets the response, and returns it in the form in which the realm takes it. ctx is that of the call.
func (c *client) exchange(ctx context.Context, x *exchange, call jsruntime.FunctionCall, req *request) (any, error) {
	if err := c.admit(x.line.ctx, x, call); err != nil { //nolint:contextcheck // the line outlives the call, and ends with the run
		return nil, err
	}
	resp, last, err := c.follow(ctx, x, call, req)
	if err != nil {
		return nil, err
	}
	if x.report != nil {
		x.report.Status, x.report.Redirects = resp.StatusCode, last.redirects
	}
	return c.answer(x.line.ctx, x, resp, last), nil //nolint:contextcheck // likewise
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

// answer returns the response with what there is of its body, and starts to receive the rest.
func (c *client) answer(ctx context.Context, x *exchange, resp *http.Response, last *request) []byte {
	r := replyOf(resp, last)
	switch {
	case withoutBody(last.method, resp.StatusCode):
		_ = resp.Body.Close() // of which nothing is lost
		x.end(nil)
	case resp.Body == http.NoBody:
		r.say(bodyWhole)
		x.end(nil)
	default:
		c.begin(ctx, x, resp, &r)
	}
	return r.text
}

// begin adds the beginning of a body. What is left is received while the script goes on.
func (c *client) begin(ctx context.Context, x *exchange, resp *http.Response, r *reply) {
	if x.line.conn.Load().whole(resp) {
		err := c.receiveWhole(ctx, x, resp, r)
		if err == nil {
			r.say(bodyWhole)
			x.end(nil)
			return
		}
		r.say(bodyBegins)
		b := newBody()
		b.end(err)
		x.body.Store(b)
		x.settle(err)
		return
	}
	if x.line.timer.Stop() { // else its time is over, and expire is on the way
		x.answered.Store(true)
		x.line.timer.Reset(c.timeout - time.Since(x.started))
	}
	b := newBody()
	x.body.Store(b)
	go func() { x.settle(c.receive(ctx, x, b, resp)) }()
	chunk, done := b.first(ctx)
	r.text = append(r.text, chunk...)
	if r.say(bodyBegins); done {
		r.say(bodyWhole)
		x.run.remove(x)
	}
}

// withoutBody reports whether a response has none by definition.
func withoutBody(method string, status int) bool {
	return method == http.MethodHead || slices.Contains([]int{http.StatusNoContent, http.StatusResetContent, http.StatusNotModified}, status)
}
