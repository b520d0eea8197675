package store

import (
	"bytes"
	"iter"
)

// bucket is one ordered map from keys to values. The number is this process's; a file knows buckets by name.
type bucket int

const (
	bMeta        bucket = iota // format
	bCounters                  // counter -> its last value
	bScripts                   // tenant, script -> ScriptRecord
	bScriptKinds               // tenant, status, type, created, script
	bTags                      // tenant, hash(tag), status, type, created, script
	bNames                     // tenant, name -> script
	bRoutes                    // tenant, script -> route
	bGates                     // tenant, script -> gate
	bOwners                    // script -> sequence of its latest change, tenant; deleted scripts included
	bChanges                   // sequence -> tenant, script
	bVersions                  // tenant, script, number -> VersionRecord
	bExecutions                // execution, tenant -> row
	bTenantLive                // tenant, status, trigger, created, execution; pending and running ones
	bScriptLive                // tenant, script, status, trigger, created, execution; pending and running ones
	bTenantPast                // as bTenantLive, of those that have come to their end
	bScriptPast                // as bScriptLive, of those that have come to their end
	bLogs                      // execution, tenant -> []LogEntry
	bCounts                    // tenant, script or nil -> counts; for nil, turn
	bKeys                      // tenant, hash(dedupe key) -> KeyRecord
	bKeyTimes                  // created, tenant, hash(dedupe key)
	bQueue                     // tenant, script, cap, node, run at, created, execution; see queue.go
	bHeads                     // tenant, script, cap, node -> run at, created, execution; of lanes in bReady
	bReady                     // tenant, node, run at, created, execution -> key in bQueue
	bTimers                    // run at, tenant, execution -> queue key
	bChains                    // tenant, script, hash(order key), place, execution; pending and running ones
	bWaiting                   // token at the end of its last turn, tenant; tenants with something in bReady
	bLeases                    // node -> until
	bLeased                    // hash(node), created, execution, tenant -> node
	bTicks                     // tenant, script, instant -> TickRecord
	bTickTimes                 // instant, tenant, script
	bCursors                   // tenant, script -> instant
	bucketCount
)

var bucketNames = [bucketCount]string{
	"meta", "counters", "scripts", "script_kinds", "tags", "script_names", "routes", "gates", "owners", "changes", "versions",
	"rows", "tenant_live", "script_live", "tenant_past", "script_past", "logs", "counts", "dedupe_keys", "key_times", "queue",
	"heads", "ready", "timers", "chains", "waiting", "leases", "leased", "ticks", "tick_times", "cursors",
}

// present is the value of index entries whose key says all.
var present = []byte{1}

// kv is what a backend offers inside one of its transactions: ordered buckets of byte strings. What it returns is
// valid until the transaction ends and must not be changed, and what it is given stays with it. A bucket must not be
// changed while it is iterated over.
type kv interface {
	// get returns the value, or nil when there is none: values are never empty.
	get(b bucket, key []byte) []byte
	put(b bucket, key, value []byte) error
	delete(b bucket, key []byte) error
	// firstEntry returns the first entry with the prefix whose key is not less than from, nil for none.
	firstEntry(b bucket, prefix, from []byte) (key, value []byte)
	// ascend iterates over the keys with the prefix from the first that is not less than from; a nil from means all.
	ascend(b bucket, prefix, from []byte) iter.Seq2[[]byte, []byte]
	// descend iterates backwards over the keys with the prefix from the last that is less than before; a nil before
	// means all.
	descend(b bucket, prefix, before []byte) iter.Seq2[[]byte, []byte]
}

// backend runs transactions.
type backend interface {
	view(fn func(*tx) error) error
	// update runs fn, and makes what it wrote durable before it returns nil. When fn fails, nothing that it wrote
	// stays. done withdraws a call that has not begun; then update returns errWithdrawn.
	update(done <-chan struct{}, fn func(*tx) error) error
	close() error
}

// tx is the transaction of one call. It keeps what the call overwrote, so that a call that fails can be undone inside
// a larger transaction that goes on; neither backend has savepoints.
type tx struct {
	kv
	undo []overwritten
	err  error // the first write that failed; the call fails with it
}

type overwritten struct {
	b          bucket
	key, value []byte // a nil value says that the key was absent
}

func (t *tx) put(b bucket, key, value []byte) {
	old := t.get(b, key)
	if old != nil && bytes.Equal(old, value) {
		return
	}
	t.write(b, key, old, func() error { return t.kv.put(b, key, value) })
}

func (t *tx) delete(b bucket, key []byte) {
	if old := t.get(b, key); old != nil {
		t.write(b, key, old, func() error { return t.kv.delete(b, key) })
	}
}

// replace is put for a key of which the caller knows the old value, nil for none, and discard is delete for one of which it
// does: they do without looking.
func (t *tx) replace(b bucket, key, old, value []byte) {
	t.write(b, key, old, func() error { return t.kv.put(b, key, value) })
}

func (t *tx) discard(b bucket, key, old []byte) {
	t.write(b, key, old, func() error { return t.kv.delete(b, key) })
}

func (t *tx) write(b bucket, key, old []byte, apply func() error) {
	if t.err != nil {
		return
	}
	if t.err = apply(); t.err == nil {
		t.undo = append(t.undo, overwritten{b, key, old})
	}
}

// run calls fn, and takes back what it wrote when it fails. A second error says that this did not succeed, and that
// the whole transaction must not be committed.
func (t *tx) run(fn func(*tx) error) (err, broken error) {
	if err = fn(t); err == nil {
		err = t.err
	}
	if err == nil {
		return nil, nil
	}
	for i := len(t.undo) - 1; i >= 0; i-- {
		o := t.undo[i]
		if o.value == nil {
			broken = t.kv.delete(o.b, o.key)
		} else {
			broken = t.kv.put(o.b, o.key, o.value)
		}
		if broken != nil {
			return err, broken
		}
	}
	t.undo = nil
	return err, nil
}

// first returns the first key with the prefix that is not less than from, or nil.
func (t *tx) first(b bucket, prefix, from []byte) []byte {
	key, _ := t.firstEntry(b, prefix, from)
	return key
}

// last returns the last key with the prefix that is less than before, or nil; a nil before means all.
func (t *tx) last(b bucket, prefix, before []byte) []byte {
	for key := range t.descend(b, prefix, before) {
		return key
	}
	return nil
}

// after returns the smallest key that is greater than key.
func after(key []byte) []byte { return append(bytes.Clone(key), 0) }

// beyond returns the smallest key that is greater than every key with the prefix, or nil when there is none.
func beyond(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
