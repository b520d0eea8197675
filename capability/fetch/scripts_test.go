package fetch_test

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// site is a server that scripts talk to, and a Runtime that lets them.
type site struct {
	t       *testing.T
	at      string
	runtime *jsruntime.Runtime
	tenant  uuid.UUID
	more    chan string   // what /drops sends, piece by piece: the query of each /drop; "" ends it
	left    chan struct{} // gets one for each request to /drops or /stuck that ended because the client was gone
}

// onSite runs a test with scripts in this process, and with scripts in workers.
func onSite(t *testing.T, test func(t *testing.T, s *site), opts ...fetch.Option) {
	t.Run("in this process", func(t *testing.T) { test(t, newSite(t, vm.New(), opts...)) })
	t.Run("in a worker", func(t *testing.T) {
		executor, err := isolate.New()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, executor.Close()) })
		test(t, newSite(t, executor, opts...))
	})
}

func newSite(t *testing.T, executor jsruntime.Executor, opts ...fetch.Option) *site {
	s := &site{t: t, tenant: uuid.New(), more: make(chan string), left: make(chan struct{}, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/order", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"method":"`+r.Method+`","type":"`+r.Header.Get("Content-Type")+`","query":"`+r.URL.RawQuery+`","size":`+
			strings.Repeat("1", len(body))+`0}`)
	})
	mux.HandleFunc("/secret", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Authorization")) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/order?moved", http.StatusFound) })
	mux.HandleFunc("/drops", s.drops)
	mux.HandleFunc("/drop", func(_ http.ResponseWriter, r *http.Request) { s.more <- r.URL.RawQuery })
	mux.HandleFunc("/stuck", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		s.left <- struct{}{}
	})
	at, open := serve(t, mux.ServeHTTP)
	s.at = at
	var err error
	s.runtime, err = jsruntime.New(store.NewMemory(), executor, fetch.Grant(append(opts, open, fetch.KeepAlive(0))...))
	require.NoError(t, err)
	require.NoError(t, s.runtime.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.runtime.Stop(context.Background())) })
	return s
}

// drops sends what the test says, each piece at once.
func (s *site) drops(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	for flush := http.NewResponseController(w).Flush; flush() == nil; {
		select {
		case piece := <-s.more:
			if piece == "" {
				return
			}
			io.WriteString(w, piece)
			continue
		case <-r.Context().Done():
		}
		break
	}
	s.left <- struct{}{}
}

// run executes a script, which has the site's address as input.at.
func (s *site) run(source string, opts ...jsruntime.ScriptOption) jsruntime.Execution {
	s.t.Helper()
	script, err := s.runtime.Register(s.t.Context(), jsruntime.NewScript(s.tenant, uuid.NewString(), source, opts...))
	require.NoError(s.t, err)
	execution, err := s.runtime.Execute(s.t.Context(), s.tenant, script.ID(), map[string]any{"at": s.at})
	require.NoError(s.t, err)
	return execution
}

// output executes a script that has to complete.
func (s *site) output(source string, opts ...jsruntime.ScriptOption) any {
	s.t.Helper()
	execution := s.run(source, opts...)
	require.Nil(s.t, execution.Failure())
	return execution.Output()
}

func TestScriptsExchangeJSON(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		order := func(method, kind, query string, size float64) map[string]any {
			return map[string]any{"method": method, "type": kind, "query": query, "size": size}
		}
		require.Equal(t, order("GET", "", "q=%C3%A9", 0), s.output("return await (await fetch(input.at + '/order?q=é#top')).json()"))
		require.Equal(t, order("POST", "application/json", "", 110), s.output(
			`return await (await fetch(input.at + "/order", {method: "post", headers: {"content-type": "application/json"}, body: JSON.stringify({})})).json()`))
		require.Equal(t, order("PUT", "application/x-www-form-urlencoded;charset=UTF-8", "", 1110), s.output(
			`return await (await fetch(new Request(new URL("/order", input.at), {method: "PUT", body: new URLSearchParams({a: "1"})}))).json()`))
		require.Equal(t, []any{201.0, true, "Created", "application/json", []any{"a=1", "b=2"}, s.at + "/order"}, s.output(
			`const r = await fetch(input.at + "/order"); return [r.status, r.ok, r.statusText, r.headers.get("content-type"), r.headers.getSetCookie(), r.url]`))
	})
}

