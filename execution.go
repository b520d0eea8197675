package jsruntime

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ExecutionStatus is where an execution is in its life.
type ExecutionStatus string

// The execution statuses.
const (
	ExecutionPending   ExecutionStatus = "pending"   // accepted, waiting for its turn
	ExecutionRunning   ExecutionStatus = "running"   // the script runs
	ExecutionCompleted ExecutionStatus = "completed" // the script returned
	ExecutionFailed    ExecutionStatus = "failed"    // it threw, or broke a limit other than time
	ExecutionTimeout   ExecutionStatus = "timeout"   // it exceeded MaxExecutionTime
	ExecutionCancelled ExecutionStatus = "cancelled" // somebody stopped it
)

var executionTransitions = map[ExecutionStatus][]ExecutionStatus{
	ExecutionPending:   {ExecutionRunning, ExecutionCancelled},
	ExecutionRunning:   {ExecutionCompleted, ExecutionFailed, ExecutionTimeout, ExecutionCancelled},
	ExecutionCompleted: {},
	ExecutionFailed:    {},
	ExecutionTimeout:   {},
	ExecutionCancelled: {},
}

// IsValid reports whether s is one of the statuses defined here.
func (s ExecutionStatus) IsValid() bool {
	_, ok := executionTransitions[s]
	return ok
}

// IsTerminal reports whether an execution with this status has come to its end.
func (s ExecutionStatus) IsTerminal() bool {
	next, ok := executionTransitions[s]
	return ok && len(next) == 0
}

// TransitionTo returns nil when an execution may go from s to the other status, and a [TransitionError] otherwise.
// The ways are pending to running or cancelled, and running to completed, failed, timeout or cancelled.
func (s ExecutionStatus) TransitionTo(to ExecutionStatus) error {
	if slices.Contains(executionTransitions[s], to) {
		return nil
	}
	return &TransitionError{Entity: "execution", From: string(s), To: string(to)}
}

// ExecutionMetrics is what an execution cost.
type ExecutionMetrics struct {
	// Duration is the wall time of the run, from its start to its end. It does not include waiting as pending.
	Duration time.Duration `json:"duration"`
	// MemoryUsedBytes is the peak of the memory that the script held, measured. MemoryEstimated says that it was too
	// little to be measured, less than some 8 MiB, and that this is a coarse figure.
	MemoryUsedBytes int64 `json:"memoryUsedBytes"`
	MemoryEstimated bool  `json:"memoryEstimated,omitempty"`
	// CPUTime is the processor time of the run, garbage collection included. It is 0 where the executor cannot tell,
	// as vm cannot, whose runs share a process.
	CPUTime time.Duration `json:"cpuTime,omitempty"`
	// RealmTime is the wall time of the run without what it waited for timers and host calls.
	RealmTime time.Duration `json:"realmTime,omitempty"`
	// APICallCount is the number of counted host calls, database queries among them.
	APICallCount int `json:"apiCallCount"`
	// DatabaseQueryCount is the number of host calls that were database queries.
	DatabaseQueryCount int `json:"databaseQueryCount"`
}

// Execution is one run of a script: what started it, what went in, what came out and what it cost. It is immutable: a
// setter returns a new Execution. Input, Output and TriggerData are copies, of values as JSON holds them (numbers are
// float64).
type Execution interface {
	ID() uuid.UUID
	ScriptID() uuid.UUID
	TenantID() uuid.UUID
	Status() ExecutionStatus
	TriggerType() TriggerType
	TriggerData() TriggerData
	Input() map[string]any
	// Output is what the script returned; nil unless the execution completed.
	Output() any
	// Error is why the execution did not complete, for people; empty while it runs and when it completed.
	Error() string
	// Failure is why the execution did not complete, for programs; nil while it runs and when it completed. Use
	// errors.Is with [ErrTimeout], [ErrMemoryLimit] and the others.
	Failure() *ScriptError
	Metrics() ExecutionMetrics
	// VersionNumber is the version of the script that ran; 0 before it started.
	VersionNumber() int
	// Attempt counts the tries of the same work from 1; PreviousID is the execution that this one repeats.
	Attempt() int
	PreviousID() uuid.UUID
	// IsDeadLetter reports whether the work was given up with this attempt, and waits to be requeued or discarded; see
	// [RetryPolicy].
	IsDeadLetter() bool
	// CausedBy is the execution that caused this one, by an event that it published or through a host function; the nil
	// UUID for one that came from outside.
	CausedBy() uuid.UUID
	// CreatedAt is when the execution was accepted, RunAt the earliest time at which it may start.
	CreatedAt() time.Time
	RunAt() time.Time
	// StartedAt is the zero time while the execution is pending, and for one that never ran.
	StartedAt() time.Time
	// CompletedAt is nil until the execution has come to its end, however it ended.
	CompletedAt() *time.Time

	// SetStatus sets any status; Transition is the one that keeps to the state machine.
	SetStatus(status ExecutionStatus) Execution
	SetOutput(output any) Execution
	SetError(message string) Execution
	SetMetrics(metrics ExecutionMetrics) Execution
	SetStartedAt(t time.Time) Execution
	SetCompletedAt(t time.Time) Execution
	// Transition returns the execution in another status, or a [TransitionError].
	Transition(to ExecutionStatus) (Execution, error)

	IsRunning() bool
	// IsCompleted reports whether the execution finished successfully.
	IsCompleted() bool
	// IsFailed reports whether the execution ended as failed or by timeout.
	IsFailed() bool
	// Duration is the time from start to end, or from start to now while it runs; zero while it is pending.
	Duration() time.Duration
	// Validate returns a [FieldError] for every broken rule, joined, or nil.
	Validate() error

	// Record returns the execution as it crosses the Store port.
	Record() ExecutionRecord

	json.Marshaler
	slog.LogValuer
	sealed()
}

