package store

import (
	"bytes"
	"context"

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

func (e *engine) UpdateScript(ctx context.Context, s jsruntime.ScriptRecord, v *jsruntime.VersionRecord) error {
	s = storedScript(s)
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
		if v != nil {
			if err := checkVersionOf(s, *v); err != nil {
				return err
			}
			if err := addVersion(t, storedVersion(*v)); err != nil {
				return err
			}
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
	err = e.view(ctx, func(t *tx) error {
		s, err := script(t, tenantID, scriptID)
		if err == nil {
			r = *s
		}
		return err
	})
	return r, err
}

func (e *engine) ScriptByName(
	ctx context.Context, tenantID uuid.UUID, name string,
) (r jsruntime.ScriptRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		id := t.get(bNames, keyOf(tenantID[:], hash(name)))
		if id == nil {
			return namedText("script", name, jsruntime.ErrNotFound)
		}
		s, err := script(t, tenantID, uuid.UUID(id))
		if err == nil {
			r = *s
		}
		return err
	})
	return r, err
}

func (e *engine) Scripts(
	ctx context.Context, tenantID uuid.UUID, f jsruntime.ScriptFilter,
) (result jsruntime.Page[jsruntime.ScriptRecord], err error) {
	err = e.view(ctx, func(t *tx) error {
		choose := func(key, _ []byte) (*jsruntime.ScriptRecord, error) {
			s, err := script(t, tenantID, lastID(key))
			if err != nil || !f.Matches(*s) {
				return nil, err
			}
			return s, nil
		}
		result, err = page(t, listScripts, f.PageRequest, bScriptTimes, tenantID[:], nil, choose)
		return err
	})
	return result, err
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

// checkUnique refuses a name or a route that another script of the tenant has. A script that is not stored yet has no
// old record.
func checkUnique(t *tx, old *jsruntime.ScriptRecord, s jsruntime.ScriptRecord) error {
	if id := t.get(bNames, keyOf(s.TenantID[:], hash(s.Name))); id != nil && !bytes.Equal(id, s.ID[:]) {
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
	if s == nil {
		t.delete(bScripts, keyOf(old.TenantID[:], old.ID[:]))
		changed(t, old.TenantID, old.ID)
		return nil
	}
	changed(t, s.TenantID, s.ID)
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
	entries := []entry{
		{bScriptTimes, keyOf(s.TenantID[:], stamp(s.CreatedAt), s.ID[:]), present},
		{bNames, keyOf(s.TenantID[:], hash(s.Name)), s.ID[:]},
		{bGates, keyOf(s.TenantID[:], s.ID[:]), gateOf(s).bytes()},
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
