package fetch

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

var errHandshake = failed(ErrTimeout, "timed out: the TLS handshake took longer than %v", handshakeTimeout)

// handshakeError is why no TLS came about.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// ended returns the error of a request whose context has ended: the cause, where fetch itself ended it, and otherwise that
// the run is over, which no script lives to see.
func ended(cause error) error {
	var f *failure
	if errors.As(cause, &f) {
		return f
	}
	return failedBy(cause, ErrAborted, "the run has ended")
}

// explain returns the error for a request that got no response. Texts of the system and of net/http stay out of it: they can
// tell of the network that the application is in.
func (c *client) explain(ctx context.Context, err error, req *request) error {
	if ctx.Err() != nil {
		return ended(context.Cause(ctx))
	}
	var f *failure
	var operation *net.OpError
	switch host := req.url.Host; {
	case errors.Is(err, ErrNotAllowed) && len(req.hidden) > 0 && req.url.Scheme == "http":
		return failedBy(err, ErrNotAllowed, "header %s: a hidden secret must be sent over https", strings.ToLower(req.hidden[0]))
	case errors.Is(err, ErrNotAllowed):
		return failedBy(err, ErrNotAllowed, "address not allowed: %s does not lead to an address that scripts may reach", host)
	case errors.As(err, &f):
		return f
	case errors.As(err, new(*net.DNSError)):
		return explainLookup(err, req.url.Hostname())
	case errors.As(err, new(*handshakeError)):
		return explainHandshake(err, host)
	case errors.As(err, &operation) && operation.Op == "dial":
		return explainDial(err, host)
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no error of its own for it
		return failedBy(err, ErrTooLarge, "response headers larger than %d bytes", c.maxHeader)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "server closed idle connection"):
		return failedBy(err, ErrNetwork, "connection closed by %s before it answered", host)
	default:
		return failedBy(err, ErrNetwork, "network error: %s did not answer as HTTP asks for", host)
	}
}

func explainLookup(err error, name string) error {
	var lookup *net.DNSError
	switch {
	case !errors.As(err, &lookup):
		return failedBy(err, ErrNetwork, "DNS failed: %s could not be looked up", name)
	case lookup.IsNotFound:
		return failedBy(err, ErrNetwork, "DNS failed: there is no host %s", name)
	case lookup.IsTimeout:
		return failedBy(err, ErrTimeout, "DNS failed: timed out looking up %s", name)
	}
	return failedBy(err, ErrNetwork, "DNS failed: %s could not be looked up", name)
}

func explainDial(err error, host string) error {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failedBy(err, ErrNetwork, "connection refused by %s", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		return failedBy(err, ErrTimeout, "timed out connecting to %s", host)
	}
	return failedBy(err, ErrNetwork, "connection failed: %s cannot be reached", host)
}

func explainHandshake(err error, host string) error {
	var alert tls.AlertError
	switch {
	case errors.As(err, new(x509.HostnameError)):
		return failedBy(err, ErrNetwork, "TLS failed: the certificate of %s is for another host", host)
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return failedBy(err, ErrNetwork, "TLS failed: the certificate of %s is not trusted", host)
	case errors.As(err, new(tls.RecordHeaderError)):
		return failedBy(err, ErrNetwork, "TLS failed: %s does not speak TLS on this port", host)
	case errors.As(err, &alert):
		return failedBy(err, ErrNetwork, "TLS failed: %s refused: %s", host, strings.TrimPrefix(alert.Error(), "tls: "))
	}
	return failedBy(err, ErrNetwork, "TLS failed: no secure connection to %s", host)
}

// explainBody returns the error for a body that broke off, and errEnd for one that came to its end.
func explainBody(ctx context.Context, err error) error {
	switch {
	case err == io.EOF: //nolint:errorlint // a reader's end is this very value
		return errEnd
	case ctx.Err() != nil:
		return ended(context.Cause(ctx))
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, new(flate.CorruptInputError)):
		return failedBy(err, ErrNetwork, "response body is not valid gzip")
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return failedBy(err, ErrNetwork, "connection closed before the end of the response body")
	}
	return failedBy(err, ErrNetwork, "network error: the response body is not as HTTP asks for")
}
