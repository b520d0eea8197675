package jsruntime

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Version is one entry of a script's audit trail: the complete source as it was after a change. It is immutable.
// Versions are made by the Runtime; they outlive a deleted script.
type Version interface {
	ID() uuid.UUID
	ScriptID() uuid.UUID
	TenantID() uuid.UUID
	// VersionNumber counts a script's versions from 1, without gaps.
	VersionNumber() int
	Source() string
	Language() Language
	// ChangeDescription is what the author of the change said about it; it may be empty.
	ChangeDescription() string
	CreatedAt() time.Time
	// CreatedBy is the user who made the change.
	CreatedBy() uint

	json.Marshaler
	slog.LogValuer
	sealed()
}

// VersionRecord is a Version as it crosses the [Store] port.
type VersionRecord struct {
	ID                uuid.UUID `json:"id"`
	ScriptID          uuid.UUID `json:"scriptId"`
	TenantID          uuid.UUID `json:"tenantId"`
	VersionNumber     int       `json:"versionNumber"`
	Source            string    `json:"source"`
	Language          Language  `json:"language"`
	ChangeDescription string    `json:"changeDescription,omitempty"`
	CreatedAt         time.Time `json:"createdAt"`
	CreatedBy         uint      `json:"createdBy"`
}

type version struct{ record VersionRecord }

// RestoreVersion rebuilds a Version from its record.
func RestoreVersion(record VersionRecord) Version { return &version{record} }

func (v *version) ID() uuid.UUID             { return v.record.ID }
func (v *version) ScriptID() uuid.UUID       { return v.record.ScriptID }
func (v *version) TenantID() uuid.UUID       { return v.record.TenantID }
func (v *version) VersionNumber() int        { return v.record.VersionNumber }
func (v *version) Source() string            { return v.record.Source }
func (v *version) Language() Language        { return v.record.Language }
func (v *version) ChangeDescription() string { return v.record.ChangeDescription }
func (v *version) CreatedAt() time.Time      { return v.record.CreatedAt }
func (v *version) CreatedBy() uint           { return v.record.CreatedBy }
func (v *version) sealed()                   {}

func (v *version) MarshalJSON() ([]byte, error) { return json.Marshal(v.record) }

func (v *version) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("script", v.record.ScriptID.String()),
		slog.Int("version", v.record.VersionNumber),
	)
}
