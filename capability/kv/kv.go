package kv

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// Limits bound what scripts can store. A zero field means its default.
type Limits struct {
	KeyBytes   int // of one key: 512; at most MaxKeyBytes
	ValueBytes int // of one value as JSON, or in bytes: 256 KiB; at most MaxValueBytes
	PageBytes  int // of the values of one list, which goes above it by at most one value: 1 MiB
	PageLimit  int // entries of one list: 1,000
}

var defaultLimits = Limits{KeyBytes: 512, ValueBytes: 256 << 10, PageBytes: 1 << 20, PageLimit: 1000}

// DefaultQuota is what each tenant may store unless [WithQuota] says otherwise: 10,000 keys and 64 MiB.
var DefaultQuota = Quota{Keys: 10_000, Bytes: 64 << 20}

// QuotaFunc returns what a tenant may store; a field that is 0 means that of DefaultQuota. It is called for each write, and
// its error refuses the write: the error's text reaches the script.
type QuotaFunc func(ctx context.Context, tenantID uuid.UUID) (Quota, error)

// Option is a setting of [Grant].
type Option func(*functions) error

// WithQuota sets what each tenant may store.
func WithQuota(quota QuotaFunc) Option {
	return func(f *functions) error {
		if quota == nil {
			return invalid("kv.quota", "must not be nil")
		}
		f.quota = quota
		return nil
	}
}

// WithLogger logs what goes wrong with the store, of which scripts learn no more than that it is not available. The default
// discards it.
func WithLogger(logger *slog.Logger) Option {
	return func(f *functions) error {
		if logger == nil {
			return invalid("kv.logger", "must not be nil")
		}
		f.logger = logger
		return nil
	}
}

// WithLimits sets what a single call may store or return.
func WithLimits(limits Limits) Option {
	return func(f *functions) error {
		f.limits = limits.orDefault()
		return f.limits.validate()
	}
}

func (l Limits) orDefault() Limits {
	for _, field := range []struct{ value, standard *int }{
		{&l.KeyBytes, &defaultLimits.KeyBytes}, {&l.ValueBytes, &defaultLimits.ValueBytes},
		{&l.PageBytes, &defaultLimits.PageBytes}, {&l.PageLimit, &defaultLimits.PageLimit},
	} {
		if *field.value == 0 {
			*field.value = *field.standard
		}
	}
	return l
}

func (l Limits) validate() error {
	var errs []error
	for _, field := range []struct {
		name        string
		value, most int
	}{
		{"keyBytes", l.KeyBytes, MaxKeyBytes}, {"valueBytes", l.ValueBytes, MaxValueBytes},
		{"pageBytes", l.PageBytes, MaxValueBytes}, {"pageLimit", l.PageLimit, 100_000},
	} {
		if field.value < 0 || field.value > field.most {
			errs = append(errs, invalid("kv.limits."+field.name, "must be between 1 and %d, or 0 for the default", field.most))
		}
	}
	return errors.Join(errs...)
}

// Grant lets scripts keep entries in the store, which stays the caller's to close, after the Runtime has stopped. Setting it
// up wrongly, such as with a nil store, is an error of jsruntime.New.
func Grant(store Store, opts ...Option) jsruntime.Option {
	f := &functions{store: store, limits: defaultLimits, logger: slog.New(slog.DiscardHandler)}
	f.quota = func(context.Context, uuid.UUID) (Quota, error) { return DefaultQuota, nil }
	var errs []error
	if store == nil {
		errs = append(errs, invalid("kv.store", "must not be nil"))
	}
	for _, opt := range opts {
		errs = append(errs, opt(f))
	}
	if err := errors.Join(errs...); err != nil {
		return jsruntime.InvalidOption(err)
	}
	return f.options()
}

// options grants each function, as an editor of scripts may show it.
func (f *functions) options() jsruntime.Option {
	grant := func(name string, fn jsruntime.Function, signature, doc string) jsruntime.Option {
		return jsruntime.WithFunction(name, f.named(name, fn), jsruntime.Declared(signature), jsruntime.Documented(doc))
	}
	const stored = "key: string; value: any; version: number; expiresAt: string | null"
	const listed = "key: string; value?: any; version: number; expiresAt: string | null"
	return jsruntime.Capability("kv", "",
		grant("kv.get", f.get, "(key: string): Promise<any>", "Returns the value of a key, or null."),
		grant("kv.entry", f.entry, "(key: string): Promise<{ "+stored+" } | null>",
			"Returns the value of a key with its version and the date at which it expires, or null."),
		grant("kv.set", f.set, "(key: string, value: any, options?: { ttl?: number }): Promise<number>",
			"Stores a value, for ttl seconds or for ever, and returns its version."),
		grant("kv.delete", f.delete, "(key: string): Promise<boolean>", "Removes a key, and returns whether it was there."),
		grant("kv.compareAndSet", f.compareAndSet,
			"(key: string, version: number | null, value: any, options?: { ttl?: number }): Promise<number | null>",
			"Stores a value where the key has this version, or for null is not there. Returns the new version, or null."),
		grant("kv.increment", f.increment, "(key: string, by?: number, options?: { ttl?: number }): Promise<number>",
			"Adds to the number of a key, which begins with 0 and then has the ttl, and returns it."),
		grant("kv.list", f.list,
			"(options?: { prefix?: string; limit?: number; after?: string; values?: boolean }): "+
				"Promise<{ entries: { "+listed+" }[]; next: string | null }>",
			"Returns entries in the order of their keys; next is the after of the next page."),
	)
}
