package vm

import (
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// multiByteDecoder decodes encodings of East Asia, such as https://encoding.spec.whatwg.org/#shift_jis-decoder. The package of
// encodings has their tables; where it meets an error it goes on elsewhere than the standard says, so then the characters are
// taken one by one.
type multiByteDecoder struct {
	transformer transform.Transformer
	multiByte
}

// multiByte is what an encoding has beside its tables.
type multiByte struct {
	width   func(content []byte) int // how many bytes the character has with which content begins, as far as its bytes tell
	missing func(char []byte) rune   // a character that the tables lack; U+FFFD for an error
}

var multiBytes = map[string]multiByte{
	"big5":      {func(c []byte) int { return pairWidth(c[0], 0x81) }, neverMissing},
	"euc-kr":    {func(c []byte) int { return pairWidth(c[0], 0x81) }, neverMissing},
	"euc-jp":    {eucJPWidth, neverMissing},
	"shift_jis": {shiftJISWidth, shiftJISPrivate},
}

func (d *multiByteDecoder) decode(content []byte, more bool) (text []uint16, broken bool, waiting int) {
	if text, broken, waiting = transformed(d.transformer, content, more); !broken {
		return text, broken, waiting
	}
	text, broken = text[:0], false
	for i := 0; i < len(content); {
		size := d.width(content[i:])
		if i+size > len(content) {
			if more {
				return text, broken, len(content) - i
			}
			return append(text, utf8.RuneError), true, 0
		}
		char := content[i : i+size]
		units, isBroken, _ := transformed(d.transformer, char, false)
		if isBroken {
			c := d.missing(char)
			units, isBroken = utf16.AppendRune(nil, c), c == utf8.RuneError
		}
		if isBroken && size > 1 && char[size-1] < utf8.RuneSelf {
			size-- // which is a character of its own
		}
		text, broken = append(text, units...), broken || isBroken
		i += size
	}
	return text, broken, 0
}

// transformed is decode by the package of encodings alone. U+FFFD stands for errors: the encodings have no code for it.
func transformed(t transform.Transformer, content []byte, more bool) (text []uint16, broken bool, waiting int) {
	const widest = 4 // bytes that one byte may take
	out := make([]byte, widest*len(content)+utf8.UTFMax)
	written, read, _ := t.Transform(out, content, !more)
	text = make([]uint16, 0, len(content)+1)
	for out = out[:written]; len(out) > 0; {
		c, size := utf8.DecodeRune(out)
		broken = broken || c == utf8.RuneError
		text = utf16.AppendRune(text, c)
		out = out[size:]
	}
	return text, broken, len(content) - read
}

// pairWidth returns the width of a character where the bytes from first to 0xFE lead pairs.
func pairWidth(lead, first byte) int {
	if lead >= first && lead != 0xFF {
		return 2
	}
	return 1
}

func eucJPWidth(content []byte) int {
	switch lead := content[0]; {
	case lead == 0x8F && (len(content) == 1 || pairWidth(content[1], 0xA1) == 2):
		return 3
	case lead == 0x8E, lead == 0x8F:
		return 2
	default:
		return pairWidth(lead, 0xA1)
	}
}

func shiftJISWidth(content []byte) int {
	if lead := content[0]; lead > 0x80 && lead < 0xA0 || lead > 0xDF && lead < 0xFD {
		return 2
	}
	return 1
}

func neverMissing([]byte) rune { return utf8.RuneError }

// shiftJISPrivate returns the character for private use of two bytes.
func shiftJISPrivate(char []byte) rune {
	if len(char) != 2 || char[0] < 0xF0 || char[0] > 0xF9 || char[1] < 0x40 || char[1] == 0x7F || char[1] > 0xFC {
		return utf8.RuneError
	}
	trail := rune(char[1]) - 0x40
	if char[1] > 0x7F {
		trail--
	}
	return 0xE000 + (rune(char[0])-0xF0)*188 + trail
}
