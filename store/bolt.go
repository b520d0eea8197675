package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/internal/filelock"
)

// Bolt is a [jsruntime.Store] in one file, by bbolt. A call that returns nil has been synced to disk; concurrent
// callers share a sync.
//
// A disk that is full fails writes with the system's error, such as ENOSPC, until there is room. A sync that fails is
// another matter: the system may have forgotten what it had taken, and what the calls wrote that waited for it may be
// there later or not. From then on the store writes nothing more, and returns [ErrReadOnly], until it is closed and opened
// again. Reads go on. The same goes for a commit that meets damage in the file.
//
// Damage that any other call meets is its error, which matches [jsruntime.ErrFormat], and no more than that: Open finds
// what could be worse, [Bolt.Check] finds the rest. Another program that cuts the file off while it is open is damage, too.
type Bolt struct {
	engine
	path   string
	config config
}

func (b *Bolt) bolt() *boltBackend { return b.backend.(*boltBackend) }

var _ jsruntime.Store = (*Bolt)(nil)

// Option is a setting of [Open].
type Option func(*config)

type config struct {
	lockTimeout time.Duration
	noSync      bool // for tests whose subject is not durability
}

// WithLockTimeout sets how long [Open] waits for a file that is open elsewhere; the default is one second, and values
// below a millisecond mean one.
func WithLockTimeout(d time.Duration) Option {
	return func(c *config) { c.lockTimeout = max(d, time.Millisecond) } // bbolt takes 0 for "for ever"
}

// Open opens the store in the file at path, and creates the file, readable by its owner only, when there is none; the
// folder must exist. One Bolt at a time can have a file open: another Open, in this or another process, returns
// [jsruntime.ErrLocked]. A file that is no store, is truncated or damaged, or was written by a newer version of this
// library is [jsruntime.ErrFormat], and is left as it is. Open reads the pages of the file that lead to others, about a
// hundredth of it; damage in the rest is met later.
//
// A file of an older format is brought up to date. That takes time and room, as much again as it has, and cannot be undone: take
// a copy before. When the process ends in it, the next Open begins again.
//
// As nobody else can have the file open, whoever held a lease in it is gone: Open ends all leases, so that a Runtime ends at its
// Start what the process before left running. Several Runtimes of a process may share one Bolt; several processes need a
// [jsruntime.Store] on a database.
func Open(path string, opts ...Option) (*Bolt, error) {
	c := config{lockTimeout: time.Second}
	for _, opt := range opts {
		opt(&c)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("open store %s: its folder must exist: %w", path, err)
	}
	db, err := openFile(path, c)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return &Bolt{engine: newEngine(newBoltBackend(db)), path: path, config: c}, nil
}

// openFile opens a bbolt file and prepares what is in it.
func openFile(path string, c config) (*boltDB, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > 0 {
		if err := inspect(path, c); err != nil {
			return nil, err
		}
	}
	db, err := openBbolt(path, c, false)
	if err != nil {
		return nil, err
	}
	if !c.noSync {
		err = settle(db)
	}
	if err == nil {
		err = guarded(func() error { return numbered(prepare(db.DB)) })
	}
	if errors.Is(err, jsruntime.ErrFormat) {
		return nil, errors.Join(err, db.abandon())
	} else if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	// The name of the file may be as new as the file, or be that of a Compact whose process died.
	if !c.noSync {
		err = syncFolder(path)
	}
	if rest := os.Remove(compactPath(path)); err == nil && !errors.Is(rest, fs.ErrNotExist) { // of a process that died
		err = rest
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// inspect reads the file without changing it. A damaged file can make bbolt panic or read beyond the file's end, and
// neither may end the process nor leave the file locked, as it could in a transaction that writes.
func inspect(path string, c config) (err error) {
	db, err := openBbolt(path, c, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return guarded(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if info.Size() < tx.Size() {
				return fmt.Errorf("%w: truncated file: %d of %d bytes", jsruntime.ErrFormat, info.Size(), tx.Size())
			}
			if err := checkPages(toTheEnd, tx, db.file, innerPages); err != nil {
				return err
			}
			_, err = formatOf(tx)
			return err
		})
	})
}

// toTheEnd lets a walk go on.
func toTheEnd() error { return nil }

// boltDB is a bbolt database with its file.
type boltDB struct {
	*bbolt.DB
	file *os.File
}

// abandon gives up a database whose locks may have been left taken, so that closing it would wait for ever. What is
// mapped of it stays so until the process ends.
func (db *boltDB) abandon() error { return errors.Join(filelock.Unlock(db.file), db.file.Close()) }

func openBbolt(path string, c config, readOnly bool) (*boltDB, error) {
	db := &boltDB{}
	returned := false
	err := guarded(func() (err error) {
		db.DB, err = bbolt.Open(path, 0o600, &bbolt.Options{
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				file, err := os.OpenFile(name, flag, mode)
				db.file = file
				return file, err
			},
			Timeout:      c.lockTimeout,
			FreelistType: bbolt.FreelistMapType,
			NoSync:       c.noSync,
			NoStatistics: true,
			// A map that has room: to make a larger one, a writer would wait for all that read, a backup included.
			InitialMmapSize: initialMap(),
			ReadOnly:        readOnly,
		})
		returned = true
		return err
	})
	if !returned && db.file != nil {
		return nil, errors.Join(err, db.abandon())
	}
	if err != nil {
		return nil, openError(err)
	}
	db.AllocSize = growth
	return db, nil
}

// growth is by how much the file grows at a time, at the least.
const growth = 4 << 20

// initialMap is how much of the address space the file has from the start. On Windows the file itself would be so large.
func initialMap() int {
	const large = 16 << 30
	if strconv.IntSize < 64 || runtime.GOOS == "windows" {
		return 0
	}
	return large & math.MaxInt
}

func openError(err error) error {
	var pathErr *fs.PathError
	var number syscall.Errno
	switch err = numbered(err); {
	case errors.Is(err, berrors.ErrTimeout):
		return jsruntime.ErrLocked
	case errors.As(err, &pathErr), errors.As(err, &number): // the system's, of which the file says nothing
		return err
	}
	return fmt.Errorf("%w: %w", jsruntime.ErrFormat, err)
}

// prepare brings an open file up to date, and ends all leases.
func prepare(db *bbolt.DB) error {
	if err := migrate(db); err != nil {
		return err
	}
	return db.Update(func(btx *bbolt.Tx) error {
		t := &tx{kv: newBoltKV(btx)}
		for node := t.first(bLeases, nil, nil); node != nil; node = t.first(bLeases, nil, nil) {
			t.delete(bLeases, node)
		}
		return t.err
	})
}
