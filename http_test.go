package jsruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// serve returns the address of a real listener in front of the world's HTTP scripts.
func (w *world) serve() string {
	server := httptest.NewServer(w.HTTPHandler(func(r *http.Request) (uuid.UUID, error) {
		switch r.Header.Get("X-Tenant") {
		case "unknown":
			return uuid.Nil, jsruntime.ErrNotFound
		case "forged":
			return uuid.Nil, errors.New("bad signature")
		}
		return w.tenant, nil
	}))
	w.t.Cleanup(func() {
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return server.URL
}

// answered is what a test looks at in an answer, beside its body.
type answered struct {
	StatusCode int
	Header     http.Header
}

// send makes a request and returns the answer and its body.
func send(t *testing.T, method, url, body string, headers ...string) (answered, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	client.CloseIdleConnections()
	return answered{answer.StatusCode, answer.Header}, string(raw)
}

func returns(output string) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(context.Context, jsruntime.Job) jsruntime.Result { return jsruntime.Result{Output: []byte(output)} }
}

func TestWhatAScriptReturnsIsTheAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		output      string
		status      int
		contentType string
		body        string
		header      [2]string
	}{
		"nothing":              {`null`, 204, "", "", [2]string{}},
		"an object":            {`{"a":1}`, 200, "application/json", `{"a":1}`, [2]string{}},
		"a string":             {`"hi"`, 200, "application/json", `"hi"`, [2]string{}},
		"a list":               {`[1]`, 200, "application/json", `[1]`, [2]string{}},
		"status alone":         {`{"status":404}`, 404, "", "", [2]string{}},
		"status and object":    {`{"status":201,"body":{"id":7}}`, 201, "application/json", `{"id":7}`, [2]string{}},
		"status and text":      {`{"status":200,"body":"plain"}`, 200, "text/plain; charset=utf-8", "plain", [2]string{}},
		"own content type":     {`{"status":200,"headers":{"content-type":"text/csv"},"body":"a,b"}`, 200, "text/csv", "a,b", [2]string{}},
		"headers":              {`{"status":200,"headers":{"X-A":["1","2"],"x-n":1234567},"body":1}`, 200, "application/json", "1", [2]string{"X-N", "1234567"}},
		"a status of its own":  {`{"status":"open"}`, 200, "application/json", `{"status":"open"}`, [2]string{}},
		"an object of its own": {`{"status":1,"name":"x"}`, 200, "application/json", `{"status":1,"name":"x"}`, [2]string{}},
		"a bad status":         {`{"status":99}`, 500, "application/json", `{"error":"the script returned the status 99, which is not an integer from 200 to 599"}`, [2]string{}},
		"half a status":        {`{"status":200.5}`, 500, "application/json", `{"error":"the script returned the status 200.5, which is not an integer from 200 to 599"}`, [2]string{}},
		"hop by hop":           {`{"status":200,"headers":{"Transfer-Encoding":"x"}}`, 500, "application/json", `{"error":"the script returned the header \"Transfer-Encoding\", which it cannot set"}`, [2]string{}},
		"split header":         {`{"status":200,"headers":{"x":"a\r\nb: c"}}`, 500, "application/json", `{"error":"the script returned the header \"x\" with a control character"}`, [2]string{}},
		"odd header name":      {`{"status":200,"headers":{"a b":"c"}}`, 500, "application/json", `{"error":"the script returned the header \"a b\", which it cannot set"}`, [2]string{}},
		"headers in pairs":     {`{"status":403,"headers":[["a","b"]],"body":"x"}`, 500, "application/json", `{"error":"the script returned headers that are not an object"}`, [2]string{}},
		"headers in a text":    {`{"status":403,"headers":"a: b","body":"x"}`, 500, "application/json", `{"error":"the script returned headers that are not an object"}`, [2]string{}},
		"headers of null":      {`{"status":403,"headers":null,"body":"x"}`, 403, "text/plain; charset=utf-8", "x", [2]string{}},
		"odd header value":     {`{"status":200,"headers":{"x":{}}}`, 500, "application/json", `{"error":"the script returned the header \"x\" with a value that is not text"}`, [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t)
			w.fake.on("x", returns(test.output))
			w.active("x", jsruntime.WithHTTP("/"))
			answer, body := send(t, "GET", w.serve()+"/", "")
			require.Equal(t, []any{test.status, test.contentType, test.body}, []any{answer.StatusCode, answer.Header.Get("Content-Type"), body})
			if test.header[0] != "" {
				require.Equal(t, test.header[1], answer.Header.Get(test.header[0]))
			}
			require.Equal(t, w.executions(jsruntime.ExecutionFilter{})[0].ID().String(), answer.Header.Get(jsruntime.ExecutionIDHeader))
		})
	}
}

