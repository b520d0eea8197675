package vm

import (
	"crypto/rand"
	"reflect"
	"strconv"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
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
	labelled map[ast.Statement]bool            // statements behind a label
	calm     map[ast.Statement]bool            // loops that only calculate
}

// rewrite changes a function, and reports whether it calls the guard now. At the end of the author's the realm is measured.
func rewrite(body *ast.FunctionLiteral, n *names, author bool) bool {
	w := newRewriter(body, n.bigint)
	w.walk(reflect.ValueOf(body.ParameterList))
	w.walk(reflect.ValueOf(body.Body))
	w.nameArguments(body.Body, body.Function)
	if author && (w.used || n.calls) {
		w.returns(body)
	}
	return w.used
}

func newRewriter(root any, bigint bool) *rewriter {
	w := &rewriter{
		bigint: bigint, numbers: numerics{}, seen: map[any]struct{}{},
		replaced: map[ast.Expression]ast.Expression{}, labelled: map[ast.Statement]bool{},
		calm: map[ast.Statement]bool{},
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

// before changes a node before what is inside: whether a loop takes memory is told by what the author wrote.
func (w *rewriter) before(node any) {
	switch n := node.(type) {
	case *ast.FunctionLiteral:
		if n.Body != nil {
			n.Body.List = w.enter(n.Body.List, n.Function)
			w.nameArguments(n.Body, n.Function)
		}
	case *ast.ArrowFunctionLiteral:
		w.arrow(n)
	case ast.Statement:
		w.beforeStatement(n)
	case ast.Expression:
		w.beforeExpression(n)
	}
}

func (w *rewriter) beforeStatement(s ast.Statement) {
	switch n := s.(type) {
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
	}
}

func (w *rewriter) beforeExpression(e ast.Expression) {
	switch n := e.(type) {
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
		if w.bigint {
			other = w.assignment(n)
		}
	case *ast.ObjectPattern:
		if n.Rest != nil {
			other = w.pattern(n, "listed")
		}
	case *ast.ArrayPattern:
		if n.Rest != nil {
			other = w.pattern(n, "drained")
		}
	}
	w.replaced[e] = other
	w.replaced[other] = other
	return other
}

// pattern returns a pattern around one with a rest, by which the guard looks at what is taken apart: see door.look.
func (w *rewriter) pattern(inner ast.Expression, how unistring.String) ast.Expression {
	at := inner.Idx0()
	key := &ast.PropertyKeyed{Key: w.get(at, how), Kind: ast.PropertyKindValue, Value: inner, Computed: true}
	return &ast.ObjectPattern{LeftBrace: at, RightBrace: inner.Idx1(), Properties: []ast.Property{key}}
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
