package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime/scheduler"
)

const (
	// missedWindow is how far back a due instant may lie and still be run, after the process was down.
	missedWindow = 24 * time.Hour
	// tickRetry is how long a tick that the store did not take waits for its next try.
	tickRetry = time.Second
	// ticksAtOnce bounds the ticks that are being recorded.
	ticksAtOnce = 32
)

// schedule fires the scheduled scripts of a node. Each due instant is recorded under script and instant before it
// runs, so that of all nodes one runs it. A tick whose predecessor's run has not ended is skipped, on record. Of the
// instants that passed while no process was there, the latest runs once.
type schedule struct {
	node *node
	heap *scheduler.Scheduler[uuid.UUID]

	mu      sync.Mutex
	entries map[uuid.UUID]*scheduleEntry
}

type scheduleEntry struct {
	script ScriptRecord
	cron   CronExpression
	cursor time.Time // the instants up to here have been dealt with
}

// set puts a script on the schedule, or changes it.
func (s *schedule) set(ctx context.Context, script ScriptRecord) error {
	expr, err := NewCronExpression(script.Cron)
	if err != nil { // stored by a version that accepted it
		s.node.rt.logger.Error("schedule not understood", "script", script.ID, "error", err)
		s.remove(script.ID)
		return nil
	}
	cursor, err := s.node.rt.store.ScheduleCursor(ctx, script.TenantID, script.ID)
	if err != nil {
		return err
	}
	if cursor.IsZero() { // registered as active: it counts from its creation
		cursor = script.CreatedAt
	}
	e := &scheduleEntry{script: script, cron: expr, cursor: cursor}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[script.ID] = e
	s.await(script.ID, e.due(time.Now()))
	return nil
}

func (s *schedule) remove(scriptID uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, scriptID)
	s.heap.Remove(scriptID)
}

// await puts a script on the heap, unless its schedule has no instant any more.
func (s *schedule) await(scriptID uuid.UUID, due time.Time) {
	if due.IsZero() {
		s.heap.Remove(scriptID)
		return
	}
	s.heap.Set(scriptID, due)
}

// run fires what falls due until ctx ends, and returns when what it fired has been recorded.
func (s *schedule) run(ctx context.Context) {
	var ticks sync.WaitGroup
	slots := make(chan struct{}, ticksAtOnce)
	s.heap.Run(ctx, func(scriptID uuid.UUID, _ time.Time) {
		s.mu.Lock()
		e := s.entries[scriptID]
		s.mu.Unlock()
		if e == nil {
			return
		}
		slots <- struct{}{}
		ticks.Go(func() {
			s.fire(ctx, e)
			<-slots
		})
	})
	ticks.Wait()
}

// due returns the instant that is next: the latest that has passed, if one has, and otherwise the first to come; the
// zero time when there is none.
func (e *scheduleEntry) due(now time.Time) time.Time {
	from := e.cursor
	if oldest := now.Add(-missedWindow); from.Before(oldest) {
		from = oldest
	}
	if passed := e.cron.latest(e.script.CreatedAt, from, now); !passed.IsZero() {
		return passed.UTC()
	}
	next := e.cron.NextFrom(e.script.CreatedAt, now)
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// fire deals with the instant that is due, and puts the script back on the heap for the next one.
func (s *schedule) fire(ctx context.Context, e *scheduleEntry) {
	now := time.Now().UTC()
	instant := e.due(now)
	again := instant
	if !instant.IsZero() && !instant.After(now) {
		if err := s.node.tick(ctx, e.script, instant, now); err != nil {
			if ctx.Err() == nil {
				s.node.rt.logger.Error("tick not recorded yet", "script", e.script.ID, "instant", instant, "error", err)
			}
			again = now.Add(tickRetry)
		} else {
			e.cursor = instant
			again = e.due(now)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[e.script.ID] == e { // neither changed nor removed meanwhile
		s.await(e.script.ID, again)
	}
}

// tick records what becomes of a due instant, with the execution that it starts.
func (n *node) tick(ctx context.Context, script ScriptRecord, instant, now time.Time) error {
	t := TickRecord{
		TenantID: script.TenantID, ScriptID: script.ID, Instant: instant, Status: TickRun, RecordedAt: now,
	}
	busy, err := n.lastTickRuns(ctx, script)
	if err != nil {
		return err
	}
	if busy != uuid.Nil {
		t.Status, t.ExecutionID = TickSkipped, busy
		t.Reason = fmt.Sprintf("overlap: execution %s has not ended", busy)
		return ignoreDuplicate(n.rt.store.RecordTick(ctx, t, nil))
	}
	tenantCap, err := n.tenantCap(ctx, script.TenantID)
	if err != nil {
		return err
	}
	inv := &invocation{
		script: script, trigger: TriggerCron, data: TriggerData{CronTrigger: script.Cron}, input: []byte("{}"),
	}
	record := inv.record(n.rt, tenantCap)
	t.ExecutionID = record.ID
	if err := n.rt.store.RecordTick(ctx, t, &record); err != nil {
		return ignoreDuplicate(err)
	}
	n.poke()
	return nil
}

// lastTickRuns returns the execution of the script's last tick when that has not ended; otherwise the nil UUID.
func (n *node) lastTickRuns(ctx context.Context, script ScriptRecord) (uuid.UUID, error) {
	page, err := n.rt.store.Ticks(ctx, script.TenantID, script.ID, PageRequest{Limit: 1})
	if err != nil || len(page.Items) == 0 || page.Items[0].ExecutionID == uuid.Nil {
		return uuid.Nil, err
	}
	e, err := n.rt.store.Execution(ctx, script.TenantID, page.Items[0].ExecutionID)
	if errors.Is(err, ErrNotFound) || err == nil && e.Status.IsTerminal() {
		return uuid.Nil, nil
	}
	return e.ID, err
}

// ignoreDuplicate makes success of a tick that another node has recorded.
func ignoreDuplicate(err error) error {
	if errors.Is(err, ErrDuplicate) {
		return nil
	}
	return err
}
