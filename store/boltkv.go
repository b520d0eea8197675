package store

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// liveBucket is the one bucket of the file that has all buckets whose entries come and go with each run: while few executions
// are live, they are on the same few pages, and a commit has fewer of them to write. A byte tells them apart.
const liveBucket = "live"

var liveMarks = [bucketCount]byte{
	bCounters: 'c', bTenantLive: 't', bScriptLive: 's', bQueue: 'q', bHeads: 'h', bReady: 'r', bTimers: 'i', bChains: 'p',
	bWaiting: 'w', bLeases: 'l', bLeased: 'e',
}

// inTime are the buckets whose new keys come after those that are there, or after those of the same tenant: a page that is split
// there gets no more entries. bbolt would leave it half empty, which makes twice as many pages to write.
var inTime = [bucketCount]bool{
	bExecutions: true, bTenantPast: true, bScriptPast: true, bLogs: true, bKeyTimes: true, bTickTimes: true, bTicks: true, bChanges: true,
}

// fullPages is how full such a page is left. One without room would be split again for each entry that comes a little late, that
// belongs to another of several tenants on the page, or that grows, and each time leave a page that is nearly empty behind.
const fullPages = 0.8

// fileBuckets returns the names of the buckets of a file.
func fileBuckets() []string {
	names := []string{liveBucket}
	for b, name := range bucketNames {
		if liveMarks[b] == 0 {
			names = append(names, name)
		}
	}
	return names
}

// boltKV is the kv of one bbolt transaction.
type boltKV struct {
	tx      *bbolt.Tx
	buckets [bucketCount]*bbolt.Bucket
	cursors [bucketCount]*bbolt.Cursor // that are used again, which a Bucket's own are not
}

func newBoltKV(tx *bbolt.Tx) *boltKV { return &boltKV{tx: tx} }

func (k *boltKV) bucket(b bucket) *bbolt.Bucket {
	if k.buckets[b] == nil {
		k.buckets[b] = k.tx.Bucket([]byte(bucketNames[b]))
		if k.buckets[b] != nil && inTime[b] {
			k.buckets[b].FillPercent = fullPages
		}
	}
	return k.buckets[b]
}

// at returns the bucket of the file, and the key in it.
func (k *boltKV) at(b bucket, key []byte) (*bbolt.Bucket, []byte) {
	mark := liveMarks[b]
	if mark == 0 {
		return k.bucket(b), key
	}
	if k.buckets[b] == nil {
		live := k.tx.Bucket([]byte(liveBucket))
		for b, mark := range liveMarks {
			if mark != 0 {
				k.buckets[b] = live
			}
		}
	}
	marked := make([]byte, 0, 1+len(key))
	return k.buckets[b], append(append(marked, mark), key...)
}

// seek returns a cursor at the first key that is not less, and whether it is the key.
func (k *boltKV) seek(b bucket, key []byte) (c *bbolt.Cursor, value []byte, found bool) {
	in, key := k.at(b, key)
	c = k.cursor(b, in)
	at, value := c.Seek(key)
	return c, value, bytes.Equal(at, key)
}

func (k *boltKV) cursor(b bucket, in *bbolt.Bucket) *bbolt.Cursor {
	if k.cursors[b] == nil {
		k.cursors[b] = in.Cursor()
	}
	return k.cursors[b]
}

func (k *boltKV) firstEntry(b bucket, prefix, from []byte) (key, value []byte) {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	in, from := k.at(b, from)
	key, value = k.cursor(b, in).Seek(from)
	size := markSize(b)
	if key == nil || len(key) < size || !bytes.Equal(key[:size], from[:size]) || !bytes.HasPrefix(key[size:], prefix) {
		return nil, nil
	}
	inOrder(b, bytes.Compare(from, key) <= 0, key)
	return key[size:], value
}

func (k *boltKV) get(b bucket, key []byte) []byte {
	if _, value, found := k.seek(b, key); found {
		return value
	}
	return nil
}

func (k *boltKV) put(b bucket, key, value []byte) error {
	in, key := k.at(b, key)
	return in.Put(key, value)
}

func (k *boltKV) delete(b bucket, key []byte) error {
	if c, _, found := k.seek(b, key); found {
		return c.Delete()
	}
	return nil
}

func (k *boltKV) ascend(b bucket, prefix, from []byte) iter.Seq2[[]byte, []byte] {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	in, prefix := k.at(b, prefix)
	_, from = k.at(b, from)
	size := markSize(b)
	return func(yield func([]byte, []byte) bool) {
		c := in.Cursor()
		last := from
		for key, value := c.Seek(from); bytes.HasPrefix(key, prefix) && key != nil; key, value = c.Next() {
			inOrder(b, bytes.Compare(last, key) <= 0, key)
			if !yield(key[size:], value) {
				return
			}
			last = key
		}
	}
}

func (k *boltKV) descend(b bucket, prefix, before []byte) iter.Seq2[[]byte, []byte] {
	in, prefix := k.at(b, prefix)
	if before == nil {
		before = beyond(prefix)
	} else {
		_, before = k.at(b, before)
	}
	size := markSize(b)
	return func(yield func([]byte, []byte) bool) {
		c := in.Cursor()
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
			if !yield(key[size:], value) {
				return
			}
			last = key
		}
	}
}

// markSize is the length of what tells a bucket from the others that share one.
func markSize(b bucket) int {
	if liveMarks[b] == 0 {
		return 0
	}
	return 1
}

// inOrder panics, as bbolt does for a damaged page, for a key that is not where it belongs: whoever looks for the key
// after the last one, again and again, would go round in circles.
func inOrder(b bucket, ordered bool, key []byte) {
	if !ordered || len(key) > bbolt.MaxKeySize {
		panic(fmt.Sprintf("bucket %q: a key of %d bytes is out of order", bucketNames[b], len(key)))
	}
}
