package isolate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jsruntime/jsruntime/vm"
)

// marker is the environment variable that makes a process a worker. It is all that a worker has in its environment.
const marker = "JSRUNTIME_ISOLATE_WORKER"

// entered says that Main was called in this process: without it, a worker would run the application's main.
var entered atomic.Bool

// Main is the first line of the application's main, and of TestMain where tests use this package:
//
//	func main() {
//		isolate.Main()
//		...
//	}
//
//	func TestMain(m *testing.M) {
//		isolate.Main()
//		os.Exit(m.Run())
//	}
//
// In the application it returns at once. In a worker, which is the same program started again by [New], it serves and
// never returns. What stands before it, package initialisation included, is done in every worker too, with an empty
// environment; it must not write to stdout, which belongs to the worker's frames.
//
// The options are those of the vm that runs the scripts in the worker; each worker has compiled programs of its own, of
// [DefaultProgramCacheBytes] unless an option says otherwise.
func Main(opts ...vm.Option) {
	entered.Store(true)
	if os.Getenv(marker) == "" {
		return
	}
	os.Exit(serveMain(opts))
}

// The statuses with which a worker exits.
const (
	exitEnd    = 0  // the host closed the pipe
	exitBroken = 70 // the host could not be understood
	exitMemory = 71 // the worker found that its run took too much memory
)

// maxWorkerStack bounds the stack of a goroutine of a worker, in bytes: far above what the vm's own bounds allow, and far
// below what makes recursion of the engine expensive to end.
const maxWorkerStack = 32 << 20

// workerProcs is how many processors a worker uses at once: a script cannot use more than one, and Go interrupts it often
// enough for what sees to it that it ends. A second one would mostly look for work, which costs every short run.
const workerProcs = 1

func serveMain(opts []vm.Option) int {
	_ = time.Now().Local().String() // reads TZ and the zone's file while they are there
	os.Clearenv()
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT) // the host says when to end
	runtime.GOMAXPROCS(workerProcs)
	debug.SetMaxStack(maxWorkerStack)
	in, out := pipes()
	os.Stdout = os.Stderr // stdout belongs to the frames

	r, w := newFrameReader(in), &frameWriter{w: out}
	_, payload, err := r.read(atMost(frameHello, maxHelloBytes))
	if err != nil {
		return exitBroken
	}
	h, err := decodeHello(payload)
	if err != nil {
		return exitBroken
	}
	opts = append([]vm.Option{vm.WithProgramCacheBytes(DefaultProgramCacheBytes)}, opts...)
	s := newServer(w, vm.New(opts...), h.margin)
	if problem := s.prepare(h); problem != "" {
		_ = w.write(ready{problem: problem}.encode())
		return exitBroken
	}
	hardening := harden()
	s.warm() // once more, as what the hardening took away must not be missed
	if err := w.write(ready{hardening: hardening, mapped: s.base.mapped, cpu: cpuTime()}.encode()); err != nil {
		return exitBroken
	}
	return s.serve(r)
}

// prepare makes the worker what the host is, and returns what stands against it.
func (s *server) prepare(h hello) string {
	own, err := fingerprint()
	if err != nil {
		return err.Error()
	}
	if own != h.fingerprint {
		return "it is another build of the program than the host: was the file replaced?"
	}
	if h.zone != time.Local.String() {
		zone, err := time.LoadLocation(h.zone)
		if err != nil { // one that the application made
			zone = time.FixedZone(h.zone, h.offset)
		}
		time.Local = zone
	}
	s.warm()
	return ""
}

// protocol changes with the frames.
const protocol = "1"

// fingerprint tells builds of the program apart: by what it was built from, and by its file.
func fingerprint() (string, error) {
	path, err := self()
	if err != nil {
		return "", fmt.Errorf("the program's own file: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("the program's own file: %w", err)
	}
	h := sha256.New()
	fmt.Fprintln(h, protocol, runtime.Version(), runtime.GOOS, runtime.GOARCH, info.Size(), info.ModTime().UnixNano())
	if build, ok := debug.ReadBuildInfo(); ok {
		_, _ = io.WriteString(h, build.String())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
