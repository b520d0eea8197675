package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

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
	tenants := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	for _, tenant := range tenants {
		addScripts(t, s, tenant, executions/20, 50+random.IntN(3000))
		var runs []jsruntime.ExecutionRecord
		for range executions / len(tenants) {
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
	_, err = s.Prune(t.Context(), jsruntime.Pruning{Before: time.Now(), Limit: 50}) // leaves free pages
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}

func TestCheckFindsARecordOrAnIndexThatWasTamperedWith(t *testing.T) {
	path := busyStore(t, randomFrom(t), 60)
	s := openBolt(t, path, quickly)
	require.NoError(t, s.Check(t.Context()))
	checked := []bucket{
		bScripts, bScriptKinds, bTags, bNames, bGates, bRoutes, bOwners, bChanges, bExecutions, bTenantLive, bScriptLive,
		bTenantPast, bScriptPast, bEnded, bLeased, bKeys, bKeyTimes, bQueue, bHeads, bReady, bWaiting, bTicks, bTickTimes,
	}
	undone := func(what string, b bucket, tamper func(t *tx, key, value []byte)) {
		require.NoError(t, s.bolt().update(nil, func(tx *tx) error {
			key := tx.first(b, nil, nil)
			require.NotNil(t, key, bucketNames[b])
			tamper(tx, key, bytes.Clone(tx.get(b, key)))
			return nil
		}))
		require.ErrorIs(t, s.Check(t.Context()), jsruntime.ErrFormat, "%s of %s", what, bucketNames[b])
	}
	for _, b := range checked {
		for what, tamper := range map[string]func(t *tx, key, value []byte){
			"an entry less": func(t *tx, key, _ []byte) { t.delete(b, key) },
			"an entry more": func(t *tx, key, value []byte) { t.put(b, after(key), value) },
			"a value":       func(t *tx, key, value []byte) { t.put(b, key, append(value, '}')) },
		} {
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			undone(what, b, tamper)
			require.NoError(t, s.Close())
			require.NoError(t, os.WriteFile(path, before, 0o600))
			s, err = Open(path, quickly)
			require.NoError(t, err)
		}
	}
	undone("the status", bExecutions, func(t *tx, key, value []byte) {
		value[idSize] = value[idSize]%byte(len(statuses)) + 1
		t.put(bExecutions, key, value)
	})
	require.NoError(t, s.Close())
}

func TestCheckEndsWithItsContextAndWithTheStore(t *testing.T) {
	s := openBolt(t, busyStore(t, randomFrom(t), 60), quickly)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Check(ctx), context.Canceled)
	require.NoError(t, s.bolt().readTx(func(tx *bbolt.Tx) error {
		require.ErrorIs(t, checkPages(ctx.Err, tx, s.bolt().db.file, allPages), context.Canceled)
		require.ErrorIs(t, newRecordCheck(ctx.Err, newTx(tx)).all(), context.Canceled)
		return nil
	}))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Check(t.Context()), jsruntime.ErrClosed)
}

func newTx(btx *bbolt.Tx) *tx { return &tx{kv: newBoltKV(btx)} }

func TestAStoreThatIsWrittenMeanwhilePassesItsCheck(t *testing.T) {
	s := openBolt(t, busyStore(t, randomFrom(t), 300), quickly)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			script, version := scriptOf(uuid.New(), 5000)
			if err := s.CreateScript(context.Background(), script, version); err != nil {
				t.Errorf("write: %v", err)
			}
		}
	}()
	for writing := true; writing; {
		require.NoError(t, s.Check(t.Context()))
		select {
		case <-done:
			writing = false
		default:
		}
	}
	require.NoError(t, s.Compact(t.Context()))
	require.NoError(t, s.Check(t.Context()))
}
