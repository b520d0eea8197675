package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

// privateAddresses are those that no script may reach, in one spelling each.
var privateAddresses = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	"169.254.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
	"192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	"255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
	"64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1",
	"2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "3fff::1", "100::1", "fc00::1", "fd00::1", "fd00:ec2::254",
	"fd20:ce::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "5f00::1",
}

func TestOnlyPublicAddressesAreDialed(t *testing.T) {
	functions, err := fetch.NewFunctions()
	require.NoError(t, err)
	check := func(address string) error {
		network := "tcp4"
		if strings.Contains(address, ":") {
			network = "tcp6"
		}
		return functions.CheckAddress(network, net.JoinHostPort(address, "443"))
	}
	for _, address := range privateAddresses {
		require.ErrorIs(t, check(address), fetch.ErrNotAllowed, address)
	}
	for _, address := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"} {
		require.NoError(t, check(address), address)
	}
	require.ErrorIs(t, functions.CheckAddress("tcp4", "8.8.8.8:22"), fetch.ErrNotAllowed)
	require.ErrorIs(t, functions.CheckAddress("udp4", "8.8.8.8:443"), fetch.ErrNotAllowed)
	require.ErrorIs(t, functions.CheckAddress("unix", "/var/run/docker.sock"), fetch.ErrNotAllowed)
}

func TestMetadataServicesStayOutOfReach(t *testing.T) {
	functions, err := fetch.NewFunctions(fetch.AllowPrivate(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")))
	require.NoError(t, err)
	for _, address := range []string{"10.0.0.1:80", "169.254.1.1:80", "[fd00::1]:80", "[64:ff9b::8.8.8.8]:80"} {
		require.NoError(t, functions.CheckAddress("tcp4", address), address)
	}
	for _, address := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254",
		"fd00:ec2::23", "fd20:ce::254", "169.254.42.42", "fd00:42::42", "169.254.0.23", "100.96.0.96", "::ffff:169.254.169.254",
		"64:ff9b::169.254.169.254", "64:ff9b::6464:64c8",
	} {
		require.ErrorIs(t, functions.CheckAddress("tcp4", net.JoinHostPort(address, "80")), fetch.ErrNotAllowed, address)
		require.ErrorIs(t, functions.CheckAddress("tcp6", net.JoinHostPort(address, "80")), fetch.ErrNotAllowed, address)
	}
}

// spellings are other ways to write an address that is not public, as the host of a URL.
var spellings = []string{
	"127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001",
	"0", "0x0", "00000177.1", "127.0.0.1..", "127.00.0.1", "0x7f000001.", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "[::1]",
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:7f00:0001]", "[0:0:0:0:0:ffff:7f00:1]", "[::7f00:1]", "[::]", "[::1%25lo]",
	"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:a9fe:a9fe]", "169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe",
	"0251.0376.0251.0376", "[fd00:ec2::254]", "0.0.0.0", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "%31%32%37.0.0.1",
	"127.0.0.1%2e", "1.2.3.4.5", "256.256.256.256", "127.0.0.1%00.example.com", "127.0.0.1 .example.com", "a_b..c",
}

func TestNoSpellingOfAPrivateAddressIsReached(t *testing.T) {
	r := newRealm(t)
	for _, host := range spellings {
		err := r.failure("http://" + host + "/")
		require.Regexp(t, `^fetch: (address not allowed|url: )`, err.Error(), host)
	}
}

func TestARedirectLeadsNowhereElse(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{r.URL.Query().Get("to")}
		w.WriteHeader(http.StatusFound)
	})
	r := newRealm(t, open)
	for _, host := range spellings {
		if u, err := url.Parse("http://" + host); err == nil {
			canonical, _ := fetch.CanonicalHost(u.Hostname())
			if addr, err := netip.ParseAddr(canonical); err == nil && loopback.Contains(addr.Unmap()) {
				continue // which is open here, for the server's sake
			}
		}
		err := r.failure(at + "/?to=" + escaped("http://"+host+"/"))
		require.Regexp(t, `^fetch: (address not allowed|redirected to a URL that is not allowed: url: |port not allowed)`, err.Error(), host)
		require.ErrorIs(t, err, fetch.ErrNotAllowed)
	}
	for to, want := range map[string]string{
		"file:///etc/passwd":          "redirected to a URL that is not allowed: url: must begin with http:// or https://",
		"javascript:alert(1)":         "redirected to a URL that is not allowed: url: must begin with http:// or https://",
		"http://user:pw@example.com/": "redirected to a URL that is not allowed: url: must not hold a user name or a password; set the header authorization",
		"http://example.com:22/":      "port not allowed: 22; those that are: 80, 443, " + portOf(at),
		"https://169.254.169.254/":    "address not allowed: 169.254.169.254 does not lead to an address that scripts may reach",
		"//169.254.169.254/":          "address not allowed: 169.254.169.254 does not lead to an address that scripts may reach",
	} {
		require.EqualError(t, r.failure(at+"/?to="+escaped(to)), "fetch: "+want)
	}
}

