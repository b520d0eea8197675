package weburl

import "strings"

// Parse parses a URL, relative to a base unless that is nil: https://url.spec.whatwg.org/#concept-basic-url-parser. The states of
// the standard's machine are the functions below; each takes what is left of the text.
func Parse(text string, base *URL) (*URL, bool) {
	if len(text) > MaxLength {
		return nil, false
	}
	text = withoutBreaks(strings.TrimFunc(text, func(c rune) bool { return c <= ' ' }))
	u := &URL{port: noPort}
	scheme, rest, ok := cutScheme(text)
	if ok {
		u.scheme = scheme
		ok = u.afterScheme(rest, base)
	} else {
		ok = u.withoutScheme(text, base)
	}
	if !ok || u.length() > MaxLength {
		return nil, false
	}
	return u, true
}

// cutScheme takes the scheme off the beginning of a text.
func cutScheme(text string) (scheme, rest string, ok bool) {
	for i := range len(text) {
		c := text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return lower(text[:i]), text[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

func (u *URL) afterScheme(rest string, base *URL) bool {
	switch {
	case u.scheme == "file":
		return u.file(rest, base)
	case u.special() && base != nil && base.scheme == u.scheme && !strings.HasPrefix(rest, "//"):
		return u.relative(rest, base)
	case u.special():
		return u.authority(strings.TrimLeft(rest, `/\`))
	case strings.HasPrefix(rest, "//"):
		return u.authority(rest[2:])
	case strings.HasPrefix(rest, "/"):
		u.segments(rest[1:])
	default:
		u.opaquePath(rest)
	}
	return true
}

func (u *URL) withoutScheme(text string, base *URL) bool {
	switch {
	case base == nil || base.opaque && !strings.HasPrefix(text, "#"):
		return false
	case base.opaque:
		u.scheme, u.path, u.opaque, u.query = base.scheme, base.path, true, base.query
		u.setFragment(text[1:])
		return true
	case base.scheme == "file":
		u.scheme = "file"
		return u.file(text, base)
	}
	u.scheme = base.scheme
	return u.relative(text, base)
}

// isSlash reports whether a character separates segments.
func (u *URL) isSlash(c byte) bool { return c == '/' || c == '\\' && u.special() }

func (u *URL) startsWithSlash(rest string) bool { return rest != "" && u.isSlash(rest[0]) }

func (u *URL) relative(rest string, base *URL) bool {
	if u.startsWithSlash(rest) {
		rest = rest[1:]
		switch {
		case u.special() && u.startsWithSlash(rest):
			return u.authority(strings.TrimLeft(rest, `/\`))
		case u.startsWithSlash(rest):
			return u.authority(rest[1:])
		}
		u.username, u.password, u.host, u.port = base.username, base.password, base.host, base.port
		u.segments(rest)
		return true
	}
	u.username, u.password, u.host, u.port = base.username, base.password, base.host, base.port
	u.relativePath(rest, base)
	return true
}

// relativePath goes on with the path and the query of a base.
func (u *URL) relativePath(rest string, base *URL) {
	u.path, u.query = base.path, base.query
	switch {
	case rest == "":
	case rest[0] == '?' || rest[0] == '#':
		u.afterPath(rest)
	default:
		u.query = nil
		if u.scheme == "file" && startsWithDrive(rest) {
			u.path = ""
		} else {
			u.path = string(u.shorten([]byte(u.path)))
		}
		u.segments(rest)
	}
}

// authority reads credentials, the host and the port, and what follows.
func (u *URL) authority(rest string) bool {
	end := u.endOfHost(rest)
	place := rest[:end]
	if at := strings.LastIndexByte(place, '@'); at >= 0 {
		name, password, _ := strings.Cut(place[:at], ":")
		u.username, u.password = encode(name, userinfoSet), encode(password, userinfoSet)
		if place = place[at+1:]; place == "" {
			return false
		}
	}
	name, port, hasPort := cutPort(place)
	if name == "" && (hasPort || u.special()) {
		return false
	}
	host, ok := parseHost(name, u.special())
	if !ok {
		return false
	}
	u.host = &host
	if port != "" {
		number, rest, ok := leadingPort(port)
		if !ok || rest != "" {
			return false
		}
		u.setPort(number)
	}
	u.pathStart(rest[end:])
	return true
}

// endOfHost returns where a host and its port end.
func (u *URL) endOfHost(rest string) int {
	marks := "/?#"
	if u.special() {
		marks = `/\?#`
	}
	if end := strings.IndexAny(rest, marks); end >= 0 {
		return end
	}
	return len(rest)
}

// cutPort cuts a host and a port at the colon between them, which is in no brackets.
func cutPort(place string) (host, port string, found bool) {
	inside := false
	for i := range len(place) {
		switch place[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if !inside {
				return place[:i], place[i+1:], true
			}
		}
	}
	return place, "", false
}

// leadingPort reads the digits at the beginning of a text as a port.
func leadingPort(text string) (port int, rest string, ok bool) {
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if port = port*10 + int(text[i]-'0'); port > 0xFFFF {
			return 0, "", false
		}
	}
	return port, text[i:], i > 0
}
