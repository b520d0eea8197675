package store

import (
	"bytes"
	"errors"
	"iter"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// rewritten changes pages of a file until change reports that it did.
func rewritten(t *testing.T, path string, change func(p filePage) bool) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	size := os.Getpagesize()
	for from := 2 * size; from < len(content); from += size {
		if change(pageFrom(content[from : from+size])) {
			require.NoError(t, os.WriteFile(path, content, 0o600))
			return
		}
	}
	require.Fail(t, "there is no such page")
}

// A call that went that way would not come back: bbolt descends until the stack is at its limit, which ends the process.
func TestOpenFindsAWayThatGoesRoundInCircles(t *testing.T) {
	path := busyStore(t, randomFrom(t), 600)
	rewritten(t, path, func(p filePage) bool {
		if p.flags == branchPage && p.count > 2 && isUsed(t, path, p.id) {
			native.PutUint64(p.raw[pageHeader+elementSize+8:], p.id)
			return true
		}
		return false
	})
	_, err := Open(path)
	require.ErrorIs(t, err, jsruntime.ErrFormat)
	require.ErrorContains(t, err, "is pointed to twice")
}

// isUsed reports whether a page is one of a tree.
func isUsed(t *testing.T, path string, id uint64) bool {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	require.NoError(t, err)
	defer db.Close()
	used := false
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		info, err := tx.Page(int(id)) //nolint:gosec // a page
		used = err == nil && info != nil && info.Type != "free"
		return err
	}))
	return used
}

// What would be written to such a page would write over what is in it.
func TestOpenFindsAFreePageThatIsInUse(t *testing.T) {
	path := busyStore(t, randomFrom(t), 600)
	var used uint64
	rewritten(t, path, func(p filePage) bool {
		if p.flags == leafPage && isUsed(t, path, p.id) {
			used = p.id
		}
		return used != 0
	})
	rewritten(t, path, func(p filePage) bool {
		if p.flags == freelistPage && p.count > 0 && isUsed(t, path, p.id) {
			native.PutUint64(p.raw[pageHeader:], used)
			return true
		}
		return false
	})
	_, err := Open(path)
	require.ErrorIs(t, err, jsruntime.ErrFormat)
	require.ErrorContains(t, err, "freelist")
}

func TestCheckFindsWhatBboltsOwnCheckFinds(t *testing.T) {
	if !inChild(t) {
		return
	}
	random := randomFrom(t)
	path := busyStore(t, random, 600)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	found := 0
	for range 40 {
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		content := append([]byte(nil), whole...)
		if random.IntN(2) == 0 {
			keysInAnotherOrder(random, content)
		} else {
			freePageThatIsNotFree(random, content)
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		theirs := checkedByBbolt(path)
		ours := checkedByOpen(t, path)
		if theirs != nil {
			found++
			require.ErrorIs(t, ours, jsruntime.ErrFormat, "%v", theirs)
		} else {
			require.NoError(t, ours)
		}
	}
	require.Positive(t, found)
}

func checkedByOpen(t *testing.T, path string) error {
	t.Helper()
	st, err := Open(path, quickly)
	if err != nil {
		return err
	}
	return errors.Join(st.Check(t.Context()), st.Close())
}

func TestACommitThatMeetsDamageEndsWritesAndNotReads(t *testing.T) {
	path := busyStore(t, randomFrom(t), 600)
	var key []byte
	rewritten(t, path, func(p filePage) bool {
		if p.flags != leafPage || p.count < 2 || !isUsed(t, path, p.id) {
			return false
		}
		e, err := p.element(0)
		if key = e.key; err != nil || len(e.key) < idSize {
			return false
		}
		last := p.raw[pageHeader+(p.count-1)*elementSize:]
		native.PutUint32(last[12:], 1<<30) // the value goes on beyond all that is mapped behind the file
		return true
	})
	s, err := Open(path, quickly)
	require.NoError(t, err)
	besides := func(t *tx) error {
		for b := range bucketCount { // one of them has the page
			t.put(b, after(key), present)
		}
		return nil
	}
	for range 2 {
		require.ErrorIs(t, s.bolt().update(nil, besides), jsruntime.ErrFormat)
		require.ErrorIs(t, s.RenewLease(t.Context(), "node", time.Now()), ErrReadOnly)
		require.ErrorIs(t, s.Compact(t.Context()), ErrReadOnly)
		_, err = s.CountExecutions(t.Context(), fixtureTenants[0], uuid.Nil)
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	s, err = Open(path, quickly, WithLockTimeout(time.Millisecond))
	require.NoError(t, err)
	require.NoError(t, s.RenewLease(t.Context(), "node", time.Now()))
	require.NoError(t, s.Close())
}

func TestABatchDoesNotWaitForTheLocksOfAReadThatMetDamage(t *testing.T) {
	path := storePath(t)
	b := openBolt(t, path).bolt()
	done := make(chan error, 1)
	go func() {
		done <- b.update(nil, func(batch *tx) error {
			batch.put(bMeta, []byte("k"), []byte("v"))
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = file.WriteAt(make([]byte, 2*os.Getpagesize()), 0) // what says where all else is
			if err = errors.Join(err, file.Close()); err != nil {
				return err
			}
			if err = b.view(func(*tx) error { return nil }); !errors.Is(err, jsruntime.ErrFormat) {
				return errTest
			}
			return nil
		})
	}()
	waitFor(t, func() bool { return len(done) == 1 })
	require.ErrorIs(t, <-done, ErrReadOnly)
}

// A claim that looks for the first key after the last one would find the same ones again and again.
func TestKeysThatAreOutOfOrderAreDamage(t *testing.T) {
	path := busyStore(t, randomFrom(t), 600)
	rewritten(t, path, func(p filePage) bool {
		if p.flags != leafPage || p.count < 3 || !isUsed(t, path, p.id) {
			return false
		}
		a, b := p.raw[pageHeader:], p.raw[pageHeader+elementSize:]
		first := bytes.Clone(a[:elementSize])
		copy(a, b[:elementSize])
		copy(b, first)
		native.PutUint32(a[4:], native.Uint32(a[4:])+elementSize) // what they point to stays where it is
		native.PutUint32(b[4:], native.Uint32(b[4:])-elementSize)
		return true
	})
	s := openBolt(t, path, quickly)
	for name, walk := range map[string]func(*tx, bucket) iter.Seq2[[]byte, []byte]{
		"ascend":  func(t *tx, b bucket) iter.Seq2[[]byte, []byte] { return t.ascend(b, nil, nil) },
		"descend": func(t *tx, b bucket) iter.Seq2[[]byte, []byte] { return t.descend(b, nil, nil) },
	} {
		err := s.bolt().view(func(t *tx) error {
			for b := range bucketCount {
				for range walk(t, b) { //nolint:revive // it is the walk that counts
				}
			}
			return nil
		})
		require.ErrorIs(t, err, jsruntime.ErrFormat, name)
		require.ErrorContains(t, err, "out of order", name)
	}
}
