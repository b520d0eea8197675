package jsruntime

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const (
	// scheduleOrder is the order key of the runs of a schedule that follow one another.
	scheduleOrder = "schedule"
	// maxWaitingTicks is how many runs of one schedule may wait for their turn before a further tick is skipped.
	maxWaitingTicks = 100
)

// deal records what becomes of the instants that are due, with the executions that they start, and moves the cursor.
func (s *schedule) deal(ctx context.Context, e *scheduleEntry, now time.Time) error {
	t := Ticks{TenantID: e.script.TenantID, ScriptID: e.script.ID, Revision: e.script.Revision, From: e.cursor, To: now}
	if !e.isAhead(now) {
		d := e.due(e.script.Schedule, e.from(), s.clock.watched(now), now)
		if d.to.IsZero() {
			return nil
		}
		t.To = d.to
		var err error
		if t.Due, err = s.node.ticksOf(ctx, e, d, now); err != nil {
			return err
		}
	}
	if err := s.node.rt.store.RecordTicks(ctx, t); err != nil {
		return err
	}
	s.moved(e, t.To)
	if len(t.Due) > 0 {
		s.node.poke()
	}
	return nil
}

// ticksOf makes the records.
func (n *node) ticksOf(ctx context.Context, e *scheduleEntry, d dueTicks, now time.Time) ([]Tick, error) {
	tick := TickRecord{TenantID: e.script.TenantID, ScriptID: e.script.ID, RecordedAt: now}
	var ticks []Tick
	for _, r := range d.skipped {
		skipped := tick
		skipped.Instant, skipped.Status, skipped.Reason = r.last, TickSkipped, r.reason
		if r.count > 1 {
			skipped.First, skipped.Count = r.first, r.count
		}
		ticks = append(ticks, Tick{Record: skipped})
	}
	if len(d.run) == 0 {
		return ticks, nil
	}
	u, err := n.unfinishedTicks(ctx, e.script)
	if err != nil {
		return nil, err
	}
	tenantCap, err := n.tenantCap(ctx, e.script.TenantID)
	if err != nil { // the run itself is capped anyway
		n.rt.logger.Error("tick recorded without the tenant's limits", "script", e.script.ID, "error", err)
	}
	for _, due := range d.run {
		tick.Instant = due.at
		ticks = append(ticks, n.tick(e.script, tick, due.missed, &u, tenantCap))
	}
	return ticks, nil
}

// tick decides by the runs of earlier ticks that have not ended what becomes of one. Missed ones are made up for one after
// the other, unless they may overlap.
func (n *node) tick(script ScriptRecord, t TickRecord, missed bool, u *unfinished, tenantCap ResourceLimits) Tick {
	skips := script.Schedule.skipsOverlaps()
	t.Status = TickSkipped
	switch {
	case missed:
	case skips && u.latest != uuid.Nil:
		t.ExecutionID, t.Reason = u.latest, fmt.Sprintf("overlap: execution %s has not ended", u.latest)
		return Tick{Record: t}
	case !skips && u.waiting >= maxWaitingTicks:
		t.Reason = fmt.Sprintf("overlap: %d runs wait for their turn already", u.waiting)
		return Tick{Record: t}
	}
	inv := &invocation{
		script: &script, trigger: TriggerCron, input: []byte("{}"),
		data: TriggerData{CronTrigger: script.Cron, ScheduledAt: t.Instant},
	}
	run := inv.record(n.rt, tenantCap)
	if script.Schedule.Overlap == OverlapQueue || skips && missed {
		run.OrderKey = scheduleOrder
	}
	t.Status, t.ExecutionID = TickRun, run.ID
	u.latest = run.ID
	u.waiting++
	return Tick{Record: t, Run: &run}
}

// unfinished are the runs of a script's ticks that have not ended, retries of them included.
type unfinished struct {
	latest  uuid.UUID // the nil UUID when there are none
	waiting int       // pending ones, as far as they matter
}

func (n *node) unfinishedTicks(ctx context.Context, script ScriptRecord) (u unfinished, err error) {
	counts, err := n.rt.store.CountExecutions(ctx, script.TenantID, script.ID)
	if err != nil || counts[ExecutionPending]+counts[ExecutionRunning] == 0 {
		return u, err
	}
	f := ExecutionFilter{
		ScriptID: script.ID, Triggers: []TriggerType{TriggerCron}, Statuses: []ExecutionStatus{ExecutionPending, ExecutionRunning},
		PageRequest: PageRequest{Limit: 1},
	}
	if !script.Schedule.skipsOverlaps() {
		if counts[ExecutionPending] < maxWaitingTicks { // of whatever trigger
			u.waiting = int(counts[ExecutionPending])
			return u, nil
		}
		f.Statuses, f.Limit = f.Statuses[:1], maxWaitingTicks
	}
	page, err := n.rt.store.Executions(ctx, script.TenantID, f)
	if err != nil || len(page.Items) == 0 {
		return u, err
	}
	return unfinished{page.Items[0].ID, len(page.Items)}, nil
}
