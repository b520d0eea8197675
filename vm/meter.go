package vm

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// meteredGoja is the version of goja for which the meter was reviewed. Whoever changes it reads meter_plan.go (which
// types are followed) and meter_closures.go (what goja's closures capture) against the new source.
const meteredGoja = "v0.0.0-20260917113740-793a2a65c13b"

// meter tells how much memory a realm retains, by walking everything that can be reached from it, as the garbage
// collector does. It belongs to the goroutine of its realm. What it remembers keeps nothing alive, and is reused by the
// next measurement until release.
type meter struct {
	heap    allocations
	bytes   int64
	objects int64
	stack   []span
	marks   marks
	types   typeCache
	codes   map[uintptr]*plan // what closure said
	closure func(code uintptr) *plan
	sample  func(closure unsafe.Pointer, code uintptr) // while closures are calibrated

	// shared are texts that cost the realm nothing: the source of its program, of which names and literals are pieces.
	shared []string
}

// span is a run of values of one type that is still to be scanned. None has n < 1.
type span struct {
	at   unsafe.Pointer
	plan *plan
	n    uintptr
}

const (
	checkEvery = 4096 // values scanned between two looks at the limit and at stop
	scanAtOnce = 32   // values of an array scanned before what they refer to; bounds the stack
)

func newMeter() *meter {
	return meterWith(func(code uintptr) *plan { return calibrated().plan(code) })
}

func meterWith(closure func(code uintptr) *plan) *meter {
	return &meter{heap: theHeap(), codes: map[uintptr]*plan{}, closure: closure}
}

// measure returns the bytes of Go heap that rt and extra retain, as far as it can see: compiled programs, what the
// process shares between realms and what belongs to the host are left out. Nothing else may use rt meanwhile. It ends
// early, and complete is false, when the bytes pass enough, or when stop (nil for never) reports true; stop is called
// every few thousand values.
func (m *meter) measure(rt *goja.Runtime, enough int64, stop func() bool, extra ...any) (bytes int64, complete bool) {
	m.begin(rt, extra)
	complete = m.walk(enough, stop)
	return m.bytes, complete
}

// release forgets the realm, so that the meter can measure another one. Memory that is worth it is freed.
func (m *meter) release() {
	const small = 128 << 10
	clear(m.stack[:cap(m.stack)])
	m.shared = nil
	if m.marks.bytes() > small || cap(m.stack) > small/int(unsafe.Sizeof(span{})) {
		m.stack, m.marks = nil, marks{}
	}
}

func (m *meter) begin(rt *goja.Runtime, extra []any) {
	m.bytes, m.objects = 0, 0
	clear(m.stack[:cap(m.stack)])
	m.stack = m.stack[:0]
	m.marks.reset()
	for _, s := range m.shared {
		if base, _ := m.heap.find(unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s))); base != 0 {
			m.marks.charge(base)
		}
	}
	m.visit(unsafe.Pointer(rt), planOf(reflect.TypeFor[goja.Runtime]()))
	for i := range extra {
		m.scan(unsafe.Pointer(&extra[i]), planOf(reflect.TypeFor[any]()))
	}
}

// walk scans until nothing is left.
func (m *meter) walk(enough int64, stop func() bool) bool {
	scanned := uintptr(0)
	for len(m.stack) > 0 {
		last := len(m.stack) - 1
		s := m.stack[last]
		n := min(s.n, scanAtOnce)
		if n < s.n {
			m.stack[last].at, m.stack[last].n = unsafe.Add(s.at, n*s.plan.size), s.n-n
		} else {
			m.stack = m.stack[:last]
		}
		for i := range n {
			m.scan(unsafe.Add(s.at, i*s.plan.size), s.plan)
		}
		if scanned += n; scanned < checkEvery {
			continue
		}
		scanned = 0
		if m.bytes > enough || stop != nil && stop() {
			return false
		}
	}
	return m.bytes <= enough
}

