package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// Check reads the whole store and returns the first damage that it finds, as an error that matches
// [jsruntime.ErrFormat]: pages that do not hang together, records that cannot be decoded, and indexes, counts and a queue
// that do not say what the records say. A changed byte within a text of a record is beyond it: bbolt keeps no checksums of
// pages. Calls go on meanwhile; as with [Bolt.Backup], the file grows by what they write. When ctx ends, so does Check.
func (b *Bolt) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("check %s: %w", b.path, err)
	}
	backend := b.bolt()
	if err := backend.copies.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("check %s: %w", b.path, err)
	}
	defer backend.copies.Release(1)
	err := backend.readTx(func(btx *bbolt.Tx) error {
		if err := checkPages(ctx.Err, btx, backend.db.file, allPages); err != nil {
			return err
		}
		return newRecordCheck(ctx.Err, &tx{kv: newBoltKV(btx)}).all()
	})
	if err != nil {
		return fmt.Errorf("check %s: %w", b.path, err)
	}
	return nil
}

// recordCheck compares records with their index entries. Each record's entries must be there; as no two records share
// one, there are no others when there are as many.
type recordCheck struct {
	goOn  func() error // whose error ends the check
	t     *tx
	found map[bucket]int // entries, by bucket
	// counted are the executions that were found, by tenant and script, and by tenant and the nil UUID.
	counted map[[2]uuid.UUID]counts
}

func newRecordCheck(goOn func() error, t *tx) *recordCheck {
	return &recordCheck{goOn, t, map[bucket]int{}, map[[2]uuid.UUID]counts{}}
}

