package jsruntime_test

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
)

// faultyStore lets a test decide what becomes of the calls that matter.
type faultyStore struct {
	jsruntime.Store
	finish    func(ctx context.Context, o jsruntime.Outcome) error
	read      func() error      // before Script
	execution func() error      // before Execution
	renew     func() error      // before RenewLease
	claimed   func() error      // after a claim that took something
	ticked    func(error) error // after RecordTicks
}

func (s *faultyStore) RecordTicks(ctx context.Context, t jsruntime.Ticks) error {
	err := s.Store.RecordTicks(ctx, t)
	if s.ticked != nil {
		err = s.ticked(err)
	}
	return err
}

func (s *faultyStore) ClaimExecutions(ctx context.Context, c jsruntime.Claim) ([]jsruntime.ExecutionRecord, error) {
	claimed, err := s.Store.ClaimExecutions(ctx, c)
	if err == nil && len(claimed) > 0 && s.claimed != nil {
		err = s.claimed()
	}
	return claimed, err
}

func (s *faultyStore) CreateExecutions(ctx context.Context, c jsruntime.Creation) (jsruntime.Created, error) {
	created, err := s.Store.CreateExecutions(ctx, c)
	if err == nil && len(created.Claimed) > 0 && s.claimed != nil {
		err = s.claimed()
	}
	return created, err
}

func (s *faultyStore) RenewLease(ctx context.Context, node string, until time.Time) error {
	if s.renew != nil {
		if err := s.renew(); err != nil {
			return err
		}
	}
	return s.Store.RenewLease(ctx, node, until)
}

func (s *faultyStore) Execution(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ExecutionRecord, error) {
	if s.execution != nil {
		if err := s.execution(); err != nil {
			return jsruntime.ExecutionRecord{}, err
		}
	}
	return s.Store.Execution(ctx, tenantID, id)
}

func (s *faultyStore) FinishExecution(ctx context.Context, o jsruntime.Outcome) error {
	if s.finish != nil {
		return s.finish(ctx, o)
	}
	return s.Store.FinishExecution(ctx, o)
}

func (s *faultyStore) Script(ctx context.Context, tenantID, id uuid.UUID) (jsruntime.ScriptRecord, error) {
	if s.read != nil {
		if err := s.read(); err != nil {
			return jsruntime.ScriptRecord{}, err
		}
	}
	return s.Store.Script(ctx, tenantID, id)
}
