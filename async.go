package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// ownPath begins the paths that no script can have.
	ownPath = "/.jsruntime/"
	// statesPath begins the paths under which the state of an asynchronous execution can be asked for.
	statesPath = ownPath + "executions/"
)

// acceptance answers a request whose script runs later.
func acceptance(id uuid.UUID, prefix string) answer {
	a := jsonAnswer(http.StatusAccepted, executionState{ID: id, Status: ExecutionPending})
	return a.withExecution(id).with("Location", prefix+statesPath+id.String()).with("Retry-After", "1")
}

// executionState is what the sender of a request is told of its execution.
type executionState struct {
	ID          uuid.UUID       `json:"id"`
	Status      ExecutionStatus `json:"status"`
	Attempt     int             `json:"attempt,omitempty"`
	Output      json.RawMessage `json:"output,omitempty"`
	Error       string          `json:"error,omitempty"`
	CreatedAt   time.Time       `json:"createdAt,omitzero"`
	StartedAt   time.Time       `json:"startedAt,omitzero"`
	CompletedAt time.Time       `json:"completedAt,omitzero"`
}

// ownAnswer answers a request under ownPath.
func (n *node) ownAnswer(r *http.Request, tenantID uuid.UUID) (answer, error) {
	text, ok := strings.CutPrefix(r.URL.Path, statesPath)
	id, err := uuid.Parse(text)
	if !ok || err != nil || id.String() != text {
		return answer{}, ErrNotFound
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodAnswer(r, []string{http.MethodGet, http.MethodHead}), nil
	}
	state, err := n.state(r.Context(), tenantID, id)
	if err != nil {
		return answer{}, err
	}
	a := jsonAnswer(http.StatusOK, state).withExecution(id).with("Cache-Control", "no-store")
	if !state.Status.IsTerminal() {
		a.Header.set("Retry-After", "1")
	}
	return a, nil
}

// state returns what has become of a request that was answered before its script ran: of its latest attempt.
func (n *node) state(ctx context.Context, tenantID, id uuid.UUID) (executionState, error) {
	first, err := n.rt.store.Execution(ctx, tenantID, id)
	if err != nil {
		return executionState{}, err
	}
	if first.TriggerType != TriggerHTTP || first.Attached {
		return executionState{}, ErrNotFound
	}
	latest := first
	for latest.NextID != uuid.Nil { // which is newer, so that there is an end; Requeue may have made more of them than a policy does
		next, err := n.rt.store.Execution(ctx, tenantID, latest.NextID)
		if errors.Is(err, ErrNotFound) { // pruned
			break
		}
		if err != nil {
			return executionState{}, err
		}
		latest = next
	}
	state := executionState{
		ID: id, Status: latest.Status, Attempt: latest.Attempt, Output: latest.Output,
		CreatedAt: first.CreatedAt, StartedAt: latest.StartedAt, CompletedAt: latest.CompletedAt,
	}
	if latest.Status.IsTerminal() && latest.Status != ExecutionCompleted {
		state.Error = failureText(&latest)
	}
	return state, nil
}
