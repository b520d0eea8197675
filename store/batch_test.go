package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/jsruntime/jsruntime"
)

var errTest = errors.New("refused")

// batchOf runs writes in one transaction: they gather while the turn is held. It returns their errors.
func batchOf(t *testing.T, b *boltBackend, fns ...func(*tx) error) []error {
	t.Helper()
	b.turn <- struct{}{}
	errs := make([]error, len(fns))
	var done sync.WaitGroup
	for i, fn := range fns {
		done.Go(func() { errs[i] = b.update(nil, fn) })
		waitFor(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.waiting) == i+1 })
	}
	<-b.turn
	done.Wait()
	return errs
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 10*time.Second, time.Millisecond)
}

func boltBackendOf(t *testing.T) *boltBackend {
	t.Helper()
	return openBolt(t, storePath(t)).backend.(*boltBackend)
}

func putting(key string, result error) func(*tx) error {
	return func(t *tx) error {
		t.put(bMeta, []byte(key), []byte(key))
		t.put(bMeta, []byte("shared"), []byte(key))
		t.delete(bMeta, []byte("gone"))
		return result
	}
}

func (b *boltBackend) read(t *testing.T, key string) (value string) {
	t.Helper()
	require.NoError(t, b.view(func(t *tx) error { value = string(t.get(bMeta, []byte(key))); return nil }))
	return value
}

func TestCallsThatWaitTogetherShareOneTransaction(t *testing.T) {
	b := boltBackendOf(t)
	var transactions []int
	note := func(t *tx) error {
		transactions = append(transactions, t.kv.(*boltKV).tx.ID())
		t.put(bMeta, []byte("k"), []byte("v"))
		return nil
	}
	require.Equal(t, []error{nil, nil, nil}, batchOf(t, b, note, note, note))
	require.Equal(t, transactions[0], transactions[1])
	require.Equal(t, transactions[0], transactions[2])
}

func TestACallThatFailsLeavesNoTraceInTheBatch(t *testing.T) {
	b := boltBackendOf(t)
	require.NoError(t, b.update(nil, func(t *tx) error { t.put(bMeta, []byte("gone"), []byte("x")); return nil }))
	errs := batchOf(t, b, putting("a", errTest), func(t *tx) error {
		if t.get(bMeta, []byte("a")) != nil || t.get(bMeta, []byte("gone")) == nil {
			return errors.New("saw what the call before had written")
		}
		return nil
	}, putting("b", nil), putting("c", errTest))
	require.Equal(t, []error{errTest, nil, nil, errTest}, errs)
	require.Empty(t, b.read(t, "a")+b.read(t, "c")+b.read(t, "gone"))
	require.Equal(t, "b", b.read(t, "b"))
	require.Equal(t, "b", b.read(t, "shared"))
}

func TestAWriteThatBboltRefusesFailsItsCallOnly(t *testing.T) {
	b := boltBackendOf(t)
	tooLong := func(t *tx) error {
		t.put(bMeta, []byte("before"), []byte("x"))
		t.put(bMeta, make([]byte, bbolt.MaxKeySize+1), []byte("x"))
		return nil
	}
	errs := batchOf(t, b, tooLong, putting("b", nil))
	require.Error(t, errs[0])
	require.NoError(t, errs[1])
	require.Empty(t, b.read(t, "before"))
	require.Equal(t, "b", b.read(t, "b"))
}

// What a call of the batch was told may rest on what another one wrote, which is not stored then.
func TestAFailedCommitIsTheErrorOfEveryCallInTheBatch(t *testing.T) {
	b := boltBackendOf(t)
	errs := batchOf(t, b, putting("a", nil), putting("c", errTest), func(t *tx) error {
		t.put(bMeta, []byte("d"), []byte("x"))
		return t.kv.(*boltKV).tx.Rollback()
	})
	for _, err := range errs {
		require.ErrorIs(t, err, berrors.ErrTxClosed)
	}
	require.Empty(t, b.read(t, "a"))
}

func TestACallWhoseContextEndsWhileItWaitsIsWithdrawn(t *testing.T) {
	s := openBolt(t, storePath(t))
	b := s.backend.(*boltBackend)
	b.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { failed <- s.RenewLease(ctx, "node", time.Now()) }()
	waitFor(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.waiting) == 1 })
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	<-b.turn
	require.Empty(t, b.waiting, "what it held is let go of at once")
	require.NoError(t, b.view(func(t *tx) error {
		if t.get(bLeases, leaseKey("node")) != nil {
			return errors.New("it was done all the same")
		}
		return nil
	}))
}

