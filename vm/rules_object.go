package vm

import (
	"slices"
	"strconv"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

var objectStatics = objectRules{
	"assign":                    {call: assign},
	"defineProperties":          {call: defining},
	"defineProperty":            {call: defineProperty},
	"fromEntries":               {call: countNames},
	"create":                    {call: defining},
	"entries":                   {call: listing},
	"freeze":                    {call: changing},
	"getOwnPropertyDescriptors": {call: listing},
	"getOwnPropertyNames":       {call: listing},
	"getOwnPropertySymbols":     {call: listing},
	"isFrozen":                  {call: listing},
	"isSealed":                  {call: listing},
	"keys":                      {call: listing},
	"seal":                      {call: changing},
	"setPrototypeOf":            {call: setPrototype},
	"values":                    {call: listing},
}

// keyBytes is what the name of an element takes when the elements of an array or a text are listed.
const keyBytes = 48

// listing guards a native that lists the properties of its argument.
func listing(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.ensure("Symbol")
	g.takeKeys(argument(call, 0), keyBytes)
	return next(call)
}

// changing guards a native that turns each element into a property with flags of its own.
func changing(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.completeFor(argument(call, 0))
	g.takeKeys(argument(call, 0), 3*keyBytes)
	return next(call)
}

func defining(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.completeFor(argument(call, 0))
	g.takeKeys(argument(call, 1), 2*keyBytes)
	return next(call)
}

// defineProperty guards the functions of that name.
func defineProperty(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.completeFor(argument(call, 0))
	return ownNames(g, next, call)
}

// completeFor makes some intrinsics before Object.prototype gets properties other than plain ones. The engine makes accessors
// of these by assignment, in which setters of Object.prototype take part: they would be called with values that are none of
// the language's, and with natives that are not guarded yet.
func (g *guard) completeFor(v goja.Value) {
	object, _ := v.(*goja.Object)
	if object = behind(object); object != nil && object == g.realm.objects {
		g.ensure("Map", "Set", "RegExp", "Symbol")
	}
}

// toLocaleString is Object.prototype.toLocaleString; the engine's panics where there is no toString.
func toLocaleString(g *guard, _ native, call goja.FunctionCall) goja.Value {
	room := g.realm.room() // where a getter is told of a this that is no object
	method := room.call(room.static("Reflect", "get"), goja.Undefined(), call.This.ToObject(g.rt), g.rt.ToValue("toString"), call.This)
	text, ok := goja.AssertFunction(orUndefined(method))
	if !ok {
		panic(g.rt.NewTypeError("toString is not a function"))
	}
	v, err := text(call.This)
	rethrow(err)
	return v
}

// assign guards Object.assign, which may run code of the script between one source and the next.
func assign(g *guard, next native, call goja.FunctionCall) goja.Value {
	if len(call.Arguments) < 2 {
		return next(call)
	}
	target := call.Arguments[0]
	for _, source := range call.Arguments[1:] {
		g.takeKeys(source, 2*keyBytes)
		target = next(goja.FunctionCall{This: call.This, Arguments: []goja.Value{target, source}})
	}
	return target
}

// takeKeys counts the elements of an array or a text that are listed as properties, and puts integer keys in order.
func (g *guard) takeKeys(v goja.Value, each int64) {
	switch v := v.(type) {
	case goja.String:
		g.take(product(int64(v.Length()), each))
	case *goja.Object:
		switch kindWord(v) {
		case arrayKind, stringKind, typedArrayKind:
			length, _, _ := lengthOf(v)
			g.take(product(length, each))
		case sparseKind:
			g.take(product(int64(len(inside[sparseArrayObject](v).items)), each))
		case proxyKind:
			if v = behind(v); v != nil {
				g.takeKeys(v, each)
			}
			return
		}
		g.orderKeys(v)
	}
}

// behind returns the object behind proxies of proxies; nil where one is revoked.
func behind(object *goja.Object) *goja.Object {
	for object != nil && kindWord(object) == proxyKind {
		object = inside[proxyObject](object).target
	}
	return object
}

// fewKeys is how many new names of properties the engine may put in order itself: it inserts integer keys one by one,
// which takes quadratic time.
const fewKeys = 2048

// orderKeys puts the integer keys of an object where the engine wants them: first, and by size.
func (g *guard) orderKeys(object *goja.Object) {
	base := baseOf(object)
	names := base.propNames
	if len(names)-base.lastSortedPropLen <= fewKeys {
		return
	}
	type element struct {
		index uint32
		name  unistring.String
	}
	var elements []element
	rest := make([]unistring.String, 0, len(names))
	for _, name := range names {
		if index, ok := elementIndex(name); ok {
			elements = append(elements, element{index, name})
		} else {
			rest = append(rest, name)
		}
	}
	slices.SortFunc(elements, func(a, b element) int {
		switch {
		case a.index < b.index:
			return -1
		case a.index > b.index:
			return 1
		}
		return 0
	})
	ordered := make([]unistring.String, 0, len(names)+len(names)/4)
	for _, e := range elements {
		ordered = append(ordered, e.name)
	}
	ordered = append(ordered, rest...)
	base.propNames = ordered
	base.idxPropCount = len(elements)
	base.lastSortedPropLen = len(names)
}

// elementIndex returns the index that a name is, as the engine has it: a canonical integer below 2**32-1.
func elementIndex(name unistring.String) (uint32, bool) {
	if name == "" || len(name) > 10 || name[0] < '0' || name[0] > '9' || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(name), 10, 32)
	return uint32(n), err == nil && n < 1<<32-1
}

// listable returns its argument, ready for its properties to be listed: what for-in and the spread of objects go over. The
// compiler puts a call of it there.
func (g *guard) listable(call goja.FunctionCall) goja.Value {
	g.checkpoint()
	v := argument(call, 0)
	if object, ok := v.(*goja.Object); ok {
		for steps := 1; object != nil; steps++ {
			if object = behind(object); object == nil {
				break
			}
			g.orderKeys(object)
			if object = baseOf(object).prototype; steps&0xFFF == 0 {
				g.checkpoint()
			}
		}
	}
	g.takeKeys(v, keyBytes)
	return v
}
