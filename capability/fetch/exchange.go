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
	cancel   context.CancelCauseFunc

	started  time.Time
	host     string      // that was asked
	timer    *time.Timer // until the headers are there, and then until all of the response is
	answered atomic.Bool // the headers are there, and more of the body is to come
	arrival  arrival
	body     atomic.Pointer[body] // what is still to be read; nil before the headers, and where nothing is

	settled atomic.Bool
	report  Report
}

// open begins an exchange. The returned ctx is that of its network side: it ends with the run, with the time that a request
// may take, and with an abort.
func (c *client) open(ctx context.Context, run *run, call jsruntime.FunctionCall, id string, req *request) (*exchange, context.Context, error) {
	x := &exchange{
		client: c, id: id, run: run, started: time.Now(), host: req.url.Hostname(), report: c.reportOf(call, req),
	}
	ctx, x.cancel = context.WithCancelCause(ctx)
	if err := x.run.add(x); err != nil {
		x.cancel(err)
		return nil, nil, err
	}
	x.timer = time.AfterFunc(min(c.headerTimeout, c.timeout), x.expire)
	return x, ctx, nil
}

// expire ends an exchange that has taken as long as it may.
func (x *exchange) expire() {
	c := x.client
	if x.answered.Load() || c.timeout <= c.headerTimeout {
		x.cancel(c.tooLong)
		return
	}
	x.cancel(failed(ErrTimeout, "timed out after %v: no response from %s", c.headerTimeout, x.host))
}

// settle is for when nothing more comes from the network; more than once does no harm.
func (x *exchange) settle(err error) {
	if x.settled.Swap(true) {
		return
	}
	x.cancel(err)
	x.timer.Stop()
	if x.tenant != nil {
		x.client.tenants.leave(x.tenant)
	}
	x.report.end(err, x.client.onRequest)
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

// exchange gets the response, and returns it in the form in which the realm takes it.
func (c *client) exchange(ctx context.Context, x *exchange, call jsruntime.FunctionCall, req *request) (any, error) {
	if err := c.admit(ctx, x, call); err != nil {
		return nil, err
	}
	resp, last, err := c.follow(ctx, x, call, req)
	if err != nil {
		return nil, err
	}
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
		c.begin(ctx, x, resp, r)
	}
	return r.text
}

// begin adds the beginning of a body. What is left is received while the script goes on.
func (c *client) begin(ctx context.Context, x *exchange, resp *http.Response, r *reply) {
	if x.arrival.whole(resp) {
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
	x.answered.Store(true)
	x.timer.Reset(c.timeout - time.Since(x.started))
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
