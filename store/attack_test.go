package store

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// The process ends between the last transaction of toRows, which drops the old buckets, and the one that sets the format.
func TestAttackMigrationEndsBeforeTheFormatIsSet(t *testing.T) {
	path := storePath(t)
	unpack(t, format1, path)
	db, err := openBbolt(path, config{}, false)
	require.NoError(t, err)
	require.NoError(t, toRows(db.DB))
	require.NoError(t, db.Close())

	was := NewMemory()
	fillFixture(t, was)
	now, err := Open(path)
	if err != nil { // what is left of 100 % of the executions
		db, openErr := openBbolt(path, config{}, true)
		require.NoError(t, openErr)
		require.NoError(t, db.View(func(tx *bbolt.Tx) error {
			t.Logf("rows: %d, executions: %v", tx.Bucket([]byte("rows")).Stats().KeyN, tx.Bucket([]byte("executions")))
			return nil
		}))
		require.NoError(t, db.Close())
	}
	require.NoError(t, err)
	defer now.Close()
	require.NoError(t, now.Check(t.Context()))
	requireSame(t, was, now)
}

func attackRun(tenant, script uuid.UUID, n int) jsruntime.ExecutionRecord {
	at := time.Date(2026, 3, 1, 12, 0, n, 0, time.UTC)
	return jsruntime.ExecutionRecord{
		ID: uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)), TenantID: tenant, ScriptID: script,
		Status: jsruntime.ExecutionPending, TriggerType: jsruntime.TriggerManual, Attempt: 1, CreatedAt: at, RunAt: at,
	}
}

// Two nodes prune the same store: the second one is done while the first one is between two steps.
func TestAttackTwoPruningsKeepWhatEachWouldKeep(t *testing.T) {
	st := NewMemory()
	tenant, script := uuid.New(), uuid.New()
	for n := 1; n <= 13; n++ {
		r := attackRun(tenant, script, n)
		r.Status, r.CompletedAt = jsruntime.ExecutionCompleted, r.CreatedAt
		if n <= 3 {
			r.Status, r.DeadLetter = jsruntime.ExecutionFailed, true
		}
		require.NoError(t, st.FinishExecution(t.Context(), jsruntime.Outcome{Execution: r}))
	}
	p := jsruntime.Pruning{KeepPerScript: 5, Limit: 1}
	first, err := st.Prune(t.Context(), p) // node one makes a step
	require.NoError(t, err)
	require.NotEmpty(t, first.Next)
	other := jsruntime.Pruning{KeepPerScript: 5, Limit: 100} // node two does all of it
	_, err = st.Prune(t.Context(), other)
	require.NoError(t, err)
	for p.After = first.Next; p.After != ""; { // node one goes on
		pruned, err := st.Prune(t.Context(), p)
		require.NoError(t, err)
		p.After = pruned.Next
	}
	counts, err := st.CountExecutions(t.Context(), tenant, script)
	require.NoError(t, err)
	require.EqualValues(t, 5, counts[jsruntime.ExecutionCompleted], "the five newest are to be kept")
}

func TestAttackPruneWithALargeLimit(t *testing.T) {
	st := NewMemory()
	tenant, script := uuid.New(), uuid.New()
	r := attackRun(tenant, script, 1)
	r.Status, r.CompletedAt = jsruntime.ExecutionCompleted, r.CreatedAt
	require.NoError(t, st.FinishExecution(t.Context(), jsruntime.Outcome{Execution: r}))
	p := jsruntime.Pruning{Before: r.CreatedAt.Add(time.Hour), Limit: math.MaxInt}
	removed := 0
	for range 10 {
		pruned, err := st.Prune(t.Context(), p)
		require.NoError(t, err)
		removed += pruned.Removed
		if p.After = pruned.Next; p.After == "" {
			break
		}
	}
	require.Equal(t, 1, removed)
	require.Empty(t, p.After)
}

// A payload that can be encoded but not decoded has to be refused.
func TestAttackPayloadThatCannotBeReadBack(t *testing.T) {
	st := NewMemory()
	tenant, script := uuid.New(), uuid.New()
	r := attackRun(tenant, script, 1)
	r.TriggerData.Payload = json.Number("1e400")
	good := attackRun(tenant, script, 2)
	_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r, good}})
	if err != nil {
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
		return
	}
	_, err = st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "n", Now: good.RunAt, Limit: 9})
	t.Log("claim:", err)
	_, err = st.Execution(t.Context(), tenant, good.ID)
	require.NoError(t, err)
	e, _ := st.Execution(t.Context(), tenant, good.ID)
	t.Log("the good one is", e.Status)
	_, err = st.Expired(t.Context(), good.RunAt, 9)
	require.NoError(t, err, "nobody can recover anything any more")
}

// Executions that wait for another node are in the way of every claim of this one, tenant by tenant.
func TestAttackClaimPassesWhatIsAttachedElsewhere(t *testing.T) {
	fastest := func(others int) time.Duration {
		st := NewMemory()
		for n := range others {
			r := attackRun(uuid.New(), uuid.New(), n+1)
			r.Attached, r.Lease.Node = true, "another node"
			_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}})
			require.NoError(t, err)
		}
		took := time.Duration(math.MaxInt64)
		for range 20 {
			began := time.Now()
			claimed, err := st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "n", Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Limit: 1})
			took = min(took, time.Since(began))
			require.NoError(t, err)
			require.Empty(t, claimed)
		}
		return took
	}
	few, many := fastest(10), fastest(10_000)
	require.Less(t, many, 50*few, "a claim that finds nothing")
}
