package vm

import (
	"fmt"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// Bounds of a source that are known before it is parsed.
const (
	maxDepth     = 1000       // expressions and statements inside one another
	maxLinks     = 5000       // operators, members, calls and templates that follow one another in one expression
	maxNumber    = 16 << 10   // bytes of a number; reading a BigInt takes the square of its length
	maxReread    = 64 << 10   // bytes that the engine may read twice, besides two times the length of the source
	maxLabelling = 5_000_000  // labels that the engine looks at for labels, breaks and continues
	maxArrowEnds = 30_000_000 // levels that the engine goes down for the ends of arrow functions
	maxYieldSkip = 256 << 10  // bytes that the engine may look through for the value of a yield that has none
)

// limitError says that a source is over a bound.
type limitError struct {
	at      int // the byte offset in the text that was parsed
	message string
}

func (e *limitError) Error() string { return e.message }

// checkBounds reads a source from its beginning to its first error or bound, and returns where and why it is refused.
// The message is empty when the engine's parser may have the source: it will find no error, which matters since it goes
// on behind one, and it will neither recurse deeply nor read much more than once. What the tree of such a source is
// like is measured by parseBounded. The offset is in bytes.
func checkBounds(text string) (at int, message string) {
	r := readSource(text)
	if r == nil {
		return 0, ""
	}
	if r.syntax {
		if at, message, ok := engineRefusal(text[:r.end]); ok {
			return at, message
		}
	}
	return r.at, r.message
}

// engineRefusal returns the first error that the engine's parser finds in the beginning of a source, in its words, which
// are those that authors know. Behind the end there is nothing for it to get lost in. It is not ok when the parser only
// misses the rest.
func engineRefusal(beginning string) (at int, message string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := parser.ParseFile(nil, sourceName, wrapperPrefix+beginning, 0, parser.WithDisableSourceMaps)
	list := asErrorList(err)
	if len(list) == 0 || list[0].Message == "Unexpected end of input" {
		return 0, "", false
	}
	at, ok = newPositions(beginning).offset(list[0].Position.Line, list[0].Position.Column)
	return at, trimSyntaxError(list[0].Message), ok
}

// parseBounded parses a text that checkBounds let through, and leaves a tree that the compiler reads in time that grows
// with the text and no faster. The error is the parser's or a *limitError.
func parseBounded(text string) (*ast.Program, error) {
	tree, err := parser.ParseFile(nil, sourceName, text, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, err
	}
	if at, message := measureTree(tree); message != "" {
		return nil, &limitError{at: at, message: message}
	}
	return tree, nil
}

func nestedTooDeep() string {
	return fmt.Sprintf("code is nested deeper than %d levels", maxDepth)
}
