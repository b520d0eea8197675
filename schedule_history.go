package jsruntime

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// NextRuns returns the next n instants at which a scheduled script is due, 1 to MaxPageLimit of them, in UTC: fewer when the
// schedule ends before, none when it has ended. They are the instants of the schedule, without jitter, and whether each
// will run depends on its policy. Those of a script that is not active are the ones that it would have if it were activated
// now. A script that is not a scheduled one is a [FieldError] for "type".
func (rt *Runtime) NextRuns(ctx context.Context, tenantID, scriptID uuid.UUID, n int) ([]time.Time, error) {
	instants, err := rt.nextRuns(ctx, tenantID, scriptID, n)
	if err != nil {
		return nil, fmt.Errorf("next runs of script %s: %w", scriptID, err)
	}
	return instants, nil
}

func (rt *Runtime) nextRuns(ctx context.Context, tenantID, scriptID uuid.UUID, n int) ([]time.Time, error) {
	if n < 1 || n > MaxPageLimit {
		return nil, invalid("n", "must be 1 to %d, is %d", MaxPageLimit, n)
	}
	script, err := rt.store.Script(ctx, tenantID, scriptID)
	if err != nil {
		return nil, err
	}
	if script.Type != ScriptTypeScheduled {
		return nil, invalid("type", "must be %q, is %q", ScriptTypeScheduled, script.Type)
	}
	t, err := timetableOf(script)
	if err != nil {
		return nil, err
	}
	instants := make([]time.Time, 0, n)
	for at := t.next(rt.now()); !at.IsZero() && len(instants) < n; at = t.next(at) {
		instants = append(instants, at)
	}
	return instants, nil
}

// Ticks lists what became of the due instants of a script's schedule, latest first: which execution each started, or why it
// was skipped. They outlive the script, until they are pruned.
func (rt *Runtime) Ticks(ctx context.Context, tenantID, scriptID uuid.UUID, p PageRequest) (Page[TickRecord], error) {
	page, err := rt.store.Ticks(ctx, tenantID, scriptID, p)
	if err == nil && len(page.Items) == 0 && p.After == "" { // a script that there is or was has versions
		var versions Page[VersionRecord]
		versions, err = rt.store.Versions(ctx, tenantID, scriptID, PageRequest{Limit: 1})
		if err == nil && len(versions.Items) == 0 {
			err = ErrNotFound
		}
	}
	if err != nil {
		return Page[TickRecord]{}, fmt.Errorf("ticks of script %s: %w", scriptID, err)
	}
	return page, nil
}
