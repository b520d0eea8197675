//go:build unix

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/jsruntime/jsruntime/scheduler"
	"github.com/robfig/cron/v3"
)

// Each scheduler runs with schedulerEntries entries that are due within the next year, at random times.
//
//   - A wake is measured with one more entry that is due again a period after it has fired: the processor time of the process
//     until it has fired wakes times, by that number. The period is a microsecond, so that next to nothing of it is what
//     the machine needs to fall asleep and to wake. Gocron does not come to an end with periods that are shorter than what a
//     wake takes it; so it is measured with a millisecond, and ours once more beside it.
//   - An add is measured on the running scheduler: the time until adds entries, one after the other, have been taken in. For
//     robfig's runner, which answers before it has done so, until it answers a question after them.
//
// What is added to all is what they are made for: a time for ours, a Schedule for robfig's, a one-time job for gocron.
const (
	schedulerEntries = 100_000
	schedulerRounds  = 5
)

// candidate is a running scheduler with its entries.
type candidate struct {
	name        string
	period      time.Duration
	wakes, adds int // how many are measured
	// start returns what adds one entry that falls due after d, what returns when all of them have been taken in, and what adds
	// one that calls fire every period.
	start func(period time.Duration) (add func(d time.Duration), settle func(), every func(fire func()), stop func())
}

var candidates = []candidate{
	{"jsruntime/scheduler", time.Microsecond, 50_000, 10_000, startOurs},
	{"robfig/cron v3.0.1", time.Microsecond, 50, 20, startRobfig},
	{"jsruntime/scheduler", time.Millisecond, 1000, 10_000, startOurs},
	{"go-co-op/gocron v2.21.2", time.Millisecond, 1000, 1000, startGocron},
}

func startOurs(period time.Duration) (add func(time.Duration), settle func(), every func(func()), stop func()) {
	s := scheduler.New[int](time.Now)
	ctx, cancel := context.WithCancel(context.Background())
	var key int
	var fire func()
	var running sync.WaitGroup
	running.Go(func() {
		s.Run(ctx, func(key int, _ time.Time) {
			s.Set(key, time.Now().Add(period))
			fire()
		})
	})
	add = func(d time.Duration) { key++; s.Set(key, time.Now().Add(d)) }
	return add, func() {}, func(f func()) { fire = f; s.Set(-1, time.Now().Add(period)) }, func() { cancel(); running.Wait() }
}

// once is due once, or every now and then.
type once struct{ at time.Time }

func (o once) Next(t time.Time) time.Time {
	if t.After(o.at) {
		return time.Time{}
	}
	return o.at
}

type often time.Duration

func (o often) Next(t time.Time) time.Time { return t.Add(time.Duration(o)) }

func startRobfig(period time.Duration) (add func(time.Duration), settle func(), every func(func()), stop func()) {
	c := cron.New()
	started := false
	add = func(d time.Duration) {
		c.Schedule(once{time.Now().Add(d)}, cron.FuncJob(func() {}))
	}
	settle = func() {
		if !started { // to fill it while it runs would take hours
			c.Start()
			started = true
		}
		c.Entries()
	}
	return add, settle, func(f func()) { c.Schedule(often(period), cron.FuncJob(f)) }, func() { <-c.Stop().Done() }
}

func startGocron(period time.Duration) (add func(time.Duration), settle func(), every func(func()), stop func()) {
	s, err := gocron.NewScheduler()
	if err != nil {
		panic(err)
	}
	s.Start()
	job := func(def gocron.JobDefinition, f func()) {
		if _, err := s.NewJob(def, gocron.NewTask(f)); err != nil {
			panic(err)
		}
	}
	add = func(d time.Duration) {
		job(gocron.OneTimeJob(gocron.OneTimeJobStartDateTime(time.Now().Add(d))), func() {})
	}
	return add, func() {}, func(f func()) { job(gocron.DurationJob(period), f) }, func() { _ = s.Shutdown() }
}

func soon() time.Duration { return time.Hour + rand.N(365*24*time.Hour) } //nolint:gosec // no secret

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure returns the cost of one wake and of one add.
func (c candidate) measure() (wake, add time.Duration) {
	one, settle, every, stop := c.start(c.period)
	defer stop()
	for range schedulerEntries {
		one(soon())
	}
	settle()
	runtime.GC()
	begin := time.Now()
	for range c.adds {
		one(soon())
	}
	settle()
	add = time.Since(begin) / time.Duration(c.adds)

	var fired atomic.Int64
	enough := make(chan struct{})
	var from, to time.Duration
	every(func() {
		switch fired.Add(1) {
		case 1:
			from = cpuTime()
		case int64(c.wakes) + 1:
			to = cpuTime()
			close(enough)
		}
	})
	<-enough
	return (to - from) / time.Duration(c.wakes), add
}

func TestTheTableOfSchedulers(t *testing.T) {
	if os.Getenv("BENCH_SCHEDULER") == "" {
		t.Skip("BENCH_SCHEDULER is not set")
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "%d entries, median of %d\tperiod\twake\tof ours\tadd\tof ours\n", schedulerEntries, schedulerRounds)
	var ourWake, ourAdd time.Duration // the latest that was measured
	for i, c := range candidates {
		var wakes, adds []time.Duration
		for range schedulerRounds {
			wake, add := c.measure()
			wakes, adds = append(wakes, wake), append(adds, add)
		}
		slices.Sort(wakes)
		slices.Sort(adds)
		wake, add := wakes[schedulerRounds/2], adds[schedulerRounds/2]
		if i%2 == 0 {
			ourWake, ourAdd = wake, add
		}
		fmt.Fprintf(out, "%s\t%v\t%v\t%.1fx\t%v\t%.1fx\n", c.name, c.period, wake, ratio(wake, ourWake), add, ratio(add, ourAdd))
	}
	_ = out.Flush()
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
