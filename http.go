package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// httpMaxWait is how long a request waits for a slot before it is answered with 429.
const httpMaxWait = 5 * time.Second

// ExecutionIDHeader is the response header that names the execution of a request.
const ExecutionIDHeader = "Jsruntime-Execution-Id"

// HTTPHandler serves the active HTTP scripts of all tenants. tenantOf says whose scripts a request is for, by its host,
// its credentials or a part of its path; its error is answered with 404 when it matches ErrNotFound, otherwise with
// 401. Mount it under a prefix with [net/http.StripPrefix].
//
// Path patterns are matched as [net/http.ServeMux] does, with 404, with 405 and Allow, and with HEAD for what answers
// GET. The script's input is the body where that is an object, JSON or form, and {} otherwise; all of the request is
// in context.trigger. What the script returns is the answer:
//   - {status, headers, body}, recognised by a numeric status and nothing but these three keys, is answered so; a body
//     that is a string is sent as it is, as text unless a content-type header says otherwise, anything else as JSON;
//   - nothing (undefined or null) is 204, and any other value is sent as JSON with 200.
//
// A malformed body is 400, one over the limit 413, no slot in time and a suspended tenant ([ErrTenantSuspended]) 429 with
// Retry-After, a stopped Runtime 503, a script that exceeds its time 504, and one that fails 500 without its internals:
// those are in the execution, which every answer of a script names in the header [ExecutionIDHeader]. An answer that HTTP
// does not allow is 500 and says why. A client that disconnects cancels the run.
func (rt *Runtime) HTTPHandler(tenantOf func(*http.Request) (uuid.UUID, error)) http.Handler {
	if tenantOf == nil {
		panic("jsruntime: HTTPHandler needs a function that tells the tenant")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := rt.node()
		if err != nil {
			refuse(w, http.StatusServiceUnavailable, "not started")
			return
		}
		tenantID, err := tenantOf(r)
		if errors.Is(err, ErrNotFound) {
			refuse(w, http.StatusNotFound, "not found")
			return
		}
		if err != nil {
			refuse(w, http.StatusUnauthorized, "unauthorized")
			return
		}
		n.catalog.router(tenantID).serve(n, w, r)
	})
}

// router maps requests to the HTTP scripts of one tenant, as they were when it was made.
type router struct{ mux *http.ServeMux }

// nodeKey carries the node to the handlers that the mux chooses.
type nodeKey struct{}

func newRouter(scripts map[uuid.UUID]ScriptRecord, logger *slog.Logger) *router {
	mux := http.NewServeMux()
	for _, s := range scripts {
		for _, pattern := range s.routes() {
			if err := handle(mux, pattern, s); err != nil { // the store refuses overlaps; a route must not take the others down
				logger.Error("route not served", "script", s.ID, "pattern", pattern, "error", err)
			}
		}
	}
	return &router{mux: mux}
}

func handle(mux *http.ServeMux, pattern string, s ScriptRecord) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	mux.Handle(pattern, scriptHandler{func(w http.ResponseWriter, r *http.Request) {
		n, _ := r.Context().Value(nodeKey{}).(*node)
		n.answer(w, r, s.TenantID, s.ID, wildcards(pattern))
	}})
	return nil
}

func (rt *router) serve(n *node, w http.ResponseWriter, r *http.Request) {
	if handler, _ := rt.mux.Handler(r); handler != nil {
		if _, ours := handler.(scriptHandler); !ours {
			w = &redirectWriter{ResponseWriter: w, prefix: strippedPrefix(r)}
		}
	}
	rt.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nodeKey{}, n)))
}

// scriptHandler tells the handlers of scripts from those of the mux itself.
type scriptHandler struct{ http.HandlerFunc }

// redirectWriter puts back what was stripped off the path, into the redirects to clean paths that a mux answers with.
type redirectWriter struct {
	http.ResponseWriter
	prefix string
}

func (w *redirectWriter) WriteHeader(status int) {
	if location := w.Header().Get("Location"); strings.HasPrefix(location, "/") {
		w.Header().Set("Location", w.prefix+location)
	}
	w.ResponseWriter.WriteHeader(status)
}

// strippedPrefix returns what a handler in front of this one took off the request's path.
func strippedPrefix(r *http.Request) string {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(asked, r.URL.EscapedPath())
	if !ok {
		return ""
	}
	return prefix
}

// wildcards returns the names in a ServeMux pattern.
func wildcards(pattern string) []string {
	var names []string
	for _, segment := range strings.Split(pattern, "/") {
		name, ok := strings.CutPrefix(segment, "{")
		if name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."); ok && name != "$" {
			names = append(names, name)
		}
	}
	return names
}

