package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) RecordTicks(ctx context.Context, ticks jsruntime.Ticks) error {
	runs := make([]*row, len(ticks.Due))
	for i, due := range ticks.Due {
		if due.Record.TenantID != ticks.TenantID || due.Record.ScriptID != ticks.ScriptID {
			return invalid("scriptId", "must be the same for all ticks of one call")
		}
		var err error
		if runs[i], err = optionalRow(due.Run); err != nil {
			return err
		}
		if w := runs[i]; w != nil && (w.tenant != ticks.TenantID || w.script != ticks.ScriptID) {
			return invalid("scriptId", "must be that of the tick")
		}
	}
	return e.update(ctx, func(t *tx) error {
		script := keyOf(ticks.TenantID[:], ticks.ScriptID[:])
		g := gateOfScript(t, ticks.TenantID, ticks.ScriptID)
		if ticks.Revision > 0 && (g == nil || g.revision != ticks.Revision) || !cursor(t, script).Equal(ticks.From) {
			return named("schedule of script", ticks.ScriptID, jsruntime.ErrConflict)
		}
		for i, due := range ticks.Due {
			if err := addTick(t, script, storedTick(due.Record), runs[i]); err != nil {
				return err
			}
		}
		t.put(bCursors, script, stamp(ticks.To))
		return nil
	})
}

// addTick stores a tick with the execution that it starts, unless the instant has one.
func addTick(t *tx, script []byte, tick jsruntime.TickRecord, run *row) error {
	key := keyOf(script, stamp(tick.Instant))
	if t.get(bTicks, key) != nil {
		return nil
	}
	if err := save(t, bTicks, key, tick); err != nil {
		return err
	}
	t.put(bTickTimes, keyOf(stamp(tick.Instant), script), present)
	if run == nil {
		return nil
	}
	return addPending(t, run)
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
