package vm_test

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/executortest"
	"github.com/jsruntime/jsruntime/vm"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(hostileRole); file != "" {
		hostileChild(file)
		return
	}
	for variable, child := range vm.Children {
		if os.Getenv(variable) != "" {
			if err := child(); err != nil {
				log.Fatal(err)
			}
			return
		}
	}
	if os.Getenv("TEST262_DIR") != "" || os.Getenv("WPT_DIR") != "" { // whose tests may be left behind
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")) // it ends by itself
}

func TestTheExecutorKeepsTheContract(t *testing.T) {
	executortest.Run(t, func(*testing.T) jsruntime.Executor { return vm.New() })
}

// jobOf returns a job with limits that no test meets by accident.
func jobOf(source string, changes ...func(*jsruntime.Job)) jsruntime.Job {
	job := jsruntime.Job{Source: jsruntime.Source{Text: source}, Limits: jsruntime.DefaultResourceLimits()}
	for _, change := range changes {
		change(&job)
	}
	return job
}

func withTime(limit time.Duration) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Limits.MaxExecutionTime = limit }
}

func withInput(text string) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Input = json.RawMessage(text) }
}

func withHost(host jsruntime.Host) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Host = host }
}

func run(source string, changes ...func(*jsruntime.Job)) jsruntime.Result {
	return vm.New().Run(context.Background(), jobOf(source, changes...))
}

// output runs a script that has to complete.
func output(t *testing.T, source string, changes ...func(*jsruntime.Job)) string {
	t.Helper()
	result := run(source, changes...)
	require.NoError(t, result.Err)
	return string(result.Output)
}

// functions is a host of Go functions.
type functions map[string]func(ctx context.Context, args []any) (any, error)

func (f functions) Functions() []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f functions) Call(ctx context.Context, name string, args []any) (any, error) {
	if call, ok := f[name]; ok {
		return call(ctx, args)
	}
	return nil, errors.New("no function " + name)
}

func TestLongTimers(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"a day passes as fast as the clock goes":        {`const t = Date.now(); await new Promise(r => setTimeout(r, 86400e3)); return Date.now() - t`, `86400000`},
		"a delay beyond the longest is the longest one": {`const t = Date.now(); await new Promise(r => setTimeout(r, 1e300)); return Date.now() - t`, `2147483647`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.JSONEq(t, c.want, output(t, c.source, withTime(1000*time.Hour)))
			})
		})
	}
}

func TestATimerDoesNotOutliveItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		result := run(`await new Promise(r => setTimeout(r, 1e6))`, withTime(time.Second))
		require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
		require.Equal(t, time.Second, time.Since(start))
	})
}

// TestTheWatchdogGoesByTheClockOfTheProcess has scripts run in the bubble of a test, whose timers others may not touch, and outside of
// it, where they are watched all the same.
func TestTheWatchdogGoesByTheClockOfTheProcess(t *testing.T) {
	const wait = `await new Promise(r => setTimeout(r, 1))`
	started, ended := make(chan struct{}), make(chan struct{})
	outside := make(chan error, 1)
	go func() {
		<-started
		hog := run(`const all = []; while (true) all.push("x".repeat(1e6) + all.length)`, withTime(time.Minute)).Err
		close(ended)
		outside <- hog
	}()
	synctest.Test(t, func(t *testing.T) {
		begun := functions{"begun": func(context.Context, []any) (any, error) {
			close(started)
			<-ended
			return nil, nil
		}}
		require.NoError(t, run(`await begun(); `+wait, withHost(begun)).Err)
	})
	require.ErrorIs(t, <-outside, jsruntime.ErrMemoryLimit)
	require.NoError(t, run(wait).Err)
}

func TestHostCallsRunConcurrentlyWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		host := functions{"wait": func(ctx context.Context, _ []any) (any, error) {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			time.Sleep(time.Second)
			return nil, nil
		}}
		start := time.Now()
		require.Equal(t, `250`, output(t, `return (await Promise.all(Array.from({length: 250}, () => wait()))).length`, withHost(host), withTime(time.Hour)))
		require.Equal(t, 3*time.Second, time.Since(start))
		require.Equal(t, int32(100), most.Load())
	})
}

func TestAnOptionSetsTheBytesOfTheLog(t *testing.T) {
	result := vm.New(vm.WithMaxLogBytes(10)).Run(t.Context(), jobOf(`console.log("12345"); console.log("123456"); console.log("1")`))
	require.Len(t, result.Logs, 2)
	require.Equal(t, 2, result.LogsDropped)
}

func nothing(context.Context, []any) (any, error) { return nil, nil }
