package kv

import (
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// table is one of the sorted tables that the engine keeps. Their keys begin with the tenant, so that nothing which looks
// for one tenant's keys meets another's.
type table int

const (
	tTenants  table = iota // tenant -> account
	tEntries               // tenant, key -> row
	tExpiries              // tenant, instant, key -> nothing, for each entry that expires
	tableCount
)

var tableNames = [tableCount]string{"tenants", "entries", "expiries"}

const tenantSize = len(uuid.UUID{})

// tx is a transaction. What get and ascend return is valid until the next write. A write that fails fails the transaction.
type tx interface {
	get(t table, key []byte) []byte
	put(t table, key, value []byte)
	remove(t table, key []byte)
	// ascend iterates over the keys from the first that is not less than from. Nothing is written meanwhile.
	ascend(t table, from []byte) iter.Seq2[[]byte, []byte]
}

// account is what is kept of a tenant, also when it has no entries any more, since versions must not begin anew.
type account struct {
	version uint64 // the last one that was given
	used    Quota
}

func (a account) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 24), a.version)
	b = binary.BigEndian.AppendUint64(b, uint64(a.used.Keys))
	return binary.BigEndian.AppendUint64(b, uint64(a.used.Bytes))
}

func decodeAccount(b []byte) account {
	if b == nil {
		return account{}
	}
	return account{
		version: binary.BigEndian.Uint64(b),
		used:    Quota{Keys: int64(binary.BigEndian.Uint64(b[8:])), Bytes: int64(binary.BigEndian.Uint64(b[16:]))},
	}
}

// row is an entry as it is stored, without its key. Its value is part of a page of the file.
type row struct {
	version uint64
	expires int64 // milliseconds after the epoch; never when 0
	value   Value
}

const rowHead = 17

func (r row) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, rowHead+len(r.value.Data)), r.version)
	b = binary.BigEndian.AppendUint64(b, uint64(r.expires))
	kind := byte(0)
	if r.value.Binary {
		kind = 1
	}
	return append(append(b, kind), r.value.Data...)
}

func decodeRow(b []byte) row {
	if len(b) < rowHead {
		panic(fmt.Errorf("%w: an entry of %d bytes", jsruntime.ErrFormat, len(b)))
	}
	return row{
		version: binary.BigEndian.Uint64(b),
		expires: int64(binary.BigEndian.Uint64(b[8:])),
		value:   Value{Data: b[rowHead:], Binary: b[16] == 1},
	}
}

// expired reports whether the row is absent at an instant.
func (r row) expired(now int64) bool { return r.expires != 0 && r.expires <= now }

func (r row) entry(key string, withValue bool) Entry {
	e := Entry{Key: key, Version: r.version, Value: Value{Binary: r.value.Binary}}
	if r.expires != 0 {
		e.ExpiresAt = time.UnixMilli(r.expires).UTC()
	}
	if withValue {
		e.Value = r.value.clone()
	}
	return e
}

// size is what an entry counts for.
func (r row) size(key string) int64 { return int64(len(key) + len(r.value.Data)) }

// expiryOf returns an instant as a row holds it. No instant that is one may become 0.
func expiryOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.UnixMilli())
}

func entryKey(tenant uuid.UUID, key string) []byte {
	return append(append(make([]byte, 0, tenantSize+len(key)), tenant[:]...), key...)
}

func expiryKey(tenant uuid.UUID, expires int64, key string) []byte {
	b := append(make([]byte, 0, tenantSize+8+len(key)), tenant[:]...)
	return append(binary.BigEndian.AppendUint64(b, uint64(expires)), key...)
}

func splitExpiryKey(b []byte) (tenant uuid.UUID, expires int64, key string) {
	copy(tenant[:], b)
	return tenant, int64(binary.BigEndian.Uint64(b[tenantSize:])), string(b[tenantSize+8:])
}
