package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jsruntime/jsruntime"
)

// Format 1 had each bucket by itself, an execution as JSON in the bucket "executions", found by "times", "script_runs" and
// "dead", the queue without what is ready of it, scripts by "script_times" and "names", and the holders of dedupe keys in
// "keys".

// ofFormat1 are the buckets of format 1 that format 2 has not.
var ofFormat1 = []string{
	"executions", "times", "script_runs", "dead", "ended", "script_times", "names", "keys", "queue", "timers", "chains", "turns",
	"waiting", "leases", "leased",
}

// rebuilt are those that are filled anew.
func rebuilt() []string {
	names := []string{liveBucket}
	for _, b := range []bucket{bScriptKinds, bTags, bNames, bExecutions, bTenantPast, bScriptPast, bKeys} {
		names = append(names, bucketNames[b])
	}
	return names
}

// toRows makes format 2 of format 1. It leaves what it reads until the end, so that it can begin again.
func toRows(db *bbolt.DB) (last func(tx *bbolt.Tx) error, err error) {
	return dropFormat1, fillRows(db)
}

func dropFormat1(tx *bbolt.Tx) error {
	for _, name := range ofFormat1 {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}

func fillRows(db *bbolt.DB) error {
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range ofFormat1 { // before anything is deleted
			if tx.Bucket([]byte(name)) == nil {
				return fmt.Errorf("%w: bucket %q is missing", jsruntime.ErrFormat, name)
			}
		}
		for _, name := range rebuilt() {
			if err := tx.DeleteBucket([]byte(name)); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
				return err
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, step := range []struct {
		from string
		move func(t *tx, key, value []byte) error
	}{
		{bucketNames[bMeta], moveCounter}, {"turns", moveTurn}, {bucketNames[bScripts], indexScript},
		{"executions", moveExecution}, {"keys", moveKey},
	} {
		if err := eachEntry(db, step.from, step.move); err != nil {
			return err
		}
	}
	return nil
}

// entriesAtOnce bounds a transaction of a migration.
const entriesAtOnce = 2000

// eachEntry calls move for all entries of a bucket, in several transactions.
func eachEntry(db *bbolt.DB, name string, move func(t *tx, key, value []byte) error) error {
	var next []byte
	for more := true; more; {
		err := db.Update(func(btx *bbolt.Tx) error {
			t := &tx{kv: newBoltKV(btx)}
			c := btx.Bucket([]byte(name)).Cursor()
			key, value := c.Seek(next)
			for n := 0; key != nil && n < entriesAtOnce; n++ {
				if err := move(t, key, value); err != nil {
					return err
				}
				key, value = c.Next()
			}
			next, more = bytes.Clone(key), key != nil
			return t.err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moveCounter leaves the counter where it was, in a bucket that is there still.
func moveCounter(t *tx, key, value []byte) error {
	if !bytes.Equal(key, formatKey) {
		t.put(bCounters, key, value)
	}
	return nil
}

func moveTurn(t *tx, tenant, ended []byte) error {
	setTurn(t, tenant, ended, 0)
	return nil
}

func indexScript(t *tx, _, value []byte) error {
	s, err := decode[jsruntime.ScriptRecord](value)
	if err != nil {
		return err
	}
	return reindex(t, nil, s, scriptEntries)
}

func moveExecution(t *tx, key, value []byte) error {
	r, err := decode[jsruntime.ExecutionRecord](value)
	if err != nil {
		return err
	}
	w, err := rowOf(r)
	if err != nil {
		return err
	}
	if err := reindex(t, nil, w, executionEntries); err != nil {
		return err
	}
	takePlace(t, w)
	t.put(bExecutions, key, w.bytes())
	return enterQueue(t, w)
}

func moveKey(t *tx, key, value []byte) error {
	return save(t, bKeys, slices.Clone(key), jsruntime.KeyRecord{
		ExecutionID: uuid.UUID(value[:idSize]), CreatedAt: stampTime(value[idSize:]),
	})
}
