package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/store"
)

// fetching is an executor whose only program sends its source's second line, as header X, to the URL on its first one, and
// returns how long the body is and how it begins.
type fetching struct{}

func (fetching) Check(context.Context, jsruntime.Source) error { return nil }

func (fetching) Run(ctx context.Context, job jsruntime.Job) (result jsruntime.Result) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fail := func(err error) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: err.Error()}}
	}
	at, value, _ := strings.Cut(job.Source.Text, "\n")
	reply, err := job.Host.Call(ctx, "fetch:send", argsOf("1", requestOf(at, withHeader("X", value))))
	if err != nil {
		return fail(err)
	}
	text := string(replyOf(reply)["chunk"].([]byte))
	for done := replyOf(reply)["done"].(bool); !done; {
		chunk, err := job.Host.Call(ctx, "fetch:read", []any{"1"})
		if err != nil {
			return fail(err)
		}
		if chunk == nil {
			break
		}
		text += string(chunk.([]byte))
	}
	result.Output, err = json.Marshal([]any{len(text), text[:min(len(text), 100)]})
	if err != nil {
		return fail(err)
	}
	return result
}

// execute runs a source of fetching on a Runtime that grants fetch.
func execute(t *testing.T, source string, opts ...fetch.Option) jsruntime.Execution {
	t.Helper()
	rt, err := jsruntime.New(store.NewMemory(), fetching{}, fetch.Grant(append(opts, fetch.KeepAlive(0))...))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, rt.Stop(context.Background())) })
	tenant := uuid.New()
	script, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, "fetches", source))
	require.NoError(t, err)
	execution, err := rt.Execute(t.Context(), tenant, script.ID(), nil)
	require.NoError(t, err)
	return execution
}

func TestARuntimeGrantsFetchToItsScripts(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), 500<<10)) })
	execution := execute(t, at, open)
	require.Nil(t, execution.Failure())
	require.Equal(t, []any{512000.0, strings.Repeat("x", 100)}, execution.Output())
	require.Equal(t, 1, execution.Metrics().APICallCount, "reading is not counted")
}

func TestARuntimeRecordsWhyARequestFailed(t *testing.T) {
	execution := execute(t, "http://169.254.169.254/latest/meta-data")
	require.Equal(t, "fetch: address not allowed: 169.254.169.254 does not lead to an address that scripts may reach", execution.Failure().Message)
}

func TestHiddenSecretsAreMaskedInWhatTheExecutionLeavesBehind(t *testing.T) {
	at, open := serve(t, echoing)
	secrets := hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: []string{"127.0.0.1"}}})
	execution := execute(t, at+"\n{{KEY}} {{base64:KEY:}}", open, secrets)
	require.Nil(t, execution.Failure())
	require.Equal(t, "*** ***", execution.Output().([]any)[1], "the server sent them back")
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for field, opt := range map[string]fetch.Option{
		"fetch.maxRequestBytes":        fetch.MaxRequestBytes(0),
		"fetch.maxResponseBytes":       fetch.MaxResponseBytes(-1),
		"fetch.maxResponseHeaderBytes": fetch.MaxResponseHeaderBytes(0),
		"fetch.headerTimeout":          fetch.HeaderTimeout(0),
		"fetch.idleTimeout":            fetch.IdleTimeout(0),
		"fetch.timeout":                fetch.Timeout(-time.Second),
		"fetch.keepAlive":              fetch.KeepAlive(-1),
		"fetch.maxHostConnections":     fetch.MaxHostConnections(0),
		"fetch.maxConnections":         fetch.MaxConnections(0),
		"fetch.maxTenantRequests":      fetch.MaxTenantRequests(0),
		"fetch.maxOpenResponses":       fetch.MaxOpenResponses(0),
		"fetch.userAgent":              fetch.UserAgent("a\r\nb"),
		"fetch.allowPorts":             fetch.AllowPorts(0),
		"fetch.allowPrivate":           fetch.AllowPrivate(netip.Prefix{}),
		"fetch.allowHosts":             fetch.AllowHosts(nil),
		"fetch.hiddenSecrets":          fetch.HiddenSecrets(nil),
		"fetch.onRequest":              fetch.OnRequest(nil),
		"fetch.resolver":               fetch.Resolver(nil),
		"fetch.rootCAs":                fetch.RootCAs(nil),
	} {
		_, err := jsruntime.New(store.NewMemory(), fetching{}, fetch.Grant(opt))
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
		broken := jsruntime.FieldErrors(err)
		require.Len(t, broken, 1)
		require.Equal(t, field, broken[0].Field)
	}
}

func TestFetchIsGrantedOnceAndDeclared(t *testing.T) {
	_, err := jsruntime.New(store.NewMemory(), fetching{}, fetch.Grant(), fetch.Grant())
	require.EqualError(t, err, "new runtime: fetch: is granted twice")
	rt, err := jsruntime.New(store.NewMemory(), fetching{}, fetch.Grant())
	require.NoError(t, err)
	require.Contains(t, rt.Declarations(),
		"\ndeclare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;\n")
}

func TestGrantKeepsNoSliceOfItsCaller(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "open") })
	prefixes := []netip.Prefix{loopback}
	allow := fetch.AllowPrivate(prefixes...)
	prefixes[0] = netip.MustParsePrefix("10.0.0.0/8")
	require.Equal(t, "open", newRealm(t, open, allow).text(at))
	ports := []uint16{8080}
	allowPorts := fetch.AllowPorts(ports...)
	ports[0] = 22
	require.Contains(t, newRealm(t, allowPorts).failure("http://127.0.0.1:22").Error(), "port not allowed: 22; those that are: 80, 443, 8080")
}
