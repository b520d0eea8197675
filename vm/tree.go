package vm

import (
	"crypto/rand"
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/unistring"
)

// names are the identifiers that a source mentions. What a program does not mention it cannot use, so a realm is
// furnished with no more than that.
type names struct {
	set map[string]struct{}
	// global says that the program can reach the global object, and by it every global by a computed name.
	global    bool
	generator bool // the program has a generator function
	async     bool // the program has an async function
	await     bool // the author's function awaits
	pattern   bool // the program has a regular expression written out
	bigint    bool // the program may have BigInts
	catches   bool // the program can look at errors: it has a catch clause, or an async function
	calls     bool // the program calls something
	guarded   bool // the program calls the guard: see rewriter
	throws    bool // the program has throw statements that the outer function's third parameter takes note of

	context contextParts
}

// has reports whether the program can use the global of that name.
func (n *names) has(name string) bool {
	if n.global {
		return true
	}
	_, ok := n.set[name]
	return ok
}

var (
	idxType        = reflect.TypeFor[file.Idx]()
	fileType       = reflect.TypeFor[*file.File]()
	identifierType = reflect.TypeFor[ast.Identifier]()
	thisType       = reflect.TypeFor[ast.ThisExpression]()
	functionType   = reflect.TypeFor[ast.FunctionLiteral]()
	arrowType      = reflect.TypeFor[ast.ArrowFunctionLiteral]()
	awaitType      = reflect.TypeFor[ast.AwaitExpression]()
	patternType    = reflect.TypeFor[ast.RegExpLiteral]()
	numberType     = reflect.TypeFor[ast.NumberLiteral]()
	callType       = reflect.TypeFor[ast.CallExpression]()
	newType        = reflect.TypeFor[ast.NewExpression]()
	catchType      = reflect.TypeFor[ast.CatchStatement]()
	treePackage    = functionType.PkgPath()
)

// prepareTree prepares a parsed tree for the compiler. It moves every position of the inner function from the wrapped text to
// the author's, in UTF-16 units, and returns what the source mentions. Where nothing awaits, the function need not be async, which saves a realm the whole
// machinery of promises.
func prepareTree(tree *ast.Program, body *ast.FunctionLiteral, lines *positions, name string) names {
	w := treeWalk{seen: map[any]struct{}{}, throws: true}
	w.names.set = map[string]struct{}{}
	w.names.context = contextParts{uses: map[string]int{}, reads: map[string]int{}}
	w.idx = func(idx file.Idx) file.Idx {
		at := int(idx) - 1 - len(wrapperPrefix)
		return file.Idx(lines.unit(min(max(at, 0), len(lines.text))) + 1)
	}
	body.Async = false // so that it does not count as one of the author's
	w.value(reflect.ValueOf(body))
	author := name == sourceName // a module of the library returns its exports at once
	w.names.await = w.names.await && author
	body.Async = w.names.await
	w.names.catches = w.names.catches || w.names.async
	w.names.async = w.names.async || w.names.await
	if w.names.throws {
		outer := onlyFunction(tree.Body).ParameterList
		outer.List = append(outer.List, &ast.Binding{Target: &ast.Identifier{Name: raiseName, Idx: 1}})
	}
	tree.File = file.NewFile(name, lines.shape(), 1)
	_, global := w.names.set["globalThis"]
	w.names.global = w.names.global || global
	for _, name := range [...]string{"BigInt", "BigInt64Array", "BigUint64Array", "getBigInt64", "getBigUint64"} {
		w.names.bigint = w.names.bigint || w.names.has(name)
	}
	if w.names.guarded = rewrite(body, &w.names, author); w.names.guarded {
		outer := onlyFunction(tree.Body).ParameterList
		outer.List = append(outer.List, &ast.Binding{Target: &ast.Identifier{Name: guardName, Idx: 1}})
	}
	return w.names
}

