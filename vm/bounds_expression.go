package vm

import "github.com/dop251/goja/token"

// shape is what an expression is, as far as what is around it asks for that.
type shape uint8

const (
	shapeName    shape = 1 << iota // a name without brackets
	shapeTarget                    // a value can be assigned to it
	shapeElement                   // a value can be assigned to it within a pattern
	shapeBind                      // as a literal it is a pattern that declares names, or it is a name
	shapeRebind                    // as a pattern for assignment it is one that declares names, or it is a name
	shapeAssign                    // it assigns with =; the two above are about its left side
	shapePrefix                    // it has an operator in front
	shapeAnd                       // it is an && without brackets
)

const (
	nameShape   = shapeName | shapeTarget | shapeElement | shapeBind | shapeRebind
	memberShape = shapeTarget | shapeElement
)

func (x shape) is(wanted shape) bool { return x&wanted != 0 }

// binds reports whether an expression is a pattern or a name, maybe with a default.
func (x shape) binds() bool { return x.is(shapeBind) }

// declares reports whether an expression is a pattern or a name, and no default.
func (x shape) declares() bool { return x.is(shapeBind) && !x.is(shapeAssign) }

// inPattern reports whether an expression can be an element of a pattern for assignment.
func (x shape) inPattern() bool { return x.is(shapeElement | shapeAssign) }

func (s *syntax) expression() shape {
	x := s.assignment()
	for s.tok == token.COMMA {
		s.next()
		s.assignment()
		x = 0
	}
	return x
}

func (s *syntax) assignment() shape {
	links := s.enter()
	outer := s.front
	s.front = front{
		at: s.start, reread: s.reread, skipped: s.skipped, pending: s.pending,
		waits: s.scope.waits, names: s.scope.names, ins: s.scope.ins,
	}
	x := s.assign()
	s.front = outer
	s.leave(links)
	return x
}

func (s *syntax) assign() shape {
	async := false
	switch {
	case s.tok == token.ASYNC:
		next := s.peek()
		if s.isName(next) {
			s.next()
			s.singleArrow()
			return 0
		}
		async = next == token.LEFT_PARENTHESIS
	case s.tok == token.YIELD && s.scope.yield:
		s.yield()
		return 0
	}
	x := s.conditional()
	if s.tok == token.ARROW {
		s.arrow(x, async)
		return 0
	}
	if !isAssignment(s.tok) {
		return x
	}
	plain := s.tok == token.ASSIGN
	if !x.is(shapeTarget) && (!plain || !x.is(shapeElement)) {
		s.fail()
	}
	s.next()
	s.assignment()
	if plain {
		return x&(shapeBind|shapeRebind) | shapeAssign
	}
	return 0
}

func isAssignment(tok token.Token) bool {
	return token.ADD_ASSIGN <= tok && tok <= token.UNSIGNED_SHIFT_RIGHT_ASSIGN ||
		token.LOGICAL_AND_ASSIGN <= tok && tok <= token.COALESCE_ASSIGN || tok == token.ASSIGN
}

func (s *syntax) yield() {
	if s.scope.params {
		s.fail()
	}
	s.scope.waits++
	s.next()
	if !s.line && s.tok == token.MULTIPLY {
		s.next()
	}
	switch s.tok {
	case token.SEMICOLON, token.RIGHT_BRACE, token.EOF:
		return
	case token.RIGHT_PARENTHESIS, token.RIGHT_BRACKET, token.COMMA, token.COLON, token.IN:
		if !s.line {
			s.skip()
		}
		return
	}
	if !s.line {
		s.assignment()
	}
}

func (s *syntax) conditional() shape {
	x := s.logical()
	if s.tok != token.QUESTION_MARK {
		return x
	}
	s.next()
	in := s.scope.in
	s.scope.in = true
	s.assignment()
	s.scope.in = in
	s.expect(token.COLON)
	s.assignment()
	return 0
}

