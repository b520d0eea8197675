package vm

import (
	"crypto/rand"
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// guardName is the name of the object by which a program calls the guard of its realm: see door. No source can spell it,
// and no script can guess it.
var guardName = unistring.String("guard of the realm " + rand.Text())

// rewriter changes a tree where only the compiler can see what goes on:
//
//   - A checkpoint comes into every function, and into every loop that may take memory.
//   - What lists the properties of an object, or calls a function with the elements of a list, asks the guard first.
//   - A template of many parts is joined by the guard.
//   - In a program that may have BigInts, the guard does what their operators would.
//   - A catch clause tells the guard that the script may have met an error of the engine.
//
// Positions stay those of the author.
type rewriter struct {
	numbers  numerics
	bigint   bool
	used     bool // the program calls the guard
	seen     map[any]struct{}
	replaced map[ast.Expression]ast.Expression // the parser shares nodes
	sources  map[*ast.AssignExpression]*ast.CallExpression
	parts    map[*ast.AssignExpression]bool // of patterns
	labelled map[ast.Statement]bool         // statements behind a label
	calm     map[ast.Statement]bool         // loops that only calculate
}

// rewrite changes the author's function, and reports whether it calls the guard now.
func rewrite(body *ast.FunctionLiteral, n *names) bool {
	w := newRewriter(body, n.bigint)
	w.walk(reflect.ValueOf(body.ParameterList))
	w.walk(reflect.ValueOf(body.Body))
	w.nameArguments(body.Body, body.Function)
	if w.used || n.calls {
		w.returns(body)
	}
	return w.used
}

func newRewriter(root any, bigint bool) *rewriter {
	w := &rewriter{
		bigint: bigint, numbers: numerics{}, seen: map[any]struct{}{},
		replaced: map[ast.Expression]ast.Expression{}, sources: map[*ast.AssignExpression]*ast.CallExpression{}, parts: map[*ast.AssignExpression]bool{},
		labelled: map[ast.Statement]bool{}, calm: map[ast.Statement]bool{},
	}
	if !bigint {
		w.numbers = findNumerics(root)
	}
	return w
}

// walk changes what is inside a value first, and then the nodes themselves.
func (w *rewriter) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		w.walk(v.Elem())
		if s, ok := v.Interface().(ast.Statement); ok && v.CanSet() && w.calm[s] {
			v.Set(reflect.ValueOf(w.calmly(s)))
			return
		}
		if e, ok := v.Interface().(ast.Expression); ok && v.CanSet() {
			if other := w.expression(e); other != e {
				v.Set(reflect.ValueOf(other))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				w.walk(v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).Type() != idxType {
				w.walk(v.Field(i))
			}
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type() == fileType || v.Type().Elem().PkgPath() != treePackage {
			return
		}
		if _, ok := w.seen[v.Interface()]; ok {
			return
		}
		w.seen[v.Interface()] = struct{}{}
		w.before(v.Interface())
		w.walk(v.Elem())
	}
}

// before changes a statement or a function, before what is inside: whether a loop takes memory is told by what the author
// wrote.
func (w *rewriter) before(node any) {
	switch n := node.(type) {
	case *ast.LabelledStatement:
		w.labelled[n.Statement] = true
	case *ast.ForStatement:
		n.Body = w.loop(n, n.For, n.Body, n.Test, n.Update)
	case *ast.WhileStatement:
		n.Body = w.loop(n, n.While, n.Body, n.Test)
	case *ast.DoWhileStatement:
		n.Body = w.loop(n, n.Do, n.Body, n.Test)
	case *ast.ForOfStatement:
		n.Body = w.block(n.For, n.Body)
	case *ast.ForInStatement:
		n.Source = w.call(n.For, "list", n.Source)
		n.Body = w.block(n.For, n.Body)
	case *ast.WithStatement:
		n.Object = w.call(n.With, "scope", n.Object)
	case *ast.CatchStatement:
		n.Body.List = append([]ast.Statement{w.statement(n.Catch, "caught")}, n.Body.List...)
	case *ast.FunctionLiteral:
		if n.Body != nil {
			n.Body.List = w.enter(n.Body.List, n.Function)
			w.nameArguments(n.Body, n.Function)
		}
	case *ast.ArrowFunctionLiteral:
		w.arrow(n)
	case *ast.Binding:
		if n.Initializer != nil {
			n.Initializer = w.source(n.Target, n.Initializer)
		}
	case *ast.AssignExpression:
		if source := w.source(n.Left, n.Right); source != n.Right {
			w.sources[n], n.Right = source.(*ast.CallExpression), source
		}
	case *ast.ArrayPattern:
		for _, e := range n.Elements {
			w.partOfPattern(e)
		}
	case *ast.ObjectPattern:
		for _, property := range n.Properties {
			if keyed, ok := property.(*ast.PropertyKeyed); ok {
				w.partOfPattern(keyed.Value)
			}
		}
	case *ast.ObjectLiteral:
		w.spreads(n)
	case *ast.CallExpression:
		w.listed(n.ArgumentList, "spread")
	case *ast.NewExpression:
		w.listed(n.ArgumentList, "spread")
	case *ast.ArrayLiteral:
		w.listed(n.Value, "elements")
	}
}

// partOfPattern notes what looks like an assignment and is a part of a pattern with a default.
func (w *rewriter) partOfPattern(e ast.Expression) {
	if n, ok := e.(*ast.AssignExpression); ok {
		w.parts[n] = true
	}
}

// source returns what a pattern takes apart: one with a rest asks the guard first.
func (w *rewriter) source(pattern, value ast.Expression) ast.Expression {
	switch p := pattern.(type) {
	case *ast.ObjectPattern:
		if p.Rest != nil {
			return w.call(p.LeftBrace, "list", value)
		}
	case *ast.ArrayPattern:
		if p.Rest != nil {
			return w.call(p.LeftBracket, "elements", value)
		}
	}
	return value
}

func (w *rewriter) spreads(n *ast.ObjectLiteral) {
	for _, p := range n.Value {
		if s, ok := p.(*ast.SpreadElement); ok {
			s.Expression = w.call(n.LeftBrace, "list", s.Expression)
		}
	}
}

// listed has the guard look at what is spread.
func (w *rewriter) listed(list []ast.Expression, how unistring.String) {
	for _, e := range list {
		if s, ok := e.(*ast.SpreadElement); ok {
			s.Expression = w.call(s.Idx0(), how, s.Expression)
		}
	}
}

// loop returns the body of a loop with a checkpoint, where the loop may take memory.
func (w *rewriter) loop(loop ast.Statement, at file.Idx, body ast.Statement, parts ...ast.Expression) ast.Statement {
	takes := w.takesMemory(body)
	for _, part := range parts {
		takes = takes || part != nil && w.takesMemory(part)
	}
	if !takes && !w.labelled[loop] {
		w.calm[loop] = true
		return body
	}
	return w.block(at, body)
}

// calmly tells the watchdog that a loop without checkpoints takes no memory while it goes on.
func (w *rewriter) calmly(loop ast.Statement) ast.Statement {
	at := loop.Idx0()
	return &ast.BlockStatement{
		LeftBrace: at, List: []ast.Statement{w.statement(at, "calm"), loop, w.statement(at, "check")}, RightBrace: loop.Idx1(),
	}
}

// declares reports whether a statement is one that may only stand in a block; alone in a loop it is an error.
func declares(s ast.Statement) bool {
	for {
		switch n := s.(type) {
		case *ast.FunctionDeclaration, *ast.ClassDeclaration, *ast.LexicalDeclaration:
			return true
		case *ast.LabelledStatement:
			s = n.Statement
			continue
		}
		return false
	}
}

// block returns a body with a checkpoint.
func (w *rewriter) block(at file.Idx, body ast.Statement) ast.Statement {
	if declares(body) {
		return body
	}
	checkpoint := w.statement(at, "check")
	if block, ok := body.(*ast.BlockStatement); ok {
		block.List = append([]ast.Statement{checkpoint}, block.List...)
		return block
	}
	return &ast.BlockStatement{LeftBrace: body.Idx0(), List: []ast.Statement{checkpoint, body}, RightBrace: body.Idx1()}
}

// enter returns the statements of a function with a checkpoint, behind its directives.
func (w *rewriter) enter(list []ast.Statement, at file.Idx) []ast.Statement {
	return slices.Insert(slices.Clone(list), directives(list), w.statement(at, "check"))
}

// directives returns how many statements of a function are directives, which come first.
func directives(list []ast.Statement) int {
	for i, statement := range list {
		s, ok := statement.(*ast.ExpressionStatement)
		if !ok {
			return i
		}
		if _, ok := s.Expression.(*ast.StringLiteral); !ok {
			return i
		}
	}
	return len(list)
}

// nameArguments names arguments in a function that only arrow functions inside use them of: the engine panics for some of
// these.
func (w *rewriter) nameArguments(body *ast.BlockStatement, at file.Idx) {
	uses := false
	arrows := func(node any) bool {
		switch n := node.(type) {
		case *ast.FunctionLiteral:
			return false
		case *ast.ArrowFunctionLiteral:
			visit(reflect.ValueOf(n.Body), map[any]struct{}{}, func(node any) bool {
				if _, ok := node.(*ast.FunctionLiteral); ok {
					return false
				}
				id, ok := node.(*ast.Identifier)
				uses = uses || ok && id.Name == "arguments"
				return !uses
			})
			return false
		}
		return !uses
	}
	visit(reflect.ValueOf(body), map[any]struct{}{}, arrows)
	if uses {
		i := directives(body.List)
		name := &ast.ExpressionStatement{Expression: &ast.Identifier{Name: "arguments", Idx: at}}
		body.List = slices.Insert(slices.Clone(body.List), i, ast.Statement(name))
	}
}

func (w *rewriter) arrow(n *ast.ArrowFunctionLiteral) {
	switch body := n.Body.(type) {
	case *ast.BlockStatement:
		body.List = w.enter(body.List, n.Start)
	case *ast.ExpressionBody:
		body.Expression = &ast.SequenceExpression{Sequence: []ast.Expression{w.get(n.Start, "check"), body.Expression}}
	}
}

// takesMemory reports whether a part of a loop may take memory. What is in a loop inside has its own checkpoint, and what
// is in a function counts where it is called.
func (w *rewriter) takesMemory(part any) bool { return w.finds(part, w.mayTake) }

// finds reports whether f is true of a node that belongs to a part itself.
func (w *rewriter) finds(part any, f func(node any) bool) (found bool) {
	visit(reflect.ValueOf(part), map[any]struct{}{}, func(node any) bool {
		if found || f(node) {
			found = true
			return false
		}
		switch node.(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral,
			*ast.ForStatement, *ast.WhileStatement, *ast.DoWhileStatement, *ast.ForInStatement, *ast.ForOfStatement:
			return false
		}
		return true
	})
	return found
}

func allocation(node any) bool {
	switch node.(type) {
	case *ast.NewExpression, *ast.TemplateLiteral, *ast.ArrayLiteral, *ast.ObjectLiteral, *ast.RegExpLiteral,
		*ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral, *ast.SpreadElement:
		return true
	}
	return false
}

func (w *rewriter) mayTake(node any) bool {
	switch n := node.(type) {
	case *ast.CallExpression, *ast.YieldExpression, *ast.AwaitExpression, *ast.ArrayPattern, *ast.ObjectPattern:
		return true
	case *ast.BinaryExpression:
		return n.Operator == token.PLUS && !w.numbers.number(n) || w.bigint
	case *ast.AssignExpression:
		if _, ok := n.Left.(*ast.Identifier); !ok {
			return true // a property, which may be new
		}
		return n.Operator == token.PLUS && (!w.numbers.number(n.Left) || !w.numbers.number(n.Right)) || w.bigint
	}
	return allocation(node)
}

// manyParts is how many expressions a template may have that the engine joins itself, into a text as long as all together.
const manyParts = 2

// expression returns what stands in place of an expression, which may be itself.
func (w *rewriter) expression(e ast.Expression) ast.Expression {
	if other, ok := w.replaced[e]; ok {
		return other
	}
	other := e
	switch n := e.(type) {
	case *ast.TemplateLiteral:
		if n.Tag == nil && len(n.Expressions) > manyParts {
			other = w.template(n)
		}
	case *ast.BinaryExpression:
		if w.bigint {
			other = w.binary(n)
		}
	case *ast.AssignExpression:
		if source := w.sources[n]; source != nil && !w.parts[n] && !w.finds(n.Left, pauses) { // its value is what the author assigned
			at := n.Left.Idx0()
			source.ArgumentList[0] = w.call(at, "keep", source.ArgumentList[0])
			other = &ast.SequenceExpression{Sequence: []ast.Expression{n, w.call(at, "kept")}}
		} else if w.bigint && !w.parts[n] {
			other = w.assignment(n)
		}
	}
	w.replaced[e] = other
	w.replaced[other] = other
	return other
}

func (w *rewriter) template(n *ast.TemplateLiteral) ast.Expression {
	parts := make([]ast.Expression, 0, len(n.Elements))
	none := &ast.TemplateElement{Idx: n.CloseQuote, Valid: true}
	for i, element := range n.Elements {
		part := &ast.TemplateLiteral{OpenQuote: n.OpenQuote, CloseQuote: n.CloseQuote, Elements: []*ast.TemplateElement{element}}
		if i < len(n.Expressions) { // each becomes a text before the next is evaluated
			part.Expressions = []ast.Expression{n.Expressions[i]}
			part.Elements = append(part.Elements, none)
		}
		parts = append(parts, part)
	}
	return w.call(n.OpenQuote, "join", parts...)
}

// get returns the expression that reads a property of the door.
func (w *rewriter) get(at file.Idx, name unistring.String) ast.Expression {
	w.used = true
	return &ast.DotExpression{Left: &ast.Identifier{Name: guardName, Idx: at}, Identifier: ast.Identifier{Name: name, Idx: at}}
}

func (w *rewriter) statement(at file.Idx, name unistring.String) ast.Statement {
	return &ast.ExpressionStatement{Expression: w.get(at, name)}
}

// call returns the expression that calls a function of the door.
func (w *rewriter) call(at file.Idx, name unistring.String, args ...ast.Expression) *ast.CallExpression {
	return &ast.CallExpression{Callee: w.get(at, name), LeftParenthesis: at, ArgumentList: args, RightParenthesis: at}
}

func integer(at file.Idx, n int64) ast.Expression {
	return &ast.NumberLiteral{Idx: at, Literal: strconv.FormatInt(n, 10), Value: n}
}

// returns has the guard measure at the end of the author's function, while its variables still hold what they hold.
func (w *rewriter) returns(body *ast.FunctionLiteral) {
	visit(reflect.ValueOf(body.Body), map[any]struct{}{}, func(node any) bool {
		switch n := node.(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
			return false
		case *ast.ReturnStatement:
			if n.Argument != nil {
				n.Argument = &ast.SequenceExpression{Sequence: []ast.Expression{w.get(n.Return, "end"), n.Argument}}
			}
			return false
		}
		return true
	})
	body.Body.List = append(body.Body.List, w.statement(body.Body.RightBrace, "end"))
}
