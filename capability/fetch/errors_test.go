package fetch_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestErrorsSayWhatFailed(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refusing := closed.Addr().String()
	require.NoError(t, closed.Close())
	speaking := func(text string) (string, fetch.Option) {
		return raw(t, func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, text)
		})
	}
	silent, openSilent := speaking("")
	garbage, openGarbage := speaking("220 smtp.internal ESMTP\r\n")
	switching, openSwitching := speaking("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
	plain, openPlain := raw(t, func(conn net.Conn) {
		conn.Read(make([]byte, 100))
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	r := newRealm(t, opened(t, "http://"+refusing), openSilent, openGarbage, openSwitching, openPlain)
	host := func(at string) string { return strings.TrimPrefix(at, "http://") }
	for at, want := range map[string]string{
		"http://" + refusing:     "connection refused by " + refusing,
		silent:                   "connection closed by " + host(silent) + " before it answered",
		garbage:                  "network error: " + host(garbage) + " did not answer as HTTP asks for",
		switching:                host(switching) + " answered with status 101 and no response",
		"https://" + host(plain): "TLS failed: " + host(plain) + " does not speak TLS on this port",
	} {
		err := r.failure(at)
		require.EqualError(t, err, "fetch: "+want)
		require.ErrorIs(t, err, fetch.ErrNetwork)
	}
}

func TestABodyThatBreaksOffIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"Content-Length: 10\r\n\r\nhalf":                    "connection closed before the end of the response body",
		"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n":   "connection closed before the end of the response body",
		"Transfer-Encoding: chunked\r\n\r\n4\r\nhalfxx\r\n": "network error: the response body is not as HTTP asks for",
	} {
		at, open := raw(t, func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+text)
		})
		r := newRealm(t, open)
		a, err := r.send(at)
		require.NoError(t, err)
		require.False(t, a.done())
		got, err := r.rest(a)
		require.EqualError(t, err, "fetch: "+want)
		require.Equal(t, "half", got, "what came before can be read")
	}
}

func TestLookupsThatFailSaySo(t *testing.T) {
	r := newRealm(t, names(t, func(string) []string { return nil }))
	err := r.failure("https://nowhere.test")
	require.EqualError(t, err, "fetch: DNS failed: there is no host nowhere.test")
	require.ErrorIs(t, err, fetch.ErrNetwork)
	require.EqualError(t, newRealm(t, names(t, func(string) []string { return []string{} })).failure("https://empty.test"),
		"fetch: DNS failed: there is no host empty.test")
}

func TestCertificatesAreChecked(t *testing.T) {
	hello := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }
	server := serveTLS(t, nil, hello)
	old := serveTLS(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, hello)
	open := fetch.AllOf(opened(t, server.URL), opened(t, old.URL), names(t, func(string) []string { return []string{"127.0.0.1"} }))
	at := func(host, of string) string { return "https://" + host + ":" + portOf(of) }
	require.EqualError(t, newRealm(t, open).failure(server.URL),
		"fetch: TLS failed: the certificate of 127.0.0.1:"+portOf(server.URL)+" is not trusted")
	r := newRealm(t, open, rootsOf(server))
	require.Equal(t, "hello", r.text(server.URL))
	require.Equal(t, "hello", r.text(at("example.com", server.URL)), "the certificate names it")
	require.EqualError(t, r.failure(at("other.test", server.URL)),
		"fetch: TLS failed: the certificate of other.test:"+portOf(server.URL)+" is for another host")
	require.Contains(t, r.failure(old.URL).Error(), "fetch: TLS failed: ")
}