// answer runs the script for the request.
func (n *node) answer(w http.ResponseWriter, r *http.Request, tenantID, scriptID uuid.UUID, params []string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, n.rt.maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must be at most %d bytes", tooLarge.Limit))
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body could not be read")
		return
	}
	payload, err := decodeBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	inv, err := n.requestInvocation(r, tenantID, scriptID, params, body, payload)
	if err == nil {
		var e Execution
		if e, err = n.current(r.Context(), inv, (*node).runAndWait); err == nil {
			w.Header().Set(ExecutionIDHeader, e.ID().String())
			n.respond(w, e)
			return
		}
	}
	n.refuseRun(w, r, scriptID, err)
}

func (n *node) requestInvocation(r *http.Request, tenantID, scriptID uuid.UUID, params []string, body []byte, payload any) (*invocation, error) {
	record, err := n.rt.store.Script(r.Context(), tenantID, scriptID)
	if err != nil {
		return nil, err
	}
	object, _ := payload.(map[string]any)
	inv, err := newInvocation(record, TriggerHTTP, object, nil)
	if err != nil {
		return nil, err
	}
	inv.maxWait = httpMaxWait
	inv.data = TriggerData{
		HTTPMethod: r.Method, HTTPPath: r.URL.Path, Payload: payload,
		Request: &HTTPRequest{
			Method: r.Method, Path: r.URL.Path, Params: map[string]string{}, Query: r.URL.Query(),
			Headers: map[string]string{}, Text: strings.ToValidUTF8(string(body), "\uFFFD"),
		},
	}
	for _, name := range params {
		inv.data.Request.Params[name] = r.PathValue(name)
	}
	inv.data.Request.Headers["host"] = r.Host
	for name, values := range r.Header {
		inv.data.Request.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return inv, nil
}

// decodeBody returns a body as a value that JSON can hold: a JSON body decoded, a form as an object of strings and
// lists of strings, other text as a string, and nothing as nil.
func decodeBody(contentType string, body []byte) (any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return nil, errors.New("the content type is malformed")
	}
	switch {
	case mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"):
		var v any
		if err := checkJSON("body", body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &v); err != nil {
			return nil, errors.New("body: must be JSON")
		}
		return v, nil
	case mediaType == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errors.New("the body is not a valid form")
		}
		return formObject(values), nil
	case !utf8.Valid(body):
		return nil, nil
	}
	return string(body), nil
}

func formObject(values url.Values) map[string]any {
	object := make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			object[name] = list[0]
			continue
		}
		all := make([]any, len(list))
		for i, v := range list {
			all[i] = v
		}
		object[name] = all
	}
	return object
}

// respond writes the answer that belongs to the outcome.
func (n *node) respond(w http.ResponseWriter, e Execution) {
	switch e.Status() {
	case ExecutionCompleted:
		writeOutput(w, e.Record().Output)
	case ExecutionTimeout:
		refuse(w, http.StatusGatewayTimeout, "the script took too long")
	case ExecutionCancelled:
		refuse(w, http.StatusServiceUnavailable, "the run was cancelled")
	default:
		if f := e.Failure(); f != nil && f.Kind == FailureSuspended {
			w.Header().Set("Retry-After", "30")
			refuse(w, http.StatusTooManyRequests, "too many runs that could not be stopped")
			return
		}
		refuse(w, http.StatusInternalServerError, "the script failed")
	}
}

// refuseRun writes the answer for a request that came to no outcome.
func (n *node) refuseRun(w http.ResponseWriter, r *http.Request, scriptID uuid.UUID, err error) {
	switch {
	case errors.Is(r.Context().Err(), context.DeadlineExceeded): // a time limit of the application's own
		refuse(w, http.StatusGatewayTimeout, "the request's time was up before the script's end")
	case r.Context().Err() != nil:
		refuse(w, http.StatusServiceUnavailable, "the request was cancelled")
	case errors.Is(err, ErrOverloaded):
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "too many runs")
	case errors.Is(err, ErrNotStarted):
		refuse(w, http.StatusServiceUnavailable, "stopping")
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrNotActive):
		refuse(w, http.StatusNotFound, "not found")
	case errors.Is(err, ErrInvalid):
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		n.rt.logger.Error("HTTP run came to no outcome", "script", scriptID, "error", err)
		refuse(w, http.StatusInternalServerError, "internal error")
	}
}

// refuse answers with a JSON object that says why.
func refuse(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		raw, status = []byte(`{"error":"internal error"}`), http.StatusInternalServerError
	}
	writeBody(w, status, "application/json", raw)
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone cannot be told so
}
