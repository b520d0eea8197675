package store

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) Prune(ctx context.Context, p jsruntime.Pruning) (result jsruntime.Pruned, err error) {
	err = e.update(ctx, func(t *tx) error {
		result, err = prune(t, p)
		return err
	})
	if err != nil {
		return jsruntime.Pruned{}, err
	}
	return result, nil
}

func prune(t *tx, p jsruntime.Pruning) (jsruntime.Pruned, error) {
	after, err := pagePosition(listPruning, p.After)
	if err != nil || p.Limit <= 0 {
		return jsruntime.Pruned{}, err
	}
	place := prunePlace{}
	if after != nil {
		place = pruneAt(after)
	}
	n := 0
	if place.script == nil {
		if n, err = pruneByAge(t, p); err != nil || n == p.Limit {
			return jsruntime.Pruned{Removed: n, Next: pageToken(listPruning, place.bytes())}, err
		}
	}
	if p.KeepPerScript <= 0 {
		return jsruntime.Pruned{Removed: n}, nil
	}
	chosen, next := excess(t, p, place, p.Limit-n)
	for _, r := range chosen {
		if err := remove(t, r.tenant, r.id); err != nil {
			return jsruntime.Pruned{}, err
		}
	}
	result := jsruntime.Pruned{Removed: n + len(chosen)}
	if next != nil {
		result.Next = pageToken(listPruning, next.bytes())
	}
	return result, nil
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
	w, err := stored(t, tenantID, executionID)
	if err != nil {
		return err
	}
	return setExecution(t, w, nil)
}

// prunePlace is where a pruning by count goes on: at an execution of a script, of which so many more are too many.
type prunePlace struct {
	script   []byte // tenant and script; nil before the first, while age prunes
	position []byte
	left     int64
}

const pruningSize = 2*idSize + positionSize + numSize

func (p prunePlace) bytes() []byte {
	b := make([]byte, pruningSize)
	copy(b, p.script)
	copy(b[2*idSize:], p.position)
	copy(b[2*idSize+positionSize:], num(p.left))
	return b
}

func pruneAt(b []byte) prunePlace {
	script, rest := b[:2*idSize], b[2*idSize:]
	if bytes.Equal(script, make([]byte, len(script))) {
		return prunePlace{}
	}
	return prunePlace{script, rest[:positionSize], numValue(rest[positionSize:])}
}

// executionRef names an execution.
type executionRef struct{ tenant, id uuid.UUID }

// maxLooks bounds the scripts and executions that a call looks at without removing them.
const maxLooks = 10_000

// excess goes from script to script, and chooses at most limit executions of those of which a script has too many. It returns
// where to go on; nil behind the last script.
func excess(t *tx, p jsruntime.Pruning, from prunePlace, limit int) (chosen []executionRef, next *prunePlace) {
	looks := limit + maxLooks
	for key, value := range t.ascend(bCounts, nil, from.script) {
		if lastID(key) == uuid.Nil { // the count of the whole tenant
			continue
		}
		place := prunePlace{script: key, left: countsFrom(value).ended() - int64(p.KeepPerScript)}
		if bytes.Equal(key, from.script) {
			place.position, place.left = from.position, min(from.left, place.left)
		}
		if looks--; looks <= 0 || limit == 0 {
			return chosen, &place
		}
		if place.left <= 0 {
			continue
		}
		groups := groupsOf(t, []section{{bScriptPast, key}}, func([]byte) bool { return true })
		for position, g := range ascending(t, groups, place.position) {
			if place.left == 0 {
				break
			}
			if place.position = position; looks == 0 || len(chosen) == limit {
				return chosen, &place
			}
			looks--
			place.left--
			if status := g.kind()[0]; status&deadGroup == 0 && prunes(p, statusOf(status)) {
				chosen = append(chosen, executionRef{uuid.UUID(key[:idSize]), lastID(position)})
			}
		}
	}
	return chosen, nil
}
