package vm

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The engine makes most intrinsics when they are first needed, and keeps them in places inside the goja.Runtime. The
// guards follow: what a program never touches is never made and never guarded. Two things make sure that nothing is
// reached before it is guarded.
//
// The templates, from which the engine makes the properties of most built-in objects one by one, are exchanged for copies
// that guard each property when it is made. And sweep, which runs whenever one was made, looks over the places
// for intrinsics that are new. What can appear without a property being made, such as the prototype of regular expressions by a
// literal, is made beforehand when the program has one: see install.

// mapper leads from a goja.Runtime to its guard. Its methods would serve Go structs as objects, which no realm has.
type mapper struct{ *guard }

func (mapper) FieldName(reflect.Type, reflect.StructField) string { return "" }
func (mapper) MethodName(reflect.Type, reflect.Method) string     { return "" }

func guardOf(rt *goja.Runtime) *guard {
	m := *(*goja.FieldNameMapper)(unsafe.Add(unsafe.Pointer(rt), mapperOffset))
	return m.(mapper).guard
}

// entryRules are the rules of one native.
type entryRules struct {
	call rule
	make makeRule
}

// objectRules are the rules of the natives of one built-in object by the name of the property. The object's own, where
// it is a function, are under "". Those of symbols are under names such as "@@replace".
type objectRules map[unistring.String]entryRules

// slotName returns how a place is called in the rules: ArrayPrototype is "Array.prototype".
func slotName(field string) string {
	if class, ok := strings.CutSuffix(field, "Prototype"); ok {
		return class + ".prototype"
	}
	return field
}

// install exchanges the templates of what exists in every realm and guards it.
func (g *guard) install() {
	g.seen = make([]bool, len(slots))
	g.rt.SetFieldNameMapper(mapper{g})
	global := g.rt.GlobalObject()
	t := inside[templatedObject](global)
	t.tmpl = globalTemplate(t.tmpl, variant{g.code, g.realm.calls.mayCall(fetchSend), g.realm.calls.mayCall(dbQuery)})
	g.guardObject(global, rules["globalThis"])
	// what literals and values lead to
	makeArrayPrototype(g.rt)
	makeNumberPrototype(g.rt)
	makeStringPrototype(g.rt)
	g.sweep()
	g.prepareFor(&g.realm.program.names)
}

// prepareFor makes and guards what a program can come across without touching a property.
func (g *guard) prepareFor(n *names) {
	if n.pattern {
		g.ensure("RegExp")
	}
	if n.async {
		g.ensure("Promise")
	}
	if n.bigint {
		g.ensure("BigInt")
	}
	if n.catches || n.has("Promise") { // the script may read the message of an error of the engine
		g.ensure("Error", "TypeError")
	}
}

// sweep guards the intrinsics that were made since the last time.
func (g *guard) sweep() {
	for again := true; again; {
		again = false
		for i, seen := range g.seen {
			if seen {
				continue
			}
			if object := g.inSlot(i); object != nil && objectOf(object).self.data != nil {
				g.seen[i] = true
				g.extend(object, slotAdded[i])
				g.guardObject(object, slotRules[i])
				g.bring(slots[i].name)
				again = true
			}
		}
	}
}

// inSlot returns the intrinsic of a place, which never changes once it is there; nil before.
func (g *guard) inSlot(i int) *goja.Object {
	return *(**goja.Object)(unsafe.Add(unsafe.Pointer(g.rt), slots[i].offset))
}

// bring makes what an intrinsic leads to without a property being made.
func (g *guard) bring(slot string) {
	switch slot {
	case "Proxy", "Reflect":
		g.intrinsic("Symbol")
	case "TypedArrayPrototype", "DataViewPrototype":
		g.intrinsic("ArrayBuffer")
		g.intrinsic("BigInt")
	case "RegExpPrototype":
		g.exec, _ = dataOf(baseOf(g.seenAs(slot)).values["exec"]).(*goja.Object)
	}
}

