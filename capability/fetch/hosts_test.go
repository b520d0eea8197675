package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

// allowing is a list of hosts that is the same for every tenant.
func allowing(hosts ...string) fetch.Option {
	return fetch.AllowHosts(func(context.Context, uuid.UUID) ([]string, error) { return hosts, nil })
}

func TestATenantReachesTheHostsOfItsList(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "there") })
	port := portOf(at)
	anywhere := names(t, func(string) []string { return []string{"127.0.0.1"} })
	for _, c := range []struct {
		pattern, host string
		allowed       bool
	}{
		{"api.example.com", "api.example.com", true},
		{"api.example.com", "API.Example.COM.", true},
		{"API.example.com.", "api.example.com", true},
		{"api.example.com", "example.com", false},
		{"api.example.com", "x.api.example.com", false},
		{"api.example.com", "api.example.com.evil.com", false},
		{"*.example.com", "api.example.com", true},
		{"*.example.com", "a.b.example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "badexample.com", false},
		{"*.example.com", "example.com.evil.com", false},
		{"example.com:" + port, "example.com", true},
		{"example.com:443", "example.com", false},
		{"*.example.com:" + port, "a.example.com", true},
		{"bücher.example", "xn--bcher-kva.example", true},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1:" + port, "127.0.0.1", true},
		{"*", "anything.example", true},
		{"*:" + port, "anything.example", true},
		{"*:1", "anything.example", false},
		{"[127.0.0.1]:" + port, "127.0.0.1", true},
	} {
		r := newRealm(t, open, anywhere, allowing("other.example", c.pattern))
		if c.allowed {
			require.Equal(t, "there", r.text("http://"+c.host+":"+port), c)
			continue
		}
		err := r.failure("http://" + c.host + ":" + port)
		require.ErrorIs(t, err, fetch.ErrNotAllowed, c)
		require.EqualError(t, err, "fetch: host not allowed: "+c.host+":"+port+" is not among the hosts that this tenant's scripts may reach")
	}
}

func TestAnEntryThatIsNoHostFailsTheRequestAndIsReported(t *testing.T) {
	for _, entry := range []string{
		"", "*.", "*.*", "e*.com", "http://example.com", "http://example.com:80", "example.com/path", "example.com:", "example.com:0",
		"example.com:99999", "example.com:https", "*:", "*:x", "*.127.0.0.1", "*.0.0.1", "exa mple.com", "user@example.com", "127.1",
	} {
		var told error
		r := newRealm(t, fetch.OnRequest(func(report fetch.Report) { told = report.Err }), allowing("example.com", entry))
		require.EqualError(t, r.failure("http://example.com"),
			"fetch: the list of the hosts that this tenant's scripts may reach has an entry that is not a host", entry)
		require.ErrorIs(t, told, fetch.ErrInternal)
		require.ErrorContains(t, told, strconv.Quote(entry)+" is not a host")
	}
}

func TestAListOpensNoPrivateAddress(t *testing.T) {
	r := newRealm(t, allowing("*", "127.0.0.1", "localhost", "metadata.test"), names(t, func(string) []string { return []string{"169.254.169.254"} }))
	for _, host := range []string{"127.0.0.1", "localhost", "metadata.test"} {
		require.Contains(t, r.failure("http://"+host).Error(), "address not allowed")
	}
}

func TestTheListHoldsForEveryRedirect(t *testing.T) {
	var reached atomic.Bool
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "b.test") {
			reached.Store(true)
		}
		http.Redirect(w, r, "http://b.test:"+r.URL.Query().Get("port")+"/", http.StatusFound)
	})
	port := portOf(at)
	r := newRealm(t, open, allowing("a.test"), names(t, func(string) []string { return []string{"127.0.0.1"} }))
	require.EqualError(t, r.failure("http://a.test:"+port+"/?port="+port),
		"fetch: host not allowed: b.test:"+port+" is not among the hosts that this tenant's scripts may reach")
	require.False(t, reached.Load())
}

func TestEachTenantHasItsOwnList(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "there") })
	var mine uuid.UUID
	r := newRealm(t, open, fetch.AllowHosts(func(_ context.Context, tenantID uuid.UUID) ([]string, error) {
		if tenantID == mine {
			return []string{"127.0.0.1"}, nil
		}
		return nil, nil
	}))
	require.ErrorIs(t, r.failure(at), fetch.ErrNotAllowed, "an empty list allows nothing")
	mine = r.call.TenantID
	require.Equal(t, "there", r.text(at))
}

func TestAListThatIsNotKnownAllowsNothing(t *testing.T) {
	cause := errors.New("database at 10.0.0.1 is down")
	var told error
	r := newRealm(t, fetch.OnRequest(func(report fetch.Report) { told = report.Err }),
		fetch.AllowHosts(func(context.Context, uuid.UUID) ([]string, error) { return []string{"*"}, cause }))
	require.EqualError(t, r.failure("https://example.com"), "fetch: the hosts that may be reached are not known: internal error")
	require.ErrorIs(t, told, fetch.ErrInternal)
	require.ErrorIs(t, told, cause, "the application learns why")
	require.ErrorContains(t, told, cause.Error())
}

func TestPortsAreClosedUnlessTheyAreOpened(t *testing.T) {
	r := newRealm(t, fetch.AllowPorts(8443))
	for _, port := range []string{"22", "25", "6379", "8080"} {
		err := r.failure("http://127.0.0.1:" + port)
		require.EqualError(t, err, "fetch: port not allowed: "+port+"; those that are: 80, 443, 8443")
	}
	require.Contains(t, r.failure("http://127.0.0.1:08443").Error(), "address not allowed")
}

func TestTheApplicationIsAskedWithTheContextOfTheCall(t *testing.T) {
	type key struct{}
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "there") })
	var with []any
	r := newRealm(t, open, fetch.KeepAlive(time.Minute), fetch.AllowHosts(func(ctx context.Context, _ uuid.UUID) ([]string, error) {
		with = append(with, ctx.Value(key{}))
		return []string{"127.0.0.1"}, nil
	}))
	for i := range 3 {
		ctx := context.WithValue(r.ctx, key{}, i)
		_, err := r.functions.Send(ctx, r.with(argsOf(strconv.Itoa(i), requestOf(at))...))
		require.NoError(t, err)
	}
	require.Equal(t, []any{0, 1, 2}, with)
}
