package store

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// randomFrom returns numbers that the seed repeats, which the log tells.
func randomFrom(t *testing.T) *rand.Rand {
	t.Helper()
	const seedVariable = "JSRUNTIME_SEED"
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	if n, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64); err == nil {
		seed = n
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// quickly opens a store for a test whose subject is not durability.
func quickly(c *config) { c.noSync = true }

// busyStore writes a file with something in every bucket, and many pages: some thousand executions and scripts.
func busyStore(t *testing.T, random *rand.Rand, executions int) string {
	t.Helper()
	path := storePath(t)
	s, err := Open(path, quickly)
	require.NoError(t, err)
	fillFixture(t, s)
	for _, tenant := range fixtureTenants {
		addScripts(t, s, tenant, executions/20, 50+random.IntN(3000))
		var runs []jsruntime.ExecutionRecord
		for range executions / len(fixtureTenants) {
			r := newRun(tenant, uuid.New())
			r.Input = bytes.Repeat([]byte("1"), 1+random.IntN(200))
			if r.DedupeKey = uuid.NewString(); random.IntN(3) == 0 {
				r.OrderKey = "in order"
			}
			r.RunAt = r.CreatedAt.Add(time.Duration(random.IntN(2)) * time.Hour)
			runs = append(runs, r)
		}
		_, err := s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: runs})
		require.NoError(t, err)
	}
	for range 5 {
		claimed, err := s.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "n", Now: time.Now(), Limit: 100})
		require.NoError(t, err)
		for _, r := range claimed[:len(claimed)/2] {
			r.Status, r.CompletedAt = jsruntime.ExecutionCompleted, r.RunAt
			require.NoError(t, s.FinishExecution(t.Context(), jsruntime.Outcome{Execution: r, From: jsruntime.ExecutionRunning}))
		}
	}
	later := newRun(fixtureTenants[0], uuid.New())
	later.RunAt = later.CreatedAt.AddDate(100, 0, 0)
	_, err = s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{later}})
	require.NoError(t, err)
	_, err = s.Prune(t.Context(), jsruntime.Pruning{Before: time.Now(), Limit: 50}) // leaves free pages
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}