func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// names is a resolver that answers from a function.
func names(t *testing.T, lookup func(name string) []string) fetch.Option {
	return fetch.Resolver(&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe() // which Go takes for TCP
		go func() {
			defer server.Close()
			if err := answerNames(server, lookup); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				t.Error(err)
			}
		}()
		return client, nil
	}})
}

func answerNames(conn net.Conn, lookup func(name string) []string) error {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	packed := make([]byte, int(length[0])<<8|int(length[1]))
	if _, err := io.ReadFull(conn, packed); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(packed); err != nil {
		return err
	}
	question := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	header := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 0}
	found := lookup(strings.TrimSuffix(question.Name.String(), "."))
	for _, text := range found {
		addr := netip.MustParseAddr(text)
		switch {
		case addr.Is4() && question.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}})
		case addr.Is6() && question.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	if found == nil {
		m.RCode = dnsmessage.RCodeNameError
	}
	answer, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...))
	return err
}

func TestANameThatChangesItsMeaningLeadsNowhereElse(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "public") })
	var private atomic.Bool
	r := newRealm(t, open, names(t, func(string) []string {
		if private.Load() {
			return []string{"10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254"}
		}
		return []string{"127.0.0.1"}
	}))
	at = "http://rebind.test:" + portOf(at)
	require.Equal(t, "public", r.text(at))
	private.Store(true)
	err := r.failure(at)
	require.EqualError(t, err, "fetch: address not allowed: rebind.test:"+portOf(at)+" does not lead to an address that scripts may reach")
	require.ErrorIs(t, err, fetch.ErrNotAllowed)
	require.NotContains(t, err.Error(), "10.1.2.3")
}

func TestANameWithAddressesOfBothKindsLeadsToTheAllowedOne(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	r := newRealm(t, open, names(t, func(string) []string { return []string{"10.1.2.3", "127.0.0.1", "::1"} }))
	require.Equal(t, "mixed.test:"+portOf(at), r.text("http://MIXED.test.:"+portOf(at)))
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	r := newRealm(t, open, names(t, func(string) []string { return []string{"127.0.0.1"} }))
	require.Equal(t, "/x", r.text("http://api.test:"+portOf(at)+"/x"))
}

func TestHostsHaveOneForm(t *testing.T) {
	for host, want := range map[string]string{
		"EXAMPLE.com": "example.com", "example.com.": "example.com", "bücher.example": "xn--bcher-kva.example", "ｅxample.com": "example.com",
		"a_b.example.com": "a_b.example.com", "127.0.0.1": "127.0.0.1", "::1": "::1", "0:0:0:0:0:0:0:1": "::1", "１.1.1.1": "1.1.1.1",
		"xn--bcher-kva.EXAMPLE": "xn--bcher-kva.example", "4u.example": "4u.example",
	} {
		got, ok := fetch.CanonicalHost(host)
		require.True(t, ok, host)
		require.Equal(t, want, got)
	}
	for _, host := range []string{"", ".", "..", "a..b", "1", "0x7f", "a.1", "a b", "a/b", "fe80::1%eth0", "a%00", "-:", strings.Repeat("a.", 200), "\xb4", strings.Repeat("ü", 1000)} {
		_, ok := fetch.CanonicalHost(host)
		require.False(t, ok, host)
	}
}

func FuzzTheFormOfHosts(f *testing.F) {
	for _, host := range spellings {
		f.Add(strings.Trim(host, "[]"))
	}
	f.Add("\xb4")
	f.Fuzz(func(t *testing.T, host string) {
		once, ok := fetch.CanonicalHost(host)
		if !ok {
			return
		}
		twice, ok := fetch.CanonicalHost(once)
		require.True(t, ok, once)
		require.Equal(t, once, twice)
	})
}
