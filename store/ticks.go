package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) RecordTick(ctx context.Context, tick jsruntime.TickRecord, run *jsruntime.ExecutionRecord) error {
	tick = storedTick(tick)
	started, err := optionalRow(run)
	if err != nil {
		return err
	}
	return e.update(ctx, func(t *tx) error {
		script := keyOf(tick.TenantID[:], tick.ScriptID[:])
		key := keyOf(script, stamp(tick.Instant))
		if t.get(bTicks, key) != nil {
			return fmt.Errorf("tick at %s: %w", tick.Instant.Format(time.RFC3339Nano), jsruntime.ErrDuplicate)
		}
		if err := save(t, bTicks, key, tick); err != nil {
			return err
		}
		t.put(bTickTimes, keyOf(stamp(tick.Instant), script), present)
		if cursor(t, script).Before(tick.Instant) {
			t.put(bCursors, script, stamp(tick.Instant))
		}
		if started == nil {
			return nil
		}
		// The key of a tick that was pruned can still be held: that instant has been run.
		holder, err := keyHolder(t, started.tenant, started.dedupeKey)
		if err != nil {
			return err
		}
		if holder != uuid.Nil {
			return duplicate("dedupeKey", holder)
		}
		return addPending(t, started)
	})
}

func (e *engine) Ticks(
	ctx context.Context, tenantID, scriptID uuid.UUID, p jsruntime.PageRequest,
) (result jsruntime.Page[jsruntime.TickRecord], err error) {
	err = e.view(ctx, func(t *tx) error {
		choose := func(value []byte) (*jsruntime.TickRecord, error) {
			return decode[jsruntime.TickRecord](value)
		}
		result, err = page(t, listTicks, p, bTicks, keyOf(tenantID[:], scriptID[:]), choose)
		return err
	})
	return result, err
}

func (e *engine) ScheduleCursor(ctx context.Context, tenantID, scriptID uuid.UUID) (to time.Time, err error) {
	err = e.view(ctx, func(t *tx) error {
		to = cursor(t, keyOf(tenantID[:], scriptID[:]))
		return nil
	})
	return to, err
}

func (e *engine) SetScheduleCursor(ctx context.Context, tenantID, scriptID uuid.UUID, to time.Time) error {
	return e.update(ctx, func(t *tx) error {
		t.put(bCursors, keyOf(tenantID[:], scriptID[:]), stamp(to))
		return nil
	})
}

func (e *engine) PruneTicks(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = e.update(ctx, func(t *tx) error {
		old := oldest(t, bTickTimes, nil, before, limit)
		for _, key := range old {
			t.delete(bTickTimes, key)
			t.delete(bTicks, keyOf(key[stampSize:], key[:stampSize]))
		}
		n = len(old)
		return nil
	})
	return n, err
}

// cursor returns the cursor of a script's schedule, or the zero time.
func cursor(t *tx, script []byte) time.Time {
	if raw := t.get(bCursors, script); raw != nil {
		return stampTime(raw)
	}
	return time.Time{}
}
