package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
)

func TestStatementsOfATransactionAreMadeInIt(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	for _, end := range []string{"commit", "rollback"} {
		w.run(func(call caller) {
			id, err := call("db:begin", map[string]any{"isolation": "serializable", "readOnly": nil})
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1", nil, id)
			require.NoError(t, err)
			_, err = call("db:exec", "DELETE FROM t", nil, id)
			require.NoError(t, err)
			_, err = call("db:"+end, id)
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1", nil, id)
			require.EqualError(t, err, "db.query: transaction: is not open")
			for _, again := range []string{"db:commit", "db:rollback"} {
				_, err = call(again, id)
				require.EqualError(t, err, "db.tx: transaction: is not open")
			}
		})
		require.Equal(t, []string{"begin Serializable", "SELECT 1", "DELETE FROM t", end}, b.noted())
	}
}

func TestATransactionWithoutAStatementAsksNothingOfTheDatabase(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	w.run(func(call caller) {
		for range 1000 {
			id, err := call("db:begin")
			require.NoError(t, err)
			_, err = call("db:commit", id)
			require.NoError(t, err)
		}
	})
	require.Empty(t, b.noted())
}

func TestATransactionIsRolledBackWhenItsScriptEnds(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	w.run(func(call caller) {
		id, err := call("db:begin")
		require.NoError(t, err)
		_, err = call("db:exec", "DELETE FROM t", nil, id)
		require.NoError(t, err)
	})
	require.Eventually(t, b.idle, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"begin", "DELETE FROM t", "rollback"}, b.noted())
}

func TestATransactionIsItsExecutionsAlone(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	w.run(func(call caller) {
		id, err := call("db:begin")
		require.NoError(t, err)
		inner := make(chan struct{})
		go func() { // another script, meanwhile
			defer close(inner)
			w.run(func(call caller) {
				_, err := call("db:query", "SELECT 1", nil, id)
				assert.EqualError(t, err, "db.query: transaction: is not open")
			})
		}()
		<-inner
	})
}

func TestAnExecutionHasOnlySoManyTransactionsOpen(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{Transactions: 2})))
	w.run(func(call caller) {
		first, err := call("db:begin")
		require.NoError(t, err)
		_, err = call("db:begin")
		require.NoError(t, err)
		_, err = call("db:begin")
		require.EqualError(t, err, "db.tx: transactions: must be at most 2 that are open at once")
		_, err = call("db:rollback", first)
		require.NoError(t, err)
		_, err = call("db:begin")
		require.NoError(t, err)
	})
}

func TestWrongOptionsOfATransactionAreErrors(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	for want, options := range map[string]any{
		"options: must be an object":                              "serializable",
		"readOnly: must be true or false":                         map[string]any{"readOnly": 1.0},
		"options: must have no fields but readOnly and isolation": map[string]any{"deferrable": true},
		"isolation: must be one of default, read uncommitted, read committed, write committed, repeatable read, snapshot, " +
			"serializable, linearizable": map[string]any{"isolation": "strict"},
	} {
		_, err := w.one("db:begin", options)
		require.EqualError(t, err, "db.tx: "+want)
	}
	for _, id := range []any{nil, 1.0, "1", []any{}} {
		_, err := w.one("db:commit", id)
		require.EqualError(t, err, "db.tx: transaction: is not open")
	}
}

func TestStatementsOfATransactionAtOnceAreMadeOneAfterTheOther(t *testing.T) {
	var busy sync.Mutex
	b := &backend{answer: func(context.Context, string, []driver.NamedValue) (*table, error) {
		if !busy.TryLock() {
			return nil, errors.New("two at once")
		}
		defer busy.Unlock()
		return &table{}, nil
	}}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	w.run(func(call caller) {
		id, err := call("db:begin")
		require.NoError(t, err)
		var done sync.WaitGroup
		for range 20 {
			done.Go(func() {
				_, err := call("db:query", "SELECT 1", nil, id)
				assert.NoError(t, err)
			})
		}
		done.Wait()
		_, err = call("db:commit", id)
		require.NoError(t, err)
	})
	require.Len(t, b.noted(), 22)
}

func TestAStatementThatComesAfterTheEndIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{answer: func(context.Context, string, []driver.NamedValue) (*table, error) {
			time.Sleep(time.Second)
			return &table{}, nil
		}}
		w := newWorld(t, sqldb.Grant(b.open(t)))
		w.run(func(call caller) {
			id, err := call("db:begin")
			require.NoError(t, err)
			errs := make([]error, 3)
			var done sync.WaitGroup
			for i, wait := range []func() (any, error){
				func() (any, error) { return call("db:exec", "DELETE FROM t", nil, id) },
				func() (any, error) { return call("db:commit", id) },
				func() (any, error) { return call("db:exec", "DELETE FROM u", nil, id) },
			} {
				done.Go(func() { _, errs[i] = wait() })
				synctest.Wait() // each waits for the one before
			}
			done.Wait()
			require.NoError(t, errs[0])
			require.NoError(t, errs[1])
			require.EqualError(t, errs[2], "db.exec: transaction: is not open")
		})
		require.Equal(t, []string{"begin", "DELETE FROM t", "commit"}, b.noted())
	})
}

