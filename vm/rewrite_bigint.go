package vm

import (
	"math/big"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// guardedOperators are the operators that the guard does in a program with BigInts.
var guardedOperators = map[token.Token]int64{
	token.MULTIPLY:         opMultiply,
	token.EXPONENT:         opPower,
	token.SHIFT_LEFT:       opLeft,
	token.SHIFT_RIGHT:      opRight,
	token.EQUAL:            opEqual,
	token.NOT_EQUAL:        opUnequal,
	token.LESS:             opLess,
	token.GREATER:          opGreater,
	token.LESS_OR_EQUAL:    opAtMost,
	token.GREATER_OR_EQUAL: opAtLeast,
}

// binary returns what stands in place of an operator. One with a number written out beside it has no BigInt to do with.
func (w *rewriter) binary(n *ast.BinaryExpression) ast.Expression {
	operator, ok := guardedOperators[n.Operator]
	if !ok || plainNumber(n.Left) || plainNumber(n.Right) {
		return n
	}
	if operator >= opEqual && (literal(n.Left) || literal(n.Right)) {
		return n
	}
	return w.call(n.Left.Idx0(), "operate", integer(n.Left.Idx0(), operator), n.Left, n.Right)
}

func plainNumber(e ast.Expression) bool {
	n, ok := e.(*ast.NumberLiteral)
	if !ok {
		return false
	}
	_, isBig := n.Value.(*big.Int)
	return !isBig
}

// literal reports whether an expression is a literal, or typeof, whose texts are short.
func literal(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral:
		return plainNumber(e)
	case *ast.BooleanLiteral, *ast.NullLiteral, *ast.StringLiteral:
		return true
	case *ast.UnaryExpression:
		return e.Operator == token.TYPEOF
	}
	return false
}

// assignment returns what stands in place of an assignment with an operator, such as a.b **= c: a.b = operate(**, a.b, c). An
// object and a key that may not be evaluated twice are kept by the guard in between.
func (w *rewriter) assignment(n *ast.AssignExpression) ast.Expression {
	operator, ok := guardedOperators[n.Operator]
	if !ok || operator >= opEqual || plainNumber(n.Right) {
		return n
	}
	at := n.Left.Idx0()
	if b, ok := n.Left.(*ast.BracketExpression); ok && w.finds(b.Member, pauses) {
		return w.call(at, "operateAt", integer(at, operator), b.Left, b.Member, n.Right)
	}
	target, value := w.twice(n.Left)
	if target == nil {
		return n
	}
	right := w.call(at, "operate", integer(at, operator), value, n.Right)
	return &ast.AssignExpression{Operator: token.ASSIGN, Left: target, Right: right}
}

// pauses reports whether other code may run at a node: what is kept would get mixed up.
func pauses(node any) bool {
	switch node.(type) {
	case *ast.YieldExpression, *ast.AwaitExpression:
		return true
	}
	return false
}

// twice returns an expression to assign to and one to read from that evaluate what is in them once.
func (w *rewriter) twice(e ast.Expression) (target, value ast.Expression) {
	at := e.Idx0()
	switch n := e.(type) {
	case *ast.Identifier:
		return n, &ast.Identifier{Name: n.Name, Idx: n.Idx}
	case *ast.DotExpression:
		first, second := w.keptObject(at, n.Left)
		return &ast.DotExpression{Left: first, Identifier: n.Identifier}, &ast.DotExpression{Left: second, Identifier: n.Identifier}
	case *ast.PrivateDotExpression:
		first, second := w.keptObject(at, n.Left)
		return &ast.PrivateDotExpression{Left: first, Identifier: n.Identifier}, &ast.PrivateDotExpression{Left: second, Identifier: n.Identifier}
	case *ast.BracketExpression:
		return w.twiceBracket(at, n)
	}
	return nil, nil
}

func (w *rewriter) twiceBracket(at file.Idx, n *ast.BracketExpression) (target, value ast.Expression) {
	object, key := n.Left, n.Member
	if _, ok := object.(*ast.SuperExpression); ok {
		return &ast.BracketExpression{Left: object, Member: w.call(at, "keep", key), LeftBracket: n.LeftBracket, RightBracket: n.RightBracket},
			&ast.BracketExpression{Left: object, Member: w.call(at, "kept"), LeftBracket: n.LeftBracket, RightBracket: n.RightBracket}
	}
	return &ast.BracketExpression{Left: w.call(at, "keep", object), Member: w.call(at, "keepKey", key), LeftBracket: n.LeftBracket, RightBracket: n.RightBracket},
		&ast.BracketExpression{Left: w.call(at, "keptBelow"), Member: w.call(at, "keptPair"), LeftBracket: n.LeftBracket, RightBracket: n.RightBracket}
}

// keptObject returns an object to use first and to use again.
func (w *rewriter) keptObject(at file.Idx, e ast.Expression) (first, second ast.Expression) {
	switch n := e.(type) {
	case *ast.Identifier:
		return n, &ast.Identifier{Name: n.Name, Idx: n.Idx}
	case *ast.ThisExpression, *ast.SuperExpression:
		return n, n
	}
	return w.call(at, "keep", e), w.call(at, "kept")
}
