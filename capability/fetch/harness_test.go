package fetch_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// realm calls the host functions as the realm's half of fetch does, in one run.
type realm struct {
	t         *testing.T
	ctx       context.Context
	end       context.CancelFunc
	functions *fetch.Functions
	call      jsruntime.FunctionCall
	last      atomic.Int64
}

// newRealm keeps no connections unless an option says so, so that a test ends with its servers.
func newRealm(t *testing.T, opts ...fetch.Option) *realm {
	t.Helper()
	functions, err := fetch.NewFunctions(append([]fetch.Option{fetch.KeepAlive(0)}, opts...)...)
	require.NoError(t, err)
	return realmOf(t, functions)
}

func realmOf(t *testing.T, functions *fetch.Functions) *realm {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return &realm{t: t, ctx: ctx, end: cancel, functions: functions, call: jsruntime.FunctionCall{
		TenantID: uuid.New(), ScriptID: uuid.New(), ExecutionID: uuid.New(),
	}}
}

// sibling is another run of the same tenant.
func (r *realm) sibling() *realm {
	other := realmOf(r.t, r.functions)
	other.call.TenantID = r.call.TenantID
	return other
}

func (r *realm) with(args ...any) jsruntime.FunctionCall {
	call := r.call
	call.Args = args
	return call
}

// answer is what fetch:send returned.
type answer struct {
	id    string
	reply map[string]any
}

func (a *answer) status() int { return a.reply["status"].(int) }
func (a *answer) done() bool  { return a.reply["done"].(bool) }

func (a *answer) header(name string) (values []string) {
	lines := strings.Split(a.reply["headers"].(string), "\n")
	for i := 0; i < len(lines)-1; i += 2 {
		if lines[i] == name {
			values = append(values, lines[i+1])
		}
	}
	return values
}

// replyOf returns the parts of what fetch:send returned by their names.
func replyOf(reply any) map[string]any {
	lines := strings.SplitAfter(string(reply.([]byte)), "\n")
	line := func(i int) string { return strings.TrimSuffix(lines[i], "\n") }
	const before = 4 // lines
	end := before
	for lines[end] != "\n" {
		end += 2
	}
	status, _ := strconv.Atoi(line(0))
	return map[string]any{
		"status": status, "statusText": line(1), "url": line(2), "redirected": line(3)[0] == 'r', "headers": strings.Join(lines[before:end], ""),
		"body": line(3)[1] != '-', "done": line(3)[1] != 'b', "chunk": []byte(strings.Join(lines[end+1:], "")),
	}
}

// argsOf returns the arguments of fetch:send.
func argsOf(id any, r map[string]any) []any {
	return []any{id, r["url"], r["method"], r["headers"], r["body"], r["redirect"]}
}

// setting changes a request.
type setting func(request map[string]any)

func withMethod(method string) setting { return func(r map[string]any) { r["method"] = method } }
func withBody(body string) setting     { return func(r map[string]any) { r["body"] = []byte(body) } }
func withRedirect(mode string) setting { return func(r map[string]any) { r["redirect"] = mode } }

func withHeader(name, value string) setting {
	return func(r map[string]any) {
		lines, _ := r["headers"].(string)
		r["headers"] = lines + name + "\n" + value + "\n"
	}
}

func requestOf(url string, settings ...setting) map[string]any {
	request := map[string]any{"url": url, "method": "GET", "headers": "", "body": nil, "redirect": "follow"}
	for _, set := range settings {
		set(request)
	}
	return request
}

func (r *realm) sendAs(id, url string, settings ...setting) (*answer, error) {
	reply, err := r.functions.Send(r.ctx, r.with(argsOf(id, requestOf(url, settings...))...))
	if err != nil {
		return nil, err
	}
	return &answer{id, replyOf(reply)}, nil
}

func (r *realm) send(url string, settings ...setting) (*answer, error) {
	return r.sendAs(strconv.FormatInt(r.last.Add(1), 10), url, settings...)
}

// rest returns the body of a response.
func (r *realm) rest(a *answer) (string, error) {
	text := string(a.reply["chunk"].([]byte))
	for done := a.done(); !done; {
		chunk, err := r.functions.Read(r.ctx, r.with(a.id))
		if err != nil {
			return text, err
		}
		if chunk == nil {
			break
		}
		if len(chunk.([]byte)) == 0 {
			return text, fmt.Errorf("an empty chunk")
		}
		text += string(chunk.([]byte))
	}
	return text, nil
}

// text returns the body of a response that has to come.
func (r *realm) text(url string, settings ...setting) string {
	r.t.Helper()
	a, err := r.send(url, settings...)
	require.NoError(r.t, err)
	text, err := r.rest(a)
	require.NoError(r.t, err)
	return text
}

// failure returns the error of a request that must not be answered.
func (r *realm) failure(url string, settings ...setting) error {
	r.t.Helper()
	a, err := r.send(url, settings...)
	require.Error(r.t, err, "answered: %v", a)
	return err
}

// serve starts a server on loopback and returns its URL and the options that open it.
func serve(t *testing.T, handler http.HandlerFunc) (string, fetch.Option) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, opened(t, server.URL)
}

// serveTLS starts a server that speaks TLS as the configuration says, which may be nil. It keeps to itself what clients do.
func serveTLS(t *testing.T, config *tls.Config, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// rootsOf returns the authorities by which the certificates of servers are trusted.
func rootsOf(servers ...*httptest.Server) fetch.Option {
	roots := x509.NewCertPool()
	for _, server := range servers {
		roots.AddCert(server.Certificate())
	}
	return fetch.RootCAs(roots)
}

// opened lets scripts reach loopback on the port of a URL.
func opened(t *testing.T, of string) fetch.Option {
	t.Helper()
	u, err := url.Parse(of)
	require.NoError(t, err)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	return fetch.AllOf(fetch.AllowPrivate(loopback), fetch.AllowPorts(uint16(port)))
}

// portOf returns the port of a URL.
func portOf(of string) string {
	u, _ := url.Parse(of)
	return u.Port()
}

// raw starts a server that speaks whatever it likes on each connection, which is closed afterwards.
func raw(t *testing.T, speak func(net.Conn)) (string, fetch.Option) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				speak(conn)
			}()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	at := "http://" + listener.Addr().String()
	return at, opened(t, at)
}

// readRequest reads what a client sends up to the end of its headers.
func readRequest(conn net.Conn) string {
	var text []byte
	b := make([]byte, 1)
	for {
		if _, err := conn.Read(b); err != nil {
			return string(text)
		}
		if text = append(text, b...); len(text) >= 4 && string(text[len(text)-4:]) == "\r\n\r\n" {
			return string(text)
		}
	}
}

// await returns what comes from a channel.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.Fail(t, "nothing came")
		panic("unreachable")
	}
}
