package jsruntime_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

const replayed = "Idempotency-Replayed"

// ask answers a request without a network, so that time can be the test's.
func (w *world) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	recorded := httptest.NewRecorder()
	w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil }).ServeHTTP(recorded, r)
	return recorded
}

func TestARepeatedRequestGetsTheFirstAnswerByteForByte(t *testing.T) {
	failing := func(kind jsruntime.FailureKind) func(context.Context, jsruntime.Job) jsruntime.Result {
		return func(context.Context, jsruntime.Job) jsruntime.Result {
			return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: kind, Message: "internal"}}
		}
	}
	for name, test := range map[string]struct {
		run    func(context.Context, jsruntime.Job) jsruntime.Result
		status int
		body   string
	}{
		"text and headers": {returns(`{"status":201,"headers":{"x-a":["1","2"]},"body":"é"}`), 201, "é"},
		"bytes":            {returns(`{"status":200,"body":"/wA=","encoding":"base64"}`), 200, "\xff\x00"},
		"json":             {returns(`{"a":1.50}`), 200, `{"a":1.50}`},
		"nothing":          {returns(`null`), 204, ""},
		"what is no HTTP":  {returns(`{"status":1}`), 500, `{"error":"the script returned the status 1, which is not an integer from 200 to 599"}`},
		"an exception":     {failing(jsruntime.FailureException), 500, `{"error":"the script failed"}`},
		"a timeout":        {failing(jsruntime.FailureTimeout), 504, `{"error":"the script took too long"}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []jsruntime.RecordingMode{jsruntime.RecordAll, jsruntime.RecordNone} {
				w := startedWorld(t, jsruntime.WithRecording(mode))
				w.fake.on("x", test.run)
				w.active("x", jsruntime.WithHTTP("/"))
				url := w.serve() + "/"
				first, body := send(t, "POST", url, "{}", "Idempotency-Key", "k")
				require.Equal(t, []any{test.status, test.body, ""}, []any{first.StatusCode, body, first.Header.Get(replayed)})
				check := func() {
					again, body := send(t, "POST", url, "{}", "Idempotency-Key", "k")
					require.Equal(t, []any{test.status, test.body, "true"}, []any{again.StatusCode, body, again.Header.Get(replayed)})
					again.Header.Del(replayed)
					again.Header["Date"] = first.Header["Date"]
					require.Equal(t, first.Header, again.Header)
				}
				check()
				require.Len(t, w.executions(jsruntime.ExecutionFilter{}), 1, "recorded whatever the mode says")
				_, err := w.store.Prune(t.Context(), jsruntime.Pruning{Before: time.Now().Add(time.Hour), Limit: 9})
				require.NoError(t, err)
				require.Empty(t, w.executions(jsruntime.ExecutionFilter{}))
				check()
				require.Len(t, w.fake.seen(), 1)
			}
		})
	}
}

func TestAnIdempotencyKeyBelongsToOneRequestOfOneCaller(t *testing.T) {
	w := startedWorld(t, jsruntime.WithRedactedHeaders("X-Api-Key"))
	w.active("x", jsruntime.WithHTTP("/a/{id}"))
	w.active("y", jsruntime.WithHTTP("/b"))
	url := w.serve()
	first := []string{"Idempotency-Key", "k", "Authorization", "Bearer 1", "Cookie", "c=1", "X-Api-Key", "1", "Content-Type", "text/plain"}
	status := func(method, path, body string, replaced ...string) int {
		headers := append([]string(nil), first...)
		for i := 0; i < len(replaced); i += 2 {
			for j := 0; j < len(headers); j += 2 {
				if headers[j] == replaced[i] {
					headers[j+1] = replaced[i+1]
				}
			}
		}
		answer, _ := send(t, method, url+path, body, headers...)
		return answer.StatusCode
	}
	require.Equal(t, 200, status("POST", "/a/1?q=1", "body"))
	require.Equal(t, 200, status("POST", "/a/1?q=1", "body"), "the same")
	require.Equal(t, 422, status("PUT", "/a/1?q=1", "body"))
	require.Equal(t, 422, status("POST", "/a/2?q=1", "body"))
	require.Equal(t, 422, status("POST", "/a/1?q=2", "body"))
	require.Equal(t, 422, status("POST", "/a/1?q=1", "bodY"))
	for _, header := range []string{"Authorization", "Cookie", "X-Api-Key", "Content-Type"} {
		require.Equal(t, 422, status("POST", "/a/1?q=1", "body", header, "text/other"), header)
	}
	require.Len(t, w.fake.seen(), 1)
	require.Equal(t, 200, status("POST", "/a/1?q=1", "body", "Idempotency-Key", "K"), "another key")
	require.Equal(t, 200, status("POST", "/b", "body"), "another script")
	require.Equal(t, 200, status("GET", "/a/1", ""), "GET has no key")
	require.Equal(t, 200, status("GET", "/a/1", ""))
	require.Len(t, w.fake.seen(), 5)
	for _, record := range w.executions(jsruntime.ExecutionFilter{}) {
		require.NotContains(t, record.Record().Fingerprint, "Bearer")
		require.NotEqual(t, "k", record.TriggerData().Request.Headers["idempotency-key"])
	}
}

func TestAMalformedIdempotencyKeyIs400(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"))
	for name, keys := range map[string][]string{
		"empty": {""}, "long": {strings.Repeat("k", 256)}, "a space": {"a b"}, "not ASCII": {"é"}, "two": {"a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			var headers []string
			for _, key := range keys {
				headers = append(headers, "Idempotency-Key", key)
			}
			require.Equal(t, 400, w.ask("POST", "/", "", headers...).Code)
		})
	}
	require.Empty(t, w.fake.seen())
	require.Equal(t, 200, w.ask("POST", "/", "", "Idempotency-Key", strings.Repeat("~", 255)).Code)
}

func TestOfRequestsWithOneKeyAtTheSameMomentOneRuns(t *testing.T) {
	w := startedWorld(t)
	g := newGated()
	w.fake.on("slow", g.run)
	w.active("slow", jsruntime.WithHTTP("/"))
	url := w.serve() + "/"
	var all sync.WaitGroup
	var ran, refused atomic.Int64
	for range 16 {
		all.Go(func() {
			switch answer, _ := send(t, "POST", url, "", "Idempotency-Key", "k"); {
			case answer.StatusCode == http.StatusOK && answer.Header.Get(replayed) == "":
				ran.Add(1)
			case answer.StatusCode == http.StatusConflict && answer.Header.Get("Retry-After") == "1":
				if refused.Add(1) == 15 {
					close(g.release)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, []int64{1, 15}, []int64{ran.Load(), refused.Load()})
	require.Len(t, w.fake.seen(), 1)
	answer, _ := send(t, "POST", url, "", "Idempotency-Key", "k")
	require.Equal(t, []any{200, "true"}, []any{answer.StatusCode, answer.Header.Get(replayed)})
}

func TestAKeyedRequestGoesOnWhenItsClientDisconnects(t *testing.T) {
	w := startedWorld(t)
	g := newGated()
	w.fake.on("slow", g.run)
	w.active("slow", jsruntime.WithHTTP("/"))
	url := w.serve() + "/"
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Idempotency-Key", "k")
	go func() { <-g.entered; cancel() }()
	_, err = http.DefaultClient.Do(r) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, context.Canceled)
	close(g.release)
	require.Eventually(t, func() bool {
		answer, body := send(t, "POST", url, "", "Idempotency-Key", "k")
		return answer.StatusCode == http.StatusOK && body == "1" && answer.Header.Get(replayed) == "true"
	}, 10*time.Second, time.Millisecond)
	require.Len(t, w.fake.seen(), 1)
}

func TestARequestThatNeverBeganDoesNotUseUpItsKey(t *testing.T) {
	for name, refuse := range map[string]func(t *testing.T, w *world, ask func() int){
		"no slot in time": func(t *testing.T, w *world, ask func() int) {
			g := newGated()
			w.fake.on("slow", g.run)
			s := w.active("slow")
			_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
			receive(t, g.entered)
			require.Equal(t, 429, ask())
			close(g.release)
			synctest.Wait()
		},
		"suspended": func(t *testing.T, w *world, ask func() int) {
			w.fake.on("x", func(context.Context, jsruntime.Job) jsruntime.Result {
				return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureSuspended, Message: "m"}}
			})
			require.Equal(t, 429, ask())
			w.fake.on("x", nil)
		},
		"stopped": func(t *testing.T, w *world, ask func() int) {
			g := newGated()
			w.fake.on("slow", g.run)
			s := w.active("slow")
			_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
			receive(t, g.entered)
			status := make(chan int)
			go func() { status <- ask() }()
			stopped := make(chan error)
			go func() { stopped <- w.Stop(t.Context()) }()
			synctest.Wait()
			require.Equal(t, 503, <-status)
			close(g.release)
			require.NoError(t, <-stopped)
			require.Equal(t, 503, ask())
			require.NoError(t, w.Start(t.Context()))
		},
		"the script is paused": func(t *testing.T, w *world, ask func() int) {
			page, err := w.Scripts(t.Context(), w.tenant, jsruntime.ScriptFilter{Types: []jsruntime.ScriptType{jsruntime.ScriptTypeHTTP}})
			require.NoError(t, err)
			id := page.Items[0].ID()
			_, err = w.SetStatus(t.Context(), w.tenant, id, jsruntime.ScriptStatusPaused, 1)
			require.NoError(t, err)
			require.Equal(t, 404, ask())
			_, err = w.SetStatus(t.Context(), w.tenant, id, jsruntime.ScriptStatusActive, 1)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
				w.active("x", jsruntime.WithHTTP("/"))
				refuse(t, w, func() int { return w.ask("POST", "/", "", "Idempotency-Key", "k").Code })
				answer := w.ask("POST", "/", "", "Idempotency-Key", "k")
				require.Equal(t, []any{200, ""}, []any{answer.Code, answer.Header().Get(replayed)})
				require.Equal(t, "true", w.ask("POST", "/", "", "Idempotency-Key", "k").Header().Get(replayed))
			})
		})
	}
}

func TestAKeyOfARequestThatWasInterruptedSaysSo(t *testing.T) {
	var away atomic.Bool
	inner := store.NewMemory()
	st := &faultyStore{Store: inner, finish: func(ctx context.Context, o jsruntime.Outcome) error {
		if away.Load() {
			return errDisk
		}
		return inner.FinishExecution(ctx, o)
	}}
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		w.fake.on("x", func(context.Context, jsruntime.Job) jsruntime.Result {
			away.Store(true)
			return jsruntime.Result{Output: []byte("1")}
		})
		w.active("x", jsruntime.WithHTTP("/"))
		status := make(chan int)
		go func() { status <- w.ask("POST", "/", "", "Idempotency-Key", "k").Code }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, w.Stop(ctx))
		require.Equal(t, 500, <-status)
		away.Store(false)
		require.NoError(t, w.Start(t.Context()))
		answer := w.ask("POST", "/", "", "Idempotency-Key", "k")
		require.Equal(t, []any{500, `{"error":"the request was interrupted, and how far it came is not known"}`},
			[]any{answer.Code, answer.Body.String()})
		require.Equal(t, w.executions(jsruntime.ExecutionFilter{})[0].ID().String(), answer.Header().Get(jsruntime.ExecutionIDHeader))
		require.Len(t, w.fake.seen(), 1)
	})
}

// lateStore is a store in which something happens after a key was read.
type lateStore struct {
	jsruntime.Store
	happens func()
}

func (s *lateStore) DedupeKey(ctx context.Context, tenantID uuid.UUID, key string) (jsruntime.KeyRecord, error) {
	held, err := s.Store.DedupeKey(ctx, tenantID, key)
	if happens := s.happens; happens != nil {
		s.happens = nil
		happens()
	}
	return held, err
}

func TestARepetitionInTheMomentOfTheFirstRequestsEndGetsItsAnswer(t *testing.T) {
	for name, want := range map[string][]any{"answered": {200, "1", "true"}, "never begun": {200, "1", ""}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &lateStore{Store: store.NewMemory()}
				w := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(1))
				require.NoError(t, w.Start(t.Context()))
				g := newGated()
				w.fake.on("slow", g.run)
				w.active("slow", jsruntime.WithHTTP("/"))
				busy := w.active("slow")
				if name == "never begun" {
					_, err := w.Submit(t.Context(), w.tenant, busy.ID(), nil)
					require.NoError(t, err)
					receive(t, g.entered)
				}
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					w.ask("POST", "/", "", "Idempotency-Key", "k")
				}()
				synctest.Wait()
				st.happens = func() {
					if name == "answered" {
						close(g.release)
					}
					<-ended // which gives up after five seconds where it never began
					if name != "answered" {
						close(g.release)
					}
				}
				again := w.ask("POST", "/", "", "Idempotency-Key", "k")
				require.Equal(t, want, []any{again.Code, again.Body.String(), again.Header().Get(replayed)})
			})
		})
	}
}

func TestAKeyStandsForTheRequestAsItWasAcceptedWhateverTheScriptIsByNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t)
		s := w.active("x", jsruntime.WithHTTP("/"), jsruntime.WithAsync(true))
		ask := func(key string) *httptest.ResponseRecorder { return w.ask("POST", "/", "", "Idempotency-Key", key) }
		first := ask("async")
		require.Equal(t, 202, first.Code)
		synctest.Wait()
		s, err := w.UpdateScript(t.Context(), s.SetAsync(false), jsruntime.Change{})
		require.NoError(t, err)
		again := ask("async")
		require.Equal(t, []any{202, first.Header().Get("Location")}, []any{again.Code, again.Header().Get("Location")})

		g := newGated()
		w.fake.on("x", g.run)
		go ask("sync")
		receive(t, g.entered)
		_, err = w.UpdateScript(t.Context(), s.SetAsync(true), jsruntime.Change{})
		require.NoError(t, err)
		require.Equal(t, 409, ask("sync").Code)
		close(g.release)
		synctest.Wait()
		require.Equal(t, 200, ask("sync").Code)
		require.Len(t, w.fake.seen(), 2)
	})
}
