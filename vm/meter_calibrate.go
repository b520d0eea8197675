package vm

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// calibration is where the closures of goja, as this program was compiled, keep what captured names.
type calibration struct {
	plans map[uintptr]*plan // by the address of the code
	found map[string]int    // how many kinds of code of each key of captured were understood
	moved []string          // the names of closures that were not; they are not followed
}

// calibrated returns the calibration, which is made when first needed.
var calibrated = sync.OnceValue(func() *calibration {
	result := &calibration{plans: map[uintptr]*plan{}, found: map[string]int{}}
	c := &calibrator{
		result: result,
		m:      meterWith(result.plan),
		seen:   map[uintptr]bool{},
		byCode: map[uintptr][]unsafe.Pointer{},
	}
	if c.m.heap.exact {
		c.run()
	}
	return result
})

// plan returns what is known of closures whose code is at an address, or nil.
func (c *calibration) plan(code uintptr) *plan {
	if p := c.plans[code]; p != nil {
		return p
	}
	switch code {
	case guardedCode:
		return capturing([]ref{{offset: wordSize, kind: refPointer, to: planOf(reflect.TypeFor[guardedNative]())}})
	case guardedMakerCode:
		return capturing([]ref{{offset: wordSize, kind: refPointer, to: planOf(reflect.TypeFor[guardedMaker]())}})
	}
	receiver, _, isMethod := methodOf(code)
	if !isMethod {
		return nil
	}
	t := gojaType(receiver)
	if t == nil {
		return nil
	}
	return capturing([]ref{{offset: wordSize, kind: refPointer, to: planOf(t)}})
}

// calibrator finds out where closures keep their captured variables. It makes a realm of its own in which each kind of
// closure occurs, and there looks for words that can be nothing but the variable wanted. No script has a part in that
// realm, so that what looks like a pointer in it is one.
type calibrator struct {
	result *calibration
	m      *meter
	rt     *goja.Runtime
	seen   map[uintptr]bool
	byCode map[uintptr][]unsafe.Pointer
}

func (c *calibrator) run() {
	c.rt = goja.New()
	c.m.sample = func(closure unsafe.Pointer, code uintptr) {
		if p := uintptr(closure); !c.seen[p] && captured[closureKey(code)] != nil {
			c.seen[p] = true
			c.byCode[code] = append(c.byCode[code], closure)
		}
	}
	_ = c.rt.Set("sample", func(goja.FunctionCall) goja.Value {
		c.sampleAll()
		return nil
	})
	for _, text := range []string{calibrationObjects, calibrationJobs} {
		if _, err := c.rt.RunString(text); err != nil {
			c.result.moved = append(c.result.moved, "the calibration itself: "+err.Error())
		}
	}
}

// sampleAll walks the realm until it meets no closure that it did not meet before. What one captures may be another.
func (c *calibrator) sampleAll() {
	f, _ := goja.AssertFunction(c.rt.Get("f"))
	_, resolve, _ := c.rt.NewPromise()
	for {
		clear(c.m.codes)
		before := len(c.seen)
		c.m.begin(c.rt, []any{f, resolve})
		c.m.walk(math.MaxInt64, nil)
		if len(c.seen) == before {
			break
		}
		c.result.moved = nil
		for code, closures := range c.byCode {
			if p := c.layout(code, closures); p != nil {
				c.result.plans[code] = p
			} else {
				c.result.moved = append(c.result.moved, nameOf(code))
			}
		}
	}
	for code := range c.result.plans {
		c.result.found[closureKey(code)]++
	}
}

// layout returns where all of the closures, which have the same code, keep what they should capture, or nil.
func (c *calibrator) layout(code uintptr, closures []unsafe.Pointer) *plan {
	var refs []ref
	for i, closure := range closures {
		found, ok := c.find(closure, captured[closureKey(code)], closureWords[closureKey(code)]*wordSize)
		if !ok || i > 0 && !reflect.DeepEqual(found, refs) {
			return nil
		}
		refs = found
	}
	return capturing(refs)
}

// find returns where a closure keeps the variables wanted, when each can be in one place only. What is behind the closure
// in its allocation is not looked at: the runtime need not have cleared it.
func (c *calibrator) find(closure unsafe.Pointer, wanted []capture, most uintptr) ([]ref, bool) {
	base, size := c.m.heap.find(closure, wordSize)
	if base != uintptr(closure) {
		return nil, false
	}
	size = min(size, most)
	number := map[capture]int{}
	for _, w := range wanted {
		number[w]++
	}
	var refs []ref
	for w, n := range number {
		places := c.places(closure, size, w)
		if len(places) != n {
			return nil, false
		}
		refs = append(refs, places...)
	}
	slices.SortFunc(refs, func(a, b ref) int { return cmp.Compare(a.offset, b.offset) })
	return refs, true
}

