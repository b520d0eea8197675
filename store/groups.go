package store

import (
	"bytes"
	"iter"
)

// A grouped index has keys of a prefix, two bytes that say which group a record belongs to, such as its status and its
// trigger type, and a position: when the record was created, and its id. A list merges the groups that a filter chooses, so
// it costs what its page costs, whatever it leaves out.

const (
	groupSize    = 2
	positionSize = stampSize + idSize
)

// section is the part of a grouped index that has one prefix.
type section struct {
	b      bucket
	prefix []byte
}

// group is what a merge knows of one group.
type group struct {
	b        bucket
	prefix   []byte
	position []byte // of the entry whose turn it may be; nil behind the last
}

// kind returns the bytes that say which group it is.
func (g *group) kind() []byte { return g.prefix[len(g.prefix)-groupSize:] }

// stand puts the group at the entry with a key, or behind its last.
func (g *group) stand(key []byte) {
	g.position = nil
	if key != nil {
		g.position = key[len(g.prefix):]
	}
}

// groupsOf finds the groups in the sections that are wanted.
func groupsOf(t *tx, sections []section, wanted func(kind []byte) bool) []*group {
	var found []*group
	for _, s := range sections {
		size := len(s.prefix) + groupSize
		for key := t.first(s.b, s.prefix, nil); key != nil; {
			g := &group{b: s.b, prefix: key[:size:size]}
			if wanted(g.kind()) {
				found = append(found, g)
			}
			next := beyond(g.prefix)
			if next == nil {
				break
			}
			key = t.first(s.b, s.prefix, next)
		}
	}
	return found
}

// descending iterates over the positions in the groups, from the last that is less than before; a nil before means all.
func descending(t *tx, groups []*group, before []byte) iter.Seq2[[]byte, *group] {
	step := func(g *group, before []byte) {
		if before != nil {
			before = keyOf(g.prefix, before)
		}
		g.stand(t.last(g.b, g.prefix, before))
	}
	return func(yield func([]byte, *group) bool) {
		for _, g := range groups {
			step(g, before)
		}
		for {
			last := foremost(groups, -1)
			if last == nil || !yield(last.position, last) {
				return
			}
			step(last, last.position)
		}
	}
}

// ascending iterates over the positions in the groups, from the first that is not less than from.
func ascending(t *tx, groups []*group, from []byte) iter.Seq2[[]byte, *group] {
	step := func(g *group, from []byte) {
		g.stand(t.first(g.b, g.prefix, keyOf(g.prefix, from)))
	}
	return func(yield func([]byte, *group) bool) {
		for _, g := range groups {
			step(g, from)
		}
		for {
			first := foremost(groups, 1)
			if first == nil || !yield(first.position, first) {
				return
			}
			step(first, after(first.position))
		}
	}
}

// foremost returns the group with the lowest position, or, for a negative order, with the highest; nil when all are through.
func foremost(groups []*group, order int) (best *group) {
	for _, g := range groups {
		if g.position != nil && (best == nil || order*bytes.Compare(g.position, best.position) < 0) {
			best = g
		}
	}
	return best
}
