package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) ExecutionByKey(ctx context.Context, tenantID uuid.UUID, dedupeKey string) (id uuid.UUID, err error) {
	err = e.view(ctx, func(t *tx) error {
		holder, ok := keyHolder(t, tenantID, dedupeKey)
		if !ok {
			return namedText("dedupe key", dedupeKey, jsruntime.ErrNotFound)
		}
		id = holder
		return nil
	})
	return id, err
}

// keyHolder returns the execution that holds a dedupe key. Nothing holds the empty key.
func keyHolder(t *tx, tenantID uuid.UUID, key string) (uuid.UUID, bool) {
	if key == "" {
		return uuid.Nil, false
	}
	raw := t.get(bKeys, keyOf(tenantID[:], hash(key)))
	if raw == nil {
		return uuid.Nil, false
	}
	return uuid.UUID(raw[:idSize]), true
}

// holdKey gives an execution its dedupe key, unless another holds it: a key never changes hands.
func holdKey(t *tx, r jsruntime.ExecutionRecord) {
	if _, taken := keyHolder(t, r.TenantID, r.DedupeKey); taken || r.DedupeKey == "" {
		return
	}
	key, created := keyOf(r.TenantID[:], hash(r.DedupeKey)), stamp(r.CreatedAt)
	t.put(bKeys, key, keyOf(r.ID[:], created))
	t.put(bKeyTimes, keyOf(created, key), present)
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
