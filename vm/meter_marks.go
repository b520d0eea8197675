package vm

import "math/bits"

// marks is what a measurement remembers of where it was: two bits for each word of each page of the heap that it
// touched, which is 3% of those pages, and a set for the rest.
type marks struct {
	keys  []uintptr   // page numbers, hashed; 0 is free
	pages []*pageMark // by the index in keys
	count int
	slabs [][]pageMark
	used  int // pages of the last slab in use, or of slabs[slab] after a reset
	slab  int

	lastKey  uintptr
	lastPage *pageMark

	parts partSet
}

const (
	pageShift    = 13
	wordSize     = bits.UintSize / 8
	wordsPerPage = 1 << pageShift / wordSize
	slabPages    = 64
)

// pageMark is the marks of one page: of the allocations that start in it, and of the values that start in it and are
// all that their allocation holds.
type pageMark struct {
	charged [wordsPerPage / 64]uint64
	walked  [wordsPerPage / 64]uint64
}

// charge marks the allocation at base as charged and reports whether it was not.
func (s *marks) charge(base uintptr) bool {
	word, bit := place(base)
	page := s.page(base)
	if page.charged[word]&bit != 0 {
		return false
	}
	page.charged[word] |= bit
	return true
}

func (s *marks) walked(p uintptr) bool {
	word, bit := place(p)
	return s.page(p).walked[word]&bit != 0
}

func (s *marks) walk(p uintptr) {
	word, bit := place(p)
	s.page(p).walked[word] |= bit
}

func place(p uintptr) (word uintptr, bit uint64) {
	i := p & (1<<pageShift - 1) / wordSize
	return i / 64, 1 << (i % 64)
}

// page returns the marks of the page that holds p.
func (s *marks) page(p uintptr) *pageMark {
	key := p >> pageShift
	if key == s.lastKey {
		return s.lastPage
	}
	if 2*s.count >= len(s.keys) {
		s.grow()
	}
	i := s.slot(key)
	if s.keys[i] == 0 {
		s.keys[i], s.pages[i] = key, s.newPage()
		s.count++
	}
	s.lastKey, s.lastPage = key, s.pages[i]
	return s.lastPage
}

func (s *marks) slot(key uintptr) int {
	mask := len(s.keys) - 1
	i := int(spread(uint64(key))) & mask
	for s.keys[i] != 0 && s.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

// spread mixes the bits of a key of a hash table.
func spread(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	return key ^ key>>32
}

func (s *marks) grow() {
	keys, pages := s.keys, s.pages
	n := max(64, 2*len(keys))
	s.keys, s.pages = make([]uintptr, n), make([]*pageMark, n)
	for i, key := range keys {
		if key != 0 {
			j := s.slot(key)
			s.keys[j], s.pages[j] = key, pages[i]
		}
	}
}

func (s *marks) newPage() *pageMark {
	if s.slab == len(s.slabs) {
		s.slabs = append(s.slabs, make([]pageMark, slabPages))
	}
	page := &s.slabs[s.slab][s.used]
	if s.used++; s.used == slabPages {
		s.slab, s.used = s.slab+1, 0
	}
	return page
}

// reset forgets everything and keeps the memory.
func (s *marks) reset() {
	for i := 0; i <= s.slab && i < len(s.slabs); i++ {
		clear(s.slabs[i])
	}
	clear(s.keys)
	clear(s.pages)
	s.count, s.used, s.slab = 0, 0, 0
	s.lastKey, s.lastPage = 0, nil
	s.parts.reset()
}

// bytes returns what the marks take.
func (s *marks) bytes() int64 {
	const pageBytes = 2 * wordsPerPage / 8
	return int64(len(s.slabs)*slabPages*pageBytes + 2*wordSize*len(s.keys) + 8*len(s.parts.keys))
}

// partSet is a set of values that share their allocation with others: fields, elements, views.
type partSet struct {
	keys  []uint64 // address and plan, hashed; 0 is free
	count int
}

// add reports whether the value at p of the plan with an id was not in the set.
func (s *partSet) add(p uintptr, id uint16) bool {
	if 4*s.count >= 3*len(s.keys) {
		s.grow()
	}
	key := uint64(p) ^ uint64(id)<<48
	i := s.slot(key)
	if s.keys[i] == key {
		return false
	}
	s.keys[i] = key
	s.count++
	return true
}

func (s *partSet) slot(key uint64) int {
	mask := len(s.keys) - 1
	i := int(spread(key)) & mask
	for s.keys[i] != 0 && s.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (s *partSet) grow() {
	old := s.keys
	s.keys = make([]uint64, max(64, 2*len(old)))
	for _, key := range old {
		if key != 0 {
			s.keys[s.slot(key)] = key
		}
	}
}

func (s *partSet) reset() {
	clear(s.keys)
	s.count = 0
}
