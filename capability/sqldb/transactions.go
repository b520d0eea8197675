package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// openTransactions are those of one execution.
type openTransactions struct {
	byID map[string]*transaction
	last int
}

// transaction is one that a script has begun. The database's begins with its first statement, so that one without costs
// nothing and what a script does to the database is counted by its statements.
type transaction struct {
	options sql.TxOptions
	turn    chan struct{}   // holds a token while a statement is made, or the end, to which what follows belongs
	over    <-chan struct{} // closed when the time of the database's transaction has ended; nil before it began
	tx      *sql.Tx
	ended   bool   // by the script
	end     func() // rolls back what was not committed, and gives the connection back; nil before it began
}

// isolations are the levels that a script can ask for, by name.
var isolations = func() map[string]sql.IsolationLevel {
	levels := map[string]sql.IsolationLevel{}
	for level := sql.LevelDefault; level <= sql.LevelLinearizable; level++ {
		levels[strings.ToLower(level.String())] = level
	}
	return levels
}()

func (d *database) begin(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	options, err := d.optionsOf(call.Arg(0))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	open := d.open[call.ExecutionID]
	if open == nil {
		open = &openTransactions{byID: map[string]*transaction{}}
		d.open[call.ExecutionID] = open
		context.AfterFunc(ctx, func() { d.forget(call.ExecutionID, open) })
	}
	if len(open.byID) >= d.limits.Transactions {
		return nil, invalid("transactions", "must be at most %d that are open at once", d.limits.Transactions)
	}
	open.last++
	id := strconv.Itoa(open.last)
	open.byID[id] = &transaction{options: options, turn: make(chan struct{}, 1)}
	return id, nil
}

func (d *database) optionsOf(arg any) (sql.TxOptions, error) {
	options := sql.TxOptions{ReadOnly: d.readOnly}
	if arg == nil {
		return options, nil
	}
	fields, ok := arg.(map[string]any)
	if !ok {
		return options, invalid("options", "must be an object")
	}
	for name, value := range fields {
		switch name {
		case "readOnly":
			readOnly, ok := value.(bool)
			if !ok && value != nil {
				return options, invalid("readOnly", "must be true or false")
			}
			options.ReadOnly = readOnly || d.readOnly
		case "isolation":
			level, _ := value.(string)
			if options.Isolation, ok = isolations[strings.ToLower(level)]; !ok && value != nil {
				return options, invalid("isolation", "must be one of default, read uncommitted, read committed, write committed, "+
					"repeatable read, snapshot, serializable, linearizable")
			}
		default:
			return options, invalid("options", "must have no fields but readOnly and isolation")
		}
	}
	return options, nil
}

// forget lets go of what an execution had that has ended. Its transactions end with its ctx.
func (d *database) forget(execution uuid.UUID, open *openTransactions) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[execution] == open {
		delete(d.open, execution)
	}
}

// find returns a transaction of a call's execution, and takes it away from the others where it is to be ended.
func (d *database) find(call jsruntime.FunctionCall, id string, ending bool) (*transaction, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := d.open[call.ExecutionID]
	if open == nil || open.byID[id] == nil {
		return nil, errNotOpen
	}
	t := open.byID[id]
	if ending {
		delete(open.byID, id)
	}
	return t, nil
}

// lock waits until the transaction is the caller's alone.
func (t *transaction) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case t.turn <- struct{}{}:
		return func() { <-t.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// runIn makes a statement in a transaction.
func (d *database) runIn(ctx, execution context.Context, call jsruntime.FunctionCall, s statement, do work) error {
	t, err := d.find(call, s.transaction, false)
	if err != nil {
		return err
	}
	if err := d.check(s.text, t.options.ReadOnly); err != nil {
		return err
	}
	unlock, err := t.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if t.ended { // while this one waited
		return errNotOpen
	}
	if t.end == nil {
		if err := retried(func() error { return d.start(ctx, execution, t, call) }); err != nil {
			return err
		}
	}
	err = do(ctx, t.tx)
	if err != nil && t.isOver() && execution.Err() == nil {
		return d.tookTooLong()
	}
	return err
}

// start begins the database's transaction. It lives no longer than the execution.
func (d *database) start(ctx, execution context.Context, t *transaction, call jsruntime.FunctionCall) error {
	conn, err := d.connect(ctx, call)
	if err != nil {
		return err
	}
	life, cancel := context.WithTimeout(execution, d.limits.TransactionTime)
	begun := false
	defer func() {
		if !begun {
			cancel()
			conn.release(execution)
		}
	}()
	tx, err := d.beginOn(ctx, life, conn, t.options, call)
	if err != nil {
		return err
	}
	begun = true
	var once sync.Once
	t.tx, t.over = tx, life.Done()
	t.end = func() {
		once.Do(func() {
			defer cancel()
			defer conn.release(execution)
			_ = tx.Rollback() // does nothing after a commit
		})
	}
	context.AfterFunc(life, func() {
		defer func() {
			if r := recover(); r != nil { // a driver's, on a goroutine where nobody else would stop it
				d.logger.Error("end of a transaction panicked", "execution", call.ExecutionID, "panic", r)
			}
		}()
		t.end()
	})
	return nil
}

func (t *transaction) isOver() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

func (d *database) tookTooLong() error {
	return invalid("transaction", "must be open for at most %v; it was rolled back", d.limits.TransactionTime)
}

func (d *database) commit(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	return nil, d.endOf(ctx, call, func(t *transaction) error {
		err := end(t.tx, t.options.ReadOnly)
		if t.isOver() && (errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.DeadlineExceeded)) {
			return d.tookTooLong()
		}
		return err
	})
}

func (d *database) rollback(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	return nil, d.endOf(ctx, call, func(*transaction) error { return nil })
}

// endOf ends a transaction after what is left to do, if it ever began.
func (d *database) endOf(ctx context.Context, call jsruntime.FunctionCall, last func(*transaction) error) error {
	id, _ := call.Arg(0).(string)
	t, err := d.find(call, id, true)
	if err != nil {
		return err
	}
	unlock, err := t.lock(ctx)
	if err != nil {
		return err // with the execution, which ends the transaction
	}
	defer unlock()
	t.ended = true
	if t.end == nil {
		return nil
	}
	defer t.end()
	return last(t)
}
