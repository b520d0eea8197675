package store

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"
)

// noRoom are the errors of a disk that is full, of a quota and of a limit on the size of files.
var noRoom = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

// noRoomOnWindows are ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL; the names above are numbers of Go's own there.
var noRoomOnWindows = []syscall.Errno{39, 112}

// resizing begins the error of a file that could not be made larger.
const resizing = "file resize error: "

// foundNoRoom reports whether a commit failed because there was no room for its pages. That is harmless: the page that
// makes them count is written after them, so the file is as it was, and the next commit may find room. It is not, when
// it was a sync that found no room: then the system may have forgotten pages that it had taken.
func foundNoRoom(err error) bool {
	var path *fs.PathError
	if !strings.HasPrefix(err.Error(), resizing) && (!errors.As(err, &path) || path.Op != "write") {
		return false
	}
	numbers := noRoom
	if runtime.GOOS == "windows" {
		numbers = noRoomOnWindows
	}
	return slices.ContainsFunc(numbers, func(number syscall.Errno) bool { return errors.Is(err, number) })
}

// numbered gives an error back its number, where bbolt kept the text only.
func numbered(err error) error {
	var number syscall.Errno
	if err == nil || errors.As(err, &number) {
		return err
	}
	for _, number := range append([]syscall.Errno{syscall.EIO, syscall.EROFS}, noRoom...) {
		if text, found := strings.CutSuffix(err.Error(), number.Error()); found {
			return fmt.Errorf("%s%w", text, number)
		}
	}
	return err
}

// failure says why a backend does less than it should.
type failure struct {
	err   error
	stuck bool // bbolt's locks were left taken: nothing may call it any more
}

// fail stops writes, or all calls where bbolt's locks were left taken, and returns the error that they get from now on.
func (b *boltBackend) fail(cause error, stuck bool) error {
	err := fmt.Errorf("%w: %w", ErrReadOnly, cause)
	b.failed.Store(&failure{err, stuck})
	return err
}

// writable returns why nothing is written any more, or nil.
func (b *boltBackend) writable() error {
	if f := b.failed.Load(); f != nil {
		return f.err
	}
	return nil
}

func (b *boltBackend) stuck() error {
	if f := b.failed.Load(); f != nil && f.stuck {
		return f.err
	}
	return nil
}

// commitTx commits a transaction. After an error that leaves open what is on the disk, nothing more is written. A commit would wait
// for ever where a read has left bbolt's locks taken since the transaction began.
func (b *boltBackend) commitTx(btx *bbolt.Tx) error {
	if err := b.stuck(); err != nil {
		return err
	}
	id := btx.ID()
	returned := false
	err := guarded(func() error { err := btx.Commit(); returned = true; return numbered(err) })
	if err == nil {
		return nil
	}
	if !returned {
		return b.fail(err, b.rollback(btx) != nil)
	}
	if foundNoRoom(err) && !b.shows(id) {
		return err
	}
	return b.fail(err, false)
}

// shows reports whether the file is at a transaction, or may be.
func (b *boltBackend) shows(id int) bool {
	var now int
	err := b.readTx(func(btx *bbolt.Tx) error { now = btx.ID(); return nil })
	return err != nil || now >= id
}

// rollback ends a transaction. When it panics, bbolt's lock on writes stays taken.
func (b *boltBackend) rollback(btx *bbolt.Tx) error {
	ended := false
	err := guarded(func() error { _ = btx.Rollback(); ended = true; return nil }) // no effect where it has ended
	if !ended {
		return b.fail(err, true)
	}
	return nil
}
