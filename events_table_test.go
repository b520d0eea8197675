package jsruntime_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
	"github.com/stretchr/testify/require"
)

// benchEvents says how many events the table of events is made of: see make bench-events.
const benchEvents = "BENCH_EVENTS"

// heapGrowth is how much more memory may be in use at any time than after the first tenth of the events.
const heapGrowth = 32 << 20

// TestTheMemoryOfEventsIsBounded is the short form of the table.
func TestTheMemoryOfEventsIsBounded(t *testing.T) {
	events := 2000
	if testing.Short() {
		events = 500
	}
	runEvents(t, events)
}

// TestTheTableOfEvents prints the rate at which events run their scripts on bbolt and vm, and the memory meanwhile.
func TestTheTableOfEvents(t *testing.T) {
	events, err := strconv.Atoi(os.Getenv(benchEvents))
	if err != nil {
		t.Skip("measures for a minute; run it with make bench-events")
	}
	r := runEvents(t, events)
	second := func(d time.Duration) float64 { return float64(events) / d.Seconds() }
	fmt.Printf("%d events, each for one of %d scripts, %d processors, a sync takes %v\n", events, eventScripts, runtime.GOMAXPROCS(0), r.sync)
	fmt.Printf("published              %8.0f a second\n", second(r.published))
	fmt.Printf("published and run      %8.0f a second\n", second(r.run))
	fmt.Printf("waiting at most        %8d runs\n", r.waiting)
	fmt.Printf("memory in use          %8.1f MiB at most in the first tenth, %.1f MiB at most in all, without what is garbage\n", mib(r.first), mib(r.most))
	fmt.Printf("memory of the process  %8.1f MiB at most in the first tenth, %.1f MiB at most in all, without the file's pages\n", mib(r.firstProcess), mib(r.mostProcess))
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

const (
	eventScripts    = 100
	eventPublishers = 64
)

type eventsResult struct {
	published, run, sync      time.Duration
	first, most               uint64 // heap in use after a collection
	firstProcess, mostProcess uint64 // anonymous memory of the process
	waiting                   int64
}

// runEvents publishes events, each of a type that one of the scripts subscribes to, from many goroutines, and waits until each
// has run its script. It fails when the memory in use grows with the number of events.
func runEvents(t *testing.T, events int) (r eventsResult) {
	t.Helper()
	dir := t.TempDir()
	r.sync = syncLatency(t, dir)
	st, err := store.Open(filepath.Join(dir, "scripts.db"))
	require.NoError(t, err)
	defer st.Close()
	rt, err := jsruntime.New(st, vm.New())
	require.NoError(t, err)
	tenant := uuid.New()
	for n := range eventScripts {
		_, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, fmt.Sprintf("script %d", n),
			`return { order: input.order, total: input.lines.reduce((sum, l) => sum + l.quantity * l.cents, 0) }`,
			jsruntime.WithEventTypes(fmt.Sprintf("order.paid.%d", n))))
		require.NoError(t, err)
	}
	require.NoError(t, rt.Start(t.Context()))
	begun := time.Now()
	var next atomic.Int64
	var publishers sync.WaitGroup
	for range eventPublishers {
		publishers.Go(func() {
			for n := next.Add(1); n <= int64(events); n = next.Add(1) {
				payload := map[string]any{"order": n, "note": strings.Repeat("x", 500), "lines": []any{map[string]any{"quantity": 2, "cents": 995}}}
				if err := rt.Publish(t.Context(), jsruntime.NewEvent(tenant, fmt.Sprintf("order.paid.%d", n%eventScripts), payload)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	published := make(chan time.Duration, 1)
	go func() {
		publishers.Wait()
		published <- time.Since(begun)
	}()
	for done := int64(0); done < int64(events) && !t.Failed(); {
		counts, err := st.CountExecutions(t.Context(), tenant, uuid.Nil)
		require.NoError(t, err)
		done = counts[jsruntime.ExecutionCompleted]
		require.Zero(t, counts[jsruntime.ExecutionFailed])
		r.waiting = max(r.waiting, counts[jsruntime.ExecutionPending])
		r.sample(done <= int64(events/10))
		time.Sleep(time.Duration(events) * 10 * time.Microsecond) // some two hundred samples
	}
	r.run, r.published = time.Since(begun), <-published
	require.NoError(t, rt.Stop(t.Context()))
	require.NoError(t, st.Check(t.Context()))
	require.LessOrEqual(t, r.most, r.first+heapGrowth)
	return r
}

func (r *eventsResult) sample(early bool) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	process := anonymousMemory()
	r.most, r.mostProcess = max(r.most, m.HeapAlloc), max(r.mostProcess, process)
	if early || r.first == 0 {
		r.first, r.firstProcess = r.most, r.mostProcess
	}
}

// anonymousMemory returns what the process holds beside the pages of files; 0 where that cannot be told.
func anonymousMemory() (bytes uint64) {
	status, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(status), "RssAnon:")
	kib, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseUint(kib, 10, 64)
	return n << 10
}

// syncLatency returns what one sync of the disk takes.
func syncLatency(t *testing.T, dir string) time.Duration {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "sync"))
	require.NoError(t, err)
	defer f.Close()
	const times = 20
	begun := time.Now()
	for range times {
		_, err := f.WriteAt(make([]byte, 4096), 0)
		require.NoError(t, err)
		require.NoError(t, f.Sync())
	}
	return (time.Since(begun) / times).Round(time.Microsecond)
}
