package weburl

import (
	"bytes"
	"strings"
)

// pathStart reads what stands behind a host: a path, or none.
func (u *URL) pathStart(rest string) {
	switch {
	case u.startsWithSlash(rest):
		u.segments(rest[1:])
	case !u.special() && (rest == "" || rest[0] == '?' || rest[0] == '#'):
		u.afterPath(rest)
	default:
		u.segments(rest)
	}
}

// segments reads a path that begins behind its first slash, and what follows.
func (u *URL) segments(rest string) {
	end := strings.IndexAny(rest, "?#")
	if end < 0 {
		end = len(rest)
	}
	u.addSegments(rest[:end])
	u.afterPath(rest[end:])
}

// addSegments adds the segments of a text to the path, and resolves those that are dots.
func (u *URL) addSegments(text string) {
	path := append(make([]byte, 0, len(u.path)+len(text)+16), u.path...)
	special := u.special()
	for last := false; !last; {
		segment := text
		i := indexSlash(text, special)
		if last = i < 0; !last {
			segment, text = text[:i], text[i+1:]
		}
		switch dotsOf(segment) {
		case 0:
			path = append(path, '/')
			if u.scheme == "file" && len(path) == 1 && isDrive(segment) {
				segment = segment[:1] + ":"
			}
			path = appendEncoded(path, segment, pathSet)
			continue
		case 2:
			path = u.shorten(path)
		}
		if last {
			path = append(path, '/')
		}
	}
	u.path = string(path)
}

// indexSlash is a loop of its own since segments are short: searching for a set would take longer to begin than to end.
func indexSlash(text string, special bool) int {
	for i := range len(text) {
		if text[i] == '/' || text[i] == '\\' && special {
			return i
		}
	}
	return -1
}

// shorten takes the last segment off a path, unless it is the drive of a file.
func (u *URL) shorten(path []byte) []byte {
	if u.scheme == "file" && len(path) == len("/C:") && isNormalDrive(string(path[1:])) {
		return path
	}
	return path[:max(bytes.LastIndexByte(path, '/'), 0)]
}

// dotsOf returns how many dots a segment is, 0 for one that is something else. A dot may be encoded.
func dotsOf(segment string) int {
	dots := 0
	for ; segment != ""; dots++ {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && segment[:2] == "%2" && segment[2]|0x20 == 'e':
			segment = segment[3:]
		default:
			return 0
		}
		if dots == 2 {
			return 0
		}
	}
	return dots
}

// opaquePath reads a path that has no segments, and what follows.
func (u *URL) opaquePath(rest string) {
	u.opaque = true
	end := strings.IndexAny(rest, "?#")
	if end < 0 {
		end = len(rest)
	}
	u.path = encode(rest[:end], controlSet)
	if inner, ok := strings.CutSuffix(u.path, " "); ok && end < len(rest) {
		u.path = inner + "%20" // it would be lost with what follows
	}
	u.afterPath(rest[end:])
}

// afterPath reads the query and the fragment.
func (u *URL) afterPath(rest string) {
	rest, fragment, found := strings.Cut(rest, "#")
	if found {
		u.setFragment(fragment)
	}
	if rest != "" {
		u.setQuery(rest[1:])
	}
}

func (u *URL) setQuery(text string) {
	set := querySet
	if u.special() {
		set = specialQuerySet
	}
	query := encode(text, set)
	u.query = &query
}

func (u *URL) setFragment(text string) {
	fragment := encode(text, fragmentSet)
	u.fragment = &fragment
}
