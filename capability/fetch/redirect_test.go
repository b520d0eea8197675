package fetch_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// redirecting answers /STATUS with a redirect to the query's to, and anything else with what it was asked.
func redirecting(w http.ResponseWriter, r *http.Request) {
	if status, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); err == nil {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
		}
		w.WriteHeader(status)
		io.WriteString(w, "moved")
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %q type=%q auth=%q cookie=%q", r.Method, r.URL, body,
		r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.Header.Get("Cookie"))
}

func TestAQueryIsSentAsTheURLStandardHasIt(t *testing.T) {
	at, open := raw(t, func(conn net.Conn) {
		line, _, _ := strings.Cut(readRequest(conn), "\r\n")
		if strings.HasPrefix(line, "GET /first ") {
			io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: /second?a HTTP/1.0\"'<\xc3\xa9\xff>%zz#b\r\nContent-Length: 0\r\n\r\n")
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
	})
	r := newRealm(t, open)
	require.Equal(t, "GET /second?a%20HTTP/1.0%22%27%3C%C3%A9%FF%3E%zz HTTP/1.1", r.text(at+"/first"))
	require.Equal(t, "GET /?a%20b HTTP/1.1", r.text(at+"/?a b"))
}

func TestRedirectsChangeMethodAndBodyAsTheStandardSays(t *testing.T) {
	at, open := serve(t, redirecting)
	r := newRealm(t, open)
	for _, c := range []struct {
		status       int
		method, want string
	}{
		{301, "POST", `GET /to "" type=""`},
		{302, "POST", `GET /to "" type=""`},
		{303, "POST", `GET /to "" type=""`},
		{307, "POST", `POST /to "body" type="text/x"`},
		{308, "POST", `POST /to "body" type="text/x"`},
		{301, "PUT", `PUT /to "body" type="text/x"`},
		{302, "DELETE", `DELETE /to "body" type="text/x"`},
		{303, "PUT", `GET /to "" type=""`},
	} {
		text := r.text(fmt.Sprintf("%s/%d?to=/to", at, c.status), withMethod(c.method), withBody("body"), withHeader("content-type", "text/x"))
		require.Contains(t, text, c.want+" ", "%d %s", c.status, c.method)
	}
	a, err := r.send(at+"/303?to=/to%23part", withMethod("HEAD"))
	require.NoError(t, err)
	require.Equal(t, 200, a.status())
	require.Equal(t, at+"/to", a.reply["url"])
	require.Equal(t, true, a.reply["redirected"])
}

func TestARedirectCanBeTheAnswerOrAnError(t *testing.T) {
	at, open := serve(t, redirecting)
	r := newRealm(t, open)
	a, err := r.send(at+"/302?to=/to", withRedirect("manual"))
	require.NoError(t, err)
	require.Equal(t, 302, a.status())
	require.Equal(t, []string{"/to"}, a.header("location"))
	require.Equal(t, false, a.reply["redirected"])
	require.EqualError(t, r.failure(at+"/302?to=/to", withRedirect("error")), `fetch: redirected, which redirect: "error" refuses`)
	require.Equal(t, "moved", r.text(at+"/302"), "one without a location is an answer")
	require.Equal(t, "moved", r.text(at+"/300?to=/to"), "other statuses redirect nothing")
}

func TestRedirectsEnd(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if n == 0 {
			io.WriteString(w, "arrived")
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
	})
	r := newRealm(t, open)
	require.Equal(t, "arrived", r.text(at+"/20"))
	require.EqualError(t, r.failure(at+"/21"), "fetch: redirected more than 20 times")
}

func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	at, open := serve(t, redirecting)
	other, openOther := serve(t, redirecting)
	r := newRealm(t, open, openOther)
	credentials := func(url string) string {
		return r.text(url, withHeader("authorization", "Bearer x"), withHeader("cookie", "a=1"), withHeader("content-type", "kept"))
	}
	require.Contains(t, credentials(at+"/307?to=/to"), `type="kept" auth="Bearer x" cookie="a=1"`)
	require.Contains(t, credentials(at+"/307?to="+other+"/to"), `type="kept" auth="" cookie=""`)
	back := other + "/307?to=" + escaped(at+"/to")
	require.Contains(t, credentials(at+"/307?to="+escaped(back)), `auth="" cookie=""`, "nor do they come back")
}

func TestARedirectToPlainHTTPLosesCredentials(t *testing.T) {
	plain, openPlain := serve(t, redirecting)
	secure := serveTLS(t, nil, redirecting)
	r := newRealm(t, openPlain, opened(t, secure.URL), rootsOf(secure))
	require.Contains(t, r.text(secure.URL+"/302?to="+plain+"/to", withHeader("authorization", "Bearer x")), `auth=""`)
}
