package fetch

import (
	"context"
	"math"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// line is what the network side of an exchange goes by. Its context ends with the run, with the time that a request may take, and with
// an abort. A run keeps the line of an exchange that has ended well for its next one, for which it need not be made again.
type line struct {
	ctx    context.Context // with which the Transport finds the line again, and says which connection it has taken
	end    context.CancelCauseFunc
	timer  *time.Timer
	trace  httptrace.ClientTrace
	conn   atomic.Pointer[arrivalConn] // that the response comes on
	dialed atomic.Bool                 // which may go on when the exchange has ended
	sent   *http.Request               // the last one that can be sent again; nil for none

	mu    sync.Mutex
	owner *exchange // nil while the run keeps it
}

// lineKey carries a line in its context: a Transport dials with a context that has the values and does not end with the request.
type lineKey struct{}

// newLine returns a line within ctx.
func newLine(ctx context.Context) *line {
	l := &line{}
	ctx, l.end = context.WithCancelCause(context.WithValue(ctx, lineKey{}, l))
	l.trace.GotConn = func(info httptrace.GotConnInfo) {
		conn, _ := info.Conn.(*arrivalConn)
		l.conn.Store(conn)
	}
	l.ctx = httptrace.WithClientTrace(ctx, &l.trace)
	l.timer = time.AfterFunc(math.MaxInt64, l.expire)
	return l
}

// expire ends the exchange, which has taken as long as it may.
func (l *line) expire() {
	l.mu.Lock()
	x := l.owner
	l.mu.Unlock()
	if x != nil {
		x.expire()
	}
}

// cancel ends the line, unless it has gone on to another exchange.
func (l *line) cancel(x *exchange, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner == x {
		l.end(err)
	}
}

// leave takes the line from an exchange that has ended, with an error or well, and reports whether another one may have it.
func (l *line) leave(x *exchange, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != x {
		return false
	}
	if late := !l.timer.Stop(); late || err != nil || l.dialed.Load() || l.ctx.Err() != nil {
		l.end(err)
		return false
	}
	l.owner = nil
	l.conn.Store(nil)
	return true
}

// enter gives the line to an exchange, which it is for so long.
func (l *line) enter(x *exchange, within time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = x
	l.timer.Reset(within)
}

// request returns a request as a Transport takes it, which does not change it: one that asks for the same as the last one is that again.
// One with a body, or with headers that no other request has, is not kept: it would only take memory.
func (l *line) request(ctx context.Context, r *request) *http.Request {
	if r.body != nil || !r.shared {
		return r.forTransport(ctx)
	}
	if sent := l.sent; sent == nil || sent.Method != r.method || sent.URL != r.url || !same(sent.Header, r.header) {
		l.sent = r.forTransport(ctx)
	}
	return l.sent
}

// same reports whether two headers are one.
func same(a, b http.Header) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }
