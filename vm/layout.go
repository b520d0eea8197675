//nolint:unused // mirrors have the fields in front of those that are used
package vm

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The guards reach what goja does not export: the Go functions inside its native functions, the templates of its
// built-in objects and the insides of a few kinds of objects. The structs below mirror the beginnings of goja's, field by
// field. checkLayout compares them with goja's own when the package starts; where they differ, every run is refused, since
// guards that read the wrong words are worse than none.

// objectWord mirrors goja.Object.
type objectWord struct {
	self    implementation
	runtime *goja.Runtime
}

// implementation mirrors the interface value inside goja.Object: what kind of object it is, and its data.
type implementation struct {
	kind unsafe.Pointer // the same for all objects of one Go type
	data unsafe.Pointer
}

// valueWord mirrors a goja.Value.
type valueWord implementation

type baseObject struct {
	class      string
	val        *goja.Object
	prototype  *goja.Object
	extensible bool

	values    map[unistring.String]goja.Value
	propNames []unistring.String

	lastSortedPropLen, idxPropCount int

	symValues       *orderedMap
	privateElements unsafe.Pointer
}

type orderedMap struct {
	hash                unsafe.Pointer
	hashTable           map[uint64]*mapEntry
	iterFirst, iterLast *mapEntry
	size                int
}

type mapEntry struct {
	key, value         goja.Value
	iterPrev, iterNext *mapEntry
}

type valueProperty struct {
	value        goja.Value
	writable     bool
	configurable bool
	enumerable   bool
	accessor     bool
	getterFunc   *goja.Object
	setterFunc   *goja.Object
}

type constructor = func(args []goja.Value, newTarget *goja.Object) *goja.Object

type nativeFuncObject struct {
	baseObject
	lenProp   valueProperty
	f         native
	construct constructor
}

type boundFuncObject struct {
	nativeFuncObject
	wrapped *goja.Object
}

type templatedObject struct {
	baseObject
	tmpl *objectTemplate
}

type templatedFuncObject struct {
	templatedObject
	protoMaterialised bool
	f                 native
	construct         constructor
}

type factory = func(*goja.Runtime) goja.Value

type objectTemplate struct {
	propNames    []unistring.String
	props        map[unistring.String]factory
	symProps     map[*goja.Symbol]factory
	symPropNames []*goja.Symbol
	protoFactory func(*goja.Runtime) *goja.Object
}

type arrayObject struct {
	baseObject
	values         []goja.Value
	length         uint32
	objCount       int
	propValueCount int
}

type sparseArrayObject struct {
	baseObject
	items  []sparseArrayItem
	length uint32
}

type sparseArrayItem struct {
	idx   uint32
	value goja.Value
}

type stringObject struct {
	baseObject
	value goja.String
}

type proxyObject struct {
	baseObject
	target  *goja.Object
	handler valueWord // nil when it is revoked
}

type scriptHandler struct {
	handler *goja.Object
}

type errorObject struct {
	baseObject
	stack []goja.StackFrame
}

type arrayBufferObject struct {
	baseObject
	detached bool
	data     []byte
}

type typedArrayObject struct {
	baseObject
	buffer         *arrayBufferObject
	defaultCtor    *goja.Object
	length, offset int
	elemSize       int
}

type regexpObject struct {
	baseObject
	pattern  *regexpPattern
	source   goja.String
	standard bool
}

type regexpPattern struct {
	src                                                    string
	global, ignoreCase, multiline, dotAll, sticky, unicode bool
	re2                                                    unsafe.Pointer // of a regexp.Regexp
	backtracking                                           *backtracking
}

// kinds of objects and values, known by the word in their interface value.
var (
	plainKind, nativeKind, boundKind, argumentsKind      unsafe.Pointer
	templatedKind, templatedFuncKind, templatedArrayKind unsafe.Pointer
	arrayKind, sparseKind, stringKind, proxyKind         unsafe.Pointer
	typedArrayKind, bufferKind, regexpKind, errorKind    unsafe.Pointer
	scriptHandlerKind, propertyKind                      unsafe.Pointer
	asciiKind, unicodeKind                               unsafe.Pointer
)

// offsets of what lies inside a goja.Runtime.
var (
	mapperOffset uintptr
	slots        []slot
)