func (c *recordCheck) all() error {
	for _, check := range []func() error{
		c.scripts, c.changes, c.versions, c.executions, c.logs, c.ticks, c.dedupeKeys, c.lanes, c.counts,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	indexes := []bucket{
		bScriptKinds, bTags, bNames, bGates, bRoutes, bChanges, bTenantLive, bScriptLive, bTenantPast, bScriptPast, bLeased,
		bTickTimes, bKeyTimes, bQueue, bTimers, bChains, bHeads, bReady, bWaiting,
	}
	for _, index := range indexes {
		n := 0
		if err := c.each(index, func(_, _ []byte) error { n++; return nil }); err != nil {
			return err
		}
		if n != c.found[index] {
			return differs(index, nil, fmt.Sprintf("has %d entries instead of %d", n, c.found[index]))
		}
	}
	return nil
}

// each calls fn for what a bucket holds.
func (c *recordCheck) each(b bucket, fn func(key, value []byte) error) error {
	for key, value := range c.t.ascend(b, nil, nil) {
		if err := c.goOn(); err != nil {
			return err
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// has checks that index entries are there.
func (c *recordCheck) has(entries ...entry) error {
	for _, e := range entries {
		if got := c.t.get(e.b, e.key); !bytes.Equal(got, e.value) {
			return differs(e.b, e.key, fmt.Sprintf("is %x instead of %x", got, e.value))
		}
		c.found[e.b]++
	}
	return nil
}

func differs(b bucket, key []byte, how string) error {
	return fmt.Errorf("%w: bucket %q: key %x %s", jsruntime.ErrFormat, bucketNames[b], key, how)
}

// checkRecords decodes the records of a bucket, and checks their keys and their index entries.
func checkRecords[T any](
	c *recordCheck, b bucket, keyOf func(*T) []byte, entries func(*T) ([]entry, error),
) error {
	return c.each(b, func(key, value []byte) error {
		r, err := decode[T](value)
		if err != nil {
			return differs(b, key, err.Error())
		}
		if want := keyOf(r); !bytes.Equal(key, want) {
			return differs(b, key, fmt.Sprintf("has the record of %x", want))
		}
		expected, err := entries(r)
		if err != nil {
			return differs(b, key, err.Error())
		}
		return c.has(expected...)
	})
}

func (c *recordCheck) scripts() error {
	key := func(s *jsruntime.ScriptRecord) []byte { return keyOf(s.TenantID[:], s.ID[:]) }
	return checkRecords(c, bScripts, key, scriptEntries)
}

// changes checks that the feed has the latest change of each script, deleted ones included.
func (c *recordCheck) changes() error {
	return c.each(bOwners, func(id, owner []byte) error {
		sequence, tenant := owner[:numSize], owner[numSize:]
		return c.has(entry{bChanges, sequence, keyOf(tenant, id)})
	})
}

func (c *recordCheck) versions() error {
	key := func(v *jsruntime.VersionRecord) []byte {
		return keyOf(v.TenantID[:], v.ScriptID[:], num(int64(v.VersionNumber)))
	}
	none := func(*jsruntime.VersionRecord) ([]entry, error) { return nil, nil }
	return checkRecords(c, bVersions, key, none)
}

func (c *recordCheck) executions() error {
	return c.each(bExecutions, func(key, value []byte) error {
		w, err := rowFrom(key, value)
		if err != nil {
			return differs(bExecutions, key, err.Error())
		}
		r, err := w.decode()
		if err != nil {
			return differs(bExecutions, key, err.Error())
		}
		want, err := rowOf(r)
		if err == nil {
			want.place = w.place // which the record does not have
		}
		if err != nil || !bytes.Equal(want.bytes()[:rowHeadSize], value[:rowHeadSize]) || want.id != w.id || want.tenant != w.tenant {
			return differs(bExecutions, key, "has a head that its record does not have")
		}
		c.count(w)
		entries, err := executionEntries(w)
		if err != nil {
			return differs(bExecutions, key, err.Error())
		}
		return c.has(append(entries, c.queueEntries(w)...)...)
	})
}

func (c *recordCheck) count(w *row) {
	for _, id := range []uuid.UUID{w.script, uuid.Nil} {
		of := [2]uuid.UUID{w.tenant, id}
		if c.counted[of] == nil {
			c.counted[of] = make(counts, len(statuses))
		}
		c.counted[of][w.status-1]++
	}
}

// counts checks that as many executions were counted as there are. A tenant that has none any more may have had a turn.
func (c *recordCheck) counts() error {
	n := 0
	err := c.each(bCounts, func(key, value []byte) error {
		of, want := [2]uuid.UUID{uuid.UUID(key[:idSize]), lastID(key)}, countsSize()
		if of[1] == uuid.Nil && len(value) > want {
			want += turnSize
		}
		got, counted := countsFrom(value), c.counted[of]
		if counted != nil {
			n++
		} else if len(value) > countsSize() {
			counted = make(counts, len(statuses))
		}
		if len(value) != want || !slices.Equal(got, counted) {
			return differs(bCounts, key, fmt.Sprintf("has %v instead of %v", got, counted))
		}
		return nil
	})
	if err == nil && n != len(c.counted) {
		err = differs(bCounts, nil, fmt.Sprintf("has %d entries instead of %d", n, len(c.counted)))
	}
	return err
}

// queueEntries are the entries of an execution in the queue, but for what depends on other executions of its lane.
func (c *recordCheck) queueEntries(w *row) []entry {
	if !w.isLive() {
		return nil
	}
	var entries []entry
	if w.order != nil {
		key := chainKey(w)
		entries = append(entries, entry{bChains, key, present})
		if !bytes.Equal(c.t.first(bChains, chainOf(w), nil), key) {
			return entries // it waits for those before it
		}
	}
	if !w.is(jsruntime.ExecutionPending) {
		return entries
	}
	if key := queueKey(w); w.run.After(w.created) && c.t.get(bQueue, key) == nil {
		return append(entries, entry{bTimers, timerKey(w), key})
	}
	return append(entries, entry{bQueue, queueKey(w), present})
}

// lanes checks that what is ready to be claimed is what the lanes and the scripts say.
func (c *recordCheck) lanes() error {
	tenants := map[uuid.UUID]bool{}
	for key := c.t.first(bQueue, nil, nil); key != nil; {
		if err := c.goOn(); err != nil {
			return err
		}
		lane := key[:laneSize]
		if l := laneFrom(key); !isBlocked(c.t, l) {
			entries := []entry{{bHeads, lane, key[laneSize:]}, {bReady, readyKey(lane, key[laneSize:]), key}}
			if !tenants[l.tenant] {
				tenants[l.tenant] = true
				entries = append(entries, entry{bWaiting, keyOf(turnOf(c.t, l.tenant[:]).ended(), l.tenant[:]), present})
			}
			if err := c.has(entries...); err != nil {
				return err
			}
		}
		next := beyond(lane)
		if next == nil {
			break
		}
		key = c.t.first(bQueue, nil, next)
	}
	return nil
}

func (c *recordCheck) logs() error {
	return c.each(bLogs, func(key, value []byte) error {
		if _, err := decode[[]jsruntime.LogEntry](value); err != nil {
			return differs(bLogs, key, err.Error())
		}
		if c.t.get(bExecutions, key) == nil {
			return differs(bLogs, key, "has no execution")
		}
		return nil
	})
}

func (c *recordCheck) ticks() error {
	key := func(r *jsruntime.TickRecord) []byte { return keyOf(r.TenantID[:], r.ScriptID[:], stamp(r.Instant)) }
	entries := func(r *jsruntime.TickRecord) ([]entry, error) {
		return []entry{{bTickTimes, keyOf(stamp(r.Instant), r.TenantID[:], r.ScriptID[:]), present}}, nil
	}
	return checkRecords(c, bTicks, key, entries)
}

func (c *recordCheck) dedupeKeys() error {
	return c.each(bKeys, func(key, value []byte) error {
		r, err := decode[jsruntime.KeyRecord](value)
		if err != nil {
			return differs(bKeys, key, err.Error())
		}
		return c.has(entry{bKeyTimes, keyOf(stamp(r.CreatedAt), key), present})
	})
}
