package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// reader builds values of a realm from JSON. It goes through no code that a script can replace, and an object's
// __proto__ is a property like any other, as with JSON.parse.
type reader struct {
	r      *realm
	text   string
	at     int
	depth  int
	frozen bool // freeze all arrays and objects
	script bool // the script asked for it: it can be stopped, and what is built counts
	values int
	built  int64 // bytes, about
}

var errJSON = errors.New("is not valid JSON")

// fromJSON returns the value that a JSON text holds.
func (r *realm) fromJSON(text string, frozen bool) (goja.Value, error) {
	p := &reader{r: r, text: text, frozen: frozen}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at != len(text) {
		return nil, errJSON
	}
	return v, nil
}

// readJSON is fromJSON for the script.
func (r *realm) readJSON(text string) (goja.Value, error) {
	p := &reader{r: r, text: text, script: true}
	levels := r.guard.levels
	defer func() { r.guard.levels = levels }()
	v, err := p.value()
	if err == nil {
		if p.space(); p.at != len(text) {
			err = errJSON
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w at position %d", err, p.at)
	}
	return v, nil
}

// count counts a value that takes so many bytes.
func (p *reader) count(bytes int) {
	if !p.script {
		return
	}
	g := p.r.guard
	if p.values++; p.values&0x3F == 0 {
		g.checkpoint()
	}
	if p.built += int64(bytes); p.values&0x3F == 0 {
		g.hold(p.built)
	}
}

func (p *reader) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek returns the next character that is not space, 0 at the end.
func (p *reader) peek() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *reader) value() (goja.Value, error) {
	switch c := p.peek(); {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case c == '"':
		return p.string()
	case c == 't':
		return p.r.rt.ToValue(true), p.word("true")
	case c == 'f':
		return p.r.rt.ToValue(false), p.word("false")
	case c == 'n':
		return goja.Null(), p.word("null")
	case c == '-', c >= '0' && c <= '9':
		return p.number()
	}
	return nil, errJSON
}

func (p *reader) word(word string) error {
	if len(p.text)-p.at < len(word) || p.text[p.at:p.at+len(word)] != word {
		return errJSON
	}
	p.at += len(word)
	return nil
}

func (p *reader) nested(read func() (*goja.Object, error)) (goja.Value, error) {
	const empty = 300 // bytes of an object without properties
	p.count(empty)
	if p.script {
		level := p.r.guard.deeper()
		defer func() { p.r.guard.levels = level }()
	} else if p.depth++; p.depth > maxValueDepth {
		return nil, fmt.Errorf("is nested deeper than %d levels", maxValueDepth)
	}
	p.at++
	object, err := read()
	if err != nil {
		return nil, err
	}
	p.depth--
	if p.frozen {
		p.r.freeze(object)
	}
	return object, nil
}

func (p *reader) object() (*goja.Object, error) {
	object := p.r.rt.CreateObject(nil) // without a prototype there are no setters to meet
	for c := p.peek(); c != '}'; {
		if c != '"' {
			return nil, errJSON
		}
		name, err := p.goString()
		if err != nil {
			return nil, err
		}
		if p.peek() != ':' {
			return nil, errJSON
		}
		p.at++
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.count(4*elementBytes + len(name))
		if err := object.Set(name, v); err != nil {
			return nil, err
		}
		if c, err = p.next('}'); err != nil {
			return nil, err
		}
	}
	p.at++
	return object, object.SetPrototype(p.r.objects)
}

func (p *reader) array() (*goja.Object, error) {
	var items []any
	for c := p.peek(); c != ']'; {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.count(3 * elementBytes) // in the list, as it grows, and in the array
		items = append(items, v)
		if c, err = p.next(']'); err != nil {
			return nil, err
		}
	}
	p.at++
	return p.r.rt.NewArray(items...), nil
}

// next steps over a comma and returns the first character of what follows; at the end it stays on the bracket.
func (p *reader) next(end byte) (byte, error) {
	switch c := p.peek(); {
	case c == end:
		return c, nil
	case c != ',':
		return 0, errJSON
	}
	p.at++
	c := p.peek()
	if c == end {
		return 0, errJSON
	}
	return c, nil
}

func (p *reader) number() (goja.Value, error) {
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 == 'e' {
			p.at++
			continue
		}
		break
	}
	text := p.text[start:p.at]
	if len(text) > 15 || !isInteger(text) {
		if !json.Valid([]byte(text)) {
			return nil, errJSON
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, errJSON
		}
		return p.r.rt.ToValue(f), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errJSON
	}
	return p.r.rt.ToValue(n), nil
}

// isInteger reports whether a text is an integer without a sign and without leading zeros.
func isInteger(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) == 1 || text[0] != '0'
}

func (p *reader) string() (goja.Value, error) {
	if plain, ok := p.plainString(); ok {
		p.count(elementBytes + len(plain))
		if p.script {
			p.r.guard.take(int64(len(plain)))
			plain = strings.Clone(plain) // so that a part does not keep the whole text
		}
		return p.r.rt.ToValue(plain), nil
	}
	units, err := p.units()
	if err != nil {
		return nil, err
	}
	p.count(2*elementBytes + 2*len(units))
	return goja.StringFromUTF16(units), nil
}

// goString reads a property name. Half a surrogate pair, which Go's strings cannot hold, becomes U+FFFD.
func (p *reader) goString() (string, error) {
	if plain, ok := p.plainString(); ok {
		return plain, nil
	}
	units, err := p.units()
	if err != nil {
		return "", err
	}
	return string(utf16.Decode(units)), nil
}

// plainString reads a text without escapes.
func (p *reader) plainString() (string, bool) {
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			s := p.text[p.at+1 : i]
			if !utf8.ValidString(s) {
				return "", false
			}
			p.at = i + 1
			return s, true
		case c == '\\', c < ' ':
			return "", false
		}
	}
	return "", false
}

// units reads a text with escapes.
func (p *reader) units() ([]uint16, error) {
	var units []uint16
	for p.at++; p.at < len(p.text); {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return units, nil
		case c < ' ':
			return nil, errJSON
		case c == '\\':
			unit, err := p.escape()
			if err != nil {
				return nil, err
			}
			units = append(units, unit)
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.at:])
			p.at += size
			units = utf16.AppendRune(units, r)
		}
	}
	return nil, errJSON
}

func (p *reader) escape() (uint16, error) {
	if p.at+1 >= len(p.text) {
		return 0, errJSON
	}
	c := p.text[p.at+1]
	p.at += 2
	switch c {
	case '"', '\\', '/':
		return uint16(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		if p.at+4 > len(p.text) {
			return 0, errJSON
		}
		n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
		if err != nil {
			return 0, errJSON
		}
		p.at += 4
		return uint16(n), nil
	}
	return 0, errJSON
}
