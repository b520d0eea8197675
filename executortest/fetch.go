package executortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var fetchTests = []test{
	{"fetch", fetch},
	{"fetch fails", fetchFails},
	{"fetch is aborted", fetchIsAborted},
}

// web is the host's side of fetch, with pages in memory: the path of a URL says what the answer is.
type web struct {
	mu     sync.Mutex
	chunks map[string][]string // that are left, by id
	calls  []string
}

func (w *web) host() functions {
	return functions{"fetch:send": w.send, "fetch:read": w.read, "fetch:abort": w.abort}
}

func (w *web) note(call string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
}

func (w *web) send(ctx context.Context, args []any) (any, error) {
	id, url, method, fields, redirect := args[0].(string), args[1].(string), args[2], args[3], args[5]
	status, letters, headers := 200, "-w", "content-type\ntext/plain\nset-cookie\na=1\nset-cookie\nb=2\n"
	var chunk []byte
	switch path := url[strings.LastIndex(url, "/"):]; path {
	case "/echo":
		body, _ := args[4].([]byte)
		chunk = fmt.Appendf(nil, "%v %v %q %s", method, redirect, fields, body)
	case "/carried":
		chunk, headers = []byte("a"), "content-length\n1\nconnection\nkeep-alive\nkeep-alive\ntimeout=5\n"+
			"transfer-encoding\nchunked\njsruntime-execution-id\n1\ncontent-encoding\nx\netag\nb\n"
	case "/empty":
		status, letters = 204, "--"
	case "/long":
		w.mu.Lock()
		w.chunks = map[string][]string{id: {"b", "c"}}
		w.mu.Unlock()
		chunk, letters = []byte("a"), "-b"
	case "/moved":
		url, letters = "http://a.example/there", "rw"
	case "/limited":
		return nil, jsruntime.ErrRateLimit
	case "/slow":
		<-ctx.Done()
		return nil, ctx.Err()
	default:
		return nil, errors.New("fetch: no such host")
	}
	return fmt.Appendf(nil, "%d\nOK\n%s\n%s\n%s\n%s", status, url, letters, headers, chunk), nil
}

func (w *web) read(_ context.Context, args []any) (any, error) {
	w.note("read")
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.chunks[args[0].(string)]
	if len(left) == 0 {
		return nil, nil
	}
	w.chunks[args[0].(string)] = left[1:]
	return []byte(left[0]), nil
}

func (w *web) abort(context.Context, []any) (any, error) {
	w.note("abort")
	return nil, nil
}

func fetch(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"answers":                   {`const r = await fetch("http://A.example/echo#top"); return [r.status, r.ok, r.statusText, r.url, r.type, await r.text()]`, `[200,true,"OK","http://a.example/echo","basic","GET follow \"\" "]`},
		"sends a body and headers":  {`return await (await fetch("http://a.example/echo", {method: "post", body: "é", headers: {b: 1}, redirect: "manual"})).text()`, `"POST manual \"b\\n1\\ncontent-type\\ntext/plain;charset=UTF-8\\n\" é"`},
		"sends a Request":           {`return await (await fetch(new Request("http://a.example/echo", {method: "PUT", body: new Uint8Array([65])}))).text()`, `"PUT follow \"\" A"`},
		"sends what a stream gives": {`return await (await fetch("http://a.example/echo", {method: "PUT", duplex: "half", body: ReadableStream.from([new Uint8Array([65]), new Uint8Array([66])])})).text()`, `"PUT follow \"\" AB"`},
		"has headers for good":      {`const {headers} = await fetch("http://a.example/echo"); try { headers.set("a", 1) } catch (e) { return [e.name, headers.getSetCookie(), headers.get("content-type")] }`, `["TypeError",["a=1","b=2"],"text/plain"]`},
		"answers without a body":    {`const r = await fetch("http://a.example/empty"); return [r.status, r.body, await r.text()]`, `[204,null,""]`},
		"tells of a redirect":       {`const r = await fetch("http://a.example/moved"); return [r.redirected, r.url, await r.text()]`, `[true,"http://a.example/there",""]`},
		"reads a long body":         {`return await (await fetch("http://a.example/long")).text()`, `"abc"`},
		"streams a long body":       {`const i = (await fetch("http://a.example/long")).body.values(), l = []; for (let x; !(x = await i.next()).done;) l.push(x.value[0]); return l`, `[97,98,99]`},
		"clones a long body":        {`const a = await fetch("http://a.example/long"), b = a.clone(); return await Promise.all([a.text(), b.text()])`, `["abc","abc"]`},
		"passes an answer on":       {`return await fetch("http://a.example/long")`, `{"status":200,"headers":{"content-type":"text/plain","set-cookie":["a=1","b=2"]},"body":"abc"}`},
		"passes on no carriage":     {`const {body, headers} = await fetch("http://a.example/carried"); return new Response(body, {headers})`, `{"status":200,"headers":{"content-encoding":"x","etag":"b"},"body":"YQ==","encoding":"base64"}`},
		"is a function":             {`return [typeof fetch, fetch.name, fetch.length, fetch("http://a.example/empty") instanceof Promise]`, `["function","fetch",1,true]`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost((&web{}).host()))) })
	}
	t.Run("is one call for a small answer", func(t *testing.T) {
		w := &web{}
		s.output(t, `return await (await fetch("http://a.example/echo")).text()`, withHost(w.host()))
		require.Empty(t, w.calls)
	})
	t.Run("is not there unless the host has it", func(t *testing.T) {
		require.JSONEq(t, `["undefined","undefined",false]`, s.output(t, `return [typeof fetch, typeof db, "fetch" in globalThis]`, withHost(functions{"part:x": nil})))
		require.JSONEq(t, `["undefined","undefined"]`, s.output(t, `return [typeof fetch, typeof db]`))
	})
}

