package vm

import "github.com/dop251/goja/token"

func (s *syntax) doStatement() {
	around := s.scope.iteration
	s.scope.iteration = true
	s.next()
	s.blockOrStatement()
	s.expect(token.WHILE)
	s.condition()
	if s.tok == token.SEMICOLON {
		s.next()
	}
	s.scope.iteration = around
}

func (s *syntax) loopBody() {
	around := s.scope.iteration
	s.scope.iteration = true
	s.statement(false)
	s.scope.iteration = around
}

func (s *syntax) forStatement() {
	s.next()
	if s.tok == token.AWAIT {
		s.refuse(s.start, "Unexpected token await: for await is not supported")
	}
	s.expect(token.LEFT_PARENTHESIS)
	each := false
	if s.tok != token.SEMICOLON {
		around := s.scope.in
		s.scope.in = false
		if s.declaresInFor() {
			each = s.forVariables()
		} else {
			each = s.forExpression()
		}
		s.scope.in = around
	}
	if each {
		s.forEach()
	} else {
		s.forSteps()
	}
	s.loopBody()
}

func (s *syntax) declaresInFor() bool {
	switch s.tok {
	case token.VAR, token.CONST:
		return true
	case token.LET:
		next := s.peek()
		return next == token.IDENTIFIER || next == token.LEFT_BRACKET || next == token.LEFT_BRACE
	}
	return false
}

// overEach reports whether in or of follows.
func (s *syntax) overEach() bool {
	return s.tok == token.IN || s.tok == token.IDENTIFIER && s.literal() == "of"
}

// forVariables reads the declarations of a loop, and reports whether it goes over the values of something.
func (s *syntax) forVariables() bool {
	s.next()
	bare := s.target()
	if s.overEach() {
		return true
	}
	bare = s.value(bare)
	if s.overEach() {
		s.fail()
	}
	for s.tok == token.COMMA {
		s.next()
		bare = s.binding() || bare
	}
	if bare {
		s.fail()
	}
	return false
}

// value reads the value of a declaration if there is one. It reports whether a pattern lacks it.
func (s *syntax) value(pattern bool) (bare bool) {
	if s.tok != token.ASSIGN {
		return pattern
	}
	s.next()
	s.assignment()
	return false
}

// forExpression does for an expression what forVariables does.
func (s *syntax) forExpression() bool {
	x := s.expression()
	if !s.overEach() {
		return false
	}
	if !x.is(shapeTarget | shapeElement) {
		s.fail()
	}
	return true
}

// forEach reads what a loop goes over.
func (s *syntax) forEach() {
	in := s.tok == token.IN
	s.next()
	if in {
		s.expression()
	} else {
		s.assignment()
	}
	s.expect(token.RIGHT_PARENTHESIS)
}

// forSteps reads the condition and the step of a loop.
func (s *syntax) forSteps() {
	s.expect(token.SEMICOLON)
	if s.tok != token.SEMICOLON {
		s.expression()
	}
	s.expect(token.SEMICOLON)
	if s.tok != token.RIGHT_PARENTHESIS {
		s.expression()
	}
	s.expect(token.RIGHT_PARENTHESIS)
}

func (s *syntax) switchStatement() {
	s.next()
	s.condition()
	s.expect(token.LEFT_BRACE)
	around := s.scope.cases
	s.scope.cases = true
	for defaults := false; s.tok != token.RIGHT_BRACE; {
		if s.tok == token.DEFAULT {
			if defaults {
				s.fail()
			}
			defaults = true
			s.next()
		} else {
			s.expect(token.CASE)
			s.expression()
		}
		s.expect(token.COLON)
		for s.tok != token.EOF && s.tok != token.RIGHT_BRACE && s.tok != token.CASE && s.tok != token.DEFAULT {
			s.statement(true)
		}
	}
	s.next()
	s.scope.cases = around
}

func (s *syntax) tryStatement() {
	s.next()
	s.block()
	handled := s.tok == token.CATCH || s.tok == token.FINALLY
	if !handled {
		s.fail()
	}
	if s.tok == token.CATCH {
		s.next()
		if s.tok == token.LEFT_PARENTHESIS {
			s.next()
			s.target()
			s.expect(token.RIGHT_PARENTHESIS)
		}
		s.block()
	}
	if s.tok == token.FINALLY {
		s.next()
		s.block()
	}
}
