package fetch_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestAShortResponseComesInOneReply(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Name", "caf\xe9")
		w.Header().Add("Vary", "a")
		w.Header().Add("Vary", "b")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2, c")
		w.WriteHeader(http.StatusTeapot)
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, body)
	})
	r := newRealm(t, open)
	a, err := r.send(at+"/a%2Fb?q=1#part", withMethod("post"), withBody("hello"))
	require.NoError(t, err)
	require.Equal(t, "POST /a%2Fb?q=1 hello", string(a.reply["chunk"].([]byte)))
	require.True(t, a.done())
	require.Equal(t, http.StatusTeapot, a.status())
	require.Equal(t, "I'm a teapot", a.reply["statusText"])
	require.Equal(t, at+"/a%2Fb?q=1", a.reply["url"])
	require.Equal(t, false, a.reply["redirected"])
	require.Equal(t, true, a.reply["body"])
	require.Equal(t, []string{"café"}, a.header("x-name"), "each byte is a character")
	require.Equal(t, []string{"a, b"}, a.header("vary"))
	require.Equal(t, []string{"a=1", "b=2, c"}, a.header("set-cookie"), "cookies are apart")
	_, err = r.functions.Read(r.ctx, r.with(a.id))
	require.EqualError(t, err, "fetch: id: has no response that is open")
}

func TestALongResponseComesInPieces(t *testing.T) {
	want := strings.Repeat("0123456789abcdef", 64<<10)
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, want) })
	r := newRealm(t, open)
	a, err := r.send(at)
	require.NoError(t, err)
	require.False(t, a.done())
	got, err := r.rest(a)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	require.Equal(t, sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got)))
}

func TestAResponseIsThereBeforeItsBody(t *testing.T) {
	release := make(chan struct{})
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		<-release
		io.WriteString(w, "late")
	})
	r := newRealm(t, open)
	a, err := r.send(at)
	require.NoError(t, err)
	require.False(t, a.done())
	close(release)
	text, err := r.rest(a)
	require.NoError(t, err)
	require.Equal(t, "late", text)
}

func TestWhatHasNoBodySaysSo(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/head":
			io.WriteString(w, "not for HEAD")
		}
	})
	r := newRealm(t, open)
	for _, c := range []struct {
		method, path string
		body         bool
	}{{"GET", "/none", false}, {"HEAD", "/head", false}, {"GET", "/empty", true}} {
		a, err := r.send(at+c.path, withMethod(c.method))
		require.NoError(t, err)
		require.Equal(t, []any{c.body, true, []byte{}}, []any{a.reply["body"], a.reply["done"], a.reply["chunk"]}, c.path)
	}
}

func TestARequestIsSentAsItIs(t *testing.T) {
	at, open := raw(t, func(conn net.Conn) {
		text := readRequest(conn)
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	})
	r := newRealm(t, open)
	text := r.text(at+"/p?a=b c", withHeader("X-Key", " caf\u00e9 "), withHeader("x-key", "2"), withHeader("Accept-Encoding", "br"))
	require.Equal(t, "GET /p?a=b c HTTP/1.1", strings.SplitN(strings.ReplaceAll(text, "b%20c", "b c"), "\r\n", 2)[0])
	require.Contains(t, text, "Host: "+strings.TrimPrefix(at, "http://")+"\r\n")
	require.Contains(t, text, "X-Key: caf\xe9\r\nX-Key: 2\r\n")
	require.Contains(t, text, "User-Agent: jsruntime\r\n")
	require.Contains(t, text, "Accept: */*\r\n")
	require.Contains(t, text, "Accept-Encoding: gzip\r\n", "what a script cannot have decoded it does not ask for")
	require.Contains(t, r.text(at, withHeader("Accept-Encoding", "identity")), "Accept-Encoding: identity\r\n")
	require.Contains(t, r.text(at, withHeader("user-agent", "mine")), "User-Agent: mine\r\n")
}