// seenAs returns the intrinsic of a place, if it is guarded.
func (g *guard) seenAs(slot string) *goja.Object {
	for i := range slots {
		if slots[i].name == slot && g.seen[i] {
			return g.inSlot(i)
		}
	}
	return nil
}

// guardObject guards an intrinsic and the natives that are its properties.
func (g *guard) guardObject(object *goja.Object, rules objectRules) {
	g.adopt(object, rules[""])
	switch kindWord(object) {
	case templatedKind, templatedFuncKind, templatedArrayKind:
		t := inside[templatedObject](object)
		if !g.code && object == g.inSlot(functionSlot) {
			t.tmpl = withoutConstructor(t.tmpl, inside[templatedObject](g.rt.GlobalObject()).tmpl)
		}
		t.tmpl = guardedTemplate(t.tmpl, rules)
	}
	base := baseOf(object)
	for name, v := range base.values {
		g.guardProperty(v, rules[name])
		if prototype, ok := dataOf(v).(*goja.Object); ok && name == "prototype" && kindWord(prototype) == plainKind && !g.hasPlace(prototype) {
			for name, v := range baseOf(prototype).values { // those of some classes have no place of their own
				g.guardProperty(v, rules[name])
			}
		}
	}
	if base.symValues != nil {
		for entry := base.symValues.iterFirst; entry != nil; entry = entry.iterNext {
			if symbol, ok := entry.key.(*goja.Symbol); ok {
				g.guardProperty(entry.value, rules[symbolKey(symbol)])
			}
		}
	}
}

// hasPlace reports whether the engine keeps an object in a place of its own.
func (g *guard) hasPlace(object *goja.Object) bool {
	for i := range slots {
		if g.inSlot(i) == object {
			return true
		}
	}
	return false
}

func symbolKey(symbol *goja.Symbol) unistring.String {
	return unistring.String("@@" + strings.TrimPrefix(symbol.String(), "Symbol."))
}

// guardProperty guards the natives that are a property's value, or its getter and setter.
func (g *guard) guardProperty(v goja.Value, rules entryRules) {
	if object, ok := v.(*goja.Object); ok {
		g.adopt(object, rules)
		return
	}
	if v == nil || wordOf(&v).kind != propertyKind {
		return
	}
	p := (*valueProperty)(wordOf(&v).data)
	if object, ok := p.value.(*goja.Object); ok {
		g.adopt(object, rules)
	}
	if p.getterFunc != nil {
		g.adopt(p.getterFunc, rules)
	}
	if p.setterFunc != nil {
		g.adopt(p.setterFunc, rules)
	}
}

// templates are the guarded copies of the engine's templates, and those without a way to make code of text. They are
// made once a process.
var templates struct {
	sync.RWMutex
	copies   map[*objectTemplate]*objectTemplate
	known    map[*objectTemplate]bool            // which are copies
	extended map[*objectTemplate]*objectTemplate // those with additions
	global   map[variant]*objectTemplate
	without  *objectTemplate // of Function.prototype, without a constructor
}

// variant is what tells the global objects of realms apart: whether there are eval and Function, and which functions the host has
// with which globals come.
type variant struct{ code, fetch, db bool }

// without reports whether a global is not there.
func (v variant) without(g global) bool {
	return g.needs == fetchSend && !v.fetch || g.needs == dbQuery && !v.db
}

// globalTemplate returns the template of the global object with the globals of this package, and without the functions that
// compile a text where there may be no code of texts.
func globalTemplate(original *objectTemplate, v variant) *objectTemplate {
	templates.RLock()
	known := templates.global[v]
	templates.RUnlock()
	if known != nil {
		return known
	}
	templates.Lock()
	defer templates.Unlock()
	t := *original
	t.props = maps.Clone(original.props)
	t.propNames = slices.Clone(original.propNames)
	if !v.code {
		for _, name := range [...]unistring.String{"eval", "Function"} {
			delete(t.props, name)
			t.propNames = slices.DeleteFunc(t.propNames, func(other unistring.String) bool { return other == name })
		}
	}
	for _, global := range globals {
		if v.without(global) {
			continue
		}
		name := unistring.String(global.name)
		t.props[name] = global.factory()
		t.propNames = append(t.propNames, name)
	}
	if templates.global == nil {
		templates.global = map[variant]*objectTemplate{}
	}
	if templates.global[v] == nil { // copies of the template are known by it
		templates.global[v] = &t
	}
	return templates.global[v]
}

