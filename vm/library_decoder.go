package vm

import (
	"slices"
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
	parts     partDecoder // of this stream
}

// partDecoder decodes an encoding part by part.
type partDecoder interface {
	// decode returns the text of the next part, in which U+FFFD stands for what is broken, and whether anything is. So many bytes
	// at the end are still waiting: a few, which are the beginning of a character, if more follows.
	decode(content []byte, more bool) (text []uint16, broken bool, waiting int)
}

// decode returns the text that the next part is, or null where it is none and that is an error. It may take a while, and can be
// stopped.
func (d *decoder) decode(r *realm, content []byte, more bool) goja.Value {
	if !d.streaming {
		d.begun, d.rest, d.parts = false, nil, d.encoding.parts()
	}
	d.streaming = more
	const widest = 8 // bytes that one byte may take, in Go and in the engine
	r.guard.take(int64(len(content)) * widest)
	if d.encoding.superset && len(d.rest) == 0 && onlyASCII(content) {
		d.begun = d.begun || len(content) > 0
		return r.rt.ToValue(string(content))
	}
	if len(d.rest) > 0 {
		content = slices.Concat(d.rest, content)
	}
	text := make([]uint16, 0, len(content))
	const step = 32 << 10
	for last := false; !last; {
		r.guard.checkpoint()
		part := content[:min(step, len(content))]
		last = len(part) == len(content)
		units, broken, waiting := d.parts.decode(part, more || !last)
		if broken && d.fatal {
			d.rest = nil
			return goja.Null()
		}
		text = append(text, units...)
		content = content[len(part)-waiting:]
	}
	d.rest = slices.Clone(content)
	return goja.StringFromUTF16(d.withoutMark(text))
}

// withoutMark takes off the mark of the order of bytes with which a stream may begin.
func (d *decoder) withoutMark(text []uint16) []uint16 {
	first := !d.begun && len(text) > 0
	d.begun = d.begun || first
	if first && text[0] == '\uFEFF' && d.encoding.marked && !d.ignoreMark {
		return text[1:]
	}
	return text
}

func onlyASCII(content []byte) bool {
	for _, b := range content {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
