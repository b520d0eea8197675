package store

import (
	"bytes"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

// Format 2 had no places: executions with an order key were in the order of when they were created, in another part of the
// bucket of what is live.

// chainMark2 told the chains of format 2 from what else is in that bucket.
const chainMark2 = 'o'

// toPlaces makes format 3 of format 2. There are few chains, as no Runtime made any, so one transaction is enough.
func toPlaces(*bbolt.DB) (last func(tx *bbolt.Tx) error, err error) { return placeChains, nil }

func placeChains(btx *bbolt.Tx) error {
	t := &tx{kv: newBoltKV(btx)}
	live := btx.Bucket([]byte(liveBucket))
	for _, key := range keysWith(live, chainMark2) {
		w, err := stored(t, uuid.UUID(key[1:1+idSize]), lastID(key))
		if err != nil {
			return err
		}
		takePlace(t, w)
		t.put(bExecutions, executionKey(w.tenant, w.id), w.bytes())
		t.put(bChains, chainKey(w), present)
		if err := live.Delete(key); err != nil {
			return err
		}
	}
	return t.err
}

// keysWith returns the keys that begin with a mark, in order.
func keysWith(b *bbolt.Bucket, mark byte) (keys [][]byte) {
	c := b.Cursor()
	for key, _ := c.Seek([]byte{mark}); key != nil && key[0] == mark; key, _ = c.Next() {
		keys = append(keys, bytes.Clone(key))
	}
	return slices.Clip(keys)
}
