package store

import (
	"bytes"
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
		for key, value := c.Seek(from); bytes.HasPrefix(key, prefix) && key != nil; key, value = c.Next() {
			if !yield(key, value) {
				return
			}
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
		for ; bytes.HasPrefix(key, prefix) && key != nil; key, value = c.Prev() {
			if !yield(key, value) {
				return
			}
		}
	}
}
