package jsruntime_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
)

// hungStore is a store in which one method, or each, stops answering when a test says so.
type hungStore struct {
	jsruntime.Store
	method string        // "" for each
	obeys  bool          // whether a call that hangs returns when its context ends, as the contract says
	back   chan struct{} // closed when the store answers again
	hangs  atomic.Bool
	hung   atomic.Int64 // calls that hung
}

func newHungStore(st jsruntime.Store, method string, obeys bool) *hungStore {
	return &hungStore{Store: st, method: method, obeys: obeys, back: make(chan struct{})}
}

// recover makes the store answer, what hangs in it included.
func (s *hungStore) recover() {
	s.hangs.Store(false)
	close(s.back)
}

func (s *hungStore) wait(ctx context.Context, method string) error {
	if !s.hangs.Load() || s.method != "" && s.method != method {
		return nil
	}
	s.hung.Add(1)
	if !s.obeys {
		<-s.back
		return nil
	}
	select {
	case <-s.back:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do is a call of a method without a result.
func (s *hungStore) do(ctx context.Context, method string, call func() error) error {
	if err := s.wait(ctx, method); err != nil {
		return err
	}
	return call()
}

// hang is a call of a method with one result.
func hang[T any](ctx context.Context, s *hungStore, method string, call func() (T, error)) (T, error) {
	if err := s.wait(ctx, method); err != nil {
		var none T
		return none, err
	}
	return call()
}

var hangingMethods = []string{
	"CreateExecutions", "ClaimExecutions", "RenewLease", "ReleaseLease", "Expired", "Claimed", "FinishExecution", "Execution",
	"Script", "Changes", "RecordTicks", "CountExecutions", "ScheduleCursor", "",
}

func (s *hungStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	return hang(ctx, s, "CreateExecutions", func() (jsruntime.Created, error) { return s.Store.CreateExecutions(ctx, c) })
}

func (s *hungStore) ClaimExecutions(ctx context.Context, c jsruntime.Claim) ([]jsruntime.ExecutionRecord, error) {
	return hang(ctx, s, "ClaimExecutions", func() ([]jsruntime.ExecutionRecord, error) {
		claimed, err := s.Store.ClaimExecutions(ctx, c)
		if s.hangs.Load() && s.method == "Claimed" { // which only a node asks for that does not know what it has claimed
			return nil, errors.Join(errDisk, err)
		}
		return claimed, err
	})
}

func (s *hungStore) RenewLease(ctx context.Context, node string, until time.Time) error {
	return s.do(ctx, "RenewLease", func() error { return s.Store.RenewLease(ctx, node, until) })
}

func (s *hungStore) ReleaseLease(ctx context.Context, node string) error {
	return s.do(ctx, "ReleaseLease", func() error { return s.Store.ReleaseLease(ctx, node) })
}

func (s *hungStore) Expired(ctx context.Context, now time.Time, limit int) ([]jsruntime.ExecutionRecord, error) {
	return hang(ctx, s, "Expired", func() ([]jsruntime.ExecutionRecord, error) { return s.Store.Expired(ctx, now, limit) })
}

func (s *hungStore) Claimed(ctx context.Context, node string, limit int) ([]jsruntime.ExecutionRecord, error) {
	return hang(ctx, s, "Claimed", func() ([]jsruntime.ExecutionRecord, error) { return s.Store.Claimed(ctx, node, limit) })
}

func (s *hungStore) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	return s.do(ctx, "FinishExecution", func() error { return s.Store.FinishExecution(ctx, o) })
}

func (s *hungStore) Execution(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ExecutionRecord, error) {
	return hang(ctx, s, "Execution", func() (jsruntime.ExecutionRecord, error) { return s.Store.Execution(ctx, tenantID, id) })
}

func (s *hungStore) Script(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ScriptRecord, error) {
	return hang(ctx, s, "Script", func() (jsruntime.ScriptRecord, error) { return s.Store.Script(ctx, tenantID, id) })
}

func (s *hungStore) Changes(ctx context.Context, after int64, limit int) ([]jsruntime.ScriptChange, error) {
	return hang(ctx, s, "Changes", func() ([]jsruntime.ScriptChange, error) { return s.Store.Changes(ctx, after, limit) })
}

func (s *hungStore) RecordTicks(ctx context.Context, t jsruntime.Ticks) error {
	return s.do(ctx, "RecordTicks", func() error { return s.Store.RecordTicks(ctx, t) })
}

func (s *hungStore) CountExecutions(ctx context.Context, tenantID, id uuid.UUID) (map[jsruntime.ExecutionStatus]int64, error) {
	return hang(ctx, s, "CountExecutions", func() (map[jsruntime.ExecutionStatus]int64, error) {
		return s.Store.CountExecutions(ctx, tenantID, id)
	})
}

func (s *hungStore) ScheduleCursor(ctx context.Context, tenantID, id uuid.UUID) (time.Time, error) {
	return hang(ctx, s, "ScheduleCursor", func() (time.Time, error) { return s.Store.ScheduleCursor(ctx, tenantID, id) })
}
