package store

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// boltKV is the kv of one bbolt transaction.
type boltKV struct {
	tx      *bbolt.Tx
	buckets [bucketCount]*bbolt.Bucket
}

func newBoltKV(tx *bbolt.Tx) *boltKV { return &boltKV{tx: tx} }

func (k *boltKV) bucket(b bucket) *bbolt.Bucket {
	if k.buckets[b] == nil {
		k.buckets[b] = k.tx.Bucket([]byte(bucketNames[b]))
	}
	return k.buckets[b]
}

func (k *boltKV) get(b bucket, key []byte) []byte { return k.bucket(b).Get(key) }

func (k *boltKV) put(b bucket, key, value []byte) error { return k.bucket(b).Put(key, value) }

func (k *boltKV) delete(b bucket, key []byte) error { return k.bucket(b).Delete(key) }

func (k *boltKV) ascend(b bucket, prefix, from []byte) iter.Seq2[[]byte, []byte] {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	return func(yield func([]byte, []byte) bool) {
		c := k.bucket(b).Cursor()
		last := from
		for key, value := c.Seek(from); bytes.HasPrefix(key, prefix) && key != nil; key, value = c.Next() {
			inOrder(b, bytes.Compare(last, key) <= 0, key)
			if !yield(key, value) {
				return
			}
			last = key
		}
	}
}

func (k *boltKV) descend(b bucket, prefix, before []byte) iter.Seq2[[]byte, []byte] {
	if before == nil {
		before = beyond(prefix)
	}
	return func(yield func([]byte, []byte) bool) {
		c := k.bucket(b).Cursor()
		var key, value []byte
		if before != nil {
			key, _ = c.Seek(before)
		}
		if key == nil {
			key, value = c.Last()
		} else {
			key, value = c.Prev()
		}
		last := before
		for ; bytes.HasPrefix(key, prefix) && key != nil; key, value = c.Prev() {
			inOrder(b, last == nil || bytes.Compare(key, last) <= 0, key)
			if !yield(key, value) {
				return
			}
			last = key
		}
	}
}

// inOrder panics, as bbolt does for a damaged page, for a key that is not where it belongs: whoever looks for the key
// after the last one, again and again, would go round in circles.
func inOrder(b bucket, ordered bool, key []byte) {
	if !ordered || len(key) > bbolt.MaxKeySize {
		panic(fmt.Sprintf("bucket %q: a key of %d bytes is out of order", bucketNames[b], len(key)))
	}
}
