package sqldb_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// scripted tests with real scripts, in this process and in workers. Their database is b.
func scripted(t *testing.T, test func(t *testing.T, b *backend, run func(source string) jsruntime.Execution)) {
	for name, open := range map[string]func(t *testing.T) jsruntime.Executor{
		"in this process": func(*testing.T) jsruntime.Executor { return vm.New() },
		"in a worker": func(t *testing.T) jsruntime.Executor {
			executor, err := isolate.New()
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, executor.Close()) })
			return executor
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, tenant := &backend{}, uuid.New()
			db, executor := b.open(t), open(t)
			rt, err := jsruntime.New(store.NewMemory(), executor, sqldb.Grant(db))
			require.NoError(t, err)
			require.NoError(t, rt.Start(t.Context()))
			t.Cleanup(func() { require.NoError(t, rt.Stop(context.Background())) })
			test(t, b, func(source string) jsruntime.Execution {
				limits := jsruntime.DefaultResourceLimits()
				limits.MaxExecutionTime = 2 * time.Second
				script, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, uuid.NewString(), source, jsruntime.WithResourceLimits(limits)))
				require.NoError(t, err)
				execution, err := rt.Execute(t.Context(), tenant, script.ID(), nil)
				require.NoError(t, err)
				return execution
			})
		})
	}
}

func TestScriptsUseADatabase(t *testing.T) {
	scripted(t, func(t *testing.T, b *backend, run func(string) jsruntime.Execution) {
		b.answer = answering(&table{
			columns: []string{"id", "data"}, rows: [][]driver.Value{{int64(1), []byte{1, 2}}, {int64(2), nil}},
			counts: func() (int64, int64, error) { return 7, 2, nil },
		})
		execution := run(`
			const rows = await db.query("SELECT id, data FROM t WHERE id > $1", [0])
			const done = await db.exec("UPDATE t SET data = $1", [new Uint8Array([3])])
			return [rows.map(row => [row.id, row.data && [...row.data]]), done]`)
		require.Nil(t, execution.Failure())
		require.Equal(t, []any{
			[]any{[]any{1.0, []any{1.0, 2.0}}, []any{2.0, nil}},
			map[string]any{"rowsAffected": 2.0, "lastInsertId": 7.0},
		}, execution.Output())
		require.Equal(t, []string{"SELECT id, data FROM t WHERE id > $1 int64(0)", "UPDATE t SET data = $1 []uint8([3])"}, b.noted())
		require.Equal(t, 2, execution.Metrics().APICallCount)
		require.Equal(t, 2, execution.Metrics().DatabaseQueryCount)
	})
}

func TestScriptsHaveTransactions(t *testing.T) {
	scripted(t, func(t *testing.T, b *backend, run func(string) jsruntime.Execution) {
		require.Equal(t, "done", run(`return await db.tx(async tx => { await tx.exec("DELETE 1"); await tx.query("SELECT 1"); return "done" })`).Output())
		require.Equal(t, []string{"begin", "DELETE 1", "SELECT 1", "commit"}, b.noted())
		require.Equal(t, "mine", run(`try { await db.tx(async tx => { await tx.exec("DELETE 1"); throw new Error("mine") }) } catch (e) { return e.message }`).Output())
		require.Equal(t, []string{"begin", "DELETE 1", "rollback"}, b.noted())
	})
}

func TestATransactionDoesNotOutliveItsScript(t *testing.T) {
	scripted(t, func(t *testing.T, b *backend, run func(string) jsruntime.Execution) {
		execution := run(`db.tx(async tx => { await tx.exec("DELETE 1"); await new Promise(() => {}) }); await new Promise(done => setTimeout(done, 50)); return 1`)
		require.Nil(t, execution.Failure())
		require.Eventually(t, b.idle, 10*time.Second, time.Millisecond)
		require.Equal(t, []string{"begin", "DELETE 1", "rollback"}, b.noted())
	})
}

func TestAFailedStatementNamesTheAuthorsLine(t *testing.T) {
	scripted(t, func(t *testing.T, b *backend, run func(string) jsruntime.Execution) {
		b.answer = failing(errors.New(`no such table: orders`))
		failure := run("await null\n\nawait db.query('SELECT * FROM orders')").Failure()
		require.NotNil(t, failure)
		require.Contains(t, failure.Message, "no such table: orders")
		require.Equal(t, 3, failure.Line)
	})
}
