package vm

import (
	"bytes"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// An object that cannot be converted to a primitive value makes the engine print it into the text of an error: every element
// with every character, as often as it is there. A script can have such an object hold one long text a million times, and
// nothing interrupts fmt. The brake ends the run, and takes the texts and the elements out of that object while fmt goes over
// them. Nobody sees it: no script runs any more in that realm.

const (
	brakeEvery = 50 * time.Millisecond // since all goroutines stand still for the brake to look
	brakeTrace = 4 << 20               // bytes of the stacks that are looked at
	keptText   = 32                    // bytes of texts that stay; constants of the engine are not longer
)

// printing finds the object in the stack of a goroutine that prints one, and nothing else: fmt is on top. While a script's
// own toString runs, or a native that was called for one, the same call of the engine is further down.
var printing = regexp.MustCompile(`(?m)\Agoroutine .*\n(?:(?:fmt|reflect|internal|runtime|strconv|slices|sort|unicode|sync)[./].*\n\t.*\n)+` +
	`github\.com/dop251/goja\.\(\*Runtime\)\.NewTypeError\(.*\n\t.*\n` +
	`github\.com/dop251/goja\.\(\*Object\)\.ordinaryToPrimitive\w+\((0x[0-9a-f]+)`)

// brake ends runs that print an object.
func (w *watch) brake(now time.Time, h heapBytes) {
	if now.Sub(w.braked) < brakeEvery {
		return
	}
	w.braked = now
	trace := make([]byte, brakeTrace)
	trace = trace[:runtime.Stack(trace, true)]
	for _, stack := range bytes.Split(trace, []byte("\n\n")) {
		if match := printing.FindSubmatch(stack); match != nil {
			address, _ := strconv.ParseUint(string(match[1]), 0, 64)
			w.empty(uintptr(address), h)
		}
	}
}

// empty takes what is printed out of an object and ends its run, if there is one at the address.
func (w *watch) empty(address uintptr, h heapBytes) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { _ = recover() }() // there was something else
	object := *(**goja.Object)(unsafe.Pointer(&address))
	for r := range w.runs {
		if objectOf(object).runtime == r.rt {
			w.end(r, h)
			r.program.spoiled.Store(true) // its literals may be among the texts
			emptyValue(reflect.ValueOf(object).Elem().FieldByName("self").Elem().Elem())
			return
		}
	}
}

// emptyValue takes the elements and the texts out of what fmt prints of a value: it follows no pointers.
func emptyValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			emptyValue(v.Field(i))
		}
	case reflect.Slice:
		(*sliceWord)(unsafe.Pointer(v.UnsafeAddr())).length = 0
	case reflect.String:
		shorten((*string)(unsafe.Pointer(v.UnsafeAddr())))
	case reflect.Interface:
		if v.Type() == valueType && !v.IsNil() {
			emptyText(*(*goja.Value)(unsafe.Pointer(v.UnsafeAddr())))
		}
	case reflect.Map:
		if values, ok := mapOf(v); ok {
			for _, value := range values {
				emptyText(value)
			}
		}
	}
}

// sliceWord mirrors a slice.
type sliceWord struct {
	data             unsafe.Pointer
	length, capacity int
}

var valueType = reflect.TypeFor[goja.Value]()

// mapOf returns the properties of an object.
func mapOf(v reflect.Value) (map[unistring.String]goja.Value, bool) {
	if v.Type() != reflect.TypeFor[map[unistring.String]goja.Value]() {
		return nil, false
	}
	return *(*map[unistring.String]goja.Value)(unsafe.Pointer(v.UnsafeAddr())), true
}

func emptyText(v goja.Value) {
	switch word := wordOf(&v); word.kind {
	case asciiKind:
		shorten((*string)(word.data))
	case unicodeKind:
		if s := (*sliceWord)(word.data); s.length > keptText/2 {
			s.length = 0
		}
	}
}

func shorten(s *string) {
	if len(*s) > keptText {
		*s = (*s)[:0]
	}
}
