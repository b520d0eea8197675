package vm_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

const (
	hostileRole   = "VM_TEST_HOSTILE" // the environment variable that makes the test program run one hostile script
	hostileWatch  = "VM_TEST_WATCH"   // how long it watches itself after the answer
	hostileLimit  = time.Second
	hostileMemory = 64 << 20
	killMiB       = 3 << 10          // resident memory at which a child is killed
	killAfter     = 20 * time.Second // without an end
)

// report is what a child says about its script. Durations are in nanoseconds.
type report struct {
	Outcome   string        // completed, a kind of failure, or refused
	Message   string        // of the failure
	Elapsed   time.Duration // until the answer
	Bystander time.Duration // of another run right after; negative when that failed
	CPU       time.Duration // used while it was watched
}

// verdict is the parent's. A script was contained when nothing is broken.
type verdict struct {
	outcome string        // see outcomeOf
	slow    bool          // on a slower machine a limit may come first
	over    time.Duration // how long after the time limit the answer came
	broken  []string
	detail  string
}

const (
	brokenKilled    = "killed the process"
	brokenHang      = "no answer"
	brokenMemory    = "memory"
	brokenLate      = "late"
	brokenBystander = "held up others"
	brokenCPU       = "went on behind the answer"
)

// late reports whether the script broke nothing but bounds of time, and of memory where the watchdog may have come late, which
// a busy machine does as well.
func (v verdict) late() bool {
	for _, b := range v.broken {
		if b != brokenLate && b != brokenBystander && b != brokenCPU && b != brokenMemory {
			return false
		}
	}
	return len(v.broken) > 0
}

// runHostile runs a script in a process of its own, watches its memory from outside and judges it.
func runHostile(t *testing.T, s hostileScript, m margins) verdict {
	own, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(own)
	cmd.Env = append(os.Environ(), hostileRole+"="+s.file, hostileWatch+"="+m.watch.String())
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	out := newChildOutput()
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-out.ready:
	case err := <-done:
		return verdict{broken: []string{brokenKilled}, detail: fmt.Sprintf("%v before it began: %s", err, out.text())}
	}
	base := peakMiB(cmd.Process.Pid)
	start := time.Now()
	_, _ = stdin.Write([]byte("\n"))
	peak, broken, err := watch(cmd, done, start)
	if broken != "" {
		return verdict{broken: []string{broken}, detail: fmt.Sprintf("%v, peak %d MiB", time.Since(start), peak)}
	}
	var r report
	if err != nil || !out.report(&r) {
		return verdict{broken: []string{brokenKilled}, detail: fmt.Sprintf("%v: %.300s", err, out.text())}
	}
	return judge(r, peak-base, m)
}

// watch waits for a child's end and kills the one that takes too much.
func watch(cmd *exec.Cmd, done <-chan error, start time.Time) (peak int, broken string, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return peak, "", err
		case <-tick.C:
			peak = max(peak, peakMiB(cmd.Process.Pid))
		}
		switch {
		case peak > killMiB:
			broken = brokenMemory
		case time.Since(start) > killAfter:
			broken = brokenHang
		default:
			continue
		}
		_ = cmd.Process.Kill()
		<-done
		return peak, broken, nil
	}
}

// outcomeOf returns how a script ended. Which limit comes first depends on the machine.
func outcomeOf(outcome string) string {
	switch outcome {
	case string(jsruntime.FailureTimeout), string(jsruntime.FailureMemory):
		return "limit"
	}
	return outcome
}

// judge holds a report against the bounds. Under the race detector memory says nothing: shadow memory is a multiple.
func judge(r report, growth int, m margins) verdict {
	v := verdict{
		outcome: outcomeOf(r.Outcome),
		slow:    r.Elapsed > hostileLimit/4,
		over:    max(r.Elapsed-hostileLimit, 0),
		detail: fmt.Sprintf("%s after %v, grew %d MiB, bystander %v, CPU afterwards %v: %.150s", r.Outcome,
			r.Elapsed.Round(time.Millisecond), growth, r.Bystander.Round(time.Millisecond), r.CPU, r.Message),
	}
	for _, b := range []struct {
		is   bool
		what string
	}{
		{r.Elapsed > hostileLimit+m.late, brokenLate},
		{growth > m.memory && !vm.Racing, brokenMemory},
		{r.Bystander < 0 || r.Bystander > m.bystander, brokenBystander},
		{r.CPU > m.cpu, brokenCPU},
	} {
		if b.is {
			v.broken = append(v.broken, b.what)
		}
	}
	return v
}

// hostileChild is the test program in a child process: it runs one script as an application would, and prints a report.
func hostileChild(file string) {
	source, err := hostileSource(file)
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	executor := vm.New()
	bystand(executor)
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	var r report
	start := time.Now()
	r.Outcome, r.Message = attack(executor, source)
	r.Elapsed = time.Since(start)
	r.Bystander = bystand(executor)
	before := cpuTime()
	pause, _ := time.ParseDuration(os.Getenv(hostileWatch))
	time.Sleep(pause)
	r.CPU = cpuTime() - before
	text, _ := json.Marshal(r)
	fmt.Printf("\n%s\n", text)
}

// attack checks and runs a source, as creating a script and executing it do.
func attack(executor *vm.Executor, source string) (outcome, message string) {
	ctx := context.Background()
	job := jobOf(source, withInput(`{"n":1}`), withTime(hostileLimit))
	job.Limits.MaxMemoryBytes = hostileMemory
	if err := executor.Check(ctx, job.Source); err != nil {
		return "refused", err.Error()
	}
	err := executor.Run(ctx, job).Err
	var failure *jsruntime.ScriptError
	switch {
	case err == nil:
		return "completed", ""
	case errors.As(err, &failure):
		return string(failure.Kind), failure.Message
	}
	return "error", err.Error()
}

// bystand runs another tenant's script and returns how long that takes.
func bystand(executor *vm.Executor) time.Duration {
	start := time.Now()
	result := executor.Run(context.Background(), jobOf(`return input.n + 1`, withInput(`{"n":1}`), withTime(5*time.Second)))
	if string(result.Output) != "2" {
		return -1
	}
	return time.Since(start)
}

// childOutput keeps the beginning and the end of what a child prints; a stack dump may have megabytes.
type childOutput struct {
	ready chan struct{} // closed when the child waits for the word to begin

	mu         sync.Mutex
	head, tail []byte
	said       bool
}

var _ io.Writer = (*childOutput)(nil)

func newChildOutput() *childOutput { return &childOutput{ready: make(chan struct{})} }

func (o *childOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	const kept = 64 << 10
	if room := kept - len(o.head); room > 0 {
		o.head = append(o.head, p[:min(room, len(p))]...)
	}
	o.tail = append(o.tail, p...)
	o.tail = o.tail[max(0, len(o.tail)-kept):]
	if !o.said && bytes.Contains(o.head, []byte("ready\n")) {
		o.said = true
		close(o.ready)
	}
	return len(p), nil
}

// text returns the beginning, on one line.
func (o *childOutput) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.ReplaceAll(strings.TrimPrefix(string(o.head), "ready\n"), "\n", " ")
}

// report reads the report, which is the last line.
func (o *childOutput) report(r *report) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := bytes.LastIndex(o.tail, []byte("\n{\"Outcome\""))
	return at >= 0 && json.Unmarshal(o.tail[at:], r) == nil
}
