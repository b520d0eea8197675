package vm

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// plan says where the values of one Go type refer to others. It is complete and never changes once planOf returned it.
type plan struct {
	size  uintptr // of a value
	whole uintptr // of an allocation that holds one value, or 0 when that is nothing to rely on
	refs  []ref   // empty when the garbage collector need not look either
	flat  bool    // it refers to nothing but text
	id    uint16
}

type ref struct {
	offset uintptr
	kind   refKind
	to     *plan        // what a pointer points to, a slice's elements, or the parts of a map
	table  *mapPlan     // of a map and its parts
	static reflect.Type // the interface
	lock   uintptr      // of a guarded map: where its lock is
}

type refKind int

const (
	refSlice refKind = iota
	refPointer
	refInterface
	refString
	refFunc
	refMap      // a variable of a map type
	refMapBody  // what such a variable points to
	refMapTable // one of its tables
	refMapGroup // slots and their state
	refGuarded  // a variable of a map type from which the runtime removes weak keys, under a lock
)

const gojaPath = "github.com/dop251/goja"

// planner makes plans. There is one for the process, because types are the process's as well.
type planner struct {
	mu    sync.Mutex
	plans map[reflect.Type]*plan
	named map[string]reflect.Type // the types of goja, for their methods' closures
	count int
}

var planned = &planner{plans: map[reflect.Type]*plan{}, named: map[string]reflect.Type{}}

func planOf(t reflect.Type) *plan {
	planned.mu.Lock()
	defer planned.mu.Unlock()
	return planned.plan(t)
}

// gojaType returns a type of goja by its name, or nil where no plan has met it.
func gojaType(name string) reflect.Type {
	planned.mu.Lock()
	defer planned.mu.Unlock()
	return planned.named[name]
}

func (pl *planner) plan(t reflect.Type) *plan {
	if p := pl.plans[t]; p != nil {
		return p
	}
	p := pl.newPlan(t.Size())
	pl.plans[t] = p
	pl.refs(p, 0, t)
	// What is scanned last is gone into first. Lists go on in slices and pointers, so these come first: then nothing else
	// waits on the stack for the end of the list.
	slices.SortStableFunc(p.refs, func(a, b ref) int { return cmp.Compare(a.kind, b.kind) })
	p.whole = wholeSize(p.size, len(p.refs) > 0)
	p.flat = !slices.ContainsFunc(p.refs, func(r ref) bool { return r.kind != refString })
	return p
}

func (pl *planner) newPlan(size uintptr) *plan {
	pl.count++ // the ids of some 65,000 plans later are used again, which does no harm
	return &plan{size: size, id: uint16(pl.count)}
}

// refs adds to p what a value of type t at an offset refers to.
func (pl *planner) refs(p *plan, offset uintptr, t reflect.Type) {
	if foreign(t) {
		return
	}
	if t.PkgPath() == gojaPath {
		pl.named[t.Name()] = t
	}
	add := func(r ref) {
		r.offset = offset
		p.refs = append(p.refs, r)
	}
	switch t.Kind() {
	case reflect.Pointer:
		if !foreign(t.Elem()) {
			add(ref{kind: refPointer, to: pl.plan(t.Elem())})
		}
	case reflect.String:
		add(ref{kind: refString})
	case reflect.Slice:
		if !foreign(t.Elem()) {
			add(ref{kind: refSlice, to: pl.plan(t.Elem())})
		}
	case reflect.Interface:
		add(ref{kind: refInterface, static: t})
	case reflect.Func:
		add(ref{kind: refFunc})
	case reflect.Map:
		table := pl.table(t)
		add(ref{kind: refMap, to: table.body, table: table, static: t})
	case reflect.Struct:
		pl.fields(p, offset, t)
	case reflect.Array:
		for i := range uintptr(t.Len()) {
			if len(pl.plan(t.Elem()).refs) > 0 {
				pl.refs(p, offset+i*t.Elem().Size(), t.Elem())
			}
		}
	}
}

