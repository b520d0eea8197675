package vm_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/vm"
)

const benchRounds = 5 // of which the median counts

// The table compares within one run, round by round in turn, which a benchmark's separate lines cannot: a machine that
// gets slower meanwhile slows both.
func TestTheTableOfRatios(t *testing.T) {
	if os.Getenv("BENCH_VM") == "" {
		t.Skip("measures for a minute; run it with make bench-vm")
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	realmTable(t, w)
	programTable(t, w)
	bystanderTable(t, w)
	require.NoError(t, w.Flush())
	fmt.Print(b.String())
}

// realmTable measures a small script, which is mostly the making of a realm.
func realmTable(t *testing.T, w *tabwriter.Writer) {
	const times = 300
	fmt.Fprint(w, "small script\tplain us\tvm us\tratio\tplain KB\tvm KB\t\n")
	for _, c := range []struct{ name, source, function string }{{"without await", small, "function"}, {"with await", "await null;" + small, "async function"}} {
		program := goja.MustCompile("", "("+c.function+"(){"+c.source+"})()", false)
		plain := func() error { _, err := goja.New().RunProgram(program); return err }
		run, err := vmRunner(c.source)
		require.NoError(t, err)
		many := func(f func() error) func() error {
			return func() (err error) {
				for range times {
					err = f()
				}
				return err
			}
		}
		before, after := compare(t, many(plain), many(run))
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%d\t%d\t\n", c.name, micros(before)/times, micros(after)/times,
			float64(after)/float64(before), kilobytes(t, plain), kilobytes(t, run))
	}
}

// programTable measures programs that run for a while.
func programTable(t *testing.T, w *tabwriter.Writer) {
	fmt.Fprint(w, "program\tplain ms\tvm ms\tratio\t\t\t\n")
	for _, p := range benchPrograms {
		plain, err := plainRunner(p.source)
		require.NoError(t, err, p.name)
		guarded, err := vmRunner(p.source)
		require.NoError(t, err, p.name)
		before, after := compare(t, plain, guarded)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\t\t\t\n", p.name, micros(before)/1000, micros(after)/1000, float64(after)/float64(before))
	}
}

// bystanderTable measures how long a small run takes while another tenant attacks, with two runs at a time.
func bystanderTable(t *testing.T, w *tabwriter.Writer) {
	fmt.Fprint(w, "bystander during\tp50 us\tp99 us\tp50 ratio\tp99 ratio\truns\t\n")
	executor := vm.New()
	alone := bystanders(t, executor, time.Second)
	row := func(name string, took []time.Duration) {
		p50, p99 := percentile(took, 50), percentile(took, 99)
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%d\t\n", name, micros(p50), micros(p99),
			float64(p50)/float64(percentile(alone, 50)), float64(p99)/float64(percentile(alone, 99)), len(took))
	}
	row("nothing", alone)
	for _, a := range benchAttacks {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); attackUntil(ctx, executor, a.source) }()
		took := bystanders(t, executor, 2*time.Second)
		cancel()
		<-done
		row(a.name, took)
	}
}

// attackUntil runs an attack over and over. Its slot stays taken while a run cannot be stopped.
func attackUntil(ctx context.Context, executor *vm.Executor, source string) {
	for ctx.Err() == nil {
		result := executor.Run(ctx, jobOf(source, withTime(500*time.Millisecond)))
		if result.Abandoned != nil {
			<-result.Abandoned
		}
	}
}

// bystanders runs a small script for some time and returns what each run took.
func bystanders(t *testing.T, executor *vm.Executor, during time.Duration) (took []time.Duration) {
	job := jobOf(`return input.list.map(n => n * 2).join()`, withInput(`{"list":[1,2,3]}`), withTime(time.Minute))
	for end := time.Now().Add(during); time.Now().Before(end); {
		start := time.Now()
		require.NoError(t, executor.Run(t.Context(), job).Err)
		took = append(took, time.Since(start))
	}
	return took
}

// compare runs both in turn and returns the median of each.
func compare(t *testing.T, plain, guarded func() error) (before, after time.Duration) {
	var took [2][]time.Duration
	for range benchRounds {
		for i, run := range []func() error{plain, guarded} {
			runtime.GC()
			start := time.Now()
			require.NoError(t, run())
			took[i] = append(took[i], time.Since(start))
		}
	}
	return percentile(took[0], 50), percentile(took[1], 50)
}

// kilobytes is what one run allocates.
func kilobytes(t *testing.T, run func() error) int64 {
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(t, run())
		}
	})
	return result.AllocedBytesPerOp() >> 10
}

func percentile(took []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
