package vm

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var eastAsia = []string{"big5", "euc-jp", "euc-kr", "gb18030", "gbk", "iso-2022-jp", "shift_jis"}

func partDecoderOf(t *testing.T, label string) partDecoder {
	t.Helper()
	e, ok := encodingOf(goja.StringFromUTF16(utf16Of(label)))
	require.True(t, ok, label)
	return e.parts()
}

func utf16Of(text string) (units []uint16) {
	for _, c := range text {
		units = append(units, uint16(c))
	}
	return units
}

func TestPartsOfATextAreDecodedAsTheWhole(t *testing.T) {
	const choice = "\x1b$B(J0192@A~\x7f\x80\x81\x8e\x8f\xa1\xa8\xbc\xe0\xf0\xf4\xf9\xfe\xff"
	random := rand.New(rand.NewPCG(1, 2))
	for _, label := range eastAsia {
		for range 2000 {
			content := make([]byte, random.IntN(12))
			for i := range content {
				content[i] = choice[random.IntN(len(choice))]
			}
			want, _, waiting := partDecoderOf(t, label).decode(content, false)
			require.Zero(t, waiting)
			parts, rest, got := partDecoderOf(t, label), []byte{}, []uint16{}
			for _, b := range content {
				rest = append(rest, b)
				text, _, left := parts.decode(rest, true)
				got, rest = append(got, text...), slices.Clone(rest[len(rest)-left:])
			}
			text, _, _ := parts.decode(rest, false)
			require.Equal(t, want, append(got, text...), "%s % x", label, content)
		}
	}
}

func TestAnErrorTakesNoCharacterOfASCII(t *testing.T) {
	for _, label := range []string{"big5", "euc-jp", "euc-kr", "gb18030", "gbk", "shift_jis"} {
		for lead := 0x81; lead <= 0xFE; lead++ {
			for trail := range utf8.RuneSelf {
				content := []byte{byte(lead), byte(trail), 'a'}
				text, broken, _ := partDecoderOf(t, label).decode(content, false)
				shown := string(runesOf(text))
				assert.True(t, !broken || strings.HasSuffix(shown, string(rune(trail))+"a"), "%s % x: %q", label, content, shown)
			}
		}
	}
}

func TestEveryPairOfGBKIsACharacter(t *testing.T) {
	seen := map[uint16]bool{}
	for lead := 0x81; lead <= 0xFE; lead++ {
		for trail := 0x40; trail <= 0xFE; trail++ {
			if trail == 0x7F {
				continue
			}
			text, broken, _ := partDecoderOf(t, "gbk").decode([]byte{byte(lead), byte(trail)}, false)
			require.False(t, broken, "%x %x", lead, trail)
			require.Len(t, text, 1)
			seen[text[0]] = true
		}
	}
	require.Len(t, seen, 126*190-1, "A1 A1 and A3 A0 are both U+3000")
}

func runesOf(units []uint16) (runes []rune) {
	for _, u := range units {
		runes = append(runes, rune(u))
	}
	return runes
}
