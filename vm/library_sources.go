package vm

import "github.com/dop251/goja/ast"

// hideSources has the functions of a module look as those of the engine do when a script asks for their text.
func hideSources(tree *ast.Program) {
	methods := map[*ast.FunctionLiteral]string{}
	walkTree(tree, func(node any) {
		switch node := node.(type) {
		case *ast.MethodDefinition:
			methods[node.Body] = accessorPrefix(node.Kind) + nameOfKey(node.Key)
		case *ast.PropertyKeyed:
			if f, ok := node.Value.(*ast.FunctionLiteral); ok {
				methods[f] = accessorPrefix(node.Kind) + nameOfKey(node.Key)
			}
		case *ast.FunctionLiteral:
			node.Source = nativeSource(methods[node])
			if node.Name != nil {
				node.Source = nativeSource(string(node.Name.Name))
			}
		case *ast.ArrowFunctionLiteral:
			node.Source = nativeSource("")
		case *ast.ClassLiteral:
			node.Source = nativeSource("")
			if node.Name != nil {
				node.Source = nativeSource(string(node.Name.Name))
			}
		}
	})
}

func nativeSource(name string) string { return "function " + name + "() { [native code] }" }

func accessorPrefix(kind ast.PropertyKind) string {
	if kind == ast.PropertyKindGet || kind == ast.PropertyKindSet {
		return string(kind) + " "
	}
	return ""
}

// nameOfKey returns the name of a property; "" for one that is computed.
func nameOfKey(key ast.Expression) string {
	if text, ok := key.(*ast.StringLiteral); ok {
		return string(text.Value)
	}
	return ""
}
