package kv

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// The errors of a [Store] that are no errors of jsruntime.
var (
	// ErrQuota says that a write would take the tenant over its [Quota].
	ErrQuota = errors.New("quota exceeded")
	// ErrNotNumber says that Increment met a value that is no number.
	ErrNotNumber = errors.New("the value is not a number")
	// ErrReadOnly says that a [Bolt] writes nothing more, since a commit has failed. Close it and open it again.
	ErrReadOnly = errors.New("store is read-only: what a failed commit left on the disk is not known")
)

// MaxKeyBytes is the longest key that every Store takes.
const MaxKeyBytes = 1024

// MaxValueBytes is the largest value that every Store takes.
const MaxValueBytes = 8 << 20

// Store keeps entries of tenants by their key. No call reaches an entry of another tenant. [Open] and [NewMemory] return
// one; the suite for others is kvtest.
//
// Methods may be called concurrently. Each is atomic, and has either taken effect as a whole or, where it returns an error,
// not at all; after the error of a ctx that has ended, or of the disk or the network, either is possible. A change is durable
// when its call returns, where the store outlives its process, and every later call sees it, those of other processes on the
// store included.
//
// Now is what the caller's clock says. An entry that expires at or before it is absent for the call, in every respect: it is
// not read, not listed, satisfies no condition and counts for no quota. A Store removes those entries by itself, a few with
// each write, without going through what has not expired. Times are kept in milliseconds.
//
// A version is a number above 0 that a tenant's key never had before, neither before it was deleted, nor before it expired or
// Clear removed it: who has seen a version knows that the entry did not change in between. A later version is a larger number.
//
// Keys are any text but the empty one, up to MaxKeyBytes, in the order of their bytes. Values are bytes that the Store does
// not look into, but for Increment. What a method takes and returns is the caller's afterwards.
//
// A method of a closed store returns jsruntime.ErrClosed.
type Store interface {
	// Get returns the entry of a key, or jsruntime.ErrNotFound.
	Get(ctx context.Context, tenantID uuid.UUID, key string, now time.Time) (Entry, error)

	// Set stores a value under a key, in place of the entry that there may be, and returns the version of the new one. Where
	// the write's Expect does not hold, it returns jsruntime.ErrConflict, and where the quota does not allow it, ErrQuota;
	// ErrConflict where it could be both.
	Set(ctx context.Context, tenantID uuid.UUID, w Write, now time.Time) (version uint64, err error)

	// Increment adds a number to that of a key and returns the new entry, which has a new version. Where there is none, it
	// begins with 0, and the entry expires when inc says; one that there is expires as before. A value that is no JSON number,
	// or bytes, is ErrNotNumber, as is a sum that is not finite, and ErrQuota is possible as for Set.
	Increment(ctx context.Context, tenantID uuid.UUID, inc Increment, now time.Time) (Entry, error)

	// Delete removes the entry of a key, and reports whether there was one.
	Delete(ctx context.Context, tenantID uuid.UUID, key string, now time.Time) (bool, error)

	// List returns the entries whose key begins with the prefix, in the order of their keys.
	List(ctx context.Context, tenantID uuid.UUID, f Filter, now time.Time) (Page, error)

	// Usage returns what the tenant's entries take. Unlike all else it may count entries that have expired and are not
	// removed yet.
	Usage(ctx context.Context, tenantID uuid.UUID) (Quota, error)

	// Clear removes all entries of a tenant. It is not atomic: what is written meanwhile may stay, and after an error some are
	// removed and others not.
	Clear(ctx context.Context, tenantID uuid.UUID) error
}

// Value is what an entry holds.
type Value struct {
	Data   []byte // JSON, or any bytes where Binary says so
	Binary bool
}

// Entry is what a key holds.
type Entry struct {
	Key       string
	Value     Value     // without Data in a list without values
	Version   uint64    // above 0
	ExpiresAt time.Time // in UTC, of whole milliseconds; the zero time means never
}

// Write is what Set does.
type Write struct {
	Key       string
	Value     Value
	ExpiresAt time.Time // the zero time means never; one that has come leaves no entry that could be read
	Expect    *uint64   // the version that the entry must have, 0 for no entry; nil means whatever there is
	Quota     Quota
}

// Increment is what a Store's Increment does.
type Increment struct {
	Key       string
	By        float64 // finite
	ExpiresAt time.Time
	Quota     Quota
}

// Quota is what a tenant's entries may take. A write that leaves more entries, or more bytes, than before, and more than
// this, is refused.
type Quota struct {
	Keys  int64 // entries
	Bytes int64 // of all keys and values; a number is what its JSON takes
}

// Filter says what List returns.
type Filter struct {
	Prefix string
	After  string // only keys behind this one; "" means from the first
	Limit  int    // entries, above 0
	Values bool   // the entries have their value
	Bytes  int    // with Values, the page ends with the value that takes the sum of values to this; above 0
}

// Page is a part of a list.
type Page struct {
	Entries []Entry
	Next    string // the key to go on After; "" when there are no more entries
}

// clone copies the bytes of a value.
func (v Value) clone() Value { return Value{Data: slices.Clone(v.Data), Binary: v.Binary} }

// plus returns the value with a number added.
func (v Value) plus(by float64) (Value, error) {
	var n *float64 // null is no number
	if v.Binary || json.Unmarshal(v.Data, &n) != nil || n == nil {
		return Value{}, ErrNotNumber
	}
	sum, err := json.Marshal(*n + by)
	if err != nil {
		return Value{}, ErrNotNumber
	}
	return Value{Data: sum}, nil
}