func TestScriptsReadABodyAsItComes(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		require.Equal(t, []any{"one", "two", "three", true}, s.output(`
			const reader = (await fetch(input.at + "/drops")).body.getReader(), pieces = []
			for (const piece of ["one", "two", "three"]) {
				await fetch(input.at + "/drop?" + piece)
				pieces.push(new TextDecoder().decode((await reader.read()).value))
			}
			await fetch(input.at + "/drop")
			return [...pieces, (await reader.read()).done]`))
	})
}

func TestScriptsAbortRequestsAndBodies(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		for name, c := range map[string]struct {
			source string
			want   any
		}{
			"before the answer": {
				`const c = new AbortController(), answer = fetch(input.at + "/stuck", {signal: c.signal})
				setTimeout(() => c.abort(), 20)
				try { await answer } catch (e) { return [e.name, e === c.signal.reason] }`,
				[]any{"AbortError", true},
			},
			"in the body": {
				`const c = new AbortController(), reader = (await fetch(input.at + "/drops", {signal: c.signal})).body.getReader(), next = reader.read()
				c.abort(new Error("enough"))
				try { await next } catch (e) { return e.message }`,
				"enough",
			},
			"in the body, when the time is up": {
				`const answer = await fetch(input.at + "/drops", {signal: AbortSignal.timeout(100)})
				try { await answer.text() } catch (e) { return [e.name, answer.bodyUsed] }`,
				[]any{"TimeoutError", true},
			},
			"by a Request's signal": {
				`const c = new AbortController(), request = new Request(input.at + "/stuck", {signal: c.signal}), answer = fetch(request)
				setTimeout(() => c.abort("mine"), 20)
				try { await answer } catch (e) { return [e, request.signal.aborted] }`,
				[]any{"mine", true},
			},
			"by cancelling the body": {`await (await fetch(input.at + "/drops")).body.cancel(); return 1`, 1.0},
		} {
			t.Run(name, func(t *testing.T) {
				require.Equal(t, c.want, s.output(c.source))
				await(t, s.left)
			})
		}
	})
}

func TestTheEndOfARunEndsItsRequests(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxExecutionTime = 200 * time.Millisecond
		late := s.run(`return await fetch(input.at + "/stuck")`, jsruntime.WithResourceLimits(limits))
		require.Equal(t, jsruntime.ExecutionTimeout, late.Status())
		await(t, s.left)
		require.Equal(t, 201.0, s.output(`const answer = fetch(input.at + "/drops"); return (await fetch(input.at + "/order")).status + (await answer, 0)`))
		await(t, s.left)
	})
}

func TestScriptsFollowRedirectsUnlessTheySayOtherwise(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		require.Equal(t, []any{true, s.at + "/order?moved", "moved"},
			s.output(`const r = await fetch(input.at + "/moved"); return [r.redirected, r.url, (await r.json()).query]`))
		require.Equal(t, []any{302.0, "/order?moved", false},
			s.output(`const r = await fetch(input.at + "/moved", {redirect: "manual"}); return [r.status, r.headers.get("location"), r.redirected]`))
		require.Equal(t, `fetch: redirected, which redirect: "error" refuses`,
			s.output(`try { await fetch(input.at + "/moved", {redirect: "error"}) } catch (e) { return e.message }`))
	})
}

