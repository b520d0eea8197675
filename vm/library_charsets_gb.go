package vm

import (
	"cmp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// gbDecoder is https://encoding.spec.whatwg.org/#gb18030-decoder, which is that of GBK too. Where the bytes are a character of
// the tables of the package of encodings, that decodes them.
type gbDecoder struct{}

func (gbDecoder) decode(content []byte, more bool) (text []uint16, broken bool, waiting int) {
	common := simplifiedchinese.GB18030.NewDecoder()
	text = make([]uint16, 0, len(content))
	start, i := 0, 0
	flush := func() {
		if start < i {
			part, _, _ := transformed(common, content[start:i], false)
			text = append(text, part...)
		}
	}
	for i < len(content) {
		size, c := gbNext(content[i:], more)
		if size == 0 {
			break
		}
		if c != inTables {
			flush()
			text, broken = utf16.AppendRune(text, c), broken || c == utf8.RuneError
			start = i + size
		}
		i += size
	}
	flush()
	return text, broken, len(content) - i
}

// inTables stands for a character that is in the tables of the package of encodings.
const inTables rune = -1

// gbNext returns of how many bytes the character is with which content begins, 0 where that depends on what follows, and the
// character, where it is not in the tables. An error is U+FFFD.
func gbNext(content []byte, more bool) (size int, c rune) {
	lead := content[0]
	switch {
	case lead <= 0x80:
		return 1, inTables
	case lead == 0xFF:
		return 1, utf8.RuneError
	case len(content) == 1 && more:
		return 0, 0
	case len(content) == 1:
		return 1, utf8.RuneError
	}
	trail := content[1]
	switch {
	case isDigit(trail):
		return gbFour(content, more)
	case trail < 0x40, trail == 0x7F: // is a character of its own
		return 1, utf8.RuneError
	case trail == 0xFF:
		return 2, utf8.RuneError
	case trail > 0x7F:
		trail--
	}
	return 2, gbPrivate(int(lead-0x81)*190 + int(trail-0x40))
}

// gbFour is gbNext for what can only be a character of four bytes.
func gbFour(content []byte, more bool) (size int, c rune) {
	const (
		lastBelow = 39419 // of the pointers to U+FFFF and less
		firstPast = 189000
		lastPast  = firstPast + 0xFFFFF
		moved     = 7457
	)
	switch n := len(content); {
	case n > 2 && (content[2] < 0x81 || content[2] == 0xFF), n > 3 && !isDigit(content[3]):
		return 1, utf8.RuneError
	case n < 4 && more:
		return 0, 0
	case n < 4:
		return n, utf8.RuneError
	}
	pointer := ((int(content[0]-0x81)*10+int(content[1]-'0'))*126+int(content[2]-0x81))*10 + int(content[3]-'0')
	switch {
	case pointer == moved:
		return 4, 0xE7C7
	case pointer > lastBelow && pointer < firstPast, pointer > lastPast:
		return 4, utf8.RuneError
	}
	return 4, inTables
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// gbRun are characters that follow one another, from a pointer on.
type gbRun struct {
	pointer int
	first   rune
	count   int
}

// gbRuns are the characters for private use, and those of the editions from 2005 on, which the tables leave out.
var gbRuns = []gbRun{
	{6080, 0xE4C6, 96}, {6270, 0xE526, 96}, {6376, 0xE766, 6}, {6433, 0xE76D, 1}, {6444, 0xE76E, 2}, {6458, 0xE770, 2},
	{6460, 0xE586, 95}, {6650, 0xE5E6, 96}, {6829, 0xE772, 11}, {6840, 0xE646, 96}, {7022, 0xE77D, 8},
	{7030, 0xE6A6, 96}, {7150, 0xE785, 8}, {7182, 0xFE10, 1}, {7183, 0xFE12, 1}, {7184, 0xFE11, 1}, {7185, 0xFE13, 4},
	{7201, 0xFE17, 2}, {7208, 0xFE19, 1}, {7211, 0xE797, 9}, {7220, 0xE706, 96}, {7349, 0xE7A0, 15}, {7397, 0xE7AF, 13},
	{7495, 0xE7BC, 11}, {7533, 0x1E3F, 1}, {7538, 0xE7C9, 4}, {7579, 0xE7CD, 21}, {7624, 0xE7E2, 1}, {7627, 0xE7E3, 1},
	{7629, 0xE7E4, 3}, {7686, 0xE7F4, 13}, {7775, 0xE801, 15}, {7886, 0xE000, 94}, {8076, 0xE05E, 94},
	{8266, 0xE0BC, 94}, {8456, 0xE11A, 94}, {8646, 0xE178, 94}, {8836, 0xE1D6, 94}, {16525, 0xE810, 5},
	{22706, 0xE234, 94}, {22896, 0xE292, 94}, {23086, 0xE2F0, 94}, {23276, 0xE34E, 94}, {23466, 0xE3AC, 94},
	{23656, 0xE40A, 94}, {23767, 0xE816, 3}, {23775, 0x9FB4, 1}, {23783, 0x9FB5, 1}, {23788, 0x9FB6, 2},
	{23794, 0xE831, 1}, {23795, 0x9FB8, 1}, {23804, 0xE83B, 1}, {23812, 0x9FB9, 1}, {23829, 0x9FBA, 1},
	{23830, 0xE855, 1}, {23845, 0x9FBB, 1}, {23846, 0xE468, 94},
}

// gbPrivate returns the character of two bytes that is not in the tables.
func gbPrivate(pointer int) rune {
	i, exact := slices.BinarySearchFunc(gbRuns, pointer, func(r gbRun, pointer int) int { return cmp.Compare(r.pointer, pointer) })
	if !exact {
		i--
	}
	if i < 0 || pointer >= gbRuns[i].pointer+gbRuns[i].count {
		return inTables
	}
	return gbRuns[i].first + rune(pointer-gbRuns[i].pointer)
}
