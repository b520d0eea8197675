package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// benchStore says that the table is to be made, and how many executions the large file has: see make bench-store.
const benchStore = "BENCH_STORE"

// TestTheTableOfTheStore measures executions that are recorded whole against raw bbolt on the same disk, in turn, and the
// cost of queries in a large file against a small one. Each figure is the median of five.
func TestTheTableOfTheStore(t *testing.T) {
	large, err := strconv.Atoi(os.Getenv(benchStore))
	if err != nil {
		t.Skip("measures for minutes; run it with make bench-store")
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	rateTable(t, w)
	sizeTable(t, w, large)
	flatTable(t, w, large)
	require.NoError(t, w.Flush())
	fmt.Print(b.String())
}

const medianOf = 5

func median[T float64 | time.Duration](samples []T) T {
	slices.Sort(samples)
	return samples[len(samples)/2]
}

// rawGroups writes records in groups, as little as bbolt can be asked for: a goroutine that takes what waits.
type rawGroups struct {
	db    *bbolt.DB
	queue chan rawWrite
	done  chan struct{}
}

type rawWrite struct {
	key, value []byte
	done       chan struct{}
}

func openRaw(t *testing.T) *rawGroups {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "raw.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: initialMap()})
	require.NoError(t, err)
	db.AllocSize = growth
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err }))
	r := &rawGroups{db: db, queue: make(chan rawWrite, 1024), done: make(chan struct{})}
	go r.run()
	t.Cleanup(func() { close(r.queue); <-r.done; require.NoError(t, db.Close()) })
	return r
}

func (r *rawGroups) run() {
	defer close(r.done)
	for first := range r.queue {
		group := []rawWrite{first}
		for more := true; more && len(group) < maxBatch; {
			select {
			case w, ok := <-r.queue:
				if more = ok; ok {
					group = append(group, w)
				}
			default:
				more = false
			}
		}
		_ = r.db.Update(func(tx *bbolt.Tx) error {
			for _, w := range group {
				if err := tx.Bucket([]byte("b")).Put(w.key, w.value); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range group {
			close(w.done)
		}
	}
}

func (r *rawGroups) write(value []byte) {
	id := uuid.Must(uuid.NewV7())
	w := rawWrite{key: id[:], value: value, done: make(chan struct{})}
	r.queue <- w
	<-w.done
}

// instant is an executor whose scripts are done at once, some after a call of the host.
type instant struct{ calls bool }

func (instant) Check(context.Context, jsruntime.Source) error { return nil }

func (e instant) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	if e.calls {
		if _, err := job.Host.Call(ctx, "touch", nil); err != nil {
			return jsruntime.Result{Err: err}
		}
	}
	return jsruntime.Result{Output: []byte(`{"ok":true}`)}
}

// runner is a Runtime on a store, with one script of each of so many tenants.
func runner(t *testing.T, st jsruntime.Store, executor instant, tenants int, opts ...jsruntime.Option) func(caller int) {
	t.Helper()
	touch := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	rt, err := jsruntime.New(st, executor, append(opts,
		jsruntime.WithMaxConcurrentRuns(128), jsruntime.WithFunction("touch", touch, jsruntime.Uncounted))...)
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, rt.Stop(context.Background())) })
	var scripts []jsruntime.Script
	for range tenants {
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 128
		s, err := rt.Register(t.Context(), jsruntime.NewScript(uuid.New(), "bench", "return 1", jsruntime.WithResourceLimits(limits)))
		require.NoError(t, err)
		scripts = append(scripts, s)
	}
	input := map[string]any{"order": 17, "customer": "a customer's name"}
	return func(caller int) {
		s := scripts[caller%tenants]
		if e, err := rt.Execute(context.Background(), s.TenantID(), s.ID(), input); err != nil || e.Status() != jsruntime.ExecutionCompleted {
			t.Errorf("%v %v", e, err)
		}
	}
}

