package store

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// formatKey is where bMeta keeps the version of the file's format.
var formatKey = []byte("jsruntime store format")

// migrations lead from each format to the next: migrations[0] from format 1 to format 2, and so on. Each may use many
// transactions, and is done again from its start when the process ends in it; the last step, which it returns, is in one
// transaction with the number of the new format. Whoever changes what is stored appends one, and sees to it that those that
// are here still do what they did.
var migrations = []func(db *bbolt.DB) (last func(tx *bbolt.Tx) error, err error){toRows, toPlaces, toShortRecords}

// toShortRecords makes format 4 of format 3, whose records said what their heads say as well. They stay as they are; the number
// keeps versions away that could not read the short ones.
func toShortRecords(*bbolt.DB) (last func(tx *bbolt.Tx) error, err error) {
	return func(*bbolt.Tx) error { return nil }, nil
}

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
	for _, name := range fileBuckets() {
		b := tx.Bucket([]byte(name))
		if b == nil {
			return 0, fmt.Errorf("%w: bucket %q is missing", jsruntime.ErrFormat, name)
		}
		b.Cursor().First() // reads pages of the bucket, which may be damaged
	}
	return format, nil
}

// migrate brings the file to the current format.
func migrate(db *bbolt.DB) error {
	var format int64
	err := db.View(func(tx *bbolt.Tx) (err error) {
		format, err = formatOf(tx)
		return err
	})
	if err != nil {
		return err
	}
	if format == 0 {
		return db.Update(initialize)
	}
	for ; format < currentFormat(); format++ {
		last, err := migrations[format-1](db)
		if err == nil {
			err = db.Update(func(tx *bbolt.Tx) error { return errors.Join(last(tx), setFormat(tx, format+1)) })
		}
		if err != nil {
			return fmt.Errorf("migration from format %d: %w", format, err)
		}
	}
	return nil
}

func initialize(tx *bbolt.Tx) error {
	for _, name := range fileBuckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return setFormat(tx, currentFormat())
}

func setFormat(tx *bbolt.Tx, format int64) error {
	return tx.Bucket([]byte(bucketNames[bMeta])).Put(formatKey, num(format))
}
