package vm

import (
	"reflect"
	"slices"
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

// keyPlaces are the instructions that take the name of a property from the stack, and how far below the top it is.
var keyPlaces = map[string]int{
	"goja._toPropertyKey": 1, "goja._getElemRef": 1, "goja._getElemRefStrict": 1,
	"goja._getElemRefRecv": 2, "goja._getElemRefRecvStrict": 2,
	"goja._setElem": 2, "goja._setElemP": 2, "goja._setElemStrict": 2, "goja._setElemStrictP": 2, "goja._setElem1": 2,
	"goja._setElemRecv": 3, "goja._setElemRecvP": 3, "goja._setElemRecvStrict": 3, "goja._setElemRecvStrictP": 3,
}

// keyInstruction gives a property a name of its own, where that is long: parts of a text share its memory, and an object with
// many of them for names would look small.
type keyInstruction struct {
	original instruction
	at       int
}

func (k *keyInstruction) exec(m *machine) {
	i := m.sp - k.at
	if _, ok := m.stack[i].(*goja.Object); ok && i > 0 && !goja.IsUndefined(orUndefined(m.stack[i-1])) && !goja.IsNull(orUndefined(m.stack[i-1])) {
		k.convert(m, i)
	}
	switch wordOf(&m.stack[i]).kind {
	case asciiKind, unicodeKind:
		m.stack[i] = guardOf(m.r).ownName(m.stack[i])
	}
	k.original.exec(m)
}

// convert makes the name of a property of an object, as the instruction itself would, by that which does only this. It works
// on the top of the stack, so what is above is put aside: the script's toString may run.
func (k *keyInstruction) convert(m *machine, i int) {
	above, pc := slices.Clone(m.stack[i+1:m.sp]), m.pc
	m.sp = i + 1
	toPropertyKey.exec(m)
	m.pc = pc
	m.sp += copy(m.stack[i+1:i+1+len(above)], above)
}

// toPropertyKey is the engine's instruction of that name.
var toPropertyKey instruction

// longName is from where on a name is made the property's own.
const longName = 256

// ownName returns the name of a property, which shares no memory with other texts where it is long.
func (g *guard) ownName(v goja.Value) goja.Value {
	s, ok := v.(goja.String)
	if !ok || s.Length() < longName {
		return v
	}
	g.take(bytesOf(s))
	if wordOf(&v).kind == asciiKind {
		return g.rt.ToValue(strings.Clone(s.String()))
	}
	units := make([]uint16, s.Length())
	for i := range units {
		units[i] = s.CharAt(i)
	}
	return goja.StringFromUTF16(units)
}

// ownNames guards a native whose second argument is the name of a property.
func ownNames(g *guard, next native, call goja.FunctionCall) goja.Value {
	if len(call.Arguments) > 1 {
		call.Arguments = withArgument(call.Arguments, 1, g.ownName(call.Arguments[1]))
	}
	return next(call)
}

// countNames guards a native that makes an object, whose names may be parts of one text.
func countNames(g *guard, next native, call goja.FunctionCall) goja.Value {
	v := next(call)
	if object, ok := v.(*goja.Object); ok {
		total := int64(0)
		for _, name := range baseOf(object).propNames {
			if len(name) >= longName {
				total += int64(len(name))
			}
		}
		g.take(total)
	}
	return v
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
				code[i] = &keyInstruction{original: code[i], at: at}
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