type execution struct {
	record ExecutionRecord
	// These say that a value given could not be held; Validate reports them.
	inputErr, outputErr, triggerErr error
}

// NewExecution returns a pending execution. Applications do not need it: the Runtime makes executions.
func NewExecution(tenantID, scriptID uuid.UUID, trigger TriggerType, opts ...ExecutionOption) Execution {
	now := time.Now().UTC()
	e := &execution{record: ExecutionRecord{
		ID:          uuid.Must(uuid.NewV7()), // in order of time, which keeps a store's indexes compact
		ScriptID:    scriptID,
		TenantID:    tenantID,
		Status:      ExecutionPending,
		TriggerType: trigger,
		Attempt:     1,
		CreatedAt:   now,
		RunAt:       now,
	}}
	for _, opt := range opts {
		opt(e)
	}
	return e
}

// RestoreExecution rebuilds an Execution from its record.
func RestoreExecution(record ExecutionRecord) Execution { return &execution{record: record.Clone()} }

func (e *execution) ID() uuid.UUID             { return e.record.ID }
func (e *execution) ScriptID() uuid.UUID       { return e.record.ScriptID }
func (e *execution) TenantID() uuid.UUID       { return e.record.TenantID }
func (e *execution) Status() ExecutionStatus   { return e.record.Status }
func (e *execution) TriggerType() TriggerType  { return e.record.TriggerType }
func (e *execution) Metrics() ExecutionMetrics { return e.record.Metrics }
func (e *execution) VersionNumber() int        { return e.record.VersionNumber }
func (e *execution) Attempt() int              { return e.record.Attempt }
func (e *execution) PreviousID() uuid.UUID     { return e.record.PreviousID }
func (e *execution) IsDeadLetter() bool        { return e.record.DeadLetter }
func (e *execution) CausedBy() uuid.UUID       { return e.record.CausedBy }
func (e *execution) CreatedAt() time.Time      { return e.record.CreatedAt }
func (e *execution) RunAt() time.Time          { return e.record.RunAt }
func (e *execution) StartedAt() time.Time      { return e.record.StartedAt }
func (e *execution) IsRunning() bool           { return e.record.Status == ExecutionRunning }
func (e *execution) IsCompleted() bool         { return e.record.Status == ExecutionCompleted }
func (e *execution) Record() ExecutionRecord   { return e.record.Clone() }
func (e *execution) sealed()                   {}

func (e *execution) IsFailed() bool {
	return e.record.Status == ExecutionFailed || e.record.Status == ExecutionTimeout
}

func (e *execution) TriggerData() TriggerData { return e.record.TriggerData.copy() }

func (e *execution) Input() map[string]any {
	input := map[string]any{}
	if len(e.record.Input) > 0 && json.Unmarshal(e.record.Input, &input) != nil {
		return nil
	}
	return input
}

func (e *execution) Output() any {
	var output any
	if len(e.record.Output) > 0 && json.Unmarshal(e.record.Output, &output) != nil {
		return nil
	}
	return output
}

func (e *execution) Error() string {
	if e.record.Failure == nil {
		return ""
	}
	return e.record.Failure.Error()
}

func (e *execution) Failure() *ScriptError {
	if e.record.Failure == nil {
		return nil
	}
	failure := *e.record.Failure
	failure.ExecutionID = e.record.ID
	return &failure
}

