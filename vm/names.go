package vm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

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
	later    bool // the name is made of an object when the property is set
}

func (k *keyInstruction) exec(m *machine) {
	i := m.sp - k.at
	if _, ok := m.stack[i].(*goja.Object); ok && i > 0 && !goja.IsUndefined(orUndefined(m.stack[i-1])) && !goja.IsNull(orUndefined(m.stack[i-1])) {
		if k.later {
			m.stack[i] = guardOf(m.r).laterName(m.stack[i])
		} else {
			k.convert(m, i)
		}
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

// laterName returns an object in place of one of which a name will be made.
func (g *guard) laterName(object goja.Value) goja.Value {
	later := g.rt.CreateObject(nil)
	must(later.SetSymbol(goja.SymToPrimitive, g.function(func(goja.FunctionCall) goja.Value {
		m := machineOf(g.rt)
		pc, sp := m.pc, m.sp
		for len(m.stack) <= sp {
			m.stack = append(m.stack, nil)
		}
		m.stack[sp] = object
		m.sp++
		toPropertyKey.exec(m)
		m.pc, m.sp = pc, sp
		return g.ownName(m.stack[sp])
	})))
	return later
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
