package vm

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"github.com/jsruntime/jsruntime"
)

// A source is compiled inside two functions: the outer one brings input and context into scope, where the author may
// shadow them, and the inner one makes await and return work. Nothing but the author's text has a line break before
// it, so lines need no correction; columns and offsets are corrected in the syntax tree.
const (
	wrapperOuter  = "(function(input,context){return "
	wrapperInner  = "async function(){"
	wrapperPrefix = wrapperOuter + wrapperInner
	wrapperSuffix = "\n}})" // the line break ends a trailing comment

	sourceName = "script" // the file name in stacks
)

// program is a compiled source. It is immutable and shared by concurrent runs.
type program struct {
	code   *goja.Program // evaluates to the outer function
	names  names         // the identifiers that the source mentions
	text   string        // of which the compiled names and literals are parts
	weight int64         // an estimate of its size, in bytes

	spoiled atomic.Bool // its literals may not be what they were: see brake
}

// compileSource parses, checks and compiles a source. It may take long and panic: see compile for the bounded form.
func compileSource(source jsruntime.Source) (*program, error) {
	if err := checkText(source); err != nil {
		return nil, err
	}
	return compileText(source, wrapperPrefix, sourceName)
}

// compileText compiles a source behind a prefix, which has the length of wrapperPrefix, under a name for stacks.
func compileText(source jsruntime.Source, prefix, file string) (*program, error) {
	lines := newPositions(source.Text)
	wrapped := prefix + source.Text + wrapperSuffix
	tree, err := parseBounded(wrapped)
	if err != nil {
		return nil, parseError(source.Text, lines, err)
	}
	body, err := checkWrapper(tree, source.Text, lines)
	if err != nil {
		return nil, err
	}
	if file != sourceName {
		hideSources(tree)
	}
	mentioned := prepareTree(tree, body, lines, file)
	code, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, compilerError(err)
	}
	exchangeCheckpoints(code)
	const perByte = 24 // measured: instructions, source maps and constants of one byte of source, generously
	return &program{code: code, names: mentioned, text: tree.File.Source(), weight: 4096 + perByte*int64(len(source.Text))}, nil
}

// checkText refuses what is not worth giving to the parser.
func checkText(source jsruntime.Source) error {
	if source.Language != "" && source.Language != jsruntime.LanguageJavaScript {
		return syntaxError(fmt.Sprintf("language %q is not supported: it must be %q", source.Language, jsruntime.LanguageJavaScript), 0, 0)
	}
	if len(source.Text) > maxSourceBytes {
		return syntaxError(fmt.Sprintf("source is %d bytes long, which is over the limit of %d", len(source.Text), maxSourceBytes), 0, 0)
	}
	if !utf8.ValidString(source.Text) {
		valid := strings.ToValidUTF8(source.Text, "\uFFFD")
		at := 0
		for at < len(source.Text) && at < len(valid) && source.Text[at] == valid[at] {
			at++
		}
		line, column := newPositions(source.Text[:at]).end()
		return syntaxError("SyntaxError: source is not valid UTF-8", line, column)
	}
	if at, message := checkBounds(source.Text); message != "" {
		line, column := newPositions(source.Text).at(at)
		return syntaxError("SyntaxError: "+message, line, column)
	}
	return nil
}

// checkWrapper makes sure that the source did not close the functions around it, and returns the inner function: the
// tree has to be one statement, the outer function, which holds one statement, the return of the inner function, and
// both end where the wrapper ends them.
func checkWrapper(tree *ast.Program, text string, lines *positions) (*ast.FunctionLiteral, error) {
	const base = 1 // of positions in a tree
	innerStart := base + len(wrapperOuter)
	innerEnd := base + len(wrapperPrefix) + len(text) + len("\n}")
	outer := onlyFunction(tree.Body)
	if outer != nil && int(outer.Idx1()) == innerEnd+1 && len(outer.Body.List) == 1 {
		if ret, ok := outer.Body.List[0].(*ast.ReturnStatement); ok {
			inner, ok := ret.Argument.(*ast.FunctionLiteral)
			if ok && inner.Async && !inner.Generator && int(inner.Idx0()) == innerStart && int(inner.Idx1()) == innerEnd {
				return inner, nil
			}
		}
	}
	at := len(text)
	if inner := functionAt(tree, innerStart); inner != nil {
		at = min(max(int(inner.Idx1())-base-len(wrapperPrefix)-1, 0), len(text))
	}
	line, column := lines.at(at)
	return nil, syntaxError("SyntaxError: Unexpected token }", line, column)
}

// onlyFunction returns the function that is the only statement of a program.
func onlyFunction(body []ast.Statement) *ast.FunctionLiteral {
	if len(body) != 1 {
		return nil
	}
	statement, ok := body[0].(*ast.ExpressionStatement)
	if !ok {
		return nil
	}
	f, _ := statement.Expression.(*ast.FunctionLiteral)
	return f
}

// parseError returns an error that came up after checkBounds in the author's positions: a bound of the tree, or a way in
// which the parser differs from what checkBounds knows of it.
func parseError(text string, lines *positions, err error) error {
	var limit *limitError
	if errors.As(err, &limit) {
		line, column := lines.at(limit.at - len(wrapperPrefix))
		return syntaxError("SyntaxError: "+limit.message, line, column)
	}
	list := asErrorList(err)
	if len(list) == 0 {
		return syntaxError("SyntaxError: the source cannot be parsed", 0, 0)
	}
	at, ok := lines.offset(list[0].Position.Line, list[0].Position.Column)
	if !ok {
		at = len(text)
	}
	line, column := lines.at(at)
	return syntaxError("SyntaxError: "+trimSyntaxError(list[0].Message), line, column)
}

// asErrorList returns the syntax errors of a parse, or nil.
func asErrorList(err error) parser.ErrorList {
	var list parser.ErrorList
	errors.As(err, &list)
	return list
}

// trimSyntaxError takes off what some of the engine's messages begin with.
func trimSyntaxError(message string) string { return strings.TrimPrefix(message, "SyntaxError: ") }

// compilerError translates an error of the compiler, whose positions are the author's already.
func compilerError(err error) error {
	var syntax *goja.CompilerSyntaxError
	if !errors.As(err, &syntax) {
		return syntaxError("SyntaxError: "+err.Error(), 0, 0)
	}
	line, column := 0, 0
	if syntax.File != nil {
		position := syntax.File.Position(syntax.Offset)
		line, column = position.Line, max(position.Column, 1)
	}
	return syntaxError("SyntaxError: "+trimSyntaxError(syntax.Message), line, column)
}

func syntaxError(message string, line, column int) *jsruntime.ScriptError {
	return &jsruntime.ScriptError{
		Kind: jsruntime.FailureSyntax, Message: clipText(message, maxMessageBytes), Line: line, Column: column,
	}
}
