package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/http/httpguts"

	"github.com/jsruntime/jsruntime"
)

// The defaults of the options.
const (
	// DefaultMaxRequestBytes is the largest body of a request: 8 MiB.
	DefaultMaxRequestBytes = 8 << 20
	// DefaultMaxResponseBytes is the largest body of a response, decompressed: 32 MiB.
	DefaultMaxResponseBytes = 32 << 20
	// DefaultMaxResponseHeaderBytes is how large status line and headers of a response may be: 64 KiB.
	DefaultMaxResponseHeaderBytes = 64 << 10
	// DefaultHeaderTimeout is the time until the headers of the response: 30 seconds.
	DefaultHeaderTimeout = 30 * time.Second
	// DefaultIdleTimeout is the time from one piece of the body until the next: 30 seconds.
	DefaultIdleTimeout = 30 * time.Second
	// DefaultTimeout is the time for a request and the whole of its response: 5 minutes.
	DefaultTimeout = 5 * time.Minute
	// DefaultKeepAlive is how long a connection that is not in use is kept: 30 seconds.
	DefaultKeepAlive = 30 * time.Second
	// DefaultMaxHostConnections is how many connections a tenant has to one host: 16.
	DefaultMaxHostConnections = 16
	// DefaultMaxConnections is how many connections there are for all tenants: 1,000.
	DefaultMaxConnections = 1000
	// DefaultMaxTenantRequests is how many requests of one tenant are under way at the same time: 100.
	DefaultMaxTenantRequests = 100
	// DefaultMaxOpenResponses is how many requests and unread responses a run has at the same time: 64.
	DefaultMaxOpenResponses = 64
	// DefaultUserAgent is the User-Agent of a request that brings none.
	DefaultUserAgent = "jsruntime"
)

// HostsFunc returns the hosts that a tenant's scripts may reach: names such as "api.example.com", names with everything
// below them such as "*.example.com" (which is not example.com itself), IP addresses, or "*" for any host, each with ":port"
// where only that port is meant; one for IPv6 with a port is "[2001:db8::1]:8443". An entry that is none of these, such
// as one with a scheme or a path, fails the request: [Report].Err names it, and the script learns that there is such a one. The
// function is called once for each request, and its hosts hold for every redirect of it.
type HostsFunc func(ctx context.Context, tenantID uuid.UUID) ([]string, error)

// Option is a setting of [Grant].
type Option func(*settings) error

type settings struct {
	hosts     HostsFunc
	private   []netip.Prefix
	ports     []uint16
	secrets   SecretsFunc
	onRequest func(Report)
	userAgent string
	resolver  *net.Resolver
	roots     *x509.CertPool

	maxRequest  int64
	maxResponse int64
	maxHeader   int64

	headerTimeout time.Duration
	idleTimeout   time.Duration
	timeout       time.Duration
	keepAlive     time.Duration

	perHost      int
	connections  int
	perTenant    int
	perExecution int
}

func newSettings(opts []Option) (settings, error) {
	s := settings{
		ports:         []uint16{80, 443},
		userAgent:     DefaultUserAgent,
		maxRequest:    DefaultMaxRequestBytes,
		maxResponse:   DefaultMaxResponseBytes,
		maxHeader:     DefaultMaxResponseHeaderBytes,
		headerTimeout: DefaultHeaderTimeout,
		idleTimeout:   DefaultIdleTimeout,
		timeout:       DefaultTimeout,
		keepAlive:     DefaultKeepAlive,
		perHost:       DefaultMaxHostConnections,
		connections:   DefaultMaxConnections,
		perTenant:     DefaultMaxTenantRequests,
		perExecution:  DefaultMaxOpenResponses,
	}
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt(&s))
	}
	return s, errors.Join(errs...)
}

func wrong(field, format string, args ...any) error {
	return &jsruntime.FieldError{Field: "fetch." + field, Rule: fmt.Sprintf(format, args...)}
}

func positive[T int | int64 | time.Duration](field string, to *T, n T) error {
	if n <= 0 {
		return wrong(field, "must be positive, is %v", n)
	}
	*to = n
	return nil
}

// AllowHosts restricts each tenant's scripts to the hosts that the function returns. Without it they reach every host that
// is public. An empty list allows none. A host on the list still has to have a public address, or one of [AllowPrivate]. When
// the function returns an error, the request fails and the script learns no more than that.
func AllowHosts(hosts HostsFunc) Option {
	return func(s *settings) error {
		if hosts == nil {
			return wrong("allowHosts", "must not be nil")
		}
		s.hosts = hosts
		return nil
	}
}

// AllowPrivate lets scripts reach addresses that are not public, such as services of the application's own: every tenant's
// scripts, whatever name leads there, unless [AllowHosts] says which names may. The metadata services of clouds stay out of
// reach whatever the prefixes say.
func AllowPrivate(prefixes ...netip.Prefix) Option {
	prefixes = slices.Clone(prefixes)
	return func(s *settings) error {
		for _, p := range prefixes {
			if !p.IsValid() || p.Addr().Is4In6() {
				return wrong("allowPrivate", "%v is not a prefix of IPv4 or IPv6 addresses", p)
			}
			s.private = append(s.private, p.Masked())
		}
		return nil
	}
}

