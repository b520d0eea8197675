package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// How bbolt lays out a file, as far as checkPages has to know it: version 2 of its format. Numbers are in the byte order
// of the machine. A page begins with a header: id (8 bytes), flags (2), count of elements (2), and how many more pages
// belong to it (4). What follows are the elements and then what they point to.

const (
	pageHeader  = 16
	elementSize = 16 // of branch and leaf pages alike
	bucketSize  = 16 // root page, sequence

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketElement = 0x01 // of a leaf: the value is a bucket

	// The meta page, after the header: magic, version, page size and flags (4 each), then 8 bytes each.
	metaPageSize = pageHeader + 8
	metaRoot     = pageHeader + 16
	metaFreelist = pageHeader + 32
	metaEnd      = pageHeader + 40
	metaSize     = pageHeader + 64

	noFreelist = math.MaxUint64
)

var native = binary.NativeEndian

// filePage is a page with those that belong to it.
type filePage struct {
	id    uint64
	flags uint16
	count int
	raw   []byte
}

func pageFrom(raw []byte) filePage {
	return filePage{native.Uint64(raw), native.Uint16(raw[8:]), int(native.Uint16(raw[10:])), raw}
}

// pageOverflow returns how many more pages belong to the page.
func pageOverflow(raw []byte) uint64 { return uint64(native.Uint32(raw[12:])) }

func (p filePage) damaged(format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", jsruntime.ErrFormat, p.id, fmt.Sprintf(format, args...))
}

// element is one of a branch page, with the id of a page, or one of a leaf page, with flags and a value.
type element struct {
	flags      uint32
	page       uint64
	key, value []byte
}

// element returns the i-th element, unless it reaches beyond the page.
func (p filePage) element(i int) (element, error) {
	start := pageHeader + i*elementSize
	if start+elementSize > len(p.raw) {
		return element{}, p.damaged("%d elements do not fit", p.count)
	}
	raw := p.raw[start:]
	number := func(at int) uint64 { return uint64(native.Uint32(raw[at:])) }
	e := element{}
	pos, keySize, valueSize := number(0), number(4), uint64(0)
	if p.flags == branchPage {
		e.page = native.Uint64(raw[8:])
	} else {
		e.flags, pos, keySize, valueSize = uint32(number(0)), number(4), number(8), number(12)
	}
	if keySize == 0 || keySize > bbolt.MaxKeySize || pos < elementSize || pos+keySize+valueSize > uint64(len(raw)) {
		return e, p.damaged("element %d is not within it", i)
	}
	e.key, e.value = raw[pos:pos+keySize], raw[pos+keySize:pos+keySize+valueSize]
	return e, nil
}

// free returns the ids in a page of the freelist. Their number is the first of them where the header cannot hold it.
func (p filePage) free() ([]uint64, error) {
	if p.flags != freelistPage {
		return nil, p.damaged("is not the freelist")
	}
	ids, count := p.raw[pageHeader:], uint64(p.count) //nolint:gosec // it was a uint16
	if p.count == math.MaxUint16 {
		count, ids = native.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return nil, p.damaged("%d free pages do not fit", count)
	}
	free := make([]uint64, count)
	for i := range free {
		free[i] = native.Uint64(ids[8*i:])
	}
	return free, nil
}
