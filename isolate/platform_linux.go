package isolate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// self returns a name of the program's file. The one in /proc stays right when the file is replaced or removed.
func self() (string, error) {
	const own = "/proc/self/exe"
	if _, err := os.Stat(own); err == nil {
		return own, nil
	}
	return os.Executable()
}

// prepareCommand makes the kernel kill the worker when the thread that started it ends; see spawner.
func prepareCommand(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// process is what the system says of a running worker, and does to it from outside.
type process struct {
	pid   int
	statm *os.File
}

func openProcess(cmd *exec.Cmd) (*process, error) {
	statm, _ := os.Open(fmt.Sprintf("/proc/%d/statm", cmd.Process.Pid)) // nil where there is no /proc
	return &process{pid: cmd.Process.Pid, statm: statm}, nil
}

func (p *process) close() {
	if p.statm != nil {
		_ = p.statm.Close()
	}
}

// usage returns the resident memory of the worker, and what counts for its data limit, in bytes. It is zero where
// there is no /proc.
func (p *process) usage() (resident, data int64) {
	var buf [128]byte
	if p.statm == nil {
		return 0, 0
	}
	n, _ := p.statm.ReadAt(buf[:], 0)
	fields := bytes.Fields(buf[:n])
	if len(fields) < 6 {
		return 0, 0
	}
	pages := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return pages(1), pages(5)
}

// processorTime returns what the worker took so far, to the tick of the system.
func (p *process) processorTime() time.Duration {
	const perSecond = 100 // ticks, as all of Linux has it for programs
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * time.Second / perSecond
}

// limitData sets how much memory the worker may map, and how much address space, whose tables take memory too. The caller
// sees to it that the worker is not reaped meanwhile.
func (p *process) limitData(bytes int64) error {
	const reserved = 4 << 30 // that Go, and C, set aside without using it
	return errors.Join(p.limit(unix.RLIMIT_DATA, bytes), p.limit(unix.RLIMIT_AS, bytes+reserved))
}

// limit sets the soft limit, which the worker cannot raise again: the filter takes the call away.
func (p *process) limit(resource int, bytes int64) error {
	var limit unix.Rlimit
	if err := unix.Prlimit(p.pid, resource, nil, &limit); err != nil {
		return err
	}
	limit.Cur = min(uint64(bytes), limit.Max)
	return unix.Prlimit(p.pid, resource, &limit, nil)
}

// unread returns how many bytes of a pipe nobody has read, seen from the end that is written to.
func unread(pipe *os.File) (n int) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n
}

// awaitExit waits for the end of the process. While its number still is its own, it calls ended, after which nobody uses that
// any more.
func awaitExit(cmd *exec.Cmd, ended func()) {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	ended()
	_ = cmd.Wait()
}

// fewDescriptors is how many a worker may have: three pipes, and what Go opens for itself.
const fewDescriptors = 32

func hardenSystem() []Measure {
	return append([]Measure{
		measure("no inherited descriptors", closeInherited()),
		measure("no working directory", leaveDirectory()),
		measure("no core dumps", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1, Max: 1})), // 0 would let pipes have one
		measure("no file writes", unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{})),
		measure("few descriptors", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: fewDescriptors, Max: fewDescriptors})),
		measure("first to go when the system is out of memory", os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)),
	}, confine()...)
}

// confine takes away the system calls that a worker does not need.
func confine() []Measure {
	if raceEnabled {
		return []Measure{named("no new privileges", offUnderRace), named("system call filter", offUnderRace)}
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		unknown := Measure{Detail: "what Go needs on " + runtime.GOARCH + " is not known"}
		return []Measure{measure("no new privileges", seccomp.SetNoNewPrivs()), named("system call filter", unknown)}
	}
	runtime.LockOSThread() // no_new_privs is the calling thread's; the filter hands it on to all
	defer runtime.UnlockOSThread()
	privileges := seccomp.SetNoNewPrivs()
	if privileges != nil {
		return []Measure{measure("no new privileges", privileges), measure("system call filter", privileges)}
	}
	policy, err := callPolicy()
	if err == nil {
		err = seccomp.LoadFilter(seccomp.Filter{Flag: seccomp.FilterFlagTSync, Policy: policy})
	}
	if err != nil { // then no other thread has it
		privileges = errors.New("on one thread only, as the filter could not be loaded")
	}
	return []Measure{measure("no new privileges", privileges), measure("system call filter", err)}
}

// neededCalls are what the Go runtime, and the C library where the program has it, need once they are started. Files,
// sockets, processes and signals to others are not among them.
var neededCalls = []string{
	"read", "write", "readv", "writev", "pread64", "close", "fstat", "lseek", "poll", "ppoll",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2",
	"munmap", "mremap", "madvise", "mincore", "brk", "membarrier",
	"futex", "futex_waitv", "set_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity", "getcpu",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
	"nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",
	"timer_create", "timer_settime", "timer_delete", "setitimer",
	"getpid", "gettid", "getrandom", "getrusage", "exit", "exit_group",
}

func callPolicy() (seccomp.Policy, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return seccomp.Policy{}, err
	}
	allowed := seccomp.SyscallGroup{Action: seccomp.ActionAllow}
	for _, name := range neededCalls {
		if _, ok := info.SyscallNames[name]; ok { // not every architecture has every call
			allowed.Names = append(allowed.Names, name)
		}
	}
	only := func(name string, argument uint32, operation seccomp.Operation, value uint64) {
		allowed.NamesWithCondtions = append(allowed.NamesWithCondtions, seccomp.NameWithConditions{
			Name: name, Conditions: seccomp.ArgumentConditions{{Argument: argument, Operation: operation, Value: value}},
		})
	}
	// No new machine code, and no memory that the data limit does not count.
	allowed.NamesWithCondtions = append(allowed.NamesWithCondtions, seccomp.NameWithConditions{
		Name: "mmap", Conditions: seccomp.ArgumentConditions{
			{Argument: 2, Operation: seccomp.BitsNotSet, Value: unix.PROT_EXEC},
			{Argument: 3, Operation: seccomp.BitsNotSet, Value: unix.MAP_SHARED | unix.MAP_GROWSDOWN},
		},
	})
	only("mprotect", 2, seccomp.BitsNotSet, unix.PROT_EXEC)
	only("clone", 0, seccomp.BitsSet, unix.CLONE_THREAD) // threads, no processes
	only("tgkill", 0, seccomp.Equal, uint64(os.Getpid()))
	only("fcntl", 1, seccomp.Equal, unix.F_GETFL) // others send signals to anybody
	only("fcntl", 1, seccomp.Equal, unix.F_GETFD)
	only("prctl", 0, seccomp.Equal, unix.PR_SET_VMA)
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{
			allowed,
			// Its flags are in memory, where no filter sees them; a C library that misses it takes clone.
			{Names: []string{"clone3"}, Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)},
		},
	}, nil
}
