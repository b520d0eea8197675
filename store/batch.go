package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sync/semaphore"

	"github.com/jsruntime/jsruntime"
)

// maxBatch is the most calls that share one transaction, so that no caller waits for an endless one.
const maxBatch = 1024

// allCopies is more than there ever are at a time.
const allCopies = 1 << 30

// boltBackend runs the writes of concurrent callers in one bbolt transaction, so that they share its sync. While one batch
// syncs, the next one gathers by itself. Whichever caller gets the turn commits for all that wait, so there is no goroutine to
// own and to stop.
type boltBackend struct {
	using  sync.RWMutex  // held while a transaction that reads is open, and exclusively while db is exchanged
	db     *boltDB       // belongs to who has the turn or the lock
	turn   chan struct{} // holds one token while somebody commits
	failed atomic.Pointer[failure]
	copies *semaphore.Weighted // one of many is held by each Backup and Check, and all of them by Compact

	mu      sync.Mutex
	waiting []*write
	closed  bool

	expected int           // writes: those of the last batch, and those that came while it was made
	took     time.Duration // that batch, without its waiting
	within   time.Duration // gatherWithin, but in tests
	enough   chan struct{} // closed when wanted writes wait; nil while nobody wants to know
	wanted   int           // writes to be woken for
}

// write is one caller's part of a batch.
type write struct {
	fn   func(*tx) error
	err  error // valid when done is closed
	done chan struct{}
}

func newBoltBackend(db *boltDB) *boltBackend {
	return &boltBackend{db: db, turn: make(chan struct{}, 1), copies: semaphore.NewWeighted(allCopies), within: gatherWithin}
}

func (b *boltBackend) view(fn func(*tx) error) error {
	return b.readTx(func(btx *bbolt.Tx) error { return fn(&tx{kv: newBoltKV(btx)}) })
}

// readTx runs fn in a transaction that reads.
func (b *boltBackend) readTx(fn func(*bbolt.Tx) error) error {
	b.using.RLock()
	defer b.using.RUnlock()
	if err := b.stuck(); err != nil {
		return err
	}
	began := false
	err := guarded(func() error {
		return b.db.View(func(btx *bbolt.Tx) error { began = true; return fn(btx) })
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return jsruntime.ErrClosed
	}
	if !began && errors.Is(err, jsruntime.ErrFormat) {
		return b.fail(err, true)
	}
	return err
}

func (b *boltBackend) update(done <-chan struct{}, fn func(*tx) error) error {
	w := &write{fn: fn, done: make(chan struct{})}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return jsruntime.ErrClosed
	}
	b.arrived(w)
	b.mu.Unlock()

	select {
	case b.turn <- struct{}{}:
		b.takeTurn(w)
	case <-w.done:
	case <-done:
		if b.withdraw(w) {
			return errWithdrawn
		}
	}
	<-w.done
	return w.err
}

// takeTurn commits what waits, by whomever it was brought, until a write is among it, and gives the turn up. Who waits for a later
// batch gets the turn then: the caller of a write that is done would else go on for as long as others bring enough.
func (b *boltBackend) takeTurn(w *write) {
	defer func() { <-b.turn }()
	for {
		select {
		case <-w.done:
			return
		default:
			b.commit()
		}
	}
}

// withdraw takes a write back. It reports whether that was in time: no batch has begun it.
func (b *boltBackend) withdraw(w *write) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.waiting, w)
	if i < 0 {
		return false
	}
	b.waiting = slices.Delete(b.waiting, i, i+1)
	return true
}

// arrived adds a write to those that wait.
func (b *boltBackend) arrived(w *write) {
	b.waiting = append(b.waiting, w)
	if b.enough != nil && len(b.waiting) >= b.wanted {
		close(b.enough)
		b.enough = nil
	}
}

// gatherWithin bounds how long a batch waits for those who are expected.
const gatherWithin = 4 * time.Millisecond

// gatherAtOnce is how many writes that have come wake a batch that waits.
const gatherAtOnce = 8

