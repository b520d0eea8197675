package jsruntime

import (
	"encoding/json"
	"iter"
)

// jsonFields returns the names, in quotes and with whatever escapes they have, and the values of an object that is valid JSON.
// To decode an object costs several times as much, and is not needed where two or three fields tell what it is.
func jsonFields(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(name string, value json.RawMessage) bool) {
		for c := (jsonCursor{object, 1}); c.next() == '"'; {
			name := c.value()
			if c.next() == 0 || !yield(string(name), c.value()) {
				return
			}
		}
	}
}

// jsonCursor goes over the values of an object or an array. What is not JSON ends it somewhere.
type jsonCursor struct {
	text []byte
	at   int
}

// next goes to the next value or bracket, and returns the byte there; 0 at the end.
func (c *jsonCursor) next() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\n', '\r', ',', ':':
		default:
			return b
		}
	}
	return 0
}

// value returns the value that begins here, and goes behind it.
func (c *jsonCursor) value() []byte {
	begin, open, quoted := c.at, 0, false
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; {
		case quoted && b == '\\':
			c.at++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			open++
		case (b == '}' || b == ']') && open > 0:
			open--
		case open == 0 && (b == ',' || b == ':' || b == '}' || b == ']' || b <= ' '):
			return c.text[begin:c.at:c.at]
		}
	}
	c.at = len(c.text)
	return c.text[begin:]
}
