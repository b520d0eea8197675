package jsruntime

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Store keeps scripts, versions, executions and schedules. [github.com/jsruntime/jsruntime/store] has one on bbolt and
// one in memory; the suite in store/storetest checks every sentence of this contract on any implementation.
//
// What holds for every method:
//   - It may be called concurrently. Each call is atomic: it happens whole or not at all, and what it wrote is durable,
//     as far as the store is, when it returns nil. There are no callbacks and no transactions across calls.
//   - Everything is keyed by tenant. A thing of another tenant is ErrNotFound, as is one that does not exist.
//   - Records that come in are copied before it returns, and records that go out are the caller's own. A record that it
//     could not read back or find again, such as one with a value nested thousands deep, or with a name of over a thousand
//     bytes, it refuses with ErrInvalid.
//   - When ctx is done before the call began, it returns ctx's error and has changed nothing. After Close it returns
//     ErrClosed.
//   - It knows no business rules beyond what is said here, and reads no clock: times come in with the call. Times are
//     kept to the nanosecond and returned in UTC.
//   - Lists are keyset pages: a page begins after the last item of the one before, wherever items were added or
//     removed meanwhile.
//
// Closing is the affair of whoever opened the store, and no part of this port.
type Store interface {
	ScriptStore
	ExecutionStore
	ScheduleStore
}

// ScriptStore is the part of a [Store] that keeps scripts and their versions.
type ScriptStore interface {
	// CreateScript stores a new script with its first version. It returns a *DuplicateError when the id is taken, or
	// in the tenant the name, or a route: field "id", "name" or "httpPath". Routes overlap as
	// [ScriptRecord.RoutesOverlap] says.
	CreateScript(ctx context.Context, s ScriptRecord, v VersionRecord) error
	// UpdateScript replaces a script, with what else the update says in the same step. The stored revision must be
	// u.Script.Revision-1, otherwise it returns ErrConflict. Names and routes are checked as in CreateScript.
	UpdateScript(ctx context.Context, u ScriptUpdate) error
	// DeleteScript removes a script whose stored revision is the one given, otherwise it returns ErrConflict. Its
	// versions, executions, ticks and cursor stay until they are pruned.
	DeleteScript(ctx context.Context, tenantID, scriptID uuid.UUID, revision int64) error

	Script(ctx context.Context, tenantID, scriptID uuid.UUID) (ScriptRecord, error)
	ScriptByName(ctx context.Context, tenantID uuid.UUID, name string) (ScriptRecord, error)
	// Scripts lists the tenant's scripts that match, newest first by CreatedAt and then ID; with a NamePrefix in the
	// order of their names, byte by byte.
	Scripts(ctx context.Context, tenantID uuid.UUID, f ScriptFilter) (Page[ScriptRecord], error)

	// Changes is the change feed over the scripts of all tenants: at most limit changes with a sequence number above
	// after, in ascending order. Only the latest change of each script is kept, so a follower that begins at 0 gets
	// every script once, and one that polls from its last number misses none. Deletions are kept for ever.
	Changes(ctx context.Context, after int64, limit int) ([]ScriptChange, error)

	Version(ctx context.Context, tenantID, scriptID uuid.UUID, number int) (VersionRecord, error)
	// Versions lists a script's versions, highest number first. They outlive the script; a script that never was has
	// none, which is no error.
	Versions(ctx context.Context, tenantID, scriptID uuid.UUID, p PageRequest) (Page[VersionRecord], error)
}

