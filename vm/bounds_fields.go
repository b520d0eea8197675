package vm

import (
	"reflect"
	"sync"

	"github.com/dop251/goja/ast"
)

// nodeFields are the fields of each kind of node that hold nodes. A program's kinds are few, and asking reflection for
// them at every node is slow.
var nodeFields sync.Map // of reflect.Type to []int

// declarationsField repeats the bindings of the variable statements in a function.
const declarationsField = "DeclarationList"

func fieldsOf(t reflect.Type) []int {
	if known, ok := nodeFields.Load(t); ok {
		return known.([]int)
	}
	var fields []int
	for i := range t.NumField() {
		if field := t.Field(i); field.Name != declarationsField && holdsNodes(field.Type) {
			fields = append(fields, i)
		}
	}
	nodeFields.Store(t, fields)
	return fields
}

func holdsNodes(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return holdsNodes(t.Elem())
	case reflect.Struct, reflect.Interface:
		return t.PkgPath() == reflect.TypeFor[ast.Program]().PkgPath()
	}
	return false
}
