package fetch

import (
	"bytes"
	"net"
	"net/http"
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

// whole reports whether all of a response's body is there. It is of no connection that is nil.
func (c *arrivalConn) whole(resp *http.Response) bool {
	return c != nil && !resp.Uncompressed && resp.ContentLength >= 0 && int64(c.arrived) >= resp.ContentLength
}