func (pl *planner) fields(p *plan, offset uintptr, t reflect.Type) {
	for i := range t.NumField() {
		if t.Field(i).Name == "interruptVal" { // the host's, and written by whoever stops the realm
			continue
		}
		pl.refs(p, offset+t.Field(i).Offset, t.Field(i).Type)
	}
	if lock, ok := t.FieldByName("Mutex"); ok && lock.Anonymous && len(lock.Index) == 1 {
		underLock(p.refs, offset, offset+lock.Offset, t.Size())
	}
}

// underLock has the maps in a struct, of those that refs leads to, scanned under the lock of the struct.
func underLock(refs []ref, from, lock, size uintptr) {
	for i := range refs {
		if r := &refs[i]; r.kind == refMap && r.offset >= from && r.offset < from+size {
			r.kind, r.lock = refGuarded, lock
		}
	}
}

// ownTypes are the types of this package that are followed: what a caller of measure hands in, and what stands for types
// of goja.
var ownTypes = map[reflect.Type]bool{
	reflect.TypeFor[timer]():             true,
	reflect.TypeFor[guardedNative]():     true,
	reflect.TypeFor[guardedMaker]():      true,
	reflect.TypeFor[timerQueue]():        true,
	reflect.TypeFor[response]():          true,
	reflect.TypeFor[enumerableIter]():    true,
	reflect.TypeFor[recursivePropIter](): true,
	reflect.TypeFor[objectPropIter]():    true,
	reflect.TypeFor[proxyPropIter]():     true,
	reflect.TypeFor[stringPropIter]():    true,
	reflect.TypeFor[argumentsPropIter](): true,
}

// foreign reports whether values of type t are none of the realm's: the host's, the process's, compiled code. They are
// neither charged nor followed where a pointer leads to them. Only what is known to belong to a realm does.
func foreign(t reflect.Type) bool {
	switch path := t.PkgPath(); path {
	case "", "math/big", "regexp", "regexp/syntax", gojaPath + "/unistring":
		return false
	case gojaPath:
		switch t.Name() {
		case "Program", "objectTemplate", "profTracker":
			return true
		}
		return false
	default:
		if strings.HasPrefix(path, "github.com/dlclark/regexp2") {
			return t.Name() == "replacerDataCache" // shared by the realms of a program
		}
		return !ownTypes[t]
	}
}

// dynamic says how the interfaces that hold values of a type do so: in a box, or in the interface's second word itself.
// It has neither plan when the type is foreign.
type dynamic struct {
	word          unsafe.Pointer // the interface's first word: a static address
	static        reflect.Type   // of the interface in which it was met first
	boxed, inline *plan
}

func dynamicOf(t reflect.Type) dynamic {
	if foreign(t) {
		return dynamic{}
	}
	if t.Kind() == reflect.Pointer {
		if foreign(t.Elem()) {
			return dynamic{}
		}
		return dynamic{boxed: planOf(t.Elem())}
	}
	if pointerShaped(t) {
		return dynamic{inline: planOf(t)}
	}
	return dynamic{boxed: planOf(t)}
}

// pointerShaped reports whether an interface holds values of type t without a box.
func pointerShaped(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		return t.NumField() == 1 && pointerShaped(t.Field(0).Type)
	case reflect.Array:
		return t.Len() == 1 && pointerShaped(t.Elem())
	}
	return false
}

// typeCache finds the dynamic type of an interface by its first word.
type typeCache struct {
	recent [256]*dynamic
	all    map[unsafe.Pointer]*dynamic
}

func (c *typeCache) find(word unsafe.Pointer) *dynamic {
	i := (uintptr(word) >> 5) % uintptr(len(c.recent))
	if d := c.recent[i]; d != nil && d.word == word {
		return d
	}
	d := c.all[word]
	if d != nil {
		c.recent[i] = d
	}
	return d
}

func (c *typeCache) add(word unsafe.Pointer, static, t reflect.Type) *dynamic {
	if c.all == nil {
		c.all = map[unsafe.Pointer]*dynamic{}
	}
	d := dynamicOf(t)
	d.word, d.static = word, static
	c.all[word] = &d
	return &d
}
