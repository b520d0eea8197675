package weburl

import "strings"

// Set changes a part of the URL as the setter of that name does, https://url.spec.whatwg.org/#api, and leaves it as it is where the
// value is not one for it. It knows all parts but href and origin.
func (u *URL) Set(part, text string) {
	if len(text) > MaxLength {
		return
	}
	changed := *u
	if changed.set(part, text); changed.length() <= MaxLength {
		*u = changed
	}
}

func (u *URL) set(part, text string) {
	switch part {
	case "username":
		if !u.isHostless() {
			u.username = encode(text, userinfoSet)
		}
		return
	case "password":
		if !u.isHostless() {
			u.password = encode(text, userinfoSet)
		}
		return
	}
	empty := text == ""
	text = withoutBreaks(text)
	switch part {
	case "protocol":
		u.changeScheme(text)
	case "host", "hostname":
		if !u.opaque {
			u.changeHost(text, part == "host")
		}
	case "port":
		u.changePort(text, empty)
	case "pathname":
		u.changePath(text)
	case "search":
		if u.query = nil; !empty {
			u.setQuery(strings.TrimPrefix(text, "?"))
		}
	case "hash":
		if u.fragment = nil; !empty {
			u.setFragment(strings.TrimPrefix(text, "#"))
		}
	}
}

func (u *URL) changeScheme(text string) {
	scheme, _, ok := cutScheme(text + ":")
	switch {
	case !ok || isSpecial(scheme) != u.special():
	case scheme == "file" && (u.hasCredentials() || u.port != noPort):
	case u.scheme == "file" && value(u.host) == "":
	default:
		u.scheme = scheme
		u.setPort(u.port)
	}
}

func (u *URL) changeHost(text string, withPort bool) {
	if u.scheme == "file" {
		u.setFileHost(text[:u.endOfHost(text)])
		return
	}
	name, port, hasPort := cutPort(text[:u.endOfHost(text)])
	switch {
	case hasPort && (name == "" || !withPort):
		return
	case name == "" && (u.special() || u.hasCredentials() || u.port != noPort):
		return
	}
	host, ok := parseHost(name, u.special())
	if !ok {
		return
	}
	u.host = &host
	if number, _, ok := leadingPort(port); ok {
		u.setPort(number)
	}
}

func (u *URL) changePort(text string, empty bool) {
	if u.isHostless() {
		return
	}
	if empty {
		u.port = noPort
	} else if number, _, ok := leadingPort(text); ok {
		u.setPort(number)
	}
}

func (u *URL) changePath(text string) {
	if u.opaque {
		return
	}
	u.path = ""
	if u.startsWithSlash(text) {
		text = text[1:]
	} else if text == "" && u.host != nil && !u.special() {
		return
	}
	u.addSegments(text)
}
