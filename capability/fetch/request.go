package fetch

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/jsruntime/jsruntime"
)

const (
	maxMethodBytes = 32
	// maxHeaderBytes bounds the headers of a request as they are sent.
	maxHeaderBytes = 64 << 10
)

// request is a request as it will be sent, or was.
type request struct {
	method   string
	url      *url.URL
	shown    string // the URL as the script sees it
	header   http.Header
	shared   bool // the header is that of other requests too, so that nobody may change it
	body     []byte
	redirect string // what to do with one: follow, manual or error

	hidden    []string // names of the headers that hold secrets which the script does not know
	redirects int      // that led here
}

// parse takes apart what the realm passed behind the id, which may be anything.
func (c *client) parse(call jsruntime.FunctionCall, run *run) (*request, error) {
	raw, ok := call.Arg(1).(string)
	if !ok {
		return nil, invalid("url", "must be a string")
	}
	u, err := run.target(raw)
	if err != nil {
		return nil, err
	}
	shown, _, _ := strings.Cut(raw, "#")
	req := &request{url: u, shown: shown}
	if req.method, err = methodOf(call.Arg(2)); err != nil {
		return nil, err
	}
	if req.header, req.shared, err = run.header(call.Arg(3), c.headerOf); err != nil {
		return nil, err
	}
	if req.body, err = c.bodyOf(call.Arg(4), req.method); err != nil {
		return nil, err
	}
	req.redirect, ok = call.Arg(5).(string)
	if !ok || !slices.Contains([]string{"follow", "manual", "error"}, req.redirect) {
		return nil, invalid("redirect", `must be "follow", "manual" or "error"`)
	}
	return req, nil
}

// methodOf returns a method, in upper case where the standard says so, and else as it is.
func methodOf(arg any) (string, error) {
	method, ok := arg.(string)
	if !ok || len(method) > maxMethodBytes || !httpguts.ValidHeaderFieldName(method) {
		return "", invalid("method", "must be a token of at most %d bytes", maxMethodBytes)
	}
	upper := strings.ToUpper(method)
	switch upper {
	case http.MethodConnect, http.MethodTrace, "TRACK":
		return "", invalid("method", "must not be %s", upper)
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return upper, nil
	}
	return method, nil
}

func (c *client) bodyOf(arg any, method string) ([]byte, error) {
	body, ok := arg.([]byte)
	switch {
	case !ok && arg != nil:
		return nil, invalid("body", "must be bytes or null")
	case ok && (method == http.MethodGet || method == http.MethodHead):
		return nil, invalid("body", "must be null for %s", method)
	case int64(len(body)) > c.maxRequest:
		return nil, invalid("body", "must be at most %d bytes, is %d", c.maxRequest, len(body))
	}
	return body, nil
}

// ownHeaders are those that say how the message is carried, which is not for a script to say: a server could be led to take
// the end of one message for the beginning of another.
var ownHeaders = strings.Fields("connection content-length expect host keep-alive te trailer transfer-encoding upgrade")

// headerOf returns the headers that a text has as lines, a name and a value in turn.
func (c *client) headerOf(lines string) (http.Header, error) {
	if lines == "" {
		return c.plainHeader, nil
	}
	header := http.Header{}
	size := 0
	for lines != "" {
		name, rest, _ := strings.Cut(lines, "\n")
		text, rest, ok := strings.Cut(rest, "\n")
		if !ok {
			return nil, invalid("headers", "must be lines, a name and a value in turn")
		}
		value, err := valueOf(name, text)
		if err != nil {
			return nil, err
		}
		if size += headerSize(name, value); size > maxHeaderBytes {
			return nil, invalid("headers", "must be at most %d bytes together", maxHeaderBytes)
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		header[key], lines = append(header[key], value), rest
	}
	// The answer is decoded where it comes as gzip because fetch asked for it, and would not be where a script did.
	if encoding := header["Accept-Encoding"]; len(encoding) > 0 && encoding[0] != "identity" {
		delete(header, "Accept-Encoding")
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = []string{c.userAgent}
	}
	if accept := header["Accept"]; len(accept) == 0 || accept[0] == "" {
		header["Accept"] = []string{"*/*"}
	}
	return header, nil
}

// headerSize is what a header takes as it is sent.
func headerSize(name, value string) int { return len(name) + len(value) + len(": \r\n") }

// valueOf returns the value of a header as the bytes that its characters stand for.
func valueOf(name, text string) (string, error) {
	switch lower := strings.ToLower(name); {
	case len(name)+len(text) > maxHeaderBytes:
		return "", invalid("headers", "must be at most %d bytes together", maxHeaderBytes)
	case !httpguts.ValidHeaderFieldName(name):
		return "", invalid("headers", "%q is not a valid name", name)
	case slices.Contains(ownHeaders, lower) || strings.HasPrefix(lower, "proxy-"):
		return "", invalid("header "+lower, "must not be set: it is for fetch to set")
	}
	value, ok := toBytes(strings.Trim(text, " \t\r\n"))
	if !ok || !httpguts.ValidHeaderFieldValue(value) {
		return "", invalid("header "+strings.ToLower(name), "must have a value of Latin-1 characters other than control characters")
	}
	return value, nil
}

// toBytes returns the bytes that a text's characters stand for, one each: headers are bytes, and the platform shows them to
// scripts so. It reports false where a character stands for none.
func toBytes(text string) (string, bool) {
	if isASCII(text) {
		return text, true
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

// fromBytes is the reverse of toBytes.
func fromBytes(value string) string {
	if isASCII(value) {
		return value
	}
	r := make([]rune, len(value))
	for i := range len(value) {
		r[i] = rune(value[i])
	}
	return string(r)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func sortedNames(header http.Header) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
