package vm

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// errLayout is not nil when goja is another than the one that the guards were written for.
var errLayout = checkLayout()

// checkLayout learns the kinds of objects and compares every mirrored struct with goja's.
func checkLayout() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("goja cannot be inspected: %v", x)
		}
	}()
	rt := goja.New()
	if err := compareStruct(reflect.TypeFor[goja.Object](), reflect.TypeFor[objectWord]()); err != nil {
		return err
	}
	if err := learnKinds(rt); err != nil {
		return err
	}
	if err := learnRuntime(); err != nil {
		return err
	}
	return tryInstruction(rt)
}

// tryInstruction makes sure that goja runs instructions of this package, and that they find what they need.
func tryInstruction(rt *goja.Runtime) error {
	program := goja.MustCompile("", "6 * 7", false)
	code := (*compiled)(unsafe.Pointer(program)).code
	original, probe := code[0], &probeInstruction{rt: rt}
	code[0] = probe
	code[0].exec(&machine{}) // without a call that it can see, the linker leaves the methods out
	probe.original = original
	toPropertyKey = findInstruction(goja.MustCompile("", "({[key]: 2})", false), "goja._toPropertyKey")
	if toPropertyKey == nil {
		return fmt.Errorf("goja has no instruction that makes names of properties")
	}
	if v, err := rt.RunProgram(program); err != nil || v.ToInteger() != 42 || !probe.ran {
		return fmt.Errorf("goja does not run other instructions than its own")
	}
	return nil
}

// findInstruction returns the first instruction of a type in a program.
func findInstruction(p *goja.Program, name string) instruction {
	original := reflect.ValueOf(p).Elem().FieldByName("code")
	for i := range original.Len() {
		if original.Index(i).Elem().Type().String() == name {
			return (*compiled)(unsafe.Pointer(p)).code[i]
		}
	}
	return nil
}

// probeInstruction does what another one does.
type probeInstruction struct {
	original instruction
	rt       *goja.Runtime
	ran      bool
}

func (p *probeInstruction) exec(m *machine) {
	if p.ran = m.r == p.rt; p.ran {
		p.original.exec(m)
	}
}

// learnKinds makes an object of each kind.
func learnKinds(rt *goja.Runtime) error {
	global := func(name string) *goja.Object { return rt.Get(name).(*goja.Object) }
	made := func(source string) *goja.Object {
		v, err := rt.RunString(source)
		must(err)
		return v.(*goja.Object)
	}
	for _, k := range [...]struct {
		kind   *unsafe.Pointer
		object *goja.Object
		mirror reflect.Type
	}{
		{&plainKind, rt.NewObject(), reflect.TypeFor[baseObject]()},
		{&nativeKind, global("parseInt"), reflect.TypeFor[nativeFuncObject]()},
		{&boundKind, made("parseInt.bind()"), reflect.TypeFor[boundFuncObject]()},
		{&templatedKind, global("Math"), reflect.TypeFor[templatedObject]()},
		{&templatedFuncKind, global("Object"), reflect.TypeFor[templatedFuncObject]()},
		{&templatedArrayKind, made("Array.prototype"), reflect.TypeFor[templatedObject]()},
		{&arrayKind, made("[]"), reflect.TypeFor[arrayObject]()},
		{&sparseKind, made("var a = []; a[4e9] = 1; a"), reflect.TypeFor[sparseArrayObject]()},
		{&stringKind, made("new String('a')"), reflect.TypeFor[stringObject]()},
		{&proxyKind, made("new Proxy({}, {})"), reflect.TypeFor[proxyObject]()},
		{&typedArrayKind, made("new Uint8Array(1)"), reflect.TypeFor[typedArrayObject]()},
		{&dataViewKind, made("new DataView(new ArrayBuffer(1))"), reflect.TypeFor[dataViewObject]()},
		{&bufferKind, made("new ArrayBuffer(1)"), reflect.TypeFor[arrayBufferObject]()},
		{&regexpKind, made("/a/"), reflect.TypeFor[regexpObject]()},
		{&dynamicKind, rt.NewDynamicObject(&response{}), reflect.TypeFor[dynamicObject]()},
		{&errorKind, made("new Error()"), reflect.TypeFor[errorObject]()},
		{&classKind, made("(class { #a })"), reflect.TypeFor[classFuncObject]()},
		{&argumentsKind, made("(function() { return arguments })(1)"), reflect.TypeFor[baseObject]()},
	} {
		self := reflect.ValueOf(k.object).Elem().FieldByName("self").Elem()
		if err := compareStruct(self.Type().Elem(), k.mirror); err != nil {
			return err
		}
		*k.kind = kindWord(k.object)
		switch k.kind {
		case &templatedKind:
			templatedType = self.Type().Elem()
		case &templatedFuncKind:
			templatedFuncType = self.Type().Elem()
		}
	}
	learnOpaque(made)
	if err := compareInner(made); err != nil {
		return err
	}
	return learnValues(made)
}

// learnOpaque makes an object of each kind whose content is not in its properties, of those that are told by nothing else.
func learnOpaque(made func(string) *goja.Object) {
	opaqueKinds = map[unsafe.Pointer]string{dataViewKind: "DataView"}
	for source, name := range map[string]string{
		"new WeakMap()": "WeakMap", "new WeakSet()": "WeakSet", "(function*() {})()": "iterator", "[].values()": "iterator",
		"new Map().keys()": "iterator", "new Set().keys()": "iterator", "''[Symbol.iterator]()": "iterator", "''.matchAll(/a/g)": "iterator",
	} {
		if kind := kindWord(made(source)); kind != plainKind {
			opaqueKinds[kind] = name
		}
	}
}

