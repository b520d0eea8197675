package fetch_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestTenantsNeverShareAConnection(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) })
	r := newRealm(t, open, fetch.KeepAlive(time.Minute))
	first := r.text(at)
	require.Eventually(t, func() bool { return r.sibling().text(at) == first }, patience, time.Millisecond, "a tenant's runs share its own")
	require.NotEqual(t, first, realmOf(t, r.functions).text(at))
}

func TestAServerThatSaysMoreThanItsAnswerReachesNoOtherRequest(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/poison" {
			conn, buffered, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			buffered.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
			buffered.Flush()
			io.Copy(io.Discard, conn)
			conn.Close()
			return
		}
		io.WriteString(w, "clean")
	})
	functions, err := fetch.NewFunctions(open, fetch.KeepAlive(time.Minute))
	require.NoError(t, err)
	log.SetOutput(io.Discard) // where net/http tells of such a server
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	for range 20 {
		require.Equal(t, "ok", realmOf(t, functions).text(at+"/poison"))
		require.Equal(t, "clean", realmOf(t, functions).text(at))
	}
}

func TestAPanicOfTheApplicationLeavesNothingTaken(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	var told []error
	panicking := true
	r := newRealm(t, open, fetch.MaxTenantRequests(1), fetch.MaxOpenResponses(1),
		fetch.OnRequest(func(report fetch.Report) { told = append(told, report.Err) }),
		fetch.AllowHosts(func(context.Context, uuid.UUID) ([]string, error) {
			if panicking {
				panic("a defect")
			}
			return []string{"*"}, nil
		}))
	for range 3 {
		require.Panics(t, func() { _, _ = r.sendAs("same", at) }, "which the Runtime recovers from")
	}
	require.Len(t, told, 3)
	require.ErrorIs(t, told[0], fetch.ErrInternal)
	panicking = false
	a, err := r.sendAs("same", at)
	require.NoError(t, err)
	require.True(t, a.done())
}
