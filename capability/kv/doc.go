// Package kv gives scripts a key-value storage of their tenant: a place for cursors of imports, counters, locks, caches and
// settings that outlive a run. It is off until it is granted:
//
//	st, err := kv.Open("kv.db")
//	...
//	rt, err := jsruntime.New(store, executor, kv.Grant(st))
//
// Scripts then have, each returning a promise and counting as an API call:
//
//	kv.get(key)                                    the value, or null
//	kv.entry(key)                                  {key, value, version, expiresAt}, or null
//	kv.set(key, value, {ttl})                      the entry's new version
//	kv.delete(key)                                 whether there was one
//	kv.compareAndSet(key, version, value, {ttl})   the new version, or null where the entry has another version
//	kv.increment(key, by, {ttl})                   the new number
//	kv.list({prefix, limit, after, values})        {entries: [{key, version, expiresAt}, ...], next}
//
// A value is what JSON can hold, or a Uint8Array; within arrays and objects there are no bytes. A key is text that is not
// empty. ttl is in seconds, fractions included; without it an entry stays, and one that kv.set replaces loses the ttl that it
// had. expiresAt is a date as toISOString writes it, or null.
//
// compareAndSet with the version null stores only what is not there yet, such as a lock. No version comes twice for a key,
// so an entry with the version that a script has read is the entry that it has read.
//
// increment adds 1 unless by says otherwise, begins with 0, and gives its ttl only to the entry that it begins, so that a
// counter with one counts within a window of time.
//
// list returns at most 100 entries unless limit says otherwise, in the order of their keys; values: true adds their values,
// and then a page may end before the limit. next is what to pass as after for the next page, or null.
//
// All of a tenant's scripts share its entries, and no script reaches another tenant's: the tenant is that of the execution,
// never of an argument.
package kv
