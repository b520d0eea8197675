package vm

import (
	"github.com/dop251/goja"
)

// drained is an iterable that an operator of the language collects: a spread, or the rest of a pattern. What it has
// collected is nowhere to be measured until it is done, so the memory of the process is looked at on the way.
type drained struct {
	g        *guard
	iterator *goja.Object
	next     goja.Callable
	count    int
	from     longStep
}

// drain returns an iterable in place of one whose elements are made by code of the script. Others are returned as they are: what
// they take is known, or was counted when they were made.
func (g *guard) drain(v goja.Value) goja.Value {
	object, ok := v.(*goja.Object)
	if !ok {
		return v
	}
	switch kindWord(object) {
	case arrayKind, sparseKind, stringKind, typedArrayKind, argumentsKind:
		if a := baseOf(object); a.symValues == nil {
			return v
		}
	}
	iterate, ok := goja.AssertFunction(orUndefined(object.GetSymbol(goja.SymIterator)))
	if !ok {
		return v // the operator throws
	}
	iterator, err := iterate(object)
	rethrow(err)
	d := &drained{g: g, from: g.realm.memory.step(0, readHeap().live)}
	if d.iterator, ok = iterator.(*goja.Object); !ok {
		panic(g.rt.NewTypeError("iterator is not an object"))
	}
	d.next, _ = goja.AssertFunction(orUndefined(d.iterator.Get("next")))
	return d.iterable()
}

// iterable returns an object that iterates as the script's does.
func (d *drained) iterable() *goja.Object {
	own := d.g.rt.CreateObject(nil)
	must(own.Set("next", d.g.function(d.step)))
	must(own.Set("return", d.g.function(d.end)))
	must(own.SetSymbol(goja.SymIterator, d.g.function(func(goja.FunctionCall) goja.Value { return own })))
	return own
}

func (d *drained) step(goja.FunctionCall) goja.Value {
	if d.count++; d.count&0x3F == 0 {
		d.look()
	}
	if d.next == nil {
		panic(d.g.rt.NewTypeError("iterator.next is not a function"))
	}
	v, err := d.next(d.iterator)
	rethrow(err)
	return v
}

// look ends the run when what is alive has grown by more than the realm may hold.
func (d *drained) look() {
	g := d.g
	g.checkpoint()
	if int64(d.count)*elementBytes > g.limit || g.realm.memory.hides(readHeap().live, d.from) {
		g.exceed()
	}
}

// end is the iterator's return, which an operator calls that does not go on.
func (d *drained) end(call goja.FunctionCall) goja.Value {
	finish, ok := goja.AssertFunction(orUndefined(d.iterator.Get("return")))
	if !ok {
		return d.g.rt.NewObject()
	}
	v, err := finish(d.iterator, call.Arguments...)
	rethrow(err)
	return v
}
