package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

func (e *engine) Version(
	ctx context.Context, tenantID, scriptID uuid.UUID, number int,
) (r jsruntime.VersionRecord, err error) {
	err = e.view(ctx, func(t *tx) error {
		v, err := load[jsruntime.VersionRecord](t, bVersions, keyOf(tenantID[:], scriptID[:], num(int64(number))))
		if err == nil && v == nil {
			err = jsruntime.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("version %d of script %s: %w", number, scriptID, err)
		}
		r = *v
		return nil
	})
	return r, err
}

func (e *engine) Versions(
	ctx context.Context, tenantID, scriptID uuid.UUID, p jsruntime.PageRequest,
) (result jsruntime.Page[jsruntime.VersionRecord], err error) {
	err = e.view(ctx, func(t *tx) error {
		choose := func(value []byte) (*jsruntime.VersionRecord, error) {
			return decode[jsruntime.VersionRecord](value)
		}
		result, err = page(t, listVersions, p, bVersions, keyOf(tenantID[:], scriptID[:]), choose)
		return err
	})
	return result, err
}

// checkVersionOf refuses a version of another script than the one it comes with.
func checkVersionOf(s jsruntime.ScriptRecord, v jsruntime.VersionRecord) error {
	if v.ScriptID != s.ID || v.TenantID != s.TenantID {
		return invalid("scriptId", "must be that of the script that the version comes with")
	}
	return nil
}

// addVersion stores a version. Versions are immutable: a number that is taken is not written over.
func addVersion(t *tx, v jsruntime.VersionRecord) error {
	key := keyOf(v.TenantID[:], v.ScriptID[:], num(int64(v.VersionNumber)))
	if t.get(bVersions, key) != nil {
		return fmt.Errorf("version %d of script %s: %w", v.VersionNumber, v.ScriptID, jsruntime.ErrConflict)
	}
	return save(t, bVersions, key, v)
}