// places returns where in a closure of some size the variable wanted can be: its value, or else a pointer to it.
func (c *calibrator) places(closure unsafe.Pointer, size uintptr, wanted capture) []ref {
	t := wanted.static
	if wanted.pointer != "" {
		elem := gojaType(wanted.pointer)
		if elem == nil {
			return nil
		}
		t = reflect.PointerTo(elem)
	}
	var values, boxes []ref
	for offset := uintptr(wordSize); offset < size; offset += wordSize {
		at := unsafe.Add(closure, offset)
		if r, ok := c.is(at, size-offset, t); ok {
			r.offset = offset
			values = append(values, r)
			continue
		}
		box := planOf(t)
		if c.allocation(at) != box.whole {
			continue
		}
		if _, ok := c.is(*(*unsafe.Pointer)(at), t.Size(), t); ok {
			boxes = append(boxes, ref{kind: refPointer, to: box, offset: offset})
		}
	}
	if len(values) > 0 {
		return values
	}
	return boxes
}

// is reports whether the memory at at can be nothing but a variable of type t.
func (c *calibrator) is(at unsafe.Pointer, left uintptr, t reflect.Type) (ref, bool) {
	if left < t.Size() {
		return ref{}, false
	}
	switch t.Kind() {
	case reflect.Interface:
		d := c.m.types.find(*(*unsafe.Pointer)(at))
		return ref{kind: refInterface, static: t}, d != nil && d.static == t
	case reflect.Slice:
		header := (*[3]uintptr)(at)
		elem := planOf(t.Elem())
		ok := header[1] > 0 && header[1] <= header[2] && c.allocation(at) >= header[2]*elem.size
		if ok {
			_, ok = c.is(*(*unsafe.Pointer)(at), elem.size, t.Elem())
		}
		return ref{kind: refSlice, to: elem}, ok
	case reflect.Func:
		return ref{kind: refFunc}, c.allocation(at) != 0 && nameOf(**(**uintptr)(at)) != ""
	default:
		elem := planOf(t.Elem())
		ok := c.allocation(at) == elem.whole && c.plausible(*(*unsafe.Pointer)(at), elem)
		return ref{kind: refPointer, to: elem}, ok
	}
}

// allocation returns the size of the allocation to which the word at at points, or 0 when it points to none. Numbers in
// the realm of the calibration are small.
func (c *calibrator) allocation(at unsafe.Pointer) uintptr {
	word := *(*uintptr)(at)
	if !isAddress(word) {
		return 0
	}
	base, size := c.m.heap.find(*(*unsafe.Pointer)(at), wordSize)
	if word-base > wordSize {
		return 0
	}
	return size
}

func isAddress(word uintptr) bool {
	const smallest = 1 << 20
	return word >= smallest && word%wordSize == 0
}

// plausible reports whether the memory at p can hold a value with a plan.
func (c *calibrator) plausible(p unsafe.Pointer, t *plan) bool {
	used := false
	for i := range t.refs {
		r := &t.refs[i]
		at := unsafe.Add(p, r.offset)
		word := func(i uintptr) uintptr { return *(*uintptr)(unsafe.Add(at, i*wordSize)) }
		if word(0) == 0 {
			continue
		}
		used = true
		ok := true
		switch r.kind {
		case refInterface:
			ok = c.m.types.find(*(*unsafe.Pointer)(at)) != nil
		case refString:
			ok = word(1) < math.MaxInt32
		case refSlice:
			ok = word(1) <= word(2) && word(2) < math.MaxInt32
		case refPointer:
			ok = isAddress(word(0)) // nothing more may be asked of a word whose type is not known
		}
		if !ok {
			return false
		}
	}
	return used
}

// calibrationObjects and calibrationJobs make at least one of each closure in captured. Between them, the jobs of the
// first run; in the end of the second, jobs are waiting.
const (
	calibrationObjects = `
var keep = [], pending = new Promise(function () {})
function f() {}
class Executed { constructor(executor) { this.executor = executor; executor(function () {}, function () {}) } then() {} }
Executed.resolve = function (x) { return x }
keep.push(f.bind({}, {}, {}), f.bind({}, {}), class {}.bind({}, {}, {}))
keep.push(Promise.resolve.call(Executed, {}))
keep.push(Promise.all([pending, pending]), Promise.allSettled([pending, pending]), Promise.any([pending, pending]))
keep.push(pending.finally(f))
keep.push(Promise.resolve({}).finally(function () { return pending }))
keep.push(Promise.reject({}).finally(function () { return pending }))
keep.push(Proxy.revocable(f, {}), new Proxy(new Proxy(f, {}), {}))
var method = { *keys(o) { for (var k in o) yield k } }
function loop(o) { var l = method.keys(o); l.next(); keep.push(l) }
loop({ a: 1, b: 2 }); loop([1, 2]); loop(new Proxy({ a: 1, b: 2 }, {})); loop(new String('abc'))
;(function () { loop(arguments) })(1, 2)
async function wait() { await pending }
var arrow = async () => { await pending }
keep.push(wait(), arrow(), { async m() { await pending } }.m(), function () {}, class { m() {} }, () => {})
`
	calibrationJobs = `
Promise.resolve({}).then(f); Promise.reject({}).then(f, f)
Promise.resolve({ then() {} })
var settle, other; new Promise(function (resolve) { settle = resolve }).then(f)
new Promise(function (_, reject) { other = reject }).then(f, f)
settle({}); other({})
sample()
`
)
