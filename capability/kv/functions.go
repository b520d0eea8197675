package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jsruntime/jsruntime"
)

// functions are the host functions.
type functions struct {
	store  Store
	limits Limits
	quota  QuotaFunc
	logger *slog.Logger
}

// errUnavailable is all that a script learns of a store that does not work.
var errUnavailable = errors.New("the storage is not available")

// named gives the errors of a function its name. What is wrong with the store is the operator's affair, not the author's.
func (f *functions) named(name string, fn jsruntime.Function) jsruntime.Function {
	return func(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
		reply, err := fn(ctx, call)
		var own *storeError
		switch {
		case err == nil:
			return reply, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &own):
			f.logger.Error("kv store", "function", name, "execution", call.ExecutionID, "error", own.error)
			err = errUnavailable
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
}

// storeError is an error of the store that no script has caused.
type storeError struct{ error }

// ofStore tells errors that say what is wrong with a call from the others.
func ofStore(err error) error {
	if err == nil || errors.Is(err, ErrQuota) || errors.Is(err, ErrNotNumber) {
		return err
	}
	return &storeError{err}
}

func (f *functions) get(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	e, found, err := f.read(ctx, call)
	if !found {
		return nil, err
	}
	return e.Value.decode()
}

func (f *functions) entry(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	e, found, err := f.read(ctx, call)
	if !found {
		return nil, err
	}
	return reply(e, true)
}

func (f *functions) read(ctx context.Context, call jsruntime.FunctionCall) (e Entry, found bool, err error) {
	key, err := f.key(call.Arg(0))
	if err != nil {
		return Entry{}, false, err
	}
	e, err = f.store.Get(ctx, call.TenantID, key, time.Now())
	if errors.Is(err, jsruntime.ErrNotFound) {
		return Entry{}, false, nil
	}
	return e, err == nil, ofStore(err)
}

func (f *functions) set(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	version, err := f.write(ctx, call, 1, nil)
	if err != nil {
		return nil, err
	}
	return float64(version), nil
}

func (f *functions) compareAndSet(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	expect, err := version(call.Arg(1))
	if err != nil {
		return nil, err
	}
	stored, err := f.write(ctx, call, 2, &expect)
	switch {
	case errors.Is(err, jsruntime.ErrConflict):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return float64(stored), nil
}

// write sets the key that is the first argument to the value that is the argument at i, with the options behind it.
func (f *functions) write(ctx context.Context, call jsruntime.FunctionCall, i int, expect *uint64) (uint64, error) {
	now := time.Now()
	w := Write{Expect: expect}
	var errs [3]error
	w.Key, errs[0] = f.key(call.Arg(0))
	w.Value, errs[1] = f.value(call.Arg(i))
	w.ExpiresAt, errs[2] = expiry(call.Arg(i+1), now)
	if err := errors.Join(errs[:]...); err != nil {
		return 0, err
	}
	var err error
	if w.Quota, err = f.quotaOf(ctx, call); err != nil {
		return 0, err
	}
	version, err := f.store.Set(ctx, call.TenantID, w, now)
	if errors.Is(err, jsruntime.ErrConflict) {
		return 0, err
	}
	return version, ofStore(err)
}

func (f *functions) increment(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	now := time.Now()
	var inc Increment
	var errs [3]error
	inc.Key, errs[0] = f.key(call.Arg(0))
	inc.By, errs[1] = step(call.Arg(1))
	inc.ExpiresAt, errs[2] = expiry(call.Arg(2), now)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	var err error
	if inc.Quota, err = f.quotaOf(ctx, call); err != nil {
		return nil, err
	}
	e, err := f.store.Increment(ctx, call.TenantID, inc, now)
	if err != nil {
		return nil, ofStore(err)
	}
	return e.Value.decode()
}

func (f *functions) delete(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	key, err := f.key(call.Arg(0))
	if err != nil {
		return nil, err
	}
	found, err := f.store.Delete(ctx, call.TenantID, key, time.Now())
	return found, ofStore(err)
}

func (f *functions) list(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
	filter, err := f.filter(call.Arg(0))
	if err != nil {
		return nil, err
	}
	page, err := f.store.List(ctx, call.TenantID, filter, time.Now())
	if err != nil {
		return nil, ofStore(err)
	}
	entries := make([]any, len(page.Entries))
	for i, e := range page.Entries {
		if entries[i], err = reply(e, filter.Values); err != nil {
			return nil, err
		}
	}
	var next any
	if page.Next != "" {
		next = page.Next
	}
	return map[string]any{"entries": entries, "next": next}, nil
}

func (f *functions) quotaOf(ctx context.Context, call jsruntime.FunctionCall) (Quota, error) {
	q, err := f.quota(ctx, call.TenantID)
	if q.Keys == 0 {
		q.Keys = DefaultQuota.Keys
	}
	if q.Bytes == 0 {
		q.Bytes = DefaultQuota.Bytes
	}
	return q, err
}