func TestTheRequestReachesTheScriptAndItsCredentialsStayOffTheRecord(t *testing.T) {
	w := startedWorld(t, jsruntime.WithRedactedHeaders("X-Api-Key"))
	s := w.active("x", jsruntime.WithHTTP("/orders/{id}/{rest...}", "post"))
	url := w.serve() + "/orders/7/a/b?q=1&q=2"
	_, _ = send(t, "POST", url, `{"n":1}`, "Content-Type", "application/json", "Authorization", "Bearer t", "Cookie", "c=1", "X-Two", "a", "X-Two", "b", "X-API-Key", "k")
	require.Equal(t, "k", w.fake.seen()[0].Context.Trigger.Request.Headers["x-api-key"])

	job := w.fake.seen()[0]
	require.JSONEq(t, `{"n":1}`, string(job.Input))
	trigger := job.Context.Trigger
	require.Equal(t, jsruntime.TriggerHTTP, trigger.Type)
	require.Equal(t, []any{"POST", "/orders/7/a/b", json.RawMessage(`{"n":1}`)}, []any{trigger.HTTPMethod, trigger.HTTPPath, trigger.Payload})
	require.Equal(t, map[string]string{"id": "7", "rest": "a/b"}, trigger.Request.Params)
	require.Equal(t, map[string][]string{"q": {"1", "2"}}, trigger.Request.Query)
	require.Equal(t, `{"n":1}`, trigger.Request.Text)
	require.Equal(t, []string{"Bearer t", "c=1", "a, b"},
		[]string{trigger.Request.Headers["authorization"], trigger.Request.Headers["cookie"], trigger.Request.Headers["x-two"]})

	e := w.executions(jsruntime.ExecutionFilter{})[0]
	require.Equal(t, s.ID(), e.ScriptID())
	require.Equal(t, jsruntime.TriggerHTTP, e.TriggerType())
	stored := e.TriggerData().Request
	require.Equal(t, []string{"[redacted]", "[redacted]", "a, b"},
		[]string{stored.Headers["authorization"], stored.Headers["cookie"], stored.Headers["x-two"]})
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "Bearer t")
	require.Equal(t, "[redacted]", stored.Headers["x-api-key"])
}

func TestTheInputIsTheBodyWhenItIsAnObject(t *testing.T) {
	for name, test := range map[string]struct {
		contentType, body string
		input, payload    string
		status            int
	}{
		"json object":    {"application/json; charset=utf-8", `{"a":[1]}`, `{"a":[1]}`, `{"a":[1]}`, 200},
		"json suffix":    {"application/cloudevents+json", `{"a":1}`, `{"a":1}`, `{"a":1}`, 200},
		"json list":      {"application/json", `[1]`, `{}`, `[1]`, 200},
		"bad json":       {"application/json", `{`, ``, ``, 400},
		"form":           {"application/x-www-form-urlencoded", "a=1&b=2&b=3", `{"a":"1","b":["2","3"]}`, `{"a":"1","b":["2","3"]}`, 200},
		"bad form":       {"application/x-www-form-urlencoded", "a=%zz", ``, ``, 400},
		"text":           {"text/plain", "hi", `{}`, `"hi"`, 200},
		"not text":       {"application/octet-stream", "\xff\xfe", `{}`, `null`, 200},
		"no body at all": {"application/json", "", `{}`, `null`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t)
			w.active("x", jsruntime.WithHTTP("/"))
			answer, body := send(t, "POST", w.serve()+"/", test.body, "Content-Type", test.contentType)
			require.Equal(t, test.status, answer.StatusCode, body)
			if test.status != 200 {
				require.Empty(t, w.fake.seen())
				return
			}
			job := w.fake.seen()[0]
			require.JSONEq(t, test.input, string(job.Input))
			payload, err := json.Marshal(job.Context.Trigger.Payload)
			require.NoError(t, err)
			require.JSONEq(t, test.payload, string(payload))
		})
	}
}

func TestRoutesAreMatchedAsServeMuxDoes(t *testing.T) {
	w := startedWorld(t)
	for source, opt := range map[string]jsruntime.ScriptOption{
		"get":      jsruntime.WithHTTP("/a/{id}", "GET"),
		"put":      jsruntime.WithHTTP("/a/{id}", "PUT", "PATCH"),
		"specific": jsruntime.WithHTTP("/a/special", "GET"),
		"any":      jsruntime.WithHTTP("/any"),
		"exact":    jsruntime.WithHTTP("/dir/{$}"),
	} {
		w.fake.on(source, returns(`"`+source+`"`))
		w.active(source, opt)
	}
	url := w.serve()
	for request, want := range map[string][2]any{
		"GET /a/1":       {200, `"get"`},
		"HEAD /a/1":      {200, ""},
		"PUT /a/1":       {200, `"put"`},
		"PATCH /a/1":     {200, `"put"`},
		"GET /a/special": {200, `"specific"`},
		"DELETE /any":    {200, `"any"`},
		"GET /dir/":      {200, `"exact"`},
		"GET /dir/x":     {404, `{"error":"not found"}`},
		"GET /":          {404, `{"error":"not found"}`},
		"OPTIONS /a/1":   {204, ""},
		"OPTIONS /any":   {200, `"any"`},
		"OPTIONS /none":  {404, `{"error":"not found"}`},
		"DELETE /a/1":    {405, `{"error":"method not allowed"}`},
	} {
		t.Run(request, func(t *testing.T) {
			method, path, _ := strings.Cut(request, " ")
			answer, body := send(t, method, url+path, "")
			require.Equal(t, want, [2]any{answer.StatusCode, body})
			if answer.StatusCode == http.StatusMethodNotAllowed || answer.StatusCode == http.StatusNoContent {
				require.Equal(t, "GET, HEAD, OPTIONS, PATCH, PUT", answer.Header.Get("Allow"))
			}
		})
	}
}

