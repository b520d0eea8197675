package vm

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
)

// isNameStart reports whether a name starts at an offset, maybe with an escape.
func isNameStart(text string, at int) bool {
	c := text[at]
	if c >= utf8.RuneSelf {
		c, _ := utf8.DecodeRuneInString(text[at:])
		return c != '\u2028' && c != '\u2029' && parser.IsIdentifier(string(c))
	}
	return c == '\\' || isNameByte(c) && (c < '0' || c > '9')
}

// isNameByte reports whether an ASCII character may be in a name.
func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$'
}

// word reads a name or keyword and returns it without escapes.
func (s *scanner) word() string {
	from, written := s.at, 0
	var plain strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case isNameByte(c):
			s.at++
			continue
		case c == '\\':
			plain.WriteString(s.text[max(from, written):s.at])
			plain.WriteRune(s.escapedLetter(s.at == from))
			s.escaped, written = true, s.at
			continue
		case c >= utf8.RuneSelf:
			letter, size := utf8.DecodeRuneInString(s.text[s.at:])
			if parser.IsIdentifier("a" + string(letter)) {
				s.at += size
				continue
			}
		}
		break
	}
	if !s.escaped {
		return s.text[from:s.at]
	}
	return plain.String() + s.text[written:s.at]
}

// escapedLetter reads the escape of a letter of a name.
func (s *scanner) escapedLetter(first bool) rune {
	s.at++
	if s.at >= len(s.text) || s.text[s.at] != 'u' {
		s.illegal()
	}
	s.at++
	c, ok := s.codePoint()
	letter := string(c)
	if !first {
		letter = "a" + letter
	}
	if !ok || c == '\\' || !parser.IsIdentifier(letter) {
		s.illegal()
	}
	return c
}

// codePoint reads four hexadecimal digits or a number in braces.
func (s *scanner) codePoint() (rune, bool) {
	digits := ""
	if s.at < len(s.text) && s.text[s.at] == '{' {
		end := s.at + 1
		for end < len(s.text) && isHex(s.text[end]) {
			end++
		}
		if end >= len(s.text) || s.text[end] != '}' {
			return 0, false
		}
		digits = s.text[s.at+1 : end]
		s.at = end + 1
	} else {
		if !s.hexAt(4) {
			return 0, false
		}
		digits = s.text[s.at : s.at+4]
		s.at += 4
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return rune(min(n, utf8.MaxRune+1)), err == nil && n <= utf8.MaxRune
}

// hexAt reports whether so many hexadecimal digits follow.
func (s *scanner) hexAt(count int) bool {
	if s.at+count > len(s.text) {
		return false
	}
	for i := range count {
		if !isHex(s.text[s.at+i]) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// name reads a name or a keyword. A keyword that cannot end a statement leaves ends as the token before it set it: so
// does the engine.
func (s *scanner) name() {
	word := s.word()
	tok, _ := token.IsKeyword(word)
	switch {
	case tok == 0 || len(word) < 2:
		s.tok, s.ends = token.IDENTIFIER, true
	case s.escaped:
		s.tok, s.ends = token.ESCAPED_RESERVED_WORD, true
	default:
		s.keyword(tok)
	}
}

func (s *scanner) keyword(tok token.Token) {
	s.tok = tok
	switch tok {
	case token.BOOLEAN, token.NULL, token.THIS, token.BREAK, token.THROW, token.YIELD, token.RETURN, token.CONTINUE,
		token.DEBUGGER:
		s.ends = true
	case token.ASYNC:
		for s.at < len(s.text) {
			c, size := utf8.DecodeRuneInString(s.text[s.at:])
			if isLineBreak(c) || !isSpace(c) {
				if isLineBreak(c) {
					s.tok, s.ends = token.IDENTIFIER, true
				}
				return
			}
			s.at += size
		}
		s.tok, s.ends = token.IDENTIFIER, true
	}
}

// number reads a number as the engine can read it.
func (s *scanner) number() {
	whole, separated := true, false
	digits := func(base string) {
		from := s.at
		for s.at < len(s.text) && (strings.IndexByte(base, s.text[s.at]) >= 0 || s.text[s.at] == '_') {
			if s.text[s.at] == '_' {
				separated = true
				if s.at == from || s.at+1 >= len(s.text) || strings.IndexByte(base, s.text[s.at+1]) < 0 || s.text[s.at-1] == '_' {
					s.illegal()
				}
			}
			s.at++
		}
		if s.at == from {
			s.illegal()
		}
	}
	radix := s.radix()
	switch {
	case radix != "":
		s.at += 2
		digits(radix)
	case s.text[s.at] == '0' && s.digitAt(s.at+1): // an old octal number
		digits("01234567")
		if separated {
			s.illegal()
		}
	default:
		whole = s.decimal(digits)
	}
	s.endNumber(radix != "", whole, separated)
}

// decimal reads a number with a point or an exponent, and reports whether it has none.
func (s *scanner) decimal(digits func(string)) (whole bool) {
	const ten = "0123456789"
	whole = true
	if s.text[s.at] != '.' {
		zero := s.text[s.at] == '0'
		digits(ten)
		if zero && s.at > s.start+1 {
			s.illegal()
		}
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		whole = false
		s.at++
		if s.digitAt(s.at) {
			digits(ten)
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		whole = false
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		digits(ten)
	}
	return whole
}

// radix returns the digits of a number with a prefix, or "".
func (s *scanner) radix() string {
	if s.text[s.at] != '0' || s.at+1 >= len(s.text) {
		return ""
	}
	switch s.text[s.at+1] {
	case 'x', 'X':
		return "0123456789abcdefABCDEF"
	case 'o', 'O':
		return "01234567"
	case 'b', 'B':
		return "01"
	}
	return ""
}

func (s *scanner) endNumber(prefixed, whole, separated bool) {
	literal := s.literal()
	legacy := !prefixed && whole && len(literal) > 1 && literal[0] == '0'
	big := whole && !legacy && s.at < len(s.text) && s.text[s.at] == 'n'
	if big {
		s.at++
	}
	if len(literal) > maxNumber {
		s.refuse(s.start, "number is longer than "+strconv.Itoa(maxNumber)+" digits")
	}
	hex := prefixed && (literal[1] == 'x' || literal[1] == 'X')
	if !big && (separated || prefixed && !hex) && !readsNumber(literal) {
		s.illegal()
	}
	if s.at < len(s.text) && (s.digitAt(s.at) || isNameStart(s.text, s.at)) {
		s.illegal()
	}
	s.tok, s.ends = token.NUMBER, true
}

// readsNumber reports whether the engine can read a number with separators or a prefix.
func readsNumber(literal string) bool {
	if _, err := strconv.ParseInt(literal, 0, 64); err == nil {
		return true
	}
	_, err := strconv.ParseFloat(literal, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}
