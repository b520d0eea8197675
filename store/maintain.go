package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"
)

// Backup writes the store as it is now to w, as a file that [Open] opens, and returns how many bytes that were. Calls go
// on meanwhile; what they write is not in it, and the file grows by it, since no page is used again before the backup
// has ended. When ctx ends, so does the backup, with ctx's error and whatever w has got by then; a w that blocks holds it,
// and with it Compact and Close. Neither is w synced, nor is what it has got less secret than the store: it holds all sources,
// inputs and outputs.
//
// A Runtime that starts on a copy takes it for the store of a process that was killed: what ran there has failed, or is
// repeated, and what was pending runs, whether or not the original has run it since.
func (b *Bolt) Backup(ctx context.Context, w io.Writer) (int64, error) {
	if err := b.bolt().copies.Acquire(ctx, 1); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer b.bolt().copies.Release(1)
	var n int64
	out := &contextWriter{ctx: ctx, w: w}
	err := b.bolt().readTx(func(tx *bbolt.Tx) (err error) {
		n, err = tx.WriteTo(out)
		if out.err != nil { // which bbolt tells the text of
			return out.err
		}
		return err
	})
	if out.thrown != nil {
		panic(out.thrown)
	}
	if err != nil {
		return n, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}

// contextWriter fails when ctx is done, and keeps its first error, and what w threw: that is no damage of the file.
type contextWriter struct {
	ctx    context.Context
	w      io.Writer
	err    error
	thrown any
}

func (c *contextWriter) Write(p []byte) (n int, err error) {
	defer func() {
		if c.thrown = recover(); c.thrown != nil {
			c.err = errors.New("the writer panicked")
			err = c.err
		}
	}()
	if err = c.ctx.Err(); err == nil {
		n, err = c.w.Write(p)
	}
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// compactStep is how many bytes Compact copies in one transaction.
const compactStep = 8 << 20

// Compact gives the space of what was removed back to the system: a bbolt file does not shrink by itself. It needs room for
// a second file beside the first, as large as what the store holds; a file has some 4 MiB of room in it, so one with little
// to give back may be larger afterwards. It waits for backups and checks that go on, and later ones wait for it. Reads go on
// meanwhile, and writes wait while it copies. It checks the file's pages first, as [Bolt.Check] does: what hangs on a damaged
// page would otherwise be left behind without a word. When it fails, or ctx ends before it begins to copy, the store is as it
// was.
func (b *Bolt) Compact(ctx context.Context) error {
	backend := b.bolt()
	if err := backend.copies.Acquire(ctx, allCopies); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	defer backend.copies.Release(allCopies)
	select {
	case backend.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("compact: %w", ctx.Err())
	}
	defer func() { <-backend.turn }() // for what came meanwhile
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	if err := b.compact(ctx, backend); err != nil {
		return fmt.Errorf("compact %s: %w", b.path, err)
	}
	return nil
}

func (b *Bolt) compact(ctx context.Context, backend *boltBackend) error {
	if err := backend.writable(); err != nil {
		return err
	}
	err := backend.readTx(func(tx *bbolt.Tx) error { return checkPages(ctx.Err, tx, backend.db.file, allPages) })
	if err != nil {
		return err
	}
	beside := compactPath(b.path)
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	quick := b.config
	quick.noSync = true // until it is whole
	smaller, err := openBbolt(beside, quick, false)
	if err != nil {
		return err
	}
	err = guarded(func() error { return numbered(bbolt.Compact(smaller.DB, backend.db.DB, compactStep)) })
	if err == nil && !b.config.noSync {
		err = smaller.Sync()
	}
	if err != nil {
		return errors.Join(err, smaller.Close(), os.Remove(beside))
	}
	smaller.NoSync = b.config.noSync
	return b.exchange(backend, smaller, beside)
}

// exchange puts the smaller file in place of the other one. The lock on it is held all the time, so that nobody gets in
// between; where a file that is open cannot be renamed, there is a moment without.
func (b *Bolt) exchange(backend *boltBackend, smaller *boltDB, beside string) error {
	backend.using.Lock() // no read goes on
	defer backend.using.Unlock()
	larger := backend.db
	if runtime.GOOS == "windows" {
		if err := errors.Join(smaller.Close(), larger.Close()); err != nil {
			return err
		}
		renamed := os.Rename(beside, b.path)
		db, err := openBbolt(b.path, b.config, false)
		if err == nil {
			backend.db = db
		}
		return errors.Join(renamed, err)
	}
	if err := os.Rename(beside, b.path); err != nil {
		return errors.Join(err, smaller.Close(), os.Remove(beside))
	}
	backend.db = smaller
	err := errors.Join(syncFolder(b.path), larger.Close())
	if err != nil { // after a crash, the name may be that of the larger file again: whatever is written from now on would be lost
		return backend.fail(err, false)
	}
	return nil
}

func compactPath(path string) string { return path + ".compact" }

// syncFolder makes the name of a new file as durable as what is in it.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // where a folder cannot be synced
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
