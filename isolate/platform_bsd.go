//go:build unix && !linux

package isolate

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func self() (string, error) { return os.Executable() }

func prepareCommand(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// process has nothing to say here: these systems tell and limit the memory of another process only to programs with C.
// The worker watches itself.
type process struct{}

func openProcess(*exec.Cmd) (*process, error) { return &process{}, nil }

var errNoDataLimit = errors.New("this system has no such limit for another process")

func (*process) close()                        {}
func (*process) usage() (resident, data int64) { return 0, 0 }
func (*process) processorTime() time.Duration  { return 0 }
func (*process) limitData(int64) error         { return errNoDataLimit }

// unread: these systems do not tell.
func unread(*os.File) int { return 0 }

// awaitExit waits for the end of the process. Nothing here names one by its number.
func awaitExit(cmd *exec.Cmd, ended func()) {
	_ = cmd.Wait()
	ended()
}

func hardenSystem() []Measure {
	return []Measure{
		measure("no inherited descriptors", closeInherited()),
		measure("no working directory", leaveDirectory()),
		measure("no core dumps", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})),
		measure("no file writes", unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{})),
		{Name: "system call filter", Detail: runtime.GOOS + " has none for programs without privileges"},
	}
}
