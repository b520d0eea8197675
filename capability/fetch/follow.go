package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/jsruntime/jsruntime"
)

const (
	maxRedirects = 20
	// maxDiscard is how much of a redirect's body is read so that its connection can be used again.
	maxDiscard = 4 << 10
)

// follow sends a request, follows redirects as it asks for, and returns the response with the request that it answers. ctx is that of
// the call.
func (c *client) follow(ctx context.Context, x *exchange, call jsruntime.FunctionCall, req *request) (*http.Response, *request, error) {
	hosts, err := c.hostsOf(ctx, x, call)
	if err != nil {
		return nil, nil, err
	}
	if err := c.allow(req.url, hosts); err != nil {
		return nil, nil, err
	}
	if err := c.reveal(ctx, x, call, req); err != nil {
		return nil, nil, err
	}
	for {
		resp, err := c.roundTrip(x.line.ctx, x, req) //nolint:contextcheck // see exchange
		if err != nil {
			return nil, nil, err
		}
		next, err := req.after(resp)
		if err == nil && next == nil {
			return resp, req, nil
		}
		discard(resp)
		if err == nil {
			err = c.allow(next.url, hosts)
		}
		if err != nil {
			return nil, nil, err
		}
		req = next
	}
}

// hostsOf returns the hosts that the tenant's scripts may reach; without AllowHosts nobody looks at them.
func (c *client) hostsOf(ctx context.Context, x *exchange, call jsruntime.FunctionCall) ([]hostPattern, error) {
	if c.hosts == nil {
		return nil, nil
	}
	ctx, done := x.asking(ctx)
	defer done()
	list, err := c.hosts(ctx, call.TenantID)
	switch {
	case ctx.Err() != nil:
		return nil, ended(context.Cause(ctx))
	case err != nil:
		return nil, failedBy(err, ErrInternal, "the hosts that may be reached are not known: internal error")
	}
	hosts, err := hostPatterns(list)
	if err != nil {
		return nil, failedBy(err, ErrInternal, "the list of the hosts that this tenant's scripts may reach has an entry that is not a host")
	}
	return hosts, nil
}

// roundTrip sends a request to one server. What hidden secrets it holds goes over plain HTTP to addresses of AllowPrivate
// only.
func (c *client) roundTrip(ctx context.Context, x *exchange, req *request) (*http.Response, error) {
	transport := x.tenant.anyone
	if len(req.hidden) > 0 && req.url.Scheme == "http" {
		transport = x.tenant.private
	}
	resp, err := transport.RoundTrip(x.line.request(ctx, req))
	if err != nil {
		return nil, c.explain(ctx, err, req)
	}
	if resp.StatusCode < http.StatusOK {
		_ = resp.Body.Close() // of what is not HTTP any more
		return nil, failed(ErrNetwork, "%s answered with status %d and no response", req.url.Host, resp.StatusCode)
	}
	return resp, nil
}

// blank is a request that says nothing yet.
var blank = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// forTransport returns the request as a Transport takes it. That of http.NewRequest would have its URL parsed.
func (r *request) forTransport(ctx context.Context) *http.Request {
	sent := blank.WithContext(ctx)
	sent.Method, sent.URL, sent.Host, sent.Header = r.method, r.url, r.url.Host, r.header
	switch {
	case len(r.body) > 0:
		content := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
		sent.Body, _ = content()
		sent.GetBody, sent.ContentLength = content, int64(len(r.body))
	case r.body != nil:
		sent.Body = http.NoBody
	}
	return sent
}

// discard gives up a response, and keeps its connection where that takes no time.
func discard(resp *http.Response) {
	if 0 < resp.ContentLength && resp.ContentLength <= maxDiscard {
		_, _ = io.Copy(io.Discard, resp.Body) // the connection is closed where it fails
	}
	_ = resp.Body.Close()
}

func isRedirect(status int) bool {
	return slices.Contains([]int{
		http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect,
	}, status)
}

// after returns the request that a response redirects to, or nil when the response is the answer.
func (r *request) after(resp *http.Response) (*request, error) {
	location := resp.Header.Get("Location")
	switch {
	case !isRedirect(resp.StatusCode) || r.redirect == "manual":
		return nil, nil
	case r.redirect == "error":
		return nil, failed(ErrNotAllowed, `redirected, which redirect: "error" refuses`)
	case location == "":
		return nil, nil
	case r.redirects >= maxRedirects:
		return nil, failed(ErrNotAllowed, "redirected more than %d times", maxRedirects)
	}
	u, err := parseURL(location, r.url)
	if err != nil {
		return nil, failedBy(err, ErrNotAllowed, "redirected to a URL that is not allowed: %s", strings.TrimPrefix(err.Error(), "fetch: "))
	}
	next := *r
	next.url, next.shown, next.redirects = u, u.String(), r.redirects+1
	next.header, next.shared = r.header.Clone(), false
	next.changeMethod(resp.StatusCode)
	if origin(u) == origin(r.url) {
		return &next, nil
	}
	if len(r.hidden) > 0 && r.url.Scheme == "https" && u.Scheme == "http" {
		return nil, failed(ErrNotAllowed, "redirected from https to http, with a hidden secret in the header %s", strings.ToLower(r.hidden[0]))
	}
	next.leaveOrigin()
	return &next, nil
}

// changeMethod makes a GET of what the standard makes one of, without a body and the headers that are about it.
func (r *request) changeMethod(status int) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound:
		if r.method != http.MethodPost {
			return
		}
	case http.StatusSeeOther:
		if r.method == http.MethodGet || r.method == http.MethodHead {
			return
		}
	default:
		return
	}
	r.method, r.body = http.MethodGet, nil
	for _, name := range []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"} {
		r.header.Del(name)
	}
}

// leaveOrigin takes out what was meant for the origin that the request leaves. It does not come back, even if the request
// does.
func (r *request) leaveOrigin() {
	for _, name := range append([]string{"Authorization", "Cookie"}, r.hidden...) {
		r.header.Del(name)
	}
	r.hidden = nil
}
