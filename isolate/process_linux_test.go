package isolate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

var roles = map[string]func(){"host": hostThatIsKilled, "hardened": tryWhatIsForbidden, "removed": hostWithoutItsFile}

func alive(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(state), ") Z ")
}

// hostThatIsKilled is an application that runs scripts until it is killed.
func hostThatIsKilled() {
	e, err := New(WithLeastWorkers(3))
	if err != nil {
		fmt.Println(err)
		return
	}
	go e.Run(context.Background(), jobOf(`for (;;) {}`))
	go e.Run(context.Background(), jobOf(`new Array(4e9).indexOf(1)`))
	for len(e.Stats().Workers) < 3 {
		time.Sleep(time.Millisecond)
	}
	for _, w := range e.Stats().Workers {
		fmt.Println(w.PID)
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

func TestWorkersEndWithTheHostHoweverItEnds(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := asRole(t, "host")
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var pids []int
			lines := bufio.NewScanner(out)
			for lines.Scan() && lines.Text() != "ready" {
				pid, err := strconv.Atoi(lines.Text())
				require.NoError(t, err, lines.Text())
				require.True(t, alive(pid))
				pids = append(pids, pid)
			}
			require.GreaterOrEqual(t, len(pids), 3)
			require.NoError(t, cmd.Process.Signal(signal))
			_ = cmd.Wait()
			eventually(t, "all workers end", func() bool {
				for _, pid := range pids {
					if alive(pid) {
						return false
					}
				}
				return true
			})
		})
	}
}

// Ctrl-C goes to every process of the terminal, and a service's stop signal to every one of its group. The host decides
// when its workers end.
func TestSignalsForTheHostDoNotEndWorkers(t *testing.T) {
	e := open(t, WithLeastWorkers(1), WithMostWorkers(1))
	called := make(chan struct{})
	release := make(chan struct{})
	f := host(func(context.Context, []any) (any, error) { close(called); <-release; return nil, nil })
	done := make(chan error)
	go func() { done <- e.Run(context.Background(), jobOf(`await f(); return 1`, withHost(f))).Err }()
	<-called
	for _, w := range e.Stats().Workers {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
			require.NoError(t, syscall.Kill(w.PID, signal))
		}
	}
	close(release)
	require.NoError(t, <-done)
}

// tryWhatIsForbidden hardens its own process as a worker does, and says what it can still do.
func tryWhatIsForbidden() {
	failed := map[string]error{}
	for _, m := range harden() {
		if !m.Applied {
			failed[m.Name] = fmt.Errorf("%s", m.Detail)
		}
	}
	try := func(what string, err error) {
		if err == nil {
			fmt.Println("CAN", what)
		} else {
			fmt.Println("cannot", what, err)
		}
	}
	_, err := os.Open("/etc/passwd")
	try("open a file", err)
	_, err = os.Open(".")
	try("open its directory", err)
	try("write a file", os.WriteFile(filepath.Join(os.TempDir(), "jsruntime-test"), []byte("x"), 0o600))
	_, err = net.Dial("tcp", "127.0.0.1:1")
	if err != nil && strings.Contains(err.Error(), "refused") {
		err = nil
	}
	try("open a connection", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	try("listen", err)
	try("start a process", exec.CommandContext(context.Background(), "/bin/true").Run())
	try("signal its parent", syscall.Kill(os.Getppid(), 0))
	at := new(byte)
	_, err = unix.ProcessVMReadv(os.Getppid(), []unix.Iovec{{Base: at, Len: 1}}, []unix.RemoteIovec{{Base: 0x10000, Len: 1}}, 0)
	if errors.Is(err, unix.EFAULT) { // it may, but nothing is there
		err = nil
	}
	try("read its parent's memory", err)
	try("raise its limits", unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}))
	_, err = unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	try("map machine code", err)
	_, err = unix.Mmap(-1, 0, 4096, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_ANON)
	try("map shared memory", err)
	_, err = unix.FcntlInt(0, unix.F_SETOWN, os.Getppid())
	try("have the system signal its parent", err)
	_, err = unix.MemfdCreate("x", 0)
	try("make a file in memory", err)
	for name, err := range failed {
		fmt.Println("NOT APPLIED", name, err)
	}
	fmt.Println("environment", os.Environ())
	fmt.Println("end")
}

