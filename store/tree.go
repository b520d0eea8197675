package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// depth says how much of the file checkPages reads.
type depth int

const (
	// innerPages are all pages that lead to others, and the list of free ones: about a hundredth of the file. A wrong way
	// in them can have calls go round in circles until the process has no memory, and a wrong free page overwrites one
	// that is in use; everything else makes a call panic at worst.
	innerPages depth = iota
	allPages
)

// maxTreeHeight is more than any tree has: it would have 2^64 pages.
const maxTreeHeight = 64

// treeWalk is a walk through the pages of a file, as a transaction sees them.
type treeWalk struct {
	goOn     func() error // whose error ends the walk
	file     io.ReaderAt
	depth    depth
	pageSize uint64
	end      uint64 // the first page that is not one of the file any more
	known    []bool // by page: whether something has pointed to it
}

// checkPages checks the structure of a bbolt file: every page is pointed to once, or free; what a page says of itself
// lies within it; keys are in order. It reads the file, not what is mapped of it, so damage and bad sectors are errors.
// It does in a transaction beside writers what bbolt's own Check can do in none: that one reads the writer's freelist, and
// faults of its goroutine, for which it cannot be asked to panic instead, end the process.
func checkPages(goOn func() error, tx *bbolt.Tx, file io.ReaderAt, depth depth) error {
	meta, err := metaOf(tx)
	if err != nil {
		return err
	}
	w := &treeWalk{
		goOn: goOn, file: file, depth: depth,
		pageSize: uint64(native.Uint32(meta[metaPageSize:])), end: native.Uint64(meta[metaEnd:]),
	}
	if size := tx.Size(); size < 0 || w.pageSize < metaSize || uint64(size) != w.end*w.pageSize {
		return fmt.Errorf("%w: %d pages of %d bytes", jsruntime.ErrFormat, w.end, w.pageSize)
	}
	w.known = make([]bool, w.end)
	if err := w.tree(native.Uint64(meta[metaRoot:]), allPages); err != nil {
		return err
	}
	return w.rest(native.Uint64(meta[metaFreelist:]))
}

// metaOf returns the meta page of a transaction. It begins what the transaction would write as a copy.
func metaOf(tx *bbolt.Tx) ([]byte, error) {
	var first firstWrite
	if _, err := tx.WriteTo(&first); len(first) < metaSize {
		return nil, fmt.Errorf("meta page: %w", err)
	}
	return first, nil
}

// firstWrite keeps what is written to it first, and refuses the rest.
type firstWrite []byte

func (f *firstWrite) Write(p []byte) (int, error) {
	if *f == nil {
		*f = bytes.Clone(p)
	}
	return 0, io.ErrShortWrite
}

// read returns a page, which something points to.
func (w *treeWalk) read(id uint64) (filePage, error) {
	if err := w.goOn(); err != nil {
		return filePage{}, err
	}
	raw := make([]byte, w.pageSize)
	if err := w.readAt(raw, id); err != nil {
		return filePage{}, err
	}
	p := pageFrom(raw)
	if p.id != id {
		return p, fmt.Errorf("%w: page %d says that it is page %d", jsruntime.ErrFormat, id, p.id)
	}
	more := pageOverflow(raw)
	if more >= w.end-id {
		return p, p.damaged("goes on for %d pages, beyond the end", more)
	}
	for next := id + 1; next <= id+more; next++ {
		if err := w.pointAt(next); err != nil {
			return p, err
		}
	}
	if more > 0 {
		p.raw = make([]byte, (more+1)*w.pageSize)
		return p, w.readAt(p.raw, id)
	}
	return p, nil
}

func (w *treeWalk) readAt(raw []byte, id uint64) error {
	_, err := w.file.ReadAt(raw, int64(id*w.pageSize)) //nolint:gosec // id is less than w.end, of which the product is a size
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: page %d is beyond the end of the file", jsruntime.ErrFormat, id)
	}
	return err
}

// pointAt notes that something points to a page.
func (w *treeWalk) pointAt(id uint64) error {
	switch {
	case id < 2 || id >= w.end:
		return fmt.Errorf("%w: there is no page %d", jsruntime.ErrFormat, id)
	case w.known[id]:
		return fmt.Errorf("%w: page %d is pointed to twice", jsruntime.ErrFormat, id)
	}
	w.known[id] = true
	return nil
}