// ExecutionStore is the part of a [Store] that keeps executions, and is the queue of the pending ones.
//
// # Leases
//
// A Runtime is a node with a name of its own, and holds one lease for it that it renews. An execution that a node has
// claimed carries the node's name and a token that is higher than that of any claim before; it is the node's for as
// long as the node's lease lasts. When that ran out, Expired lists the execution, and whoever finishes it first with
// the right token wins.
//
// # Dedupe keys
//
// A key belongs to the first execution of the tenant that was stored with it, by whatever call, and whether that has ended or
// not, until PruneKeys removes it, or the execution's Outcome gives it up. CreateExecutions stores nothing for a record with a
// taken key, a second one of the same call included, and does not count it as pending. Everything else stores the execution,
// and leaves the key with its holder. What a key looks like is the caller's affair: a
// Runtime puts a prefix before those of its users.
//
// # Order keys
//
// The pending and running executions of a script with the same OrderKey stand in a line, and only the first can be claimed.
// They stand in the order in which they were stored, those of one call in that of the call; no clock counts. The next attempt
// that FinishExecution stores takes the place of the one that it follows, where both have the same script and key. An execution
// leaves the line when it has come to its end.
//
// # Turns
//
// Turns last over calls and nodes. One that is not at its end goes on when the tenant has something to claim again, and a
// tenant that never had one comes first; among several of those the order is free.
type ExecutionStore interface {
	// CreateExecutions stores pending executions of one tenant, all or none. Created.IDs has for each record, in order,
	// the id of the execution that stands for it: its own, or where its DedupeKey is taken in the tenant, that of the one
	// that holds the key, and then nothing is stored for it. An id that is taken is a *DuplicateError for "id".
	//
	// With a positive c.MaxPending, which is the most pending executions that the tenant may have afterwards, it returns
	// ErrOverloaded where there would be more. With a positive c.Revision it returns ErrConflict when the script has another
	// one, or is gone. With a positive c.Claim.Limit it goes on as ClaimExecutions does, in the
	// same step: what it claims may be other executions than those that it has stored, and may be fewer than could be claimed. With
	// c.Begun it claims the execution that it stores, or none.
	CreateExecutions(ctx context.Context, c Creation) (Created, error)

	// ClaimExecutions takes at most c.Limit pending executions for the node, and returns them as they are afterwards:
	// running, with StartedAt c.Now, and a Lease with c.Node, c.Call and a new token. It returns none, and no error, where
	// nothing can be claimed. An execution can be claimed when
	//   - its RunAt is not after c.Now;
	//   - it is not Attached, or is attached to this node;
	//   - its script is not paused (that of a deleted script can be claimed, so that its claimer can end it);
	//   - fewer executions of its script are running than the script's MaxConcurrentRuns, and than the record's
	//     ConcurrencyCap where that is positive;
	//   - where it has an OrderKey, no execution of its script with the same one stands before it: see Order keys above.
	//
	// It is fair: the next execution goes to the tenant whose last turn ended longest ago, of those that have one to claim.
	// A turn ends with the execution that makes it as many as its Weight says, which is one unless it says more. Within a
	// tenant the order is RunAt, then CreatedAt, then ID.
	ClaimExecutions(ctx context.Context, c Claim) ([]ExecutionRecord, error)

	// RenewLease makes the node's lease last until then. It is the same for a new node.
	RenewLease(ctx context.Context, node string, until time.Time) error
	// ReleaseLease ends the node's lease.
	ReleaseLease(ctx context.Context, node string) error
	// Expired lists at most limit executions, of all tenants, oldest first by CreatedAt, whose node has no lease any
	// more at now: running ones, and attached pending ones.
	Expired(ctx context.Context, now time.Time, limit int) ([]ExecutionRecord, error)

	// Claimed lists at most limit running executions that the node has claimed, oldest first by CreatedAt. A node whose
	// claim failed learns so whether it was done all the same: the Call in the Lease tells.
	Claimed(ctx context.Context, node string, limit int) ([]ExecutionRecord, error)

	// FinishExecution records how an execution ended, with its logs and, where there is one, the next attempt, in one
	// step. It returns ErrConflict unless the stored status is o.From, and not a terminal one, and the stored lease
	// token is that of o.Execution. With an empty From the execution is stored for the first time, already at its end; it is ErrConflict as well then when
	// o.Revision is positive and the script has another one, or is gone. The stored
	// execution has no lease afterwards.
	FinishExecution(ctx context.Context, o Outcome) error

	// ResolveDeadLetter takes the dead letter mark off an execution; when next is not nil, it is stored as a new
	// pending execution in the same step, and is the execution's NextID. It returns ErrConflict when the execution has no such mark.
	ResolveDeadLetter(ctx context.Context, tenantID, executionID uuid.UUID, next *ExecutionRecord) error

	Execution(ctx context.Context, tenantID, executionID uuid.UUID) (ExecutionRecord, error)
	// DedupeKey returns what is known of a dedupe key that an execution holds; the execution itself may be pruned.
	DedupeKey(ctx context.Context, tenantID uuid.UUID, key string) (KeyRecord, error)
	// Executions lists the tenant's executions that match, newest first by CreatedAt and then ID.
	Executions(ctx context.Context, tenantID uuid.UUID, f ExecutionFilter) (Page[ExecutionRecord], error)
	// Logs returns the lines that an execution wrote, in order. One without logs is no error; one that does not exist
	// is ErrNotFound.
	Logs(ctx context.Context, tenantID, executionID uuid.UUID) ([]LogEntry, error)
	// CountExecutions counts a script's executions by status; the nil UUID counts all of the tenant.
	CountExecutions(ctx context.Context, tenantID, scriptID uuid.UUID) (map[ExecutionStatus]int64, error)

	// Prune removes at most p.Limit executions that have come to their end, with their logs. Dead letters stay. A call
	// looks at a bounded number of executions, so it may remove fewer than there are: the next one goes on from its Next.
	Prune(ctx context.Context, p Pruning) (Pruned, error)
	// PruneKeys removes at most limit dedupe keys that were stored with an execution created before then, with their replies.
	PruneKeys(ctx context.Context, before time.Time, limit int) (int, error)
}

