package store

import (
	"bufio"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killRecorded has the second program write to its file until it is killed, some times over, which the system's cache
// outlives.
func killRecorded(t *testing.T, program, path string, random *rand.Rand) {
	t.Helper()
	const kills = 4
	for range kills {
		cmd := powerCommand(t, program, "until killed", path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "opened\n", said)
		time.AfterFunc(time.Duration(random.IntN(100))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		_, _ = io.Copy(io.Discard, out)
		require.ErrorContains(t, cmd.Wait(), "killed")
		noteKill(t, path)
	}
	cmd := powerCommand(t, program, "as it is", path)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func powerCommand(t *testing.T, program, load, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestWhatWasAcknowledgedSurvivesAPowerLoss$")
	cmd.Env = append(os.Environ(), powerLoad+"="+load, powerFile+"="+path)
	return cmd
}

// noteKill adds the kill to the log. An event that is not whole was none, and the last write may not have been done, or
// not whole: what is in the file is what counts then.
func noteKill(t *testing.T, path string) {
	t.Helper()
	events := wholeEvents(t, path+".log")
	if last := &events[len(events)-1]; last.kind == diskWrites {
		file, err := os.Open(path)
		require.NoError(t, err)
		n, err := file.ReadAt(last.data, last.at)
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
		}
		last.data = last.data[:n]
		require.NoError(t, file.Close())
	}
	var log []byte
	for _, e := range append(events, diskEvent{kind: diskKilled}) {
		log = append(log, e.bytes()...)
	}
	require.NoError(t, os.WriteFile(path+".log", log, 0o600))
}
