package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process that is killed proves nothing about the disk: the system still has what it wrote. So the program of this test
// is built a second time, with a bbolt that writes down what it does to its file, in order with what was acknowledged.
// From that follows what a power loss at any moment may have left: what was synced, and any sectors of the rest.

// powerLoad tells the second program what it is to do, and powerFile to which file.
const (
	powerLoad = "JSRUNTIME_POWER_LOAD"
	powerFile = "JSRUNTIME_POWER_FILE"
)

func TestWhatWasAcknowledgedSurvivesAPowerLoss(t *testing.T) {
	if kind := os.Getenv(powerLoad); kind != "" {
		runPowerLoad(t, kind, os.Getenv(powerFile))
		return
	}
	program := buildRecording(t)
	for _, c := range []struct {
		name, load, log string
		survives        bool
	}{
		{"with many callers at once", "as it is", ".log", true},
		{"with syncs that fail", "failing syncs", ".log", true},
		{"after the process was killed", "until killed", ".log", true},
		{"in the file that a Compact made", "compacting", ".compact.log", true},
		{"but not when nothing is synced", "no sync", ".log", false},
		{"but not when it is acknowledged early", "early", ".log", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "power.db")
			random := randomFrom(t)
			if c.load == "until killed" {
				killRecorded(t, program, path, random)
			} else {
				out, err := powerCommand(t, program, c.load, path).CombinedOutput()
				require.NoError(t, err, string(out))
			}
			events := wholeEvents(t, path+c.log)
			lost := lostInPowerLosses(t, events, random)
			if c.log == ".log" { // a Compact syncs its file once it is whole
				lost = errors.Join(lost, metaBeforePages(events))
			}
			if c.survives {
				require.NoError(t, lost)
			} else {
				require.Error(t, lost)
			}
		})
	}
}

func runPowerLoad(t *testing.T, kind, path string) {
	switch kind {
	case "failing syncs":
		failingSyncs(t, path)
		return
	case "compacting":
		compacting(t, path)
		return
	}
	l := &acknowledger{log: openLog(t, path), early: kind == "early"}
	var opts []Option
	if kind == "no sync" {
		opts = append(opts, quickly)
	}
	l.store = openBolt(t, path, opts...)
	if kind == "until killed" {
		fmt.Println("opened")
		l.run(t, math.MaxInt)
	}
	l.run(t, loadRounds)
}

// lostInPowerLosses tries power losses at some moments, with nothing of what was not synced, and with half of it.
func lostInPowerLosses(t *testing.T, events []diskEvent, random *rand.Rand) error {
	chosen := powerLosses(t, events, random)
	d, acks := &disk{random: random}, acknowledgements{}
	for i, e := range events {
		d.do(e)
		acks.add(t, e)
		if !chosen[i] {
			continue
		}
		for how, survives := range map[string]func() bool{
			"nothing unsynced": func() bool { return false }, "half of it": d.half,
		} {
			if err := lostIn(t, d.afterPowerLoss(survives), acks); err != nil {
				return fmt.Errorf("power loss after event %d of %d, with %s there: %w", i+1, len(events), how, err)
			}
		}
	}
	return nil
}

// powerLosses chooses the events after which the power is lost: half of them acknowledgements, and those with which the
// store is opened again after a sync failed or the process was killed, when it is least certain what is on the disk.
func powerLosses(t *testing.T, events []diskEvent, random *rand.Rand) map[int]bool {
	t.Helper()
	tries, reopening := 60, 24
	if racing {
		tries, reopening = 20, 6
	}
	// A file that was never open may be half a file.
	first := slices.IndexFunc(events, func(e diskEvent) bool { return e.kind == acknowledged && bytes.Contains(e.data, []byte("opened")) })
	require.GreaterOrEqual(t, first, 0)
	var acks []int
	for i := first; i < len(events); i++ {
		if events[i].kind == acknowledged {
			acks = append(acks, i)
		}
	}
	chosen := map[int]bool{len(events) - 1: true}
	for len(chosen) < min(tries, len(acks)) {
		chosen[first+random.IntN(len(events)-first)] = true
		chosen[acks[random.IntN(len(acks))]] = true
	}
	for i := first; i < len(events); i++ {
		if events[i].kind == diskFailed || events[i].kind == diskKilled {
			for next := i; next < min(i+reopening, len(events)); next++ {
				chosen[next] = true
			}
		}
	}
	return chosen
}

