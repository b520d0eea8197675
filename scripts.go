package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
	"github.com/google/uuid"
)

// Change says who changes a script and why. It becomes part of the version that the change makes.
type Change struct {
	By          uint
	Description string // optional; at most MaxDescriptionBytes
}

// The description of a version that was made without one of its own.
const (
	createdDescription    = "created"
	registeredDescription = "registered"
)

// CreateScript checks a new script, compiles its source and stores it with its version 1. It returns the script as
// stored. A script is created as a draft, so any other status is refused; see Register for scripts that are part of
// the application. What breaks a rule is a [FieldError] for each, a source that is not a program a [ScriptError] with
// line and column, and a name or an HTTP route that the tenant has already a [DuplicateError].
func (rt *Runtime) CreateScript(ctx context.Context, s Script) (Script, error) {
	if s == nil {
		return nil, fmt.Errorf("create script: %w", invalid("script", "must not be nil"))
	}
	if s.Status() != ScriptStatusDraft && s.Status().IsValid() {
		return nil, fmt.Errorf("create script %q: %w", s.Name(),
			invalid("status", "must be %q for a new script, is %q", ScriptStatusDraft, s.Status()))
	}
	created, err := rt.create(ctx, s, createdDescription)
	if err != nil {
		return nil, fmt.Errorf("create script %q: %w", s.Name(), err)
	}
	return created, nil
}

// create stores a new script in the status that it has.
func (rt *Runtime) create(ctx context.Context, s Script, description string) (Script, error) {
	if err := rt.check(ctx, s); err != nil {
		return nil, err
	}
	record := s.Record()
	now := rt.now().UTC()
	record.CreatedAt, record.UpdatedAt = now, now
	record.Revision, record.VersionNumber = 1, 1
	v := versionOf(record, Change{By: record.CreatedBy, Description: description}, now)
	if err := rt.store.CreateScript(ctx, record, v); err != nil {
		return nil, err
	}
	rt.publish(ctx, EventScriptCreated, record.TenantID, causeOf(ctx), ScriptCreatedEvent{
		ScriptID: record.ID, TenantID: record.TenantID, Name: record.Name, Type: record.Type,
		CreatedBy: record.CreatedBy, CreatedAt: record.CreatedAt,
	})
	rt.scriptsChanged(ctx)
	return RestoreScript(record)
}

// check validates a script, and asks the executor about its source.
func (rt *Runtime) check(ctx context.Context, s Script) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if err := rt.executor.Check(ctx, Source{Text: s.Source(), Language: s.Language()}); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return nil
}

func versionOf(record ScriptRecord, c Change, now time.Time) VersionRecord {
	return VersionRecord{
		ID:                uuid.New(),
		ScriptID:          record.ID,
		TenantID:          record.TenantID,
		VersionNumber:     record.VersionNumber,
		Source:            record.Source,
		Language:          record.Language,
		ChangeDescription: c.Description,
		CreatedAt:         now,
		CreatedBy:         c.By,
	}
}

// UpdateScript stores the changes that setters made to a script that came from the Runtime. What changes source or
// configuration makes a new version; a script without changes is returned as it is. A script that was changed by
// somebody else since it was read is ErrConflict. A changed status is refused: SetStatus changes it.
func (rt *Runtime) UpdateScript(ctx context.Context, s Script, c Change) (Script, error) {
	if s == nil {
		return nil, fmt.Errorf("update script: %w", invalid("script", "must not be nil"))
	}
	updated, err := rt.update(ctx, s, c)
	if err != nil {
		return nil, fmt.Errorf("update script %q: %w", s.Name(), err)
	}
	return updated, nil
}

