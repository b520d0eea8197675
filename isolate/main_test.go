package isolate

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
)

// role is the environment variable that makes the test program something else than the tests.
const role = "ISOLATE_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "forgetful" {
		forgetful()
		return
	}
	if how, ok := strings.CutPrefix(os.Getenv(marker), "test:"); ok {
		hostileWorker(how)
		return
	}
	afterLine = func(line jsruntime.LogEntry) {
		if line.Message == overflowing {
			fmt.Fprintln(io.Discard, overflow(0))
		}
	}
	Main()
	if play := roles[os.Getenv(role)]; play != nil {
		play()
		return
	}
	goleak.VerifyTestMain(m)
}

// overflowing is what a script writes to its console to have its worker die of a stack that is too deep.
const overflowing = "overflow the stack"

func overflow(n int) int {
	if n < 0 {
		return n
	}
	return overflow(n+1) + 1
}

// asRole starts the test program in a role.
func asRole(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	own, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), own)
	cmd.Env = append(os.Environ(), role+"="+name)
	return cmd
}

// open returns an executor that the test closes.
func open(t testing.TB, opts ...Option) *Executor {
	t.Helper()
	e, err := New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func jobOf(source string, changes ...func(*jsruntime.Job)) jsruntime.Job {
	job := jsruntime.Job{Source: jsruntime.Source{Text: source}, Limits: jsruntime.DefaultResourceLimits()}
	for _, change := range changes {
		change(&job)
	}
	return job
}

func withTime(limit time.Duration) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Limits.MaxExecutionTime = limit }
}

func withMemory(limit int64) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Limits.MaxMemoryBytes = limit }
}

func withHost(host jsruntime.Host) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Host = host }
}

// host is a host with one function, f.
type host func(ctx context.Context, args []any) (any, error)

func (host) Functions() []string { return []string{"f"} }

func (h host) Call(ctx context.Context, _ string, args []any) (any, error) { return h(ctx, args) }

// forgetful is an application that does not call Main.
func forgetful() {
	_, err := New()
	fmt.Print(err)
}

func TestForgettingMainIsAnErrorThatShowsTheLine(t *testing.T) {
	out, err := asRole(t, "forgetful").CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(out), "isolate.Main()")
	require.Contains(t, string(out), "func TestMain(m *testing.M)")
}

func TestAWorkerMakesNoWorkers(t *testing.T) {
	t.Setenv(marker, "1")
	_, err := New()
	require.ErrorContains(t, err, "isolate.Main()")
}

func TestOptionsAreChecked(t *testing.T) {
	for field, option := range map[string]Option{
		"leastWorkers": WithLeastWorkers(0),
		"mostWorkers":  WithMostWorkers(-1),
		"memoryMargin": WithMemoryMargin(0),
		"maxRuns":      WithMaxRuns(0),
		"maxGrowth":    WithMaxGrowth(-1),
		"logger":       WithLogger(nil),
	} {
		t.Run(field, func(t *testing.T) {
			_, err := New(option)
			require.ErrorIs(t, err, jsruntime.ErrInvalid)
			require.ErrorContains(t, err, field)
		})
	}
}
