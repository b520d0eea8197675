package vm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// sink takes the plain values that a walk finds. An error ends the walk.
type sink interface {
	null() error
	boolean(b bool) error
	number(v goja.Value) error
	text(s goja.String) error
	bytes(object *goja.Object) error // an ArrayBuffer or a typed array
	raw(text []byte) error           // valid JSON
	open(array bool, length int64) error
	key(name string) error // of the value that follows
	close(array bool) error
}

// notPlainError says that a value, or a part of it, is nothing that the sink can hold.
type notPlainError struct {
	path string
	what string // with its article, such as "a BigInt", or a clause
}

// Error names the path and what is there, and says what the author may have wanted.
func (e *notPlainError) Error() string { return e.text("") }

// text is Error with a clause behind what is there.
func (e *notPlainError) text(clause string) string {
	text := e.path + " is " + e.what + clause
	if hint := hints[e.what]; hint != "" {
		text += ": " + hint
	}
	return text
}

// walk turns a value of the realm into plain values, as JSON.stringify does: toJSON is respected, properties that are
// undefined, functions or symbols are left out, and elements that are become null. What JSON.stringify loses without a
// word (a Map, a Set, a Promise) or refuses (a BigInt, a cycle) is a notPlainError. Getters, toJSON and proxies run on
// the realm's goroutine, under its deadline, and may panic with what the engine panics with.
type walk struct {
	r       *realm
	sink    sink
	root    string // the first part of paths
	strict  bool   // functions and symbols are errors wherever they are
	path    []step
	objects []*goja.Object // on the way to the current value
	visited int
}

// step is one part of a path: a property, or an element where name is empty.
type step struct {
	name  string
	index int64
	array bool
}

func (w *walk) value(v goja.Value) error {
	if w.visited++; w.visited&0xFF == 0 {
		if halt := w.r.halt.Load(); halt != nil {
			return halt
		}
	}
	switch v := v.(type) {
	case nil:
		return w.sink.null()
	case goja.String:
		return w.sink.text(v)
	case *goja.Symbol:
		return w.refuse("a symbol")
	case *goja.Object:
		return w.object(v)
	}
	switch {
	case goja.IsUndefined(v), goja.IsNull(v):
		return w.sink.null()
	case goja.IsBigInt(v):
		return w.refuse("a BigInt")
	case goja.IsNumber(v):
		return w.sink.number(v)
	}
	return w.sink.boolean(v.ToBoolean())
}

// refuse says what the current value is.
func (w *walk) refuse(what string) error {
	var b strings.Builder
	b.WriteString(w.root)
	for i, s := range w.path {
		switch {
		case b.Len() > 300 && i < len(w.path)-1:
			continue
		case s.array:
			fmt.Fprintf(&b, "[%d]", s.index)
		case isName(s.name):
			b.WriteString("." + s.name)
		default:
			fmt.Fprintf(&b, "[%.80q]", s.name)
		}
	}
	return &notPlainError{path: b.String(), what: what}
}

