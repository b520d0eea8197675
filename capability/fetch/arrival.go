package fetch

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// arrivalConn knows how much of a response's body came along with its headers. A small body mostly has: then it can be read at
// once, and nobody has to wait for it.
type arrivalConn struct {
	net.Conn
	sent    atomic.Bool // something was sent since the last read
	arrived int         // bytes of the body; whoever got the response may look until it has read that
}

func (c *arrivalConn) Write(p []byte) (int, error) {
	c.sent.Store(true)
	return c.Conn.Write(p)
}

// Read notes what comes behind the headers, where these are what comes first and are not those of an interim response.
func (c *arrivalConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.sent.Load() && n > 0 {
		c.sent.Store(false)
		c.arrived = 0
		const status = len("HTTP/1.1 ")
		if end := bytes.Index(p[:n], []byte("\r\n\r\n")); end > status && p[status] != '1' {
			c.arrived = n - end - len("\r\n\r\n")
		}
	}
	return n, err
}

// arrival finds out about one request on which connection its response comes.
type arrival struct {
	trace httptrace.ClientTrace
	conn  atomic.Pointer[arrivalConn]
}

// traced returns a context by which a request tells of its connection.
func (a *arrival) traced(ctx context.Context) context.Context {
	a.trace.GotConn = func(info httptrace.GotConnInfo) {
		conn, _ := info.Conn.(*arrivalConn)
		a.conn.Store(conn)
	}
	return httptrace.WithClientTrace(ctx, &a.trace)
}

// whole reports whether all of a response's body is there.
func (a *arrival) whole(resp *http.Response) bool {
	conn := a.conn.Load()
	return conn != nil && !resp.Uncompressed && resp.ContentLength >= 0 && int64(conn.arrived) >= resp.ContentLength
}
