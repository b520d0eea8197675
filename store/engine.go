package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// engine implements jsruntime.Store over the transactions of a backend. All of the contract is here, once; the
// backends know nothing of it.
type engine struct {
	backend backend
	scripts *scriptCache
}

func newEngine(b backend) engine { return engine{b, &scriptCache{}} }

// errWithdrawn says that a call was withdrawn before it began.
var errWithdrawn = errors.New("withdrawn")

func (e *engine) view(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.backend.view(fn)
}

func (e *engine) update(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := e.backend.update(ctx.Done(), fn)
	if errors.Is(err, errWithdrawn) {
		return ctx.Err()
	}
	return err
}

// Close ends the store. Calls that have begun come to their end first; later ones return [jsruntime.ErrClosed]. It may
// be repeated.
func (e *engine) Close() error { return e.backend.close() }

// named wraps an error with the thing that it is about.
func named(what string, id uuid.UUID, err error) error { return fmt.Errorf("%s %s: %w", what, id, err) }

func namedText(what, name string, err error) error { return fmt.Errorf("%s %q: %w", what, name, err) }

func invalid(field, rule string) error { return &jsruntime.FieldError{Field: field, Rule: rule} }

func duplicate(field string, holder uuid.UUID) error {
	return &jsruntime.DuplicateError{Field: field, ID: holder}
}

// The counters in bCounters.
const (
	counterSequence = "sequence" // of the change feed
	counterToken    = "token"    // of claims
	counterPlace    = "place"    // of executions with an order key
)

// next returns the successor of a counter's last value; the first is 1.
func next(t *tx, counter string) int64 {
	n := int64(1)
	last := t.get(bCounters, []byte(counter))
	if last != nil {
		n = numValue(last) + 1
	}
	t.replace(bCounters, []byte(counter), last, num(n))
	return n
}
