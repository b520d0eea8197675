package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// openElsewhere returns the path that a second process of the test binary is to open; "" in the first one.
func openElsewhere() string { return os.Getenv("JSRUNTIME_TEST_OPEN") }

// reportOpen is the second process: it tells how Open went.
func reportOpen(path string) {
	s, err := Open(path, WithLockTimeout(100*time.Millisecond))
	switch {
	case errors.Is(err, jsruntime.ErrLocked):
		fmt.Println("locked")
	case err != nil:
		fmt.Println("error:", err)
	default:
		fmt.Println("opened")
		_ = s.Close()
	}
}

func inSecondProcess(t *testing.T, path string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "JSRUNTIME_TEST_OPEN="+path)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

func storePath(t testing.TB) string { return filepath.Join(t.TempDir(), "store.db") }

func TestAFileThatIsOpenElsewhereIsLocked(t *testing.T) {
	path := storePath(t)
	s := openBolt(t, path)
	require.Equal(t, "locked", inSecondProcess(t, path))
	began := time.Now()
	_, err := Open(path)
	require.ErrorIs(t, err, jsruntime.ErrLocked)
	require.ErrorContains(t, err, path)
	require.Less(t, time.Since(began), 5*time.Second)
	require.NoError(t, s.Close())
	require.Equal(t, "opened", inSecondProcess(t, path))
}

func TestAFileWhoseFolderDoesNotExistIsAnErrorThatSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "store.db")
	_, err := Open(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, path)
	require.NotErrorIs(t, err, jsruntime.ErrFormat)
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	path := storePath(t)
	s := openBolt(t, path)
	r := newRun(uuid.New(), uuid.New())
	_, err := s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s = openBolt(t, path)
	got, err := s.Execution(t.Context(), r.TenantID, r.ID)
	require.NoError(t, err)
	require.Equal(t, r.CreatedAt, got.CreatedAt)
}

func TestOpeningAFileEndsAllLeases(t *testing.T) {
	path := storePath(t)
	s := openBolt(t, path)
	r := newRun(uuid.New(), uuid.New())
	_, err := s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	require.NoError(t, err)
	require.NoError(t, s.RenewLease(t.Context(), "node", r.RunAt.Add(time.Hour)))
	claimed, err := s.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "node", Now: r.RunAt, Limit: 1})
	require.NoError(t, err)
	expired, err := s.Expired(t.Context(), r.RunAt, 9)
	require.NoError(t, err)
	require.Empty(t, expired)
	require.NoError(t, s.Close())
	s = openBolt(t, path)
	expired, err = s.Expired(t.Context(), r.RunAt, 9)
	require.NoError(t, err)
	require.Equal(t, claimed, expired)
}

func TestAFileThatIsNoStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	for name, content := range map[string][]byte{
		"text":          []byte("hello"),
		"long text":     []byte(strings.Repeat("hello, world. ", 10_000)),
		"zeros":         make([]byte, 1<<16),
		"other bbolt":   otherBolt(t),
		"newer":         storeOfFormat(t, currentFormat()+1),
		"format 0":      storeOfFormat(t, 0),
		"no bucket":     storeWithout(t, bGates),
		"cut in half":   cut(storeOfFormat(t, currentFormat()), 2),
		"cut to a page": cut(storeOfFormat(t, currentFormat()), 20),
	} {
		t.Run(name, func(t *testing.T) {
			path := storePath(t)
			require.NoError(t, os.WriteFile(path, content, 0o600))
			for range 2 { // the first attempt must leave no lock behind
				_, err := Open(path)
				require.ErrorIs(t, err, jsruntime.ErrFormat)
				require.ErrorContains(t, err, path)
			}
			now, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, now)
		})
	}
}

func TestNoDamageToAFileEndsTheProcess(t *testing.T) {
	whole := storeOfFormat(t, currentFormat())
	for page := range len(whole) / os.Getpagesize() {
		path := storePath(t)
		content := append([]byte(nil), whole...)
		for i := range os.Getpagesize() {
			content[page*os.Getpagesize()+i] ^= 0xa5
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		s, err := Open(path)
		if err != nil {
			require.ErrorIs(t, err, jsruntime.ErrFormat)
			continue
		}
		require.NoError(t, s.Close()) // a page that was not in use
	}
}

// otherBolt returns a bbolt file of another program.
func otherBolt(t *testing.T) []byte {
	return boltFile(t, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("meta"))
		if err != nil {
			return err
		}
		return b.Put([]byte("version"), []byte("1"))
	})
}

func storeOfFormat(t *testing.T, format int64) []byte {
	return boltFile(t, func(tx *bbolt.Tx) error {
		if err := initialize(tx); err != nil {
			return err
		}
		return setFormat(tx, format)
	})
}

func storeWithout(t *testing.T, b bucket) []byte {
	return boltFile(t, func(tx *bbolt.Tx) error {
		if err := initialize(tx); err != nil {
			return err
		}
		return tx.DeleteBucket([]byte(bucketNames[b]))
	})
}

func boltFile(t *testing.T, fill func(*bbolt.Tx) error) []byte {
	t.Helper()
	path := storePath(t)
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fill))
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func cut(content []byte, by int) []byte { return content[:len(content)/by] }

func newRun(tenantID, scriptID uuid.UUID) jsruntime.ExecutionRecord {
	now := time.Date(2026, 3, 1, 12, 0, 0, 1, time.UTC)
	return jsruntime.ExecutionRecord{
		ID: uuid.Must(uuid.NewV7()), TenantID: tenantID, ScriptID: scriptID, Status: jsruntime.ExecutionPending,
		TriggerType: jsruntime.TriggerManual, Attempt: 1, CreatedAt: now, RunAt: now,
	}
}
