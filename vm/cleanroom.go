package vm

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja"
)

// cleanRoom holds intrinsics of a second realm that no script ever ran in. Called on objects of the script's realm
// they do what they are meant to, whatever the script did to its own. No object of it is meant to reach a script. It
// serves one run all the same, and its functions lead to no constructor, so that one which did, such as an error that
// an intrinsic throws, would be of no use.
type cleanRoom struct {
	rt         *goja.Runtime
	descriptor native            // Object.getOwnPropertyDescriptor
	freezer    native            // Object.freeze
	keys       native            // Object.keys
	get        native            // Reflect.get
	mapEntries native            // Map.prototype.entries
	setValues  native            // Set.prototype.values
	source     native            // the getter RegExp.prototype.source
	flags      map[string]native // the getters of RegExp.prototype, by name
}

func newCleanRoom() *cleanRoom {
	rt := goja.New()
	object := rt.Get("Object").(*goja.Object)
	forbidConstructor(object.Prototype()) // it never has functions of another kind
	method := func(object *goja.Object, name string) native { return object.Get(name).Export().(native) }
	prototype := func(class string) *goja.Object {
		return rt.Get(class).(*goja.Object).Get("prototype").(*goja.Object)
	}
	c := &cleanRoom{
		rt:         rt,
		descriptor: method(object, "getOwnPropertyDescriptor"),
		freezer:    method(object, "freeze"),
		keys:       method(object, "keys"),
		get:        method(rt.Get("Reflect").(*goja.Object), "get"),
		mapEntries: method(prototype("Map"), "entries"),
		setValues:  method(prototype("Set"), "values"),
	}
	getter := func(name string) native {
		descriptor := c.call(c.descriptor, object, prototype("RegExp"), rt.ToValue(name)).(*goja.Object)
		return descriptor.Get("get").Export().(native)
	}
	c.source, c.flags = getter("source"), map[string]native{}
	for _, flag := range [...]string{"global", "ignoreCase", "multiline", "dotAll", "unicode", "sticky"} {
		c.flags[flag] = getter(flag)
	}
	return c
}

// room returns the realm's clean room.
func (r *realm) room() *cleanRoom {
	if r.clean == nil {
		r.clean = newCleanRoom()
	}
	return r.clean
}

func (c *cleanRoom) call(f native, this goja.Value, arguments ...goja.Value) goja.Value {
	return f(goja.FunctionCall{This: this, Arguments: arguments})
}

// enumerable returns the names of an object's enumerable properties as the engine has them: a name may hold half of a
// surrogate pair, which gets lost in Go.
func (c *cleanRoom) enumerable(object *goja.Object) []goja.Value {
	list := c.call(c.keys, goja.Undefined(), object).(*goja.Object)
	names := make([]goja.Value, list.Get("length").ToInteger())
	for i := range names {
		names[i] = list.Get(strconv.Itoa(i))
	}
	return names
}

// valueOf returns the value of a property, which may call a getter or a trap of the script.
func (c *cleanRoom) valueOf(object *goja.Object, name goja.Value) goja.Value {
	return c.call(c.get, goja.Undefined(), object, name)
}

// entries returns the first entries of a Map or a Set, and whether there are more.
func (c *cleanRoom) entries(object *goja.Object, isMap bool, most int) (entries []goja.Value, more bool) {
	iterate := c.setValues
	if isMap {
		iterate = c.mapEntries
	}
	iterator := c.call(iterate, object).(*goja.Object)
	next := iterator.Get("next").Export().(native)
	for {
		step := c.call(next, iterator).(*goja.Object)
		if step.Get("done").ToBoolean() {
			return entries, false
		}
		if len(entries) == most {
			return entries, true
		}
		entries = append(entries, step.Get("value"))
	}
}

func (c *cleanRoom) freeze(object *goja.Object) {
	c.call(c.freezer, goja.Undefined(), object)
}

// property is an own property of an object, read without calling a getter.
type property struct {
	value      goja.Value // nil for an accessor
	getter     bool
	setter     bool
	enumerable bool
}

// own returns an own property, or nil. A proxy has none, since asking it runs script code.
func (c *cleanRoom) own(object *goja.Object, name goja.Value) *property {
	if isProxy(object) {
		return nil
	}
	descriptor, ok := c.call(c.descriptor, goja.Undefined(), object, name).(*goja.Object)
	if !ok {
		return nil
	}
	p := &property{enumerable: descriptor.Get("enumerable").ToBoolean()}
	if slices.Contains(descriptor.Keys(), "value") {
		p.value = descriptor.Get("value")
		return p
	}
	p.getter = !goja.IsUndefined(descriptor.Get("get"))
	p.setter = !goja.IsUndefined(descriptor.Get("set"))
	return p
}

func (c *cleanRoom) ownString(object *goja.Object, name string) *property {
	return c.own(object, c.rt.ToValue(name))
}

// inherited returns the value of a data property of an object or of what it inherits from; nil when there is none.
func (c *cleanRoom) inherited(object *goja.Object, name string) goja.Value {
	const longest = 64 // of prototype chains
	for range longest {
		if object == nil || isProxy(object) {
			return nil
		}
		if p := c.ownString(object, name); p != nil {
			return p.value
		}
		object = object.Prototype()
	}
	return nil
}

// text returns an inherited property that is a text.
func (c *cleanRoom) text(object *goja.Object, name string, most int) (string, bool) {
	value, ok := c.inherited(object, name).(goja.String)
	if !ok {
		return "", false
	}
	return clip(value, most), true
}

var (
	proxyType   = reflect.TypeFor[goja.Proxy]()
	promiseType = reflect.TypeFor[*goja.Promise]()
	bufferType  = reflect.TypeFor[goja.ArrayBuffer]()
	mapType     = reflect.TypeFor[[][2]any]()
	setType     = reflect.TypeFor[[]any]()
)

func isProxy(object *goja.Object) bool { return object.ExportType() == proxyType }

// clip returns a text of the engine as UTF-8, cut to about so many bytes. Only what is kept is copied.
func clip(s goja.String, most int) string {
	if s.Length() > most {
		return s.Substring(0, most).String() + "..."
	}
	return s.String()
}

// typedLength returns the number of elements of a typed array.
func typedLength(object *goja.Object) int64 {
	if v := reflect.ValueOf(object.Export()); v.Kind() == reflect.Slice {
		return int64(v.Len())
	}
	return 0
}
