package vm

import (
	"reflect"
	"sync"
	"unsafe"
)

// mapPlan says where the maps of one type keep what is in them.
type mapPlan struct {
	direct           bool // the layout is known; otherwise the map is gone over with package reflect
	body, tab, group *plan
	key, elem        *plan
	slot, elemOffset uintptr
	hidden           int64 // bytes that an entry takes elsewhere, where nothing in the map leads
}

// goMap, goTable and goGroup are how Go's maps look like in memory since Go 1.24; see internal/runtime/maps.
type (
	goMap struct {
		used, seed uintptr
		directory  unsafe.Pointer // to pointers to tables, or to the only group when length is 0
		length     int
		_          [2]uint64
	}
	goTable struct {
		_      [8]byte
		_      int
		groups unsafe.Pointer
		mask   uint64 // groups, less one
	}
)

const (
	slotsPerGroup = 8
	groupHead     = 8   // a byte a slot
	slotIsFree    = 128 // in that byte
	mostInline    = 128 // bytes; larger keys and values are in boxes
	weakEntry     = 56  // for a weak key: its handle, and the function that removes it
)

func (pl *planner) table(t reflect.Type) *mapPlan {
	m := &mapPlan{key: pl.plan(t.Key()), elem: pl.plan(t.Elem())}
	m.slot, m.elemOffset = slotOf(t)
	m.direct = mapsAreKnown() && t.Key().Size() <= mostInline && t.Elem().Size() <= mostInline
	if t.Key().PkgPath() == "weak" {
		m.hidden = weakEntry
	}
	m.body = pl.part(unsafe.Sizeof(goMap{}), refMapBody, m)
	m.tab = pl.part(unsafe.Sizeof(goTable{}), refMapTable, m)
	m.group = pl.part(groupHead+slotsPerGroup*m.slot, refMapGroup, m)
	if len(m.key.refs) == 0 && len(m.elem.refs) == 0 {
		m.group.refs = nil
	}
	return m
}

func (pl *planner) part(size uintptr, kind refKind, m *mapPlan) *plan {
	p := pl.newPlan(size)
	p.refs = []ref{{kind: kind, table: m}}
	p.whole = wholeSize(size, true)
	return p
}

// slotOf returns the size of a slot of maps of type t, and where in it the value is; the key comes first.
func slotOf(t reflect.Type) (size, elem uintptr) {
	grain := uintptr(t.Elem().Align())
	elem = alignUp(t.Key().Size(), grain)
	end := elem + t.Elem().Size()
	if end == elem {
		end++ // a pointer to the value must not point past its slot
	}
	return alignUp(end, max(uintptr(t.Key().Align()), grain)), elem
}

func alignUp(n, grain uintptr) uintptr { return (n + grain - 1) &^ (grain - 1) }

// scanMap scans a map or one of its parts.
func (m *meter) scanMap(at unsafe.Pointer, r *ref) {
	t := r.table
	switch r.kind {
	case refMap:
		if t.direct {
			m.visit(*(*unsafe.Pointer)(at), t.body)
		} else {
			m.rangeOver(at, r)
		}
	case refMapBody:
		body := (*goMap)(at)
		if body.length == 0 {
			m.visit(body.directory, t.group)
			return
		}
		m.charge(body.directory, uintptr(body.length)*wordSize)
		for i := range body.length {
			m.visit(*(*unsafe.Pointer)(unsafe.Add(body.directory, i*wordSize)), t.tab)
		}
	case refMapTable:
		table := (*goTable)(at)
		m.visitArray(table.groups, uintptr(table.mask)+1, t.group)
	case refMapGroup:
		for i := range uintptr(slotsPerGroup) {
			if *(*uint8)(unsafe.Add(at, i)) >= slotIsFree {
				continue
			}
			slot := unsafe.Add(at, groupHead+i*t.slot)
			m.scan(slot, t.key)
			if len(t.elem.refs) > 0 {
				m.scan(unsafe.Add(slot, t.elemOffset), t.elem)
			}
		}
	}
}

