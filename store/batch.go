package store

import (
	"errors"
	"fmt"
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
	took     time.Duration // that batch
	within   time.Duration // gatherWithin, but in tests
	all      chan struct{} // closed when so many wait; nil while nobody wants to know
}

// write is one caller's part of a batch.
type write struct {
	fn    func(*tx) error
	begun atomic.Bool // set by whoever gets it: the batch that runs it, or the caller who withdraws it
	err   error       // valid when done is closed
	done  chan struct{}
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
		b.takeTurn()
	case <-w.done:
	case <-done:
		if w.begun.CompareAndSwap(false, true) {
			return errWithdrawn
		}
	}
	<-w.done
	return w.err
}

// takeTurn commits what waits, by whomever it was brought, and gives the turn up. Who calls it and still waits
// is in the first batch, unless that is full.
func (b *boltBackend) takeTurn() {
	defer func() { <-b.turn }()
	b.gather()
	for b.commit(b.take()) {
	}
}

// gatherWithin bounds how long a batch waits for those who are expected.
const gatherWithin = 4 * time.Millisecond

// gather waits for as many writes as came with the last batch and during it, for at most twice as long as that took. Callers who write
// again and again come back soon, and a batch of all of them has half as many pages and syncs for each as one of half of them. Who
// writes alone waits for nobody.
func (b *boltBackend) gather() {
	b.mu.Lock()
	patience := min(2*b.took, b.within)
	if b.closed || len(b.waiting) >= b.expected || patience <= 0 {
		b.mu.Unlock()
		return
	}
	b.all = make(chan struct{})
	all := b.all
	b.mu.Unlock()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-all:
	case <-late.C:
		b.mu.Lock()
		b.all = nil
		b.mu.Unlock()
	}
}

// arrived adds a write to those that wait.
func (b *boltBackend) arrived(w *write) {
	b.waiting = append(b.waiting, w)
	if b.all != nil && len(b.waiting) >= b.expected {
		close(b.all)
		b.all = nil
	}
}

func (b *boltBackend) take() []*write {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), maxBatch)
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	return batch
}

// commit runs a batch and tells its callers. It reports whether there were more than fit.
func (b *boltBackend) commit(batch []*write) (full bool) {
	ran := make([]*write, 0, len(batch))
	for _, w := range batch {
		if w.begun.CompareAndSwap(false, true) {
			ran = append(ran, w)
		}
	}
	err := errors.New("the transaction was abandoned") // what the others learn if a call panics
	defer func() {
		for _, w := range ran {
			if err != nil { // also for those with an error of their own: it may rest on what is not stored
				w.err = err
			}
			close(w.done)
		}
	}()
	began := time.Now()
	err = b.runAll(ran)
	b.mu.Lock()
	b.expected, b.took = len(ran)+len(b.waiting), time.Since(began)
	b.mu.Unlock()
	return len(batch) == maxBatch
}

func (b *boltBackend) runAll(batch []*write) error {
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
	if err = guarded(func() (err error) { changed, err = runIn(btx, batch); return err }); err == nil && changed {
		return b.commitTx(btx)
	}
	return errors.Join(err, b.rollback(btx))
}

// runIn runs the calls of a batch in a transaction. It reports whether any of them wrote something.
func runIn(btx *bbolt.Tx, batch []*write) (changed bool, err error) {
	shared := newBoltKV(btx)
	t := &tx{kv: shared}
	for _, w := range batch {
		*t = tx{kv: shared, undo: t.undo[:0]}
		var broken error
		if w.err, broken = t.run(w.fn); broken != nil {
			return false, fmt.Errorf("undo: %w", broken)
		}
		changed = changed || len(t.undo) > 0
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
	b.takeTurn()
	if closed {
		return nil
	}
	if b.stuck() != nil {
		return b.db.abandon()
	}
	return b.db.Close()
}
