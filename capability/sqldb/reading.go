package sqldb

import (
	"errors"
	"strings"
)

// reading is how a database finds the end of what is no code in a statement: strings, names in quotes and comments. What one
// takes for a string, another may take for code.
type reading struct {
	escapes       escapes // of '...'
	doubleEscapes bool    // a backslash escapes in "..."
	backticks     bool    // `...` is a name
	brackets      bool    // [...] is a name
	dollars       bool    // $tag$...$tag$ is a string
	variables     bool    // $name(...) is a variable, as it is with @, # and :
	hashes        bool    // # begins a comment
	spacedDashes  bool    // -- begins a comment only before a space
	nested        bool    // comments are nested
	returns       bool    // a carriage return ends a line
	executable    bool    // /*! ... */ is code
}

// escapes says in which strings a backslash takes the meaning of what follows it.
type escapes int

const (
	never    escapes = iota
	prefixed         // in E'...' only
	always
)

// readings are those of the databases that the package promises one statement for. The settings that change a reading, of
// which a session may change some itself, make one more each.
var readings = []reading{
	postgres(prefixed), // with standard_conforming_strings
	postgres(always),   // without
	{backticks: true, brackets: true, variables: true}, // SQLite
	mysql(always, true),
	mysql(always, false), // with ANSI_QUOTES
	mysql(never, false),  // with NO_BACKSLASH_ESCAPES
}

func postgres(e escapes) reading {
	return reading{escapes: e, dollars: true, nested: true, returns: true}
}

func mysql(e escapes, inDouble bool) reading {
	return reading{escapes: e, doubleEscapes: inDouble, backticks: true, hashes: true, spacedDashes: true, executable: true}
}

// kind is what a token is.
type kind int

const (
	blank kind = iota // space or a comment
	word
	semicolon
	executable
	other // a string, a name in quotes, a symbol
)

var errExecutable = errors.New("must have no comments that are code")

// statement returns the first word of a text, in upper case, "" where something else comes first, and whether the text is one
// statement, with nothing but semicolons behind it.
func (r reading) statement(text string) (first string, one bool, err error) {
	begun, ended := false, false
	open := true // only parentheses so far
	for i := 0; i < len(text); {
		what, end := r.token(text, i)
		switch token := text[i:end]; what {
		case blank:
		case executable:
			return "", false, errExecutable
		case semicolon:
			ended = true
		default:
			if ended {
				return first, false, nil
			}
			if open && token != "(" {
				open = false
				if what == word {
					first = strings.ToUpper(token)
				}
			}
			begun = true
		}
		i = end
	}
	return first, begun, nil
}

// token returns what begins at i, and where it ends: at the end of the text where the end is missing.
func (r reading) token(text string, i int) (kind, int) {
	rest := text[i:]
	switch c := rest[0]; {
	case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		return blank, i + 1
	case r.opensLine(rest):
		return blank, i + r.line(rest)
	case strings.HasPrefix(rest, "/*"):
		if r.executable && (strings.HasPrefix(rest, "/*!") || strings.HasPrefix(rest, "/*M!")) {
			return executable, len(text)
		}
		return blank, i + r.comment(rest)
	case c == ';':
		return semicolon, i + 1
	case c == '\'':
		return other, i + quoted(rest, r.escapes == always)
	case c == '"':
		return other, i + quoted(rest, r.doubleEscapes)
	case c == '`' && r.backticks:
		return other, i + quoted(rest, false)
	case c == '[' && r.brackets:
		return other, i + through(rest, 1, "]")
	case r.variables && strings.IndexByte("$@#:", c) >= 0:
		return other, i + variable(rest)
	case c == '$' && r.dollars:
		return other, i + dollarQuoted(rest)
	case isWord(c):
		return r.word(text, i)
	}
	return other, i + 1
}

// opensLine reports whether a text begins with a comment that ends with its line.
func (r reading) opensLine(text string) bool {
	if text[0] == '#' {
		return r.hashes
	}
	return strings.HasPrefix(text, "--") && (!r.spacedDashes || len(text) == 2 || text[2] <= ' ' || text[2] == 0x7f)
}

// word returns a word, or the string that it is the prefix of.
func (r reading) word(text string, i int) (kind, int) {
	end := i + 1
	for end < len(text) && (isWord(text[end]) || text[end] == '$') {
		end++
	}
	if r.escapes == prefixed && end < len(text) && text[end] == '\'' && (text[i:end] == "E" || text[i:end] == "e") {
		return other, end + r.escaped(text[end:])
	}
	return word, end
}

// escaped returns the length of the string with escapes that a text begins with. Where another one stands behind it in a line
// further down, both are one, and it has escapes as well.
func (r reading) escaped(text string) int {
	end := 0
	for next := 0; next >= 0; next = r.continuation(text[end:]) {
		end += next + quoted(text[end+next:], true)
	}
	return end
}

// continuation returns where a string goes on behind its end, or -1.
func (r reading) continuation(text string) int {
	lines := false
	for i := 0; i < len(text); {
		what, end := r.token(text, i)
		switch {
		case text[i] == '\'' && lines:
			return i
		case what != blank || strings.HasPrefix(text[i:], "/*"):
			return -1
		case text[i] == '\n' || text[i] == '\r':
			lines = true
		}
		i = end
	}
	return -1
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// line returns the length of a text up to the end of its first line.
func (r reading) line(text string) int {
	ends := "\n"
	if r.returns {
		ends = "\n\r"
	}
	if n := strings.IndexAny(text, ends); n >= 0 {
		return n
	}
	return len(text)
}

// comment returns the length of the comment that a text begins with.
func (r reading) comment(text string) int {
	if !r.nested {
		return through(text, 2, "*/")
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(text[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// quoted returns the length of what stands in the quotes that a text begins with. A quote in it is doubled, or escaped.
func quoted(text string, escapes bool) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// dollarQuoted returns the length of the string that a text begins with, or of the dollar that begins none.
func dollarQuoted(text string) int {
	end := 1
	for end < len(text) && isWord(text[end]) && (end > 1 || text[end] < '0' || text[end] > '9') {
		end++
	}
	if end == len(text) || text[end] != '$' {
		return 1
	}
	return through(text, end+1, text[:end+1])
}

// variable returns the length of the variable that a text begins with, or of the sign that begins none. Parentheses behind its
// name belong to it, with all that is in them up to a space.
func variable(text string) int {
	end, named := 1, false
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case isWord(c) || c == '$':
			named = true
		case strings.HasPrefix(text[end:], "::"):
			end++
		case c == '(' && named:
			n := strings.IndexAny(text[end:], ") \t\n\r\f\v")
			if n >= 0 && text[end+n] == ')' {
				n++
			}
			return end + max(n, 1)
		default:
			return end
		}
	}
	return end
}

// through returns the length of a text up to and with the first end at from or behind it.
func through(text string, from int, end string) int {
	if n := strings.Index(text[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(text)
}
