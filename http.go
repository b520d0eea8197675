package jsruntime

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime/internal/stack"
)

// httpMaxWait is how long a request waits for a slot before it is answered with 429.
const httpMaxWait = 5 * time.Second

// ExecutionIDHeader is the response header that names the execution of a request.
const ExecutionIDHeader = "Jsruntime-Execution-Id"

// HTTPHandler serves the active HTTP scripts of all tenants. tenantOf says whose scripts a request is for, by its host,
// its credentials or a part of its path; its error is answered with 404 when it matches ErrNotFound, otherwise with
// 401. Mount it under a prefix with [net/http.StripPrefix].
//
// Path patterns are matched as [net/http.ServeMux] does, with 404, with 405 and Allow, with HEAD for what answers GET, and
// with an answer to OPTIONS, 204 and Allow, where no script has one. A change of a script that this Runtime made holds when the
// call that made it returns; those of other Runtimes on the store do within a second or two.
//
// # Request
//
// The body is decoded by its Content-Type: application/json and types that end in +json, application/x-www-form-urlencoded (which
// "curl -d" sends unless it is told otherwise), and multipart/form-data; text of another type, or of none, is a string, and
// anything else is not decoded. The script's input is what that gives where it is an object, and {} otherwise; all of the request
// is in context.trigger: the decoded body as payload, and the rest as request, see [HTTPRequest]. A form's field is a string, and a
// list where there are several of the name. A file of a multipart form is {filename, contentType, size} with its content as
// text, or as base64 where it is not valid UTF-8. A form has at most 1000 fields.
//
// # Answer
//
// What the script returns is the answer:
//   - {status, headers, body}, recognised by a numeric status and nothing but these three keys, is answered so. A body
//     that is a string is sent as it is, as text/plain unless a content-type header says otherwise; a Uint8Array or an
//     ArrayBuffer is sent as its bytes, as application/octet-stream unless a header says otherwise; anything else as
//     JSON. Bytes as base64 are such a body too where there is a fourth key, encoding, that says "base64".
//   - a Response of the web platform is answered as it is, but for those of its headers that say how a message is carried or are
//     this package's own, which are left out: what fetch returned may be passed on. Headers may stand in the place of headers.
//   - nothing (undefined or null) is 204, and any other value, a string too, is sent as JSON with 200. So is an object with a
//     status and other keys: {status: 404, message: "no such order"} is 200 and that JSON. What was meant is {status: 404,
//     body: {message: "no such order"}}.
//
// A header's value is a text, a number or a boolean, or a list of these. Headers that are the connection's, such as
// Transfer-Encoding, Content-Length, those that begin with Jsruntime-, and those by which a server makes a proxy in front of it
// send a file, such as X-Accel-Redirect and X-Sendfile, cannot be set. An answer that HTTP does not allow is 500 and says why; a
// body that the status does not allow is left out. Whatever a script answers, cookies and pages with programs in them included,
// comes from the host's name under which the handler is reached: where scripts are not trusted, that should be a name of the
// tenant's own.
//
// # Refusals
//
// A malformed body is 400, one over the limit of [WithMaxRequestBytes] 413, one with a content encoding, or text that has to
// be decoded and is not UTF-8, 415; no slot within 5 seconds and a suspended tenant ([ErrTenantSuspended]) are 429 with
// Retry-After, a stopped Runtime 503 with Retry-After, a run that Stop cuts off 503, a script that exceeds its time 504, and one
// that fails 500 without its internals: those are in the execution, which every answer of a script names in the header
// [ExecutionIDHeader]. Refusals are JSON objects with an error.
//
// A client that disconnects cancels the run. How long one may take to send its request, and how large its headers may be, is
// the [net/http.Server]'s affair: set its timeouts.
//
// # Asynchronous scripts
//
// A request to a script with [WithAsync] is answered with 202, {"id", "status"} and a Location as soon as its execution is
// stored. GET of the Location tells the state of the work: id, status, attempt, the output when it has completed, a text
// without internals as error when it did not, and times; Retry-After while it has not ended. Only who tenantOf takes for the
// tenant gets to see it. Paths that begin with /.jsruntime/ are the handler's own.
//
// # Idempotency keys
//
// A request of another method than GET, HEAD and OPTIONS with the header [IdempotencyKeyHeader], 1 to 255 visible ASCII
// characters, is run once: the same request with the same key gets the same answer again, with the header [ReplayedHeader], for
// as long as [Retention].Keys says, whether the execution is still on record or not; so it does where the script failed. A
// key belongs to one script. The same request is one with the same method, path, query, content type, body and credentials
// (Authorization, Cookie, and the headers of [WithRedactedHeaders]); another one with the key is 422. While the first one
// runs, it is 409 with Retry-After. A request that is refused before its script began does not use up its key. One with a key
// goes on when its client disconnects, and is recorded whatever [WithRecording] says. Where the process went away while it
// ran, nobody knows how far it came: its repetitions are 500 and name the execution.
func (rt *Runtime) HTTPHandler(tenantOf func(*http.Request) (uuid.UUID, error)) http.Handler {
	if tenantOf == nil {
		panic("jsruntime: HTTPHandler needs a function that tells the tenant")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stack.Grow()
		n, err := rt.node()
		if err != nil {
			stoppedAnswer("not started").write(w)
			return
		}
		tenantID, err := tenantOf(r)
		switch {
		case errors.Is(err, ErrNotFound):
			refusal(http.StatusNotFound, "not found").write(w)
		case err != nil:
			refusal(http.StatusUnauthorized, "unauthorized").write(w)
		case strings.HasPrefix(r.URL.Path, ownPath):
			a, err := n.ownAnswer(r, tenantID)
			if err != nil {
				a = n.refusalOf(r, uuid.Nil, err)
			}
			a.write(w)
		default:
			n.catalog.router(tenantID).serve(w, r)
		}
	})
}