// scanGuarded scans a map with weak keys all at once: they are removed from another goroutine, under the lock.
func (m *meter) scanGuarded(at unsafe.Pointer, r *ref, lock *sync.Mutex) {
	lock.Lock()
	defer lock.Unlock()
	t := r.table
	if !t.direct {
		m.rangeOver(at, r)
		return
	}
	body := *(**goMap)(at)
	if body == nil {
		return
	}
	m.charge(unsafe.Pointer(body), t.body.size)
	if body.length == 0 {
		if body.directory != nil {
			m.charge(body.directory, t.group.size)
		}
	} else {
		m.charge(body.directory, uintptr(body.length)*wordSize)
	}
	for i := range body.length {
		table := *(**goTable)(unsafe.Add(body.directory, i*wordSize))
		m.charge(unsafe.Pointer(table), t.tab.size)
		m.charge(table.groups, (uintptr(table.mask)+1)*t.group.size)
	}
	body.eachSlot(t.slot, func(slot unsafe.Pointer) bool {
		m.bytes += t.hidden
		m.scan(slot, t.key)
		m.scan(unsafe.Add(slot, t.elemOffset), t.elem)
		return true
	})
}

// rangeOver scans a map whose layout is unknown and charges about what one of its size takes.
func (m *meter) rangeOver(at unsafe.Pointer, r *ref) {
	body := *(*unsafe.Pointer)(at)
	if body == nil || !m.marks.charge(uintptr(body)) {
		return
	}
	v := reflect.NewAt(r.static, at).Elem()
	m.objects++
	m.bytes += int64(r.table.body.whole) + int64(roundUp(slotsPerGroup+uintptr(v.Len())*(r.table.slot+1)*4/3))
	for entry := v.MapRange(); entry.Next(); {
		key, elem := reflect.New(r.static.Key()), reflect.New(r.static.Elem())
		key.Elem().SetIterKey(entry)
		elem.Elem().SetIterValue(entry)
		m.scan(key.UnsafePointer(), r.table.key)
		m.scan(elem.UnsafePointer(), r.table.elem)
	}
}

// mapsAreKnown reports whether maps look in memory as this file has it. Where they do not, nothing is read that way.
var mapsAreKnown = sync.OnceValue(func() bool {
	one, other := new(int), new(int)
	return runtimeIsKnown &&
		looksLike(func(i int) (string, any) { return string(rune('a' + i)), i }) &&
		looksLike(func(i int) (uint64, *int) { return uint64(i), one }) &&
		looksLike(func(i int) (any, *int) { return i, other }) &&
		looksLike(func(i int) (int, uint32) { return i, uint32(i) }) &&
		looksLike(func(i int) (string, struct{}) { return string(rune('a' + i)), struct{}{} })
})

// looksLike compares maps of some sizes with what is found in their memory.
func looksLike[K, V comparable](entry func(i int) (K, V)) bool {
	for _, n := range []int{0, 1, 8, 9, 100, 3000} {
		want := map[K]V{}
		for i := range n {
			k, v := entry(i)
			want[k] = v
		}
		for i := 0; i < n; i += 3 {
			k, _ := entry(i)
			delete(want, k)
		}
		found := 0
		body := *(**goMap)(unsafe.Pointer(&want))
		size, elem := slotOf(reflect.TypeOf(want))
		same := body.eachSlot(size, func(slot unsafe.Pointer) bool {
			found++
			v, ok := want[*(*K)(slot)]
			return ok && v == *(*V)(unsafe.Add(slot, elem))
		})
		if !same || found != len(want) {
			return false
		}
	}
	return true
}

// eachSlot calls f with the slots of a map that are taken, until it returns false.
func (b *goMap) eachSlot(size uintptr, f func(slot unsafe.Pointer) bool) bool {
	group := func(at unsafe.Pointer) bool {
		for i := range uintptr(slotsPerGroup) {
			if *(*uint8)(unsafe.Add(at, i)) < slotIsFree && !f(unsafe.Add(at, groupHead+i*size)) {
				return false
			}
		}
		return true
	}
	if b.directory == nil {
		return true
	}
	if b.length == 0 {
		return group(b.directory)
	}
	var last *goTable
	for i := range b.length {
		table := *(**goTable)(unsafe.Add(b.directory, i*wordSize))
		if table == last {
			continue
		}
		last = table
		for g := range uintptr(table.mask) + 1 {
			if !group(unsafe.Add(table.groups, g*(groupHead+slotsPerGroup*size))) {
				return false
			}
		}
	}
	return true
}
