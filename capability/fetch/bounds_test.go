package fetch_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestABodyThatIsTooLargeBreaksOff(t *testing.T) {
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}
	at, open := serve(t, endless)
	r := newRealm(t, open, fetch.MaxResponseBytes(1<<20))
	a, err := r.send(at)
	require.NoError(t, err)
	text, err := r.rest(a)
	require.EqualError(t, err, "fetch: response body larger than 1048576 bytes")
	require.ErrorIs(t, err, fetch.ErrTooLarge)
	require.LessOrEqual(t, len(text), 1<<20)
}

func TestABodyThatSaysThatItIsTooLargeIsNotRead(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1048577")
		w.Write(make([]byte, 1024))
	})
	r := newRealm(t, open, fetch.MaxResponseBytes(1<<20))
	a, err := r.send(at)
	require.NoError(t, err)
	require.Equal(t, []string{"1048577"}, a.header("content-length"), "the headers can be looked at")
	text, err := r.rest(a)
	require.EqualError(t, err, "fetch: response body larger than 1048576 bytes")
	require.Empty(t, text)
}

func TestABodyOfJustTheBoundIsWhole(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) })
	require.Len(t, newRealm(t, open, fetch.MaxResponseBytes(1<<20)).text(at), 1<<20)
}

func TestACompressedBodyCountsAsItIsWithoutCompression(t *testing.T) {
	var bomb bytes.Buffer
	compressor, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	for range 16 {
		compressor.Write(make([]byte, 1<<20))
	}
	compressor.Close()
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		switch r.URL.Path {
		case "/bomb":
			w.Write(bomb.Bytes())
		case "/broken":
			io.WriteString(w, "not gzip at all")
		default:
			short := gzip.NewWriter(w)
			io.WriteString(short, "short")
			short.Close()
		}
	})
	var got atomic.Int64
	r := newRealm(t, open, fetch.MaxResponseBytes(2<<20), fetch.OnRequest(func(r fetch.Report) { got.Store(r.ResponseBytes) }))
	a, err := r.send(at + "/bomb")
	require.NoError(t, err)
	text, err := r.rest(a)
	require.EqualError(t, err, "fetch: response body larger than 2097152 bytes")
	require.LessOrEqual(t, len(text), 2<<20)
	require.LessOrEqual(t, got.Load(), int64(2<<20+64<<10), "and no more of it was decompressed")
	a, err = r.send(at)
	require.NoError(t, err)
	require.Empty(t, a.header("content-encoding"))
	require.Equal(t, "short", string(a.reply["chunk"].([]byte)))
	a, err = r.send(at + "/broken")
	require.NoError(t, err)
	_, err = r.rest(a)
	require.EqualError(t, err, "fetch: response body is not valid gzip")
}

func TestNothingIsReadFarAheadOfTheScript(t *testing.T) {
	var written atomic.Int64
	stopped := make(chan struct{})
	at, open := raw(t, func(conn net.Conn) {
		readRequest(conn)
		conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 30<<20)
		for {
			conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			n, err := conn.Write(make([]byte, 64<<10))
			if written.Add(int64(n)); err != nil {
				close(stopped)
				return
			}
		}
	})
	r := newRealm(t, open)
	a, err := r.send(at)
	require.NoError(t, err)
	require.False(t, a.done())
	await(t, stopped)
	require.Less(t, written.Load(), int64(20<<20), "beyond the buffers of the system nothing was taken")
	require.LessOrEqual(t, len(a.reply["chunk"].([]byte)), 80<<10)
	chunk, err := r.functions.Read(r.ctx, r.with(a.id))
	require.NoError(t, err)
	require.LessOrEqual(t, len(chunk.([]byte)), 80<<10)
}

func TestHeadersThatAreTooLargeAreRefused(t *testing.T) {
	at, open := raw(t, func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(conn, "X: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	})
	err := newRealm(t, open, fetch.MaxResponseHeaderBytes(10_000)).failure(at)
	require.EqualError(t, err, "fetch: response headers larger than 10000 bytes")
	require.ErrorIs(t, err, fetch.ErrTooLarge)
}

func TestARequestBodyIsBounded(t *testing.T) {
	r := newRealm(t, fetch.MaxRequestBytes(10))
	require.EqualError(t, r.failure("https://example.com", withMethod("POST"), withBody("01234567890")),
		"fetch: body: must be at most 10 bytes, is 11")
}

func TestHeadersHaveToComeInTime(t *testing.T) {
	at, open := raw(t, func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for range time.Tick(time.Millisecond) { // a byte now and then keeps no request alive
			if _, err := io.WriteString(conn, "X: y\r\n"); err != nil {
				return
			}
		}
	})
	err := newRealm(t, open, fetch.HeaderTimeout(100*time.Millisecond), fetch.MaxResponseHeaderBytes(1<<30)).failure(at)
	require.EqualError(t, err, "fetch: timed out after 100ms: no response from 127.0.0.1")
	require.ErrorIs(t, err, fetch.ErrTimeout)
}

func TestRedirectsShareTheTimeForHeaders(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			return
		}
		http.Redirect(w, r, "/hang", http.StatusFound)
	})
	require.EqualError(t, newRealm(t, open, fetch.HeaderTimeout(100*time.Millisecond)).failure(at),
		"fetch: timed out after 100ms: no response from 127.0.0.1")
}