func stoppedAnswer(why string) answer {
	return refusal(http.StatusServiceUnavailable, why).with("Retry-After", "5")
}

// serveScript answers a request that a route leads to a script.
func (n *node) serveScript(w http.ResponseWriter, r *http.Request, to route) {
	a, err := n.scriptAnswer(w, r, to)
	if err != nil {
		a = n.refusalOf(r, to.scriptID, err)
	}
	a.write(w)
}

func (n *node) scriptAnswer(w http.ResponseWriter, r *http.Request, to route) (answer, error) {
	q, err := readRequest(w, r, to.params, n.rt.maxBody)
	if err != nil {
		return answer{}, err
	}
	ctx := r.Context()
	script, err := n.catalog.httpScript(ctx, to) // after the body, which may take long: as it is now
	if err != nil {
		return answer{}, err
	}
	inv := &invocation{script: script, trigger: TriggerHTTP, data: q.data, input: q.input, maxWait: httpMaxWait}
	if err := inv.keepKey(r, q.body, n.rt.redact); err != nil {
		return answer{}, err
	}
	prefix := ""
	run := func() (answer, error) { return n.answerNow(ctx, inv) }
	if script.Async {
		prefix = strippedPrefix(r)
		run = func() (answer, error) { return n.answerLater(ctx, inv, prefix) }
	}
	if inv.dedupeKey == "" {
		return run()
	}
	ctx = context.WithoutCancel(ctx) // a repetition is to find an answer
	return n.once(ctx, inv, prefix, run)
}

// answerNow runs the script and answers with what it returned.
func (n *node) answerNow(ctx context.Context, inv *invocation) (answer, error) {
	e, err := n.current(ctx, inv, (*node).runAndWait)
	if err != nil {
		return answer{}, err
	}
	return answerOf(&e.(*execution).record).withExecution(e.ID()), nil
}

// answerLater stores the execution and says where its state can be asked for.
func (n *node) answerLater(ctx context.Context, inv *invocation, prefix string) (answer, error) {
	e, err := n.current(ctx, inv, (*node).queue)
	if err != nil {
		return answer{}, err
	}
	return acceptance(e.ID(), prefix), nil
}

// refusalOf returns the answer for a request that came to no outcome.
func (n *node) refusalOf(r *http.Request, scriptID uuid.UUID, err error) answer {
	if own, ok := errors.AsType[*refusedError](err); ok {
		return own.answer
	}
	switch {
	case errors.Is(r.Context().Err(), context.DeadlineExceeded): // a time limit of the application's own
		return refusal(http.StatusGatewayTimeout, "the request's time was up before the script's end")
	case r.Context().Err() != nil:
		return refusal(http.StatusServiceUnavailable, "the request was cancelled")
	case errors.Is(err, ErrOverloaded):
		return refusal(http.StatusTooManyRequests, "too many runs").with("Retry-After", "1")
	case errors.Is(err, ErrNotStarted):
		return stoppedAnswer("stopping")
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrNotActive):
		return refusal(http.StatusNotFound, "not found")
	case errors.Is(err, ErrInvalid):
		return refusal(http.StatusBadRequest, err.Error())
	}
	n.rt.logger.Error("HTTP run came to no outcome", "script", scriptID, "error", err)
	return refusal(http.StatusInternalServerError, "internal error")
}
