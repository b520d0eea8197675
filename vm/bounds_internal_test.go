package vm

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// The most that a text may take which the bounds let through.
const (
	mostCompileTime = 500 * time.Millisecond
	mostStack       = 64 << 20
	mostHeap        = 200 << 20
)

// childVariable tells a test that it is the process in which the bounds are tried: an overflow of the stack ends it.
const childVariable = "VM_BOUNDS_CHILD"

// seedVariable is the first seed of the mixes.
const seedVariable = "VM_BOUNDS_SEED"

const mixes = 40

// measured is what the largest accepted text of a construct takes.
type measured struct {
	Name    string
	N       int
	Bytes   int
	Refused string // why the next larger is refused
	Time    time.Duration
	Check   time.Duration
	Stack   uint64
	Heap    uint64
	Err     string
}

func TestTheLargestAcceptedTextOfEachConstructCompilesInTime(t *testing.T) {
	all := tryInChild(t, childVariable)
	require.GreaterOrEqual(t, len(all), 2*((len(constructs)+len(wide)+mixes)/share))
	for _, m := range all {
		t.Logf("%-50s n=%-7d %7d B  check %4d ms, compile %4d ms, stack %3d MiB, heap %3d MiB  %.60s | %.40s",
			m.Name, m.N, m.Bytes, m.Check.Milliseconds(), m.Time.Milliseconds(), m.Stack>>20, m.Heap>>20, m.Refused, m.Err)
	}
	for _, m := range all {
		if !racing {
			require.Less(t, m.Time, m.allowed(), m.Name)
			require.Less(t, m.Stack, uint64(mostStack), m.Name)
			require.Less(t, m.Heap, uint64(mostHeap), m.Name)
		}
		require.Less(t, m.Time, 30*mostCompileTime, m.Name)
	}
}

// tryInChild runs a child in a process of its own and returns what that measured.
func tryInChild(t *testing.T, variable string) (all []measured) {
	t.Helper()
	command := exec.Command(os.Args[0])
	seed := time.Now().UnixNano()
	command.Env = append(os.Environ(), variable+"=1", seedVariable+"="+strconv.FormatInt(seed, 10))
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	for _, line := range strings.Split(string(out), "\n") {
		var m measured
		if json.Unmarshal([]byte(line), &m) == nil {
			all = append(all, m)
		}
	}
	require.NoError(t, err, "seed %d, %d done: %s", seed, len(all), clipText(stderr.String(), 2000))
	return all
}

// Racing is racing, for the tests from outside of the package.
const Racing = racing

// Children are what this program does instead of the tests when it finds the variable of that name.
var Children = map[string]func() error{childVariable: tryBounds, brokenVariable: tryBroken}

func tryBounds() error {
	if !racing {
		debug.SetMaxStack(mostStack)
	}
	only := os.Getenv(childVariable)
	all := append(append([]construct{}, constructs...), wide...)
	seed, _ := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	for i := range uint64(mixes) {
		all = append(all, mix(seed+i))
	}
	for i, c := range all {
		if os.Getenv("BOUNDS") != "all" && i%share != int(seed)%share {
			continue
		}
		if only != "1" && !strings.Contains(c.name, only) {
			continue
		}
		if err := errors.Join(c.try("", refusalOf).print(), c.try("to the parser: ", checkedRefusal).print()); err != nil {
			return err
		}
	}
	return nil
}

// allowed is how long a text may take on a busy machine.
func (m measured) allowed() time.Duration {
	return 2*mostCompileTime + time.Duration(m.Bytes)*4*time.Microsecond
}

func (m measured) print() error { return json.NewEncoder(os.Stdout).Encode(m) }

// try finds the largest text of a construct that is not refused and compiles it.
func (c construct) try(name string, refusal func(string) string) measured {
	m := measured{Name: name + c.name}
	m.N, m.Refused = c.largest(refusal)
	text := c.text(max(m.N, 0))
	m.Bytes = len(text)
	m.take(text)
	for again := 0; again < 3 && m.Time > mostCompileTime/2 && !racing; again++ { // others use the machine too
		next := m
		next.take(text)
		if next.Time < m.Time {
			m = next
		}
	}
	return m
}

// largest returns the largest accepted number, nearly, and why more is refused.
func (c construct) largest(refusal func(string) string) (n int, refused string) {
	accepts := func(n int) bool {
		text := c.text(n)
		if len(text) > maxSourceBytes {
			refused = ""
			return false
		}
		refused = refusal(text)
		return refused == ""
	}
	low, high := 0, 1
	for accepts(high) {
		low, high = high, 2*high
	}
	why := refused
	for high-low > max(1, low/64) {
		if middle := (low + high) / 2; accepts(middle) {
			low = middle
		} else {
			high, why = middle, refused
		}
	}
	return low, why
}

// checkedRefusal returns why a text is refused before it is parsed, or "".
func checkedRefusal(text string) string {
	_, message := checkBounds(text)
	return message
}

// refusalOf returns why a text is refused before it is compiled, or "".
func refusalOf(text string) string {
	if message := checkedRefusal(text); message != "" {
		return message
	}
	_, err := parseBounded(wrapperPrefix + text + wrapperSuffix)
	if limit := (*limitError)(nil); errors.As(err, &limit) {
		return limit.message
	}
	return ""
}

// take compiles a text on a goroutine of its own and takes note of what that took.
func (m *measured) take(text string) {
	runtime.GC()
	stop, peak := make(chan struct{}), make(chan uint64)
	go watchHeap(stop, peak)
	done := make(chan struct{})
	go func() {
		defer close(done)
		start := time.Now()
		checkBounds(text)
		m.Check = time.Since(start)
		start = time.Now()
		if _, err := compileSafely(jsruntime.Source{Text: text}); err != nil {
			m.Err = err.Error()
		}
		m.Time = time.Since(start)
		m.Stack = readMetric("/memory/classes/heap/stacks:bytes")
	}()
	<-done
	close(stop)
	m.Heap = <-peak
}

// watchHeap reports by how much the heap grew at most.
func watchHeap(stop <-chan struct{}, peak chan<- uint64) {
	const name = "/memory/classes/heap/objects:bytes"
	first := readMetric(name)
	most := first
	for {
		select {
		case <-stop:
			peak <- max(most, readMetric(name)) - first
			return
		case <-time.After(2 * time.Millisecond):
			most = max(most, readMetric(name))
		}
	}
}

func readMetric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
