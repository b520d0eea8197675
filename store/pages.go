package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"iter"

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
)

// positionSize is the length of a list's positions: what follows the prefix in the keys of the index it walks.
var positionSize = map[list]int{
	listScripts:    stampSize + idSize,
	listVersions:   numSize,
	listExecutions: stampSize + idSize,
	listTicks:      stampSize,
}

// A page token is the kind of the list, the position of the page's last item, and a checksum. The checksum is no
// secret; it tells a token that was cut or mistyped, which would otherwise silently skip items.

func pageToken(l list, position []byte) string {
	raw := append([]byte{byte(l)}, position...)
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return base64.RawURLEncoding.EncodeToString(raw)
}

func pagePosition(l list, token string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	end := 1 + positionSize[l]
	if err != nil || len(raw) != end+4 || raw[0] != byte(l) ||
		binary.BigEndian.Uint32(raw[end:]) != crc32.ChecksumIEEE(raw[:end]) {
		return nil, invalid("after", "must be the Next of an earlier page of the same list")
	}
	return raw[1:end], nil
}

// page walks an index backwards, and fills a page with what choose makes of its entries; nil leaves one out. It looks
// one item ahead, to know the last page. With errEnough, choose ends the walk.
func page[T any](
	t *tx, l list, p jsruntime.PageRequest, b bucket, prefix, before []byte,
	choose func(key, value []byte) (*T, error),
) (jsruntime.Page[T], error) {
	var result jsruntime.Page[T]
	if p.After != "" {
		position, err := pagePosition(l, p.After)
		if err != nil {
			return result, err
		}
		if start := keyOf(prefix, position); before == nil || string(start) < string(before) {
			before = start
		}
	}
	return fill(l, p.Size(), len(prefix), t.descend(b, prefix, before), choose)
}

func fill[T any](
	l list, size, prefix int, entries iter.Seq2[[]byte, []byte], choose func(key, value []byte) (*T, error),
) (jsruntime.Page[T], error) {
	var result jsruntime.Page[T]
	var last []byte
	for key, value := range entries {
		item, err := choose(key, value)
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
		result.Items, last = append(result.Items, *item), key[prefix:]
	}
	return result, nil
}
