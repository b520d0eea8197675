package fetch

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// reply is what the realm gets of a response: its status, the status's text, its URL and two letters, each as a line, its headers as
// lines, a name and a value in turn, an empty line, and what there is of the body. The first letter is r where the response was
// redirected, and else a hyphen; the second one is about the body.
type reply struct {
	text    []byte
	letters int // where they are
}

// What a reply says of the body.
const (
	bodyNone   = '-' // it has none
	bodyBegins = 'b' // what is there is the beginning, of which more may come
	bodyWhole  = 'w' // it is all there
)

func replyOf(resp *http.Response, last *request) (r reply) {
	const besides = 32 // bytes, for what is not counted
	size := len(last.shown) + len(resp.Status) + headerBytes(resp.Header) + besides
	if 0 < resp.ContentLength && resp.ContentLength < readBytes {
		size += int(resp.ContentLength)
	}
	_, status, _ := strings.Cut(resp.Status, " ")
	b := strconv.AppendInt(make([]byte, 0, size), int64(resp.StatusCode), 10)
	b = append(b, '\n')
	b = append(b, fromBytes(strings.TrimLeft(status, " "))...)
	b = append(b, '\n')
	b = append(b, last.shown...)
	b = append(b, '\n')
	r.letters = len(b)
	b = append(b, '-', bodyNone, '\n')
	if last.redirects > 0 {
		b[r.letters] = 'r'
	}
	r.text = append(appendLines(b, resp.Header), '\n')
	return r
}

// say says of the body what is known of it.
func (r *reply) say(body byte) { r.text[r.letters+1] = body }

// headerBytes is what headers take as lines.
func headerBytes(header http.Header) (size int) {
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value) + len("\n\n")
		}
	}
	return size
}

// appendLines appends headers as lines: one of each name, sorted, and one of each cookie.
func appendLines(b []byte, header http.Header) []byte {
	var few [16]string
	names := slices.AppendSeq(few[:0], maps.Keys(header))
	slices.Sort(names)
	for _, name := range names {
		values := header[name]
		if name != "Set-Cookie" && len(values) > 1 {
			values = []string{strings.Join(values, ", ")}
		}
		for _, value := range values {
			for i := range len(name) {
				b = append(b, lower(name[i]))
			}
			b = append(append(append(b, '\n'), fromBytes(value)...), '\n')
		}
	}
	return b
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