func (e *execution) CompletedAt() *time.Time {
	if e.record.CompletedAt.IsZero() {
		return nil
	}
	t := e.record.CompletedAt
	return &t
}

func (e *execution) Duration() time.Duration {
	switch {
	case e.record.StartedAt.IsZero():
		return 0
	case e.record.CompletedAt.IsZero():
		return time.Since(e.record.StartedAt)
	}
	return e.record.CompletedAt.Sub(e.record.StartedAt)
}

func (e *execution) Validate() error {
	errs := []error{e.inputErr, e.outputErr, e.triggerErr}
	add := func(err error) { errs = append(errs, err) }
	r := &e.record
	if r.ID == uuid.Nil {
		add(invalid("id", "must not be the nil UUID"))
	}
	if r.ScriptID == uuid.Nil {
		add(invalid("scriptId", "is required"))
	}
	if r.TenantID == uuid.Nil {
		add(invalid("tenantId", "is required"))
	}
	if !r.Status.IsValid() {
		add(invalid("status", "%q is not an execution status", r.Status))
	}
	if !r.TriggerType.IsValid() {
		add(invalid("triggerType", "%q is not a trigger type", r.TriggerType))
	}
	if r.Status.IsValid() && r.Status.IsTerminal() == r.CompletedAt.IsZero() {
		add(invalid("completedAt", "must be set when the execution has come to its end, and not before"))
	}
	if !r.StartedAt.IsZero() && !r.CompletedAt.IsZero() && r.CompletedAt.Before(r.StartedAt) {
		add(invalid("completedAt", "must not be before startedAt"))
	}
	return errors.Join(errs...)
}

func (e *execution) with(change func(*execution)) Execution {
	c := *e
	c.record = e.record.Clone()
	change(&c)
	return &c
}

func (e *execution) SetStatus(status ExecutionStatus) Execution {
	return e.with(func(c *execution) { c.record.Status = status })
}

func (e *execution) SetOutput(output any) Execution {
	return e.with(func(c *execution) {
		c.record.Output, c.outputErr = encodeJSON("output", output)
	})
}

func (e *execution) SetError(message string) Execution {
	return e.with(func(c *execution) {
		c.record.Failure = nil
		if message != "" {
			c.record.Failure = &ScriptError{Kind: FailureException, Message: message}
		}
	})
}

func (e *execution) SetMetrics(metrics ExecutionMetrics) Execution {
	return e.with(func(c *execution) { c.record.Metrics = metrics })
}

func (e *execution) SetStartedAt(t time.Time) Execution {
	return e.with(func(c *execution) { c.record.StartedAt = t })
}

func (e *execution) SetCompletedAt(t time.Time) Execution {
	return e.with(func(c *execution) { c.record.CompletedAt = t })
}

func (e *execution) Transition(to ExecutionStatus) (Execution, error) {
	if err := e.record.Status.TransitionTo(to); err != nil {
		return nil, err
	}
	return e.SetStatus(to), nil
}

// MarshalJSON leaves out the lease and the credentials of the request.
func (e *execution) MarshalJSON() ([]byte, error) {
	record := e.record
	record.Lease = Lease{}
	record.TriggerData = record.TriggerData.redacted()
	return json.Marshal(record)
}

// LogValue names the execution and its outcome; input and output stay out of logs.
func (e *execution) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("id", e.record.ID.String()),
		slog.String("script", e.record.ScriptID.String()),
		slog.String("tenant", e.record.TenantID.String()),
		slog.String("status", string(e.record.Status)),
		slog.String("trigger", string(e.record.TriggerType)),
		slog.Duration("duration", e.Duration()),
	}
	if message := e.Error(); message != "" {
		attrs = append(attrs, slog.String("error", message))
	}
	return slog.GroupValue(attrs...)
}

// ExecutionOption is a setting of a new execution.
type ExecutionOption func(*execution)

// WithExecutionID sets the id; the default is a new random one.
func WithExecutionID(id uuid.UUID) ExecutionOption { return func(e *execution) { e.record.ID = id } }

// WithInput sets the input.
func WithInput(input map[string]any) ExecutionOption {
	var raw json.RawMessage
	var err error
	if input != nil {
		raw, err = encodeJSON("input", input)
	}
	return func(e *execution) { e.record.Input, e.inputErr = slices.Clone(raw), err }
}

// WithTriggerData sets what is known about the trigger.
func WithTriggerData(data TriggerData) ExecutionOption {
	data, err := data.clone()
	return func(e *execution) { e.record.TriggerData, e.triggerErr = data.copy(), err }
}