func TestTheRouterFollowsChangesAtOnceAndKnowsActiveScriptsOnly(t *testing.T) {
	w := startedWorld(t)
	url := w.serve() + "/p"
	status := func() int { a, _ := send(t, "GET", url, ""); return a.StatusCode }
	require.Equal(t, 404, status())
	s, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "a", "x", jsruntime.WithHTTP("/p")))
	require.NoError(t, err)
	require.Equal(t, 404, status(), "a draft")
	set := func(to jsruntime.ScriptStatus) {
		s, err = w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1)
		require.NoError(t, err)
	}
	set(jsruntime.ScriptStatusActive)
	require.Equal(t, 200, status())
	set(jsruntime.ScriptStatusPaused)
	require.Equal(t, 404, status())
	set(jsruntime.ScriptStatusActive)
	s, err = w.UpdateScript(t.Context(), s.SetHTTPPath("/q"), jsruntime.Change{})
	require.NoError(t, err)
	require.Equal(t, 404, status())
	url = strings.TrimSuffix(url, "/p") + "/q"
	require.Equal(t, 200, status())
	require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 1))
	require.Equal(t, 404, status())
}

func TestRefusalsHaveTheStatusThatBelongsToThem(t *testing.T) {
	fails := func(kind jsruntime.FailureKind) func(context.Context, jsruntime.Job) jsruntime.Result {
		return func(context.Context, jsruntime.Job) jsruntime.Result {
			return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: kind, Message: "internal detail"}}
		}
	}
	w := startedWorld(t, jsruntime.WithMaxRequestBytes(10))
	for source, kind := range map[string]jsruntime.FailureKind{
		"throws": jsruntime.FailureException, "late": jsruntime.FailureTimeout, "cancelled": jsruntime.FailureCancelled,
		"suspended": jsruntime.FailureSuspended,
	} {
		w.fake.on(source, fails(kind))
		w.active(source, jsruntime.WithHTTP("/"+source))
	}
	url := w.serve()
	for _, test := range []struct {
		path, body, tenant string
		status             int
		want               string
	}{
		{"/throws", "", "", 500, `{"error":"the script failed"}`},
		{"/late", "", "", 504, `{"error":"the script took too long"}`},
		{"/cancelled", "", "", 503, `{"error":"the run was cancelled"}`},
		{"/suspended", "", "", 429, `{"error":"too many runs that could not be stopped"}`},
		{"/throws", "more than ten bytes", "", 413, `{"error":"the body must be at most 10 bytes"}`},
		{"/throws", "", "unknown", 404, `{"error":"not found"}`},
		{"/throws", "", "forged", 401, `{"error":"unauthorized"}`},
	} {
		answer, body := send(t, "POST", url+test.path, test.body, "X-Tenant", test.tenant)
		require.Equal(t, []any{test.status, test.want}, []any{answer.StatusCode, body})
	}
	require.NoError(t, w.Stop(t.Context()))
	answer, body := send(t, "GET", url+"/throws", "")
	require.Equal(t, []any{503, `{"error":"not started"}`}, []any{answer.StatusCode, body})
}

func TestTooManyRunsAreAnsweredWith429AndRetryAfter(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1), jsruntime.WithMaxPendingRuns(1))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow", jsruntime.WithHTTP("/"))
	_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	_, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	answer, body := send(t, "GET", w.serve()+"/", "")
	require.Equal(t, []any{429, "1", `{"error":"too many runs"}`}, []any{answer.StatusCode, answer.Header.Get("Retry-After"), body})
	close(g.release)
}

func TestAClientThatDisconnectsCancelsTheRun(t *testing.T) {
	w := startedWorld(t)
	entered := make(chan struct{})
	w.fake.on("endless", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		close(entered)
		return untilCancelled(ctx, job)
	})
	w.active("endless", jsruntime.WithHTTP("/"))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.serve()+"/", nil)
	require.NoError(t, err)
	go func() { <-entered; cancel() }()
	_, err = http.DefaultClient.Do(r) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool {
		all := w.executions(jsruntime.ExecutionFilter{})
		return len(all) == 1 && all[0].Status() == jsruntime.ExecutionCancelled
	}, 5*time.Second, time.Millisecond)
}
