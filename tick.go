package jsruntime

import (
	"time"

	"github.com/google/uuid"
)

// TickStatus is what became of a due instant.
type TickStatus string

// The tick statuses.
const (
	TickRun     TickStatus = "run"     // an execution was started for it
	TickSkipped TickStatus = "skipped" // it was not; the reason says why
)

// Ticks is what RecordTicks stores: what became of due instants of one script.
type Ticks struct {
	TenantID uuid.UUID
	ScriptID uuid.UUID
	Revision int64 // that the script must have; 0 for any, and for one that is gone
	// From is the cursor as it has to be, the zero time for none, and To what it is afterwards.
	From, To time.Time
	Due      []Tick
}

// Tick is a due instant with the execution that it starts.
type Tick struct {
	Record TickRecord
	Run    *ExecutionRecord // a pending one of the script; nil for none
}

// TickRecord says what became of a due instant of a scheduled script, or of many that were skipped for the same reason
// while nothing could run them.
type TickRecord struct {
	TenantID uuid.UUID  `json:"tenantId"`
	ScriptID uuid.UUID  `json:"scriptId"`
	Instant  time.Time  `json:"instant"`
	Status   TickStatus `json:"status"`
	// Reason says why it was skipped, for people. It begins with "overlap: " where runs of earlier ticks were in the way, and with
	// "missed: " where nothing could run it in time.
	Reason string `json:"reason,omitempty"`
	// ExecutionID is the execution that was started, or the one because of which the tick was skipped.
	ExecutionID uuid.UUID `json:"executionId,omitzero"`
	RecordedAt  time.Time `json:"recordedAt"`
	// First and Count are of a record that stands for many instants: the first of them, and how many there are up to Instant,
	// which is the last. Otherwise they are zero. When the system's clock is set back into such a time, its instants come
	// once more, and those that then run have a record of their own beside this one.
	First time.Time `json:"first,omitzero"`
	Count int       `json:"count,omitempty"`
}
