package vm

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// decoder is the state of a TextDecoder between two parts of a stream.
type decoder struct {
	encoding   textEncoding
	fatal      bool
	ignoreMark bool

	streaming bool        // the last part was not the end
	begun     bool        // there was something of this stream, after which no mark of the order of bytes can follow
	rest      []byte      // the beginning of a character, a few bytes
	parts     partDecoder // nil for UTF-8, and before the first part
}

// partDecoder decodes what is not UTF-8, part by part.
type partDecoder interface {
	// decode returns the text of the next part, in which U+FFFD stands for what is broken, and whether anything is. So many bytes
	// at the end are still waiting: a few, which are the beginning of a character, if more follows.
	decode(content []byte, more bool) (text []uint16, broken bool, waiting int)
}

// decode returns the text that the next part is, or null where it is none and that is an error.
func (d *decoder) decode(r *realm, content []byte, more bool) goja.Value {
	if !d.streaming {
		d.begun, d.rest, d.parts = false, nil, nil
	}
	d.streaming = more
	const widest = 8 // bytes that one byte may take, in Go and in the engine
	r.guard.take(int64(len(content)) * widest)
	if len(d.rest) > 0 {
		content = slices.Concat(d.rest, content)
		d.rest = nil
	}
	if d.encoding.parts == nil {
		return d.decodeUTF8(r, content)
	}
	if d.parts == nil {
		d.parts = d.encoding.parts()
	}
	return d.decodeParts(r, content)
}

// decodeParts decodes what is not UTF-8. It may take a while, and can be stopped.
func (d *decoder) decodeParts(r *realm, content []byte) goja.Value {
	const step = 32 << 10
	text := make([]uint16, 0, len(content))
	for last := false; !last; {
		r.guard.checkpoint()
		part := content[:min(step, len(content))]
		last = len(part) == len(content)
		units, broken, waiting := d.parts.decode(part, d.streaming || !last)
		if broken && d.fatal {
			return goja.Null()
		}
		text = append(text, units...)
		content = content[len(part)-waiting:]
	}
	d.rest = slices.Clone(content)
	if !d.begun && len(text) > 0 {
		d.begun = true
		if text[0] == '\uFEFF' && d.encoding.marked && !d.ignoreMark {
			text = text[1:]
		}
	}
	return goja.StringFromUTF16(text)
}

func (d *decoder) decodeUTF8(r *realm, content []byte) goja.Value {
	if d.streaming {
		whole := len(content) - beginningOfCharacter(content)
		d.rest = slices.Clone(content[whole:])
		content = content[:whole]
	}
	if d.fatal && !utf8.Valid(content) {
		return goja.Null()
	}
	const mark = "\xEF\xBB\xBF"
	if !d.begun && len(content) > 0 {
		d.begun = true
		if !d.ignoreMark && strings.HasPrefix(string(content[:min(len(content), len(mark))]), mark) {
			content = content[len(mark):]
		}
	}
	return r.textOfUTF8(content)
}

// beginningOfCharacter returns how many bytes at the end are the beginning of a character.
func beginningOfCharacter(content []byte) int {
	for n := min(len(content), utf8.UTFMax-1); n > 0; n-- {
		if tail := content[len(content)-n:]; utf8.RuneStart(tail[0]) && !utf8.FullRune(tail) {
			return n
		}
	}
	return 0
}
