package vm

import "github.com/dop251/goja/token"

// statements reads up to a closing brace or the end.
func (s *syntax) statements() {
	for s.tok != token.RIGHT_BRACE && s.tok != token.EOF {
		s.statement(true)
	}
}

func (s *syntax) block() {
	s.expect(token.LEFT_BRACE)
	s.statements()
	s.expect(token.RIGHT_BRACE)
}

// statement reads one statement. Declarations are allowed in lists of statements alone.
func (s *syntax) statement(listed bool) {
	links := s.enter()
	if !s.compound() && !s.jump() && !s.declaration(listed) {
		s.plainStatement()
	}
	s.leave(links)
}

// compound reads a statement that has others inside, and reports whether there is one.
func (s *syntax) compound() bool {
	switch s.tok {
	case token.LEFT_BRACE:
		s.block()
	case token.IF:
		s.ifStatement()
	case token.DO:
		s.doStatement()
	case token.WHILE:
		s.next()
		s.condition()
		s.loopBody()
	case token.FOR:
		s.forStatement()
	case token.WITH:
		s.next()
		s.condition()
		s.statement(false)
	case token.SWITCH:
		s.switchStatement()
	case token.TRY:
		s.tryStatement()
	default:
		return false
	}
	return true
}

// jump reads an empty statement or one that leaves others, and reports whether there is one.
func (s *syntax) jump() bool {
	switch s.tok {
	case token.SEMICOLON:
		s.next()
	case token.BREAK, token.CONTINUE:
		s.branch()
	case token.DEBUGGER:
		s.next()
		s.semicolon()
	case token.RETURN:
		s.next()
		if !s.line && s.tok != token.SEMICOLON && s.tok != token.RIGHT_BRACE && s.tok != token.EOF {
			s.expression()
		}
		s.semicolon()
	case token.THROW:
		s.next()
		if s.line {
			s.fail()
		}
		s.expression()
		s.semicolon()
	default:
		return false
	}
	return true
}

// declaration reads a declaration, and reports whether there is one.
func (s *syntax) declaration(listed bool) bool {
	switch s.tok {
	case token.VAR:
		s.variables()
	case token.LET:
		next := s.peek()
		if next != token.LEFT_BRACKET && (!listed || !token.IsId(next) && next != token.LEFT_BRACE) {
			s.ends = true
			return false
		}
		if !listed {
			s.fail()
		}
		s.variables()
	case token.CONST:
		if !listed {
			s.fail()
		}
		s.variables()
	case token.FUNCTION:
		s.function(true, false)
	case token.ASYNC:
		if s.peek() != token.FUNCTION {
			return false
		}
		s.next()
		s.function(true, true)
	case token.CLASS:
		if !listed {
			s.fail()
		}
		s.class(true)
	default:
		return false
	}
	return true
}

func (s *syntax) variables() {
	s.next()
	for {
		if s.binding() {
			s.fail()
		}
		if s.tok != token.COMMA {
			break
		}
		s.next()
	}
	s.semicolon()
}

// semicolon reads the end of a statement that begins with a keyword. Behind a line break, a semicolon is a statement of
// its own for the engine.
func (s *syntax) semicolon() {
	switch {
	case s.tok == token.RIGHT_BRACE, s.tok == token.EOF:
	case s.line:
		s.line = false
	default:
		s.expect(token.SEMICOLON)
	}
}

// expressionEnd reads the end of a statement that is an expression.
func (s *syntax) expressionEnd() {
	if s.tok == token.SEMICOLON {
		s.next()
		return
	}
	s.semicolon()
}

// plainStatement reads an expression, which may turn out to be a label.
func (s *syntax) plainStatement() {
	start, escaped := s.start, s.escaped
	x := s.expression()
	if !x.is(shapeName) || s.tok != token.COLON {
		s.expressionEnd()
		return
	}
	label := s.text[start:s.last]
	if escaped || s.hasLabel(label) {
		s.fail()
	}
	s.next()
	s.scope.labels = append(s.scope.labels, label)
	s.statement(false)
	s.scope.labels = s.scope.labels[:len(s.scope.labels)-1]
}

// branch reads a break or a continue.
func (s *syntax) branch() {
	loop := s.tok == token.CONTINUE
	s.next()
	ended := s.line
	if s.tok == token.SEMICOLON {
		ended = true
		s.next()
	}
	inside := s.scope.iteration || !loop && s.scope.cases
	if ended || s.tok == token.RIGHT_BRACE || s.tok == token.EOF {
		s.line = false
		if !inside {
			s.fail()
		}
		return
	}
	if !s.isName(s.tok) || s.escaped || !s.hasLabel(s.literal()) || loop && !inside {
		s.fail()
	}
	s.takeName()
	s.semicolon()
}

// condition reads an expression in brackets.
func (s *syntax) condition() {
	s.expect(token.LEFT_PARENTHESIS)
	s.expression()
	s.expect(token.RIGHT_PARENTHESIS)
}

func (s *syntax) ifStatement() {
	s.next()
	s.condition()
	s.blockOrStatement()
	if s.tok == token.ELSE {
		s.next()
		s.statement(false)
	}
}

// blockOrStatement reads a block, which is no level of its own here, or another statement.
func (s *syntax) blockOrStatement() {
	if s.tok == token.LEFT_BRACE {
		s.block()
		return
	}
	s.statement(false)
}
