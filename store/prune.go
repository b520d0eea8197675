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
	if err != nil || p.Limit <= 0 || p.Before.IsZero() && p.KeepPerScript <= 0 {
		return jsruntime.Pruned{}, err
	}
	chosen, next := choose(t, p, prunePlaceAt(after))
	for _, r := range chosen {
		if err := remove(t, r.tenant, r.id); err != nil {
			return jsruntime.Pruned{}, err
		}
	}
	result := jsruntime.Pruned{Removed: len(chosen)}
	if next != nil {
		result.Next = pageToken(listPruning, next.bytes())
	}
	return result, nil
}

// prunes reports whether the pruning is for executions of a group.
func prunes(p jsruntime.Pruning, kind []byte) bool {
	return kind[0]&deadGroup == 0 && (len(p.Statuses) == 0 || slices.Contains(p.Statuses, statusOf(kind[0])))
}

func remove(t *tx, tenantID, executionID uuid.UUID) error {
	w, err := stored(t, tenantID, executionID)
	if err != nil {
		return err
	}
	return setExecution(t, w, nil)
}

// prunePlace is where a pruning goes on: at an execution of a script, before which so many stay. How many are too many is
// counted anew from that each time, since others may prune meanwhile; what has gone of those that were to stay makes it fewer.
type prunePlace struct {
	script   []byte // tenant and script; nil before the first
	position []byte
	kept     int64
}

const pruningSize = 2*idSize + positionSize + numSize

func (p prunePlace) bytes() []byte {
	b := make([]byte, pruningSize)
	copy(b, p.script)
	copy(b[2*idSize:], p.position)
	copy(b[2*idSize+positionSize:], num(p.kept))
	return b
}

func prunePlaceAt(b []byte) prunePlace {
	if b == nil {
		return prunePlace{}
	}
	rest := b[2*idSize:]
	return prunePlace{b[:2*idSize], rest[:positionSize], numValue(rest[positionSize:])}
}

// executionRef names an execution.
type executionRef struct{ tenant, id uuid.UUID }

// maxLooks bounds the scripts and executions that a call looks at without removing them.
const maxLooks = 10_000

// choose goes from script to script, and chooses at most p.Limit executions. It returns where to go on; nil behind the last
// script.
func choose(t *tx, p jsruntime.Pruning, from prunePlace) (chosen []executionRef, next *prunePlace) {
	looks := min(p.Limit, maxLooks) + maxLooks
	for key, value := range t.ascend(bCounts, nil, from.script) {
		place := prunePlace{script: key}
		if bytes.Equal(key, from.script) {
			place = from
		}
		if looks--; looks <= 0 {
			return chosen, &place
		}
		if lastID(key) == uuid.Nil { // the count of the whole tenant
			continue
		}
		excess := int64(0)
		if p.KeepPerScript > 0 {
			excess = max(countsFrom(value).ended()-int64(p.KeepPerScript)-place.kept, 0)
		}
		// What is old is all that a script has of some groups, up to an instant; what is too much is of all groups.
		groups := groupsOf(t, []section{{bScriptPast, key}}, func(kind []byte) bool { return excess > 0 || prunes(p, kind) })
		for position, g := range ascending(t, groups, place.position) {
			if excess == 0 && !stampTime(position).Before(p.Before) {
				break
			}
			if place.position = position; looks <= 0 || len(chosen) == p.Limit {
				return chosen, &place
			}
			looks--
			excess = max(excess-1, 0)
			if prunes(p, g.kind()) {
				chosen = append(chosen, executionRef{uuid.UUID(key[:idSize]), lastID(position)})
			} else {
				place.kept++
			}
		}
	}
	return chosen, nil
}
