package kv

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

func openBackend(t *testing.T) *boltBackend {
	t.Helper()
	s, err := open(filepath.Join(t.TempDir(), "kv.db"), &bbolt.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s.backend.(*boltBackend)
}

// batchOf runs writes in one transaction: they gather while the turn is taken. It returns their errors.
func batchOf(t *testing.T, b *boltBackend, fns ...func(tx) error) []error {
	t.Helper()
	b.turn <- struct{}{}
	errs := make([]error, len(fns))
	var done sync.WaitGroup
	for i, fn := range fns {
		done.Go(func() { errs[i] = b.update(t.Context(), fn) })
		b.waitFor(t, i+1)
	}
	b.takeTurn()
	done.Wait()
	return errs
}

// waitFor waits until so many calls wait.
func (b *boltBackend) waitFor(t *testing.T, calls int) {
	t.Helper()
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting) == calls
	}, 10*time.Second, time.Millisecond)
}

func putting(key string) func(tx) error {
	return func(t tx) error {
		t.put(tEntries, []byte(key), []byte(key))
		return nil
	}
}

func (b *boltBackend) has(t *testing.T, key string) (found bool) {
	t.Helper()
	require.NoError(t, b.view(func(t tx) { found = t.get(tEntries, []byte(key)) != nil }))
	return found
}

func TestCallsThatWaitTogetherShareOneTransaction(t *testing.T) {
	b := openBackend(t)
	var ids []int
	note := func(t tx) error {
		ids = append(ids, t.(*boltTx).tx.ID())
		return putting("k")(t)
	}
	require.Equal(t, []error{nil, nil, nil}, batchOf(t, b, note, note, note))
	require.Equal(t, []int{ids[0], ids[0], ids[0]}, ids)
}

func TestACallThatIsRefusedDoesNotHinderTheOthers(t *testing.T) {
	b := openBackend(t)
	refused := func(tx) error { return ErrQuota }
	require.Equal(t, []error{nil, ErrQuota, nil}, batchOf(t, b, putting("a"), refused, putting("b")))
	require.True(t, b.has(t, "a"))
	require.True(t, b.has(t, "b"))
}

func TestWhenOneWriteOfABatchFailsNoneOfItStays(t *testing.T) {
	b := openBackend(t)
	for name, broken := range map[string]func(tx) error{
		"a write that bbolt refuses": func(t tx) error { t.put(tEntries, nil, nil); return nil },
		"a panic":                    func(tx) error { panic("damage") },
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range batchOf(t, b, putting("a"), broken, putting("b")) {
				require.Error(t, err)
			}
			require.False(t, b.has(t, "a"))
			require.False(t, b.has(t, "b"))
		})
	}
	require.NoError(t, b.update(t.Context(), putting("c")))
	require.True(t, b.has(t, "c"))
}

func TestATransactionInWhichNobodyWroteIsNotCommitted(t *testing.T) {
	b := openBackend(t)
	idOf := func() (id int) {
		require.NoError(t, b.view(func(t tx) { id = t.(*boltTx).tx.ID() }))
		return id
	}
	before := idOf()
	require.NoError(t, b.update(t.Context(), func(tx) error { return nil }))
	require.Equal(t, before, idOf())
}

func TestACallWhoseCtxEndsBeforeItsTurnIsNotMade(t *testing.T) {
	b := openBackend(t)
	b.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- b.update(ctx, putting("a")) }()
	b.waitFor(t, 1)
	cancel()
	require.ErrorIs(t, <-result, context.Canceled)
	b.takeTurn()
	require.False(t, b.has(t, "a"))
}

func TestMoreCallsThanFitInABatchAreAllMade(t *testing.T) {
	b := openBackend(t)
	var fns []func(tx) error
	for i := range maxBatch + 3 {
		fns = append(fns, putting(string(rune('a'+i))))
	}
	require.NoError(t, errors.Join(batchOf(t, b, fns...)...))
	for i := range fns {
		require.True(t, b.has(t, string(rune('a'+i))))
	}
}

func TestAfterACommitThatFailedNothingIsWrittenAndReadsGoOn(t *testing.T) {
	var file *os.File
	s, err := open(filepath.Join(t.TempDir(), "kv.db"), &bbolt.Options{
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	})
	require.NoError(t, err)
	b := s.backend.(*boltBackend)
	require.NoError(t, b.update(t.Context(), putting("a")))
	require.NoError(t, file.Close())
	for range 2 {
		require.ErrorIs(t, b.update(t.Context(), putting("b")), ErrReadOnly)
	}
	require.True(t, b.has(t, "a"))
	require.False(t, b.has(t, "b"))
	require.Error(t, s.Close(), "the file was closed")
}

func TestAFullDiskIsNoReasonToStopWriting(t *testing.T) {
	require.True(t, isFull(errors.New("file resize error: truncate x: no space left on device")))
	require.True(t, isFull(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	require.False(t, isFull(&os.PathError{Op: "write", Path: "x", Err: syscall.EIO}))
}

func TestCloseLetsCallsThatWaitEnd(t *testing.T) {
	b := openBackend(t)
	b.turn <- struct{}{}
	result := make(chan error, 1)
	go func() { result <- b.update(context.WithoutCancel(t.Context()), putting("a")) }()
	b.waitFor(t, 1)
	closed := make(chan error, 1)
	go func() { closed <- b.close() }()
	b.takeTurn()
	require.NoError(t, <-result)
	require.NoError(t, <-closed)
	require.ErrorIs(t, b.update(t.Context(), putting("b")), jsruntime.ErrClosed)
	require.ErrorIs(t, b.view(func(tx) {}), jsruntime.ErrClosed)
}
