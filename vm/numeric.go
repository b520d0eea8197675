package vm

import (
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// numerics are the names that stand for numbers wherever the source uses them: each declaration and each assignment of the
// name, in whichever scope, gives it a number. A loop that only calculates cannot take memory and needs no checkpoint,
// but a + may join texts, so it matters what its operands are.
type numerics map[string]bool

// findNumerics returns the numeric names of a tree. It begins with all names that are declared and drops those that may be something
// else, until nothing changes.
func findNumerics(root any) numerics {
	f := &numericFinder{known: numerics{}, given: map[string][]ast.Expression{}, dropped: map[string]bool{}}
	visit(reflect.ValueOf(root), map[any]struct{}{}, f.note)
	if f.hopeless {
		return numerics{}
	}
	for name := range f.given {
		f.known[name] = !f.dropped[name]
	}
	for changed := true; changed; {
		changed = false
		for name, values := range f.given {
			for _, v := range values {
				if f.known[name] && !f.known.number(v) {
					f.known[name] = false
					changed = true
				}
			}
		}
	}
	return f.known
}

type numericFinder struct {
	known    numerics
	given    map[string][]ast.Expression // what names are declared or assigned as
	dropped  map[string]bool
	hopeless bool // names are not what they seem
}

// note takes down what a node gives to names, and reports whether to go on inside.
func (f *numericFinder) note(node any) bool {
	switch n := node.(type) {
	case *ast.WithStatement:
		f.hopeless = true
	case *ast.VariableStatement:
		f.declare(n.List)
	case *ast.LexicalDeclaration:
		f.declare(n.List)
	case *ast.ForLoopInitializerLexicalDecl:
		f.declare(n.LexicalDeclaration.List)
	case *ast.ForLoopInitializerVarDeclList:
		f.declare(n.List)
	case *ast.AssignExpression:
		f.assign(n)
	case *ast.ForIntoVar:
		f.drop(n.Binding.Target)
	case *ast.ForDeclaration:
		f.drop(n.Target)
	case *ast.ForIntoExpression:
		f.drop(n.Expression)
	case *ast.CatchStatement:
		f.drop(n.Parameter)
	case *ast.FunctionLiteral:
		f.dropFunction(n.Name, n.ParameterList)
	case *ast.ArrowFunctionLiteral:
		f.dropFunction(nil, n.ParameterList)
	case *ast.ClassLiteral:
		f.dropFunction(n.Name, nil)
	}
	return true
}

func (f *numericFinder) declare(list []*ast.Binding) {
	for _, b := range list {
		id, ok := b.Target.(*ast.Identifier)
		if !ok {
			f.drop(b.Target)
			continue
		}
		name := string(id.Name)
		f.given[name] = append(f.given[name], nil)
		if b.Initializer != nil {
			f.given[name] = append(f.given[name], b.Initializer)
		}
	}
}

func (f *numericFinder) assign(n *ast.AssignExpression) {
	id, ok := n.Left.(*ast.Identifier)
	if !ok {
		f.drop(n.Left)
		return
	}
	name := string(id.Name)
	switch n.Operator {
	case token.ASSIGN, token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
		if list, declared := f.given[name]; declared {
			f.given[name] = append(list, n.Right)
			return
		}
		f.given[name] = []ast.Expression{n.Right}
	}
}

// drop gives up the names of a pattern.
func (f *numericFinder) drop(target any) {
	if target == nil {
		return
	}
	if id, ok := target.(*ast.Identifier); ok {
		f.dropped[string(id.Name)] = true
		return
	}
	visit(reflect.ValueOf(target), map[any]struct{}{}, func(node any) bool {
		switch n := node.(type) {
		case *ast.Identifier:
			f.dropped[string(n.Name)] = true
		case *ast.PropertyShort:
			f.dropped[string(n.Name.Name)] = true
		}
		return true
	})
}

func (f *numericFinder) dropFunction(name *ast.Identifier, parameters *ast.ParameterList) {
	if name != nil {
		f.drop(name)
	}
	if parameters == nil {
		return
	}
	for _, b := range parameters.List {
		f.drop(b.Target)
	}
	if parameters.Rest != nil {
		f.drop(parameters.Rest)
	}
}

// number reports whether an expression is a number, or at least nothing that + joins as a text. There are no BigInts where
// it is asked.
func (k numerics) number(e ast.Expression) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *ast.NumberLiteral:
		_, isBig := e.Value.(*big.Int)
		return !isBig
	case *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.Identifier:
		return k[string(e.Name)]
	case *ast.UnaryExpression:
		return e.Operator != token.TYPEOF && e.Operator != token.DELETE
	case *ast.BinaryExpression:
		return k.numberOf(e)
	case *ast.ConditionalExpression:
		return k.number(e.Consequent) && k.number(e.Alternate)
	case *ast.SequenceExpression:
		return k.number(e.Sequence[len(e.Sequence)-1])
	case *ast.AssignExpression:
		switch e.Operator {
		case token.ASSIGN:
			return k.number(e.Right)
		case token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			return k.number(e.Left) && k.number(e.Right)
		}
		return true
	}
	return false
}

func (k numerics) numberOf(e *ast.BinaryExpression) bool {
	switch e.Operator {
	case token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
		return k.number(e.Left) && k.number(e.Right)
	}
	return true
}

// visit calls f with every node of a tree once, the outer ones first, until f returns false for one and with it for what is inside.
func visit(v reflect.Value, seen map[any]struct{}, f func(node any) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visit(v.Elem(), seen, f)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				visit(v.Index(i), seen, f)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).Type() != idxType {
				visit(v.Field(i), seen, f)
			}
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type() == fileType || v.Type().Elem().PkgPath() != treePackage {
			return
		}
		if _, ok := seen[v.Interface()]; ok {
			return
		}
		seen[v.Interface()] = struct{}{}
		if f(v.Interface()) {
			visit(v.Elem(), seen, f)
		}
	}
}
