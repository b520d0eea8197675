package vm

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// cleanRoom holds intrinsics of a second realm that no script ever ran in. Called on objects of the script's realm
// they do what they are meant to, whatever the script did to its own. A realm makes its own when it first needs one, and
// no other run meets it: an error that one of these intrinsics throws belongs to this second realm, and a script that
// catches it can reach what the error inherits from. So code cannot be made there either.
type cleanRoom struct {
	rt      *goja.Runtime
	natives map[string]native // those that were needed so far, by name
}

func newCleanRoom() *cleanRoom {
	rt := goja.New()
	deleteCompilers(rt)
	forbidConstructor(rt.Get("Object").(*goja.Object).Prototype()) // it never has functions of another kind
	return &cleanRoom{rt: rt, natives: map[string]native{}}
}

// once returns an intrinsic, made when first needed: most runs need one or two, and making them is what a clean room
// costs.
func (c *cleanRoom) once(key string, find func() goja.Value) native {
	f := c.natives[key]
	if f == nil {
		f = find().Export().(native)
		c.natives[key] = f
	}
	return f
}

// static returns a function of a class or of Reflect.
func (c *cleanRoom) static(class, name string) native {
	return c.once(class+"."+name, func() goja.Value { return c.rt.Get(class).(*goja.Object).Get(name) })
}

// method returns a method of a class's prototype.
func (c *cleanRoom) method(class, name string) native {
	return c.once(class+"#"+name, func() goja.Value { return c.prototype(class).Get(name) })
}

// regExpGetter returns a getter of RegExp.prototype.
func (c *cleanRoom) regExpGetter(name string) native {
	return c.once("RegExp#"+name, func() goja.Value {
		find := c.static("Object", "getOwnPropertyDescriptor")
		return c.call(find, goja.Undefined(), c.prototype("RegExp"), c.rt.ToValue(name)).(*goja.Object).Get("get")
	})
}

func (c *cleanRoom) prototype(class string) *goja.Object {
	return c.rt.Get(class).(*goja.Object).Get("prototype").(*goja.Object)
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
	list := c.call(c.static("Object", "keys"), goja.Undefined(), object).(*goja.Object)
	names := make([]goja.Value, list.Get("length").ToInteger())
	for i := range names {
		names[i] = list.Get(strconv.Itoa(i))
	}
	return names
}

// valueOf returns the value of a property, which may call a getter or a trap of the script.
func (c *cleanRoom) valueOf(object *goja.Object, name goja.Value) goja.Value {
	return c.call(c.static("Reflect", "get"), goja.Undefined(), object, name)
}

// entries returns the first entries of a Map or a Set, and whether there are more.
func (c *cleanRoom) entries(object *goja.Object, isMap bool, most int) (entries []goja.Value, more bool) {
	iterate := c.method("Set", "values")
	if isMap {
		iterate = c.method("Map", "entries")
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
	descriptor, ok := c.call(c.static("Object", "getOwnPropertyDescriptor"), goja.Undefined(), object, name).(*goja.Object)
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

// clipText returns a text cut to about so many bytes.
func clipText(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// exported returns the content of an ArrayBuffer or of a typed array. There is none where the buffer is detached, on which the
// engine would panic for the latter.
func exported(object *goja.Object) any {
	if kindWord(object) == typedArrayKind && inside[typedArrayObject](object).buffer.detached {
		return []byte{}
	}
	return object.Export()
}

// typedLength returns the number of elements of a typed array.
func typedLength(object *goja.Object) int64 {
	if v := reflect.ValueOf(exported(object)); v.Kind() == reflect.Slice {
		return int64(v.Len())
	}
	return 0
}