// scan visits what the value at p refers to.
func (m *meter) scan(p unsafe.Pointer, t *plan) {
	for i := range t.refs {
		r := &t.refs[i]
		at := unsafe.Add(p, r.offset)
		switch r.kind {
		case refPointer:
			m.visit(*(*unsafe.Pointer)(at), r.to)
		case refInterface:
			m.visitInterface(at, r)
		case refString:
			s := *(*string)(at)
			if len(s) > 0 {
				m.charge(unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)))
			}
		case refSlice:
			s := *(*[]struct{})(at) // whatever its elements are: they are not looked at through s
			m.visitArray(unsafe.Pointer(unsafe.SliceData(s)), uintptr(cap(s)), r.to)
		case refFunc:
			m.visitFunc(*(*unsafe.Pointer)(at))
		case refGuarded:
			m.scanGuarded(at, r, (*sync.Mutex)(unsafe.Add(p, r.lock)))
		default:
			m.scanMap(at, r)
		}
	}
}

// visit charges the object at p, which is of type t, and has it scanned, unless that was done before.
func (m *meter) visit(p unsafe.Pointer, t *plan) {
	if p == nil {
		return
	}
	base, size := m.heap.find(p, t.size)
	if base == 0 {
		return
	}
	fresh := m.chargeAt(base, size)
	if t.flat {
		if fresh || size != t.whole {
			m.scan(p, t)
		}
		return
	}
	if uintptr(p)-base <= wordSize && size == t.whole {
		if !fresh && m.marks.walked(uintptr(p)) {
			return
		}
		m.marks.walk(uintptr(p))
	} else if !m.marks.parts.add(uintptr(p), t.id) {
		return
	}
	m.stack = append(m.stack, span{p, t, 1})
}

// visitArray does for the n values of type t at p what visit does for one.
func (m *meter) visitArray(p unsafe.Pointer, n uintptr, t *plan) {
	if p == nil || n == 0 {
		return
	}
	base, size := m.heap.find(p, n*t.size)
	if base == 0 {
		return
	}
	fresh := m.chargeAt(base, size)
	if len(t.refs) == 0 {
		return
	}
	if uintptr(p)-base <= wordSize {
		if !fresh && m.marks.walked(uintptr(p)) {
			return
		}
		m.marks.walk(uintptr(p))
	} else if !m.marks.parts.add(uintptr(p), t.id) {
		return
	}
	m.stack = append(m.stack, span{p, t, n})
}

// visitInterface visits the value in the interface at p.
func (m *meter) visitInterface(p unsafe.Pointer, r *ref) {
	words := (*[2]unsafe.Pointer)(p)
	if words[0] == nil {
		return
	}
	d := m.types.find(words[0])
	if d == nil {
		d = m.types.add(words[0], r.static, reflect.NewAt(r.static, p).Elem().Elem().Type())
	}
	if d.inline != nil {
		m.scan(unsafe.Pointer(&words[1]), d.inline)
	} else if d.boxed != nil {
		m.visit(words[1], d.boxed)
	}
}

// visitFunc visits what the closure at p captures, as far as that is known.
func (m *meter) visitFunc(p unsafe.Pointer) {
	if p == nil {
		return
	}
	code := *(*uintptr)(p)
	if m.sample != nil {
		m.sample(p, code)
	}
	t, known := m.codes[code]
	if !known {
		t = m.closure(code)
		m.codes[code] = t
	}
	if t == nil {
		m.charge(p, wordSize)
		return
	}
	base, size := m.heap.find(p, t.size)
	if base == 0 || base+size < uintptr(p)+t.size {
		return
	}
	if fresh := m.chargeAt(base, size); fresh {
		m.stack = append(m.stack, span{p, t, 1})
	}
}

// charge adds the allocation that holds the n bytes at p, unless that was done before.
func (m *meter) charge(p unsafe.Pointer, n uintptr) {
	if base, size := m.heap.find(p, n); base != 0 {
		m.chargeAt(base, size)
	}
}

func (m *meter) chargeAt(base, size uintptr) bool {
	if !m.marks.charge(base) {
		return false
	}
	m.bytes += int64(size)
	m.objects++
	return true
}

// own returns the bytes that the meter itself takes.
func (m *meter) own() int64 {
	return m.marks.bytes() + int64(cap(m.stack))*int64(unsafe.Sizeof(span{}))
}