// isName reports whether a property can be written behind a dot.
func isName(s string) bool {
	for i, c := range s {
		letter := c == '_' || c == '$' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 80
}

func (w *walk) object(object *goja.Object) error {
	switch kindOf(object) {
	case kindBuffer, kindTyped:
		return w.sink.bytes(object)
	}
	if plain := w.r.plainOf(object); plain != nil {
		return w.compound(plain)
	}
	replaced, err := w.toJSON(object)
	if replaced != nil || err != nil {
		if err != nil {
			return err
		}
		if object, _ = replaced.(*goja.Object); object == nil {
			return w.replaced(replaced)
		}
	}
	switch kindOf(object) {
	case kindFunction:
		return w.refuse("a function")
	case kindSymbol:
		return w.refuse("a symbol")
	case kindBigInt:
		return w.refuse("a BigInt")
	case kindMap:
		return w.refuse("a Map")
	case kindSet:
		return w.refuse("a Set")
	case kindPromise:
		return w.refuse("a Promise")
	case kindObject:
		if what := w.r.opaque(object); what != "" {
			return w.refuse(what)
		}
	case kindBoxed:
		return w.boxed(object)
	case kindRaw:
		return w.rawJSON(object)
	case kindBuffer, kindTyped:
		return w.sink.bytes(object)
	case kindProxy:
		if _, ok := goja.AssertFunction(object); ok {
			return w.refuse("a function")
		}
	}
	return w.compound(object)
}

// replaced goes on with what toJSON returned in place of an object.
func (w *walk) replaced(v goja.Value) error {
	if _, ok := v.(*goja.Symbol); ok || goja.IsUndefined(v) {
		return w.sink.null()
	}
	return w.value(v)
}

// toJSON returns what an object's toJSON method returns, or nil when it has none.
func (w *walk) toJSON(object *goja.Object) (goja.Value, error) {
	method, ok := goja.AssertFunction(object.Get("toJSON"))
	if !ok {
		return nil, nil
	}
	key := ""
	if len(w.path) > 0 {
		last := w.path[len(w.path)-1]
		if key = last.name; last.array {
			key = strconv.FormatInt(last.index, 10)
		}
	}
	v, err := method(object, w.r.rt.ToValue(key))
	return v, err
}

func (w *walk) boxed(object *goja.Object) error {
	switch object.ClassName() {
	case "String":
		s, ok := object.ToString().(goja.String)
		if !ok {
			return w.refuse("a text that cannot be read")
		}
		return w.sink.text(s)
	case "Number":
		return w.sink.number(object.ToNumber())
	}
	b, _ := object.Export().(bool)
	return w.sink.boolean(b)
}

func (w *walk) rawJSON(object *goja.Object) error {
	s, ok := object.Get("rawJSON").(goja.String)
	if !ok || s.Length() > maxArgumentSize || !json.Valid([]byte(s.String())) {
		return w.refuse("not JSON")
	}
	return w.sink.raw([]byte(s.String()))
}

// compound writes an array or an object.
func (w *walk) compound(object *goja.Object) error {
	for _, outer := range w.objects {
		if outer == object {
			return w.refuse("a cycle")
		}
	}
	if len(w.objects) >= maxValueDepth {
		return w.refuse(fmt.Sprintf("nested deeper than %d levels", maxValueDepth))
	}
	w.objects = append(w.objects, object)
	defer func() { w.objects = w.objects[:len(w.objects)-1] }()
	if isArray(object) {
		return w.array(object)
	}
	return w.properties(object)
}

func (w *walk) array(object *goja.Object) error {
	length := object.Get("length").ToInteger()
	if err := w.sink.open(true, length); err != nil {
		return err
	}
	for i := range length {
		w.path = append(w.path, step{index: i, array: true})
		v := object.Get(strconv.FormatInt(i, 10))
		if !w.strict && w.hidden(v) {
			v = goja.Null()
		}
		if err := w.value(v); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	return w.sink.close(true)
}

func (w *walk) properties(object *goja.Object) error {
	if err := w.sink.open(false, 0); err != nil {
		return err
	}
	w.r.guard.takeKeys(object, 0)
	keys := keysOf(object)
	var names []goja.Value // of the engine, where a key may hold half of a surrogate pair, which got lost in Go
	for i, name := range keys {
		if names == nil && strings.ContainsRune(name, utf8.RuneError) {
			names = w.r.room().enumerable(object)
		}
		w.path = append(w.path, step{name: name})
		var v goja.Value
		if len(names) == len(keys) { // a proxy may give others each time
			v = w.r.room().valueOf(object, names[i])
		} else {
			v = object.Get(name)
		}
		if v != nil && !goja.IsUndefined(v) && (w.strict || !w.hidden(v)) {
			if err := w.sink.key(name); err != nil {
				return err
			}
			if err := w.value(v); err != nil {
				return err
			}
		}
		w.path = w.path[:len(w.path)-1]
	}
	return w.sink.close(false)
}

// keysOf is object.Keys, which makes several values for each key, without these where the object is a plain one. The engine has
// the names of such an object in order, but for those that may be integers.
func keysOf(object *goja.Object) []string {
	if kindWord(object) != plainKind {
		return object.Keys()
	}
	base := baseOf(object)
	keys := make([]string, 0, len(base.propNames))
	for _, name := range base.propNames {
		if name != "" && name[0] >= '0' && name[0] <= '9' {
			return object.Keys()
		}
		if v := base.values[name]; wordOf(&v).kind != propertyKind || (*valueProperty)(wordOf(&v).data).enumerable {
			keys = append(keys, name.String())
		}
	}
	return keys
}

// hidden reports whether JSON leaves a property with that value out: a function without toJSON, or a symbol.
func (w *walk) hidden(v goja.Value) bool {
	switch v := v.(type) {
	case *goja.Symbol:
		return true
	case *goja.Object:
		if _, ok := goja.AssertFunction(v); !ok {
			return false
		}
		_, ok := goja.AssertFunction(v.Get("toJSON"))
		return !ok
	}
	return false
}

// run walks a value. What script code throws meanwhile is the script's failure, as is a stop.
func (w *walk) run(v goja.Value) (err error) {
	ex := w.r.rt.Try(func() { err = w.value(v) })
	if ex != nil {
		return ex
	}
	return err
}

// notPlain returns the failure that an error of a walk stands for, which is about the output.
func (r *realm) notPlain(err error) *jsruntime.ScriptError {
	switch err := err.(type) { //nolint:errorlint // errors.As runs script code
	case *notPlainError:
		message := err.text(", which JSON cannot hold")
		if strings.HasSuffix(err.what, " levels") {
			message = err.Error()
		}
		return &jsruntime.ScriptError{Kind: jsruntime.FailureOutput, Message: message}
	case *jsruntime.ScriptError:
		return err
	}
	return r.failure(err)
}
