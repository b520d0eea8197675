package vm

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of one regular expression, and of those of a source together. The engine reads a pattern itself, gives it to
// one of two others, which unroll repetitions of up to 1,000 times and walk over every character of a range when
// letters of both cases match, and keeps what they made of it.
const (
	maxPatternBytes  = 32 << 10
	maxPatternDepth  = 200
	maxPatternGroups = 1000
	maxPatternCost   = 20_000     // of atoms after unrolling
	maxPatternRange  = 10_000_000 // characters in the ranges of a pattern that ignores case
	maxPatternsCost  = 100_000    // of all patterns of a source
	maxPatternsRange = 20_000_000 // of all patterns of a source
	mostUnrolled     = 1000       // times of a repetition that is unrolled
)

// patternBudget adds up the regular expressions of one source.
type patternBudget struct{ cost, characters int }

func (b *patternBudget) check(source, flags string) string {
	s := newPatternScan(source, flags)
	if message := s.scan(); message != "" {
		return message
	}
	b.cost += s.cost()
	b.characters += s.characters
	if b.cost > maxPatternsCost || b.characters > maxPatternsRange {
		return "regular expressions are too large together"
	}
	return ""
}

// checkPattern returns why a regular expression is refused before it is compiled, or "".
func checkPattern(source, flags string) (message string) {
	s := newPatternScan(source, flags)
	return s.scan()
}

func newPatternScan(source, flags string) patternScan {
	return patternScan{text: source, fold: strings.Contains(flags, "i")}
}

// patternScan reads a pattern once. It need not know whether the pattern is valid.
type patternScan struct {
	text       string
	fold       bool // letters of both cases match
	at         int
	open       []patternGroup // the groups around, and the pattern itself at the bottom
	groups     int
	characters int
}

// patternGroup is the cost of what was read of a group, with the last atom kept apart, since a repetition may follow.
type patternGroup struct{ sum, last int }

func (s *patternScan) scan() string {
	if len(s.text) > maxPatternBytes {
		return fmt.Sprintf("regular expression is longer than %d bytes", maxPatternBytes)
	}
	s.open = append(s.open, patternGroup{})
	for s.at < len(s.text) {
		s.step()
		if message := s.refusal(); message != "" {
			return message
		}
	}
	for len(s.open) > 1 {
		s.close()
	}
	return s.refusal()
}

func (s *patternScan) refusal() string {
	switch {
	case len(s.open)-1 > maxPatternDepth:
		return fmt.Sprintf("regular expression has groups nested deeper than %d levels", maxPatternDepth)
	case s.groups > maxPatternGroups:
		return fmt.Sprintf("regular expression has more than %d groups", maxPatternGroups)
	case s.cost() > maxPatternCost:
		return fmt.Sprintf("regular expression repeats more than %d parts", maxPatternCost)
	case s.characters > maxPatternRange:
		return fmt.Sprintf("regular expression has more than %d characters in its ranges", maxPatternRange)
	}
	return ""
}

func (s *patternScan) top() *patternGroup { return &s.open[len(s.open)-1] }

func (s *patternScan) cost() int { return s.top().sum + s.top().last }

func (s *patternScan) atom(cost int) {
	top := s.top()
	top.sum += top.last
	top.last = cost
}

func (s *patternScan) close() {
	cost := s.cost()
	s.open = s.open[:len(s.open)-1]
	s.atom(cost)
}

func (s *patternScan) step() {
	switch c := s.text[s.at]; c {
	case '(':
		s.groups++
		s.open = append(s.open, patternGroup{sum: 2})
	case ')':
		if len(s.open) > 1 {
			s.close()
		}
	case '[':
		s.class()
	case '{':
		s.repeat()
	case '\\':
		s.wide(s.text[s.at:])
		s.character()
		s.atom(1)
		return
	case '.':
		s.wide(s.text[s.at:])
		s.atom(1)
	default:
		s.atom(1)
	}
	s.at++
}

// repeat multiplies the last atom. Text that is no repetition counts as one all the same.
func (s *patternScan) repeat() {
	most, number := 1, 0
	i := s.at + 1
	for ; i < len(s.text) && (s.text[i] >= '0' && s.text[i] <= '9' || s.text[i] == ','); i++ {
		if s.text[i] == ',' {
			number = 0
			continue
		}
		number = min(number*10+int(s.text[i]-'0'), 1<<30)
		most = max(most, number)
	}
	if most <= mostUnrolled {
		top := s.top()
		top.last = min(top.last*(most+1), 1<<30)
	}
	s.at = i - 1
}

// class reads a character class up to its end and adds up its ranges.
func (s *patternScan) class() {
	s.at++
	cost := 1
	for s.at < len(s.text) && s.text[s.at] != ']' {
		if s.text[s.at] != '.' {
			s.wide(s.text[s.at:])
		}
		low := s.character()
		cost++
		if s.at+1 >= len(s.text) || s.text[s.at] != '-' || s.text[s.at+1] == ']' {
			continue
		}
		s.at++
		width := max(s.character()-low, 0) + 1
		if s.fold {
			s.characters += width
		}
	}
	s.atom(1 + cost/8)
}

// wide adds up what stands for nearly every character.
func (s *patternScan) wide(text string) {
	if !s.fold {
		return
	}
	switch {
	case strings.HasPrefix(text, "."):
		s.characters += utf8.MaxRune
	case strings.HasPrefix(text, `\S`), strings.HasPrefix(text, `\W`), strings.HasPrefix(text, `\D`):
		s.characters += 2 * utf8.MaxRune
	}
}

// character reads one character, which may be escaped, and returns its number.
func (s *patternScan) character() int {
	c, size := utf8.DecodeRuneInString(s.text[s.at:])
	s.at += size
	if c != '\\' || s.at >= len(s.text) {
		return int(c)
	}
	c, size = utf8.DecodeRuneInString(s.text[s.at:])
	s.at += size
	digits := 0
	switch c {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
		if s.at < len(s.text) && s.text[s.at] == '{' {
			return s.braced()
		}
	}
	if digits == 0 || s.at+digits > len(s.text) {
		return int(c)
	}
	n, err := strconv.ParseUint(s.text[s.at:s.at+digits], 16, 32)
	if err != nil {
		return int(c)
	}
	s.at += digits
	return int(n)
}

// braced reads a number in braces.
func (s *patternScan) braced() int {
	n := 0
	for s.at++; s.at < len(s.text); s.at++ {
		digit, err := strconv.ParseUint(s.text[s.at:s.at+1], 16, 8)
		if err != nil {
			break
		}
		n = min(n<<4|int(digit), utf8.MaxRune)
	}
	if s.at < len(s.text) && s.text[s.at] == '}' {
		s.at++
	}
	return n
}
