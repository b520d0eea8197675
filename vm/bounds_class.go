package vm

import (
	"strconv"
	"strings"

	"github.com/dop251/goja/token"
)

// class reads a class from its keyword on.
func (s *syntax) class(declaration bool) {
	s.next()
	if declaration || s.isName(s.tok) {
		s.takeName()
	}
	if s.tok != token.LEFT_BRACE {
		s.expect(token.EXTENDS)
		links := s.enter()
		s.postfix()
		s.leave(links)
	}
	s.expect(token.LEFT_BRACE)
	for s.tok != token.RIGHT_BRACE {
		if s.tok == token.SEMICOLON {
			s.next()
		} else {
			s.classMember()
		}
	}
	s.next()
}

// classMember is what is known of a member of a class before its parameters or its value.
type classMember struct {
	static, async, generator, private bool
	method                            bool   // it has to have parameters
	kind                              string // get or set
	name                              string // as it is written
}

func (s *syntax) classMember() {
	m := classMember{}
	if s.tok == token.STATIC {
		switch s.peek() {
		case token.ASSIGN, token.SEMICOLON, token.RIGHT_BRACE, token.LEFT_PARENTHESIS: // a name
		default:
			s.next()
			if s.tok == token.LEFT_BRACE {
				s.functionBody(false, true, false)
				return
			}
			m.static = true
		}
	}
	s.modifiers(&m)
	m.private = s.tok == token.PRIVATE_IDENTIFIER
	m.name = s.fixedName()
	s.memberName()
	m.method = m.method || s.tok == token.LEFT_PARENTHESIS
	s.checkMember(m)
	if m.method {
		s.method(m.kind, m.generator, m.async)
		return
	}
	if s.tok == token.ASSIGN {
		s.next()
		s.expression()
	}
	if !s.line && s.tok != token.SEMICOLON && s.tok != token.RIGHT_BRACE {
		s.fail()
	}
}

// modifiers reads get, set, async and the star of a generator.
func (s *syntax) modifiers(m *classMember) {
	word := s.literal()
	if word == "get" || word == "set" || s.tok == token.ASYNC {
		if next := s.peek(); next != token.SEMICOLON && next != token.LEFT_PARENTHESIS {
			m.method = true
			if m.async = s.tok == token.ASYNC && word != "get" && word != "set"; !m.async {
				m.kind = word
			}
			s.next()
		}
	}
	if s.tok == token.MULTIPLY && m.kind == "" {
		m.generator, m.method = true, true
		s.next()
	}
}

// fixedName returns the name of a member that is no expression. One that is written with escapes and needs none is refused.
func (s *syntax) fixedName() string {
	name := ""
	switch {
	case s.tok == token.STRING:
		name = s.text[s.start+1 : s.at-1]
	case s.tok == token.PRIVATE_IDENTIFIER:
		name = s.text[s.start+1 : s.at]
	case token.IsId(s.tok), s.escaped:
		name = s.text[s.start:s.at]
	}
	if s.escaped {
		if name = unescaped(name); name == "constructor" || name == "prototype" {
			s.fail()
		}
	}
	return name
}

// unescaped returns a name without its escapes.
func unescaped(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '\\' || i+1 == len(name) {
			b.WriteByte(name[i])
			continue
		}
		i++
		digits := ""
		switch rest := name[i+1:]; {
		case name[i] == 'x' && len(rest) >= 2:
			digits = rest[:2]
		case name[i] == 'u' && strings.HasPrefix(rest, "{"):
			digits, _, _ = strings.Cut(rest[1:], "}")
			i += 2
		case name[i] == 'u' && len(rest) >= 4:
			digits = rest[:4]
		case name[i] == '\n':
			continue
		default:
			b.WriteByte(name[i])
			continue
		}
		i += len(digits)
		c, _ := strconv.ParseUint(digits, 16, 32)
		b.WriteRune(rune(c))
	}
	return b.String()
}

// checkMember refuses members with names that a class needs for itself.
func (s *syntax) checkMember(m classMember) {
	if m.static && !m.private && m.name == "prototype" {
		s.fail()
	}
	if m.name != "constructor" {
		return
	}
	special := m.kind != "" || m.async || m.generator
	if !m.method || m.private || !m.static && special {
		s.fail()
	}
}
