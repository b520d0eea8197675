package vm

import (
	"strings"

	"github.com/dop251/goja/token"
)

// patternShape is the shape of a literal for which all that may make it a pattern still holds.
const patternShape = shapeElement | shapeBind | shapeRebind

// without takes from the shape of a literal what one of its parts is not good for.
func (x shape) without(what shape, unless bool) shape {
	if unless {
		return x
	}
	return x &^ what
}

// array reads an array or a pattern. A literal may be assigned to with = alone, which shapeElement tells from
// shapeTarget.
func (s *syntax) array() shape {
	x := patternShape
	s.next()
	for s.tok != token.RIGHT_BRACKET {
		switch s.tok {
		case token.COMMA:
			s.next()
			continue
		case token.ELLIPSIS:
			x &= s.restOfArray()
		default:
			e := s.assignment()
			x = x.without(shapeElement|shapeBind, e.inPattern())
			x = x.without(shapeRebind, e.is(shapeRebind) && !e.is(shapeAssign))
		}
		if s.tok != token.RIGHT_BRACKET {
			s.expect(token.COMMA)
		}
	}
	s.next()
	return x
}

// restOfArray reads a spread, which in a pattern is the last element, without brackets around and with no comma behind,
// be it in a comment.
func (s *syntax) restOfArray() shape {
	s.next()
	e := s.assignment()
	x := patternShape
	if s.tok != token.RIGHT_BRACKET || s.text[s.last-1] == ')' || strings.Contains(s.text[s.last:s.start], ",") {
		return 0
	}
	x = x.without(shapeElement, e.is(shapeElement))
	x = x.without(shapeBind, e.declares())
	return x.without(shapeRebind, e.is(shapeRebind) && !e.is(shapeAssign))
}

// object reads an object or a pattern.
func (s *syntax) object() shape {
	x := patternShape
	s.next()
	for s.tok != token.RIGHT_BRACE {
		if s.tok == token.ELLIPSIS {
			s.next()
			x = x.without(shapeBind|shapeRebind, s.assignment().is(shapeName))
			if s.tok == token.COMMA && s.peek() != token.RIGHT_BRACE {
				x = 0
			}
		} else {
			x &= s.property()
		}
		if s.tok != token.RIGHT_BRACE {
			s.expect(token.COMMA)
		}
	}
	s.next()
	return x
}

func (s *syntax) property() shape {
	if s.tok == token.MULTIPLY {
		s.next()
		s.propertyName()
		s.method("", true, false)
		return 0
	}
	tok, word := s.tok, s.literal()
	s.propertyName()
	switch {
	case s.tok == token.LEFT_PARENTHESIS:
		s.method("", false, false)
		return 0
	case s.tok == token.COMMA, s.tok == token.RIGHT_BRACE, s.tok == token.ASSIGN:
		return s.shorthand(tok)
	case (word == "get" || word == "set" || tok == token.ASYNC) && s.tok != token.COLON:
		s.propertyName()
		s.method(word, false, tok == token.ASYNC)
		return 0
	}
	s.expect(token.COLON)
	e := s.assignment()
	x := patternShape.without(shapeElement, e.inPattern())
	if e.is(shapeAssign) {
		return x.without(shapeBind|shapeRebind, e.is(shapeRebind))
	}
	return x.without(shapeBind, e.is(shapeBind)).without(shapeRebind, e.is(shapeRebind))
}

// shorthand reads what may follow a name that stands for itself.
func (s *syntax) shorthand(name token.Token) shape {
	if !s.isName(name) {
		s.fail()
	}
	if name == token.AWAIT {
		s.scope.names++
	}
	if s.tok == token.ASSIGN {
		s.next()
		s.assignment()
	}
	return patternShape
}

// propertyName reads the name of a property that is not private.
func (s *syntax) propertyName() {
	if s.tok == token.PRIVATE_IDENTIFIER {
		s.fail()
	}
	s.memberName()
}

// memberName reads the name of a property or of a member of a class.
func (s *syntax) memberName() {
	switch {
	case s.tok == token.LEFT_BRACKET:
		s.next()
		s.assignment()
		s.expect(token.RIGHT_BRACKET)
	case s.tok == token.STRING, s.tok == token.NUMBER, s.tok == token.PRIVATE_IDENTIFIER, token.IsId(s.tok):
		s.next()
	default:
		s.fail()
	}
}
