package vm

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// positions translates between the offsets of a source in bytes, in UTF-16 units, and its lines and columns. Columns
// count UTF-16 units from 1, as editors and browsers do.
type positions struct {
	text  string
	lines []int // the byte offset at which each line starts
	// units holds the offset in UTF-16 units for every byte offset; nil for text in ASCII, where they are the same.
	units []int32
}

func newPositions(text string) *positions {
	p := &positions{text: text, lines: []int{0}}
	ascii := true
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		ascii = ascii && c < utf8.RuneSelf
		i += size
		switch {
		case c == '\r' && i < len(text) && text[i] == '\n': // the line ends with the \n
		case c == '\n', c == '\r', c == '\u2028', c == '\u2029':
			p.lines = append(p.lines, i)
		}
	}
	if !ascii {
		p.countUnits()
	}
	return p
}

func (p *positions) countUnits() {
	p.units = make([]int32, len(p.text)+1)
	unit := int32(0)
	for i := 0; i < len(p.text); {
		c, size := utf8.DecodeRuneInString(p.text[i:])
		for j := range size {
			p.units[i+j] = unit
		}
		i += size
		unit++
		if c > 0xFFFF {
			unit++
		}
	}
	p.units[len(p.text)] = unit
}

// unit returns the offset in UTF-16 units of a byte offset.
func (p *positions) unit(at int) int {
	if p.units == nil {
		return at
	}
	return int(p.units[min(max(at, 0), len(p.text))])
}

// at returns line and column of a byte offset.
func (p *positions) at(at int) (line, column int) {
	at = min(max(at, 0), len(p.text))
	line = sort.SearchInts(p.lines, at+1)
	return line, p.unit(at) - p.unit(p.lines[line-1]) + 1
}

// end returns line and column behind the last character.
func (p *positions) end() (line, column int) { return p.at(len(p.text)) }

// offset returns the byte offset of a line and a column in bytes of the wrapped text; false when it is behind the
// author's text.
func (p *positions) offset(line, column int) (int, bool) {
	if line < 1 || line > len(p.lines) {
		return 0, false
	}
	at := p.lines[line-1] + column - 1
	if line == 1 {
		at -= len(wrapperPrefix)
	}
	return max(at, 0), at < len(p.text)
}

// shape returns a text in which every UTF-16 unit of the source is one byte and the lines break at the same places:
// over it, the engine's positions in bytes are positions in UTF-16 units.
func (p *positions) shape() string {
	if p.units == nil {
		return p.text
	}
	var b strings.Builder
	b.Grow(p.unit(len(p.text)))
	for _, c := range p.text {
		switch {
		case c == '\u2028', c == '\u2029':
			b.WriteByte('\n')
		case c > 0xFFFF:
			b.WriteString("xx")
		case c >= utf8.RuneSelf:
			b.WriteByte('x')
		default:
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}
