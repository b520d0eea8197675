package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jsruntime/jsruntime"
)

// All errors of this package that a script may see are FieldErrors, or one of these: whatever else comes up is the driver's.
var (
	errUnavailable = errors.New("the database is not available")
	errNoDatabase  = errors.New("the tenant has no database")
	errNotOpen     = invalid("transaction", "is not open")
)

func invalid(field, format string, args ...any) error {
	return &jsruntime.FieldError{Field: field, Rule: fmt.Sprintf(format, args...)}
}

// brokenError is an error of which the script learns that the database is not available.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// maxErrorText is how many bytes of a driver's error reach a script.
const maxErrorText = 1000

// named gives the errors of a function the name that the script knows it by, and says what it may learn of others.
func (d *database) named(name string, fn jsruntime.Function) jsruntime.Function {
	return func(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
		reply, err := fn(ctx, call)
		switch {
		case err == nil:
			return reply, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		shown := d.shown(err)
		if errors.Is(shown, errUnavailable) {
			d.logger.Error("database of scripts", "function", name,
				"tenant", call.TenantID, "execution", call.ExecutionID, "error", err)
		}
		return nil, fmt.Errorf("%s: %w", name, shown)
	}
}

// shown returns what a script learns of an error.
func (d *database) shown(err error) error {
	var (
		broken *brokenError
		own    *jsruntime.FieldError
	)
	switch {
	case errors.As(err, &broken):
		return errUnavailable
	case errors.As(err, &own):
		return own
	case errors.Is(err, errNoDatabase):
		return errNoDatabase
	case isOfConnection(err):
		return errUnavailable
	}
	text := d.errorText(err)
	if len(text) > maxErrorText {
		text = text[:maxErrorText] + "..."
	}
	return errors.New(strings.ToValidUTF8(text, ""))
}

// isOfConnection reports whether an error is of the way to the database and not about a statement.
func isOfConnection(err error) bool {
	var (
		network net.Error
		number  syscall.Errno
	)
	if errors.As(err, &network) || errors.As(err, &number) {
		return true
	}
	for _, of := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}