// bring adds writes that nobody waits for.
func (b *boltBackend) bring(n int, fn func(*tx) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.arrived(&write{fn: fn, done: make(chan struct{})})
	}
}

func TestACallIsAnsweredThoughOthersFillOneBatchAfterTheOther(t *testing.T) {
	b := boltBackendOf(t)
	ran := 0
	var again func(*tx) error
	again = func(*tx) error {
		if ran++; ran < 3*maxBatch {
			b.bring(1, again)
		}
		return nil
	}
	require.NoError(t, b.update(nil, again))
	require.Equal(t, maxBatch, ran)
}

func TestACallBehindAFullBatchThatFailsIsAnswered(t *testing.T) {
	b := boltBackendOf(t)
	b.turn <- struct{}{}
	withdraw, withdrawn := make(chan struct{}), make(chan error)
	go func() { withdrawn <- b.update(withdraw, putting("a", nil)) }()
	waitFor(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.waiting) == 1 })
	b.bring(maxBatch, func(*tx) error { panic("what a damaged page leads to") })
	close(withdraw)
	require.ErrorIs(t, <-withdrawn, errWithdrawn)
	b.bring(1, putting("b", nil))
	<-b.turn

	answered := make(chan error, 1)
	go func() { answered <- b.update(nil, putting("c", nil)) }()
	waitFor(t, func() bool { return len(answered) == 1 })
	require.NoError(t, <-answered)
	require.Equal(t, "b", b.read(t, "b"))
}

func TestACallThatPanicsLeavesNobodyHanging(t *testing.T) {
	b := boltBackendOf(t)
	errs := batchOf(t, b, putting("a", nil), func(*tx) error { panic("what a damaged page leads to") }, putting("b", nil))
	for _, err := range errs {
		require.ErrorIs(t, err, jsruntime.ErrFormat)
		require.ErrorContains(t, err, "what a damaged page leads to (batch_test.go:")
	}
	require.ErrorIs(t, b.view(func(*tx) error { panic("in a read") }), jsruntime.ErrFormat)
	require.NoError(t, b.update(nil, putting("c", nil)))
	require.Empty(t, b.read(t, "a")+b.read(t, "b"))
	require.Equal(t, "c", b.read(t, "c"))
}

func TestTheIDOfADeletedScriptStaysTaken(t *testing.T) {
	s := NewMemory()
	r := jsruntime.ScriptRecord{ID: uuid.New(), TenantID: uuid.New(), Name: "n", Revision: 1, VersionNumber: 1}
	v := jsruntime.VersionRecord{ScriptID: r.ID, TenantID: r.TenantID, VersionNumber: 1}
	require.NoError(t, s.CreateScript(t.Context(), r, v))
	require.NoError(t, s.DeleteScript(t.Context(), r.TenantID, r.ID, 1))
	require.ErrorIs(t, s.CreateScript(t.Context(), r, v), jsruntime.ErrDuplicate)
}

func TestADedupeKeyStaysWithItsHolder(t *testing.T) {
	s := NewMemory()
	r := newRun(uuid.New(), uuid.New())
	r.DedupeKey = "k"
	_, err := s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
	require.NoError(t, err)
	claimed, err := s.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "n", Now: r.RunAt, Limit: 1})
	require.NoError(t, err)
	next := r
	next.ID = uuid.New()
	o := jsruntime.Outcome{Execution: claimed[0], From: jsruntime.ExecutionRunning, Next: &next}
	o.Execution.Status = jsruntime.ExecutionFailed
	require.NoError(t, s.FinishExecution(t.Context(), o))
	held, err := s.DedupeKey(t.Context(), r.TenantID, "k")
	require.NoError(t, err)
	require.Equal(t, r.ID, held.ExecutionID)
}

func TestAFileOfAnOlderFormatIsMigratedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	require.NoError(t, openBolt(t, path).Close())
	var ran int
	migrations = append(migrations, func(*bbolt.DB) (func(*bbolt.Tx) error, error) {
		ran++
		return func(*bbolt.Tx) error { return nil }, nil
	})
	defer func() { migrations = migrations[:len(migrations)-1] }()
	for range 2 {
		require.NoError(t, openBolt(t, path).Close())
		require.Equal(t, 1, ran)
	}
}