// gathering is a batch in the making. It waits for nine in ten of as many writes as came with the last one and during it, for at most
// twice as long as that took, and runs those that have come meanwhile. The last ones are on their way while it commits. Callers who
// write again and again come back soon, and a batch of nearly all of them has half as many pages and syncs for each as one of half of
// them. Who writes alone waits for nobody.
type gathering struct {
	*boltBackend
	ran      []*write
	expected int
	patience time.Duration
	late     <-chan time.Time // when patience is over; nil before it waits
	waited   time.Duration
}

func (b *boltBackend) newGathering() *gathering {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &gathering{boltBackend: b, expected: min(b.expected-b.expected/10, maxBatch), patience: min(2*b.took, b.within)}
}

// next returns writes to run, and none when the batch is complete.
func (g *gathering) next() []*write {
	for {
		came, enough := g.take()
		if enough == nil {
			return came
		}
		if g.late == nil {
			g.late = time.After(g.patience)
		}
		began := time.Now()
		select {
		case <-enough:
		case <-g.late:
			g.patience = 0
		}
		g.waited += time.Since(began)
	}
}

// take returns the writes that wait, or what is closed when enough do; neither when the batch is complete.
func (g *gathering) take() (came []*write, enough chan struct{}) {
	b := g.boltBackend
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enough = nil
	n := min(len(b.waiting), maxBatch-len(g.ran))
	came = slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	g.ran = append(g.ran, came...)
	if missing := g.expected - len(g.ran); len(came) == 0 && missing > 0 && g.patience > 0 && !b.closed {
		b.enough, b.wanted = make(chan struct{}), min(missing, gatherAtOnce)
	}
	return came, b.enough
}

// commit runs a batch and tells its callers.
func (b *boltBackend) commit() {
	g := b.newGathering()
	err := errors.New("the transaction was abandoned") // what the others learn if a call panics
	defer func() {
		for _, w := range g.ran {
			if err != nil { // also for those with an error of their own: it may rest on what is not stored
				w.err = err
			}
			close(w.done)
		}
	}()
	began := time.Now()
	err = b.runAll(g)
	b.mu.Lock()
	b.expected, b.took = len(g.ran)+len(b.waiting), time.Since(began)-g.waited
	b.mu.Unlock()
}

func (b *boltBackend) runAll(g *gathering) error {
	batch := g.next()
	if len(batch) == 0 {
		return nil
	}
	if err := b.writable(); err != nil {
		return err
	}
	var btx *bbolt.Tx
	err := guarded(func() (err error) { btx, err = b.db.Begin(true); return err })
	if errors.Is(err, jsruntime.ErrFormat) {
		return b.fail(err, true)
	}
	if err != nil {
		return err
	}
	changed := false
	if err = guarded(func() (err error) { changed, err = runIn(btx, batch, g); return err }); err == nil && changed {
		return b.commitTx(btx)
	}
	return errors.Join(err, b.rollback(btx))
}

// runIn runs the calls of a batch in a transaction, from the first of them on. It reports whether any of them wrote something.
func runIn(btx *bbolt.Tx, batch []*write, g *gathering) (changed bool, err error) {
	shared := newBoltKV(btx)
	t := &tx{kv: shared}
	for ; len(batch) > 0; batch = g.next() {
		for _, w := range batch {
			*t = tx{kv: shared, undo: t.undo[:0]}
			var broken error
			if w.err, broken = t.run(w.fn); broken != nil {
				return false, fmt.Errorf("undo: %w", broken)
			}
			changed = changed || len(t.undo) > 0
		}
	}
	return changed, nil
}

// close runs what waits, and closes the file when no transaction is open any more.
func (b *boltBackend) close() error {
	b.mu.Lock()
	closed := b.closed
	b.closed = true
	b.mu.Unlock()
	b.turn <- struct{}{}
	for b.waits() {
		b.commit()
	}
	<-b.turn
	if closed {
		return nil
	}
	if b.stuck() != nil {
		return b.db.abandon()
	}
	return b.db.Close()
}

// waits reports whether there are writes that no batch has begun.
func (b *boltBackend) waits() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) > 0
}