// perSecond returns how often callers do something in a second, together.
func perSecond(callers int, do func(caller int)) float64 {
	const span = time.Second
	start := time.Now()
	counts := make([]int, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			for time.Since(start) < span {
				do(i)
				counts[i]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(start).Seconds()
}

// recordedSize is about what one of the three records of an execution takes.
const recordedSize = 600

// rateTable compares executions that are recorded whole, pending, running and outcome, with as many records by raw bbolt. A
// run whose caller need not wait takes two commits where it calls the host and one where it does not, so the last column compares
// its time with that of so many raw records.
func rateTable(t *testing.T, w *tabwriter.Writer) {
	fmt.Fprint(w, "callers\tscripts\tcommits\traw 3 records/s\trecorded runs/s\tratio\ttime to its commits\t\n")
	raw, value := openRaw(t), []byte(strings.Repeat("x", recordedSize))
	three := func(int) {
		for range 3 {
			raw.write(value)
		}
	}
	for _, scripts := range []int{1, 64} {
		for _, commits := range []float64{2, 1} {
			run := runner(t, openBolt(t, storePath(t)), instant{calls: commits == 2}, scripts)
			for _, callers := range []int{1, 64} {
				var plain, recorded []float64
				for range medianOf {
					plain = append(plain, perSecond(callers, three))
					recorded = append(recorded, perSecond(callers, run))
				}
				ratio := median(recorded) / median(plain)
				fmt.Fprintf(w, "%d\t%d\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t\n",
					callers, scripts, commits, median(plain), median(recorded), ratio, 3/commits/ratio)
			}
		}
	}
}

// filled returns a store with so many executions that have come to their end, of a hundred scripts.
func filled(t *testing.T, n int) (s *Bolt, tenant uuid.UUID, scripts, some []uuid.UUID) {
	t.Helper()
	s = openBolt(t, storePath(t), func(c *config) { c.noSync = true })
	tenant = uuid.New()
	for range 100 {
		scripts = append(scripts, uuid.New())
	}
	start := time.Now().UTC().Add(-24 * time.Hour)
	const batch = 1000
	for from := 0; from < n; from += batch {
		require.NoError(t, s.bolt().update(nil, func(tx *tx) error {
			for i := from; i < min(from+batch, n); i++ {
				r := newRun(tenant, scripts[rand.IntN(len(scripts))])
				r.CreatedAt = start.Add(time.Duration(i) * time.Millisecond)
				r.RunAt, r.StartedAt, r.CompletedAt = r.CreatedAt, r.CreatedAt, r.CreatedAt
				r.Status, r.Output = jsruntime.ExecutionCompleted, []byte(`{"ok":true}`)
				if i%1000 == 0 {
					r.Status = jsruntime.ExecutionFailed
				}
				if i%(n/100) == 0 {
					some = append(some, r.ID)
				}
				end, err := endOf(&jsruntime.Outcome{Execution: r})
				if err == nil {
					err = end.record(tx)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return s, tenant, scripts, some
}

// sizeTable compares queries in a large file with the same in a small one.
func sizeTable(t *testing.T, w *tabwriter.Writer, large int) {
	const small = 10_000
	fmt.Fprintf(w, "query\tof %d us\tof %d us\tratio\t\t\n", small, large)
	names := []string{
		"first page", "first page of a script", "ten that failed", "one by id", "counts", "a run recorded", "prune 100 by age",
		"prune 100 by count",
	}
	queries := map[string]func(s *Bolt, tenant uuid.UUID, scripts, some []uuid.UUID) error{
		"ten that failed": func(s *Bolt, tenant uuid.UUID, _, _ []uuid.UUID) error {
			f := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionFailed}}
			f.Limit = 10
			_, err := s.Executions(t.Context(), tenant, f)
			return err
		},
		"a run recorded": func(s *Bolt, tenant uuid.UUID, scripts, _ []uuid.UUID) error {
			r := newRun(tenant, scripts[rand.IntN(len(scripts))])
			r.CreatedAt, r.RunAt = time.Now(), time.Now()
			created, err := s.CreateExecutions(t.Context(), jsruntime.Creation{
				Executions: []jsruntime.ExecutionRecord{r}, Claim: jsruntime.Claim{Node: "n", Now: time.Now(), Limit: 1},
			})
			if err != nil || len(created.Claimed) != 1 {
				return fmt.Errorf("claimed %d: %w", len(created.Claimed), err)
			}
			r = created.Claimed[0]
			r.Status, r.CompletedAt = jsruntime.ExecutionCompleted, time.Now()
			return s.FinishExecution(t.Context(), jsruntime.Outcome{Execution: r, From: jsruntime.ExecutionRunning})
		},
		"prune 100 by count": func(s *Bolt, _ uuid.UUID, scripts, _ []uuid.UUID) error {
			_, err := s.Prune(t.Context(), jsruntime.Pruning{KeepPerScript: 10, Limit: 100})
			return err
		},
		"first page": func(s *Bolt, tenant uuid.UUID, _, _ []uuid.UUID) error {
			_, err := s.Executions(t.Context(), tenant, jsruntime.ExecutionFilter{})
			return err
		},
		"first page of a script": func(s *Bolt, tenant uuid.UUID, scripts, _ []uuid.UUID) error {
			_, err := s.Executions(t.Context(), tenant, jsruntime.ExecutionFilter{ScriptID: scripts[rand.IntN(len(scripts))]})
			return err
		},
		"one by id": func(s *Bolt, tenant uuid.UUID, _, some []uuid.UUID) error {
			_, err := s.Execution(t.Context(), tenant, some[rand.IntN(len(some))])
			return err
		},
		"counts": func(s *Bolt, tenant uuid.UUID, _, _ []uuid.UUID) error {
			_, err := s.CountExecutions(t.Context(), tenant, uuid.Nil)
			return err
		},
		"prune 100 by age": func(s *Bolt, _ uuid.UUID, _, _ []uuid.UUID) error {
			pruned, err := s.Prune(t.Context(), jsruntime.Pruning{Before: time.Now(), Limit: 100})
			if err == nil && pruned.Removed != 100 {
				err = fmt.Errorf("pruned %d", pruned.Removed)
			}
			return err
		},
	}
	took := map[string][2]time.Duration{}
	for i, n := range []int{small, large} {
		s, tenant, scripts, some := filled(t, n)
		for _, id := range some { // from here on they are in the system's cache, as all of the small file is
			_, err := s.Execution(t.Context(), tenant, id)
			require.NoError(t, err)
		}
		for _, name := range names {
			var samples []time.Duration
			const times = 10
			for range medianOf {
				start := time.Now()
				for range times {
					require.NoError(t, queries[name](s, tenant, scripts, some), name)
				}
				samples = append(samples, time.Since(start)/times)
			}
			pair := took[name]
			pair[i] = median(samples)
			took[name] = pair
		}
	}
	for _, name := range names {
		pair := took[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t\t\n", name, pair[0].Microseconds(), pair[1].Microseconds(), float64(pair[1])/float64(pair[0]))
	}
}

// flatTable shows what a process holds after so many runs.
func flatTable(t *testing.T, w *tabwriter.Writer, runs int) {
	fmt.Fprint(w, "runs\tgoroutines\theap KiB\t\t\t\n")
	for _, mode := range []struct {
		name string
		opts []jsruntime.Option
	}{{"not recorded", []jsruntime.Option{jsruntime.WithRecording(jsruntime.RecordNone)}}, {"recorded", nil}} {
		st := openBolt(t, storePath(t), func(c *config) { c.noSync = true })
		run := runner(t, st, instant{}, 64, mode.opts...)
		for step := range 4 {
			var group sync.WaitGroup
			for caller := range 64 {
				group.Go(func() {
					for range runs / 4 / 64 {
						run(caller)
					}
				})
			}
			group.Wait()
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprintf(w, "%d %s\t%d\t%d\t\t\t\n", (step+1)*(runs/4/64)*64, mode.name, runtime.NumGoroutine(), m.HeapAlloc>>10)
		}
	}
}
