package vm

import (
	"crypto/rand"

	"github.com/dop251/goja"
)

// door is the object by which a compiled program calls the guard: see rewriter. It is dynamic, since reading a property of it
// costs less than a call of a function does, and a checkpoint is no more than that.
type door struct {
	g         *guard
	object    *goja.Object          // the door as programs have it
	functions map[string]goja.Value // made when first needed
	kept      []goja.Value
	looked    goja.Value
}

// opened returns the door of the realm.
func (g *guard) opened() *goja.Object {
	if g.door == nil {
		d := &door{g: g}
		d.object = g.rt.NewDynamicObject(d)
		g.door = d.object
	}
	return g.door
}

// checkName is the property that a checkpoint reads, and nothing else could: see exchangeCheckpoints.
var checkName = "checkpoint " + rand.Text()

// Get is what a program does at a checkpoint, and how it gets the functions of the guard.
func (d *door) Get(name string) goja.Value {
	switch name {
	case checkName:
		d.g.turn()
		return goja.Undefined()
	case "calm":
		d.g.calm.Store(true)
		return goja.Undefined()
	case "caught":
		d.g.checkpoint()
		d.g.sweep()
		return goja.Undefined()
	case "end":
		d.g.realm.measureAtEnd()
		return goja.Undefined()
	case "listed":
		return d.look(d.g.listable)
	case "drained":
		return d.look(d.g.elements)
	case lookedAt:
		v := d.looked
		d.looked = nil
		return v
	}
	return d.function(name)
}

func (d *door) function(name string) goja.Value {
	if f, ok := d.functions[name]; ok {
		return f
	}
	var f native
	switch name {
	case "list":
		f = d.g.listable
	case "spread":
		f = d.g.spreadable
	case "elements":
		f = d.g.elements
	case "join":
		f = d.g.joinTemplate
	case "scope":
		f = d.g.scope
	case "operateAt":
		f = d.g.operateAt
	case "operate":
		f = d.g.operate
	case "keep":
		f = d.keep
	case "keepKey":
		f = d.keepKey
	case "kept", "keptPair":
		f = d.take(name == "keptPair")
	case "keptBelow":
		f = d.below
	}
	if d.functions == nil {
		d.functions = map[string]goja.Value{}
	}
	v := d.g.function(f)
	d.functions[name] = v
	return v
}

// lookedAt is the key of what look has looked at.
const lookedAt = "looked at"

// look has the guard look at what a pattern takes apart, and the pattern go on with what the guard returns. No expression has
// that value: the compiler reads it as a property, whose key is this, from a copy on top of the engine's stack. In its place
// comes the door, which has the value under that key.
func (d *door) look(guarded native) goja.Value {
	m := machineOf(d.g.rt)
	if m.sp < 2 || m.stack[m.sp-1] != d.object {
		panic("vm: the engine does not read a pattern as the guard expects")
	}
	looked := guarded(goja.FunctionCall{Arguments: []goja.Value{m.stack[m.sp-2]}})
	m.stack[m.sp-2] = d.object
	d.looked = looked
	return d.g.rt.ToValue(lookedAt)
}

// Set refuses: programs only read.
func (d *door) Set(string, goja.Value) bool { return false }

// Has is true of every name.
func (d *door) Has(string) bool { return true }

// Delete refuses.
func (d *door) Delete(string) bool { return false }

// Keys are none.
func (d *door) Keys() []string { return nil }

func (d *door) keep(call goja.FunctionCall) goja.Value {
	d.kept = append(d.kept, call.Arguments[0])
	return call.Arguments[0]
}

// keepKey keeps a key as a property key, so that it is converted once.
func (d *door) keepKey(call goja.FunctionCall) goja.Value {
	key := call.Arguments[0]
	if base := d.kept[len(d.kept)-1]; goja.IsUndefined(base) || goja.IsNull(base) {
		panic(d.g.rt.NewTypeError("Cannot read property of undefined or null"))
	}
	if object, ok := key.(*goja.Object); ok {
		key = object.ToString()
	}
	d.kept = append(d.kept, key)
	return key
}

// below returns what was kept before the last.
func (d *door) below(goja.FunctionCall) goja.Value { return d.kept[len(d.kept)-2] }

// take returns what was kept last, and forgets it: with the one before, or alone.
func (d *door) take(pair bool) native {
	n := 1
	if pair {
		n = 2
	}
	return func(goja.FunctionCall) goja.Value {
		last := d.kept[len(d.kept)-1]
		clear(d.kept[len(d.kept)-n:])
		d.kept = d.kept[:len(d.kept)-n]
		return last
	}
}

// spreadable returns its argument, whose elements become the arguments of a call.
func (g *guard) spreadable(call goja.FunctionCall) goja.Value {
	v := argument(call, 0)
	if g.count(v) > maxArguments {
		panic(g.rangeError("a call has more than %d arguments", maxArguments))
	}
	return g.drain(v)
}

// scope returns its argument, which becomes a scope by a with statement: a proxy in it would be asked for the names that the
// compiler made.
func (g *guard) scope(call goja.FunctionCall) goja.Value {
	object, ok := argument(call, 0).(*goja.Object)
	for ; ok && object != nil; object = baseOf(object).prototype {
		g.checkpoint()
		if kindWord(object) == proxyKind {
			panic(g.rt.NewTypeError("a proxy cannot be the object of a with statement"))
		}
	}
	return argument(call, 0)
}

// elements returns its argument, whose elements become those of an array.
func (g *guard) elements(call goja.FunctionCall) goja.Value {
	g.checkpoint()
	v := argument(call, 0)
	if s, ok := textOf(v); ok {
		g.take(product(int64(s.Length()), 2*elementBytes))
		return v
	}
	if n := g.count(v); n > quickElements {
		g.take(product(n, elementBytes))
	}
	return g.drain(v)
}

// count returns how many elements a value has, as far as that can be told without running code of the script.
func (g *guard) count(v goja.Value) int64 {
	switch v := v.(type) {
	case goja.String:
		return int64(v.Length())
	case *goja.Object:
		switch kindWord(v) {
		case arrayKind, sparseKind, stringKind, typedArrayKind:
			length, _, _ := lengthOf(v)
			return length
		}
	}
	return 0
}

// joinTemplate joins the parts of a template.
func (g *guard) joinTemplate(call goja.FunctionCall) goja.Value {
	parts := make([]goja.String, len(call.Arguments))
	total := int64(0)
	for i, v := range call.Arguments {
		s := g.mustString(v)
		parts[i] = s
		total += bytesOf(s)
	}
	g.take(total)
	var b goja.StringBuilder
	for _, part := range parts {
		b.WriteString(part)
	}
	return b.String()
}
