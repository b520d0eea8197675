package vm

import (
	"reflect"
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

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
		LeftBrace: at, List: []ast.Statement{w.statement(at, "calm"), loop, w.statement(at, unistring.String(checkName))}, RightBrace: loop.Idx1(),
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
	checkpoint := w.statement(at, unistring.String(checkName))
	if block, ok := body.(*ast.BlockStatement); ok {
		block.List = append([]ast.Statement{checkpoint}, block.List...)
		return block
	}
	return &ast.BlockStatement{LeftBrace: body.Idx0(), List: []ast.Statement{checkpoint, body}, RightBrace: body.Idx1()}
}

// enter returns the statements of a function with a checkpoint, behind its directives.
func (w *rewriter) enter(list []ast.Statement, at file.Idx) []ast.Statement {
	return slices.Insert(slices.Clone(list), directives(list), w.statement(at, unistring.String(checkName)))
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
		body.Expression = &ast.SequenceExpression{Sequence: []ast.Expression{w.get(n.Start, unistring.String(checkName)), body.Expression}}
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