// compareInner compares the structs that objects point to.
func compareInner(made func(string) *goja.Object) error {
	field := func(object *goja.Object, path ...string) reflect.Type {
		v := reflect.ValueOf(object).Elem().FieldByName("self").Elem().Elem()
		t := v.Type()
		for _, name := range path {
			f, ok := t.FieldByName(name)
			if !ok {
				return t
			}
			t = f.Type.Elem()
		}
		return t
	}
	mathObject, pattern, sparse, class := made("Math"), made("/a/"), made("var a = []; a[4e9] = 1; a"), made("(class { #a })")
	for _, c := range [...]struct{ original, mirror reflect.Type }{
		{field(mathObject, "tmpl"), reflect.TypeFor[objectTemplate]()},
		{field(mathObject, "symValues"), reflect.TypeFor[orderedMap]()},
		{field(mathObject, "symValues", "iterFirst"), reflect.TypeFor[mapEntry]()},
		{field(sparse, "items"), reflect.TypeFor[sparseArrayItem]()},
		{field(class, "privateEnvType"), reflect.TypeFor[privateEnvType]()},
		{field(class, "privateElements").Elem(), reflect.TypeFor[privateElements]()},
		{field(pattern, "pattern"), reflect.TypeFor[regexpPattern]()},
		{field(pattern, "pattern", "regexp2Wrapper"), reflect.TypeFor[backtracking]()},
	} {
		if err := compareStruct(c.original, c.mirror); err != nil {
			return err
		}
	}
	return nil
}

// learnValues learns the words of the values that are not objects.
func learnValues(made func(string) *goja.Object) error {
	word := func(v goja.Value) unsafe.Pointer { return wordOf(&v).kind }
	asciiKind = word(inside[stringObject](made("new String('a')")).value)
	unicodeKind = word(inside[stringObject](made("new String('\u20ac')")).value)
	scriptHandlerKind = inside[proxyObject](made("new Proxy({}, {})")).handler.kind
	property := baseOf(made("({get a() {}})")).values["a"]
	propertyKind = wordOf(&property).kind
	original, mirror := reflect.TypeOf(property).Elem(), reflect.TypeFor[valueProperty]()
	if original.Size() != mirror.Size() { // since this package makes some
		return fmt.Errorf("goja's %s has other fields", original)
	}
	return compareStruct(original, mirror)
}

// learnRuntime finds the places of the intrinsics in a goja.Runtime.
func learnRuntime() error {
	runtime := reflect.TypeFor[goja.Runtime]()
	mapper, ok := runtime.FieldByName("fieldNameMapper")
	if !ok || mapper.Type != reflect.TypeFor[goja.FieldNameMapper]() {
		return fmt.Errorf("goja.Runtime has no fieldNameMapper")
	}
	mapperOffset = mapper.Offset
	engine, ok := runtime.FieldByName("vm")
	if !ok || engine.Type.Kind() != reflect.Pointer {
		return fmt.Errorf("goja.Runtime has no vm")
	}
	if err := compareStruct(engine.Type.Elem(), reflect.TypeFor[machine]()); err != nil {
		return err
	}
	machineOffset = engine.Offset
	if err := compareStruct(reflect.TypeFor[goja.Program](), reflect.TypeFor[compiled]()); err != nil {
		return err
	}
	code, _ := reflect.TypeFor[goja.Program]().FieldByName("code")
	if t := code.Type.Elem(); t.Kind() != reflect.Interface || t.NumMethod() != 1 || t.Method(0).Type.NumIn() != 1 || t.Method(0).Type.In(0) != engine.Type ||
		t.Method(0).Type.NumOut() != 0 {
		return fmt.Errorf("goja's instructions are run in another way")
	}
	global, ok := runtime.FieldByName("global")
	if !ok || global.Type.Kind() != reflect.Struct {
		return fmt.Errorf("goja.Runtime has no intrinsics")
	}
	for i := range global.Type.NumField() {
		field := global.Type.Field(i)
		if field.Type == reflect.TypeFor[*goja.Object]() {
			slots = append(slots, slot{name: field.Name, offset: global.Offset + field.Offset})
		}
	}
	return nil
}

// compareStruct makes sure that the fields of a mirror are where the original has fields of the same name and size. Embedded
// structs are compared by their fields.
func compareStruct(original, mirror reflect.Type) error {
	places := map[string]reflect.StructField{}
	flatten(original, 0, places)
	mine := map[string]reflect.StructField{}
	flatten(mirror, 0, mine)
	for name, field := range mine {
		if name == "_" {
			continue
		}
		if other, renamed := mirrored[name]; renamed {
			name = other
		}
		there, ok := places[name]
		if !ok || there.Offset != field.Offset || there.Type.Size() != field.Type.Size() {
			return fmt.Errorf("goja's %s has no field %s where it was", original, name)
		}
	}
	return nil
}

// mirrored are the fields whose mirrors have names of their own.
var mirrored = map[string]string{"buffer": "viewedArrayBuf", "re2": "regexpWrapper", "backtracking": "regexp2Wrapper"}

// flatten collects the fields of a struct, those of embedded structs in their place.
func flatten(t reflect.Type, base uintptr, fields map[string]reflect.StructField) {
	for i := range t.NumField() {
		field := t.Field(i)
		field.Offset += base
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			flatten(field.Type, field.Offset, fields)
			continue
		}
		fields[field.Name] = field
	}
}
