package fetch_test

import (
	"io"
	"log"
	"net/http"
	"os"
	"testing"
	"time"

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