func TestWhatTheRealmPassesIsChecked(t *testing.T) {
	r := newRealm(t)
	headers := func(list any) map[string]any {
		return requestOf("https://example.com/", func(m map[string]any) { m["headers"] = list })
	}
	with := func(key string, value any) map[string]any {
		return requestOf("https://example.com/", func(m map[string]any) { m[key] = value })
	}
	for _, c := range []struct {
		request map[string]any
		want    string
	}{
		{map[string]any{}, "url: must be a string"},
		{with("url", []byte("https://example.com")), "url: must be a string"},
		{with("url", "https://"+strings.Repeat("a", 20000)), "url: must be at most 16384 bytes"},
		{with("url", "https://user:secret@example.com/"), "url: must not hold a user name or a password; set the header authorization"},
		{with("url", "/relative"), "url: must begin with http:// or https://"},
		{with("url", "file:///etc/passwd"), "url: must begin with http:// or https://"},
		{with("url", "gopher://example.com/"), "url: must begin with http:// or https://"},
		{with("url", "https:example.com"), "url: must name a host"},
		{with("url", "https:///path"), "url: must name a host"},
		{with("url", "https://exa\nmple.com"), "url: is not valid"},
		{with("url", "https://example.com:99999/"), "url: must have a port from 1 to 65535"},
		{with("url", "https://example.com:0/"), "url: must have a port from 1 to 65535"},
		{with("method", nil), "method: must be a token of at most 32 bytes"},
		{with("method", "GET / HTTP/1.1\r\nX: y"), "method: must be a token of at most 32 bytes"},
		{with("method", "connect"), "method: must not be CONNECT"},
		{with("method", "TRACE"), "method: must not be TRACE"},
		{with("body", "text"), "body: must be bytes or null"},
		{with("body", []byte("x")), "body: must be null for GET"},
		{with("redirect", "maybe"), `redirect: must be "follow", "manual" or "error"`},
		{headers([]any{"a", "b"}), "headers: must be a text"},
		{headers("a: b"), "headers: must be lines, a name and a value in turn"},
		{headers("a\nb\nc\n"), "headers: must be lines, a name and a value in turn"},
		{headers("a b\nc\n"), `headers: "a b" is not a valid name`},
		{headers("a\nb\rc: d\n"), "header a: must have a value of Latin-1 characters other than control characters"},
		{headers("a\n\u20ac\n"), "header a: must have a value of Latin-1 characters other than control characters"},
		{headers("a\n" + strings.Repeat("b", 70000) + "\n"), "headers: must be at most 65536 bytes together"},
	} {
		_, err := r.functions.Send(r.ctx, r.with(argsOf("1", c.request)...))
		require.EqualError(t, err, "fetch: "+c.want)
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
	}
	for _, id := range []any{nil, 1.0, "", strings.Repeat("x", 65), []any{}} {
		for _, function := range []jsruntime.Function{r.functions.Send, r.functions.Read, r.functions.Abort} {
			_, err := function(r.ctx, r.with(argsOf(id, requestOf("https://example.com/"))...))
			require.EqualError(t, err, "fetch: id: must be a string of 1 to 64 bytes")
		}
	}
}

func TestHeadersThatSayHowAMessageIsCarriedAreRefused(t *testing.T) {
	r := newRealm(t)
	for _, name := range strings.Fields("Host CONNECTION transfer-encoding Content-Length upgrade Expect Keep-Alive TE Trailer Proxy-Authorization proxy-connection") {
		_, err := r.send("https://example.com/", withHeader(name, "x"))
		require.EqualError(t, err, "fetch: header "+strings.ToLower(name)+": must not be set: it is for fetch to set")
	}
}

func FuzzWhatTheRealmPasses(f *testing.F) {
	f.Add("https://example.com/a?b#c", "GET", "x-a", "{{A}}", "follow")
	f.Add("http://0x7f.1:80", "POST", "connection", "\u00e9\n", "error")
	f.Fuzz(func(t *testing.T, url, method, name, value, redirect string) {
		r := newRealm(t)
		r.end() // nothing is sent
		_, err := r.functions.Send(r.ctx, r.with(argsOf("1", requestOf(url, withMethod(method), withHeader(name, value), withRedirect(redirect)))...))
		require.Error(t, err)
		require.True(t, strings.HasPrefix(err.Error(), "fetch: "), err)
	})
}

// A run keeps what it made for its last request, for the next one that is the same.
func TestEachOfManyRequestsIsSentAsItIs(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/b", http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Method", r.Method)
		fmt.Fprintf(w, "%s %q %q %q %q %s", r.URL, r.Header["A"], r.Header["Key"], r.Header["Content-Type"], r.Header["Accept"], body)
	})
	values := 0
	secrets := fetch.HiddenSecrets(func(context.Context, uuid.UUID, string) (fetch.Secret, error) {
		values++
		return fetch.Secret{Value: fmt.Sprintf("value %d", values), Hosts: []string{"127.0.0.1"}}, nil
	})
	r := newRealm(t, open, secrets, fetch.KeepAlive(patience))
	random := rand.New(rand.NewPCG(1, 2))
	oneIn := func(n int) bool { return random.IntN(n) == 0 }
	for range 2000 {
		path, method, a, key, kind, content := "/a", "GET", "[]", "[]", "[]", ""
		var settings []setting
		if oneIn(3) {
			path = "/b"
		}
		if oneIn(3) {
			settings, a = append(settings, withHeader("a", "1")), `["1"]`
		}
		if oneIn(6) {
			settings, key = append(settings, withHeader("key", "{{NAME}}")), fmt.Sprintf(`["value %d"]`, values+1)
		}
		if oneIn(6) {
			method = "HEAD"
		} else if oneIn(4) {
			method, kind, content = "POST", `["b/c"]`, "text"
			settings = append(settings, withHeader("content-type", "b/c"), withBody(content))
		}
		settings = append(settings, withMethod(method))
		asked := path
		if oneIn(4) {
			asked, path = "/moved", "/b"
			if method == "POST" {
				method, kind, content = "GET", "[]", ""
			}
		}
		answer, err := r.send(at+asked, settings...)
		require.NoError(t, err)
		require.Equal(t, []string{method}, answer.header("x-method"))
		text, err := r.rest(answer)
		require.NoError(t, err)
		if method != "HEAD" {
			require.Equal(t, fmt.Sprintf(`%s %s %s %s ["*/*"] %s`, path, a, key, kind, content), text)
		}
	}
}
