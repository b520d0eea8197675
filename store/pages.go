package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"iter"
	"time"

	"github.com/jsruntime/jsruntime"
)

// errEnough says that no later entry of an index can be chosen.
var errEnough = errors.New("enough")

// list says which kind of list a page belongs to.
type list byte

const (
	listScripts list = iota + 1
	listVersions
	listExecutions
	listTicks
	listNames
	listPruning
)

// tokenSize is the length of what a list's tokens hold: what follows the prefix in the keys of the index that it walks. A
// name has any length.
var tokenSize = map[list]int{
	listScripts:    positionSize,
	listVersions:   numSize,
	listExecutions: positionSize,
	listTicks:      stampSize,
	listPruning:    pruningSize,
}

// A page token is the kind of the list, the position of the page's last item, and a checksum. The checksum is no
// secret; it tells a token that was cut or mistyped, which would otherwise silently skip items.

func pageToken(l list, position []byte) string {
	raw := append([]byte{byte(l)}, position...)
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// pagePosition returns what a token holds; nil for the empty token.
func pagePosition(l list, token string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	end := len(raw) - 4
	size, fixed := tokenSize[l]
	if err != nil || end < 1 || fixed && end != 1+size || raw[0] != byte(l) ||
		binary.BigEndian.Uint32(raw[end:]) != crc32.ChecksumIEEE(raw[:end]) {
		return nil, invalid("after", "must be the Next of an earlier page of the same list")
	}
	return raw[1:end:end], nil
}

// firstPosition returns the position before which a page of a grouped index begins; nil for the last one.
func firstPosition(l list, p jsruntime.PageRequest, createdBefore time.Time) ([]byte, error) {
	before, err := pagePosition(l, p.After)
	if createdBefore.IsZero() {
		return before, err
	}
	if bound := stamp(createdBefore); before == nil || string(bound) < string(before) {
		before = bound
	}
	return before, err
}

// page walks an index backwards, and fills a page with what choose makes of its values.
func page[T any](
	t *tx, l list, p jsruntime.PageRequest, b bucket, prefix []byte, choose func(value []byte) (*T, error),
) (jsruntime.Page[T], error) {
	before, err := pagePosition(l, p.After)
	if err != nil {
		return jsruntime.Page[T]{}, err
	}
	if before != nil {
		before = keyOf(prefix, before)
	}
	var current []byte
	positions := func(yield func([]byte) bool) {
		for key, value := range t.descend(b, prefix, before) {
			current = value
			if !yield(key[len(prefix):]) {
				return
			}
		}
	}
	return fill(l, p.Size(), positions, func([]byte) (*T, error) { return choose(current) })
}

// fill fills a page with what choose makes of the entries at the positions; nil leaves one out. It looks one item ahead, to
// know the last page. With errEnough, choose ends the walk.
func fill[T any](l list, size int, positions iter.Seq[[]byte], choose func(position []byte) (*T, error)) (jsruntime.Page[T], error) {
	var result jsruntime.Page[T]
	var last []byte
	for position := range positions {
		item, err := choose(position)
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return jsruntime.Page[T]{}, err
		}
		if item == nil {
			continue
		}
		if len(result.Items) == size {
			result.Next = pageToken(l, last)
			break
		}
		result.Items, last = append(result.Items, *item), position
	}
	return result, nil
}

// positionsOf leaves out the groups of a merge.
func positionsOf(entries iter.Seq2[[]byte, *group]) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for position := range entries {
			if !yield(position) {
				return
			}
		}
	}
}
