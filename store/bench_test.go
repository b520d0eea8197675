package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// BenchmarkRecordWhole records executions whole, each created, claimed and finished by one of the callers. Every step
// is synced before the next one begins.
func BenchmarkRecordWhole(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openBolt(b, storePath(b))
			inParallel(b, callers, func(tenant uuid.UUID) { recordWhole(b, s, tenant) })
		})
	}
}

// BenchmarkRawPuts makes as many calls, each of which only puts one record of the same size into a bucket of bbolt, and
// which share transactions in the same way: the most that BenchmarkRecordWhole could come to.
func BenchmarkRawPuts(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openBolt(b, storePath(b))
			value := []byte(strings.Repeat("x", 600))
			inParallel(b, callers, func(tenant uuid.UUID) {
				for range 3 {
					id := uuid.Must(uuid.NewV7())
					if err := s.update(b.Context(), func(t *tx) error {
						t.put(bExecutions, keyOf(id[:], tenant[:]), value)
						return nil
					}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// inParallel does b.N rounds in so many goroutines, each for a tenant of its own.
func inParallel(b *testing.B, callers int, round func(tenant uuid.UUID)) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var done sync.WaitGroup
	b.ResetTimer()
	for range callers {
		done.Go(func() {
			tenant := uuid.New()
			for left.Add(-1) >= 0 {
				round(tenant)
			}
		})
	}
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "whole/s")
}

// recordWhole creates an execution, claims one of any tenant, as dispatchers do, and finishes that.
func recordWhole(b *testing.B, s *Bolt, tenant uuid.UUID) {
	ctx := b.Context()
	r := newRun(tenant, tenant)
	r.Input = []byte(`{"order":` + fmt.Sprint(rand.IntN(1000)) + `,"customer":"a customer's name"}`) //nolint:gosec // a benchmark
	if _, err := s.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}, MaxPending: 1000}); err != nil {
		b.Error(err)
	}
	claimed, err := s.ClaimExecutions(ctx, jsruntime.Claim{Node: "node", Now: r.RunAt, Limit: 1})
	if err != nil || len(claimed) != 1 {
		b.Error(len(claimed), err)
		return
	}
	o := jsruntime.Outcome{Execution: claimed[0], From: jsruntime.ExecutionRunning}
	o.Execution.Status, o.Execution.Output = jsruntime.ExecutionCompleted, []byte(`{"ok":true}`)
	o.Execution.CompletedAt = r.RunAt.Add(time.Second)
	o.Logs = []jsruntime.LogEntry{{Time: r.RunAt, Level: jsruntime.LogInfo, Message: "hello"}}
	if err := s.FinishExecution(ctx, o); err != nil {
		b.Error(err)
	}
}