// steps counts what a transaction reads.
type steps struct {
	kv
	n *atomic.Int64
}

func (s steps) get(b bucket, key []byte) []byte { s.n.Add(1); return s.kv.get(b, key) }

func TestAClaimPassesABlockedScriptInOneStep(t *testing.T) {
	for _, pending := range []int{10, 2000} {
		s := NewMemory()
		tenant := uuid.New()
		blocked := jsruntime.ScriptRecord{ID: uuid.New(), TenantID: tenant, Status: jsruntime.ScriptStatusPaused, Revision: 1}
		v := jsruntime.VersionRecord{ScriptID: blocked.ID, TenantID: tenant, VersionNumber: 1}
		require.NoError(t, s.CreateScript(t.Context(), blocked, v))
		runs := []jsruntime.ExecutionRecord{newRun(tenant, uuid.New())}
		for range pending {
			runs = append(runs, newRun(tenant, blocked.ID))
		}
		_, err := s.CreateExecutions(t.Context(), jsruntime.Creation{Executions: runs})
		require.NoError(t, err)
		var n atomic.Int64
		require.NoError(t, s.backend.update(nil, func(t *tx) error {
			counted := &tx{kv: steps{t.kv, &n}}
			claimed, err := claim(counted, jsruntime.Claim{Node: "n", Now: runs[0].RunAt, Limit: 5})
			if err == nil && (len(claimed) != 1 || claimed[0].id != runs[0].ID) {
				err = errTest
			}
			return err
		}))
		require.Less(t, n.Load(), int64(80))
	}
}

func TestWhoWritesAloneWaitsForNobody(t *testing.T) {
	b := boltBackendOf(t)
	b.within = time.Hour
	b.took = time.Hour
	for range 3 {
		require.NoError(t, b.update(nil, putting("a", nil)))
		require.Equal(t, 1, b.expected)
		b.took = time.Hour
	}
}

func TestABatchWaitsForThoseWhoCameWithTheLastOneAndDuringIt(t *testing.T) {
	b := boltBackendOf(t)
	during := make(chan error, 1)
	require.Equal(t, []error{nil, nil}, batchOf(t, b, putting("a", nil), func(*tx) error {
		go func() { during <- b.update(nil, putting("c", nil)) }()
		waitFor(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.waiting) == 1 })
		b.within = 0 // for the one that came
		return nil
	}))
	require.NoError(t, <-during)

	b.within, b.took, b.expected = time.Hour, time.Hour, 3
	before := b.transaction(t)
	var all sync.WaitGroup
	for _, key := range []string{"d", "e", "f"} {
		all.Go(func() { require.NoError(t, b.update(nil, putting(key, nil))) })
	}
	all.Wait()
	require.Equal(t, before+1, b.transaction(t), "one batch")
	require.Equal(t, 3, b.expected)

	b.within, b.took, b.expected = time.Hour, time.Hour, 2
	before = b.transaction(t)
	ran := make(chan struct{})
	all.Go(func() {
		require.NoError(t, b.update(nil, func(t *tx) error { defer close(ran); return putting("x", nil)(t) }))
	})
	<-ran // while the batch waits
	require.NoError(t, b.update(nil, putting("y", nil)))
	all.Wait()
	require.Equal(t, before+1, b.transaction(t), "one batch")
	require.Equal(t, "x", b.read(t, "x"))

	b.within, b.took, b.expected = time.Hour, time.Hour, 20
	for i := range 18 {
		all.Go(func() {
			require.NoError(t, b.update(nil, putting(string(rune('A'+i)), nil)), "two more are not waited for")
		})
	}
	all.Wait()

	b.within, b.took = time.Millisecond, time.Hour
	require.NoError(t, b.update(nil, putting("g", nil)), "the others do not come again")
	require.Equal(t, 1, b.expected)
}

// transaction returns the number of the last transaction.
func (b *boltBackend) transaction(t *testing.T) (id int) {
	t.Helper()
	require.NoError(t, b.readTx(func(btx *bbolt.Tx) error { id = btx.ID(); return nil }))
	return id
}
