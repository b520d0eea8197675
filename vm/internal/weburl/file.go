package weburl

import "strings"

func (u *URL) file(rest string, base *URL) bool {
	u.host = new(string)
	if base != nil && base.scheme != "file" {
		base = nil
	}
	switch {
	case !u.startsWithSlash(rest) && base != nil:
		u.host = base.host
		u.relativePath(rest, base)
	case !u.startsWithSlash(rest):
		u.segments(rest)
	case u.startsWithSlash(rest[1:]):
		return u.fileHost(rest[2:])
	default:
		u.filePath(rest[1:], base)
	}
	return true
}

// filePath reads a path behind its first slash; the host and the drive are those of the base.
func (u *URL) filePath(rest string, base *URL) {
	if base != nil {
		u.host = base.host
		if first, _, _ := strings.Cut(strings.TrimPrefix(base.path, "/"), "/"); !startsWithDrive(rest) && isNormalDrive(first) {
			u.path = "/" + first
		}
	}
	u.segments(rest)
}

func (u *URL) fileHost(rest string) bool {
	end := u.endOfHost(rest)
	if isDrive(rest[:end]) {
		u.segments(rest)
		return true
	}
	if !u.setFileHost(rest[:end]) {
		return false
	}
	u.pathStart(rest[end:])
	return true
}

func (u *URL) setFileHost(name string) bool {
	host, ok := parseHost(name, true)
	if host == "localhost" {
		host = ""
	}
	if ok {
		u.host = &host
	}
	return ok
}

// isDrive reports whether a text is a Windows drive letter: https://url.spec.whatwg.org/#windows-drive-letter.
func isDrive(text string) bool {
	return len(text) == 2 && text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z' && (text[1] == ':' || text[1] == '|')
}

func isNormalDrive(text string) bool { return isDrive(text) && text[1] == ':' }

func startsWithDrive(text string) bool {
	return len(text) >= 2 && isDrive(text[:2]) && (len(text) == 2 || strings.IndexByte(`/\?#`, text[2]) >= 0)
}
