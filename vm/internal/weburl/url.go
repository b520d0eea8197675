// Package weburl parses URLs as browsers do, by https://url.spec.whatwg.org, in time and memory that grow with the length of the
// text and no faster.
package weburl

import (
	"strconv"
	"strings"
)

// MaxLength bounds a URL and the texts that it is made from, in bytes. What is longer is no URL.
const MaxLength = 1 << 20

// URL is a URL record: https://url.spec.whatwg.org/#url-representation. Its parts are encoded, so all of them are ASCII.
type URL struct {
	scheme             string
	username, password string
	host               *string // nil where there is none, which is something else than an empty one
	port               int     // noPort where there is none, or where it is the one of the scheme
	path               string  // with a slash before each segment; an opaque one as it is
	opaque             bool    // the path has no segments
	query, fragment    *string // without their marks; nil where there is none
}

const noPort = -1

// defaultPorts are the ports of the special schemes: https://url.spec.whatwg.org/#special-scheme.
var defaultPorts = map[string]int{"ftp": 21, "file": noPort, "http": 80, "https": 443, "ws": 80, "wss": 443}

func isSpecial(scheme string) bool {
	_, special := defaultPorts[scheme]
	return special
}

func (u *URL) special() bool { return isSpecial(u.scheme) }

// setPort sets a port, or none where it is the one of the scheme.
func (u *URL) setPort(port int) {
	u.port = port
	if standard, special := defaultPorts[u.scheme]; special && standard == port {
		u.port = noPort
	}
}

// hasCredentials reports whether there is a user's name or a password.
func (u *URL) hasCredentials() bool { return u.username != "" || u.password != "" }

// isHostless reports whether the URL can have neither credentials nor a port.
func (u *URL) isHostless() bool { return u.host == nil || *u.host == "" || u.scheme == "file" }

// Href returns the whole URL: https://url.spec.whatwg.org/#concept-url-serializer.
func (u *URL) Href() string {
	var b strings.Builder
	b.Grow(u.length())
	b.WriteString(u.scheme + ":")
	if u.host != nil {
		b.WriteString("//")
		if u.hasCredentials() {
			b.WriteString(u.username)
			if u.password != "" {
				b.WriteString(":")
				b.WriteString(u.password)
			}
			b.WriteString("@")
		}
		b.WriteString(u.Host())
	} else if !u.opaque && strings.HasPrefix(u.path, "//") {
		b.WriteString("/.") // or the path would be read as a host
	}
	b.WriteString(u.path)
	if u.query != nil {
		b.WriteString("?")
		b.WriteString(*u.query)
	}
	if u.fragment != nil {
		b.WriteString("#")
		b.WriteString(*u.fragment)
	}
	return b.String()
}

// length returns how long the whole URL is, or a few bytes more.
func (u *URL) length() int {
	const marks = 16 // and a port
	return marks + len(u.scheme) + len(u.username) + len(u.password) + len(value(u.host)) + len(u.path) + len(value(u.query)) + len(value(u.fragment))
}

// Origin returns the origin as a text: https://url.spec.whatwg.org/#concept-url-origin.
func (u *URL) Origin() string {
	switch {
	case u.scheme == "blob":
		if inner, ok := Parse(u.path, nil); ok && (inner.scheme == "http" || inner.scheme == "https") {
			return inner.Origin()
		}
	case u.special() && u.scheme != "file":
		return u.scheme + "://" + u.Host()
	}
	return "null"
}

// Protocol returns the scheme with its colon.
func (u *URL) Protocol() string { return u.scheme + ":" }

// Username returns the user's name.
func (u *URL) Username() string { return u.username }

// Password returns the password.
func (u *URL) Password() string { return u.password }

// Host returns the host with its port.
func (u *URL) Host() string {
	if u.port == noPort {
		return value(u.host)
	}
	return value(u.host) + ":" + u.Port()
}

// Hostname returns the host without its port.
func (u *URL) Hostname() string { return value(u.host) }

// Port returns the port, or nothing where it is the one of the scheme.
func (u *URL) Port() string {
	if u.port == noPort {
		return ""
	}
	return strconv.Itoa(u.port)
}

// Pathname returns the path.
func (u *URL) Pathname() string { return u.path }

// Search returns the query with its mark, or nothing where it is empty.
func (u *URL) Search() string { return marked("?", u.query) }

// Hash returns the fragment with its mark, or nothing where it is empty.
func (u *URL) Hash() string { return marked("#", u.fragment) }

func marked(mark string, part *string) string {
	if value(part) == "" {
		return ""
	}
	return mark + *part
}

// value returns a part that may be missing.
func value(part *string) string {
	if part == nil {
		return ""
	}
	return *part
}
