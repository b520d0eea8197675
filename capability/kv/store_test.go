package kv_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
	"github.com/jsruntime/jsruntime/capability/kv/kvtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func storePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "kv.db")
}

func TestBoltIsAStore(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store {
		s, err := kv.OpenUnsynced(storePath(t))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
}

func TestMemoryIsAStore(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Store { return kv.NewMemory() })
}

func TestBoltKeepsWhatItWasTold(t *testing.T) {
	kvtest.RunDurable(t, func(t *testing.T) (kv.Store, func() kv.Store) {
		path := storePath(t)
		var s *kv.Bolt
		reopen := func() kv.Store {
			if s != nil {
				require.NoError(t, s.Close())
			}
			var err error
			s, err = kv.OpenUnsynced(path)
			require.NoError(t, err)
			return s
		}
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return reopen(), reopen
	})
}

func TestOneBoltAtATimeHasTheFile(t *testing.T) {
	path := storePath(t)
	first, err := kv.Open(path)
	require.NoError(t, err)
	_, err = kv.Open(path)
	require.ErrorIs(t, err, jsruntime.ErrLocked)
	require.NoError(t, first.Close())
	again, err := kv.Open(path)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestAFileThatIsNoStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	for name, write := range map[string]func(t *testing.T, path string){
		"text": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("dear diary"), 0o600))
		},
		"another program's": func(t *testing.T, path string) { writeBbolt(t, path, "theirs", "") },
		"a newer version's": func(t *testing.T, path string) { writeBbolt(t, path, "jsruntime kv", "2") },
		"a part of a store": func(t *testing.T, path string) { writeBbolt(t, path, "jsruntime kv", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			path := storePath(t)
			write(t, path)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = kv.Open(path)
			require.ErrorIs(t, err, jsruntime.ErrFormat)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

// writeBbolt writes a file with one bucket, and a format in it.
func writeBbolt(t *testing.T, path, bucket, format string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte("format"), []byte(format))
	}))
	require.NoError(t, db.Close())
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	_, err := kv.Open(filepath.Join(t.TempDir(), "none", "kv.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "its folder must exist")
}

func TestADamagedFileIsAnErrorAndNoPanic(t *testing.T) {
	path := storePath(t)
	s, err := kv.Open(path)
	require.NoError(t, err)
	tenant := uuid.New()
	for _, key := range []string{"a", "b", "c"} {
		_, err := s.Set(t.Context(), tenant, kv.Write{
			Key: key, Value: kv.Value{Data: make([]byte, 20_000), Binary: true}, Quota: kv.DefaultQuota,
		}, time.Now())
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	raw := bytes.Clone(whole)
	for i := 2 * os.Getpagesize(); i < len(raw); i++ { // all but the pages that say where the others are
		raw[i] = 0xA5
	}
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	damaged, err := kv.Open(path)
	if err == nil {
		_, err = damaged.Get(t.Context(), tenant, "a", time.Now())
		require.NoError(t, damaged.Close())
	}
	require.ErrorIs(t, err, jsruntime.ErrFormat)

	require.NoError(t, os.WriteFile(path, whole, 0o600))
	restored, err := kv.Open(path)
	require.NoError(t, err, "the file is not locked any more")
	require.NoError(t, restored.Close())
}
