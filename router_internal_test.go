package jsruntime

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// The parts of which the fuzz target makes patterns and paths.
var (
	patternParts = []string{"a", "b", "{x}", "{y}", "{$}", "{rest...}", "", "%2F", "ä", "a b", ".", "..", "{", "}", "{x}{y}", "c.d"}
	pathParts    = []string{"a", "b", "c", "", ".", "..", "%2F", "%C3%A4", "a%20b", "c.d", "%ff", "{x}", ".jsruntime"}
	fuzzMethods  = []string{"", "GET", "HEAD", "POST", "OPTIONS", "PUT", "FROB", "CONNECT"}
)

// taker takes small numbers off a fuzz input.
type taker []byte

func (t *taker) below(n int) int {
	if len(*t) == 0 {
		return 0
	}
	b := (*t)[0]
	*t = (*t)[1:]
	return int(b) % n
}

func (t *taker) path(parts []string) string {
	var b strings.Builder
	for range 1 + t.below(4) {
		b.WriteString("/" + parts[t.below(len(parts))])
	}
	return b.String()
}

// FuzzRouter compares the router with a ServeMux that has the same patterns.
func FuzzRouter(f *testing.F) {
	f.Add([]byte("\x02\x01\x01\x00\x00\x02\x01\x02\x01\x01\x00"))
	f.Add([]byte("a slow brown fox jumps over the lazy dog, and the router does not mind"))
	f.Add(bytes.Repeat([]byte{7, 5, 3, 2}, 20))
	f.Fuzz(func(t *testing.T, input []byte) {
		in := taker(input)
		var scripts []ScriptRecord
		model := http.NewServeMux()
		for i := range in.below(8) {
			s := ScriptRecord{ID: uuid.New(), Type: ScriptTypeHTTP, HTTPPath: in.path(patternParts), CreatedAt: time.Unix(int64(i), 0)}
			if method := fuzzMethods[in.below(7)]; method != "" {
				s.HTTPMethods = []string{method}
			}
			scripts = append(scripts, s)
			for _, pattern := range s.routes() {
				func() {
					defer func() { _ = recover() }()
					model.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Script", s.ID.String())
						for _, name := range wildcards(s.HTTPPath) {
							w.Header().Add("Params", name+"="+r.PathValue(name))
						}
					})
				}()
			}
		}
		served := func(w http.ResponseWriter, r *http.Request, to route) {
			w.Header().Set("Script", to.scriptID.String())
			for _, name := range to.params {
				w.Header().Add("Params", name+"="+r.PathValue(name))
			}
		}
		slices.Reverse(scripts) // in whatever order they come
		router := newRouter(scripts, slog.New(slog.DiscardHandler), served)
		for range 4 {
			method, target := fuzzMethods[1+in.below(len(fuzzMethods)-1)], in.path(pathParts)
			compareRouters(t, router, model, method, target)
		}
	})
}

func compareRouters(t *testing.T, router *router, model http.Handler, method, target string) {
	t.Helper()
	ask := func(serve func(http.ResponseWriter, *http.Request)) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://host"+target, nil)
		r.Method, r.RequestURI = method, "/prefix"+target
		serve(w, r)
		return w
	}
	if method == http.MethodConnect { // at which the model may panic
		require.Equal(t, http.StatusNotImplemented, ask(router.serve).Code)
		return
	}
	want, got := ask(model.ServeHTTP), ask(router.serve)
	require.Equal(t, want.Header()["Script"], got.Header()["Script"], "%s %s", method, target)
	require.Equal(t, want.Header()["Params"], got.Header()["Params"])
	switch {
	case want.Code == http.StatusMethodNotAllowed:
		allow := strings.Split(got.Header().Get("Allow"), ", ")
		require.Contains(t, allow, http.MethodOptions)
		for _, method := range strings.Split(want.Header().Get("Allow"), ", ") {
			require.Contains(t, allow, method)
		}
		if method == http.MethodOptions {
			require.Equal(t, http.StatusNoContent, got.Code)
			return
		}
	case want.Header().Get("Location") != "":
		checkRedirect(t, target, want.Header().Get("Location"), got.Header().Get("Location"))
	}
	require.Equal(t, want.Code, got.Code)
}

// checkRedirect makes sure that a redirect leads to the cleaned path, with a slash at its end where that of the model has one.
// The model's own is escaped twice.
func checkRedirect(t *testing.T, target, model, location string) {
	t.Helper()
	asked, err := url.Parse("http://host" + target)
	require.NoError(t, err)
	want, query, _ := strings.Cut(model, "?")
	got, err := url.Parse(location)
	require.NoError(t, err)
	require.Equal(t, path.Clean("/prefix"+path.Clean("/"+asked.EscapedPath())), path.Clean(got.EscapedPath()))
	require.Equal(t, strings.HasSuffix(want, "/"), strings.HasSuffix(got.EscapedPath(), "/"))
	require.Equal(t, query, got.RawQuery)
}

func TestARouteThatOverlapsTakesNoOtherDownAndTheOlderScriptWins(t *testing.T) {
	script := func(age int, path string, methods ...string) ScriptRecord {
		return ScriptRecord{ID: uuid.New(), Type: ScriptTypeHTTP, HTTPPath: path, HTTPMethods: methods, CreatedAt: time.Unix(int64(age), 0)}
	}
	older, newer := script(1, "/a/{x}", "GET"), script(2, "/{x}/b", "GET", "POST")
	broken, other := script(0, "/{", "GET"), script(3, "/c")
	var log bytes.Buffer
	for range 20 {
		scripts := []ScriptRecord{newer, broken, other, older}
		router := newRouter(scripts, slog.New(slog.NewTextHandler(&log, nil)), func(w http.ResponseWriter, _ *http.Request, to route) {
			w.Header().Set("Script", to.scriptID.String())
		})
		for request, want := range map[string]uuid.UUID{"GET /a/b": older.ID, "POST /a/b": newer.ID, "GET /c": other.ID} {
			method, path, _ := strings.Cut(request, " ")
			w := httptest.NewRecorder()
			router.serve(w, httptest.NewRequest(method, path, nil))
			require.Equal(t, want.String(), w.Header().Get("Script"), request)
		}
	}
	require.Contains(t, log.String(), "route not served")
}

func TestTheStrippedPrefixIsAPathOfThisHost(t *testing.T) {
	for asked, want := range map[string]string{
		"/p/x":                   "/p",
		"/p/x?a=/x":              "/p",
		"/x":                     "",
		"//evil/x":               "/evil",
		"http://evil/p/x":        "/p",
		"http://evil:80//evil/x": "/evil",
		"http://%/x":             "",
		"*":                      "",
		"":                       "",
		"/p%20q/%78":             "/p%20q",
		"//p%0A/%78":             "/p%0A",
	} {
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.RequestURI = asked
		require.Equal(t, want, strippedPrefix(r), asked)
	}
}
