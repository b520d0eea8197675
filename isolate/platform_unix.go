//go:build unix

package isolate

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pipes returns the worker's ends of its pipes.
func pipes() (in, out *os.File) {
	_ = syscall.SetNonblock(0, true) // so that waiting for the host takes no thread
	_ = syscall.SetNonblock(1, true)
	return os.NewFile(0, "host"), os.NewFile(1, "host")
}

// cpuTime returns the processor time of this process so far.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// closeInherited closes what was open in the program that started this one. All that Go opens is closed on exec.
func closeInherited() error {
	for _, fd := range openDescriptors() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if fd > 2 && err == nil && flags&unix.FD_CLOEXEC == 0 {
			if err := unix.Close(fd); err != nil {
				return err
			}
		}
	}
	return nil
}

// openDescriptors returns the descriptors of this process, or where the system has no list of them all that may be.
func openDescriptors() (fds []int) {
	const most = 4096
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		for fd := range most {
			fds = append(fds, fd)
		}
		return fds
	}
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil {
			fds = append(fds, fd)
		}
	}
	return fds
}

// leaveDirectory makes a directory that is gone the working directory.
func leaveDirectory() error {
	nowhere, err := os.MkdirTemp(filepath.Clean(os.TempDir()), "jsruntime")
	if err != nil {
		return err
	}
	err = os.Chdir(nowhere)
	if removeErr := os.Remove(nowhere); err == nil {
		err = removeErr
	}
	return err
}

// peakBytes returns the largest resident memory of a process that was reaped.
func peakBytes(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss) * maxrssUnit //nolint:unconvert // it is an int32 on some systems
}

// signalOf returns the name of the signal that ended a process, and whether one did.
func signalOf(state *os.ProcessState) (string, bool) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return "", false
	}
	return status.Signal().String(), true
}
