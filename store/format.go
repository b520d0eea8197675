package store

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// formatKey is where bMeta keeps the version of the file's format.
var formatKey = []byte("jsruntime store format")

// migrations lead from each format to the next: migrations[0] from format 1 to format 2, and so on. Whoever changes
// what is stored appends one, and never changes those that are here.
var migrations = []func(tx *bbolt.Tx) error{}

// currentFormat is the format that this version writes.
func currentFormat() int64 { return int64(len(migrations)) + 1 }

// formatOf returns the format of the file; 0 for a new one. A file with buckets and no format of ours is another
// program's, and one of our current format has all our buckets.
func formatOf(tx *bbolt.Tx) (int64, error) {
	if first, _ := tx.Cursor().First(); first == nil {
		return 0, nil
	}
	var raw []byte
	if meta := tx.Bucket([]byte(bucketNames[bMeta])); meta != nil {
		raw = meta.Get(formatKey)
	}
	if len(raw) != numSize {
		return 0, fmt.Errorf("%w: the file belongs to another program", jsruntime.ErrFormat)
	}
	format := numValue(raw)
	if format < 1 || format > currentFormat() {
		return 0, fmt.Errorf("%w: format %d; this version knows 1 to %d", jsruntime.ErrFormat, format, currentFormat())
	}
	if format < currentFormat() {
		return format, nil
	}
	for _, name := range bucketNames {
		b := tx.Bucket([]byte(name))
		if b == nil {
			return 0, fmt.Errorf("%w: bucket %q is missing", jsruntime.ErrFormat, name)
		}
		b.Cursor().First() // reads pages of the bucket, which may be damaged
	}
	return format, nil
}

// migrate brings the file to the current format.
func migrate(tx *bbolt.Tx) error {
	format, err := formatOf(tx)
	if err != nil {
		return err
	}
	if format == 0 {
		return initialize(tx)
	}
	for _, step := range migrations[format-1:] {
		if err := step(tx); err != nil {
			return fmt.Errorf("migration from format %d: %w", format, err)
		}
		format++
	}
	return setFormat(tx, format)
}

func initialize(tx *bbolt.Tx) error {
	for _, name := range bucketNames {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return setFormat(tx, currentFormat())
}

func setFormat(tx *bbolt.Tx, format int64) error {
	return tx.Bucket([]byte(bucketNames[bMeta])).Put(formatKey, num(format))
}