// lostIn opens what a power loss left, and looks for what was acknowledged.
func lostIn(t *testing.T, content []byte, acks acknowledgements) error {
	t.Helper()
	path := storePath(t)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	st, err := Open(path, quickly)
	if err != nil {
		return err
	}
	for _, a := range acks {
		if err = a.holds(t, st); err != nil {
			err = fmt.Errorf("%s %s: %w", a.What, a.ID, err)
			break
		}
	}
	return errors.Join(err, st.Check(t.Context()), st.Close(), checkedByBbolt(path), os.Remove(path))
}

// edit is a change to a source file of bbolt's, which must fit it exactly once.
type edit struct{ file, old, new string }

var recordingEdits = []edit{
	{"bolt_linux.go", "return syscall.Fdatasync(int(db.file.Fd()))", "return recordSync(db, func() error { return syscall.Fdatasync(int(db.file.Fd())) })"},
	{"db.go", "db.ops.writeAt = db.file.WriteAt", "db.ops.writeAt = func(b []byte, at int64) (int, error) { return recordWrite(db, b, at) }"},
	{"db.go", "db.file.Truncate(", "recordTruncate(db, "},
	{"db.go", "db.file.Sync()", "recordSync(db, db.file.Sync)"},
}

// buildRecording builds the tests of this package with a bbolt that records, which go.mod is told of in a copy.
func buildRecording(t *testing.T) (program string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go tool, to build a program with another bbolt")
	}
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Env = append(os.Environ(), "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	folder := t.TempDir()
	bboltCopy, modFile := filepath.Join(folder, "bbolt"), filepath.Join(folder, "go.mod")
	copyRecording(t, run("list", "-f", "{{.Dir}}", "go.etcd.io/bbolt"), bboltCopy)
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join("..", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), raw, 0o600))
	}
	run("mod", "edit", "-replace=go.etcd.io/bbolt="+bboltCopy, modFile)
	program = filepath.Join(folder, "store.test")
	overlay := overlayOf(t, folder)
	run("test", "-c", "-modfile="+modFile, "-overlay="+overlay, "-o", program, ".")
	return program
}

// overlayOf has the one write of the store's own recorded, too.
func overlayOf(t *testing.T, folder string) (path string) {
	t.Helper()
	const name, own = "settle.go", "db.file.WriteAt(pages, 0)"
	raw, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(raw), own))
	text := strings.Replace(string(raw), own, "bbolt.RecordedWrite(db.DB, pages, 0)", 1)
	text = strings.Replace(text, "package store", "package store\n\nimport \"go.etcd.io/bbolt\"", 1)
	from, err := filepath.Abs(name)
	require.NoError(t, err)
	to := filepath.Join(folder, name)
	require.NoError(t, os.WriteFile(to, []byte(text), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{from: to}})
	require.NoError(t, err)
	path = filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(path, replace, 0o600))
	return path
}

// copyRecording copies bbolt with the edits and the recorder.
func copyRecording(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	texts := map[string]string{}
	for _, name := range []string{"db.go", "tx.go", "bolt_linux.go", "bolt_unix.go"} {
		raw, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		texts[name] = string(raw)
	}
	for _, e := range recordingEdits {
		require.Equal(t, 1, strings.Count(texts[e.file], e.old), "%s: %s", e.file, e.old)
		texts[e.file] = strings.Replace(texts[e.file], e.old, e.new, 1)
	}
	recorder, err := os.ReadFile("testdata/recorder/record.go")
	require.NoError(t, err)
	texts["record.go"] = string(recorder)
	for name, text := range texts {
		name = filepath.Join(to, name)
		require.NoError(t, os.RemoveAll(name)) // a copy of the module cache cannot be written to
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	requireAllRecorded(t, from)
}

// requireAllRecorded fails when bbolt writes to its file in a way that is not recorded.
func requireAllRecorded(t *testing.T, source string) {
	t.Helper()
	for _, name := range []string{"db.go", "tx.go", "bolt_linux.go", "bolt_unix.go"} {
		raw, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		text := string(raw)
		for _, e := range recordingEdits {
			text = strings.ReplaceAll(text, e.old, "")
		}
		for _, other := range []string{"file.Write", "file.Truncate", "file.Sync", "syscall.F", "unix.F", "Pwrite", "Msync"} {
			if other == "syscall.F" {
				text = strings.ReplaceAll(text, "syscall.Flock", "")
			}
			require.NotContains(t, text, other, name)
		}
	}
}
