package vm

import (
	"github.com/dop251/goja"
)

// JSON.parse and JSON.stringify are this package's own: the engine's recurse without a bound, and can neither be
// stopped nor kept from taking all memory.

// maxJSONDepth bounds the levels of all JSON that one run reads or writes at a time, nested calls included.
const maxJSONDepth = 5000

var jsonRules = objectRules{
	"parse":     {call: parseJSON},
	"stringify": {call: stringifyJSON},
	"rawJSON":   {call: rawJSON},
}

// parseJSON is JSON.parse.
func parseJSON(g *guard, _ native, call goja.FunctionCall) goja.Value {
	levels := g.levels
	defer func() { g.levels = levels }()
	s := g.mustString(argument(call, 0))
	v, err := g.realm.readJSON(s.String())
	if err != nil {
		object, failure := g.rt.New(g.intrinsic("SyntaxError"), g.rt.ToValue("JSON.parse: the text "+err.Error()))
		rethrow(failure)
		panic(object)
	}
	if reviver, ok := goja.AssertFunction(argument(call, 1)); ok {
		holder := g.rt.NewObject()
		must(holder.DefineDataProperty("", v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
		return g.revive(reviver, holder, "")
	}
	return v
}

// deeper counts a level of nested JSON, and returns the level to go back to.
func (g *guard) deeper() int {
	if g.levels >= maxJSONDepth {
		panic(g.rangeError("JSON is nested deeper than %d levels", maxJSONDepth))
	}
	g.levels++
	return g.levels - 1
}

// revive applies a reviver from the leaves up, see https://tc39.es/ecma262/#sec-internalizejsonproperty.
func (g *guard) revive(reviver goja.Callable, holder *goja.Object, name string) goja.Value {
	g.checkpoint()
	level := g.deeper()
	v := orUndefined(holder.Get(name))
	if object, ok := v.(*goja.Object); ok {
		g.reviveParts(reviver, object)
	}
	result, err := reviver(holder, g.rt.ToValue(name), v)
	rethrow(err)
	g.levels = level
	return result
}

func (g *guard) reviveParts(reviver goja.Callable, object *goja.Object) {
	for _, name := range g.partNames(object) {
		v := g.revive(reviver, object, name)
		if goja.IsUndefined(v) {
			g.quietly("deleteProperty", object, g.rt.ToValue(name))
			continue
		}
		descriptor := g.rt.CreateObject(nil)
		for flag, set := range map[string]goja.Value{
			"value": v, "writable": g.rt.ToValue(true), "enumerable": g.rt.ToValue(true), "configurable": g.rt.ToValue(true),
		} {
			must(descriptor.Set(flag, set))
		}
		g.quietly("defineProperty", object, g.rt.ToValue(name), descriptor)
	}
}

// quietly calls a function of Reflect, whose answer nobody needs.
func (g *guard) quietly(name string, args ...goja.Value) {
	room := g.realm.room()
	room.call(room.static("Reflect", name), goja.Undefined(), args...)
}

// partNames returns the names of what JSON holds of an object: the elements of an array, or the enumerable properties.
func (g *guard) partNames(object *goja.Object) []string {
	if !isArray(object) {
		return object.Keys()
	}
	length := snapshot(object)
	g.take(product(length, elementBytes))
	names := make([]string, 0, min(length, 1<<16))
	for i := range length {
		if i&0xFFF == 0 {
			g.checkpoint()
		}
		names = append(names, decimal(i))
	}
	return names
}

func orUndefined(v goja.Value) goja.Value {
	if v == nil {
		return goja.Undefined()
	}
	return v
}

// rawJSON guards JSON.rawJSON, which parses its argument.
func rawJSON(g *guard, next native, call goja.FunctionCall) goja.Value {
	s := g.mustString(argument(call, 0))
	g.refuseLong(s)
	if !checkJSONDepth(s.String(), maxJSONDepth) {
		panic(g.rangeError("JSON is nested deeper than %d levels", maxJSONDepth))
	}
	call.Arguments = []goja.Value{s}
	return next(call)
}
