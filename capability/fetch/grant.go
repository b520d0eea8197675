package fetch

import (
	"context"
	"net/http"

	"github.com/jsruntime/jsruntime"
)

// Grant lets scripts use fetch. An option that makes no sense is a [jsruntime.FieldError] of [jsruntime.New]. A Runtime
// takes one Grant; several Runtimes may share one, and with it the bounds on tenants and connections.
func Grant(opts ...Option) jsruntime.Option {
	s, err := newSettings(opts)
	if err != nil {
		return jsruntime.InvalidOption(err)
	}
	c := newClient(s)
	return jsruntime.Capability("fetch", declaration,
		jsruntime.WithFunction("fetch:send", c.send),
		jsruntime.WithFunction("fetch:read", c.read, jsruntime.Uncounted),
		jsruntime.WithFunction("fetch:abort", c.abort, jsruntime.Uncounted),
	)
}

const declaration = "declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;"

// client is the host's half of fetch. The realm's half chooses an id for each request, unique within its run, and may be
// hostile: it can call these functions with anything at any time.
type client struct {
	settings
	tenants  *tenants
	runs     *runs
	tooLong  error // what a request ends with that takes longer than it may
	tooLarge error // than its response may be

	plainHeader http.Header // of a request for which a script sets none
}

func newClient(s settings) *client {
	return &client{
		settings: s, tenants: newTenants(s), runs: newRuns(s.perExecution),
		tooLong:  failed(ErrTimeout, "timed out: the response took longer than %v", s.timeout),
		tooLarge: failed(ErrTooLarge, "response body larger than %d bytes", s.maxResponse),

		plainHeader: http.Header{"User-Agent": {s.userAgent}, "Accept": {"*/*"}},
	}
}

// send takes an id and what a request is made of: its URL, its method, its headers as lines, a name and a value in turn, its body
// or nil, and what to do with redirects. It returns once the headers of the response are there, with a reply as bytes. What is left of
// the body is for read.
func (c *client) send(ctx context.Context, call jsruntime.FunctionCall) (reply any, err error) {
	id, err := idOf(call)
	if err != nil {
		return nil, err
	}
	run := c.runs.of(ctx, call.ExecutionID)
	req, err := c.parse(call, run)
	if err != nil {
		return nil, err
	}
	x, err := c.open(ctx, run, call, id, req)
	if err != nil {
		return nil, err
	}
	err = errPanicked // which stays where there is no return
	defer func() {
		if err != nil {
			x.end(err)
		}
	}()
	reply, err = c.exchange(ctx, x, call, req)
	return reply, err
}

// read takes an id and returns the next piece of the response's body, never an empty one, or nil at its end.
func (c *client) read(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	id, err := idOf(call)
	if err != nil {
		return nil, err
	}
	x := c.runs.of(ctx, call.ExecutionID).get(id)
	var body *body
	if x != nil {
		body = x.body.Load()
	}
	if body == nil {
		return nil, invalid("id", "has no response that is open")
	}
	chunk, err := body.next(ctx)
	if err != nil || chunk == nil {
		x.run.remove(x)
		return nil, err
	}
	return chunk, nil
}

// abort takes an id and ends its request or the reading of its response.
func (c *client) abort(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	id, err := idOf(call)
	if err != nil {
		return nil, err
	}
	if x := c.runs.of(ctx, call.ExecutionID).abort(id); x != nil {
		x.abort()
	}
	return nil, nil
}

// maxIDBytes bounds an id, of which thousands can be remembered.
const maxIDBytes = 64

func idOf(call jsruntime.FunctionCall) (string, error) {
	id, ok := call.Arg(0).(string)
	if !ok || id == "" || len(id) > maxIDBytes {
		return "", invalid("id", "must be a string of 1 to %d bytes", maxIDBytes)
	}
	return id, nil
}
