package store

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Keys are concatenations of parts of a fixed length, so that their order is that of their parts. Texts, whose length
// is the caller's, take part by their hash: none is looked up by anything but equality.

const (
	idSize    = 16
	stampSize = 12
	numSize   = 8
	hashSize  = sha256.Size
)

// keyOf joins parts into a key that nothing else shares.
func keyOf(parts ...[]byte) []byte { return slices.Concat(parts...) }

// stamp orders instants. It holds every time.Time, unlike a count of nanoseconds.
func stamp(t time.Time) []byte { return appendStamp(make([]byte, 0, stampSize), t) }

func appendStamp(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix())^(1<<63))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

func stampTime(b []byte) time.Time {
	sec := binary.BigEndian.Uint64(b) ^ (1 << 63)
	return time.Unix(int64(sec), int64(binary.BigEndian.Uint32(b[numSize:]))).UTC()
}

// num orders integers, negative ones too.
func num(n int64) []byte { return appendNum(make([]byte, 0, numSize), n) }

func appendNum(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)^(1<<63)) }

func numValue(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ (1 << 63)) }

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// lastID returns the id that ends a key.
func lastID(key []byte) uuid.UUID { return uuid.UUID(key[len(key)-idSize:]) }
