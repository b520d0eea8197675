package jsruntime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime/scheduler"
)

const (
	// tickRetry is how long a tick that the store did not take waits for its next try.
	tickRetry = time.Second
	// ticksAtOnce bounds the scripts whose ticks are being recorded: so many calls can share a sync of the store.
	ticksAtOnce = 256
	// clockTolerance is by how much the clocks of nodes may differ, and a clock be set, without anything being made of it.
	clockTolerance = time.Minute
)

// schedule fires the scheduled scripts of a node. What becomes of a due instant is recorded before it runs, and the cursor
// of the script moves past it in the same step, so that of all nodes one deals with it.
type schedule struct {
	node  *node
	heap  *scheduler.Scheduler[uuid.UUID]
	clock wallClock

	mu      sync.Mutex
	entries map[uuid.UUID]*scheduleEntry
}

type scheduleEntry struct {
	script ScriptRecord
	timetable
	// The schedule's mutex guards both. Only who fires the entry changes its cursor, and may read it without the mutex.
	cursor time.Time // the instants up to here have been dealt with
	firing bool      // one goroutine at a time
}

func newSchedule(n *node) *schedule {
	return &schedule{
		node: n, heap: scheduler.New[uuid.UUID](n.rt.now), clock: newWallClock(n.rt.now()),
		entries: map[uuid.UUID]*scheduleEntry{},
	}
}

// set puts a script on the schedule, or changes it.
func (s *schedule) set(ctx context.Context, script ScriptRecord) error {
	e, err := s.entry(ctx, script)
	if errors.Is(err, ErrInvalid) { // stored by a version that accepted it
		s.node.rt.logger.Error("schedule not understood", "script", script.ID, "error", err)
		s.remove(script.ID)
		return nil
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[script.ID] = e
	s.await(e)
	return nil
}

func (s *schedule) entry(ctx context.Context, script ScriptRecord) (*scheduleEntry, error) {
	t, err := timetableOf(script)
	if err != nil {
		return nil, err
	}
	e := &scheduleEntry{script: script, timetable: t}
	e.cursor, err = s.node.rt.store.ScheduleCursor(ctx, script.TenantID, script.ID)
	return e, err
}

func (s *schedule) remove(scriptID uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, scriptID)
	s.heap.Remove(scriptID)
}

// from is the time after which instants have not been dealt with. A script that was registered as active has no cursor,
// and counts from its creation.
func (e *scheduleEntry) from() time.Time {
	if e.cursor.IsZero() {
		return e.script.CreatedAt
	}
	return e.cursor
}

// await puts a script on the heap, unless its schedule has no instant any more.
func (s *schedule) await(e *scheduleEntry) {
	now := s.node.rt.now()
	next := e.next(e.from())
	switch {
	case e.isAhead(now):
		s.heap.Set(e.script.ID, now)
	case next.IsZero():
		s.heap.Remove(e.script.ID)
	default:
		s.heap.Set(e.script.ID, e.firesAt(next))
	}
}

// isAhead reports whether the cursor is where it can only be after a clock was set back.
func (e *scheduleEntry) isAhead(now time.Time) bool { return e.from().After(now.Add(clockTolerance)) }

// run fires what falls due until ctx ends, and returns when what it fired has been recorded.
func (s *schedule) run(ctx context.Context) {
	var ticks sync.WaitGroup
	slots := make(chan struct{}, ticksAtOnce)
	s.heap.Run(ctx, func(scriptID uuid.UUID, _ time.Time) {
		e := s.take(scriptID)
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

// take returns the entry of a script that is due; nil where there is none, and where it is being fired, as a look at the clock
// may find it: who fires it puts it back on the heap.
func (s *schedule) take(scriptID uuid.UUID) *scheduleEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[scriptID]
	if e == nil || e.firing {
		return nil
	}
	e.firing = true
	return e
}

// moved notes that the instants of an entry up to the given one have been dealt with.
func (s *schedule) moved(e *scheduleEntry, to time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.cursor = to
}

// fire deals with the instants that are due, and puts the script back on the heap for the next one.
func (s *schedule) fire(ctx context.Context, e *scheduleEntry) {
	now := s.node.rt.now().UTC()
	err := s.deal(ctx, e, now)
	if errors.Is(err, ErrConflict) {
		err = s.reload(ctx, e)
	}
	if err != nil && ctx.Err() == nil {
		s.node.rt.logger.Error("ticks not recorded yet", "script", e.script.ID, "since", e.cursor, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.firing = false
	switch {
	case s.entries[e.script.ID] != e: // changed or removed meanwhile
	case err != nil:
		s.heap.Set(e.script.ID, now.Add(tickRetry))
	default:
		s.await(e)
	}
}

// reload looks what has become of a script that was changed, or with whose instants another node has dealt.
func (s *schedule) reload(ctx context.Context, old *scheduleEntry) error {
	script, err := s.node.rt.store.Script(ctx, old.script.TenantID, old.script.ID)
	gone := errors.Is(err, ErrNotFound) || err == nil && (script.Status != ScriptStatusActive || script.Type != ScriptTypeScheduled)
	if err != nil && !gone {
		return err
	}
	var e *scheduleEntry
	if !gone {
		if e, err = s.entry(ctx, script); errors.Is(err, ErrInvalid) {
			gone = true
		} else if err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.entries[old.script.ID] != old:
	case gone:
		delete(s.entries, old.script.ID)
	default:
		s.entries[old.script.ID] = e
		s.await(e)
	}
	return nil
}

// lookAtClock has every script looked at again when the clock was set back: what they wait for is further away now.
func (s *schedule) lookAtClock() {
	now := s.node.rt.now()
	if !s.clock.wasSetBack(now) {
		return
	}
	s.node.rt.logger.Warn("the clock was set back; the schedules follow it", "now", now)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		s.await(e)
	}
}

// wallClock notices when the wall clock is set: when it does not move as the monotonic one does.
type wallClock struct {
	mu    sync.Mutex
	wall  time.Time // at the last look
	mono  time.Time // of the monotonic clock, then
	since time.Time
	back  bool // it was set back, and nobody was told yet
}

func newWallClock(now time.Time) wallClock {
	return wallClock{wall: now, mono: time.Now(), since: now}
}

// look compares the clocks. The mutex is held.
func (c *wallClock) look(now time.Time) {
	mono := time.Now()
	by := now.Round(0).Sub(c.wall.Round(0)) - mono.Sub(c.mono)
	c.wall, c.mono = now, mono
	if by.Abs() > clockTolerance {
		c.since = now
	}
	c.back = c.back || by < -clockTolerance
}

// wasSetBack reports, once, that the clock was set back.
func (c *wallClock) wasSetBack(now time.Time) (back bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look(now)
	back, c.back = c.back, false
	return back
}

// watched returns since when the process has been there, and its clock not been set.
func (c *wallClock) watched(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look(now)
	return c.since
}
