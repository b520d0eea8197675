package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// database is what scripts are granted.
type database struct {
	of        DatabaseFunc
	limits    Limits
	readOnly  bool
	scope     ScopeFunc
	reset     string
	words     []string // that a statement may begin with besides, in upper case
	errorText func(error) string
	logger    *slog.Logger
	turns     *turns

	mu   sync.Mutex
	open map[uuid.UUID]*openTransactions // by execution
}

// runner makes statements: a connection or a transaction.
type runner interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// work is what is done with a connection.
type work func(ctx context.Context, on runner) error

func (d *database) query(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	s, err := d.statementOf(call)
	if err != nil {
		return nil, err
	}
	var reply map[string]any
	err = d.run(ctx, call, s, func(ctx context.Context, on runner) (err error) {
		rows, err := on.QueryContext(ctx, s.text, s.params...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		reply, err = d.read(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

func (d *database) exec(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	if d.readOnly {
		return nil, invalid("database", "must be read with db.query only")
	}
	s, err := d.statementOf(call)
	if err != nil {
		return nil, err
	}
	var reply map[string]any
	err = d.run(ctx, call, s, func(ctx context.Context, on runner) error {
		result, err := on.ExecContext(ctx, s.text, s.params...)
		if err != nil {
			return err
		}
		reply = map[string]any{"rowsAffected": known(result.RowsAffected()), "lastInsertId": known(result.LastInsertId())}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// known returns a number of a result, or nil where the driver has none.
func known(n int64, err error) any {
	if err != nil {
		return nil
	}
	return whole(n)
}

// run makes a statement, in the transaction that it names, in one of its own, or in none.
func (d *database) run(ctx context.Context, call jsruntime.FunctionCall, s statement, do work) error {
	limited, cancel := context.WithTimeout(ctx, d.limits.QueryTime)
	defer cancel()
	err := d.runOn(limited, ctx, call, s, do)
	var own *jsruntime.FieldError
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) && !errors.As(err, &own) {
		return invalid("statement", "must take at most %v, with the time that it waits for a connection", d.limits.QueryTime)
	}
	return err
}

func (d *database) runOn(ctx, execution context.Context, call jsruntime.FunctionCall, s statement, do work) error {
	if s.transaction != "" {
		return d.runIn(ctx, execution, call, s, do)
	}
	if err := d.check(s.text, d.readOnly); err != nil {
		return err
	}
	return retried(func() error {
		conn, err := d.connect(ctx, call)
		if err != nil {
			return err
		}
		defer conn.release(ctx)
		if d.scope == nil && !d.readOnly {
			return do(ctx, conn)
		}
		tx, err := d.beginOn(ctx, ctx, conn, sql.TxOptions{ReadOnly: d.readOnly}, call)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // does nothing after the end
		if err := do(ctx, tx); err != nil {
			return err
		}
		return end(tx, d.readOnly)
	})
}
