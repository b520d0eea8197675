package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jsruntime/jsruntime"
)

// Option is a setting of [Grant] and [GrantFunc].
type Option func(*database) error

// Limits bound what scripts can ask of a database. A zero field means its default.
type Limits struct {
	Rows            int           // of one result: 10,000
	ReplyBytes      int           // of one result, each value counting 16 bytes besides its own: 8 MiB
	StatementBytes  int           // of the text of a statement: 64 KiB
	Params          int           // of one statement: 1,000
	ParamBytes      int           // of all parameters of a statement: 1 MiB
	QueryTime       time.Duration // of one statement, what it waits for a connection included: 10 s; never beyond the execution
	TransactionTime time.Duration // from the first statement of a transaction to its end: 30 s; never beyond the execution
	Transactions    int           // that an execution has open at once: 2
	Concurrent      int           // connections that a tenant's scripts have at once, others wait: 8
}

var defaultLimits = Limits{
	Rows: 10_000, ReplyBytes: 8 << 20, StatementBytes: 64 << 10, Params: 1000, ParamBytes: 1 << 20,
	QueryTime: 10 * time.Second, TransactionTime: 30 * time.Second, Transactions: 2, Concurrent: 8,
}

// WithLimits sets the limits.
func WithLimits(limits Limits) Option {
	return func(d *database) error {
		d.limits = limits
		return errors.Join(
			limitOf("rows", &d.limits.Rows, defaultLimits.Rows),
			limitOf("replyBytes", &d.limits.ReplyBytes, defaultLimits.ReplyBytes),
			limitOf("statementBytes", &d.limits.StatementBytes, defaultLimits.StatementBytes),
			limitOf("params", &d.limits.Params, defaultLimits.Params),
			limitOf("paramBytes", &d.limits.ParamBytes, defaultLimits.ParamBytes),
			limitOf("queryTime", &d.limits.QueryTime, defaultLimits.QueryTime),
			limitOf("transactionTime", &d.limits.TransactionTime, defaultLimits.TransactionTime),
			limitOf("transactions", &d.limits.Transactions, defaultLimits.Transactions),
			limitOf("concurrent", &d.limits.Concurrent, defaultLimits.Concurrent),
		)
	}
}

// limitOf gives a limit that is 0 its default, and refuses one below.
func limitOf[T int | time.Duration](name string, limit *T, standard T) error {
	if *limit < 0 {
		return invalid("sqldb.limits."+name, "must be above 0, or 0 for the default")
	}
	if *limit == 0 {
		*limit = standard
	}
	return nil
}

// ReadOnly lets scripts read only: db.exec is refused, as are statements that begin with INSERT, UPDATE, DELETE, MERGE or
// REPLACE, and each transaction, which the driver is asked to make read-only, is rolled back at its end. Every statement has
// one then. A driver that knows no read-only transactions, and says so, makes every statement fail.
func ReadOnly() Option {
	return func(d *database) error {
		d.readOnly = true
		return nil
	}
}

// ScopeFunc prepares a transaction for a tenant, such as with
//
//	tx.ExecContext(ctx, "SELECT set_config('app.tenant', $1, true)", call.TenantID)
//
// call is the script's call of the statement that the transaction begins with. An error ends the transaction and goes to the
// log; the script learns that the database is not available.
type ScopeFunc func(ctx context.Context, tx *sql.Tx, call jsruntime.FunctionCall) error

// WithScope calls scope at the start of every transaction; a statement outside of db.tx has one of its own then.
func WithScope(scope ScopeFunc) Option {
	return func(d *database) error {
		if scope == nil {
			return invalid("sqldb.scope", "must not be nil")
		}
		d.scope = scope
		return nil
	}
}

// WithReset has the statement cleaned up a connection before it goes back to the pool, such as DISCARD ALL in PostgreSQL. A
// connection on which it fails, or takes more than 5 seconds, is closed.
func WithReset(statement string) Option {
	return func(d *database) error {
		if statement == "" {
			return invalid("sqldb.reset", "must not be empty")
		}
		d.reset = statement
		return nil
	}
}

// transactional are the first words of statements that begin or end a transaction. database/sql would not know of it, and the
// next statement would be outside of the scope and of what is rolled back.
var transactional = []string{"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"}

// AllowStatements adds first words of statements that scripts may make, such as "CREATE" and "SHOW". What a word allows
// differs from database to database: with "SET", a script can undo what a [ScopeFunc] did. Words that begin or end
// transactions are refused.
func AllowStatements(words ...string) Option {
	return func(d *database) error {
		var errs []error
		for _, word := range words {
			upper := strings.ToUpper(word)
			first, one, err := readings[0].statement(upper)
			switch {
			case err != nil || !one || first != upper:
				errs = append(errs, invalid("sqldb.statements", "%q is not a word", word))
			case slices.Contains(transactional, upper):
				errs = append(errs, invalid("sqldb.statements", "%q begins or ends a transaction, which is what db.tx is for", word))
			}
			d.words = append(d.words, upper)
		}
		return errors.Join(errs...)
	}
}

// WithErrorText says what a script learns of a driver's error about a statement. The default is its text. Errors of the
// connection are not asked about, and no more than 1,000 bytes of a text reach the script.
func WithErrorText(text func(error) string) Option {
	return func(d *database) error {
		if text == nil {
			return invalid("sqldb.errorText", "must not be nil")
		}
		d.errorText = text
		return nil
	}
}

// WithLogger logs errors of connections, of which scripts learn no more than that the database is not available. The default
// discards them.
func WithLogger(logger *slog.Logger) Option {
	return func(d *database) error {
		if logger == nil {
			return invalid("sqldb.logger", "must not be nil")
		}
		d.logger = logger
		return nil
	}
}