// logical reads a chain of || or of ??, which must not be mixed, nor ?? and &&.
func (s *syntax) logical() shape {
	x := s.binary(precedenceAnd)
	or, nullish := x.is(shapeAnd), false
	for s.tok == token.LOGICAL_OR || s.tok == token.COALESCE {
		or = or || s.tok == token.LOGICAL_OR
		nullish = nullish || s.tok == token.COALESCE
		if or && nullish {
			s.fail()
		}
		s.link()
		s.next()
		or = s.binary(precedenceAnd).is(shapeAnd) || or
		if or && nullish {
			s.fail()
		}
		x = 0
	}
	return x
}

const (
	precedenceAnd      = 1
	precedenceRelation = 6
	precedenceShift    = 7
)

// precedence returns how strongly an operator binds, or 0 for what is none of those that binary reads.
func precedence(tok token.Token) int {
	switch tok {
	case token.LOGICAL_AND:
		return precedenceAnd
	case token.OR:
		return 2
	case token.EXCLUSIVE_OR:
		return 3
	case token.AND:
		return 4
	case token.EQUAL, token.NOT_EQUAL, token.STRICT_EQUAL, token.STRICT_NOT_EQUAL:
		return 5
	case token.LESS, token.LESS_OR_EQUAL, token.GREATER, token.GREATER_OR_EQUAL, token.INSTANCEOF, token.IN:
		return precedenceRelation
	case token.SHIFT_LEFT, token.SHIFT_RIGHT, token.UNSIGNED_SHIFT_RIGHT:
		return precedenceShift
	case token.PLUS, token.MINUS:
		return 8
	case token.MULTIPLY, token.SLASH, token.REMAINDER:
		return 9
	}
	return 0
}

// binary reads operands and operators that bind at least so strongly.
func (s *syntax) binary(least int) shape {
	most := 9
	var x shape
	if s.tok == token.PRIVATE_IDENTIFIER && s.scope.in && least <= precedenceRelation {
		s.next()
		s.inPrivate()
		most = precedenceRelation - 1
	} else {
		x = s.power()
	}
	for {
		p := precedence(s.tok)
		if p < least || p > most || p == 0 || s.tok == token.IN && !s.scope.in {
			return x
		}
		if s.tok == token.IN {
			s.scope.ins++
		}
		s.link()
		s.next()
		x = 0
		most = p                     // what binds more strongly and was left, a private name in front does not go with
		if p == precedenceRelation { // the engine's go from right to left
			s.relation()
			most--
		} else {
			s.binary(p + 1)
		}
		if p == precedenceAnd {
			x = shapeAnd
		}
	}
}

// inPrivate reads what follows a private name, which can only be in and an object.
func (s *syntax) inPrivate() {
	if s.tok != token.IN {
		s.fail()
	}
	s.scope.ins++
	s.next()
	s.binary(precedenceShift)
}

func (s *syntax) relation() {
	links := s.enter()
	in := s.scope.in
	s.scope.in = true
	s.binary(precedenceRelation)
	s.scope.in = in
	s.leave(links)
}

func (s *syntax) power() shape {
	bracketed := s.tok == token.LEFT_PARENTHESIS
	x := s.unary()
	for s.tok == token.EXPONENT {
		if !bracketed && x.is(shapePrefix) {
			s.fail()
		}
		s.link()
		s.next()
		links := s.enter()
		s.power()
		s.leave(links)
		x = 0
	}
	return x
}

func (s *syntax) unary() shape {
	switch s.tok {
	case token.PLUS, token.MINUS, token.NOT, token.BITWISE_NOT, token.DELETE, token.VOID, token.TYPEOF:
		s.operand()
		return shapePrefix
	case token.INCREMENT, token.DECREMENT:
		if !s.operand().is(shapeTarget) {
			s.fail()
		}
		return 0
	case token.AWAIT:
		if !s.scope.await {
			break
		}
		if !s.scope.async || s.scope.params {
			s.fail()
		}
		s.scope.waits++
		s.operand()
		return 0
	}
	x := s.postfix()
	if (s.tok == token.INCREMENT || s.tok == token.DECREMENT) && !s.line {
		if !x.is(shapeTarget) {
			s.fail()
		}
		s.next()
		return 0
	}
	return x
}

// operand reads what an operator in front applies to.
func (s *syntax) operand() shape {
	s.next()
	links := s.enter()
	x := s.unary()
	s.leave(links)
	return x
}