// ScheduleStore is the part of a [Store] that keeps what became of each due instant of each scheduled script.
type ScheduleStore interface {
	// RecordTicks stores what became of due instants of a script, with the pending executions that they start, and moves the
	// script's cursor from t.From to t.To, forwards or back, all in one step. It returns ErrConflict, and changes nothing, when
	// the cursor is not t.From, or when with a positive t.Revision the script has another one, or is gone: so of those who
	// deal with an instant at the same time one does, and none after the script was changed. An instant that has a record
	// already keeps it, and the execution that came for it is not stored. The executions are never refused for load. With no
	// t.Due it only moves the cursor.
	RecordTicks(ctx context.Context, t Ticks) error
	// Ticks lists a script's ticks, latest instant first.
	Ticks(ctx context.Context, tenantID, scriptID uuid.UUID, p PageRequest) (Page[TickRecord], error)
	// ScheduleCursor returns the instant up to which the script's schedule has been dealt with; the zero time when
	// there is none.
	ScheduleCursor(ctx context.Context, tenantID, scriptID uuid.UUID) (time.Time, error)
	// PruneTicks removes at most limit ticks with an instant before then. Cursors stay.
	PruneTicks(ctx context.Context, before time.Time, limit int) (int, error)
}

// DefaultPageLimit and MaxPageLimit bound the items of one page.
const (
	DefaultPageLimit = 50
	MaxPageLimit     = 1000
)

// PageRequest asks for one page of a list.
type PageRequest struct {
	// Limit is the most items; 0 and less means DefaultPageLimit, and MaxPageLimit is the most there are.
	Limit int
	// After is the Next of the page before, of the same list with the same filter; empty for the first page. One that no page
	// gave is ErrInvalid.
	After string
}

// Size returns the number of items that the request asks for.
func (p PageRequest) Size() int {
	if p.Limit <= 0 {
		return DefaultPageLimit
	}
	return min(p.Limit, MaxPageLimit)
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the After of the next page; empty when this is the last one.
	Next string `json:"next,omitempty"`
}

// ScriptFilter chooses scripts; what is empty does not restrict.
type ScriptFilter struct {
	Types      []ScriptType
	Statuses   []ScriptStatus
	Tag        string
	NamePrefix string // what the name begins with, byte by byte
	PageRequest
}

// Matches reports whether the filter chooses the script.
func (f ScriptFilter) Matches(r ScriptRecord) bool {
	return oneOf(f.Types, r.Type) && oneOf(f.Statuses, r.Status) && (f.Tag == "" || slices.Contains(r.Tags, f.Tag)) &&
		strings.HasPrefix(r.Name, f.NamePrefix)
}

