// Package bbolt is compiled into bbolt for the tests of what a power loss leaves: it writes down what is done to a file of
// which <path>.log exists, and has a sync fail when <path>.fail says so. See power_linux_test.go.
package bbolt

import (
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
)

var recorderLogs sync.Map // from the path of a file to its log

// record appends an event to the log: kind, offset, length, bytes. It is one write, so the order is that of the events,
// those that the test itself appends included.
func record(db *DB, kind byte, at int64, data []byte) {
	name := db.path + ".log"
	log, known := recorderLogs.Load(name)
	if !known {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		if err != nil {
			panic(err)
		}
		log, _ = recorderLogs.LoadOrStore(name, file)
	}
	event := binary.LittleEndian.AppendUint64([]byte{kind}, uint64(at))
	event = binary.LittleEndian.AppendUint32(event, uint32(len(data)))
	if _, err := log.(*os.File).Write(append(event, data...)); err != nil {
		panic(err)
	}
}

func recordWrite(db *DB, b []byte, at int64) (int, error) {
	record(db, 'W', at, b)
	return db.file.WriteAt(b, at)
}

// RecordedWrite is what the store uses in place of the file's WriteAt.
func RecordedWrite(db *DB, b []byte, at int64) (int, error) { return recordWrite(db, b, at) }

func recordTruncate(db *DB, size int64) error {
	record(db, 'T', size, nil)
	return db.file.Truncate(size)
}

func recordSync(db *DB, sync func() error) error {
	record(db, 's', 0, nil)
	err := failingSync(db)
	if err == nil {
		err = sync()
	}
	if err != nil {
		record(db, 'F', 0, nil)
		return err
	}
	record(db, 'S', 0, nil)
	return nil
}

// failingSync fails once as many syncs have succeeded as the file says.
func failingSync(db *DB) error {
	name := db.path + ".fail"
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	left, err := strconv.Atoi(string(raw))
	if err != nil {
		panic(err)
	}
	if left > 0 {
		return os.WriteFile(name, []byte(strconv.Itoa(left-1)), 0o600)
	}
	if err := os.Remove(name); err != nil {
		panic(err)
	}
	return syscall.EIO
}