func TestAWorkerCanDoNothingButCompute(t *testing.T) {
	if raceEnabled {
		t.Log("the filter is off under the race detector; only the measures that are on are looked at")
	}
	inherited, err := os.Open("/etc/hostname")
	require.NoError(t, err)
	defer inherited.Close()
	cmd := asRole(t, "hardened")
	cmd.ExtraFiles = []*os.File{inherited}
	out, err := cmd.CombinedOutput()
	text := string(out)
	require.NoError(t, err, text)
	require.Contains(t, text, "end\n")
	if !raceEnabled {
		require.NotContains(t, text, "CAN ")
		require.Equal(t, 13, strings.Count(text, "cannot "), text)
		require.NotContains(t, text, "NOT APPLIED")
	}
}

func TestAWorkerHasNeitherEnvironmentNorDescriptorsNorDirectory(t *testing.T) {
	t.Setenv("SECRET_OF_THE_APPLICATION", "1")
	var leak [2]int // that is not closed on exec
	require.NoError(t, syscall.Pipe(leak[:]))
	defer syscall.Close(leak[0])
	defer syscall.Close(leak[1])
	e := open(t, WithLeastWorkers(1))
	require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
	for _, w := range e.Stats().Workers {
		proc := fmt.Sprintf("/proc/%d/", w.PID)
		env, err := os.ReadFile(proc + "environ")
		require.NoError(t, err)
		require.Equal(t, strings.Join(e.pool.settings.env, "\x00")+"\x00", string(env))
		require.NotContains(t, string(env), "SECRET")
		cwd, err := os.Readlink(proc + "cwd")
		require.NoError(t, err)
		require.Contains(t, cwd, "(deleted)")
		fds, err := os.ReadDir(proc + "fd")
		require.NoError(t, err)
		for _, fd := range fds {
			target, err := os.Readlink(proc + "fd/" + fd.Name())
			require.NoError(t, err)
			own, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", leak[0]))
			require.NoError(t, err)
			require.NotEqual(t, own, target, "an inherited descriptor")
		}
		status, err := os.ReadFile(proc + "status")
		require.NoError(t, err)
		if !raceEnabled {
			require.Contains(t, string(status), "NoNewPrivs:\t1")
			require.Contains(t, string(status), "Seccomp:\t2")
		}
		limits, err := os.ReadFile(proc + "limits")
		require.NoError(t, err)
		require.Regexp(t, `Max core file size +1 +1`, string(limits))
		if !raceEnabled {
			require.Regexp(t, `Max data size +\d+ `, string(limits))
			require.Regexp(t, `Max address space +\d+ `, string(limits))
		}
	}
	for _, m := range e.Stats().Hardening {
		require.True(t, m.Applied || raceEnabled, "%s: %s", m.Name, m.Detail)
	}
}

// hostWithoutItsFile is an application whose file a deployment removes while it runs.
func hostWithoutItsFile() {
	e, err := New(WithMaxRuns(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	if err := os.Remove(os.Args[0]); err != nil {
		fmt.Println(err)
		return
	}
	for range 5 { // each in a worker of its own
		fmt.Print(string(e.Run(context.Background(), jobOf(`return 1`)).Output))
	}
}

func TestWorkersStartAfterTheProgramsFileWasRemoved(t *testing.T) {
	cmd := asRole(t, "removed")
	program, err := os.ReadFile(cmd.Path)
	require.NoError(t, err)
	cmd.Path = filepath.Join(t.TempDir(), "program")
	cmd.Args[0] = cmd.Path
	require.NoError(t, os.WriteFile(cmd.Path, program, 0o700))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "11111", string(out))
}
