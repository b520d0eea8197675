package jsruntime

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// route is what a pattern leads to.
type route struct {
	tenantID, scriptID uuid.UUID
	pattern            string
	params             []string // the names of the pattern's wildcards
}

// router maps requests to the HTTP scripts of one tenant, as they were when it was made.
type router struct{ mux *http.ServeMux }

// newRouter returns the router over the scripts, which hands requests to serve. The store refuses routes that overlap. Where
// there are some all the same, those of the older script are served, and no route takes others down.
func newRouter(scripts []ScriptRecord, logger *slog.Logger, serve func(http.ResponseWriter, *http.Request, route)) *router {
	slices.SortFunc(scripts, func(a, b ScriptRecord) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID[:], b.ID[:]))
	})
	mux := http.NewServeMux()
	for _, s := range scripts {
		to := route{tenantID: s.TenantID, scriptID: s.ID, params: wildcards(s.HTTPPath)}
		for _, to.pattern = range s.routes() {
			if err := handle(mux, to, serve); err != nil {
				logger.Error("route not served", "script", s.ID, "pattern", to.pattern, "error", err)
			}
		}
	}
	return &router{mux: mux}
}

// handle registers a route; one that the mux refuses is an error.
func handle(mux *http.ServeMux, to route, serve func(http.ResponseWriter, *http.Request, route)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	mux.HandleFunc(to.pattern, func(w http.ResponseWriter, r *http.Request) {
		serve(w.(*muxWriter).ResponseWriter, r, to)
	})
	return nil
}

func (rt *router) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect { // asks for a proxy; the mux does not clean its path, and matches it in odd ways
		refusal(http.StatusNotImplemented, "not implemented").write(w)
		return
	}
	rt.mux.ServeHTTP(&muxWriter{ResponseWriter: w, request: r}, r)
}

// muxWriter makes answers of this package of those that the mux itself gives. The handlers of scripts write past it.
type muxWriter struct {
	http.ResponseWriter
	request *http.Request
}

// WriteHeader writes the whole answer.
func (w *muxWriter) WriteHeader(status int) {
	header := w.Header()
	location, allow := header.Get("Location"), header.Get("Allow")
	clear(header)
	switch {
	case status == http.StatusMethodNotAllowed:
		methodAnswer(w.request, strings.Split(allow, ", ")).write(w.ResponseWriter)
	case location != "": // a redirect to the path as it should be, which does not have what was stripped off it
		answer{Status: status}.with("Location", cleanLocation(w.request, location)).write(w.ResponseWriter)
	default:
		refusal(status, strings.ToLower(http.StatusText(status))).write(w.ResponseWriter)
	}
}

// Write drops the text that belongs to the mux's own answer.
func (w *muxWriter) Write(text []byte) (int, error) { return len(text), nil }

// methodAnswer answers a request with a method that the resource does not have: OPTIONS by what it has.
func methodAnswer(r *http.Request, allowed []string) answer {
	if !slices.Contains(allowed, http.MethodOptions) {
		allowed = append(allowed, http.MethodOptions)
	}
	slices.Sort(allowed)
	a := refusal(http.StatusMethodNotAllowed, "method not allowed")
	if r.Method == http.MethodOptions {
		a = answer{Status: http.StatusNoContent}
	}
	return a.with("Allow", strings.Join(allowed, ", "))
}

// cleanLocation returns the path that the mux redirects to, as the client escaped it: the mux mixes up escaped slashes with
// others, and escapes twice what was escaped.
func cleanLocation(r *http.Request, location string) string {
	cleaned := path.Clean("/" + r.URL.EscapedPath())
	target, query, _ := strings.Cut(location, "?")
	if strings.HasSuffix(target, "/") && cleaned != "/" {
		cleaned += "/"
	}
	if query != "" {
		cleaned += "?" + query
	}
	return strippedPrefix(r) + cleaned
}

// strippedPrefix returns what a handler in front of this one took off the request's path.
func strippedPrefix(r *http.Request) string {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(asked, "/") { // the absolute form
		u, err := url.Parse(asked)
		if err != nil {
			return ""
		}
		asked = u.EscapedPath()
	}
	prefix, ok := strings.CutSuffix(asked, r.URL.EscapedPath())
	if !ok { // the client escaped the path in another way
		asked, _ = url.PathUnescape(asked)
		prefix, ok = strings.CutSuffix(asked, r.URL.Path)
		prefix = (&url.URL{Path: prefix}).EscapedPath()
	}
	if !ok || prefix == "" {
		return ""
	}
	return "/" + strings.TrimLeft(prefix, "/") // two slashes would begin another host's name
}

// wildcards returns the names in a ServeMux pattern.
func wildcards(pattern string) []string {
	var names []string
	for segment := range strings.SplitSeq(pattern, "/") {
		name, ok := strings.CutPrefix(segment, "{")
		if name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."); ok && name != "$" {
			names = append(names, name)
		}
	}
	return names
}
