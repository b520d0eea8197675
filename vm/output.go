package vm

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// encode turns what the script returned into JSON within the output limit.
func (r *realm) encode(v goja.Value) (json.RawMessage, *jsruntime.ScriptError) {
	out := &jsonSink{max: r.job.Limits.MaxOutputSizeBytes}
	w := &walk{r: r, sink: out, root: "output"}
	out.walk = w
	if err := w.run(v); err != nil {
		return nil, r.notPlain(err)
	}
	return out.buf, nil
}

// jsonSink writes JSON under a budget of bytes.
type jsonSink struct {
	buf   []byte
	max   int64
	comma bool // a comma comes before the next value
	walk  *walk

	// What tells an HTTP answer with bytes as its body, and nothing else may have bytes.
	binary  bool // the body is bytes
	numeric bool // the status is a number
	odd     bool // there are other properties
}

// room makes sure that n more bytes fit.
func (s *jsonSink) room(n int64) error {
	if int64(len(s.buf))+n <= s.max {
		return nil
	}
	return &jsruntime.ScriptError{
		Kind:    jsruntime.FailureOutputLimit,
		Message: fmt.Sprintf("%s: it is limited to %d bytes", jsruntime.ErrOutputLimit, s.max),
	}
}

func (s *jsonSink) write(text string) error {
	if err := s.begin(int64(len(text))); err != nil {
		return err
	}
	s.buf = append(s.buf, text...)
	return nil
}

// begin starts a value of at least n bytes.
func (s *jsonSink) begin(n int64) error {
	if s.comma {
		s.buf = append(s.buf, ',')
	}
	s.comma = true
	return s.room(n)
}

func (s *jsonSink) null() error { return s.write("null") }

func (s *jsonSink) boolean(b bool) error { return s.write(strconv.FormatBool(b)) }

// number writes NaN and the infinities as null, as JSON.stringify does.
func (s *jsonSink) number(v goja.Value) error {
	if f := v.ToFloat(); math.IsNaN(f) || math.IsInf(f, 0) {
		return s.null()
	}
	if s.isAt("status") {
		s.numeric = true
	}
	return s.write(v.String())
}

func (s *jsonSink) text(t goja.String) error {
	if err := s.begin(int64(t.Length()) + 2); err != nil {
		return err
	}
	s.buf = appendQuoted(s.buf, t.String())
	return s.room(0)
}

// bytes writes bytes that may be the body of an HTTP answer, as base64.
func (s *jsonSink) bytes(object *goja.Object) error {
	if !s.isAt("body") {
		return s.refuseBytes()
	}
	s.binary = true
	copied := &plainSink{left: s.max}
	if err := copied.bytes(object); err != nil {
		return s.room(s.max + 1)
	}
	content, _ := copied.result.([]byte)
	if err := s.begin(int64(base64.StdEncoding.EncodedLen(len(content))) + 2); err != nil {
		return err
	}
	s.buf = append(base64.StdEncoding.AppendEncode(append(s.buf, '"'), content), '"')
	return nil
}

func (s *jsonSink) refuseBytes() error {
	return s.walk.refuse("a binary value (convert it to text or to an array)")
}

// isAt reports whether the current value is that property of the output itself.
func (s *jsonSink) isAt(name string) bool {
	return len(s.walk.path) == 1 && s.walk.path[0].name == name
}

// endBinary ends an output with bytes in it, if it is an HTTP answer.
func (s *jsonSink) endBinary() error {
	if s.odd || !s.numeric {
		s.walk.path = []step{{name: "body"}}
		return s.refuseBytes()
	}
	s.buf = append(s.buf, `,"encoding":"base64"`...)
	return nil
}

func (s *jsonSink) raw(text []byte) error { return s.write(string(text)) }

// open refuses an array that cannot fit before its elements are visited: each takes two bytes at least.
func (s *jsonSink) open(array bool, length int64) error {
	if err := s.begin(max(2*length, 2)); err != nil {
		return err
	}
	s.comma = false
	if array {
		s.buf = append(s.buf, '[')
	} else {
		s.buf = append(s.buf, '{')
	}
	return nil
}

func (s *jsonSink) key(name string) error {
	if len(s.walk.path) == 1 && name != "status" && name != "headers" && name != "body" {
		s.odd = true
	}
	if err := s.begin(int64(len(name)) + 3); err != nil {
		return err
	}
	s.buf = append(appendQuoted(s.buf, name), ':')
	s.comma = false
	return s.room(0)
}

func (s *jsonSink) close(array bool) error {
	s.comma = true
	if s.binary && len(s.walk.path) == 0 {
		if err := s.endBinary(); err != nil {
			return err
		}
	}
	if array {
		s.buf = append(s.buf, ']')
	} else {
		s.buf = append(s.buf, '}')
	}
	return s.room(0)
}

// appendQuoted appends a text as JSON. What is not UTF-8, such as half of a surrogate pair, becomes U+FFFD.
func appendQuoted(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			buf = append(buf, s[start:i]...)
			switch c {
			case '"', '\\':
				buf = append(buf, '\\', c)
			case '\n':
				buf = append(buf, '\\', 'n')
			case '\r':
				buf = append(buf, '\\', 'r')
			case '\t':
				buf = append(buf, '\\', 't')
			case '\b':
				buf = append(buf, '\\', 'b')
			case '\f':
				buf = append(buf, '\\', 'f')
			default:
				buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			buf = append(append(buf, s[start:i]...), "\uFFFD"...)
			start = i + 1
		}
		i += size
	}
	return append(append(buf, s[start:]...), '"')
}
