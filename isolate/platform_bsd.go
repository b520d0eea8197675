//go:build unix && !linux

package isolate

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"

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
func (*process) limitData(int64) error         { return errNoDataLimit }

// unread: these systems do not tell.
func unread(*os.File) int { return 0 }

// awaitExit leaves the waiting to the reaping, as nothing here names a process by its number.
func awaitExit(*exec.Cmd) {}

func hardenSystem() []Measure {
	return []Measure{
		measure("no inherited descriptors", closeInherited("/dev/fd")),
		measure("no working directory", leaveDirectory()),
		measure("no core dumps", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})),
		measure("no file writes", unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{})),
		{Name: "system call filter", Detail: runtime.GOOS + " has none for programs without privileges"},
	}
}