func fetchFails(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"as the host says":            {`try { await fetch("http://a.example/gone") } catch (e) { return [e.name, e.message, e instanceof TypeError] }`, `["TypeError","fetch: no such host",true]`},
		"as an exhausted budget does": {`try { await fetch("http://a.example/limited") } catch (e) { return e instanceof RateLimitError }`, `true`},
		"for other protocols":         {`return (await Promise.allSettled([fetch("ftp://a.example/"), fetch("data:,a"), fetch(""), fetch()])).map(r => r.reason.name)`, `["TypeError","TypeError","TypeError","TypeError"]`},
		"for a relative URL":          {`try { await fetch("/x?y") } catch (e) { return [e.name, e.message] }`, `["TypeError","fetch: \"/x?y\" is relative: the URL must be absolute"]`},
		"for what is no URL":          {`try { await fetch("http://a b/") } catch (e) { return e.message }`, `"fetch: \"http://a b/\" is not a URL"`},
		"for a URL with a user":       {`try { await fetch("http://a:b@c.example/") } catch (e) { return e.message }`, `"fetch: \"http://a:b@c.example/\" has a user or a password: these belong into headers"`},
		"and so do Requests":          {`try { new Request("x") } catch (e) { return e.message }`, `"Request: \"x\" is relative: the URL must be absolute"`},
		"as a promise, always":        {`const p = fetch("x"); return p.catch(e => e.name)`, `"TypeError"`},
		"as the stream that it sends": {`try { await fetch("http://a.example/echo", {method: "PUT", duplex: "half", body: new ReadableStream({pull() { throw new RangeError("mine") }})}) } catch (e) { return e.message }`, `"mine"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost((&web{}).host()))) })
	}
	t.Run("at the author's line", func(t *testing.T) {
		got := s.failure(t, "const a = 1\nawait fetch('http://a.example/gone')", withHost((&web{}).host()))
		require.Equal(t, "TypeError: fetch: no such host", got.Message)
		require.Equal(t, 2, got.Line)
	})
}

func fetchIsAborted(t *testing.T, s *suite) {
	for name, c := range map[string]struct {
		source, want string
		calls        []string
	}{
		"before it begins":        {`c.abort("why"); try { await fetch("http://a.example/slow", {signal}) } catch (e) { return e }`, `"why"`, nil},
		"while it waits":          {`setTimeout(() => c.abort("why"), 1); try { await fetch("http://a.example/slow", {signal}) } catch (e) { return e }`, `"why"`, []string{"abort"}},
		"while its body is read":  {`const r = await fetch("http://a.example/long", {signal}), i = r.body.values(); await i.next(); c.abort("why"); try { await i.next() } catch (e) { return e }`, `"why"`, []string{"abort"}},
		"by cancelling its body":  {`const r = await fetch("http://a.example/long", {signal}); await r.body.cancel(); c.abort("why"); return r.bodyUsed`, `true`, []string{"abort"}},
		"no more once it is over": {`const r = await fetch("http://a.example/echo", {signal}); c.abort(1); return await r.text()`, `"GET follow \"\" "`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := &web{}
			require.JSONEq(t, c.want, s.output(t, `const c = new AbortController(), {signal} = c;`+c.source, withHost(w.host())))
			w.mu.Lock()
			defer w.mu.Unlock()
			require.Subset(t, append(w.calls, "read"), c.calls)
		})
	}
}
