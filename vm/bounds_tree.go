package vm

import (
	"fmt"
	"reflect"

	"github.com/dop251/goja/ast"
)

const (
	maxTreeHeight    = maxLinks + 3*maxDepth // of nodes above one another; the compiler recurses over them
	maxProgramWeight = 80 << 20              // an estimate of the memory that compiling takes, in bytes
	maxBlockScans    = 10_000_000            // statements that the compiler looks at from the blocks around them
	maxExits         = 200_000               // blocks that the returns, breaks and continues of a source leave
	maxScopeSteps    = 5_000_000             // scopes that the compiler passes when it resolves names
)

// Estimates of the memory of a part of a tree and of what it is compiled to, in bytes. Measured, generously.
const (
	weightNode     = 250
	weightFunction = 700
	weightClass    = 1500
	weightScope    = 500
	weightPattern  = 3000
	weightApart    = 300
	weightThrow    = 500
	weightTarget   = 250
	weightCall     = 600 // of the guard: see rewriter
)

var tooHeavy = fmt.Sprintf("compiling takes more than %d MiB", maxProgramWeight>>20)

// measure walks a tree without recursion, since it is the first to see how high it is.
type measure struct {
	pending []spot
	weight  int
	scans   int
	exits   int
	steps   int
	message string
}

// spot is a node to visit and what is around it.
type spot struct {
	node   reflect.Value // a pointer or a struct
	start  int           // the position of the first token if it is known, or 0
	height int
	blocks int  // blocks right inside one another
	tries  int  // statements of the function that a return leaves with an instruction
	exits  int  // statements of the function that a break may leave with an instruction
	scopes int  // functions and blocks with names
	body   bool // the node is, or is in, the head or the body of a function
}

// measureTree returns where and why a tree is too costly to compile. It keeps the compiler from folding where that costs
// more than it saves, see keepApart.
func measureTree(tree *ast.Program) (at int, message string) {
	m := measure{}
	m.push(spot{node: reflect.ValueOf(tree)}, reflect.ValueOf(tree.Body))
	for len(m.pending) > 0 {
		last := len(m.pending) - 1
		next := m.pending[last]
		m.pending = m.pending[:last]
		m.visit(next)
		if m.message != "" {
			return position(next.node), m.message
		}
	}
	return 0, ""
}

// position returns the offset of a node in the text, or 0.
func position(v reflect.Value) int {
	if node, ok := v.Interface().(ast.Node); ok {
		return max(int(node.Idx0())-1, 0)
	}
	return 0
}

// push adds the nodes of a value, which is a node, a list of nodes or an interface.
func (m *measure) push(around spot, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		around.node = v
		m.pending = append(m.pending, around)
	case reflect.Slice:
		for i := v.Len() - 1; i >= 0; i-- {
			m.push(around, v.Index(i))
		}
	case reflect.Struct:
		around.node = v
		m.pending = append(m.pending, around)
	}
}

func (m *measure) visit(p spot) {
	p.height++
	m.weight += weightNode
	v := p.node
	if v.Kind() == reflect.Struct {
		v = v.Addr()
	}
	start := p.start
	p.start = 0
	if m.node(&p, start, v.Interface()) {
		return
	}
	v = v.Elem()
	for _, i := range fieldsOf(v.Type()) {
		m.push(p, v.Field(i))
	}
	m.message = m.refusal(p)
}

func (m *measure) refusal(p spot) string {
	switch {
	case p.height > maxTreeHeight:
		return fmt.Sprintf("more than %d expressions and statements inside one another", maxTreeHeight)
	case m.weight > maxProgramWeight:
		return tooHeavy
	case m.scans > maxBlockScans:
		return "too many statements in nested blocks"
	case m.exits > maxExits:
		return fmt.Sprintf("returns, breaks and continues leave more than %d statements", maxExits)
	case m.steps > maxScopeSteps:
		return "too many names in nested scopes"
	}
	return ""
}

// node takes account of a node and changes what is around its parts. It reports whether it pushed them itself.
func (m *measure) node(p *spot, start int, node any) bool {
	if m.statement(p, node) {
		return false
	}
	p.blocks = 0
	switch n := node.(type) {
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassStaticBlock:
		m.weight += weightFunction
		p.tries, p.exits = 0, 0
		p.scopes++
		p.body = true
	case *ast.ClassLiteral:
		m.weight += weightClass
		p.scopes++
	case *ast.ArrayPattern:
		m.pattern(n.Rest)
	case *ast.ObjectPattern:
		m.pattern(n.Rest)
	case *ast.SpreadElement:
		m.weight += weightCall
	case *ast.RegExpLiteral:
		m.weight += weightPattern
	case *ast.Identifier, *ast.ThisExpression:
		m.steps += p.scopes
	case ast.Expression:
		return m.keepApart(p, start, n)
	}
	return false
}

func (m *measure) pattern(rest ast.Expression) {
	m.weight += weightTarget
	if rest != nil {
		m.weight += weightCall
	}
}

// statement does for statements what node does, and reports whether it is one that has others inside or leaves them.
func (m *measure) statement(p *spot, node any) bool {
	m.scans += p.blocks
	body := p.body
	p.body = false
	switch n := node.(type) {
	case *ast.BlockStatement:
		p.blocks++
		if !body && hasNames(n.List) {
			m.scope(p, 1)
		}
		return true
	case *ast.LabelledStatement:
		p.blocks++
		return true
	case *ast.TryStatement, *ast.ForInStatement, *ast.ForOfStatement, *ast.WithStatement:
		p.tries++
		m.scope(p, 2)
	case *ast.ForStatement, *ast.SwitchStatement:
		m.scope(p, 2)
	case *ast.ReturnStatement:
		m.exits += p.tries
	case *ast.BranchStatement:
		m.exits += p.exits
	case *ast.ThrowStatement:
		m.weight += weightThrow
	default:
		return false
	}
	p.blocks = 0
	return true
}

// scope takes account of a block that has names.
func (m *measure) scope(p *spot, exits int) {
	m.weight += weightScope
	p.exits += exits
	p.scopes++
}

// hasNames reports whether statements declare something that belongs to their block.
func hasNames(list []ast.Statement) bool {
	for _, s := range list {
		switch s.(type) {
		case *ast.LexicalDeclaration, *ast.ClassDeclaration, *ast.FunctionDeclaration, *ast.LabelledStatement:
			return true
		}
	}
	return false
}
