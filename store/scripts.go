package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) CreateScript(ctx context.Context, s jsruntime.ScriptRecord, v jsruntime.VersionRecord) error {
	s, v = storedScript(s), storedVersion(v)
	return e.update(ctx, func(t *tx) error {
		if err := checkVersionOf(s, v); err != nil {
			return err
		}
		// A deleted script's id stays taken: its versions and executions are on record under it.
		if t.get(bOwners, s.ID[:]) != nil {
			return duplicate("id", s.ID)
		}
		if err := checkUnique(t, nil, s); err != nil {
			return err
		}
		if err := addVersion(t, v); err != nil {
			return err
		}
		return setScript(t, nil, &s)
	})
}

func (e *engine) UpdateScript(ctx context.Context, u jsruntime.ScriptUpdate) error {
	s := storedScript(u.Script)
	return e.update(ctx, func(t *tx) error {
		old, err := script(t, s.TenantID, s.ID)
		if err != nil {
			return err
		}
		if old.Revision != s.Revision-1 {
			return named("script", s.ID, jsruntime.ErrConflict)
		}
		if err := checkUnique(t, old, s); err != nil {
			return err
		}
		if u.Version != nil {
			if err := checkVersionOf(s, *u.Version); err != nil {
				return err
			}
			if err := addVersion(t, storedVersion(*u.Version)); err != nil {
				return err
			}
		}
		if !u.Cursor.IsZero() {
			t.put(bCursors, keyOf(s.TenantID[:], s.ID[:]), stamp(u.Cursor))
		}
		return setScript(t, old, &s)
	})
}

func (e *engine) DeleteScript(ctx context.Context, tenantID, scriptID uuid.UUID, revision int64) error {
	return e.update(ctx, func(t *tx) error {
		old, err := script(t, tenantID, scriptID)
		if err != nil {
			return err
		}
		if old.Revision != revision {
			return named("script", scriptID, jsruntime.ErrConflict)
		}
		return setScript(t, old, nil)
	})
}

func (e *engine) Script(ctx context.Context, tenantID, scriptID uuid.UUID) (r jsruntime.ScriptRecord, err error) {
	err = e.view(ctx, func(t *tx) (err error) {
		r, err = e.script(t, tenantID, scriptID)
		return err
	})
	return r, err
}

func (e *engine) ScriptByName(
	ctx context.Context, tenantID uuid.UUID, name string,
) (r jsruntime.ScriptRecord, err error) {
	err = e.view(ctx, func(t *tx) (err error) {
		id := t.get(bNames, keyOf(tenantID[:], []byte(name)))
		if id == nil {
			return namedText("script", name, jsruntime.ErrNotFound)
		}
		r, err = e.script(t, tenantID, uuid.UUID(id))
		return err
	})
	return r, err
}

// script is script for one that is read to be run.
func (e *engine) script(t *tx, tenantID, scriptID uuid.UUID) (r jsruntime.ScriptRecord, err error) {
	key := keyOf(tenantID[:], scriptID[:])
	if raw := t.get(bScripts, key); raw == nil {
		err = jsruntime.ErrNotFound
	} else {
		r, err = e.scripts.decode(key, raw)
	}
	if err != nil {
		return r, named("script", scriptID, err)
	}
	return r, nil
}

func (e *engine) Scripts(
	ctx context.Context, tenantID uuid.UUID, f jsruntime.ScriptFilter,
) (result jsruntime.Page[jsruntime.ScriptRecord], err error) {
	err = e.view(ctx, func(t *tx) error {
		if f.NamePrefix != "" {
			result, err = scriptsByName(t, tenantID, f)
		} else {
			result, err = scriptsByTime(t, tenantID, f)
		}
		return err
	})
	return result, err
}

func scriptsByTime(t *tx, tenantID uuid.UUID, f jsruntime.ScriptFilter) (jsruntime.Page[jsruntime.ScriptRecord], error) {
	before, err := firstPosition(listScripts, f.PageRequest, time.Time{})
	if err != nil {
		return jsruntime.Page[jsruntime.ScriptRecord]{}, err
	}
	of := section{bScriptKinds, tenantID[:]}
	if f.Tag != "" {
		of = section{bTags, keyOf(tenantID[:], hash(f.Tag))}
	}
	groups := groupsOf(t, []section{of}, func(kind []byte) bool {
		return anyByte(f.Statuses, scriptStatusByte, kind[0]) && anyByte(f.Types, scriptTypeByte, kind[1])
	})
	return fill(listScripts, f.Size(), positionsOf(descending(t, groups, before)), func(position []byte) (*jsruntime.ScriptRecord, error) {
		return matching(t, tenantID, lastID(position), f)
	})
}

func scriptsByName(t *tx, tenantID uuid.UUID, f jsruntime.ScriptFilter) (jsruntime.Page[jsruntime.ScriptRecord], error) {
	from, err := pagePosition(listNames, f.After)
	if err != nil {
		return jsruntime.Page[jsruntime.ScriptRecord]{}, err
	}
	if from != nil {
		from = after(keyOf(tenantID[:], from))
	}
	var id []byte
	names := func(yield func([]byte) bool) {
		for key, value := range t.ascend(bNames, keyOf(tenantID[:], []byte(f.NamePrefix)), from) {
			id = value
			if !yield(key[idSize:]) {
				return
			}
		}
	}
	return fill(listNames, f.Size(), names, func([]byte) (*jsruntime.ScriptRecord, error) {
		return matching(t, tenantID, uuid.UUID(id), f)
	})
}