// AllowPorts lets scripts reach further ports than 80 and 443, on every host that they may reach.
func AllowPorts(ports ...uint16) Option {
	ports = slices.Clone(ports)
	return func(s *settings) error {
		if slices.Contains(ports, 0) {
			return wrong("allowPorts", "0 is not a port")
		}
		s.ports = append(s.ports, ports...)
		return nil
	}
}

// HiddenSecrets lets scripts send secrets that they never see: see [SecretsFunc].
func HiddenSecrets(secrets SecretsFunc) Option {
	return func(s *settings) error {
		if secrets == nil {
			return wrong("hiddenSecrets", "must not be nil")
		}
		s.secrets = secrets
		return nil
	}
}

// OnRequest calls the function at the end of each request, for metrics and audits: when the last of its body has come, or
// when it failed, was refused, aborted or left behind. It may be called concurrently, and also after the end of the run. It
// should return soon: scripts can be waiting for it. A panic of it is swallowed.
func OnRequest(observe func(Report)) Option {
	return func(s *settings) error {
		if observe == nil {
			return wrong("onRequest", "must not be nil")
		}
		s.onRequest = observe
		return nil
	}
}

// UserAgent sets what requests say that have no User-Agent of their own; "" means that they have none. The default is
// DefaultUserAgent.
func UserAgent(agent string) Option {
	return func(s *settings) error {
		s.userAgent = agent
		if !httpguts.ValidHeaderFieldValue(agent) {
			return wrong("userAgent", "must be valid as the value of a header")
		}
		return nil
	}
}

// Resolver looks up names by r. Whatever it answers is checked before a connection is made. The default is
// [net.DefaultResolver].
func Resolver(r *net.Resolver) Option {
	return func(s *settings) error {
		if r == nil {
			return wrong("resolver", "must not be nil")
		}
		s.resolver = r
		return nil
	}
}

// RootCAs sets the authorities whose certificates servers may have. The default are those of the operating system.
func RootCAs(roots *x509.CertPool) Option {
	return func(s *settings) error {
		if roots == nil {
			return wrong("rootCAs", "must not be nil")
		}
		s.roots = roots
		return nil
	}
}

// MaxRequestBytes bounds the body of a request. The default is DefaultMaxRequestBytes.
func MaxRequestBytes(n int64) Option {
	return func(s *settings) error { return positive("maxRequestBytes", &s.maxRequest, n) }
}

// MaxResponseBytes bounds the body of a response, counted after it was decompressed: a script that reads on gets an error.
// The default is DefaultMaxResponseBytes.
func MaxResponseBytes(n int64) Option {
	return func(s *settings) error { return positive("maxResponseBytes", &s.maxResponse, n) }
}

// MaxResponseHeaderBytes bounds status line and headers of a response. The default is DefaultMaxResponseHeaderBytes.
func MaxResponseHeaderBytes(n int64) Option {
	return func(s *settings) error { return positive("maxResponseHeaderBytes", &s.maxHeader, n) }
}

// HeaderTimeout bounds the time from the call until the headers of the response are there: waiting for its turn, looking
// up, connecting, sending and redirects included. The default is DefaultHeaderTimeout.
func HeaderTimeout(d time.Duration) Option {
	return func(s *settings) error { return positive("headerTimeout", &s.headerTimeout, d) }
}

// IdleTimeout bounds the time in which nothing comes of a body that somebody waits for. The default is DefaultIdleTimeout.
func IdleTimeout(d time.Duration) Option {
	return func(s *settings) error { return positive("idleTimeout", &s.idleTimeout, d) }
}

// Timeout bounds the time for a request and the whole of its response, time that the script takes to read it included. The
// default is DefaultTimeout. No request outlives its run, whatever this says.
func Timeout(d time.Duration) Option {
	return func(s *settings) error { return positive("timeout", &s.timeout, d) }
}

// KeepAlive sets how long a connection that is not in use is kept for a further request of the same tenant: tenants never
// share one. They are kept beyond the end of a run, and of the Runtime. 0 closes each after its response; then a server that
// sends more than was asked for has no way either to make net/http write that to the log package's standard logger. The
// default is DefaultKeepAlive.
func KeepAlive(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return wrong("keepAlive", "must not be negative, is %v", d)
		}
		s.keepAlive = d
		return nil
	}
}

// MaxHostConnections bounds the connections of one tenant to one host and port; a request beyond waits. Those for hidden
// secrets over plain HTTP count by themselves. The default is DefaultMaxHostConnections.
func MaxHostConnections(n int) Option {
	return func(s *settings) error { return positive("maxHostConnections", &s.perHost, n) }
}

// MaxConnections bounds the connections of all tenants, those that are kept included; a request beyond waits. It should be
// well above MaxTenantRequests, so that no tenant can take them all. The default is DefaultMaxConnections.
func MaxConnections(n int) Option {
	return func(s *settings) error { return positive("maxConnections", &s.connections, n) }
}

// MaxTenantRequests bounds the requests of one tenant that are sent or whose response is coming in; one beyond waits. The
// default is DefaultMaxTenantRequests.
func MaxTenantRequests(n int) Option {
	return func(s *settings) error { return positive("maxTenantRequests", &s.perTenant, n) }
}

// MaxOpenResponses bounds the requests of one run that are sent or whose response the script has not read to its end; one
// beyond waits. Of each up to 80 KiB are in memory. The default is DefaultMaxOpenResponses.
func MaxOpenResponses(n int) Option {
	return func(s *settings) error { return positive("maxOpenResponses", &s.perExecution, n) }
}
