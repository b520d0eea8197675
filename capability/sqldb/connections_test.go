package sqldb_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
)

func TestAScriptLearnsNothingOfTheWayToTheDatabase(t *testing.T) {
	secret := errors.New("failed to connect to user=app host=10.0.0.3")
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: secret}
	for name, grant := range map[string]func(t *testing.T, b *backend, opts ...sqldb.Option) jsruntime.Option{
		"when it cannot connect": func(t *testing.T, b *backend, opts ...sqldb.Option) jsruntime.Option {
			b.connect = func() error { return secret }
			return sqldb.Grant(b.open(t), opts...)
		},
		"when there is no database": func(_ *testing.T, _ *backend, opts ...sqldb.Option) jsruntime.Option {
			return sqldb.GrantFunc(func(context.Context, uuid.UUID) (*sql.DB, error) { return nil, secret }, opts...)
		},
		"when the connection breaks": func(t *testing.T, b *backend, opts ...sqldb.Option) jsruntime.Option {
			b.answer = failing(fmt.Errorf("read from 10.0.0.3: %w", dial))
			return sqldb.Grant(b.open(t), opts...)
		},
		"when it ends": func(t *testing.T, b *backend, opts ...sqldb.Option) jsruntime.Option {
			b.answer = failing(fmt.Errorf("10.0.0.3: %w", io.ErrUnexpectedEOF))
			return sqldb.Grant(b.open(t), opts...)
		},
		"when a commit is lost": func(t *testing.T, b *backend, opts ...sqldb.Option) jsruntime.Option {
			b.commit = func() error { return fmt.Errorf("10.0.0.3: %w", driver.ErrBadConn) }
			return sqldb.Grant(b.open(t), append(opts, sqldb.WithScope(tenantScope))...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			b := &backend{}
			w := newWorld(t, grant(t, b, sqldb.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))))
			_, err := w.one("db:query", "SELECT 1")
			require.EqualError(t, err, "db.query: the database is not available")
			require.Contains(t, log.String(), "10.0.0.3")
		})
	}
}

func TestAStatementIsMadeOnAnotherConnectionWhenOneWasDead(t *testing.T) {
	for name, opts := range map[string][]sqldb.Option{"alone": nil, "in a transaction": {sqldb.ReadOnly()}} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			b := &backend{answer: func(context.Context, string, []driver.NamedValue) (*table, error) {
				if asked.Add(1) < 3 {
					return nil, driver.ErrBadConn
				}
				return &table{columns: []string{"a"}}, nil
			}}
			_, err := newWorld(t, sqldb.Grant(b.open(t), opts...)).one("db:query", "SELECT 1")
			require.NoError(t, err)
			require.EqualValues(t, 3, asked.Load())
		})
	}
	t.Run("and a script's transaction begins on another one", func(t *testing.T) {
		begun := 0
		b := &backend{begin: func() error {
			if begun++; begun < 3 {
				return driver.ErrBadConn
			}
			return nil
		}}
		newWorld(t, sqldb.Grant(b.open(t))).run(func(call caller) {
			id, err := call("db:begin")
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1", nil, id)
			require.NoError(t, err)
			_, err = call("db:commit", id)
			require.NoError(t, err)
		})
	})
	t.Run("but not for ever", func(t *testing.T) {
		b := &backend{answer: failing(driver.ErrBadConn)}
		_, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT 1")
		require.EqualError(t, err, "db.query: the database is not available")
		require.Len(t, b.noted(), 3)
	})
}

// untilCancelled is a statement that goes on until somebody ends it.
func untilCancelled(ctx context.Context, _ string, _ []driver.NamedValue) (*table, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAStatementThatTakesTooLongIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{answer: untilCancelled}
		w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{QueryTime: 2 * time.Second})))
		w.run(func(call caller) {
			for range 2 {
				start := time.Now()
				_, err := call("db:query", "SELECT pg_sleep(100)")
				require.EqualError(t, err, "db.query: statement: must take at most 2s, with the time that it waits for a connection")
				require.Equal(t, 2*time.Second, time.Since(start))
			}
			id, err := call("db:begin")
			require.NoError(t, err)
			_, err = call("db:exec", "DELETE FROM t", nil, id)
			require.EqualError(t, err, "db.exec: statement: must take at most 2s, with the time that it waits for a connection")
			_, err = call("db:rollback", id)
			require.NoError(t, err)
		})
	})
}

func TestAStatementEndsWithItsExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{answer: untilCancelled}
		limits := sqldb.WithLimits(sqldb.Limits{QueryTime: time.Hour, TransactionTime: time.Hour})
		w := newWorld(t, sqldb.Grant(b.open(t), limits))
		start := time.Now()
		w.run(func(call caller) {
			id, err := call("db:begin")
			require.NoError(t, err)
			_, err = call("db:query", "SELECT pg_sleep(10000)", nil, id)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
		require.Equal(t, jsruntime.DefaultMaxExecutionTime, time.Since(start))
		synctest.Wait()
		require.True(t, b.idle())
	})
}

func TestATenantHasOnlySoManyConnectionsAtOnce(t *testing.T) {
	b := &backend{answer: func(context.Context, string, []driver.NamedValue) (*table, error) {
		time.Sleep(time.Second)
		return &table{columns: []string{"a"}}, nil
	}}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{Concurrent: 3, QueryTime: 10 * time.Second})))
		w.run(func(call caller) {
			start := time.Now()
			var done sync.WaitGroup
			for range 9 {
				done.Go(func() {
					_, err := call("db:query", "SELECT 1")
					assert.NoError(t, err)
				})
			}
			done.Wait()
			assert.Equal(t, 3*time.Second, time.Since(start))
		})
	})
}

func TestATransactionHoldsAConnectionOfItsTenantAndNoOtherTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{}
		w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{Concurrent: 1, QueryTime: time.Second})))
		w.run(func(call caller) {
			id, err := call("db:begin")
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1", nil, id)
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1")
			require.EqualError(t, err, "db.query: statement: must take at most 1s, with the time that it waits for a connection")
			other := make(chan error)
			go func() {
				w.run(func(call caller) { _, err := call("db:query", "SELECT 1"); other <- err })
			}()
			require.NoError(t, <-other)
			_, err = call("db:commit", id)
			require.NoError(t, err)
			_, err = call("db:query", "SELECT 1")
			require.NoError(t, err)
		})
		synctest.Wait()
	})
}

func TestAConnectionIsCleanedUpBeforeItGoesBack(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithReset("DISCARD ALL")))
	w.run(func(call caller) {
		_, err := call("db:query", "SELECT 1")
		require.NoError(t, err)
		id, err := call("db:begin")
		require.NoError(t, err)
		_, err = call("db:query", "SELECT 2", nil, id)
		require.NoError(t, err)
		_, err = call("db:commit", id)
		require.NoError(t, err)
	})
	require.Equal(t, []string{"SELECT 1", "DISCARD ALL", "begin", "SELECT 2", "commit", "DISCARD ALL"}, b.noted())
	require.Equal(t, 1, b.conns)
}

func TestAConnectionThatCannotBeCleanedUpIsClosed(t *testing.T) {
	b := &backend{answer: func(_ context.Context, query string, _ []driver.NamedValue) (*table, error) {
		if query == "DISCARD ALL" {
			return nil, errors.New("not now")
		}
		return &table{}, nil
	}}
	_, err := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithReset("DISCARD ALL"))).one("db:query", "SELECT 1")
	require.NoError(t, err)
	require.Zero(t, b.conns)
}

// Many scripts of few tenants do everything at once, and leave nothing behind.
func TestManyScriptsAtOnceLeaveNothingOpen(t *testing.T) {
	b := &backend{answer: answering(&table{columns: []string{"a"}, rows: [][]driver.Value{{int64(1)}}})}
	limits := sqldb.WithLimits(sqldb.Limits{Concurrent: 3, Transactions: 2})
	w := newWorld(t, sqldb.Grant(b.open(t), limits, sqldb.WithScope(tenantScope)))
	tenants := []uuid.UUID{uuid.New(), uuid.New()}
	var done sync.WaitGroup
	for i := range 40 {
		done.Go(func() {
			w.runOf(tenants[i%2], func(call caller) {
				_, err := call("db:query", "SELECT 1")
				assert.NoError(t, err)
				id, err := call("db:begin")
				assert.NoError(t, err)
				_, err = call("db:exec", "DELETE FROM t", nil, id)
				assert.NoError(t, err)
				if i%3 > 0 { // the others leave it to the end of the script
					_, err = call([]string{"db:commit", "db:rollback"}[i%2], id)
					assert.NoError(t, err)
				}
			})
		})
	}
	done.Wait()
	require.Eventually(t, b.idle, 10*time.Second, time.Millisecond)
	require.LessOrEqual(t, b.most, 2*2*3, "a transaction and its rows count as two")
}
