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
func holdKey(t *tx, r jsruntime.ExecutionRecord) error {
	if holder, err := keyHolder(t, r.TenantID, r.DedupeKey); err != nil || holder != uuid.Nil || r.DedupeKey == "" {
		return err
	}
	key := dedupeKey(r.TenantID, r.DedupeKey)
	t.put(bKeyTimes, keyOf(stamp(r.CreatedAt), key), present)
	return save(t, bKeys, key, jsruntime.KeyRecord{ExecutionID: r.ID, CreatedAt: r.CreatedAt, Fingerprint: r.Fingerprint})
}

// keepReply stores an execution's reply with its dedupe key, if it holds it.
func keepReply(t *tx, r jsruntime.ExecutionRecord, reply json.RawMessage) error {
	if reply == nil {
		return nil
	}
	held, err := keyRecord(t, r.TenantID, r.DedupeKey)
	if err != nil || held == nil || held.ExecutionID != r.ID {
		return err
	}
	held.Reply = reply
	return save(t, bKeys, dedupeKey(r.TenantID, r.DedupeKey), held)
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
