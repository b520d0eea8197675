//nolint:unused // mirrors have the fields in front of those that are used
package vm

import (
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

type classFuncObject struct {
	baseObject
	lenProp valueProperty

	stash, privEnv unsafe.Pointer

	prg    *goja.Program
	src    string
	strict bool

	initFields   *goja.Program
	computedKeys []goja.Value

	privateEnvType *privateEnvType
	privateMethods []goja.Value
}

// privateEnvType stands for the private fields of a class.
type privateEnvType struct{ numFields, numMethods uint32 }

type privateElements struct{ methods, fields []goja.Value }

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
	tmpl              *objectTemplate
	protoMaterialised bool
}

type templatedFuncObject struct {
	templatedObject
	f         native
	construct constructor
}

type dynamicObject struct {
	baseDynamicObject
	d goja.DynamicObject
}

type baseDynamicObject struct{ val, prototype *goja.Object }

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

type dataViewObject struct {
	baseObject
	buffer              *arrayBufferObject
	byteLen, byteOffset int
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
	classKind                                            unsafe.Pointer
	typedArrayKind, bufferKind, regexpKind, errorKind    unsafe.Pointer
	scriptHandlerKind, propertyKind                      unsafe.Pointer
	dataViewKind, dynamicKind                            unsafe.Pointer
	asciiKind, unicodeKind                               unsafe.Pointer
)

// goja's own types of objects that are made from templates, since this package makes some.
var templatedType, templatedFuncType reflect.Type

// offsets of what lies inside a goja.Runtime.
var (
	mapperOffset  uintptr
	machineOffset uintptr
	slots         []slot
)

// machine mirrors the beginning of what runs a realm's code.
type machine struct {
	r     *goja.Runtime
	prg   *goja.Program
	pc    int
	stack []goja.Value
	sp    int
}

func machineOf(rt *goja.Runtime) *machine {
	return *(**machine)(unsafe.Add(unsafe.Pointer(rt), machineOffset))
}

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
