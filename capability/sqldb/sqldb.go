package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// DatabaseFunc returns a tenant's database: the same one each time, since a sql.DB is a pool of connections. It is called for
// each statement and each transaction. An error that matches jsruntime.ErrNotFound says that the tenant has none; of another
// one the script learns that the database is not available.
type DatabaseFunc func(ctx context.Context, tenantID uuid.UUID) (*sql.DB, error)

// Grant lets scripts of all tenants use a database, which stays the caller's to close, after the Runtime has stopped. Unless
// its tables hold nothing that is a tenant's, read what the package says about walls and fences first. Setting it up wrongly
// is an error of jsruntime.New.
func Grant(db *sql.DB, opts ...Option) jsruntime.Option {
	if db == nil {
		return jsruntime.InvalidOption(invalid("sqldb.database", "must not be nil"))
	}
	return GrantFunc(func(context.Context, uuid.UUID) (*sql.DB, error) { return db, nil }, opts...)
}

// GrantFunc lets the scripts of each tenant use a database of their own. It may be the same database by another role: what
// counts is that a connection has no right to what is not the tenant's.
func GrantFunc(of DatabaseFunc, opts ...Option) jsruntime.Option {
	d := &database{
		of:        of,
		limits:    defaultLimits,
		errorText: func(err error) string { return err.Error() },
		logger:    slog.New(slog.DiscardHandler),
		open:      map[uuid.UUID]*openTransactions{},
	}
	var errs []error
	if of == nil {
		errs = append(errs, invalid("sqldb.database", "must not be nil"))
	}
	for _, opt := range opts {
		errs = append(errs, opt(d))
	}
	if err := errors.Join(errs...); err != nil {
		return jsruntime.InvalidOption(err)
	}
	d.turns = newTurns(d.limits.Concurrent)
	return jsruntime.Capability("db", declaration,
		jsruntime.WithFunction("db:query", d.named("db.query", d.query), jsruntime.DatabaseQuery),
		jsruntime.WithFunction("db:exec", d.named("db.exec", d.exec), jsruntime.DatabaseQuery),
		jsruntime.WithFunction("db:begin", d.named("db.tx", d.begin), jsruntime.Uncounted),
		jsruntime.WithFunction("db:commit", d.named("db.tx", d.commit), jsruntime.Uncounted),
		jsruntime.WithFunction("db:rollback", d.named("db.tx", d.rollback), jsruntime.Uncounted),
	)
}

const declaration = `
declare const db: {
  /** Makes a statement, and resolves to the rows. */
  query<T = Record<string, any>>(sql: string, params?: any[] | Record<string, any> | null): Promise<T[]>;
  /** Makes a statement that has no rows. What the driver does not know is null. */
  exec(
    sql: string,
    params?: any[] | Record<string, any> | null,
  ): Promise<{ rowsAffected: number | string | null; lastInsertId: number | string | null }>;
  /** Commits what the function did by its parameter, once what it returns has settled; rolls it back where it fails. */
  tx<T>(
    f: (tx: Pick<typeof db, "query" | "exec">) => T | PromiseLike<T>,
    options?: { readOnly?: boolean; isolation?: string },
  ): Promise<T>;
};`
