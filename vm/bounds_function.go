package vm

import "github.com/dop251/goja/token"

// function reads a function from its keyword on.
func (s *syntax) function(declaration, async bool) {
	s.expect(token.FUNCTION)
	generator := s.tok == token.MULTIPLY
	if generator {
		s.next()
	}
	await, yield := s.scope.await, s.scope.yield
	if !declaration {
		s.scope.await, s.scope.yield = async, generator
	}
	if declaration || s.isName(s.tok) {
		s.takeName()
	}
	s.scope.await, s.scope.yield = async, generator
	s.parameters()
	s.functionBody(async, async, generator)
	s.scope.await, s.scope.yield = await, yield
}

// method reads the parameters and the body of a method. Only a getter and a setter have a kind.
func (s *syntax) method(kind string, generator, async bool) {
	await, yield := s.scope.await, s.scope.yield
	s.scope.await, s.scope.yield = async, generator
	count, rest := s.parameters()
	if kind == "get" && (count > 0 || rest) || kind == "set" && (count != 1 || rest) {
		s.fail()
	}
	s.functionBody(async, async, generator)
	s.scope.await, s.scope.yield = await, yield
}

func (s *syntax) parameters() (count int, rest bool) {
	s.expect(token.LEFT_PARENTHESIS)
	around := s.scope.params
	s.scope.params = true
	for s.tok != token.RIGHT_PARENTHESIS {
		if s.tok == token.ELLIPSIS {
			s.next()
			if rest = s.assignment().declares(); !rest {
				s.fail()
			}
			break
		}
		count++
		s.binding()
		if s.tok != token.RIGHT_PARENTHESIS {
			s.expect(token.COMMA)
		}
	}
	s.expect(token.RIGHT_PARENTHESIS)
	s.scope.params = around
	return count, rest
}

// binding reads a name or a pattern and maybe a default. It reports whether it is a pattern without one.
func (s *syntax) binding() (bare bool) { return s.value(s.target()) }

// target reads a name or a pattern, and reports whether it is a pattern.
func (s *syntax) target() (pattern bool) {
	x := nameShape
	switch s.tok {
	case token.LEFT_BRACKET:
		x = s.array()
	case token.LEFT_BRACE:
		x = s.object()
	default:
		s.takeName()
	}
	if !x.is(shapeBind) {
		s.fail()
	}
	return !x.is(shapeName)
}

// functionBody reads a block in a scope of its own.
func (s *syntax) functionBody(async, await, yield bool) {
	around := s.scope
	s.scope = &scope{in: true, async: async, await: await, yield: yield}
	s.block()
	s.scope = around
}

// singleArrow reads an arrow function behind async, with a name for its parameters.
func (s *syntax) singleArrow() {
	await := s.scope.await
	s.scope.await = true
	s.takeName()
	s.arrowBody(true)
	s.scope.await = await
}

// arrow reads an arrow function whose head is an expression that was read.
func (s *syntax) arrow(x shape, async bool) {
	from, h := s.front, s.head
	if x.is(shapeName) {
		s.arrowBody(false)
		return
	}
	if h.start != from.at || h.end != s.last {
		s.fail()
	}
	twice := async || h.count < 2 || s.pending > 0
	listed := !async && h.count >= 2 && from.pending == s.pending
	if twice && !h.again || listed && !h.list || s.scope.waits != from.waits ||
		async && s.scope.names != from.names || !s.scope.in && s.scope.ins != from.ins {
		s.fail()
	}
	if twice {
		s.again(from)
	}
	s.pending = from.pending
	await := s.scope.await
	s.scope.await = await || async
	s.arrowBody(async)
	s.scope.await = await
}

// arrowBody reads an arrow and what follows it.
func (s *syntax) arrowBody(async bool) {
	s.expect(token.ARROW)
	if s.tok == token.LEFT_BRACE {
		s.functionBody(async, async, false)
		return
	}
	around := *s.scope
	if async != around.async || async != around.await {
		s.scope.async, s.scope.await, s.scope.yield = async, async, false
	}
	s.assignment()
	s.arrowEnds()
	s.scope.async, s.scope.await, s.scope.yield = around.async, around.await, around.yield
}
