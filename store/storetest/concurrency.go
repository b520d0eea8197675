package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// callers is how many goroutines a test uses.
const callers = 8

// together runs do in several goroutines at once, and waits for all.
func (f *fixture) together(do func(caller int)) {
	f.Helper()
	var done sync.WaitGroup
	start := make(chan struct{})
	for caller := range callers {
		done.Go(func() {
			<-start
			do(caller)
		})
	}
	close(start)
	done.Wait()
}

var concurrencyTests = []test{
	{"of concurrent updates of one revision exactly one wins", func(f *fixture) {
		s := f.script(tenantA, 1)
		var mu sync.Mutex
		var won int
		f.together(func(int) {
			next := s
			next.Revision++
			err := f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: next})
			if err != nil {
				assert.ErrorIs(f, err, jsruntime.ErrConflict)
				return
			}
			mu.Lock()
			won++
			mu.Unlock()
		})
		require.Equal(f, 1, won)
	}},
	{"of concurrent scripts with one name exactly one is created", func(f *fixture) {
		var mu sync.Mutex
		var won []uuid.UUID
		f.together(func(caller int) {
			s := scriptRecord(tenantA, caller, withName("one"), withRoute("/one"))
			err := f.store.CreateScript(f.ctx, s, versionRecord(s))
			if err == nil {
				mu.Lock()
				won = append(won, s.ID)
				mu.Unlock()
				return
			}
			assert.ErrorIs(f, err, jsruntime.ErrDuplicate)
		})
		require.Len(f, won, 1)
		require.Equal(f, won, changedIDs(f.changes(0, 99)))
	}},
	{"of concurrent executions with one dedupe key one is stored, and all learn which", func(f *fixture) {
		s := f.script(tenantA, 1)
		var holders sync.Map
		f.together(func(caller int) {
			created, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{
				Executions: []jsruntime.ExecutionRecord{run(s, caller+1, withKey("k"))},
			})
			if assert.NoError(f, err) {
				holders.Store(created.IDs[0], true)
			}
		})
		n := 0
		holders.Range(func(any, any) bool { n++; return true })
		require.Equal(f, 1, n)
		require.Len(f, f.remaining(tenantA), 1)
	}},
	{"the bound on pending executions holds against concurrent callers", func(f *fixture) {
		s := f.script(tenantA, 1)
		f.together(func(caller int) {
			_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run(s, caller+1)}, MaxPending: 3})
			assert.True(f, err == nil || errors.Is(err, jsruntime.ErrOverloaded), "%v", err)
		})
		require.Len(f, f.remaining(tenantA), 3)
	}},
	{"concurrent callers see their own writes, and no execution is claimed twice or lost", func(f *fixture) {
		const each = 10
		s := f.script(tenantA, 1, withMaxRuns(callers*each))
		var claimed sync.Map
		f.together(func(caller int) {
			for n := range each {
				r := run(s, caller*each+n+1)
				_, err := f.store.CreateExecutions(f.ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
				if !assert.NoError(f, err) {
					return
				}
				_, err = f.store.Execution(f.ctx, tenantA, r.ID)
				assert.NoError(f, err)
				mine, err := f.store.ClaimExecutions(f.ctx, jsruntime.Claim{Node: "n", Now: at(10_000), Limit: 2})
				assert.NoError(f, err)
				for _, r := range mine {
					_, twice := claimed.LoadOrStore(r.ID, true)
					assert.False(f, twice)
					assert.NoError(f, f.store.FinishExecution(f.ctx, ended(r, jsruntime.ExecutionCompleted)))
				}
			}
		})
		want := map[jsruntime.ExecutionStatus]int64{jsruntime.ExecutionCompleted: callers * each}
		require.Equal(f, want, f.count(tenantA, s.ID))
	}},
	{"no more executions of a script run than may, whichever nodes claim at the same time", func(f *fixture) {
		s, capped := f.script(tenantA, 1, withMaxRuns(3)), f.script(tenantA, 2, withMaxRuns(9))
		for n := 1; n <= 20; n++ {
			f.create(run(s, n), run(capped, 100+n, withCap(2)))
		}
		var claimed atomic.Int64
		f.together(func(caller int) {
			for range 5 {
				got, err := f.store.ClaimExecutions(f.ctx, jsruntime.Claim{Node: fmt.Sprint(caller), Now: at(999), Limit: 4})
				assert.NoError(f, err)
				claimed.Add(int64(len(got)))
			}
		})
		require.Equal(f, int64(5), claimed.Load())
		require.Equal(f, int64(3), f.count(tenantA, s.ID)[jsruntime.ExecutionRunning])
		require.Equal(f, int64(2), f.count(tenantA, capped.ID)[jsruntime.ExecutionRunning])
	}},
	{"an execution with an order key is claimed once, whichever nodes claim and finish at the same time", func(f *fixture) {
		s := f.script(tenantA, 1, withMaxRuns(99))
		for n := 1; n <= 40; n++ {
			f.create(run(s, n, withOrder("k")))
		}
		var mu sync.Mutex
		var order []uuid.UUID
		f.together(func(caller int) {
			for range 60 {
				got, err := f.store.ClaimExecutions(f.ctx, jsruntime.Claim{Node: fmt.Sprint(caller), Now: at(999), Limit: 3})
				assert.NoError(f, err)
				assert.LessOrEqual(f, len(got), 1)
				for _, r := range got {
					mu.Lock()
					order = append(order, r.ID)
					mu.Unlock()
					assert.NoError(f, f.store.FinishExecution(f.ctx, ended(r, jsruntime.ExecutionCompleted)))
				}
			}
		})
		for n, got := range order {
			require.Equal(f, id(n+1), got)
		}
		require.NotEmpty(f, order)
	}},
	{"a call whose context ends meanwhile is done whole, or not at all", func(f *fixture) {
		s := f.script(tenantA, 1)
		var done atomic.Int64
		f.together(func(caller int) {
			for n := range 25 {
				ctx, cancel := context.WithCancel(f.ctx)
				go cancel()
				first, second := run(s, caller*1000+2*n+1), run(s, caller*1000+2*n+2)
				_, err := f.store.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{first, second}})
				if err != nil {
					assert.ErrorIs(f, err, context.Canceled)
				} else {
					done.Add(1)
				}
				for _, r := range []jsruntime.ExecutionRecord{first, second} {
					_, missing := f.store.Execution(f.ctx, tenantA, r.ID)
					assert.Equal(f, err == nil, missing == nil)
				}
			}
		})
		require.Equal(f, 2*done.Load(), f.count(tenantA, s.ID)[jsruntime.ExecutionPending])
	}},
	{"of concurrent finishers of one execution exactly one wins", func(f *fixture) {
		f.create(run(f.script(tenantA, 1), 1))
		r := f.claim("node", 5, 1)[0]
		var mu sync.Mutex
		var won int
		f.together(func(int) {
			if err := f.store.FinishExecution(f.ctx, ended(r, jsruntime.ExecutionFailed)); err != nil {
				assert.ErrorIs(f, err, jsruntime.ErrConflict)
				return
			}
			mu.Lock()
			won++
			mu.Unlock()
		})
		require.Equal(f, 1, won)
	}},
}