// withoutConstructor returns the template of Function.prototype with a constructor that is undefined, for good. So is the
// global property undefined, which is made for it.
func withoutConstructor(original, global *objectTemplate) *objectTemplate {
	templates.Lock()
	defer templates.Unlock()
	if templates.known[original] || original == templates.without {
		return original
	}
	if templates.without == nil {
		t := *original
		t.props = maps.Clone(original.props)
		t.props["constructor"] = global.props["undefined"]
		templates.without = &t
	}
	return templates.without
}

// guardedTemplate returns the copy of a template in which every factory guards what it makes.
func guardedTemplate(original *objectTemplate, rules objectRules) *objectTemplate {
	templates.RLock()
	guarded, known := templates.copies[original], templates.known[original]
	templates.RUnlock()
	if known {
		return original
	}
	if guarded != nil {
		return guarded
	}
	templates.Lock()
	defer templates.Unlock()
	if guarded := templates.copies[original]; guarded != nil {
		return guarded
	}
	if templates.copies == nil {
		templates.copies, templates.known = map[*objectTemplate]*objectTemplate{}, map[*objectTemplate]bool{}
	}
	guarded = copyTemplate(original, rules)
	templates.copies[original] = guarded
	templates.known[guarded] = true
	return guarded
}

func copyTemplate(original *objectTemplate, rules objectRules) *objectTemplate {
	guarded := &objectTemplate{
		propNames:    original.propNames,
		props:        make(map[unistring.String]factory, len(original.props)),
		symPropNames: original.symPropNames,
		protoFactory: original.protoFactory,
	}
	for name, make := range original.props {
		guarded.props[name] = guardedFactory(make, rules[name])
	}
	for symbol, make := range original.symProps {
		if guarded.symProps == nil {
			guarded.symProps = map[*goja.Symbol]factory{}
		}
		guarded.symProps[symbol] = guardedFactory(make, rules[symbolKey(symbol)])
	}
	return guarded
}

func guardedFactory(make factory, rules entryRules) factory {
	return func(rt *goja.Runtime) goja.Value {
		v := make(rt)
		g := guardOf(rt)
		g.sweep() // first, since an intrinsic in a place of its own has rules of its own
		g.guardProperty(v, rules)
		return v
	}
}

// intrinsic returns a built-in object by its global name, as the engine made it, whatever the script did to the global.
func (g *guard) intrinsic(name string) *goja.Object {
	template := inside[templatedObject](g.rt.GlobalObject()).tmpl
	v := template.props[unistring.String(name)](g.rt)
	return (*valueProperty)(wordOf(&v).data).value.(*goja.Object)
}

// prototype returns the prototype of the class of that name, whatever the script did to the class.
func (g *guard) prototype(class string) *goja.Object {
	if class != "TypedArray" { // which has no name of its own; there is one where it is asked for
		g.ensure(class)
	}
	return g.seenAs(class + "Prototype")
}

// ensure makes intrinsics that a script could come across without touching a property of the global object.
func (g *guard) ensure(names ...string) {
	made := false
	for _, name := range names {
		if !slices.Contains(g.ensured, name) {
			g.ensured = append(g.ensured, name)
			g.intrinsic(name)
			made = true
		}
	}
	if made {
		g.sweep()
	}
}

// ensureErrors makes the classes of the errors that the engine itself throws.
func (g *guard) ensureErrors() {
	g.ensure("Error", "TypeError", "ReferenceError", "RangeError", "SyntaxError", "URIError", "AggregateError")
}
