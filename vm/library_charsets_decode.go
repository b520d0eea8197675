package vm

import (
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// utf8Decoder is https://encoding.spec.whatwg.org/#utf-8-decoder.
type utf8Decoder struct{}

func (utf8Decoder) decode(content []byte, more bool) (text []uint16, broken bool, waiting int) {
	text = make([]uint16, 0, len(content))
	for i := 0; i < len(content); {
		c, size := utf8.DecodeRune(content[i:])
		if c == utf8.RuneError && size == 1 {
			if more && !utf8.FullRune(content[i:]) {
				return text, broken, len(content) - i
			}
			broken, size = true, brokenLength(content[i:])
		}
		text = utf16.AppendRune(text, c)
		i += size
	}
	return text, broken, 0
}

// utf16Decoder is https://encoding.spec.whatwg.org/#shared-utf-16-decoder.
type utf16Decoder struct {
	high int // the place of the higher byte of a unit
}

func (d utf16Decoder) decode(content []byte, more bool) (text []uint16, broken bool, waiting int) {
	if more {
		waiting = len(content) & 1
		if n := len(content) - waiting; n > 0 && content[n-2+d.high]&0xFC == 0xD8 {
			waiting += 2 // the first half of a pair
		}
	}
	content = content[:len(content)-waiting]
	text = make([]uint16, 0, len(content)/2+1)
	for i := 0; i+1 < len(content); i += 2 {
		text = append(text, uint16(content[i+d.high])<<8|uint16(content[i+1-d.high]))
	}
	if len(content)&1 != 0 {
		if n := len(text); n > 0 && text[n-1]&0xFC00 == 0xD800 {
			text = text[:n-1] // is one error together with the odd byte
		}
		text = append(text, 0xD800)
	}
	return text, mendSurrogates(text), waiting
}

// mendSurrogates puts U+FFFD in the place of halves of surrogate pairs, and reports whether there were any.
func mendSurrogates(units []uint16) (mended bool) {
	for i := 0; i < len(units); i++ {
		switch c := rune(units[i]); {
		case !utf16.IsSurrogate(c):
		case i+1 < len(units) && utf16.DecodeRune(c, rune(units[i+1])) != utf8.RuneError:
			i++
		default:
			units[i], mended = utf8.RuneError, true
		}
	}
	return mended
}

// byteDecoder decodes encodings in which each byte is a character: https://encoding.spec.whatwg.org/#single-byte-decoder.
type byteDecoder struct{ table *charmap.Charmap }

func (d byteDecoder) decode(content []byte, _ bool) (text []uint16, broken bool, waiting int) {
	text = make([]uint16, len(content))
	for i, b := range content {
		c := d.table.DecodeByte(b)
		switch {
		case c == utf8.RuneError && b < 0xA0: // the table leaves control characters out
			c = rune(b)
		case c == utf8.RuneError:
			broken = true
		}
		text[i] = uint16(c)
	}
	return text, broken, 0
}

// iso2022JPDecoder is https://encoding.spec.whatwg.org/#iso-2022-jp-decoder.
type iso2022JPDecoder struct {
	set     byte // by the last byte of its escape sequence; 0 is ASCII, as in the beginning
	escaped bool // there was nothing behind the last escape sequence
	text    []uint16
	broken  bool
}

func (d *iso2022JPDecoder) decode(content []byte, more bool) (text []uint16, broken bool, waiting int) {
	d.text, d.broken = make([]uint16, 0, len(content)), false
	for i := 0; i < len(content); {
		read := d.next(content[i:], more)
		if read == 0 {
			waiting = len(content) - i
			break
		}
		i += read
	}
	text, d.text = d.text, nil // a decoder that waits for more holds none of it
	return text, d.broken, waiting
}

// escapes are the escape sequences, and the sets that they begin.
var escapes = map[[2]byte]byte{{'(', 'B'}: 0, {'(', 'J'}: 'J', {'(', 'I'}: 'I', {'$', '@'}: 'B', {'$', 'B'}: 'B'}

// next decodes what content begins with, and returns how many bytes that are; 0 if it depends on what follows.
func (d *iso2022JPDecoder) next(content []byte, more bool) int {
	const escape = 0x1B
	b := content[0]
	switch {
	case b == escape && len(content) < 3 && more:
		return 0
	case b == escape:
		if len(content) >= 3 {
			if set, ok := escapes[[2]byte(content[1:3])]; ok {
				if d.escaped {
					d.add(utf8.RuneError)
				}
				d.set, d.escaped = set, true
				return 3
			}
		}
		d.add(utf8.RuneError)
	case d.set != 'B':
		d.add(d.single(b))
	case b < 0x21 || b > 0x7E:
		d.add(utf8.RuneError)
	case len(content) == 1 && more:
		return 0
	case len(content) == 1 || content[1] == escape:
		d.add(utf8.RuneError)
	default:
		d.add(double(b, content[1]))
		return 2
	}
	return 1
}

func (d *iso2022JPDecoder) add(c rune) {
	d.text = append(d.text, uint16(c))
	d.broken = d.broken || c == utf8.RuneError
	d.escaped = false
}

// single returns the character of a byte that is one.
func (d *iso2022JPDecoder) single(b byte) rune {
	switch {
	case d.set == 'I' && b >= 0x21 && b <= 0x5F:
		return 0xFF61 + rune(b-0x21)
	case d.set == 'I' || b == 0x0E || b == 0x0F || b >= utf8.RuneSelf:
		return utf8.RuneError
	case d.set == 'J' && b == 0x5C:
		return '¥'
	case d.set == 'J' && b == 0x7E:
		return '‾'
	}
	return rune(b)
}

// double returns the character of two bytes. The same bytes, each with its highest bit, are EUC-JP.
func double(lead, trail byte) rune {
	if trail < 0x21 || trail > 0x7E {
		return utf8.RuneError
	}
	var out [utf8.UTFMax]byte
	n, _, _ := japanese.EUCJP.NewDecoder().Transform(out[:], []byte{lead | 0x80, trail | 0x80}, true)
	c, _ := utf8.DecodeRune(out[:n])
	return c
}