func (rt *Runtime) update(ctx context.Context, s Script, c Change) (Script, error) {
	if len(c.Description) > MaxDescriptionBytes || !utf8.ValidString(c.Description) {
		return nil, invalid("change.description", "must be valid UTF-8 of at most %d bytes", MaxDescriptionBytes)
	}
	stored, err := rt.store.Script(ctx, s.TenantID(), s.ID())
	if err != nil {
		return nil, err
	}
	record := s.Record()
	switch {
	case record.Revision != stored.Revision:
		return nil, fmt.Errorf("%w: revision %d is not the stored %d", ErrConflict, record.Revision, stored.Revision)
	case record.Status != stored.Status:
		return nil, invalid("status", "cannot be changed by an update (%q to %q): use SetStatus", stored.Status, record.Status)
	case configurationEqual(record, stored):
		return RestoreScript(stored)
	case stored.Status == ScriptStatusArchived:
		return nil, invalid("status", "an archived script cannot be changed")
	}
	if err := rt.check(ctx, s); err != nil {
		return nil, err
	}
	now := rt.now().UTC()
	record.CreatedAt, record.CreatedBy, record.UpdatedAt = stored.CreatedAt, stored.CreatedBy, now
	record.Revision, record.VersionNumber = stored.Revision+1, stored.VersionNumber+1
	v := versionOf(record, c, now)
	u := ScriptUpdate{Script: record, Version: &v}
	if record.startsAnew(stored) {
		u.Cursor = now // so that no instant of the new schedule counts as missed
	}
	if err := rt.store.UpdateScript(ctx, u); err != nil {
		return nil, err
	}
	rt.publish(ctx, EventScriptUpdated, record.TenantID, causeOf(ctx), ScriptUpdatedEvent{
		ScriptID: record.ID, TenantID: record.TenantID, UpdatedBy: c.By, UpdatedAt: now,
		VersionNumber: record.VersionNumber,
	})
	rt.scriptsChanged(ctx)
	return RestoreScript(record)
}

// configurationEqual compares what an update can change.
func configurationEqual(a, b ScriptRecord) bool {
	settings := func(r ScriptRecord) ScriptRecord {
		r = r.Clone()
		r.CreatedAt, r.UpdatedAt = time.Time{}, time.Time{}
		r.CreatedBy, r.Revision, r.VersionNumber = 0, 0, 0
		if len(r.HTTPMethods) == 0 {
			r.HTTPMethods = nil
		}
		if len(r.EventTypes) == 0 {
			r.EventTypes = nil
		}
		if len(r.EventFilter) == 0 {
			r.EventFilter = nil
		}
		if len(r.Tags) == 0 {
			r.Tags = nil
		}
		if len(r.Metadata) == 0 {
			r.Metadata = nil
		}
		return r
	}
	return reflect.DeepEqual(settings(a), settings(b))
}

// SetStatus takes a script to another status, as the state machine allows; otherwise it returns a [TransitionError].
// It makes no version. Pausing keeps the script's pending executions; disabling and archiving cancel them. While a script is
// not active, nothing starts it: its instants are not due, its route is 404, and events do not reach it. Nothing of that is
// made up for afterwards; an event that is published again, with its id, does start it.
func (rt *Runtime) SetStatus(ctx context.Context, tenantID, scriptID uuid.UUID, to ScriptStatus, by uint) (Script, error) {
	s, err := rt.setStatus(ctx, tenantID, scriptID, to, by)
	if err != nil {
		return nil, fmt.Errorf("set status of script %s: %w", scriptID, err)
	}
	return s, nil
}

func (rt *Runtime) setStatus(ctx context.Context, tenantID, scriptID uuid.UUID, to ScriptStatus, by uint) (Script, error) {
	if !to.IsValid() {
		return nil, invalid("status", "%q is not a script status", to)
	}
	for {
		record, err := rt.store.Script(ctx, tenantID, scriptID)
		if err != nil {
			return nil, err
		}
		from := record.Status
		if err := from.TransitionTo(to); err != nil {
			return nil, err
		}
		now := rt.now().UTC()
		record.Status, record.UpdatedAt = to, now
		record.Revision++
		u := ScriptUpdate{Script: record}
		if record.Type == ScriptTypeScheduled && to == ScriptStatusActive {
			u.Cursor = now // what passed while it was not active is not missed
		}
		if err := rt.store.UpdateScript(ctx, u); errors.Is(err, ErrConflict) {
			continue // somebody else's change came first: the status is set on top of it
		} else if err != nil {
			return nil, err
		}
		rt.publish(ctx, EventScriptStatusChanged, tenantID, causeOf(ctx), ScriptStatusChangedEvent{
			ScriptID: scriptID, TenantID: tenantID, OldStatus: from, NewStatus: to, ChangedBy: by, ChangedAt: now,
		})
		rt.scriptsChanged(ctx)
		if to == ScriptStatusDisabled || to == ScriptStatusArchived {
			if err := rt.cancelPending(ctx, tenantID, scriptID, "the script was "+string(to)); err != nil {
				return nil, err
			}
		}
		return RestoreScript(record)
	}
}