// slot is the place of one intrinsic inside a goja.Runtime. It is nil until the engine first needs the intrinsic.
type slot struct {
	name   string // such as "ArrayPrototype"
	offset uintptr
}

func objectOf(object *goja.Object) *objectWord { return (*objectWord)(unsafe.Pointer(object)) }

// baseOf returns what all kinds of objects have in common; nothing for the few kinds that have it not. It is to be read.
func baseOf(object *goja.Object) *baseObject {
	self := &objectOf(object).self
	switch self.kind {
	case plainKind, nativeKind, arrayKind, templatedKind, templatedFuncKind, templatedArrayKind, regexpKind, proxyKind, stringKind:
		return (*baseObject)(self.data)
	}
	switch placeOf(object, self.kind) {
	case inPlace:
		return (*baseObject)(self.data)
	case behindPointer:
		return *(**baseObject)(self.data)
	}
	return &noBase
}

var noBase baseObject

// basePlace is where objects of a kind have their baseObject.
type basePlace int

const (
	nowhere basePlace = iota
	inPlace
	behindPointer // an array of a tagged template points to another array
)

// places are the places that were looked up, by kind.
var places sync.Map // of unsafe.Pointer to basePlace

func placeOf(object *goja.Object, kind unsafe.Pointer) basePlace {
	if p, ok := places.Load(kind); ok {
		return p.(basePlace)
	}
	t := reflect.ValueOf(object).Elem().FieldByName("self").Elem().Type().Elem()
	p := nowhere
	if first := t; beginsWithBase(first) {
		p = inPlace
	} else if first.Kind() == reflect.Struct && first.NumField() > 0 {
		if f := first.Field(0).Type; f.Kind() == reflect.Pointer && beginsWithBase(f.Elem()) {
			p = behindPointer
		}
	}
	places.Store(kind, p)
	return p
}

func beginsWithBase(t reflect.Type) bool {
	for t.Kind() == reflect.Struct && t.NumField() > 0 {
		if t.Name() == "baseObject" {
			return true
		}
		t = t.Field(0).Type
	}
	return false
}

func kindWord(object *goja.Object) unsafe.Pointer { return objectOf(object).self.kind }

func wordOf(v *goja.Value) *valueWord { return (*valueWord)(unsafe.Pointer(v)) }

// inside returns the Go object behind a goja object, as one of the structs above.
func inside[T any](object *goja.Object) *T { return (*T)(objectOf(object).self.data) }

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
	return learnRuntime()
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
		{&bufferKind, made("new ArrayBuffer(1)"), reflect.TypeFor[arrayBufferObject]()},
		{&regexpKind, made("/a/"), reflect.TypeFor[regexpObject]()},
		{&errorKind, made("new Error()"), reflect.TypeFor[errorObject]()},
		{&argumentsKind, made("(function() { return arguments })(1)"), reflect.TypeFor[baseObject]()},
	} {
		self := reflect.ValueOf(k.object).Elem().FieldByName("self").Elem()
		if err := compareStruct(self.Type().Elem(), k.mirror); err != nil {
			return err
		}
		*k.kind = kindWord(k.object)
	}
	if err := compareInner(made); err != nil {
		return err
	}
	return learnValues(made)
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
	mathObject, pattern, sparse := made("Math"), made("/a/"), made("var a = []; a[4e9] = 1; a")
	for _, c := range [...]struct{ original, mirror reflect.Type }{
		{field(mathObject, "tmpl"), reflect.TypeFor[objectTemplate]()},
		{field(mathObject, "symValues"), reflect.TypeFor[orderedMap]()},
		{field(mathObject, "symValues", "iterFirst"), reflect.TypeFor[mapEntry]()},
		{field(sparse, "items"), reflect.TypeFor[sparseArrayItem]()},
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
	return compareStruct(reflect.TypeOf(property).Elem(), reflect.TypeFor[valueProperty]())
}

// learnRuntime finds the places of the intrinsics in a goja.Runtime.
func learnRuntime() error {
	runtime := reflect.TypeFor[goja.Runtime]()
	mapper, ok := runtime.FieldByName("fieldNameMapper")
	if !ok || mapper.Type != reflect.TypeFor[goja.FieldNameMapper]() {
		return fmt.Errorf("goja.Runtime has no fieldNameMapper")
	}
	mapperOffset = mapper.Offset
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
