package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// backend is a database of tests: it notes what it is told, and answers with what the test says.
type backend struct {
	// answer answers a statement; nil answers with no rows.
	answer func(ctx context.Context, query string, args []driver.NamedValue) (*table, error)
	// connect, begin and commit may fail.
	connect, begin, commit func() error

	mu    sync.Mutex
	notes []string
	conns int // that are open
	used  int // that are in a transaction, or read from
	most  int // used at once
}

// table is the answer to a statement.
type table struct {
	columns []string
	types   []string
	rows    [][]driver.Value
	endless bool                         // the first row again and again
	fails   error                        // after the rows
	counts  func() (int64, int64, error) // of a result: last id and affected
}

// open returns a pool on the database, closed at the end of the test.
func (b *backend) open(t *testing.T) *sql.DB {
	t.Helper()
	db := sql.OpenDB(b)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		closed := func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.conns == 0 && b.used == 0 }
		require.Eventually(t, closed, 10*time.Second, time.Millisecond, "connections, transactions or rows are left open")
	})
	return db
}

func (b *backend) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

// noted returns what the database was told since the last time.
func (b *backend) noted() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := b.notes
	b.notes = nil
	return notes
}

func (b *backend) use(by int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += by
	b.most = max(b.most, b.used)
}

// idle reports whether no transaction and no rows are open.
func (b *backend) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used == 0
}

func (b *backend) Connect(context.Context) (driver.Conn, error) {
	if b.connect != nil {
		if err := b.connect(); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns++
	return &conn{b}, nil
}

func (b *backend) Driver() driver.Driver { return nil }

type conn struct{ b *backend }

func (c *conn) Close() error {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	c.b.conns--
	return nil
}

func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not in this test") }
func (c *conn) Begin() (driver.Tx, error)           { return nil, errors.New("not in this test") }

func (c *conn) CheckNamedValue(*driver.NamedValue) error { return nil } // names are fine

func (c *conn) BeginTx(_ context.Context, options driver.TxOptions) (driver.Tx, error) {
	if c.b.begin != nil {
		if err := c.b.begin(); err != nil {
			return nil, err
		}
	}
	what := []string{"begin"}
	if options.ReadOnly {
		what = append(what, "read-only")
	}
	if level := sql.IsolationLevel(options.Isolation); level != sql.LevelDefault {
		what = append(what, level.String())
	}
	c.b.note("%s", strings.Join(what, " "))
	c.b.use(1)
	return &tx{c.b}, nil
}

type tx struct{ b *backend }

func (t *tx) Commit() error {
	defer t.b.use(-1)
	if t.b.commit != nil {
		if err := t.b.commit(); err != nil {
			return err
		}
	}
	t.b.note("commit")
	return nil
}

func (t *tx) Rollback() error {
	defer t.b.use(-1)
	t.b.note("rollback")
	return nil
}

func (c *conn) do(ctx context.Context, query string, args []driver.NamedValue) (*table, error) {
	note := query
	for _, arg := range args {
		note += fmt.Sprintf(" %s%T(%v)", arg.Name, arg.Value, arg.Value)
	}
	c.b.note("%s", note)
	if c.b.answer == nil {
		return &table{}, nil
	}
	found, err := c.b.answer(ctx, query, args)
	if found == nil {
		found = &table{}
	}
	return found, err
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	found, err := c.do(ctx, query, args)
	if err != nil {
		return nil, err
	}
	c.b.use(1)
	return &rows{b: c.b, table: found}, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	found, err := c.do(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return result{found}, nil
}

type result struct{ *table }

func (r result) LastInsertId() (int64, error) {
	if r.counts == nil {
		return 0, errors.New("no ids here")
	}
	id, _, err := r.counts()
	return id, err
}

func (r result) RowsAffected() (int64, error) {
	if r.counts == nil {
		return 0, errors.New("no counts here")
	}
	_, n, err := r.counts()
	return n, err
}

type rows struct {
	b *backend
	*table
	at int
}

func (r *rows) Columns() []string { return r.columns }

func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if i < len(r.types) {
		return r.types[i]
	}
	return ""
}

func (r *rows) Close() error {
	r.b.use(-1)
	return nil
}

func (r *rows) Next(into []driver.Value) error {
	switch {
	case r.endless:
		copy(into, r.rows[0])
		return nil
	case r.at < len(r.rows):
		copy(into, r.rows[r.at])
		r.at++
		return nil
	case r.fails != nil:
		return r.fails
	}
	return io.EOF
}
