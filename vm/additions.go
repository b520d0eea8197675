package vm

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// What the language has and the engine lacks is added to its intrinsics, as properties that are made when a script first reads
// them. Most of them are what a module of the library exports.

// symAsyncIterator is Symbol.asyncIterator, in all realms. Like every symbol it cannot be changed.
var symAsyncIterator = goja.NewSymbol("Symbol.asyncIterator")

// additions returns what is added to the intrinsics, by the object that has it.
func additions() map[string]*objectTemplate {
	all := map[string]*objectTemplate{}
	add := func(place, name string, make factory) {
		if all[place] == nil {
			all[place] = &objectTemplate{props: map[unistring.String]factory{}}
		}
		t := all[place]
		t.props[unistring.String(name)] = make
		t.propNames = append(t.propNames, unistring.String(name))
	}
	add("Symbol", "asyncIterator", func(*goja.Runtime) goja.Value { return (&valueProperty{value: symAsyncIterator}).asValue() })
	for _, m := range library {
		for place, names := range m.adds {
			for _, name := range names {
				add(place, name, m.factory(place, name))
			}
		}
	}
	return all
}

// factory returns what makes the property of an intrinsic of one that a module exports, in an object under the place's name.
func (m *module) factory(place, name string) factory {
	return func(rt *goja.Runtime) goja.Value {
		r := guardOf(rt).realm
		v := baseOf(r.module(m).Get(place).(*goja.Object)).values[unistring.String(name)]
		p := valueProperty{value: v, writable: true, configurable: true}
		if wordOf(&v).kind == propertyKind {
			p = *(*valueProperty)(wordOf(&v).data)
			p.enumerable = false
		}
		return p.asValue()
	}
}

// extend adds properties to an intrinsic. One that the engine has made without a template gets one, besides what it has.
func (g *guard) extend(object *goja.Object, added *objectTemplate) {
	if added == nil {
		return
	}
	word := objectOf(object)
	switch word.self.kind {
	case templatedKind, templatedFuncKind, templatedArrayKind:
		t := inside[templatedObject](object)
		t.tmpl = extendedTemplate(t.tmpl, added)
	case plainKind:
		t := (*templatedObject)(reflect.New(templatedType).UnsafePointer())
		t.addTo(inside[baseObject](object), added)
		word.self = implementation{templatedKind, unsafe.Pointer(t)}
	case nativeKind:
		f := inside[nativeFuncObject](object)
		t := (*templatedFuncObject)(reflect.New(templatedFuncType).UnsafePointer())
		t.addTo(&f.baseObject, added)
		t.f, t.construct = f.f, f.construct
		word.self = implementation{templatedFuncKind, unsafe.Pointer(t)}
	}
}

func (t *templatedObject) addTo(base *baseObject, added *objectTemplate) {
	t.baseObject, t.tmpl, t.protoMaterialised = *base, added, true
	t.propNames = slices.Concat(base.propNames, added.propNames)
}

// extendedTemplate returns the template with what is added to it.
func extendedTemplate(original, added *objectTemplate) *objectTemplate {
	templates.RLock()
	t := templates.extended[original]
	templates.RUnlock()
	if t != nil {
		return t
	}
	templates.Lock()
	defer templates.Unlock()
	if t := templates.extended[original]; t != nil {
		return t
	}
	if templates.extended == nil {
		templates.extended = map[*objectTemplate]*objectTemplate{}
	}
	t = new(*original)
	t.props = maps.Clone(original.props)
	maps.Copy(t.props, added.props)
	t.propNames = slices.Concat(original.propNames, added.propNames)
	templates.extended[original] = t
	return t
}