// ExecutionFilter chooses executions; what is empty does not restrict.
type ExecutionFilter struct {
	ScriptID uuid.UUID
	Statuses []ExecutionStatus
	Triggers []TriggerType
	// CreatedFrom and CreatedBefore bound CreatedAt, the first included and the second not.
	CreatedFrom   time.Time
	CreatedBefore time.Time
	// DeadLetters chooses those that were given up after their last attempt.
	DeadLetters bool
	PageRequest
}

// Matches reports whether the filter chooses the execution.
func (f ExecutionFilter) Matches(r ExecutionRecord) bool {
	return (f.ScriptID == uuid.Nil || f.ScriptID == r.ScriptID) &&
		oneOf(f.Statuses, r.Status) && oneOf(f.Triggers, r.TriggerType) &&
		(f.CreatedFrom.IsZero() || !r.CreatedAt.Before(f.CreatedFrom)) &&
		(f.CreatedBefore.IsZero() || r.CreatedAt.Before(f.CreatedBefore)) &&
		(!f.DeadLetters || r.DeadLetter)
}

func oneOf[T comparable](set []T, v T) bool { return len(set) == 0 || slices.Contains(set, v) }

// ScriptChange is an entry of the change feed.
type ScriptChange struct {
	Sequence int64
	TenantID uuid.UUID
	ScriptID uuid.UUID
	// Script is the script as it is now; nil when it was deleted.
	Script *ScriptRecord
}

// Lease says which node has claimed an execution.
type Lease struct {
	Node  string `json:"node,omitempty"`
	Token int64  `json:"token,omitempty"`
	Call  int64  `json:"call,omitempty"` // the Call of the [Claim]
}

// ExecutionRecord is an Execution as it crosses the [Store] port.
type ExecutionRecord struct {
	ID            uuid.UUID        `json:"id"`
	ScriptID      uuid.UUID        `json:"scriptId"`
	TenantID      uuid.UUID        `json:"tenantId"`
	Status        ExecutionStatus  `json:"status"`
	TriggerType   TriggerType      `json:"triggerType"`
	TriggerData   TriggerData      `json:"triggerData,omitzero"`
	Input         json.RawMessage  `json:"input,omitempty"`  // a JSON object
	Output        json.RawMessage  `json:"output,omitempty"` // any JSON value
	Failure       *ScriptError     `json:"failure,omitempty"`
	Metrics       ExecutionMetrics `json:"metrics,omitzero"`
	LogsDropped   int              `json:"logsDropped,omitempty"`
	VersionNumber int              `json:"versionNumber,omitempty"`
	Attempt       int              `json:"attempt"`
	PreviousID    uuid.UUID        `json:"previousId,omitzero"`
	NextID        uuid.UUID        `json:"nextId,omitzero"` // the attempt that was stored after it
	CreatedAt     time.Time        `json:"createdAt"`
	RunAt         time.Time        `json:"runAt"`
	StartedAt     time.Time        `json:"startedAt,omitzero"`
	CompletedAt   time.Time        `json:"completedAt,omitzero"`

	// Depth is how many executions caused one another before this one; 0 for one from outside.
	Depth int `json:"depth,omitempty"`
	// CausedBy is the execution that caused this one, by an event or by a host function; the nil UUID for none.
	CausedBy uuid.UUID `json:"causedBy,omitzero"`
	// FirstID is the first attempt at the work that this one repeats; the nil UUID where it is itself the first.
	FirstID uuid.UUID `json:"firstId,omitzero"`
	// Failures and Interruptions count the attempts before this one: those that failed since the work was begun or
	// requeued, and those that began and were cut off because their process went away.
	Failures      int `json:"failures,omitempty"`
	Interruptions int `json:"interruptions,omitempty"`
	// DedupeKey is unique in the tenant; empty for none.
	DedupeKey string `json:"dedupeKey,omitempty"`
	// Fingerprint says what the DedupeKey is used for, so that its use for something else can be told from a repetition.
	Fingerprint string `json:"fingerprint,omitempty"`
	// OrderKey makes executions of the same script with the same key run one after the other, in the order in which they
	// were stored; empty for none.
	OrderKey string `json:"orderKey,omitempty"`
	// ConcurrencyCap lowers the script's MaxConcurrentRuns to what the tenant may have; 0 does not.
	ConcurrencyCap int `json:"concurrencyCap,omitempty"`
	// Weight is how many executions in a row its tenant may have in one turn, as far as this one is concerned; 0 means 1.
	Weight int `json:"weight,omitempty"`
	// DeadLetter marks the last attempt at work that was given up, until somebody requeues or discards it.
	DeadLetter bool `json:"deadLetter,omitempty"`
	// Attached says that a caller waits for the outcome, in the process of Lease.Node: no other node may claim it.
	Attached bool  `json:"attached,omitempty"`
	Lease    Lease `json:"lease,omitzero"`
}

