package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// statuses are all execution statuses; the place of one stands for it in keys and counts. A new one goes to the end.
var statuses = []jsruntime.ExecutionStatus{
	jsruntime.ExecutionPending, jsruntime.ExecutionRunning, jsruntime.ExecutionCompleted, jsruntime.ExecutionFailed,
	jsruntime.ExecutionTimeout, jsruntime.ExecutionCancelled,
}

func statusIndex(s jsruntime.ExecutionStatus) int { return slices.Index(statuses, s) }

// statusByte is not 0, so that it can be a value by itself.
func statusByte(s jsruntime.ExecutionStatus) byte { return byte(statusIndex(s) + 1) }

func statusOf(b byte) jsruntime.ExecutionStatus { return statuses[b-1] }

// triggers are all trigger types; the place of one stands for it in keys. A new one goes to the end.
var triggers = []jsruntime.TriggerType{
	jsruntime.TriggerCron, jsruntime.TriggerHTTP, jsruntime.TriggerEvent, jsruntime.TriggerManual, jsruntime.TriggerAPI,
}

// triggerByte is 0 for what is none of them.
func triggerByte(t jsruntime.TriggerType) byte { return byte(slices.Index(triggers, t) + 1) }

func (e *engine) CountExecutions(
	ctx context.Context, tenantID, scriptID uuid.UUID,
) (map[jsruntime.ExecutionStatus]int64, error) {
	result := map[jsruntime.ExecutionStatus]int64{}
	err := e.view(ctx, func(t *tx) error {
		c := countsOf(t, tenantID, scriptID)
		for i, n := range c {
			if n > 0 {
				result[statuses[i]] = n
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// counts are numbers of executions by status.
type counts []int64

func (c counts) of(s jsruntime.ExecutionStatus) int64 { return c[statusIndex(s)] }

// ended is the number of those that have come to their end.
func (c counts) ended() (n int64) {
	for i, s := range statuses {
		if s.IsTerminal() {
			n += c[i]
		}
	}
	return n
}

func countsFrom(raw []byte) counts {
	c := make(counts, len(statuses))
	if len(raw) >= countsSize() {
		for i := range c {
			c[i] = numValue(raw[i*numSize:])
		}
	}
	return c
}

// countsSize is the length of counts; behind those of a tenant is its turn, where it has had one.
func countsSize() int { return len(statuses) * numSize }

func (c counts) bytes() []byte {
	raw := make([]byte, 0, countsSize()+turnSize)
	for _, n := range c {
		raw = appendNum(raw, n)
	}
	return raw
}

// countsOf returns the counts of a script; the nil UUID stands for all of the tenant.
func countsOf(t *tx, tenantID, scriptID uuid.UUID) counts {
	return countsFrom(t.get(bCounts, keyOf(tenantID[:], scriptID[:])))
}

// recount moves one execution from the count of one status to that of another, for its script and its tenant; 0 is none.
func recount(t *tx, tenantID, scriptID uuid.UUID, from, to byte) {
	if from == to {
		return
	}
	for _, id := range []uuid.UUID{scriptID, uuid.Nil} {
		key := keyOf(tenantID[:], id[:])
		old := t.get(bCounts, key)
		c := countsFrom(old)
		if from != 0 {
			c[from-1]--
		}
		if to != 0 {
			c[to-1]++
		}
		if turn := turnIn(old); turn == nil && c.none() {
			t.discard(bCounts, key, old)
		} else {
			t.replace(bCounts, key, old, append(c.bytes(), turn...))
		}
	}
}

func (c counts) none() bool {
	for _, n := range c {
		if n != 0 {
			return false
		}
	}
	return true
}
