// Package scheduler calls back when keys fall due. It keeps any number of keys in a heap and one timer, so that an
// entry costs a few dozen bytes and a change costs the logarithm of their number. It knows nothing of what a key
// stands for.
package scheduler

import (
	"context"
	"sync"
	"time"
)

// maxSleep bounds how long the scheduler goes without a look at the wall clock: a timer runs on the monotonic clock,
// and does not notice when somebody sets the other one.
const maxSleep = 10 * time.Second

// Scheduler holds keys with the time at which each falls due. Its methods may be called concurrently, from the
// callback too.
type Scheduler[K comparable] struct {
	now     func() time.Time
	mu      sync.Mutex
	heap    []*entry[K]
	entries map[K]*entry[K]
	changed chan struct{} // holds a token when the earliest entry may be another one
}

type entry[K comparable] struct {
	key   K
	due   time.Time
	place int // in the heap
}

// New returns a scheduler without entries that goes by the given clock, such as [time.Now]. The clock may be set, forwards
// and back: the scheduler looks at it at least every 10 seconds.
func New[K comparable](now func() time.Time) *Scheduler[K] {
	return &Scheduler[K]{now: now, entries: map[K]*entry[K]{}, changed: make(chan struct{}, 1)}
}

// Set makes key fall due at the given wall clock time, instead of the time that it had. A time that has passed is due
// at once.
func (s *Scheduler[K]) Set(key K, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[key]
	if e == nil {
		e = &entry[K]{key: key, place: len(s.heap)}
		s.heap = append(s.heap, e)
		s.entries[key] = e
	}
	e.due = due.Round(0) // the wall clock alone
	s.move(e)
	if e.place == 0 {
		s.notify()
	}
}

// Remove takes key out. It is no error when key is not there.
func (s *Scheduler[K]) Remove(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		s.remove(e)
	}
}

// Len returns the number of keys.
func (s *Scheduler[K]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heap)
}

// Run calls fire for each key when it falls due, earliest first, on this goroutine, until ctx is done. A key that
// fires is taken out; fire may Set it again. What fire does delays the keys after it.
func (s *Scheduler[K]) Run(ctx context.Context, fire func(key K, due time.Time)) {
	timer := time.NewTimer(maxSleep)
	defer timer.Stop()
	for {
		wait := maxSleep
		for ctx.Err() == nil {
			e, sleep := s.pop(s.now())
			if e == nil {
				wait = sleep
				break
			}
			fire(e.key, e.due)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-timer.C:
		}
	}
}

// pop takes out the earliest entry when it is due, and otherwise says how long to sleep.
func (s *Scheduler[K]) pop(now time.Time) (due *entry[K], sleep time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 {
		return nil, maxSleep
	}
	first := s.heap[0]
	if wait := first.due.Sub(now.Round(0)); wait > 0 {
		return nil, min(wait, maxSleep)
	}
	s.remove(first)
	return first, 0
}

func (s *Scheduler[K]) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *Scheduler[K]) remove(e *entry[K]) {
	last := s.heap[len(s.heap)-1]
	s.heap[len(s.heap)-1] = nil
	s.heap = s.heap[:len(s.heap)-1]
	delete(s.entries, e.key)
	if last != e {
		s.put(last, e.place)
		s.move(last)
	}
}

func (s *Scheduler[K]) put(e *entry[K], place int) { s.heap[place], e.place = e, place }

// move takes an entry to its place: towards the root while its parent is later, away from it while a child is earlier.
func (s *Scheduler[K]) move(e *entry[K]) {
	for e.place > 0 {
		parent := s.heap[(e.place-1)/2]
		if !e.due.Before(parent.due) {
			break
		}
		s.swap(parent, e)
	}
	for {
		child := s.earlierChild(e.place)
		if child == nil || !child.due.Before(e.due) {
			return
		}
		s.swap(e, child)
	}
}

// earlierChild returns the earlier one of what is below a place; nil when nothing is.
func (s *Scheduler[K]) earlierChild(place int) *entry[K] {
	left := 2*place + 1
	switch {
	case left >= len(s.heap):
		return nil
	case left+1 < len(s.heap) && s.heap[left+1].due.Before(s.heap[left].due):
		return s.heap[left+1]
	}
	return s.heap[left]
}

func (s *Scheduler[K]) swap(upper, lower *entry[K]) {
	up, down := upper.place, lower.place
	s.put(lower, up)
	s.put(upper, down)
}