// Clone returns a copy that shares no slice, map or pointer with r.
func (r ExecutionRecord) Clone() ExecutionRecord {
	r.Input = slices.Clone(r.Input)
	r.Output = slices.Clone(r.Output)
	r.TriggerData = r.TriggerData.copy()
	if r.Failure != nil {
		failure := *r.Failure
		r.Failure = &failure
	}
	return r
}

// ScriptUpdate is a change of a script.
type ScriptUpdate struct {
	Script  ScriptRecord
	Version *VersionRecord // is added; nil for none
	// Cursor is where the script's schedule begins anew: its cursor moves there, forwards or back. The zero time leaves it.
	Cursor time.Time
}

// Creation is what CreateExecutions stores, and then claims.
type Creation struct {
	Executions []ExecutionRecord // pending ones of one tenant
	MaxPending int               // 0 for no bound
	// Revision, where it is positive, is the one that their script, which must be the same for all, has to have: for who decides
	// by the script whether it runs.
	Revision int64
	Claim    Claim // the zero Claim claims nothing
	// Begun says that the execution, of which there is one, has begun already. The Claim takes it whoever's turn it is, if it can be
	// claimed, and takes nothing else; MaxPending counts it only where it stays pending.
	Begun bool
}

// Created says what became of a [Creation].
type Created struct {
	IDs     []uuid.UUID
	Claimed []ExecutionRecord
}

// KeyRecord is what is known of a dedupe key.
type KeyRecord struct {
	ExecutionID uuid.UUID `json:"executionId"` // of the one that holds it
	CreatedAt   time.Time `json:"createdAt"`   // of that execution
	Fingerprint string    `json:"fingerprint,omitempty"`
	// Reply is the answer that the execution gave, for those who ask again with the same key; nil before it has ended, and
	// where it gave none.
	Reply json.RawMessage `json:"reply,omitempty"`
}

// Claim asks for pending executions.
type Claim struct {
	Node string
	// Call is the node's own number for this call. It is kept in the Lease, so that a node whose call failed can find out
	// what it took all the same.
	Call  int64
	Now   time.Time
	Limit int
}

// Outcome is how an execution ended.
type Outcome struct {
	// Execution has a terminal status and, unless From is empty, the ID and the Lease.Token of the stored one, which
	// it replaces.
	Execution ExecutionRecord
	// From is the status that the stored execution must have; empty when none is stored.
	From ExecutionStatus
	// Revision, where it is positive and From is empty, is the one that the execution's script has to have: for who decided by the
	// script that it runs.
	Revision int64
	Logs     []LogEntry
	// Next is the next attempt, or nil. It is stored as pending and never refused.
	Next *ExecutionRecord
	// Reply, where it is not nil, is kept with the execution's dedupe key, and dropped when the execution holds none.
	Reply json.RawMessage
	// ReleaseKey frees the dedupe key that the execution holds: the next one that is stored with it gets it.
	ReleaseKey bool
}

// Pruning chooses executions to remove: those that have come to their end and are older than Before, or of which their
// script has KeepPerScript newer ones that have come to their end.
type Pruning struct {
	Before        time.Time         // compared with CreatedAt; the zero time chooses none by age
	KeepPerScript int               // 0 chooses none by count
	Statuses      []ExecutionStatus // only these; empty for all terminal ones
	Limit         int
	After         string // the Next of the call before; empty for the first. One that no call gave is ErrInvalid
}

// Pruned says what became of a [Pruning].
type Pruned struct {
	Removed int
	// Next is the After of the next call; empty when all that there was has been looked at.
	Next string
}
