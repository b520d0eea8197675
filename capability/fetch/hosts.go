package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	maxURLBytes = 16 << 10
	// maxHostBytes bounds a host in Unicode. In ASCII it has at most 253 bytes.
	maxHostBytes = 1 << 10
)

// domains turns names into ASCII as the URL standard does: it maps upper case and full-width forms, and minds underscores no
// more than servers do.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
	idna.CheckHyphens(false), idna.BidiRule(), idna.CheckJoiners(true))

var (
	domainName  = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
	likeAddress = regexp.MustCompile(`(^|\.)([0-9]+|0x[0-9a-f]*)$`)
)

// canonicalHost returns a host in the one form in which hosts are compared, connected to and sent: lower case, ASCII,
// without a trailing dot, an address as netip writes it. What a resolver of the system might take for an address in another
// spelling is none.
func canonicalHost(host string) (string, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String(), addr.Zone() == ""
	}
	if len(host) > maxHostBytes { // the form in ASCII takes time by the square of it
		return "", false
	}
	ascii, err := domains.ToASCII(host)
	if err != nil {
		return "", false
	}
	ascii = strings.TrimSuffix(strings.ToLower(ascii), ".")
	if addr, err := netip.ParseAddr(ascii); err == nil {
		return addr.String(), addr.Is4()
	}
	again, err := domains.ToASCII(ascii) // it accepts names that it does not leave alone afterwards
	return ascii, err == nil && again == ascii && len(ascii) <= 253 && domainName.MatchString(ascii) && !likeAddress.MatchString(ascii)
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// portOf returns the port that a URL leads to.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return defaultPorts[u.Scheme]
}

// origin is what two URLs have in common when credentials may go from one to the other.
func origin(u *url.URL) string { return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), portOf(u)) }

// parseURL returns a URL, relative to base where there is one, with its host in canonical form and without a fragment.
func parseURL(raw string, base *url.URL) (*url.URL, error) {
	if len(raw) > maxURLBytes {
		return nil, invalid("url", "must be at most %d bytes", maxURLBytes)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, invalid("url", "is not valid")
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case defaultPorts[u.Scheme] == "":
		return nil, invalid("url", "must begin with http:// or https://")
	case u.User != nil:
		return nil, invalid("url", "must not hold a user name or a password; set the header authorization")
	case u.Opaque != "" || u.Host == "":
		return nil, invalid("url", "must name a host")
	}
	host, ok := canonicalHost(u.Hostname())
	if !ok {
		return nil, invalid("url", "must have a valid host name or address as host")
	}
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil || port == 0 {
		return nil, invalid("url", "must have a port from 1 to 65535")
	}
	u.Host = joinHost(host, strconv.Itoa(int(port)), defaultPorts[u.Scheme])
	u.RawQuery = escapedQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// escapedQuery returns a query as the URL standard has it. A server that finds a space in it could take what follows for
// something else.
func escapedQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"'<>`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// joinHost returns the host of a URL, without the port where it is the scheme's own.
func joinHost(host, port, usual string) string {
	switch {
	case port != usual:
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// hostPattern is an entry of a list of hosts, as [HostsFunc] describes it.
type hostPattern struct {
	host  string // canonical; "" for any
	below bool   // it stands for what is below the host
	port  string // "" for any
}

// hostPatterns returns the entries of a list. Its error names the first one that is none.
func hostPatterns(list []string) ([]hostPattern, error) {
	patterns := make([]hostPattern, len(list))
	for i, entry := range list {
		var ok bool
		if patterns[i], ok = patternOf(entry); !ok {
			return nil, fmt.Errorf("%q is not a host", entry)
		}
	}
	return patterns, nil
}

func patternOf(entry string) (p hostPattern, ok bool) {
	name := entry
	if host, port, err := net.SplitHostPort(entry); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return p, false
		}
		name, p.port = host, strconv.FormatUint(n, 10)
	}
	if name == "*" {
		return p, true
	}
	name, p.below = strings.CutPrefix(name, "*.")
	p.host, ok = canonicalHost(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"))
	_, err := netip.ParseAddr(p.host)
	return p, ok && p.host != "" && (!p.below || err != nil)
}

func (p hostPattern) matches(u *url.URL) bool {
	switch host := u.Hostname(); {
	case p.port != "" && p.port != portOf(u):
		return false
	case p.below:
		return strings.HasSuffix(host, "."+p.host)
	default:
		return p.host == "" || p.host == host
	}
}

// matchesHost reports whether a URL leads to one of the hosts of a list.
func matchesHost(list []hostPattern, u *url.URL) bool {
	return slices.ContainsFunc(list, func(p hostPattern) bool { return p.matches(u) })
}

// allow refuses a URL that the rules on ports and hosts refuse. Addresses are checked when they are dialed.
func (c *client) allow(u *url.URL, hosts []hostPattern) error {
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil || !slices.Contains(c.ports, uint16(port)) {
		return failed(ErrNotAllowed, "port not allowed: %s; those that are: %s", portOf(u), portList(c.ports))
	}
	if c.hosts != nil && !matchesHost(hosts, u) {
		return failed(ErrNotAllowed, "host not allowed: %s is not among the hosts that this tenant's scripts may reach", u.Host)
	}
	return nil
}

func portList(ports []uint16) string {
	texts := make([]string, len(ports))
	for i, p := range ports {
		texts[i] = strconv.Itoa(int(p))
	}
	return strings.Join(texts, ", ")
}
