package fetch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

func TestAnHTTPScriptMayPassOnWhatItFetched(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Content-Length", "4")
		w.Header().Set("Connection", "close")
		w.Header().Set(jsruntime.ExecutionIDHeader, "of another host")
		w.WriteHeader(http.StatusNonAuthoritativeInfo)
		_, _ = io.WriteString(w, "a {}")
	})
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), fetch.Grant(open, fetch.KeepAlive(0)))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, rt.Stop(context.Background())) })
	tenant := uuid.New()
	for path, source := range map[string]string{
		"/whole": `return fetch("` + at + `")`,
		"/parts": `const {body, headers, status} = await fetch("` + at + `"); return new Response(body, {headers, status})`,
		"/text":  `const {headers, status} = await fetch("` + at + `"); return new Response("a {}", {headers, status})`,
	} {
		_, err = rt.Register(t.Context(), jsruntime.NewScript(tenant, path[1:], source, jsruntime.WithHTTP(path)))
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil }).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, []any{http.StatusNonAuthoritativeInfo, "a {}"}, []any{answer.Code, answer.Body.String()})
		require.Equal(t, []string{"4"}, answer.Header()["Content-Length"])
		require.Equal(t, "text/css", answer.Header().Get("Content-Type"))
		require.Empty(t, answer.Header().Get("Connection"))
		require.NoError(t, uuid.Validate(answer.Header().Get(jsruntime.ExecutionIDHeader)))
	}
}