// DeleteScript removes a script in any status and cancels its pending executions. Its versions and executions stay on
// record.
func (rt *Runtime) DeleteScript(ctx context.Context, tenantID, scriptID uuid.UUID, by uint) error {
	if err := rt.deleteScript(ctx, tenantID, scriptID, by); err != nil {
		return fmt.Errorf("delete script %s: %w", scriptID, err)
	}
	return nil
}

func (rt *Runtime) deleteScript(ctx context.Context, tenantID, scriptID uuid.UUID, by uint) error {
	for {
		record, err := rt.store.Script(ctx, tenantID, scriptID)
		if err != nil {
			return err
		}
		err = rt.store.DeleteScript(ctx, tenantID, scriptID, record.Revision)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		rt.publish(ctx, EventScriptDeleted, tenantID, causeOf(ctx), ScriptDeletedEvent{
			ScriptID: scriptID, TenantID: tenantID, DeletedBy: by, DeletedAt: time.Now().UTC(),
		})
		rt.scriptsChanged(ctx)
		return rt.cancelPending(ctx, tenantID, scriptID, "the script was deleted")
	}
}

// Register makes a script of the application's own code part of the tenant's scripts: it creates it as active, or
// updates the one of the same name where source or configuration differ. It leaves the status of an existing script
// alone, so one that an operator paused stays paused; one that an operator archived cannot be changed any more, which is
// a [FieldError] for "status" when it differs. It works before Start, and may be called at each start of the
// application, by several processes at once.
func (rt *Runtime) Register(ctx context.Context, s Script) (Script, error) {
	if s == nil {
		return nil, fmt.Errorf("register script: %w", invalid("script", "must not be nil"))
	}
	for {
		registered, err := rt.register(ctx, s)
		if errors.Is(err, ErrConflict) {
			continue // another process registers it, or somebody edits it: look again
		}
		if err != nil {
			return nil, fmt.Errorf("register script %q: %w", s.Name(), err)
		}
		return registered, nil
	}
}

