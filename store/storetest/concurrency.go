package storetest

import (
	"errors"
	"sync"

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
