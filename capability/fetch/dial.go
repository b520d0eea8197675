package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

const (
	connectTimeout   = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	// roomInterval is how often those that are not in use are closed while somebody waits for a connection.
	roomInterval = 100 * time.Millisecond
)

// metadata are services of clouds that hand credentials to whoever asks from within, and Azure's, which has a public
// address. No prefix of AllowPrivate opens them.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most clouds
	netip.MustParseAddr("169.254.170.2"),   // ECS tasks
	netip.MustParseAddr("169.254.170.23"),  // EKS pods
	netip.MustParseAddr("fd00:ec2::254"),   // EC2
	netip.MustParseAddr("fd00:ec2::23"),    // EKS pods
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("169.254.42.42"),   // Scaleway
	netip.MustParseAddr("fd00:42::42"),     // Scaleway
	netip.MustParseAddr("169.254.0.23"),    // Tencent
	netip.MustParseAddr("100.96.0.96"),     // Volcengine
}

var errAddress = failed(ErrNotAllowed, "address not allowed")

// dialer makes every connection. Addresses are checked when the system is about to connect, so there is no time between the
// check and the connection in which a name could come to mean another address.
type dialer struct {
	resolver *net.Resolver
	tls      *tls.Config
	public   *ssrf.Guardian
	prefixes []netip.Prefix // of AllowPrivate
	ports    []uint16

	slots chan struct{} // one token for each connection
	evict func()        // closes those that are not in use

	mu      sync.Mutex
	evicted time.Time // when that was last
}

// dialFunc is a way of dialing: the check that an address has to pass.
type dialFunc struct {
	dialer *dialer
	check  func(network, address string, conn syscall.RawConn) error
}

func newDialer(s settings, evict func()) *dialer {
	var v4, v6 []netip.Prefix
	for _, p := range s.private {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return &dialer{
		resolver: s.resolver,
		tls:      &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
		public: ssrf.New(ssrf.WithPorts(slices.Clone(s.ports)...),
			ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)),
		prefixes: s.private,
		ports:    s.ports,
		slots:    make(chan struct{}, s.connections),
		evict:    evict,
	}
}

// checkAny lets through what is public and what AllowPrivate says.
func (d *dialer) checkAny(network, address string, conn syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || slices.Contains(metadata, translated(to.Addr())) {
		return errAddress
	}
	if err := d.public.Safe(network, address, conn); err != nil {
		return failedBy(err, ErrNotAllowed, "address not allowed")
	}
	return nil
}

// nat64 is the prefix behind which networks that have IPv6 only keep the addresses of IPv4.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// translated returns the address that an address is another form of, or the address itself.
func translated(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr
}

// checkPrivate lets through what AllowPrivate says.
func (d *dialer) checkPrivate(network, address string, conn syscall.RawConn) error {
	if err := d.checkAny(network, address, conn); err != nil {
		return err
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !slices.ContainsFunc(d.prefixes, func(p netip.Prefix) bool { return p.Contains(to.Addr()) }) {
		return errAddress
	}
	return nil
}

func (d *dialer) anyone() dialFunc  { return dialFunc{d, d.checkAny} }
func (d *dialer) private() dialFunc { return dialFunc{d, d.checkPrivate} }

// within returns a context that ends with the line's for which is dialed.
func within(dial context.Context) (context.Context, context.CancelFunc) {
	dial, cancel := context.WithCancelCause(dial)
	l, ok := dial.Value(lineKey{}).(*line)
	if !ok {
		return dial, func() { cancel(nil) }
	}
	l.dialed.Store(true)
	stop := context.AfterFunc(l.ctx, func() { cancel(context.Cause(l.ctx)) })
	return dial, func() { stop(); cancel(nil) }
}

func (f dialFunc) plain(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	conn, err := f.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &arrivalConn{Conn: conn}, nil
}

func (f dialFunc) tls(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	conn, err := f.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := f.dialer.tls.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address) // a Transport always dials with a port
	ctx, stop := context.WithTimeoutCause(ctx, handshakeTimeout, errHandshake)
	defer stop()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		if errors.Is(context.Cause(ctx), errHandshake) {
			return nil, errHandshake
		}
		return nil, &handshakeError{err}
	}
	return &arrivalConn{Conn: secure}, nil
}

// dial connects once there is room for another connection.
func (f dialFunc) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := f.dialer.takeSlot(ctx); err != nil {
		return nil, err
	}
	release := sync.OnceFunc(func() { <-f.dialer.slots })
	dialer := net.Dialer{Timeout: connectTimeout, Resolver: f.dialer.resolver, Control: f.check}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		release()
		return nil, err
	}
	return &countedConn{Conn: conn, release: release}, nil
}

func (d *dialer) takeSlot(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	default:
	}
	ticker := time.NewTicker(roomInterval)
	defer ticker.Stop()
	for {
		d.makeRoom()
		select {
		case d.slots <- struct{}{}:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// makeRoom closes the connections that are not in use. That takes a look at every tenant, so those who wait share one.
func (d *dialer) makeRoom() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.Sub(d.evicted) >= roomInterval {
		d.evicted = now
		d.evict()
	}
}

// countedConn gives its slot back when it is closed.
type countedConn struct {
	net.Conn
	release func()
}

func (c *countedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
