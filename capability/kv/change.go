package kv

import (
	"fmt"

	"github.com/google/uuid"
)

// change is what one call does to the entries of a tenant.
type change struct {
	tx      tx
	tenant  uuid.UUID
	now     int64
	account account
}

// changeIn runs fn on a tenant's entries, and keeps the account of what it did.
func changeIn(t tx, tenant uuid.UUID, now int64, fn func(*change) error) error {
	before := decodeAccount(t.get(tTenants, tenant[:]))
	c := &change{tx: t, tenant: tenant, now: now, account: before}
	err := fn(c)
	if c.account != before {
		t.put(tTenants, tenant[:], c.account.encode())
	}
	return err
}

func liveRow(t tx, tenant uuid.UUID, key string, now int64) (row, bool) {
	raw := t.get(tEntries, entryKey(tenant, key))
	if raw == nil {
		return row{}, false
	}
	r := decodeRow(raw)
	return r, !r.expired(now)
}

func (c *change) live(key string) (row, bool) { return liveRow(c.tx, c.tenant, key, c.now) }

// store puts a row under a key, with a new version.
func (c *change) store(key string, r row, quota Quota) (uint64, error) {
	if _, live := c.live(key); !live {
		c.remove(key) // which may have expired
	}
	if !c.fits(key, r, quota) {
		c.sweep()
		if !c.fits(key, r, quota) {
			return 0, fmt.Errorf("%w: %d keys and %d bytes", ErrQuota, quota.Keys, quota.Bytes)
		}
	}
	r.version = c.account.version + 1
	raw := r.encode() // before the old value goes, of which it may be a part
	c.remove(key)
	c.account.version++
	c.account.used.Keys++
	c.account.used.Bytes += r.size(key)
	c.tx.put(tEntries, entryKey(c.tenant, key), raw)
	if r.expires != 0 {
		c.tx.put(tExpiries, expiryKey(c.tenant, r.expires, key), []byte{})
	}
	return r.version, nil
}

// fits reports whether the quota allows a row in place of what the key has. What has expired and is still there counts.
func (c *change) fits(key string, r row, quota Quota) bool {
	keys, size := c.account.used.Keys+1, c.account.used.Bytes+r.size(key)
	if raw := c.tx.get(tEntries, entryKey(c.tenant, key)); raw != nil {
		keys, size = keys-1, size-decodeRow(raw).size(key)
	}
	return (keys <= quota.Keys || keys <= c.account.used.Keys) && (size <= quota.Bytes || size <= c.account.used.Bytes)
}

// remove removes what a key has.
func (c *change) remove(key string) {
	raw := c.tx.get(tEntries, entryKey(c.tenant, key))
	if raw == nil {
		return
	}
	r := decodeRow(raw)
	c.account.used.Keys--
	c.account.used.Bytes -= r.size(key)
	expires := r.expires
	c.tx.remove(tEntries, entryKey(c.tenant, key))
	if expires != 0 {
		c.tx.remove(tExpiries, expiryKey(c.tenant, expires, key))
	}
}

// sweep removes all entries of the tenant that have expired. There are no more than the quota let in.
func (c *change) sweep() {
	for _, key := range expiredKeys(c.tx, c.tenant, c.now) {
		c.remove(key)
	}
}

func expiredKeys(t tx, tenant uuid.UUID, now int64) (keys []string) {
	for raw := range t.ascend(tExpiries, tenant[:]) {
		of, expires, key := splitExpiryKey(raw)
		if of != tenant || expires > now {
			break
		}
		keys = append(keys, key)
	}
	return keys
}
