package jsruntime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// failureSentinels has every kind of failure; an exception has no sentinel.
var failureSentinels = map[jsruntime.FailureKind]error{
	jsruntime.FailureException:   nil,
	jsruntime.FailureSyntax:      jsruntime.ErrSyntax,
	jsruntime.FailureTimeout:     jsruntime.ErrTimeout,
	jsruntime.FailureMemory:      jsruntime.ErrMemoryLimit,
	jsruntime.FailureOutputLimit: jsruntime.ErrOutputLimit,
	jsruntime.FailureOutput:      jsruntime.ErrOutput,
	jsruntime.FailureRateLimit:   jsruntime.ErrRateLimit,
	jsruntime.FailureCancelled:   jsruntime.ErrCancelled,
	jsruntime.FailureInterrupted: jsruntime.ErrInterrupted,
	jsruntime.FailureEngine:      jsruntime.ErrEngine,
}

func TestFieldErrorsFindsEveryBrokenRuleInATreeOfErrors(t *testing.T) {
	name, source := &jsruntime.FieldError{Field: "name", Rule: "r"}, &jsruntime.FieldError{Field: "source", Rule: "r"}
	err := fmt.Errorf("create: %w", errors.Join(name, fmt.Errorf("deeper: %w", errors.Join(errors.New("other"), source))))
	assert.Equal(t, []*jsruntime.FieldError{name, source}, jsruntime.FieldErrors(err))
	assert.Nil(t, jsruntime.FieldErrors(errors.New("other")))
	assert.Nil(t, jsruntime.FieldErrors(nil))
}

// fieldErrors walks a tree of joined and wrapped errors and returns its leaves, which must all be field errors.
func fieldErrors(t testing.TB, err error) []*jsruntime.FieldError {
	t.Helper()
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case nil:
		return nil
	case *jsruntime.FieldError:
		require.ErrorIs(t, e, jsruntime.ErrInvalid)
		assert.NotEmpty(t, e.Rule)
		assert.Equal(t, e.Field+": "+e.Rule, e.Error())
		return []*jsruntime.FieldError{e}
	case interface{ Unwrap() []error }:
		var all []*jsruntime.FieldError
		for _, child := range e.Unwrap() {
			all = append(all, fieldErrors(t, child)...)
		}
		return all
	case interface{ Unwrap() error }:
		return fieldErrors(t, e.Unwrap())
	}
	t.Fatalf("%T is not a field error: %v", err, err)
	return nil
}

// fieldsOf returns the field that each broken rule names.
func fieldsOf(t testing.TB, err error) []string {
	t.Helper()
	var fields []string
	for _, e := range fieldErrors(t, err) {
		fields = append(fields, e.Field)
	}
	return fields
}

func TestAScriptErrorMatchesTheSentinelOfItsKindOnly(t *testing.T) {
	for kind, want := range failureSentinels {
		err := fmt.Errorf("wrapped: %w", &jsruntime.ScriptError{Kind: kind, Message: "m"})
		for _, sentinel := range failureSentinels {
			if sentinel != nil {
				assert.Equal(t, sentinel == want, errors.Is(err, sentinel), "%s and %v", kind, sentinel) //nolint:errorlint // identity is meant
			}
		}
	}
}

func TestFailureKindsAreValidWhenDefined(t *testing.T) {
	for kind := range failureSentinels {
		assert.True(t, kind.IsValid(), kind)
	}
	for _, kind := range []jsruntime.FailureKind{"", "Timeout", "unknown"} {
		assert.False(t, kind.IsValid(), kind)
		assert.NoError(t, (&jsruntime.ScriptError{Kind: kind}).Unwrap())
	}
}

func TestAFailureKeepsItsKindThroughItsRecord(t *testing.T) {
	for kind, want := range failureSentinels {
		e := jsruntime.NewExecution(uuid.New(), uuid.New(), jsruntime.TriggerManual)
		record := e.Record()
		record.Failure = &jsruntime.ScriptError{Kind: kind, Message: "m", Stack: "at 3:4", Line: 3, Column: 4}
		raw, err := json.Marshal(record)
		require.NoError(t, err)
		var decoded jsruntime.ExecutionRecord
		require.NoError(t, json.Unmarshal(raw, &decoded))
		failure := jsruntime.RestoreExecution(decoded).Failure()
		require.NotNil(t, failure)
		assert.Equal(t, jsruntime.ScriptError{
			Kind: kind, Message: "m", Stack: "at 3:4", Line: 3, Column: 4, ExecutionID: e.ID(),
		}, *failure)
		if want != nil {
			assert.ErrorIs(t, failure, want)
		}
	}
}

func TestAScriptErrorSaysWhereWhenItIsKnown(t *testing.T) {
	assert.EqualError(t, &jsruntime.ScriptError{Message: "TypeError: x", Line: 3, Column: 9},
		"TypeError: x (line 3, column 9)")
	assert.EqualError(t, &jsruntime.ScriptError{Message: "TypeError: x"}, "TypeError: x")
}

func TestErrorsIsWorksOnTheFailureOfAnExecutionThatHasNone(t *testing.T) {
	failure := jsruntime.NewExecution(uuid.New(), uuid.New(), jsruntime.TriggerManual).Failure()
	assert.Nil(t, failure)
	assert.NotErrorIs(t, failure, jsruntime.ErrTimeout)
	assert.Empty(t, failure.Error())
}

func TestADuplicateErrorNamesTheFieldAndItsHolder(t *testing.T) {
	id := uuid.New()
	err := fmt.Errorf("wrapped: %w", &jsruntime.DuplicateError{Field: "name", ID: id})
	require.ErrorIs(t, err, jsruntime.ErrDuplicate)
	assert.NotErrorIs(t, err, jsruntime.ErrConflict)
	assert.Contains(t, err.Error(), "name")
	assert.Contains(t, err.Error(), id.String())
	var duplicate *jsruntime.DuplicateError
	require.ErrorAs(t, err, &duplicate)
	assert.Equal(t, id, duplicate.ID)
}

func TestTheErrorStructsMatchOnlyTheirOwnSentinel(t *testing.T) {
	sentinels := []error{
		jsruntime.ErrInvalid, jsruntime.ErrNotFound, jsruntime.ErrConflict, jsruntime.ErrDuplicate,
		jsruntime.ErrInvalidTransition,
	}
	for err, own := range map[error]error{
		&jsruntime.FieldError{}:      jsruntime.ErrInvalid,
		&jsruntime.DuplicateError{}:  jsruntime.ErrDuplicate,
		&jsruntime.TransitionError{}: jsruntime.ErrInvalidTransition,
	} {
		for _, sentinel := range sentinels {
			assert.Equal(t, sentinel == own, errors.Is(err, sentinel), "%T and %v", err, sentinel) //nolint:errorlint // identity is meant
		}
	}
}
