package vm

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// A checkpoint is compiled as a statement that reads a property of the door, which is three instructions: load the door, get
// the property, drop its value. That takes as long as a call of a small function. So the first of the three is exchanged
// for an instruction of this package, which does what the property would do and goes on behind the third. No jump leads in
// between, and the positions of all others stay.

// instruction mirrors goja's interface of that name. A value of the one is a value of the other, since both have one method,
// which is called with one pointer.
type instruction interface{ exec(m *machine) }

// compiled mirrors the beginning of a goja.Program.
type compiled struct {
	code []instruction
}

// checkpointLength is how many instructions a checkpoint is compiled to.
const checkpointLength = 3

// checkpointInstruction is stateless: it finds the guard by the realm that runs it.
type checkpointInstruction struct{ _ byte }

func (*checkpointInstruction) exec(m *machine) {
	guardOf(m.r).turn()
	m.pc += checkpointLength
}

// doorInstruction loads the door where a with statement would have the engine ask an object of the script for it.
type doorInstruction struct{ _ byte }

func (*doorInstruction) exec(m *machine) {
	if m.sp >= len(m.stack) {
		m.stack = append(m.stack, nil)
	}
	m.stack[m.sp] = guardOf(m.r).door
	m.sp++
	m.pc++
}

// turn is a checkpoint of the script itself.
func (g *guard) turn() {
	g.turns++
	if g.attention.Load() {
		g.attend()
	}
	if g.calm.Load() {
		g.calm.Store(false)
	}
	if stackUse() > maxStack {
		panic(&goja.StackOverflowError{})
	}
}

// exchangeCheckpoints exchanges the checkpoints of a program and of the functions in it. It belongs to compiling: nobody runs
// the program yet.
func exchangeCheckpoints(p *goja.Program) {
	original := reflect.ValueOf(p).Elem().FieldByName("code")
	code := (*compiled)(unsafe.Pointer(p)).code
	kind := func(i int) string { return strings.TrimPrefix(original.Index(i).Elem().Type().String(), "*") }
	for i := range code {
		v := original.Index(i).Elem()
		switch v.Kind() {
		case reflect.String:
			if kind(i) == "goja.loadDynamic" && v.String() == string(guardName) {
				code[i] = &doorInstruction{}
			}
			if v.String() == checkName && kind(i) == "goja.getProp" && kind(i+1) == "goja._pop" && (strings.HasPrefix(kind(i-1), "goja.load") || kind(i-1) == "vm.doorInstruction") {
				code[i-1] = &checkpointInstruction{}
			}
		case reflect.Struct:
			if at := keyPlaces[kind(i)]; at > 0 {
				code[i] = &keyInstruction{original: code[i], at: at, later: strings.HasPrefix(kind(i), "goja._getElemRef")}
			}
		case reflect.Pointer:
			if name := v.Elem(); name.Kind() == reflect.Struct && strings.HasPrefix(kind(i), "goja.loadMixed") {
				if name = name.FieldByName("name"); name.IsValid() && name.String() == string(guardName) {
					code[i] = &doorInstruction{}
				}
			}
			for _, path := range programsIn(v.Type().Elem()) {
				if inner := (*goja.Program)(v.Elem().FieldByIndex(path).UnsafePointer()); inner != nil {
					exchangeCheckpoints(inner)
				}
			}
		}
	}
}

// programFields are the places of programs in the instructions that make functions and classes, by their type.
var programFields sync.Map

// programsIn returns where a type of instruction has programs.
func programsIn(t reflect.Type) [][]int {
	if paths, ok := programFields.Load(t); ok {
		return paths.([][]int)
	}
	var paths [][]int
	if t.Kind() == reflect.Struct {
		for _, field := range reflect.VisibleFields(t) {
			if field.Type == reflect.TypeFor[*goja.Program]() {
				paths = append(paths, field.Index)
			}
		}
	}
	programFields.Store(t, paths)
	return paths
}
