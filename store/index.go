package store

import "bytes"

// entry is one index entry of a record. What a record's entries are is said once, as a function of the record; those
// that a change adds and removes follow from it.
type entry struct {
	b          bucket
	key, value []byte
}

// reindex replaces the index entries of an old record by those of the new one; nil stands for no record.
func reindex[T any](t *tx, old, new *T, entries func(*T) ([]entry, error)) error {
	var before, now []entry
	var err error
	if old != nil {
		if before, err = entries(old); err != nil {
			return err
		}
	}
	if new != nil {
		if now, err = entries(new); err != nil {
			return err
		}
	}
	for _, e := range before {
		if !holds(now, e) {
			t.discard(e.b, e.key, e.value)
		}
	}
	for _, e := range now {
		switch {
		case !holds(before, e):
			t.replace(e.b, e.key, nil, e.value)
		case !unchanged(before, e):
			t.put(e.b, e.key, e.value)
		}
	}
	return nil
}

func holds(entries []entry, e entry) bool {
	for _, other := range entries {
		if other.b == e.b && bytes.Equal(other.key, e.key) {
			return true
		}
	}
	return false
}

func unchanged(entries []entry, e entry) bool {
	for _, other := range entries {
		if other.b == e.b && bytes.Equal(other.key, e.key) {
			return bytes.Equal(other.value, e.value)
		}
	}
	return false
}
