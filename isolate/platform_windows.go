package isolate

import (
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func self() (string, error) { return os.Executable() }

func prepareCommand(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// process is a worker in a job object of its own, which ends it when the last handle is closed: with the host.
type process struct {
	job    windows.Handle
	handle windows.Handle
}

func openProcess(cmd *exec.Cmd) (p *process, err error) {
	p = &process{}
	if p.job, err = windows.CreateJobObject(nil, nil); err != nil {
		return nil, os.NewSyscallError("CreateJobObject", err)
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE | windows.PROCESS_QUERY_LIMITED_INFORMATION
	if p.handle, err = windows.OpenProcess(access, false, uint32(cmd.Process.Pid)); err != nil {
		_ = windows.CloseHandle(p.job)
		return nil, os.NewSyscallError("OpenProcess", err)
	}
	if err = p.limit(windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}); err == nil {
		err = windows.AssignProcessToJobObject(p.job, p.handle)
	}
	if err != nil {
		p.close()
		return nil, os.NewSyscallError("AssignProcessToJobObject", err)
	}
	return p, nil
}

// limit sets the job's limits: those given, no child processes, and its end with the host.
func (p *process) limit(info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION) error {
	info.BasicLimitInformation.LimitFlags |= windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
		windows.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS
	info.BasicLimitInformation.ActiveProcessLimit = 1
	_, err := windows.SetInformationJobObject(p.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return err
}

func (p *process) close() {
	_ = windows.CloseHandle(p.handle)
	_ = windows.CloseHandle(p.job)
}

// memoryCounters is PROCESS_MEMORY_COUNTERS of psapi.h.
type memoryCounters struct {
	size                                             uint32
	pageFaults                                       uint32
	peakWorkingSet, workingSet                       uintptr
	peakPagedPool, pagedPool, peakNonPaged, nonPaged uintptr
	pagefile, peakPagefile                           uintptr
}

var getProcessMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

// usage returns the working set of the worker, and the memory that is committed for it.
func (p *process) usage() (resident, data int64) {
	counters := memoryCounters{}
	counters.size = uint32(unsafe.Sizeof(counters))
	ok, _, _ := getProcessMemoryInfo.Call(uintptr(p.handle), uintptr(unsafe.Pointer(&counters)), uintptr(counters.size))
	if ok == 0 {
		return 0, 0
	}
	return int64(counters.workingSet), int64(counters.pagefile)
}

// processorTime returns what the worker took so far.
func (p *process) processorTime() time.Duration { return timesOf(p.handle) }

func (p *process) limitData(bytes int64) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{ProcessMemoryLimit: uintptr(bytes)}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY
	return p.limit(info)
}

// unread: these systems do not tell.
func unread(*os.File) int { return 0 }

// awaitExit waits for the end of the process. Nothing here names one by its number.
func awaitExit(cmd *exec.Cmd, ended func()) {
	_ = cmd.Wait()
	ended()
}

func hardenSystem() []Measure {
	return []Measure{
		{Name: "no inherited descriptors", Applied: true, Detail: "handles are handed on by list"},
		{Name: "no child processes", Applied: true, Detail: "job object"},
		{Name: "no working directory", Detail: "windows keeps one for every process"},
		{Name: "system call filter", Detail: "windows has none for programs without privileges"},
	}
}

// pipes returns the worker's ends of its pipes.
func pipes() (in, out *os.File) { return os.Stdin, os.Stdout }

// cpuTime returns the processor time of this process so far.
func cpuTime() time.Duration { return timesOf(windows.CurrentProcess()) }

func timesOf(process windows.Handle) time.Duration {
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(process, &created, &exited, &kernel, &user) != nil {
		return 0
	}
	ticks := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) }
	return time.Duration(ticks(kernel)+ticks(user)) * 100 // of 100 ns
}

func peakBytes(*os.ProcessState) int64 { return 0 }

// signalOf: windows has no signals.
func signalOf(*os.ProcessState) (string, bool) { return "", false }