// stalling answers with the beginning of a body, and nothing more until the client goes away.
func stalling(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "begin")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func TestABodyThatStallsBreaksOff(t *testing.T) {
	at, open := serve(t, stalling)
	r := newRealm(t, open, fetch.IdleTimeout(50*time.Millisecond))
	a, err := r.send(at)
	require.NoError(t, err)
	text, err := r.rest(a)
	require.EqualError(t, err, "fetch: timed out: nothing more of the response body for 50ms")
	require.ErrorIs(t, err, fetch.ErrTimeout)
	require.Equal(t, "begin", text)
}

func TestARequestAsAWholeHasToEndInTime(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for range time.Tick(time.Millisecond) {
			if r.Context().Err() != nil {
				return
			}
			io.WriteString(w, "drop")
			w.(http.Flusher).Flush()
		}
	})
	r := newRealm(t, open, fetch.Timeout(100*time.Millisecond))
	a, err := r.send(at)
	require.NoError(t, err)
	_, err = r.rest(a)
	require.EqualError(t, err, "fetch: timed out: the response took longer than 100ms")
}

func TestARunHasABoundOfOpenResponses(t *testing.T) {
	at, open := serve(t, stalling)
	r := newRealm(t, open, fetch.MaxOpenResponses(2), fetch.HeaderTimeout(100*time.Millisecond))
	first, err := r.send(at)
	require.NoError(t, err)
	_, err = r.send(at)
	require.NoError(t, err)
	err = r.failure(at)
	require.EqualError(t, err, "fetch: timed out after 100ms: 2 responses are open, whose bodies have to be read or cancelled first")
	_, err = r.sibling().send(at)
	require.NoError(t, err, "another run has its own")
	_, err = r.functions.Abort(r.ctx, r.with(first.id))
	require.NoError(t, err)
	_, err = r.send(at)
	require.NoError(t, err)
}

func TestATenantHasABoundOfRequests(t *testing.T) {
	at, open := serve(t, stalling)
	r := newRealm(t, open, fetch.MaxTenantRequests(2), fetch.HeaderTimeout(100*time.Millisecond))
	for range 2 {
		_, err := r.sibling().send(at)
		require.NoError(t, err)
	}
	require.EqualError(t, r.failure(at), "fetch: timed out after 100ms: 2 other requests are under way")
	_, err := realmOf(t, r.functions).send(at)
	require.NoError(t, err, "another tenant has its own")
}

func TestAllTenantsHaveABoundOfConnections(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stall" {
			stalling(w, r)
		}
		io.WriteString(w, "short")
	})
	r := newRealm(t, open, fetch.MaxConnections(2), fetch.KeepAlive(time.Hour), fetch.HeaderTimeout(300*time.Millisecond))
	for range 5 {
		require.Equal(t, "short", realmOf(t, r.functions).text(at), "one that is kept for another tenant gives way")
	}
	stalled := realmOf(t, r.functions)
	for range 2 {
		_, err := stalled.send(at + "/stall")
		require.NoError(t, err)
	}
	require.Equal(t, 2, r.functions.Connections())
	require.ErrorIs(t, r.failure(at), fetch.ErrTimeout)
	stalled.end()
	require.Equal(t, "short", r.text(at))
}

func TestARunHasABoundOfIDs(t *testing.T) {
	at, open := serve(t, stalling)
	r := newRealm(t, open, fetch.MaxOpenResponses(1))
	errs := make(chan error)
	for i := range 1001 {
		go func() {
			_, err := r.sendAs(fmt.Sprint("id", i), at)
			select {
			case errs <- err:
			case <-r.ctx.Done():
			}
		}()
	}
	var refused error
	for refused == nil {
		refused = await(t, errs) // one is answered with the beginning of its body
	}
	require.EqualError(t, refused, "fetch: id: is one too many: there are 1000 requests at the same time")
	require.ErrorIs(t, refused, jsruntime.ErrInvalid)
	r.end()
}
