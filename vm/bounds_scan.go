package vm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dop251/goja/token"
)

// scanner tells the tokens of a source apart as the engine does, which has ways of its own where a line break may end
// a statement: see ends.
type scanner struct {
	text string
	cursor
	patterns patternBudget
}

// cursor is the current token and what is around it. A copy of it is a place to come back to.
type cursor struct {
	tok     token.Token
	start   int  // where the token starts
	at      int  // where it ends
	last    int  // where the token before ended
	line    bool // a line break in front of the token may end a statement
	ends    bool // the token may be the last of a statement, so a line break behind it counts
	escaped bool // the token is a name or a text with an escape
}

// refusal is why reading a source ended. It is thrown.
type refusal struct {
	at      int
	message string
	syntax  bool // the source has an error, rather than too much of something
	end     int  // how far the source was read
}

// fail ends the reading at an error at the current token.
func (s *scanner) fail() {
	if word := s.text[s.start:max(s.at, s.start)]; s.tok == token.KEYWORD && (word == "import" || word == "export") {
		s.refuse(s.start, "Unexpected token "+word+": there are no modules")
	}
	panic(&refusal{at: s.start, message: s.unexpected(), syntax: true, end: max(s.at, s.start)})
}

// refuse ends the reading at a bound.
func (s *scanner) refuse(at int, message string) {
	panic(&refusal{at: at, message: message})
}

// illegal ends the reading within a token.
func (s *scanner) illegal() {
	s.tok = token.ILLEGAL
	s.fail()
}

func (s *scanner) unexpected() string {
	switch s.tok {
	case token.EOF:
		return "Unexpected end of input"
	case token.IDENTIFIER:
		return "Unexpected identifier"
	case token.NUMBER:
		return "Unexpected number"
	case token.STRING:
		return "Unexpected string"
	case token.BOOLEAN, token.NULL, token.KEYWORD:
		return "Unexpected token " + s.text[s.start:s.at]
	}
	return "Unexpected token " + s.tok.String()
}

// literal returns the token as it is written.
func (s *scanner) literal() string { return s.text[s.start:s.at] }

// peek returns the token behind the current one.
func (s *scanner) peek() token.Token {
	here := s.cursor
	s.next()
	tok := s.tok
	s.cursor = here
	return tok
}

// next goes on to the next token.
func (s *scanner) next() {
	s.last, s.line, s.escaped = s.at, false, false
	s.space()
	s.start = s.at
	if s.at >= len(s.text) { // a line break follows, and then the end of the function around
		s.line, s.ends = s.line || s.ends, false
		s.tok = token.EOF
		return
	}
	c := s.text[s.at]
	switch {
	case isNameStart(s.text, s.at):
		s.name()
	case '0' <= c && c <= '9', c == '.' && s.digitAt(s.at+1):
		s.number()
	case c == '"' || c == '\'':
		s.quoted(c)
	case c == '#':
		s.at++
		if s.at >= len(s.text) || !isNameStart(s.text, s.at) {
			s.illegal()
		}
		s.word()
		s.tok, s.ends = token.PRIVATE_IDENTIFIER, true
	default:
		s.punctuator()
	}
}

func (s *scanner) digitAt(at int) bool {
	return at < len(s.text) && '0' <= s.text[at] && s.text[at] <= '9'
}

// space skips white space and comments.
func (s *scanner) space() {
	for s.at < len(s.text) {
		c, size := utf8.DecodeRuneInString(s.text[s.at:])
		switch {
		case isLineBreak(c):
			s.breakLine(s.ends)
			s.at += size
		case isSpace(c):
			s.at += size
		case c == '/' && strings.HasPrefix(s.text[s.at:], "//"):
			s.at = s.lineEnd(s.at)
		case c == '/' && strings.HasPrefix(s.text[s.at:], "/*"):
			s.comment()
		default:
			return
		}
	}
}

func (s *scanner) breakLine(counts bool) {
	if counts {
		s.line, s.ends = true, false
	}
}

func (s *scanner) comment() {
	length := strings.Index(s.text[s.at+2:], "*/")
	if length < 0 {
		s.start, s.at = s.at, len(s.text)
		s.tok = token.EOF
		s.start = len(s.text)
		s.fail()
	}
	s.breakLine(strings.ContainsAny(s.text[s.at+2:s.at+2+length], "\n\r\u2028\u2029"))
	s.at += 2 + length + 2
}

