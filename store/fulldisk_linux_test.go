package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/jsruntime/jsruntime"
)

// The limit on the size of files stands for a disk that is full: the test is run again in a process of its own, which
// needs no privileges to lower and to raise it.
const fullDiskChild = "JSRUNTIME_FULL_DISK"

func TestAFullDiskFailsWritesUntilThereIsRoomAndLosesNothing(t *testing.T) {
	for name, room := range map[string]func(t *testing.T, path string) int64{
		"no room for a larger file": sizeOf,
		// Room for less than the file has already: the file need not grow, and some of the pages are written.
		"no room for its pages": func(*testing.T, string) int64 { return 256 << 10 },
	} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv(fullDiskChild) != "" {
				d := &fullDisk{t: t, path: storePath(t), tenant: uuid.New()}
				d.run(room)
				return
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
			cmd.Env = append(os.Environ(), fullDiskChild+"=1")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
		})
	}
}

// fullDisk is a store on a disk that is full now and then.
type fullDisk struct {
	t      *testing.T
	path   string
	store  *Bolt
	tenant uuid.UUID

	mu           sync.Mutex
	acknowledged []uuid.UUID
}

func (d *fullDisk) run(room func(*testing.T, string) int64) {
	signal.Ignore(unix.SIGXFSZ)
	d.open()
	for range 20 {
		require.NoError(d.t, d.write(100_000))
	}
	for range 2 { // what a commit that failed leaves behind shows in those after it
		d.limit(uint64(room(d.t, d.path))) //nolint:gosec // a size
		d.fill()
		d.requireAll()
		d.requireRefused()
		d.limit(unix.RLIM_INFINITY)
		for range 5 {
			require.NoError(d.t, d.write(300_000))
		}
		d.requireAll()
	}
	d.limit(uint64(room(d.t, d.path))) //nolint:gosec // a size
	d.fill()
	require.NoError(d.t, d.store.Close())
	d.store = nil
	if st, err := Open(d.path); err != nil { // which writes, too
		require.ErrorIs(d.t, err, syscall.EFBIG)
	} else {
		require.NoError(d.t, st.Close())
	}
	d.limit(unix.RLIM_INFINITY)
	d.open()
	d.requireAll()
	require.NoError(d.t, d.write(300_000))
	require.NoError(d.t, d.store.Compact(d.t.Context()))
	d.requireAll()
	require.NoError(d.t, d.store.Close())
	require.NoError(d.t, checkedByBbolt(d.path))
}

func (d *fullDisk) open() {
	st, err := Open(d.path)
	require.NoError(d.t, err)
	d.store = st
}

func (d *fullDisk) limit(bytes uint64) {
	limit := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	require.NoError(d.t, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
}

// write stores an execution with so many bytes.
func (d *fullDisk) write(size int) error {
	r := newRun(d.tenant, uuid.New())
	r.Input = bytes.Repeat([]byte("1"), size)
	_, err := d.store.CreateExecutions(d.t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	if err == nil {
		d.mu.Lock()
		d.acknowledged = append(d.acknowledged, r.ID)
		d.mu.Unlock()
	}
	return err
}

// fill has callers write at once until each has been refused.
func (d *fullDisk) fill() {
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			var err error
			for err == nil {
				err = d.write(100_000)
			}
			if !isRefusal(err) {
				d.t.Errorf("it is not said that there is no room: %v", err)
			}
		})
	}
	callers.Wait()
}

// isRefusal reports whether err says that there is no room, and not that the store is of no use any more.
func isRefusal(err error) bool { return errors.Is(err, syscall.EFBIG) && !errors.Is(err, ErrReadOnly) }

// requireRefused fails unless writes and a compaction are refused, and reads are not.
func (d *fullDisk) requireRefused() {
	_, err := d.store.Backup(d.t.Context(), io.Discard)
	require.NoError(d.t, err)
	require.True(d.t, isRefusal(d.write(1_000_000)))
	d.limit(256 << 10) // the smaller file would have had room
	err = d.store.Compact(d.t.Context())
	require.True(d.t, isRefusal(err), err)
	require.NoFileExists(d.t, compactPath(d.path))
}

// requireAll fails unless what was acknowledged is there, and nothing is damaged.
func (d *fullDisk) requireAll() {
	for _, id := range d.acknowledged {
		_, err := d.store.Execution(d.t.Context(), d.tenant, id)
		require.NoError(d.t, err)
	}
	counts, err := d.store.CountExecutions(d.t.Context(), d.tenant, uuid.Nil)
	require.NoError(d.t, err)
	require.EqualValues(d.t, len(d.acknowledged), counts[jsruntime.ExecutionPending])
	require.NoError(d.t, d.store.Check(d.t.Context()))
}
