package vm

import (
	"container/list"
	"crypto/sha256"
	"sync"

	"github.com/jsruntime/jsruntime"
)

// key names a source by its language and text.
type key [sha256.Size]byte

func keyOf(source jsruntime.Source) key {
	if source.Language == "" {
		source.Language = jsruntime.LanguageJavaScript
	}
	h := sha256.New()
	h.Write([]byte(source.Language))
	h.Write([]byte{0})
	h.Write([]byte(source.Text))
	return key(h.Sum(nil))
}

// cache keeps compiled programs, the least recently used go first, and makes concurrent compiles of one source one.
// Sources that do not compile are not kept: nobody runs them twice.
type cache struct {
	mu      sync.Mutex
	max     int64
	weight  int64
	entries map[key]*list.Element // of *entry
	recent  *list.List            // the most recently used first
	flights map[key]*compilation
}

type entry struct {
	key     key
	program *program
}

// ticket is a place in a compilation; who has the claim has to run it.
type ticket struct {
	*compilation
	claim bool
}

func newCache(maxBytes int64) *cache {
	return &cache{
		max:     maxBytes,
		entries: map[key]*list.Element{},
		recent:  list.New(),
		flights: map[key]*compilation{},
	}
}

// join returns the program when it is cached, and otherwise a ticket for its compilation.
func (c *cache) join(k key) (ticket, *program) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[k]; ok {
		if p := element.Value.(*entry).program; !p.spoiled.Load() {
			c.recent.MoveToFront(element)
			return ticket{}, p
		}
		c.remove(element)
	}
	if flight, ok := c.flights[k]; ok {
		return ticket{compilation: flight}, nil
	}
	flight := &compilation{done: make(chan struct{})}
	c.flights[k] = flight
	return ticket{compilation: flight, claim: true}, nil
}

// run compiles and lets everybody know.
func (c *cache) run(k key, flight *compilation, source jsruntime.Source) {
	flight.program, flight.err = compileSafely(source)
	c.mu.Lock()
	delete(c.flights, k)
	if flight.err == nil {
		c.put(k, flight.program)
	}
	c.mu.Unlock()
	close(flight.done)
}

func (c *cache) put(k key, p *program) {
	if p.weight > c.max {
		return
	}
	c.entries[k] = c.recent.PushFront(&entry{key: k, program: p})
	c.weight += p.weight
	for c.weight > c.max {
		c.remove(c.recent.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	e := c.recent.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.weight -= e.program.weight
}