// lineEnd returns where the line of an offset ends.
func (s *scanner) lineEnd(at int) int {
	if length := strings.IndexAny(s.text[at:], "\n\r\u2028\u2029"); length >= 0 {
		return at + length
	}
	return len(s.text)
}

func isLineBreak(c rune) bool { return c == '\n' || c == '\r' || c == '\u2028' || c == '\u2029' }

func isSpace(c rune) bool {
	return c == ' ' || c == '\t' || c == '\ufeff' || unicode.IsSpace(c)
}

// punctuators that consist of more than one character, or may be the beginning of one.
var punctuators = map[string]token.Token{
	"+": token.PLUS, "-": token.MINUS, "*": token.MULTIPLY, "**": token.EXPONENT, "/": token.SLASH, "%": token.REMAINDER,
	"&": token.AND, "|": token.OR, "^": token.EXCLUSIVE_OR, "<<": token.SHIFT_LEFT, ">>": token.SHIFT_RIGHT,
	">>>": token.UNSIGNED_SHIFT_RIGHT, "+=": token.ADD_ASSIGN, "-=": token.SUBTRACT_ASSIGN, "*=": token.MULTIPLY_ASSIGN,
	"**=": token.EXPONENT_ASSIGN, "/=": token.QUOTIENT_ASSIGN, "%=": token.REMAINDER_ASSIGN, "&=": token.AND_ASSIGN,
	"|=": token.OR_ASSIGN, "^=": token.EXCLUSIVE_OR_ASSIGN, "<<=": token.SHIFT_LEFT_ASSIGN, ">>=": token.SHIFT_RIGHT_ASSIGN,
	">>>=": token.UNSIGNED_SHIFT_RIGHT_ASSIGN, "&&": token.LOGICAL_AND, "||": token.LOGICAL_OR, "??": token.COALESCE,
	"++": token.INCREMENT, "--": token.DECREMENT, "&&=": token.LOGICAL_AND_ASSIGN, "||=": token.LOGICAL_OR_ASSIGN,
	"??=": token.COALESCE_ASSIGN, "==": token.EQUAL, "===": token.STRICT_EQUAL, "<": token.LESS, ">": token.GREATER,
	"=": token.ASSIGN, "!": token.NOT, "!=": token.NOT_EQUAL, "!==": token.STRICT_NOT_EQUAL, "<=": token.LESS_OR_EQUAL,
	">=": token.GREATER_OR_EQUAL, ".": token.PERIOD, "?": token.QUESTION_MARK, "?.": token.QUESTION_DOT, "=>": token.ARROW,
	"...": token.ELLIPSIS,
}

// brackets are the characters that are a token wherever they are.
var brackets = [utf8.RuneSelf]token.Token{
	'(': token.LEFT_PARENTHESIS, ')': token.RIGHT_PARENTHESIS, '[': token.LEFT_BRACKET, ']': token.RIGHT_BRACKET,
	'{': token.LEFT_BRACE, '}': token.RIGHT_BRACE, ',': token.COMMA, ';': token.SEMICOLON, ':': token.COLON,
	'~': token.BITWISE_NOT, '`': token.BACKTICK,
}

func (s *scanner) punctuator() {
	s.tok = token.ILLEGAL
	if c := s.text[s.at]; c < utf8.RuneSelf && brackets[c] != 0 {
		s.tok = brackets[c]
		s.at++
	} else {
		s.operator()
	}
	switch s.tok {
	case token.ILLEGAL:
		s.fail()
	case token.ARROW:
		if s.line {
			s.illegal()
		}
		s.ends = false
	case token.RIGHT_PARENTHESIS, token.RIGHT_BRACKET, token.RIGHT_BRACE, token.INCREMENT, token.DECREMENT,
		token.SLASH, token.QUOTIENT_ASSIGN:
		s.ends = true
	default:
		s.ends = false
	}
}

// operator takes the longest operator.
func (s *scanner) operator() {
	const longest = 4
	for size := min(longest, len(s.text)-s.at); size > 0; size-- {
		tok, ok := punctuators[s.text[s.at:s.at+size]]
		if ok && (tok != token.QUESTION_DOT || !s.digitAt(s.at+size)) {
			s.tok = tok
			s.at += size
			return
		}
	}
}
