package weburl

import "strings"

// encodeSet is a set of the ASCII characters that are percent-encoded; all others are, too.
type encodeSet [0x80]bool

// The sets of https://url.spec.whatwg.org/#percent-encoded-bytes.
var (
	controlSet      = new(encodeSet).with("\x7F", 0x20)
	fragmentSet     = controlSet.with(" \"<>`", 0)
	querySet        = controlSet.with(" \"#<>", 0)
	specialQuerySet = querySet.with("'", 0)
	pathSet         = querySet.with("?^`{}", 0)
	userinfoSet     = pathSet.with("/:;=@[\\]|", 0)
)

// with returns the set with the characters of a text, and with those below a bound.
func (s *encodeSet) with(characters string, below int) *encodeSet {
	larger := *s
	for c := range below {
		larger[c] = true
	}
	for _, c := range characters {
		larger[c] = true
	}
	return &larger
}

func (s *encodeSet) has(c byte) bool { return c >= 0x80 || s[c] }

// encode percent-encodes the characters of a text that are in the set.
func encode(text string, set *encodeSet) string {
	for i := range len(text) {
		if set.has(text[i]) {
			return string(appendEncoded(append(make([]byte, 0, 2*len(text)), text[:i]...), text[i:], set))
		}
	}
	return text
}

func appendEncoded(b []byte, text string, set *encodeSet) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		if c := text[i]; set.has(c) {
			b = append(b, '%', digits[c>>4], digits[c&0xF])
		} else {
			b = append(b, c)
		}
	}
	return b
}

// decode undoes percent-encoding. The result may be no UTF-8.
func decode(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if c, ok := encodedByte(text[i:]); ok {
			b = append(b, c)
			i += 2
			continue
		}
		b = append(b, text[i])
	}
	return string(b)
}

// encodedByte returns the byte that is encoded at the beginning of a text.
func encodedByte(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, low := digitOf(text[1]), digitOf(text[2])
	return byte(high<<4 | low), high < 16 && low < 16
}

// digitOf returns the value of a hexadecimal digit, or one that is no digit's.
func digitOf(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 0xFF
}

// lower returns a text with its ASCII letters in lower case.
func lower(text string) string {
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'Z' {
			b := []byte(text)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] |= 0x20
				}
			}
			return string(b)
		}
	}
	return text
}

// withoutBreaks takes tabs and line breaks out of a text.
func withoutBreaks(text string) string {
	if !strings.ContainsAny(text, "\t\n\r") {
		return text
	}
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c != '\t' && c != '\n' && c != '\r' {
			b = append(b, c)
		}
	}
	return string(b)
}
