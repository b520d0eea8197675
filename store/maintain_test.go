package store

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// scriptOf returns a script with a source of about so many bytes, and its first version.
func scriptOf(tenant uuid.UUID, bytes int) (jsruntime.ScriptRecord, jsruntime.VersionRecord) {
	s := jsruntime.NewScript(tenant, uuid.NewString(), "return "+strings.Repeat("1", max(bytes, 1)))
	record := s.Record()
	return record, jsruntime.VersionRecord{ScriptID: record.ID, TenantID: tenant, VersionNumber: 1, Source: record.Source, CreatedAt: time.Now().UTC()}
}

func addScripts(t *testing.T, s *Bolt, tenant uuid.UUID, n, bytes int) []jsruntime.ScriptRecord {
	t.Helper()
	var all []jsruntime.ScriptRecord
	for range n {
		script, version := scriptOf(tenant, bytes)
		require.NoError(t, s.CreateScript(t.Context(), script, version))
		all = append(all, script)
	}
	return all
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

func TestCompactGivesSpaceBackWhileCallsGoOn(t *testing.T) {
	path, tenant := storePath(t), uuid.New()
	s := openBolt(t, path)
	kept := addScripts(t, s, tenant, 20, 100)
	large := bytes.Repeat([]byte("x"), 100_000)
	require.NoError(t, s.bolt().update(nil, func(t *tx) error {
		for i := range 250 {
			t.put(bMeta, []byte{'x', byte(i)}, large)
		}
		return nil
	}))
	require.NoError(t, s.bolt().update(nil, func(t *tx) error {
		for i := range 250 {
			t.delete(bMeta, []byte{'x', byte(i)})
		}
		return nil
	}))
	before := sizeOf(t, path)

	var done atomic.Bool
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for !done.Load() {
				script, version := scriptOf(tenant, 10)
				if err := s.CreateScript(t.Context(), script, version); err != nil {
					t.Errorf("write: %v", err)
				}
				if _, err := s.Script(t.Context(), tenant, kept[0].ID); err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	for range 3 {
		require.NoError(t, s.Compact(t.Context()))
	}
	require.Equal(t, "locked", inSecondProcess(t, path))
	done.Store(true)
	callers.Wait()
	require.Less(t, sizeOf(t, path), before/3)
	for _, script := range kept {
		got, err := s.Script(t.Context(), tenant, script.ID)
		require.NoError(t, err)
		require.Equal(t, script.Source, got.Source)
	}
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Compact(t.Context()), jsruntime.ErrClosed)
	again := openBolt(t, path)
	page, err := again.Scripts(t.Context(), tenant, jsruntime.ScriptFilter{})
	require.NoError(t, err)
	require.NotEmpty(t, page.Items)
}

func TestACompactThatFailsLeavesTheStoreAsItWas(t *testing.T) {
	path, tenant := storePath(t), uuid.New()
	s := openBolt(t, path)
	kept := addScripts(t, s, tenant, 3, 10)
	require.NoError(t, os.MkdirAll(filepath.Join(compactPath(path), "in the way"), 0o700))
	require.Error(t, s.Compact(t.Context()))
	require.NoError(t, os.RemoveAll(compactPath(path)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Compact(ctx), context.Canceled)
	addScripts(t, s, tenant, 1, 10)
	_, err := s.Script(t.Context(), tenant, kept[0].ID)
	require.NoError(t, err)
}

func TestOpenRemovesWhatACompactLeftThatDied(t *testing.T) {
	path := storePath(t)
	require.NoError(t, openBolt(t, path).Close())
	require.NoError(t, os.WriteFile(compactPath(path), []byte("half"), 0o600))
	openBolt(t, path)
	require.NoFileExists(t, compactPath(path))
}

func TestABackupIsTheStoreAsItWas(t *testing.T) {
	tenant := uuid.New()
	s := openBolt(t, storePath(t))
	kept := addScripts(t, s, tenant, 10, 1000)
	copied := storePath(t)
	file, err := os.Create(copied)
	require.NoError(t, err)
	slow := &writerThat{w: file, before: func() error {
		addScripts(t, s, tenant, 1, 10) // what is written meanwhile is not in it
		return nil
	}}
	n, err := s.Backup(t.Context(), slow)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, n, sizeOf(t, copied))
	restored := openBolt(t, copied)
	page, err := restored.Scripts(t.Context(), tenant, jsruntime.ScriptFilter{})
	require.NoError(t, err)
	require.Len(t, page.Items, len(kept))

	_, err = s.Backup(t.Context(), &writerThat{w: file, before: func() error { return errTest }})
	require.ErrorIs(t, err, errTest)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Backup(ctx, file)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Close())
	_, err = s.Backup(t.Context(), file)
	require.ErrorIs(t, err, jsruntime.ErrClosed)
}

type writerThat struct {
	w      io.Writer
	before func() error
}

func (w *writerThat) Write(p []byte) (int, error) {
	if err := w.before(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

func TestADamagedFileIsNotLeftLocked(t *testing.T) {
	path := storePath(t)
	s := openBolt(t, path)
	addScripts(t, s, uuid.New(), 5, 1000)
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	damaged, step := 0, 4096
	if testing.Short() {
		step *= 5
	}
	for page := 0; page+4096 <= len(whole); page += step {
		broken := bytes.Clone(whole)
		for i := range 64 {
			broken[page+i] ^= 0xff
		}
		require.NoError(t, os.WriteFile(path, broken, 0o600))
		for range 2 {
			s, err := Open(path, WithLockTimeout(10*time.Millisecond), quickly)
			if err == nil {
				require.NoError(t, s.Close())
				continue
			}
			require.NotErrorIs(t, err, jsruntime.ErrLocked, "page %d", page/4096)
			damaged++
		}
	}
	require.Positive(t, damaged)
}

func TestCompactWaitsForABackupAndHoldsUpNobodyElse(t *testing.T) {
	tenant := uuid.New()
	s := openBolt(t, storePath(t), quickly)
	kept := addScripts(t, s, tenant, 3, 10)
	began, goOn := make(chan struct{}), make(chan struct{})
	backedUp := make(chan error, 1)
	go func() {
		var once sync.Once
		_, err := s.Backup(context.Background(), &writerThat{w: io.Discard, before: func() error {
			once.Do(func() { close(began); <-goOn })
			return nil
		}})
		backedUp <- err
	}()
	<-began
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Compact(short), context.DeadlineExceeded)
	compacted := make(chan error, 1)
	go func() { compacted <- s.Compact(context.Background()) }()
	addScripts(t, s, tenant, 3, 10)
	_, err := s.Script(t.Context(), tenant, kept[0].ID)
	require.NoError(t, err)
	close(goOn)
	require.NoError(t, <-backedUp)
	require.NoError(t, <-compacted)
	require.NoError(t, s.Check(t.Context()))
}