func TestReadOnlyScriptsReadInTransactionsThatAreRolledBack(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.ReadOnly()))
	_, err := w.one("db:query", "SELECT 1")
	require.NoError(t, err)
	require.Equal(t, []string{"begin read-only", "SELECT 1", "rollback"}, b.noted())
	_, err = w.one("db:query", "DELETE FROM t RETURNING id")
	require.EqualError(t, err, "db.query: sql: must begin with one of SELECT, WITH, VALUES, EXPLAIN")
	_, err = w.one("db:exec", "SELECT 1")
	require.EqualError(t, err, "db.exec: database: must be read with db.query only")
	w.run(func(call caller) {
		id, err := call("db:begin", map[string]any{"readOnly": false})
		require.NoError(t, err)
		_, err = call("db:query", "WITH x AS (DELETE FROM t RETURNING id) SELECT * FROM x", nil, id)
		require.NoError(t, err)
		_, err = call("db:commit", id)
		require.NoError(t, err)
	})
	require.Equal(t, []string{"begin read-only", "WITH x AS (DELETE FROM t RETURNING id) SELECT * FROM x", "rollback"}, b.noted())
}

func TestAReadOnlyTransactionOfAScriptWritesNothing(t *testing.T) {
	b := &backend{}
	newWorld(t, sqldb.Grant(b.open(t))).run(func(call caller) {
		id, err := call("db:begin", map[string]any{"readOnly": true})
		require.NoError(t, err)
		_, err = call("db:exec", "DELETE FROM t", nil, id)
		require.ErrorContains(t, err, "must begin with one of SELECT, WITH, VALUES, EXPLAIN")
		_, err = call("db:query", "SELECT 1", nil, id)
		require.NoError(t, err)
		_, err = call("db:commit", id)
		require.NoError(t, err)
	})
	require.Equal(t, []string{"begin read-only", "SELECT 1", "rollback"}, b.noted())
}

// tenantScope tells the database whose statements follow.
func tenantScope(ctx context.Context, tx *sql.Tx, call jsruntime.FunctionCall) error {
	_, err := tx.ExecContext(ctx, "SET LOCAL app.tenant = ?", call.TenantID.String())
	return err
}

func TestTheScopeIsSetAtTheStartOfEveryTransaction(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithScope(tenantScope)))
	e := w.run(func(call caller) {
		_, err := call("db:query", "SELECT 1")
		require.NoError(t, err)
		_, err = call("db:exec", "DELETE FROM t")
		require.NoError(t, err)
		id, err := call("db:begin")
		require.NoError(t, err)
		for range 2 {
			_, err = call("db:query", "SELECT 2", nil, id)
			require.NoError(t, err)
		}
		_, err = call("db:commit", id)
		require.NoError(t, err)
	})
	scope := fmt.Sprintf("SET LOCAL app.tenant = ? string(%s)", e.TenantID())
	require.Equal(t, []string{
		"begin", scope, "SELECT 1", "commit",
		"begin", scope, "DELETE FROM t", "commit",
		"begin", scope, "SELECT 2", "SELECT 2", "commit",
	}, b.noted())
}

func TestWithoutItsScopeNothingIsDone(t *testing.T) {
	for name, scope := range map[string]sqldb.ScopeFunc{
		"an error": func(context.Context, *sql.Tx, jsruntime.FunctionCall) error {
			return errors.New("tenant 7 of db-3 is locked")
		},
		"a panic": func(context.Context, *sql.Tx, jsruntime.FunctionCall) error { panic("oh") },
	} {
		t.Run(name, func(t *testing.T) {
			b := &backend{}
			w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithScope(scope), sqldb.WithLimits(sqldb.Limits{Concurrent: 1})))
			w.run(func(call caller) {
				for range 3 { // every time gives back what it took
					_, err := call("db:query", "SELECT 1")
					require.Error(t, err)
					require.NotContains(t, err.Error(), "db-3")
					id, err := call("db:begin")
					require.NoError(t, err)
					_, err = call("db:exec", "DELETE FROM t", nil, id)
					require.Error(t, err)
					_, err = call("db:commit", id)
					require.NoError(t, err)
				}
			})
			for _, note := range b.noted() {
				require.Contains(t, []string{"begin", "rollback"}, note)
			}
		})
	}
}

func TestAStatementThatFailsInItsOwnTransactionIsRolledBack(t *testing.T) {
	b := &backend{answer: func(_ context.Context, query string, _ []driver.NamedValue) (*table, error) {
		if query == "SELECT 1" {
			return nil, errors.New("no")
		}
		return &table{}, nil
	}}
	_, err := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithScope(tenantScope))).one("db:query", "SELECT 1")
	require.EqualError(t, err, "db.query: no")
	require.Equal(t, "rollback", b.noted()[3])
}

func TestACommitThatFailsIsAnError(t *testing.T) {
	b := &backend{commit: func() error { return errors.New("could not serialize") }}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	w.run(func(call caller) {
		id, err := call("db:begin")
		require.NoError(t, err)
		_, err = call("db:exec", "DELETE FROM t", nil, id)
		require.NoError(t, err)
		_, err = call("db:commit", id)
		require.EqualError(t, err, "db.tx: could not serialize")
	})
}

func TestATransactionThatIsOpenForTooLongIsRolledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{}
		w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{TransactionTime: 5 * time.Second})))
		w.run(func(call caller) {
			var ids []any
			for range 2 {
				id, err := call("db:begin")
				require.NoError(t, err)
				time.Sleep(6 * time.Second) // before the first statement no time counts
				_, err = call("db:exec", "DELETE FROM t", nil, id)
				require.NoError(t, err)
				ids = append(ids, id)
				time.Sleep(5 * time.Second)
				synctest.Wait()
			}
			require.Equal(t, []string{"begin", "DELETE FROM t", "rollback", "begin", "DELETE FROM t", "rollback"}, b.noted())
			_, err := call("db:query", "SELECT 1", nil, ids[0])
			require.EqualError(t, err, "db.query: transaction: must be open for at most 5s; it was rolled back")
			_, err = call("db:commit", ids[0])
			require.EqualError(t, err, "db.tx: transaction: must be open for at most 5s; it was rolled back")
			_, err = call("db:rollback", ids[1])
			require.NoError(t, err)
		})
		require.Empty(t, b.noted())
	})
}