// tree walks the tree of a bucket. Its leaves are at the same height, so the way to the first tells which pages are leaves
// that need not be read.
func (w *treeWalk) tree(root uint64, depth depth) error {
	height := 0
	for id := root; ; height++ {
		if id < 2 || id >= w.end || height == maxTreeHeight {
			return fmt.Errorf("%w: no way to a leaf from page %d", jsruntime.ErrFormat, root)
		}
		raw := make([]byte, w.pageSize)
		if err := w.readAt(raw, id); err != nil {
			return err
		}
		p := pageFrom(raw)
		if p.flags != branchPage {
			break
		}
		first, err := p.child(0)
		if err != nil {
			return err
		}
		id = first
	}
	return w.node(node{page: root, height: height, depth: depth})
}

// child returns the page that an element points to. Its key may lie on a later page.
func (p filePage) child(i int) (uint64, error) {
	start := pageHeader + i*elementSize
	if start+elementSize > len(p.raw) || i >= p.count {
		return 0, p.damaged("has no element %d", i)
	}
	return native.Uint64(p.raw[start+8:]), nil
}

// node is a page of a tree, whose keys are not less than low, and less than high unless that is nil.
type node struct {
	page      uint64
	height    int // 0 for a leaf
	low, high []byte
	depth     depth
}

func (w *treeWalk) node(n node) error {
	if err := w.pointAt(n.page); err != nil {
		return err
	}
	if n.height == 0 && n.depth == innerPages {
		return nil
	}
	p, err := w.read(n.page)
	if err != nil {
		return err
	}
	switch want := uint16(leafPage); {
	case n.height > 0 && p.flags != branchPage, n.height == 0 && p.flags != want:
		return p.damaged("has flags %#x at height %d", p.flags, n.height)
	case n.height > 0:
		return w.branch(p, n)
	}
	return w.leaf(p, n)
}

func (w *treeWalk) branch(p filePage, n node) error {
	elements, err := p.inOrder(n)
	if err != nil {
		return err
	}
	if len(elements) == 0 {
		return p.damaged("leads nowhere")
	}
	for i, e := range elements {
		child := node{page: e.page, height: n.height - 1, low: e.key, high: n.high, depth: n.depth}
		if i+1 < len(elements) {
			child.high = elements[i+1].key
		}
		if err := w.node(child); err != nil {
			return err
		}
	}
	return nil
}

func (w *treeWalk) leaf(p filePage, n node) error {
	elements, err := p.inOrder(n)
	if err != nil {
		return err
	}
	for i, e := range elements {
		if e.flags&bucketElement == 0 {
			continue
		}
		if len(e.value) < bucketSize {
			return p.damaged("element %d is too short for a bucket", i)
		}
		if root := native.Uint64(e.value); root != 0 {
			err = w.tree(root, w.depth)
		} else {
			err = w.inline(p, e.value[bucketSize:])
		}
		if err != nil {
			return fmt.Errorf("bucket %q: %w", e.key, err)
		}
	}
	return nil
}

// inline checks a bucket so small that its only page is within an element of p.
func (w *treeWalk) inline(p filePage, raw []byte) error {
	if len(raw) < pageHeader {
		return p.damaged("has half a bucket")
	}
	small := pageFrom(raw)
	if small.id = p.id; small.flags != leafPage {
		return p.damaged("has a bucket with flags %#x", small.flags)
	}
	return w.leaf(small, node{})
}

// inOrder returns the elements of a page, whose keys must be in order.
func (p filePage) inOrder(n node) ([]element, error) {
	elements := make([]element, p.count)
	for i := range elements {
		e, err := p.element(i)
		if err != nil {
			return nil, err
		}
		switch {
		case i == 0 && bytes.Compare(e.key, n.low) < 0,
			i > 0 && bytes.Compare(e.key, elements[i-1].key) <= 0,
			n.high != nil && bytes.Compare(e.key, n.high) >= 0:
			return nil, p.damaged("element %d is out of order", i)
		}
		elements[i] = e
	}
	return elements, nil
}

// rest checks the list of free pages, and that nothing is neither free nor in use.
func (w *treeWalk) rest(freelist uint64) error {
	if freelist == noFreelist {
		return nil // bbolt looks for them itself
	}
	if err := w.pointAt(freelist); err != nil {
		return fmt.Errorf("freelist: %w", err)
	}
	p, err := w.read(freelist)
	if err != nil {
		return fmt.Errorf("freelist: %w", err)
	}
	free, err := p.free()
	if err != nil {
		return err
	}
	for _, id := range free {
		if err := w.pointAt(id); err != nil {
			return fmt.Errorf("freelist: %w", err)
		}
	}
	for id := uint64(2); id < w.end && w.depth == allPages; id++ {
		if !w.known[id] {
			return fmt.Errorf("%w: page %d is neither free nor in use", jsruntime.ErrFormat, id)
		}
	}
	return nil
}
