package vm

import (
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// keepApart pushes the parts of an expression that may be the head of a chain, and reports whether it did.
//
// The compiler evaluates constant expressions, and asks at each operator of a chain whether everything to its left is
// constant and where it starts: a+a+a takes the square of its length, 1&&1&&1 doubles at each operator, "a"+"b"+"c"
// keeps every intermediate text, and 1n<<2n**40n never ends. An operand that is an operation itself is therefore set
// apart: the compiler does not look into a sequence for constants, and one that starts with a constant tells its
// position at once. It compiles to the operand alone.
func (m *measure) keepApart(p *spot, start int, node ast.Expression) bool {
	switch n := node.(type) {
	case *ast.BinaryExpression:
		n.Right = m.apart(n.Right, 0)
		n.Left = m.head(p, start, n.Left, true)
		m.push(*p, reflect.ValueOf(n.Right))
	case *ast.UnaryExpression:
		if inner, ok := n.Operand.(*ast.UnaryExpression); ok && n.Operator != token.DELETE && isOperator(n.Operator) {
			n.Operand = m.setApart(inner, 0)
		}
		return false
	case *ast.DotExpression:
		n.Left = m.head(p, start, n.Left, isOptional(n.Left))
	case *ast.PrivateDotExpression:
		n.Left = m.head(p, start, n.Left, isOptional(n.Left))
	case *ast.BracketExpression:
		n.Left = m.head(p, start, n.Left, isOptional(n.Left))
		m.push(*p, reflect.ValueOf(n.Member))
	case *ast.CallExpression:
		n.Callee = m.head(p, start, n.Callee, false)
		m.push(*p, reflect.ValueOf(n.ArgumentList))
	case *ast.Optional:
		_, call := n.Expression.(*ast.CallExpression)
		n.Expression = m.head(p, start, n.Expression, call)
	case *ast.OptionalChain:
		n.Expression = m.head(p, start, n.Expression, false)
	default:
		return false
	}
	m.message = m.refusal(*p)
	return true
}

// head pushes what a chain goes on with to the left, which starts where the chain does.
func (m *measure) head(p *spot, start int, left ast.Expression, separate bool) ast.Expression {
	if start == 0 {
		start = int(left.Idx0())
	}
	around := *p
	around.start = start
	m.push(around, reflect.ValueOf(left))
	if separate {
		return m.apart(left, start)
	}
	return left
}

// apart sets an operand apart when the compiler could fold it.
func (m *measure) apart(operand ast.Expression, start int) ast.Expression {
	switch n := operand.(type) {
	case *ast.BinaryExpression, *ast.Optional, *ast.CallExpression:
		return m.setApart(operand, start)
	case *ast.UnaryExpression:
		if _, ok := n.Operand.(*ast.NumberLiteral); !ok {
			return m.setApart(operand, start)
		}
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok {
			return m.setApart(operand, start)
		}
	}
	return operand
}

// setApart returns a sequence of nothing and an expression.
func (m *measure) setApart(e ast.Expression, start int) ast.Expression {
	m.weight += weightApart
	if start == 0 {
		start = int(e.Idx0())
	}
	return &ast.SequenceExpression{Sequence: []ast.Expression{&ast.NullLiteral{Idx: file.Idx(start), Literal: "null"}, e}}
}

func isOptional(e ast.Expression) bool {
	_, ok := e.(*ast.Optional)
	return ok
}

// isOperator reports whether a prefix works on a value, not on a name.
func isOperator(t token.Token) bool {
	switch t {
	case token.PLUS, token.MINUS, token.NOT, token.BITWISE_NOT, token.VOID, token.TYPEOF:
		return true
	}
	return false
}
