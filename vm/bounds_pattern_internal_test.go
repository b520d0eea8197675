package vm

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

const mostPatternTime = 300 * time.Millisecond

var patternConstructs = []construct{
	{"letters", nest("a", "", "")},
	{"groups", nest("(", "a", ")")},
	{"groups side by side", repeated("", "(a)", "")},
	{"unnamed groups", nest("(?:", "a", ")")},
	{"named groups", repeated("", "(?<a@>a)", "")},
	{"look-ahead", nest("(?=", "a", ")")},
	{"look-behind", nest("(?<=", "a", ")")},
	{"repetition", func(n int) string { return fmt.Sprintf("a{%d}", n) }},
	{"optional repetition", func(n int) string { return fmt.Sprintf("a{0,%d}", n) }},
	{"repeated repetition", func(n int) string { return fmt.Sprintf("(a{%d}){%d}", n, n) }},
	{"repetition of repetitions", nest("(?:", "a", "){2}")},
	{"optional repetition of repetitions", nest("(?:", "a", "){0,2}")},
	{"repetition of much", func(n int) string { return "(?:" + strings.Repeat("a", n) + "){1000}" }},
	{"repetition of classes", func(n int) string { return "(?:" + strings.Repeat(`[a-z\s]`, n) + "){100}" }},
	{"repetitions side by side", repeated("", "a{100}", "")},
	{"alternatives", repeated("a", "|a", "")},
	{"different alternatives", repeated("a", "|b@", "")},
	{"empty alternatives", repeated("", "|", "")},
	{"alternatives in groups", nest("(a|", "a", ")")},
	{"stars", repeated("", "a*", "")},
	{"stars of groups", nest("(", "a", ")*")},
	{"star of an optional", repeated("", "(a?)*", "")},
	{"dots", repeated("", ".", "")},
	{"white space", repeated("", `\s`, "")},
	{"no white space in classes", repeated("", `[\Sa]`, "")},
	{"no digits or no words in a class", repeated("[", `\D\W`, "]")},
	{"no white space", repeated("", `\S`, "")},
	{"words", repeated("", `\w`, "")},
	{"letters of all scripts", repeated("", `\p{L}`, "")},
	{"classes of all scripts", repeated("[", `\p{L}\P{N}`, "]")},
	{"classes", repeated("", "[a-z]", "")},
	{"excluding classes", repeated("", "[^a-z]", "")},
	{"class members", repeated("[", "ab", "]")},
	{"class ranges", repeated("[", "a-z", "]")},
	{"large ranges", repeated("[", `\u0100-\ufffe`, "]")},
	{"large literal ranges", repeated("[", "\u0100-\ufffd", "]")},
	{"huge ranges", repeated("[", `\u{100}-\u{10fffe}`, "]")},
	{"large ranges in classes", repeated("", `[\u0100-\uff00]`, "")},
	{"different ranges", func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `\u%04x-\u%04x`, 0x100+i*16%0xe000, 0x108+i*16%0xe000)
		}
		return "[" + b.String() + "]"
	}},
	{"escapes", repeated("", `\u0061`, "")},
	{"words' ends", repeated("", `\b`, "")},
	{"back-references", repeated("(a)", `\1`, "")},
	{"anchored", func(n int) string { return "^" + strings.Repeat("(?:a|b)", n) + "$" }},
	{"anchored repetition", func(n int) string { return "^(?:" + strings.Repeat("[a-z]?", n) + "){2}$" }},
	{"wide letters", repeated("", "😀", "")},
	{"surrogates in classes", repeated("[", "😀-😎", "]")},
	{"letters of both cases", repeated("", "ſK", "")},
}

func TestTheLargestAcceptedPatternCompilesInTime(t *testing.T) {
	realm := goja.New()
	create, err := realm.RunString(`(function(p, f){ return new RegExp(p, f) })`)
	require.NoError(t, err)
	call, _ := goja.AssertFunction(create)
	for i, c := range patternConstructs {
		if racing && i%share != 0 {
			continue
		}
		for _, flags := range []string{"", "i", "iu", "u", "ims"} {
			longest := sort.Search(maxPatternBytes+1, func(n int) bool { return checkPattern(c.text(n), flags) != "" }) - 1
			for _, prefix := range []string{"", "(?!x)"} {
				text := realm.ToValue(prefix + c.text(longest))
				taken := 2 * mostPatternTime
				for again := 0; again < 3 && taken > mostPatternTime/2; again++ { // others use the machine too
					start := time.Now()
					_, err = call(nil, text, realm.ToValue(flags))
					taken = min(taken, time.Since(start))
				}
				if taken > mostPatternTime/5 {
					t.Logf("%-36s n=%-6d /%s%s %v %.60v", c.name, longest, flags, prefix, taken, err)
				}
				if !racing {
					require.Less(t, taken, mostPatternTime, "%s %s %s", c.name, flags, prefix)
				}
			}
		}
	}
}

func TestAPatternThatPeopleWriteIsAccepted(t *testing.T) {
	for _, pattern := range []string{
		``, `^[\w.+-]+@[\w-]+\.[\w.-]+$`, `(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}`, `[^]{1,5000}`, `.{0,65535}`, `[\u4e00-\u9fff]+`,
		`^(?=.*[a-z])(?=.*\d).{8,}$`, `[^\u0000-\uffff]`, `(`, `[`, `{`, `\`, `a{`, `[\u{1F600}-\u{1F64F}]`, `]`, `)`,
		`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}`,
	} {
		require.Empty(t, checkPattern(pattern, "i"), pattern)
	}
}

func TestThePatternsOfASourceAreBoundedTogether(t *testing.T) {
	_, message := checkBounds(strings.Repeat("/[\\u0100-\\uff00]/i;", 400))
	require.Equal(t, "regular expressions are too large together", message)
	at, message := checkBounds("1;\n/" + strings.Repeat("(", 300) + "/")
	require.Equal(t, 3, at)
	require.Equal(t, "regular expression has groups nested deeper than 200 levels", message)
}

func TestTheDepthOfJSONIsThatOfItsBrackets(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want bool
	}{
		{``, 0, true}, {`1`, 0, true}, {`[]`, 0, false}, {`[]`, 1, true}, {`[[],[]]`, 1, false}, {`{"a":[]}`, 2, true},
		{`"[[[["`, 0, true}, {`"\"[[["`, 0, true}, {`["\\",[]]`, 1, false}, {`"`, 0, true}, {`"\`, 0, true}, {`]][[`, 1, true},
	} {
		require.Equal(t, c.want, checkJSONDepth(c.text, c.most), c.text)
	}
}
