package kv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jsruntime/jsruntime"
)

// maxBatch is the most calls that share one transaction, so that no caller waits for an endless one.
const maxBatch = 512

// boltBackend runs the writes of concurrent callers in one transaction, so that they share its sync. While one batch is
// synced, the next one gathers by itself, and whichever caller gets the turn commits for all that wait: there is no delay, and
// no goroutine to stop.
type boltBackend struct {
	db     *bbolt.DB
	turn   chan struct{} // holds a token while somebody commits
	failed error         // why nothing is written any more; belongs to who has the turn

	mu      sync.Mutex
	waiting []*write
	closed  bool
}

// write is one caller's part of a batch.
type write struct {
	fn    func(tx) error
	begun atomic.Bool // set by whoever gets it: the batch that runs it, or the caller who withdraws it
	err   error       // valid when done is closed
	done  chan struct{}
}

func newBoltBackend(db *bbolt.DB) *boltBackend {
	return &boltBackend{db: db, turn: make(chan struct{}, 1)}
}

func (b *boltBackend) view(fn func(tx)) error {
	err := guarded(func() error {
		return b.db.View(func(btx *bbolt.Tx) error { fn(&boltTx{tx: btx}); return nil })
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return jsruntime.ErrClosed
	}
	return err
}

func (b *boltBackend) update(ctx context.Context, fn func(tx) error) error {
	w := &write{fn: fn, done: make(chan struct{})}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return jsruntime.ErrClosed
	}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()

	select {
	case b.turn <- struct{}{}:
		b.takeTurn()
	case <-w.done:
	case <-ctx.Done():
		if w.begun.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	}
	<-w.done
	return w.err
}

// takeTurn commits one batch of what waits after the other, and gives the turn up.
func (b *boltBackend) takeTurn() {
	defer func() { <-b.turn }()
	for full := true; full; {
		batch := b.take()
		full = len(batch) == maxBatch
		b.commit(batch)
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

// errUnchanged rolls a transaction back in which nobody wrote.
var errUnchanged = errors.New("nothing was written")

// commit runs a batch and tells its callers.
func (b *boltBackend) commit(batch []*write) {
	var ran []*write
	for _, w := range batch {
		if w.begun.CompareAndSwap(false, true) {
			ran = append(ran, w)
		}
	}
	if len(ran) == 0 {
		return
	}
	err := b.runAll(ran)
	for _, w := range ran {
		if err != nil && !errors.Is(err, errUnchanged) {
			w.err = err // also of those that have one of their own, which may rest on what is not stored
		}
		close(w.done)
	}
}

// runAll runs a batch in a transaction. After an error of its commit that leaves open what is on the disk, nothing more is
// written: the next commit could count on pages that the disk does not have.
func (b *boltBackend) runAll(batch []*write) error {
	if b.failed != nil {
		return b.failed
	}
	committing := false
	err := guarded(func() error {
		return b.db.Update(func(btx *bbolt.Tx) error {
			err := runIn(&boltTx{tx: btx}, batch)
			committing = err == nil
			return err
		})
	})
	if err != nil && committing && !isFull(err) {
		b.failed = fmt.Errorf("%w: %w", ErrReadOnly, err)
		return b.failed
	}
	return err
}

// isFull reports whether a commit failed for want of room, before anything of it counted.
func isFull(err error) bool {
	return strings.HasPrefix(err.Error(), "file resize error: ") || errors.Is(err, syscall.ENOSPC)
}

func runIn(t *boltTx, batch []*write) error {
	for _, w := range batch {
		if w.err = w.fn(t); t.err != nil {
			return t.err
		}
	}
	if !t.changed {
		return errUnchanged
	}
	return nil
}

// close runs what waits, and closes the file when no transaction is open any more.
func (b *boltBackend) close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.turn <- struct{}{}
	b.takeTurn()
	return b.db.Close()
}

// guarded runs fn, which reads pages of the file. bbolt trusts them, so that damage shows as a panic, or as a fault where a
// file that was cut off is mapped; both become an error.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: damaged file: %v", jsruntime.ErrFormat, r)
		}
	}()
	return fn()
}

// boltTx is the tx of a bbolt transaction.
type boltTx struct {
	tx      *bbolt.Tx
	changed bool
	err     error // the first write that failed
}

func (t *boltTx) bucket(in table) *bbolt.Bucket { return t.tx.Bucket([]byte(tableNames[in])) }

func (t *boltTx) get(in table, key []byte) []byte { return t.bucket(in).Get(key) }

func (t *boltTx) put(in table, key, value []byte) {
	t.wrote(t.bucket(in).Put(key, value))
}

func (t *boltTx) remove(in table, key []byte) {
	t.wrote(t.bucket(in).Delete(key))
}

func (t *boltTx) wrote(err error) {
	t.changed = true
	if t.err == nil {
		t.err = err
	}
}

func (t *boltTx) ascend(in table, from []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		c := t.bucket(in).Cursor()
		for key, value := c.Seek(from); key != nil; key, value = c.Next() {
			if !yield(key, value) {
				return
			}
		}
	}
}
