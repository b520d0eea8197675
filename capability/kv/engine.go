package kv

import (
	"bytes"
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// backend runs transactions.
type backend interface {
	view(fn func(tx)) error
	// update runs fn, and makes what it wrote durable before it returns nil. An error of fn is returned, and says that fn
	// itself wrote nothing, or what is right to write in any case. When ctx ends before fn has begun, it is not run.
	update(ctx context.Context, fn func(tx) error) error
	close() error
}

// engine is a Store on a backend.
type engine struct {
	backend   backend
	reclaimAt []byte // belongs to the transaction that writes
}

// Close closes the store, when no call is under way any more. Closing it again does nothing.
func (e *engine) Close() error { return e.backend.close() }

func (e *engine) Get(ctx context.Context, tenantID uuid.UUID, key string, now time.Time) (entry Entry, err error) {
	err = e.read(ctx, func(t tx) error {
		r, ok := liveRow(t, tenantID, key, now.UnixMilli())
		if !ok {
			return jsruntime.ErrNotFound
		}
		entry = r.entry(key, true)
		return nil
	})
	return entry, err
}

func (e *engine) Set(ctx context.Context, tenantID uuid.UUID, w Write, now time.Time) (version uint64, err error) {
	err = e.change(ctx, tenantID, now, func(c *change) error {
		old, found := c.live(w.Key)
		if w.Expect != nil && (found != (*w.Expect > 0) || found && old.version != *w.Expect) {
			return jsruntime.ErrConflict
		}
		version, err = c.store(w.Key, row{expires: expiryOf(w.ExpiresAt), value: w.Value}, w.Quota)
		return err
	})
	return version, err
}

func (e *engine) Increment(ctx context.Context, tenantID uuid.UUID, inc Increment, now time.Time) (entry Entry, err error) {
	err = e.change(ctx, tenantID, now, func(c *change) error {
		r, found := c.live(inc.Key)
		if !found {
			r = row{expires: expiryOf(inc.ExpiresAt), value: Value{Data: []byte("0")}}
		}
		sum, err := r.value.plus(inc.By)
		if err != nil {
			return err
		}
		r.value = sum
		r.version, err = c.store(inc.Key, r, inc.Quota)
		entry = r.entry(inc.Key, true)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return entry, nil
}

func (e *engine) Delete(ctx context.Context, tenantID uuid.UUID, key string, now time.Time) (found bool, err error) {
	err = e.change(ctx, tenantID, now, func(c *change) error {
		_, found = c.live(key)
		c.remove(key)
		return nil
	})
	return found && err == nil, err
}

func (e *engine) List(ctx context.Context, tenantID uuid.UUID, f Filter, now time.Time) (page Page, err error) {
	err = e.read(ctx, func(t tx) error {
		page = list(t, tenantID, f, now.UnixMilli())
		return nil
	})
	return page, err
}

func list(t tx, tenantID uuid.UUID, f Filter, now int64) (page Page) {
	prefix := entryKey(tenantID, f.Prefix)
	from := prefix
	if after := append(entryKey(tenantID, f.After), 0); f.After != "" && bytes.Compare(after, from) > 0 {
		from = after // the least key behind it
	}
	size := 0
	for key, raw := range t.ascend(tEntries, from) {
		if !bytes.HasPrefix(key, prefix) {
			break
		}
		r := decodeRow(raw)
		if r.expired(now) {
			continue
		}
		if n := len(page.Entries); n > 0 && (n >= f.Limit || f.Values && size >= f.Bytes) {
			page.Next = page.Entries[n-1].Key
			break
		}
		page.Entries = append(page.Entries, r.entry(string(key[tenantSize:]), f.Values))
		size += len(r.value.Data)
	}
	return page
}

func (e *engine) Usage(ctx context.Context, tenantID uuid.UUID) (used Quota, err error) {
	err = e.read(ctx, func(t tx) error {
		used = decodeAccount(t.get(tTenants, tenantID[:])).used
		return nil
	})
	return used, err
}

// clearStep is how many entries Clear removes in one transaction.
const clearStep = 1000

func (e *engine) Clear(ctx context.Context, tenantID uuid.UUID) error {
	for more := true; more; {
		err := e.change(ctx, tenantID, time.Time{}, func(c *change) error {
			keys := firstKeys(c.tx, tenantID, clearStep)
			more = len(keys) == clearStep
			for _, key := range keys {
				c.remove(key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func firstKeys(t tx, tenant uuid.UUID, limit int) (keys []string) {
	for key := range t.ascend(tEntries, tenant[:]) {
		if !bytes.HasPrefix(key, tenant[:]) || len(keys) == limit {
			break
		}
		keys = append(keys, string(key[tenantSize:]))
	}
	return keys
}

func (e *engine) read(ctx context.Context, fn func(tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if broken := e.backend.view(func(t tx) { err = fn(t) }); broken != nil {
		return broken
	}
	return err
}

// reclaimSteps is how many expired entries a call that changes something removes at most, beside its own work. No call brings
// more than one, so it gets the upper hand of them.
const reclaimSteps = 16

// change runs fn on what the tenant has, and then removes a little of what has expired, whosever it is.
func (e *engine) change(ctx context.Context, tenantID uuid.UUID, now time.Time, fn func(*change) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.backend.update(ctx, func(t tx) error {
		err := changeIn(t, tenantID, now.UnixMilli(), fn)
		if err == nil {
			e.reclaimAt = reclaim(t, e.reclaimAt, now.UnixMilli())
		}
		return err
	})
}

// reclaim removes expired entries, and returns where to go on. It goes from tenant to tenant, and looks at one entry of each
// that is left.
func reclaim(t tx, from []byte, now int64) (next []byte) {
	for range reclaimSteps {
		raw := first(t, tExpiries, from)
		if raw == nil {
			return nil
		}
		tenant, expires, key := splitExpiryKey(raw)
		if expires > now {
			from = expiryKey(tenant, math.MaxInt64, "") // behind the tenant's last
			continue
		}
		_ = changeIn(t, tenant, now, func(c *change) error { c.remove(key); return nil })
	}
	return from
}

func first(t tx, in table, from []byte) []byte {
	for key := range t.ascend(in, from) {
		return bytes.Clone(key)
	}
	return nil
}
