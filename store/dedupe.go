package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) DedupeKey(ctx context.Context, tenantID uuid.UUID, key string) (r jsruntime.KeyRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		held, err := keyRecord(t, tenantID, key)
		if err == nil && held == nil {
			err = namedText("dedupe key", key, jsruntime.ErrNotFound)
		}
		if err == nil {
			r = *held
		}
		return err
	})
	return r, err
}

func dedupeKey(tenantID uuid.UUID, key string) []byte { return keyOf(tenantID[:], hash(key)) }

// keyRecord returns what is known of a dedupe key; nil where nothing holds it. Nothing holds the empty key.
func keyRecord(t *tx, tenantID uuid.UUID, key string) (*jsruntime.KeyRecord, error) {
	if key == "" {
		return nil, nil
	}
	return load[jsruntime.KeyRecord](t, bKeys, dedupeKey(tenantID, key))
}

// keyHolder returns the execution that holds a dedupe key, or the nil UUID.
func keyHolder(t *tx, tenantID uuid.UUID, key string) (uuid.UUID, error) {
	held, err := keyRecord(t, tenantID, key)
	if err != nil || held == nil {
		return uuid.Nil, err
	}
	return held.ExecutionID, nil
}

// holdKey gives an execution its dedupe key, unless another holds it: a key never changes hands.
func holdKey(t *tx, w *row) error {
	if holder, err := keyHolder(t, w.tenant, w.dedupeKey); err != nil || holder != uuid.Nil || w.dedupeKey == "" {
		return err
	}
	key := dedupeKey(w.tenant, w.dedupeKey)
	t.put(bKeyTimes, keyOf(stamp(w.created), key), present)
	return save(t, bKeys, key, jsruntime.KeyRecord{ExecutionID: w.id, CreatedAt: w.created, Fingerprint: w.fingerprint})
}

// keepReply stores an execution's reply with its dedupe key, if it holds it.
func keepReply(t *tx, w *row, reply json.RawMessage) error {
	if reply == nil {
		return nil
	}
	held, err := keyRecord(t, w.tenant, w.dedupeKey)
	if err != nil || held == nil || held.ExecutionID != w.id {
		return err
	}
	held.Reply = reply
	return save(t, bKeys, dedupeKey(w.tenant, w.dedupeKey), held)
}

// releaseKey frees the dedupe key that an execution holds.
func releaseKey(t *tx, w *row) error {
	held, err := keyRecord(t, w.tenant, w.dedupeKey)
	if err != nil || held == nil || held.ExecutionID != w.id {
		return err
	}
	key := dedupeKey(w.tenant, w.dedupeKey)
	t.delete(bKeyTimes, keyOf(stamp(held.CreatedAt), key))
	t.delete(bKeys, key)
	return nil
}

func (e *engine) PruneKeys(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = e.update(ctx, func(t *tx) error {
		old := oldest(t, bKeyTimes, nil, before, limit)
		for _, key := range old {
			t.delete(bKeyTimes, key)
			t.delete(bKeys, key[stampSize:])
		}
		n = len(old)
		return nil
	})
	return n, err
}

// oldest returns at most limit keys of an index whose keys go on with an instant after the prefix, of those before
// then.
func oldest(t *tx, b bucket, prefix []byte, before time.Time, limit int) [][]byte {
	var keys [][]byte
	for key := range t.ascend(b, prefix, nil) {
		if len(keys) >= limit || !stampTime(key[len(prefix):]).Before(before) {
			break
		}
		keys = append(keys, key)
	}
	return keys
}