func TestScriptsSendSecretsThatTheyNeverSee(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		execution := s.run(`
			const text = await (await fetch(input.at + "/secret", {headers: {authorization: "Bearer {{KEY}}"}})).text()
			console.log("sent", text)
			return [text, text.length]`)
		require.Nil(t, execution.Failure())
		require.Equal(t, []any{"Bearer ***", 16.0}, execution.Output(), "the server got it and sent it back")
		lines, err := s.runtime.Logs(t.Context(), s.tenant, execution.ID())
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.Equal(t, "sent Bearer ***", lines[0].Message)
	}, hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: []string{"127.0.0.1"}}}))
}

func TestRequestsCountAndHaveABudget(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxAPICallsPerMinute = 3
		execution := s.run(`
			const order = input.at + "/order"
			await Promise.all([fetch(order), fetch(order, {method: "POST"})])
			await (await fetch(order)).text()
			try { await fetch(order) } catch (e) { return [e instanceof RateLimitError, e.name] }`, jsruntime.WithResourceLimits(limits))
		require.Nil(t, execution.Failure())
		require.Equal(t, []any{true, "RateLimitError"}, execution.Output())
		require.Equal(t, 3, execution.Metrics().APICallCount)
	})
}

func TestAFailedRequestNamesTheAuthorsLine(t *testing.T) {
	onSite(t, func(t *testing.T, s *site) {
		for source, want := range map[string]string{
			"await null\n\nawait fetch('http://10.0.0.1')":                                                                  "TypeError: fetch: address not allowed: 10.0.0.1 does not lead to an address that scripts may reach",
			"await null\nconst where = 'order'\nawait fetch(where)":                                                         `TypeError: fetch: "order" is relative: the URL must be absolute`,
			"await null\n\nawait fetch(input.at, {method: 'PUT', body: Symbol()})":                                          "TypeError: Cannot convert a Symbol value to a string",
			"const c = new AbortController()\n\nawait fetch(input.at + '/order', {headers: {host: 'a'}, signal: c.signal})": "TypeError: fetch: header host: must not be set: it is for fetch to set",
		} {
			failure := s.run(source).Failure()
			require.NotNil(t, failure, source)
			require.Equal(t, want, failure.Message)
			require.Equal(t, 3, failure.Line, "%s\n%s", source, failure.Stack)
			require.NotContains(t, failure.Stack, "jsruntime:", "what the library does is not the author's")
		}
	})
}

func TestARunThatWaitsKeepsNoBodyThatItSent(t *testing.T) {
	const (
		runs = 5
		body = 4 << 20
		post = `await (await fetch(input.at, { method: "POST", body: "x".repeat(input.size) })).text();`
	)
	waits, goOn := make(chan struct{}), make(chan struct{})
	at, open := serve(t, func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), fetch.Grant(open), jsruntime.WithFunction("wait",
		func(context.Context, jsruntime.FunctionCall) (any, error) {
			waits <- struct{}{}
			<-goOn
			return nil, nil
		}))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	defer func() { require.NoError(t, rt.Stop(context.Background())) }()
	heap := func() int {
		runtime.GC()
		runtime.GC() // for what a sync.Pool held
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	for name, before := range map[string]string{"in its first request": "", "in its second request": `await (await fetch(input.at)).text();`} {
		t.Run(name, func(t *testing.T) {
			script, err := rt.Register(t.Context(), jsruntime.NewScript(uuid.New(), "x", before+post+`await wait()`))
			require.NoError(t, err)
			took := -heap()
			var group sync.WaitGroup
			for range runs {
				group.Go(func() {
					execution, err := rt.Execute(t.Context(), script.TenantID(), script.ID(), map[string]any{"at": at, "size": body})
					assert.NoError(t, err)
					assert.Nil(t, execution.Failure())
				})
				await(t, waits)
			}
			took += heap()
			for range runs {
				goOn <- struct{}{}
			}
			group.Wait()
			require.Less(t, took, runs*body/2)
		})
	}
}