func (rt *Runtime) register(ctx context.Context, s Script) (Script, error) {
	stored, err := rt.store.ScriptByName(ctx, s.TenantID(), s.Name())
	if errors.Is(err, ErrNotFound) {
		return rt.registerNew(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	record := s.Record()
	record.ID, record.Status, record.Revision = stored.ID, stored.Status, stored.Revision
	same, err := RestoreScript(record)
	if err != nil {
		return nil, err
	}
	return rt.update(ctx, same, Change{By: s.CreatedBy(), Description: registeredDescription})
}

func (rt *Runtime) registerNew(ctx context.Context, s Script) (Script, error) {
	created, err := rt.create(ctx, s.SetStatus(ScriptStatusActive), registeredDescription)
	var duplicate *DuplicateError
	if errors.As(err, &duplicate) && duplicate.Field == "name" {
		return nil, fmt.Errorf("%w: created by another process", ErrConflict)
	}
	if err != nil {
		return nil, err
	}
	rt.publish(ctx, EventScriptStatusChanged, s.TenantID(), causeOf(ctx), ScriptStatusChangedEvent{
		ScriptID: created.ID(), TenantID: created.TenantID(), OldStatus: ScriptStatusDraft,
		NewStatus: ScriptStatusActive, ChangedBy: created.CreatedBy(), ChangedAt: created.CreatedAt(),
	})
	return created, nil
}

// Script returns a script by its id.
func (rt *Runtime) Script(ctx context.Context, tenantID, scriptID uuid.UUID) (Script, error) {
	record, err := rt.store.Script(ctx, tenantID, scriptID)
	if err != nil {
		return nil, fmt.Errorf("script %s: %w", scriptID, err)
	}
	return RestoreScript(record)
}

// ScriptByName returns a script by its name.
func (rt *Runtime) ScriptByName(ctx context.Context, tenantID uuid.UUID, name string) (Script, error) {
	record, err := rt.store.ScriptByName(ctx, tenantID, name)
	if err != nil {
		return nil, fmt.Errorf("script %q: %w", name, err)
	}
	return RestoreScript(record)
}

// Scripts lists a tenant's scripts, newest first; with a NamePrefix in the order of their names.
func (rt *Runtime) Scripts(ctx context.Context, tenantID uuid.UUID, f ScriptFilter) (Page[Script], error) {
	records, err := rt.store.Scripts(ctx, tenantID, f)
	if err != nil {
		return Page[Script]{}, fmt.Errorf("scripts: %w", err)
	}
	page := Page[Script]{Items: make([]Script, len(records.Items)), Next: records.Next}
	for i, record := range records.Items {
		if page.Items[i], err = RestoreScript(record); err != nil {
			return Page[Script]{}, fmt.Errorf("script %s: %w", record.ID, err)
		}
	}
	return page, nil
}

// Versions lists a script's versions, newest first. They outlive the script.
func (rt *Runtime) Versions(ctx context.Context, tenantID, scriptID uuid.UUID, p PageRequest) (Page[Version], error) {
	records, err := rt.store.Versions(ctx, tenantID, scriptID, p)
	if err != nil {
		return Page[Version]{}, fmt.Errorf("versions of script %s: %w", scriptID, err)
	}
	if len(records.Items) == 0 && p.After == "" {
		return Page[Version]{}, fmt.Errorf("versions of script %s: %w", scriptID, ErrNotFound)
	}
	page := Page[Version]{Items: make([]Version, len(records.Items)), Next: records.Next}
	for i, record := range records.Items {
		page.Items[i] = RestoreVersion(record)
	}
	return page, nil
}

// Version returns one version of a script.
func (rt *Runtime) Version(ctx context.Context, tenantID, scriptID uuid.UUID, number int) (Version, error) {
	record, err := rt.store.Version(ctx, tenantID, scriptID, number)
	if err != nil {
		return nil, fmt.Errorf("version %d of script %s: %w", number, scriptID, err)
	}
	return RestoreVersion(record), nil
}

// Diff returns what changed in the source from one version to another as a unified diff with three lines of context;
// empty when the sources are the same.
func (rt *Runtime) Diff(ctx context.Context, tenantID, scriptID uuid.UUID, from, to int) (string, error) {
	a, err := rt.Version(ctx, tenantID, scriptID, from)
	if err != nil {
		return "", err
	}
	b, err := rt.Version(ctx, tenantID, scriptID, to)
	if err != nil {
		return "", err
	}
	label := func(number int) string { return fmt.Sprintf("version %d", number) }
	return udiff.Unified(label(from), label(to), a.Source(), b.Source()), nil
}

// Rollback gives a script the source and language of an earlier version, as a new version: history is only added to.
// Its other settings stay as they are. Rolling back to the source that the script has changes nothing.
func (rt *Runtime) Rollback(ctx context.Context, tenantID, scriptID uuid.UUID, number int, by uint) (Script, error) {
	for {
		s, err := rt.Script(ctx, tenantID, scriptID)
		if err != nil {
			return nil, err
		}
		v, err := rt.Version(ctx, tenantID, scriptID, number)
		if err != nil {
			return nil, err
		}
		c := Change{By: by, Description: fmt.Sprintf("rollback to version %d", number)}
		s, err = rt.update(ctx, s.SetSource(v.Source()).SetLanguage(v.Language()), c)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("roll script %s back to version %d: %w", scriptID, number, err)
		}
		return s, nil
	}
}
