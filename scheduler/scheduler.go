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
	mu      sync.Mutex
	heap    []entry[K]
	index   map[K]int     // where a key is in the heap
	changed chan struct{} // holds a token when the earliest entry may be another one
}

type entry[K comparable] struct {
	key K
	due time.Time
}

// New returns a scheduler without entries.
func New[K comparable]() *Scheduler[K] {
	return &Scheduler[K]{index: map[K]int{}, changed: make(chan struct{}, 1)}
}

// Set makes key fall due at the given wall clock time, instead of the time that it had. A time that has passed is due
// at once.
func (s *Scheduler[K]) Set(key K, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := entry[K]{key: key, due: due.Round(0)} // the wall clock alone
	if i, ok := s.index[key]; ok {
		s.heap[i] = e
		s.down(s.up(i))
	} else {
		s.heap = append(s.heap, e)
		s.index[key] = len(s.heap) - 1
		s.up(len(s.heap) - 1)
	}
	if s.heap[0].key == key {
		s.notify()
	}
}

// Remove takes key out. It is no error when key is not there.
func (s *Scheduler[K]) Remove(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.index[key]; ok {
		s.removeAt(i)
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
			e, sleep, due := s.pop(time.Now())
			if !due {
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

// pop takes out the earliest entry when it is due, and otherwise says how long that will be.
func (s *Scheduler[K]) pop(now time.Time) (e entry[K], sleep time.Duration, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 {
		return e, maxSleep, false
	}
	e = s.heap[0]
	if wait := e.due.Sub(now.Round(0)); wait > 0 {
		return e, min(wait, maxSleep), false
	}
	s.removeAt(0)
	return e, 0, true
}

func (s *Scheduler[K]) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *Scheduler[K]) removeAt(i int) {
	last := len(s.heap) - 1
	delete(s.index, s.heap[i].key)
	if i != last {
		s.heap[i] = s.heap[last]
		s.index[s.heap[i].key] = i
	}
	s.heap[last] = entry[K]{}
	s.heap = s.heap[:last]
	if i != last {
		s.down(s.up(i))
	}
}

// up moves the entry at i towards the root until its parent is not later, and returns where it came to rest.
func (s *Scheduler[K]) up(i int) int {
	for i > 0 {
		parent := (i - 1) / 2
		if !s.heap[i].due.Before(s.heap[parent].due) {
			break
		}
		s.swap(i, parent)
		i = parent
	}
	return i
}

// down moves the entry at i away from the root until no child of it is earlier.
func (s *Scheduler[K]) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.heap) {
			return
		}
		if right := child + 1; right < len(s.heap) && s.heap[right].due.Before(s.heap[child].due) {
			child = right
		}
		if !s.heap[child].due.Before(s.heap[i].due) {
			return
		}
		s.swap(i, child)
		i = child
	}
}

func (s *Scheduler[K]) swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.index[s.heap[i].key] = i
	s.index[s.heap[j].key] = j
}
