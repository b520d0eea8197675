package vm

import (
	"unicode/utf8"

	"github.com/dop251/goja/token"
)

// quoted reads a text in quotes.
func (s *scanner) quoted(quote byte) {
	s.at++
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case quote:
			s.at++
			s.tok, s.ends = token.STRING, true
			return
		case '\n', '\r':
			s.illegal()
		case '\\':
			s.escaped = true
			if !s.escape(false) {
				s.illegal()
			}
		default:
			s.at++
		}
	}
	s.illegal()
}

// escape reads an escape in a text or a template and reports whether it is valid.
func (s *scanner) escape(template bool) bool {
	s.at++
	if s.at >= len(s.text) {
		return false
	}
	c, size := utf8.DecodeRuneInString(s.text[s.at:])
	s.at += size
	switch {
	case c == '\r' && s.at < len(s.text) && s.text[s.at] == '\n':
		s.at++
	case c == 'x':
		if !s.hexAt(2) {
			return false
		}
		s.at += 2
	case c == 'u':
		_, ok := s.codePoint()
		return ok
	case '1' <= c && c <= '9':
		return !template
	case c == '0' && s.digitAt(s.at):
		return !template
	}
	return true
}

// templatePart reads the characters of a template up to its end or an expression, and reports whether it ended.
func (s *scanner) templatePart(tagged bool) (ended bool) {
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '`':
			s.at++
			s.ends = true
			return true
		case c == '$' && s.at+1 < len(s.text) && s.text[s.at+1] == '{':
			s.at += 2
			s.ends = true
			return false
		case c == '\\' && tagged:
			s.at++
			if s.at < len(s.text) {
				_, size := utf8.DecodeRuneInString(s.text[s.at:])
				s.at += size
			}
		case c == '\\':
			if !s.escape(true) {
				s.illegal()
			}
		default:
			s.at++
		}
	}
	s.tok, s.start = token.EOF, len(s.text)
	s.fail()
	return true
}

// pattern reads a regular expression whose slash is the current token.
func (s *scanner) pattern() {
	from := s.start
	s.at = from + 1
	for class := false; ; {
		if s.at >= len(s.text) {
			s.illegal()
		}
		c, size := utf8.DecodeRuneInString(s.text[s.at:])
		s.at += size
		switch {
		case isLineBreak(c):
			s.illegal()
		case c == '\\':
			s.escapedInPattern()
		case c == '[':
			class = true
		case c == ']':
			class = false
		}
		if c == '/' && !class {
			break
		}
	}
	s.patternEnd(from)
}

func (s *scanner) escapedInPattern() {
	c, size := utf8.DecodeRuneInString(s.text[s.at:])
	if size == 0 || isLineBreak(c) {
		s.illegal()
	}
	s.at += size
}

// patternEnd reads the flags of a regular expression, which are a name right behind it, and takes account of both.
func (s *scanner) patternEnd(from int) {
	source, flags := s.text[from+1:s.at-1], ""
	c, _ := utf8.DecodeRuneInString(s.text[s.at:])
	behind := s.at < len(s.text) && !isLineBreak(c) && !isSpace(c)
	s.next()
	if behind && s.tok == token.IDENTIFIER {
		flags = s.literal()
		s.next()
	}
	if message := s.patterns.check(source, flags); message != "" {
		s.refuse(from, message)
	}
}