// functionAt returns the function literal that starts at a position, or nil.
func functionAt(tree *ast.Program, start int) *ast.FunctionLiteral {
	var found *ast.FunctionLiteral
	walkTree(tree, func(node any) {
		if f, ok := node.(*ast.FunctionLiteral); ok && found == nil && int(f.Idx0()) == start {
			found = f
		}
	})
	return found
}

// walkTree calls visit with a pointer to each node, outer ones first.
func walkTree(tree *ast.Program, visit func(node any)) {
	w := treeWalk{seen: map[any]struct{}{}, visit: visit}
	w.names.set = map[string]struct{}{}
	w.names.context = contextParts{uses: map[string]int{}, reads: map[string]int{}}
	w.value(reflect.ValueOf(tree).Elem())
}

// treeWalk visits every node of a tree once, by reflection, so that it needs no knowledge of the kinds of nodes.
type treeWalk struct {
	names  names
	idx    func(file.Idx) file.Idx // replaces a position; nil keeps all
	visit  func(node any)          // is told of each; may be nil
	throws bool                    // rewrite throw statements
	seen   map[any]struct{}        // pointers, since the parser shares nodes
}

func (w *treeWalk) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			w.value(v.Elem())
		}
	case reflect.Pointer:
		w.pointer(v)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				w.value(v.Index(i))
			}
		}
	case reflect.Struct:
		w.node(v)
	}
}

func (w *treeWalk) pointer(v reflect.Value) {
	if v.IsNil() || v.Type() == fileType || v.Type().Elem().PkgPath() != treePackage {
		return
	}
	if _, ok := w.seen[v.Interface()]; ok {
		return
	}
	w.seen[v.Interface()] = struct{}{}
	if w.visit != nil {
		w.visit(v.Interface())
	}
	switch node := v.Interface().(type) {
	case *ast.ThrowStatement:
		if w.throws {
			w.rewriteThrow(node)
		}
	case *ast.DotExpression:
		w.names.context.dot(node)
	}
	w.value(v.Elem())
}

func (w *treeWalk) node(v reflect.Value) {
	switch v.Type() {
	case identifierType:
		name := v.FieldByName("Name").String()
		w.names.set[name] = struct{}{}
		w.names.context.identifier(name)
	case thisType:
		w.names.global = true
	case patternType:
		w.names.pattern = true
	case catchType:
		w.names.catches = true
	case callType, newType:
		w.names.calls = true
	case numberType:
		_, isBig := v.FieldByName("Value").Interface().(*big.Int)
		w.names.bigint = w.names.bigint || isBig
	case awaitType:
		w.names.await = true
	case arrowType:
		w.names.async = w.names.async || v.FieldByName("Async").Bool()
	case functionType:
		w.names.async = w.names.async || v.FieldByName("Async").Bool()
		w.names.generator = w.names.generator || v.FieldByName("Generator").Bool()
	}
	for i := range v.NumField() {
		field := v.Field(i)
		if field.Type() != idxType {
			w.value(field)
		} else if idx := file.Idx(field.Int()); w.idx != nil && idx > 0 && field.CanSet() {
			field.SetInt(int64(w.idx(idx)))
		}
	}
}

// raiseName is a name that no source can spell, and no script guess.
var raiseName = unistring.String("throw statement " + rand.Text())

// rewriteThrow makes a throw statement call the realm's raise on the value. New errors, which are what is thrown most
// of the time, bring a stack of their own.
func (w *treeWalk) rewriteThrow(node *ast.ThrowStatement) {
	if _, ok := node.Argument.(*ast.NewExpression); ok {
		return
	}
	w.names.throws = true
	node.Argument = &ast.CallExpression{
		Callee:           &ast.Identifier{Name: raiseName, Idx: node.Throw},
		LeftParenthesis:  node.Throw,
		ArgumentList:     []ast.Expression{node.Argument},
		RightParenthesis: node.Argument.Idx1(),
	}
}
