package vm

import (
	"github.com/dop251/goja"
)

// maxArguments is how many arguments a call made from a list may have. Engines refuse more as well, at about as many.
const maxArguments = 1 << 17

// maxChain is how long a chain of bound functions or of proxies may be: the engine goes through it by recursion.
const maxChain = 200

var functionPrototype = objectRules{
	"apply": {call: applying(1)},
	"bind":  {call: bind},
}

var reflectRules = objectRules{
	"apply":          {call: applying(2)},
	"construct":      {call: applying(1)},
	"defineProperty": {call: defineProperty},
	"set":            {call: ownNames},
	"ownKeys":        {call: listing},
	"setPrototypeOf": {call: setPrototype},
}

// applying guards a native that calls a function with the elements of its argument i.
func applying(i int) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		list, ok := argument(call, i).(*goja.Object)
		if !ok {
			return next(call)
		}
		length, _, known := lengthOf(list)
		if !known {
			list = g.newStandIn(list).proxy
			call.Arguments = withArgument(call.Arguments, i, list)
			length = snapshot(list)
		}
		if length > maxArguments {
			panic(g.rangeError("a call has more than %d arguments", maxArguments))
		}
		return next(call)
	}
}

// bind guards Function.prototype.bind: what it makes is a native as well.
func bind(g *guard, next native, call goja.FunctionCall) goja.Value {
	if target, ok := call.This.(*goja.Object); ok {
		chain := 0
		for ; kindWord(target) == boundKind; chain++ {
			target = inside[boundFuncObject](target).wrapped
		}
		if chain >= maxChain {
			panic(g.rangeError("a function is bound more than %d times", maxChain))
		}
	}
	bound := next(call)
	if object, ok := bound.(*goja.Object); ok {
		g.adopt(object, entryRules{})
	}
	return bound
}

// makeProxy guards the constructor of proxies.
func makeProxy(g *guard, args []goja.Value) []goja.Value {
	for _, arg := range args[:min(len(args), 2)] {
		if object, ok := arg.(*goja.Object); ok && proxyDepth(object, 0) >= maxChain {
			panic(g.rangeError("proxies are nested deeper than %d levels", maxChain))
		}
	}
	return args
}

// revocable guards Proxy.revocable.
func revocable(g *guard, next native, call goja.FunctionCall) goja.Value {
	makeProxy(g, call.Arguments)
	return next(call)
}

// proxyDepth returns how deep proxies are nested in an object, through targets and handlers.
func proxyDepth(object *goja.Object, depth int) int {
	for object != nil && kindWord(object) == proxyKind && depth < maxChain {
		p := inside[proxyObject](object)
		depth++
		if handler := handlerOf(p); handler != nil && kindWord(handler) == proxyKind {
			depth = max(depth, proxyDepth(handler, depth))
		}
		object = p.target
	}
	return depth
}

// handlerOf returns the object that handles a proxy; nil for a revoked one and for those of this package.
func handlerOf(p *proxyObject) *goja.Object {
	if p.handler.kind != scriptHandlerKind || p.handler.data == nil {
		return nil
	}
	return (*scriptHandler)(p.handler.data).handler
}

// setPrototype guards what sets a prototype. The engine looks for properties by recursion through prototypes, targets and
// handlers of proxies; a circle of them has no end. The language allows one that goes through a proxy; here it is an error.
func setPrototype(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := argument(call, 0).(*goja.Object)
	prototype, _ := argument(call, 1).(*goja.Object)
	if ok {
		g.refuseCircle(object, prototype)
	}
	return next(call)
}

// setProto guards the setter of __proto__.
func setProto(g *guard, next native, call goja.FunctionCall) goja.Value {
	if object, ok := call.This.(*goja.Object); ok {
		prototype, _ := argument(call, 0).(*goja.Object)
		g.refuseCircle(object, prototype)
	}
	return next(call)
}

func (g *guard) refuseCircle(object, prototype *goja.Object) {
	if prototype == nil {
		return
	}
	for kindWord(object) == proxyKind && inside[proxyObject](object).target != nil {
		if g.leadsTo(prototype, object) {
			panic(g.rt.NewTypeError("Cyclic __proto__ value"))
		}
		object = inside[proxyObject](object).target
	}
	if g.leadsTo(prototype, object) {
		panic(g.rt.NewTypeError("Cyclic __proto__ value"))
	}
}

// leadsTo reports whether looking up a property of from may come to an object. A chain of plain prototypes is left to the
// engine, which refuses circles itself.
func (g *guard) leadsTo(from, to *goja.Object) bool {
	const most = 10_000
	pending, seen, proxies := []*goja.Object{from}, 0, false
	visited := map[*goja.Object]bool{}
	for len(pending) > 0 {
		object := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if object == nil || visited[object] {
			continue
		}
		if object == to {
			return proxies
		}
		if seen++; seen > most {
			return true
		}
		if kindWord(object) == proxyKind {
			proxies = true
			visited[object] = true
			p := inside[proxyObject](object)
			pending = append(pending, p.target, handlerOf(p))
			continue
		}
		pending = append(pending, baseOf(object).prototype)
	}
	return false
}
