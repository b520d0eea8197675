package vm

import (
	"slices"

	"github.com/dop251/goja/token"
)

// syntax reads a source the way the engine's parser does and builds nothing. What it reads without an error, the
// engine's parser does too; where that parser refuses what the language allows, or depends on how it came to a place, so
// does this. It need not accept everything that the engine's parser does.
//
// It finds an error no later than the engine's parser, counts a level wherever that one recurses, and adds up what that
// one reads more than once.
type syntax struct {
	scanner
	scope   *scope
	depth   int // expressions and statements that are open
	parts   int // expressions and statements so far
	links   int // of the innermost of them
	reread  int // bytes that the engine reads again
	labels  int // labels that the engine compared
	skipped int // bytes that the engine looks through for the value of a yield
	// pending counts errors that the engine keeps until it sees an arrow: a rest, a comma at the end, or nothing in
	// brackets. As long as there is one, it takes brackets for a list.
	pending int
	front   front
	head    head
	tail    tail
}

// tail is how many levels ended at the same place, brackets around them aside: the engine goes down all of them when it
// asks where an arrow function ends.
type tail struct {
	end, levels int
	sum         int // over all arrow functions
}

// scope is what the engine's parser knows about the function around. The bodies of arrow functions without braces
// belong to the function around them.
type scope struct {
	in        bool // in is an operator
	iteration bool
	cases     bool
	params    bool // between the brackets of parameters
	async     bool
	await     bool // await is no name
	yield     bool // yield is no name
	labels    []string
	waits     int // await and yield expressions so far
	names     int // uses of await as a name so far
	ins       int // in operators so far
}

// front is where the innermost assignment expression begins: an arrow behind its head may have all of that read again.
type front struct {
	at, reread, skipped, pending int
	waits, names, ins            int
}

// head is what may be the head of an arrow function: the last brackets that closed.
type head struct {
	start, end int
	count      int
	again      bool // it is good as parameters when it is read again
	list       bool // it is good as parameters when it was read as a list
}

// readSource returns why a source is refused, or nil.
func readSource(text string) (refused *refusal) {
	defer func() {
		if x := recover(); x != nil {
			r, ok := x.(*refusal)
			if !ok {
				panic(x)
			}
			refused = r
		}
	}()
	s := syntax{scanner: scanner{text: text, patterns: patternBudget{}}, depth: -1}
	s.scope = &scope{in: true, async: true, await: true}
	s.next()
	s.statements()
	if s.tok != token.EOF {
		s.fail()
	}
	return nil
}

// enter opens a level and returns what leave has to know.
func (s *syntax) enter() (links int) {
	s.depth++
	s.parts++
	if s.depth > maxDepth {
		s.refuse(s.start, nestedTooDeep())
	}
	if s.parts > maxProgramWeight/weightNode {
		s.refuse(s.start, tooHeavy)
	}
	links, s.links = s.links, 0
	return links
}

func (s *syntax) leave(links int) {
	s.depth--
	s.links = links
	if s.tail.end != s.last {
		s.tail.end, s.tail.levels = s.last, 0
	}
	s.tail.levels++
}

// arrowEnds takes account of the end of an arrow function without braces.
func (s *syntax) arrowEnds() {
	s.tail.sum += s.tail.levels
	if s.tail.sum > maxArrowEnds {
		s.refuse(s.start, "too many arrow functions inside one another")
	}
}

// link counts a part of a chain, which needs no level in the parser but one in the tree.
func (s *syntax) link() {
	s.links++
	if s.links > maxLinks {
		s.refuse(s.start, tooManyLinks)
	}
}

// expect goes on behind a token that has to be the current one.
func (s *syntax) expect(tok token.Token) {
	if s.tok != tok {
		s.fail()
	}
	s.next()
}

// isName reports whether a token is a name where it is.
func (s *syntax) isName(tok token.Token) bool {
	switch tok {
	case token.AWAIT:
		return !s.scope.await
	case token.YIELD:
		return !s.scope.yield
	}
	return tok == token.IDENTIFIER || token.IsUnreservedWord(tok)
}

// takeName goes on behind a name.
func (s *syntax) takeName() {
	if !s.isName(s.tok) {
		s.fail()
	}
	if s.tok == token.AWAIT {
		s.scope.names++
	}
	s.next()
}

// again takes account of what the engine reads once more from the front of an expression.
func (s *syntax) again(from front) {
	s.reread += s.at - from.at + s.reread - from.reread
	s.skipped += s.skipped - from.skipped
	if s.reread > 2*len(s.text)+maxReread || s.skipped > maxYieldSkip {
		s.refuse(from.at, "too many functions in the parameters of arrow functions")
	}
}

// skip takes account of a yield without a value in front of what cannot be one: the engine looks for it in the rest of
// the source, up to the next statement.
func (s *syntax) skip() {
	s.skipped += len(s.text) - s.start
	if s.skipped > maxYieldSkip {
		s.refuse(s.last, "too many yields without a value inside expressions; write yield undefined")
	}
}

// hasLabel reports whether a label is around.
func (s *syntax) hasLabel(label string) bool {
	s.labels += len(s.scope.labels)
	if s.labels > maxLabelling {
		s.refuse(s.start, "too many labels inside one another")
	}
	return slices.Contains(s.scope.labels, label)
}
