package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// leaseKey is not empty even where a node's name is, which bbolt would refuse.
func leaseKey(node string) []byte { return hash(node) }

func (e *engine) RenewLease(ctx context.Context, node string, until time.Time) error {
	return e.update(ctx, func(t *tx) error {
		t.put(bLeases, leaseKey(node), stamp(until))
		return nil
	})
}

func (e *engine) ReleaseLease(ctx context.Context, node string) error {
	return e.update(ctx, func(t *tx) error {
		t.delete(bLeases, leaseKey(node))
		return nil
	})
}

// isLeased reports whether an execution depends on the lease of its node.
func (w *row) isLeased() bool {
	return w.is(jsruntime.ExecutionRunning) || w.is(jsruntime.ExecutionPending) && w.attached
}

// Expired goes from node to node. It takes the oldest of each that has no lease, and then the oldest of
// all: how many executions the living nodes have does not matter.
func (e *engine) Expired(ctx context.Context, now time.Time, limit int) (expired []jsruntime.ExecutionRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		keys := expiredKeys(t, now, limit)
		var rows []*row
		for _, key := range keys[:min(limit, len(keys))] {
			w, err := stored(t, lastID(key), uuid.UUID(key[stampSize:stampSize+idSize]))
			if err != nil {
				return err
			}
			rows = append(rows, w)
		}
		expired = decodeRows(rows)
		return nil
	})
	return expired, err
}

// Claimed goes through what the node holds: what waits for its turn is among that.
func (e *engine) Claimed(ctx context.Context, node string, limit int) (claimed []jsruntime.ExecutionRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		of := leaseKey(node)
		for key := range t.ascend(bLeased, of, nil) {
			if len(claimed) >= limit {
				break
			}
			key = key[len(of):]
			w, err := stored(t, lastID(key), uuid.UUID(key[stampSize:stampSize+idSize]))
			if err != nil {
				return err
			}
			if w.is(jsruntime.ExecutionRunning) {
				claimed = append(claimed, decodeRows([]*row{w})...)
			}
		}
		return nil
	})
	return claimed, err
}

// expiredKeys returns created, execution and tenant of at most limit executions of each node without a lease, oldest
// first.
func expiredKeys(t *tx, now time.Time, limit int) [][]byte {
	if limit <= 0 {
		return nil
	}
	var keys [][]byte
	for from := []byte(nil); ; {
		first := t.first(bLeased, nil, from)
		if first == nil {
			break
		}
		node := first[:len(leaseKey(""))]
		if until := t.get(bLeases, node); until == nil || !stampTime(until).After(now) {
			n := 0
			for key := range t.ascend(bLeased, node, nil) {
				if n++; n > limit {
					break
				}
				keys = append(keys, key[len(node):])
			}
		}
		if from = beyond(node); from == nil {
			break
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}
