package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jsruntime/jsruntime"
)

// connection is one of a tenant's, in use.
type connection struct {
	*sql.Conn
	reset    string
	giveBack func()
}

// connect waits for a connection. It has to be released.
func (d *database) connect(ctx context.Context, call jsruntime.FunctionCall) (c *connection, err error) {
	giveBack, err := d.turns.take(ctx, call.TenantID)
	if err != nil {
		return nil, err
	}
	defer func() {
		if c == nil { // also where the application's function panics
			giveBack()
		}
	}()
	db, err := d.of(ctx, call.TenantID)
	switch {
	case errors.Is(err, jsruntime.ErrNotFound):
		return nil, errNoDatabase
	case err != nil:
		return nil, &brokenError{err}
	case db == nil:
		return nil, &brokenError{errors.New("no error and no database")}
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, &brokenError{err}
	}
	return &connection{Conn: conn, reset: d.reset, giveBack: giveBack}, nil
}

// resetTime is how long a connection is cleaned up at most.
const resetTime = 5 * time.Second

// release gives a connection back that no transaction uses any more, also where ctx has ended.
func (c *connection) release(ctx context.Context) {
	defer c.giveBack()
	if c.reset != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resetTime)
		defer cancel()
		if _, err := c.ExecContext(ctx, c.reset); err != nil {
			_ = c.Raw(func(any) error { return driver.ErrBadConn }) // closes it
		}
	}
	_ = c.Close()
}

// beginOn begins a transaction on a connection, for a call. It lives as long as life; ctx is for what is done at its start.
func (d *database) beginOn(ctx, life context.Context, c *connection, o sql.TxOptions, call jsruntime.FunctionCall) (*sql.Tx, error) {
	tx, err := c.BeginTx(life, &o)
	if err != nil || d.scope == nil {
		return tx, err
	}
	prepared := false
	defer func() {
		if !prepared { // also where the application's function panics
			_ = tx.Rollback()
		}
	}()
	if err := d.scope(ctx, tx, call); err != nil {
		return nil, &brokenError{fmt.Errorf("scope: %w", err)}
	}
	prepared = true
	return tx, nil
}

// end ends a transaction that nothing went wrong in.
func end(tx *sql.Tx, readOnly bool) error {
	if readOnly { // a driver may not have heard
		return tx.Rollback()
	}
	err := tx.Commit()
	if errors.Is(err, driver.ErrBadConn) {
		return &brokenError{err} // and never a reason to try again: the database may have done it
	}
	return err
}

// attempts is how often something is tried on connections that turn out to be dead before anything was done.
const attempts = 3

// retried calls fn until it meets a connection that lives.
func retried(fn func() error) (err error) {
	for range attempts {
		var broken *brokenError
		if err = fn(); !errors.Is(err, driver.ErrBadConn) || errors.As(err, &broken) {
			return err
		}
	}
	return err
}
