package kv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/internal/filelock"
)

// Bolt is a [Store] in one file, by bbolt. A call that returns nil has been synced to disk; concurrent callers share a sync.
// One Bolt at a time can have the file open, so several processes need a Store on a database.
//
// A disk that is full fails writes until there is room. After another error of a commit, the calls that waited for it may
// have taken effect or not, and the store writes nothing more: calls that would return [ErrReadOnly], until it is closed
// and opened again. Reads go on.
type Bolt struct{ engine }

var _ Store = (*Bolt)(nil)

// lockTimeout is how long Open waits for a file that is open elsewhere.
const lockTimeout = time.Second

// Open opens the store in the file at path, and creates the file, readable by its owner only, when there is none; the folder
// must exist. A file that is open elsewhere is jsruntime.ErrLocked, and one that is no such store, or damaged, is
// jsruntime.ErrFormat and is left as it is. It must not be the file of a store.Bolt.
func Open(path string) (*Bolt, error) {
	return open(path, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType, NoStatistics: true})
}

func open(path string, options *bbolt.Options) (*Bolt, error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("open kv store %s: its folder must exist: %w", path, err)
	}
	db, err := openFile(path, options)
	if err != nil {
		return nil, fmt.Errorf("open kv store %s: %w", path, err)
	}
	return &Bolt{engine{backend: newBoltBackend(db)}}, nil
}

func openFile(path string, options *bbolt.Options) (db *bbolt.DB, err error) {
	var file *os.File
	opener := options.OpenFile
	if opener == nil {
		opener = os.OpenFile
	}
	options.OpenFile = func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		file, err = opener(name, flag, mode)
		return file, err
	}
	returned := false
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, options)
		returned = true
		return err
	})
	if !returned && file != nil { // it panicked, and left the file open
		return nil, errors.Join(err, filelock.Unlock(file), file.Close())
	}
	var pathError *os.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, jsruntime.ErrLocked
	case err != nil && !errors.As(err, &pathError) && !errors.Is(err, jsruntime.ErrFormat):
		return nil, fmt.Errorf("%w: %w", jsruntime.ErrFormat, err)
	case err != nil:
		return nil, err
	}
	if err := guarded(func() error { return prepare(db) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// The bucket of the file's format, its one key, and the format that this version writes and reads.
var (
	metaBucket = []byte("jsruntime kv")
	formatKey  = []byte("format")
	format     = []byte("1")
)

// prepare checks that the file is ours, and makes an empty one so.
func prepare(db *bbolt.DB) error {
	empty := false
	err := db.View(func(tx *bbolt.Tx) error {
		first, _ := tx.Cursor().First()
		empty = first == nil
		return checkFormat(tx, empty)
	})
	if err != nil || !empty {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range tableNames {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		return meta.Put(formatKey, format)
	})
}

func checkFormat(tx *bbolt.Tx, empty bool) error {
	if empty {
		return nil
	}
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return fmt.Errorf("%w: the file belongs to another program", jsruntime.ErrFormat)
	}
	if found := meta.Get(formatKey); string(found) != string(format) {
		return fmt.Errorf("%w: format %q; this version knows %q", jsruntime.ErrFormat, found, format)
	}
	for _, name := range tableNames {
		if tx.Bucket([]byte(name)) == nil {
			return fmt.Errorf("%w: bucket %q is missing", jsruntime.ErrFormat, name)
		}
	}
	return nil
}
