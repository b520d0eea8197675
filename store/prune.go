package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) Prune(ctx context.Context, p jsruntime.Pruning) (n int, err error) {
	err = e.update(ctx, func(t *tx) error {
		n = 0
		if n, err = pruneByAge(t, p); err != nil || p.KeepPerScript <= 0 {
			return err
		}
		more, err := pruneByCount(t, p, p.Limit-n)
		n += more
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// prunes reports whether the pruning is for executions with this status.
func prunes(p jsruntime.Pruning, s jsruntime.ExecutionStatus) bool {
	return s.IsTerminal() && (len(p.Statuses) == 0 || slices.Contains(p.Statuses, s))
}

func pruneByAge(t *tx, p jsruntime.Pruning) (int, error) {
	if p.Before.IsZero() {
		return 0, nil
	}
	n := 0
	for _, s := range statuses {
		if !prunes(p, s) {
			continue
		}
		for _, key := range oldest(t, bEnded, []byte{statusByte(s)}, p.Before, p.Limit-n) {
			tenant := key[1+stampSize : 1+stampSize+idSize]
			if err := remove(t, uuid.UUID(tenant), lastID(key)); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func remove(t *tx, tenantID, executionID uuid.UUID) error {
	r, err := execution(t, tenantID, executionID)
	if err != nil {
		return err
	}
	return setExecution(t, r, nil)
}

// pruneByCount goes through the scripts that have more ended executions than are to be kept, which their counts tell.
func pruneByCount(t *tx, p jsruntime.Pruning, limit int) (int, error) {
	var excess [][]byte // keys of bScriptRuns
	for key, value := range t.ascend(bCounts, nil, nil) {
		if len(excess) >= limit {
			break
		}
		if lastID(key) == uuid.Nil { // the count of the whole tenant
			continue
		}
		if n := countsFrom(value).ended() - int64(p.KeepPerScript); n > 0 {
			excess = append(excess, excessOf(t, p, key, n, limit-len(excess))...)
		}
	}
	for _, key := range excess {
		if err := remove(t, uuid.UUID(key[:idSize]), lastID(key)); err != nil {
			return 0, err
		}
	}
	return len(excess), nil
}

// excessOf returns at most limit of the n oldest ended executions of a script, of those that may go.
func excessOf(t *tx, p jsruntime.Pruning, script []byte, n int64, limit int) [][]byte {
	var keys [][]byte
	for key, value := range t.ascend(bScriptRuns, script, nil) {
		if n == 0 || len(keys) == limit {
			break
		}
		status := endingStatus(value)
		if status == "" {
			continue
		}
		n--
		if value[0]&endingDead == 0 && prunes(p, status) {
			keys = append(keys, key)
		}
	}
	return keys
}