// matching returns a script, or nil where the filter leaves it out.
func matching(t *tx, tenantID, scriptID uuid.UUID, f jsruntime.ScriptFilter) (*jsruntime.ScriptRecord, error) {
	s, err := script(t, tenantID, scriptID)
	if err != nil || !f.Matches(*s) {
		return nil, err
	}
	return s, nil
}

func (e *engine) Changes(ctx context.Context, after int64, limit int) (changes []jsruntime.ScriptChange, err error) {
	err = e.view(ctx, func(t *tx) error {
		if limit <= 0 {
			return nil
		}
		for key, value := range t.ascend(bChanges, nil, num(max(after, 0)+1)) {
			c := jsruntime.ScriptChange{
				Sequence: numValue(key), TenantID: uuid.UUID(value[:idSize]), ScriptID: lastID(value),
			}
			if c.Script, err = load[jsruntime.ScriptRecord](t, bScripts, value); err != nil {
				return err
			}
			if changes = append(changes, c); len(changes) == limit {
				break
			}
		}
		return nil
	})
	return changes, err
}

// script returns a script, or ErrNotFound.
func script(t *tx, tenantID, scriptID uuid.UUID) (*jsruntime.ScriptRecord, error) {
	s, err := load[jsruntime.ScriptRecord](t, bScripts, keyOf(tenantID[:], scriptID[:]))
	if err == nil && s == nil {
		err = jsruntime.ErrNotFound
	}
	if err != nil {
		return nil, named("script", scriptID, err)
	}
	return s, nil
}

// maxNameBytes keeps a name within what a key can be.
const maxNameBytes = 1000

// checkUnique refuses a name or a route that another script of the tenant has. A script that is not stored yet has no
// old record.
func checkUnique(t *tx, old *jsruntime.ScriptRecord, s jsruntime.ScriptRecord) error {
	if len(s.Name) > maxNameBytes {
		return invalid("name", fmt.Sprintf("must be at most %d bytes", maxNameBytes))
	}
	if id := t.get(bNames, keyOf(s.TenantID[:], []byte(s.Name))); id != nil && !bytes.Equal(id, s.ID[:]) {
		return duplicate("name", uuid.UUID(id))
	}
	wanted := routeOf(s)
	if wanted == nil || old != nil && wanted.equal(routeOf(*old)) {
		return nil
	}
	for key, raw := range t.ascend(bRoutes, s.TenantID[:], nil) {
		taken, err := decode[route](raw)
		if err != nil {
			return err
		}
		if id := lastID(key); id != s.ID && s.RoutesOverlap(taken.record()) {
			return duplicate("httpPath", id)
		}
	}
	return nil
}

// setScript replaces the old record of a script by the new one, with all that depends on it, and puts the script at
// the end of the change feed. A nil record is that of a script that does not exist.
func setScript(t *tx, old, s *jsruntime.ScriptRecord) error {
	if err := reindex(t, old, s, scriptEntries); err != nil {
		return err
	}
	of := s
	if s == nil {
		of = old
	}
	changed(t, of.TenantID, of.ID)
	refreshScript(t, of.TenantID, of.ID) // it may have been paused, or may run more at once
	if s == nil {
		t.delete(bScripts, keyOf(of.TenantID[:], of.ID[:]))
		return nil
	}
	return save(t, bScripts, keyOf(s.TenantID[:], s.ID[:]), s)
}

// changed moves a script to the end of the change feed.
func changed(t *tx, tenantID, scriptID uuid.UUID) {
	if owner := t.get(bOwners, scriptID[:]); owner != nil {
		t.delete(bChanges, owner[:numSize])
	}
	sequence := num(next(t, counterSequence))
	t.put(bChanges, sequence, keyOf(tenantID[:], scriptID[:]))
	t.put(bOwners, scriptID[:], keyOf(sequence, tenantID[:]))
}

// scriptEntries are the index entries of a script.
func scriptEntries(s *jsruntime.ScriptRecord) ([]entry, error) {
	position := keyOf([]byte{scriptStatusByte(s.Status), scriptTypeByte(s.Type)}, stamp(s.CreatedAt), s.ID[:])
	entries := []entry{
		{bScriptKinds, keyOf(s.TenantID[:], position), present},
		{bNames, keyOf(s.TenantID[:], []byte(s.Name)), s.ID[:]},
		{bGates, keyOf(s.TenantID[:], s.ID[:]), gateOf(s).bytes()},
	}
	for i, tag := range s.Tags {
		if !slices.Contains(s.Tags[:i], tag) {
			entries = append(entries, entry{bTags, keyOf(s.TenantID[:], hash(tag), position), present})
		}
	}
	if r := routeOf(*s); r != nil {
		raw, err := encode(r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{bRoutes, keyOf(s.TenantID[:], s.ID[:]), raw})
	}
	return entries, nil
}

// The places of script types and statuses in these lists stand for them in keys. A new one goes to the end.
var (
	scriptTypes = []jsruntime.ScriptType{
		jsruntime.ScriptTypeScheduled, jsruntime.ScriptTypeHTTP, jsruntime.ScriptTypeEvent, jsruntime.ScriptTypeOneOff,
		jsruntime.ScriptTypeEmbedded,
	}
	scriptStatuses = []jsruntime.ScriptStatus{
		jsruntime.ScriptStatusDraft, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused,
		jsruntime.ScriptStatusDisabled, jsruntime.ScriptStatusArchived,
	}
)

// scriptTypeByte and scriptStatusByte are 0 for what is none of them.
func scriptTypeByte(t jsruntime.ScriptType) byte { return byte(slices.Index(scriptTypes, t) + 1) }

func scriptStatusByte(s jsruntime.ScriptStatus) byte {
	return byte(slices.Index(scriptStatuses, s) + 1)
}
