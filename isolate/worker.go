package isolate

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// worker is a worker process, seen from the host. Who has taken it from the pool reads its frames.
type worker struct {
	cmd       *exec.Cmd
	process   *process
	out       *os.File // where its frames come from
	in        *os.File
	frames    *frameReader
	host      *frameWriter
	stderr    *errText
	hardening []Measure // nil until it serves
	restData  int64     // what counted for its data limit before its first run
	restRSS   int64
	mapped    int64 // what its heap took of the system then

	gone  chan struct{} // closed when it is reaped and death is set
	death death

	mu      sync.Mutex
	cpu     time.Duration // that it took so far, as of the end of its last run
	current *run          // that it was given
	killed  cause         // why the host ended it; noCause while it lives or when it died by itself
	reaped  bool
	limit   int64 // its data limit as it was last set

	// The pool's, under the pool's lock.
	runs      int
	idleSince time.Time
	idleRuns  int // its runs and processor time when it was last looked at while it was idle
	idleCPU   time.Duration
	compiled  map[uint64]struct{} // the keys of sources that it has had
}

// startTimeout is how long a new worker may take until it serves.
const startTimeout = 10 * time.Second

// startProcess starts a worker process. It is called on the spawner's thread.
func startProcess(env []string) (w *worker, err error) {
	path, err := self()
	if err != nil {
		return nil, err
	}
	var files []*os.File
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			if r, w, err = os.Pipe(); err == nil {
				files = append(files, r, w)
			}
		}
		return r, w
	}
	childIn, hostOut := pipe()
	hostIn, childOut := pipe()
	if err != nil {
		return nil, err
	}
	w = &worker{
		out: hostIn, in: hostOut, frames: newFrameReader(hostIn), host: &frameWriter{w: hostOut}, stderr: &errText{},
		gone: make(chan struct{}), compiled: map[uint64]struct{}{},
	}
	w.cmd = &exec.Cmd{
		Path: path, Args: []string{programName() + " (script worker)"}, Env: env,
		Dir: string(filepath.Separator), Stdin: childIn, Stdout: childOut, Stderr: w.stderr, WaitDelay: time.Second,
	}
	w.stderr.flooded = func() { w.killAny(causeFrames) }
	prepareCommand(w.cmd)
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	if w.process, err = openProcess(w.cmd); err != nil {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
		return nil, err
	}
	files = []*os.File{childIn, childOut}
	go w.reap() // ends with the process
	return w, nil
}

// programName is how the workers are listed among the system's processes.
func programName() string {
	if len(os.Args) == 0 {
		return "program"
	}
	return filepath.Base(os.Args[0])
}

// reap waits for the end of the process.
func (w *worker) reap() {
	awaitExit(w.cmd, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.reaped = true
		w.process.close()
	})
	w.mu.Lock()
	w.death = classify(w.cmd.ProcessState, w.killed, w.stderr.String())
	w.mu.Unlock()
	close(w.gone)
}

// greet tells a new worker how to serve, waits until it does, and limits its memory for a first run.
func (w *worker) greet(h hello, limit int64) error {
	late := time.AfterFunc(startTimeout, func() { w.kill(nil, causeStart) })
	defer late.Stop()
	_ = w.host.write(h.encode())
	_, payload, err := w.frames.read(atMost(frameReady, maxReadyBytes))
	var r ready
	if err == nil {
		r, err = decodeReady(payload)
	}
	switch {
	case errors.Is(err, errFrame):
		err = errors.New("something wrote to stdout before isolate.Main")
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("it did not get to isolate.Main within %v", startTimeout)
	case err != nil:
		err = errors.New("it ended before isolate.Main; what stands before that, package initialisation included, " +
			"runs in workers too, with an empty environment")
	}
	if err == nil && r.problem != "" {
		err = errors.New(r.problem)
	}
	if err != nil {
		w.kill(nil, causeStart)
		<-w.gone
		return fmt.Errorf("the worker did not get ready: %w%s", err, w.stderr.note())
	}
	w.mu.Lock()
	w.mapped, w.cpu = r.mapped, r.cpu
	w.mu.Unlock()
	w.restRSS, w.restData = w.usage()
	w.stderr.forget()
	limited := measure("memory limit by the system", w.limitMemory(limit))
	if raceEnabled {
		limited = named(limited.Name, offUnderRace)
	}
	w.mu.Lock()
	w.hardening = slices.Concat(r.hardening, []Measure{limited})
	w.mu.Unlock()
	return nil
}

// kill ends the process at once, if it still has that run, and lets go whoever reads its frames.
func (w *worker) kill(of *run, why cause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == of {
		w.end(why)
	}
}

// killAny ends the process at once, whatever it has.
func (w *worker) killAny(why cause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(why)
}

// end is called with the lock.
func (w *worker) end(why cause) {
	if w.killed != noCause {
		return
	}
	w.killed = why
	_ = w.cmd.Process.Kill()
	// What it wrote before is still read. But the system takes the memory of the process apart before it closes the pipe,
	// and nobody has to wait for that.
	_ = w.out.SetReadDeadline(time.Now().Add(lastWords))
}

// lastWords is how long the pipe of a worker that was killed is read.
const lastWords = 5 * time.Millisecond

// usage returns the resident memory of the worker, and what counts for its data limit; zero for one that is gone.
func (w *worker) usage() (resident, data int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reaped {
		return 0, 0
	}
	return w.process.usage()
}

// processorTime returns what the worker took so far; zero where the system does not tell.
func (w *worker) processorTime() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reaped {
		return 0
	}
	return w.process.processorTime()
}

// spend notes the processor time of the worker at the end of a run, and returns that of the run. No worker takes more than
// the processors that it is given, whatever it says.
func (w *worker) spend(m done, began time.Time) time.Duration {
	most := 2 * workerProcs * time.Since(began)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cpu = min(max(m.total, w.cpu), w.cpu+most)
	return min(m.cpu, most)
}

// discard ends a worker that nobody has, and its pipes.
func (w *worker) discard(why cause) {
	w.kill(nil, why)
	_ = w.in.Close()
	_ = w.out.Close()
}

// take gives the worker to a run, or with nil takes it back. A worker that was killed cannot be taken.
func (w *worker) take(r *run) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current = r
	return w.killed == noCause
}

// limitMemory sets what a run with that limit may make the worker take, where the system can.
func (w *worker) limitMemory(bytes int64) error {
	if raceEnabled {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit == bytes || w.reaped {
		return nil
	}
	if err := w.process.limitData(w.restData + bytes); err != nil {
		return err
	}
	w.limit = bytes
	return nil
}

// errText keeps the beginning of what a worker writes to stderr since it serves, where a crash says what it is.
type errText struct {
	mu      sync.Mutex
	buf     []byte
	written int
	flooded func() // called when it is more than any crash has to say
}

const keptStderrBytes = 4 << 10

func (t *errText) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.buf = append(t.buf, b[:min(len(b), keptStderrBytes-len(t.buf))]...)
	t.written += len(b)
	flooded := t.written > maxStderrBytes
	t.mu.Unlock()
	if flooded {
		t.flooded()
	}
	return len(b), nil
}

// forget drops what was written before the worker served.
func (t *errText) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf, t.written = nil, 0
}

func (t *errText) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// head returns what was written before the traceback.
func (t *errText) head() string {
	const most = 500
	text, _, _ := strings.Cut(t.String(), "\n\n")
	return strings.TrimSpace(text[:min(len(text), most)])
}

// note returns what was written as the end of a message.
func (t *errText) note() string {
	if text := t.head(); text != "" {
		return "; it wrote: " + text
	}
	return ""
}
