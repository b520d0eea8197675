package vm

import (
	"fmt"

	"github.com/dop251/goja/token"
)

var tooManyLinks = fmt.Sprintf("more than %d operators, members or calls in one expression", maxLinks)

// postfix reads an operand with its members, calls and templates.
func (s *syntax) postfix() shape {
	in := s.scope.in
	s.scope.in = true
	start, async := s.start, s.tok == token.ASYNC
	x := s.callee()
	optional := false
	for s.hasPart(true) {
		optional = optional || s.tok == token.QUESTION_DOT
		if s.tok == token.BACKTICK && optional {
			s.fail()
		}
		named := async && x.is(shapeName) && s.tok == token.LEFT_PARENTHESIS
		x = s.part()
		if named {
			s.head.start = start
		}
	}
	s.scope.in = in
	if optional {
		return 0
	}
	return x
}

// callee reads an operand without members: a new expression or a primary one.
func (s *syntax) callee() shape {
	if s.tok == token.NEW {
		return s.create()
	}
	return s.primary()
}

func (s *syntax) hasPart(calls bool) bool {
	switch s.tok {
	case token.PERIOD, token.LEFT_BRACKET, token.BACKTICK:
		return true
	case token.LEFT_PARENTHESIS, token.QUESTION_DOT:
		return calls
	}
	return false
}

// part reads a member, a call or a template, or the first half of an optional one.
func (s *syntax) part() shape {
	s.link()
	switch s.tok {
	case token.PERIOD:
		s.member()
		return memberShape
	case token.LEFT_BRACKET:
		s.index()
		return memberShape
	case token.LEFT_PARENTHESIS:
		s.arguments()
	case token.BACKTICK:
		s.template(true)
	default:
		switch s.peek() {
		case token.LEFT_BRACKET, token.LEFT_PARENTHESIS, token.BACKTICK:
			s.next()
		default:
			s.link()
			s.member()
		}
	}
	return 0
}

func (s *syntax) member() {
	s.next()
	if s.tok != token.PRIVATE_IDENTIFIER && !token.IsId(s.tok) {
		s.fail()
	}
	s.ends = true
	s.next()
}

func (s *syntax) index() {
	s.next()
	s.expression()
	s.expect(token.RIGHT_BRACKET)
}

// arguments reads the arguments of a call. After async they may be the head of an arrow function.
func (s *syntax) arguments() {
	h := head{start: -1, again: true}
	s.expect(token.LEFT_PARENTHESIS)
	for s.tok != token.RIGHT_PARENTHESIS {
		if s.tok == token.ELLIPSIS {
			s.next()
			h.again = s.assignment().declares() && s.tok == token.RIGHT_PARENTHESIS && h.again
		} else {
			h.again = s.assignment().binds() && h.again
		}
		if s.tok != token.COMMA {
			break
		}
		s.next()
	}
	s.expect(token.RIGHT_PARENTHESIS)
	h.end = s.last
	s.head = h
}

func (s *syntax) create() shape {
	s.next()
	if s.tok == token.PERIOD {
		s.next()
		if s.literal() != "target" {
			s.fail()
		}
		s.next()
		return 0
	}
	links := s.enter()
	s.callee()
	for s.hasPart(false) {
		s.part()
	}
	s.leave(links)
	if s.tok == token.LEFT_PARENTHESIS {
		s.arguments()
	}
	return 0
}

func (s *syntax) primary() shape {
	switch s.tok {
	case token.NULL, token.BOOLEAN, token.STRING, token.NUMBER, token.THIS:
		s.next()
		return 0
	case token.SLASH, token.QUOTIENT_ASSIGN:
		s.pattern()
		return 0
	case token.LEFT_BRACE:
		return s.object()
	case token.LEFT_BRACKET:
		return s.array()
	case token.LEFT_PARENTHESIS:
		return s.parentheses()
	case token.BACKTICK:
		s.template(false)
		return 0
	case token.SUPER:
		return s.super()
	case token.FUNCTION:
		s.function(false, false)
		return 0
	case token.CLASS:
		s.class(false)
		return 0
	case token.ASYNC:
		if s.peek() == token.FUNCTION {
			s.next()
			s.function(false, true)
			return 0
		}
	}
	s.takeName()
	return nameShape
}

func (s *syntax) super() shape {
	s.next()
	switch s.tok {
	case token.PERIOD:
		s.next()
		if !token.IsId(s.tok) {
			s.fail()
		}
		s.next()
		return memberShape
	case token.LEFT_BRACKET:
		s.index()
		return memberShape
	case token.LEFT_PARENTHESIS:
		s.arguments()
		return 0
	}
	s.fail()
	return 0
}

func (s *syntax) template(tagged bool) {
	for !s.templatePart(tagged) {
		s.next()
		s.expression()
		if s.tok != token.RIGHT_BRACE {
			s.fail()
		}
	}
	s.next()
}

// parentheses reads an expression in brackets, or what an arrow behind it makes the parameters of a function.
func (s *syntax) parentheses() shape {
	h := head{start: s.start, again: true, list: true}
	before := s.pending
	s.next()
	var x shape
	if s.tok == token.RIGHT_PARENTHESIS {
		s.pending++
	} else {
		x = s.parenthesized(&h)
	}
	inner := s.tail.end == s.last
	s.expect(token.RIGHT_PARENTHESIS)
	h.end = s.last
	if inner {
		s.tail.end = s.last
	}
	if s.pending > before && (s.tok != token.ARROW || s.front.at != h.start) {
		s.fail()
	}
	s.head = h
	if s.pending > 0 || h.count != 1 || !x.is(shapeTarget) {
		return 0
	}
	return memberShape
}

// parenthesized reads what is between brackets and returns the shape of the last expression.
func (s *syntax) parenthesized(h *head) (x shape) {
	for {
		h.count++
		rest := s.tok == token.ELLIPSIS
		if rest {
			s.pending++
			s.next()
		}
		x = s.assignment()
		if rest {
			h.again = h.again && x.declares()
			if s.tok != token.RIGHT_PARENTHESIS {
				s.fail()
			}
			return 0
		}
		h.again = h.again && x.binds()
		h.list = h.list && (x.declares() || x.is(shapeAssign) && x.is(shapeRebind))
		if s.tok != token.COMMA {
			return x
		}
		s.next()
		if s.tok == token.RIGHT_PARENTHESIS {
			s.pending++
			return x
		}
	}
}
