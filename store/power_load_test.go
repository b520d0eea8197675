package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// acknowledger calls a store whose file is recorded, and writes into the same log what the calls have acknowledged.
type acknowledger struct {
	store *Bolt
	log   *os.File
	early bool // acknowledges what has not been done yet, to see that this is noticed

	mu   sync.Mutex
	said []ack
}

func openLog(t *testing.T, path string) *os.File {
	t.Helper()
	log, err := os.OpenFile(path+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	return log
}

// say appends an acknowledgement to the log.
func (l *acknowledger) say(a ack) error {
	l.mu.Lock() // so that said is in the order of the log
	defer l.mu.Unlock()
	l.said = append(l.said, a)
	_, err := l.log.Write(a.event().bytes())
	return err
}

// call acknowledges what do did, once it has returned nil.
func (l *acknowledger) call(do func() error, acks ...ack) error {
	if l.early {
		for _, a := range acks {
			if err := l.say(a); err != nil {
				return err
			}
		}
		return do()
	}
	if err := do(); err != nil {
		return err
	}
	for _, a := range acks {
		if err := l.say(a); err != nil {
			return err
		}
	}
	return nil
}

const (
	loadCallers = 8
	loadRounds  = 10
)

// run has many callers write at the same time.
func (l *acknowledger) run(t *testing.T, rounds int) {
	t.Helper()
	require.NoError(t, l.say(ack{What: "opened"}))
	var callers sync.WaitGroup
	for range loadCallers {
		callers.Go(func() {
			for n := range rounds {
				if err := l.round(t.Context(), uuid.New(), n); err != nil {
					t.Errorf("round %d: %v", n, err)
				}
			}
		})
	}
	callers.Wait()
}

func (l *acknowledger) round(ctx context.Context, tenant uuid.UUID, n int) error {
	for _, step := range []func(context.Context, uuid.UUID, int) error{l.executions, l.claim, l.scripts, l.schedule, l.prune} {
		if err := step(ctx, tenant, n); err != nil {
			return err
		}
	}
	return nil
}

func (l *acknowledger) executions(ctx context.Context, tenant uuid.UUID, n int) error {
	runs := []jsruntime.ExecutionRecord{newRun(tenant, uuid.New()), newRun(tenant, uuid.New())}
	runs[0].Input = bytes.Repeat([]byte("1"), 1+n*700)
	create := func() error {
		_, err := l.store.CreateExecutions(ctx, jsruntime.Creation{Executions: runs})
		return err
	}
	return l.call(create, ack{What: "execution", Tenant: tenant, ID: runs[0].ID}, ack{What: "execution", Tenant: tenant, ID: runs[1].ID})
}

func (l *acknowledger) claim(ctx context.Context, _ uuid.UUID, _ int) error {
	claimed, err := l.store.ClaimExecutions(ctx, jsruntime.Claim{Node: "node", Now: time.Now(), Limit: 2})
	if err != nil {
		return err
	}
	for _, r := range claimed {
		if err := l.say(ack{What: "running", Tenant: r.TenantID, ID: r.ID}); err != nil {
			return err
		}
		o := jsruntime.Outcome{Execution: r, From: r.Status, Logs: []jsruntime.LogEntry{{Message: "a line"}}}
		o.Execution.Status, o.Execution.CompletedAt = jsruntime.ExecutionCompleted, r.RunAt
		finish := func() error { return l.store.FinishExecution(ctx, o) }
		if err := l.call(finish, ack{What: "ended", Tenant: r.TenantID, ID: r.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (l *acknowledger) scripts(ctx context.Context, tenant uuid.UUID, n int) error {
	s, v := scriptOf(tenant, 100*n)
	s.VersionNumber = 1
	create := func() error { return l.store.CreateScript(ctx, s, v) }
	if err := l.call(create, ack{What: "script", Tenant: tenant, ID: s.ID, N: 1}); err != nil {
		return err
	}
	s.Revision++
	s.VersionNumber, v.VersionNumber = 2, 2
	update := func() error { return l.store.UpdateScript(ctx, jsruntime.ScriptUpdate{Script: s, Version: &v}) }
	if err := l.call(update, ack{What: "script", Tenant: tenant, ID: s.ID, N: 2}); err != nil || n%2 == 0 {
		return err
	}
	if err := l.say(ack{ID: s.ID}); err != nil { // from now on, it may be there or not
		return err
	}
	remove := func() error { return l.store.DeleteScript(ctx, tenant, s.ID, s.Revision) }
	return l.call(remove, ack{What: "no script", Tenant: tenant, ID: s.ID})
}

func (l *acknowledger) schedule(ctx context.Context, tenant uuid.UUID, n int) error {
	run := newRun(tenant, uuid.New())
	tick := jsruntime.TickRecord{TenantID: tenant, ScriptID: run.ScriptID, Instant: fixtureTime(n), Status: jsruntime.TickRun}
	ticks := jsruntime.Ticks{TenantID: tenant, ScriptID: run.ScriptID, To: tick.Instant, Due: []jsruntime.Tick{{Record: tick, Run: &run}}}
	record := func() error { return l.store.RecordTicks(ctx, ticks) }
	err := l.call(record, ack{What: "tick", Tenant: tenant, ID: run.ScriptID}, ack{What: "execution", Tenant: tenant, ID: run.ID})
	if err != nil {
		return err
	}
	on := jsruntime.Ticks{TenantID: tenant, ScriptID: run.ScriptID, From: ticks.To, To: fixtureTime(n + 100)}
	move := func() error { return l.store.RecordTicks(ctx, on) }
	return l.call(move, ack{What: "cursor", Tenant: tenant, ID: run.ScriptID, N: n + 100})
}

// prune removes an execution of long ago, or finds that another caller has.
func (l *acknowledger) prune(ctx context.Context, tenant uuid.UUID, _ int) error {
	old := newRun(tenant, uuid.New())
	old.CreatedAt = old.CreatedAt.AddDate(-10, 0, 0)
	old.RunAt, old.Status = old.CreatedAt, jsruntime.ExecutionFailed
	if err := l.store.FinishExecution(ctx, jsruntime.Outcome{Execution: old}); err != nil {
		return err
	}
	prune := func() error {
		_, err := l.store.Prune(ctx, jsruntime.Pruning{Before: old.CreatedAt.Add(time.Second), Limit: 1000})
		return err
	}
	return l.call(prune, ack{What: "gone", Tenant: tenant, ID: old.ID})
}

// compacting compacts the store in between. The smaller file has a log of its own, which begins with what was said before.
func compacting(t *testing.T, path string) {
	l := &acknowledger{store: openBolt(t, path), log: openLog(t, path)}
	l.run(t, 2)
	smaller := openLog(t, compactPath(path))
	require.NoError(t, l.store.Compact(t.Context()))
	said := l.said[1:] // without "opened", which comes when all of it has been said
	l.log = smaller
	for _, a := range said {
		require.NoError(t, l.say(a))
	}
	l.run(t, 2)
}

// failingSyncs has one sync after the other fail, and opens the store again each time.
func failingSyncs(t *testing.T, path string) {
	log := openLog(t, path)
	require.NoError(t, os.WriteFile(path+".fail", []byte("0"), 0o600))
	_, err := Open(path) // creates the file
	require.ErrorIs(t, err, syscall.EIO)
	require.NotErrorIs(t, err, jsruntime.ErrFormat)
	for n := range 6 { // that of the pages, that of the meta page, and with a file that grows, the one before
		st, err := Open(path)
		require.NoError(t, err)
		l := &acknowledger{store: st, log: log}
		l.run(t, 2)
		require.NoError(t, os.WriteFile(path+".fail", []byte(strconv.Itoa(n/2)), 0o600))
		failingSync(t, l, 6<<20*(n%2))
		require.NoFileExists(t, path+".fail")
		require.NoError(t, st.Close())
	}
	st, err := Open(path)
	require.NoError(t, err)
	(&acknowledger{store: st, log: log}).run(t, 2)
	require.NoError(t, st.Check(t.Context()))
	require.NoError(t, st.Close())
}

// failingSync writes until a sync fails, something so large that the file grows among it, and expects that nothing is written any more.
func failingSync(t *testing.T, l *acknowledger, large int) {
	ctx := t.Context()
	before := newRun(uuid.New(), uuid.New())
	_, err := l.store.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{before}})
	for n := 0; err == nil && n < 10; n++ {
		run := newRun(uuid.New(), uuid.New())
		run.Input = bytes.Repeat([]byte("1"), 1+large)
		_, err = l.store.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{run}})
	}
	for range 2 {
		require.ErrorIs(t, err, syscall.EIO)
		require.ErrorIs(t, err, ErrReadOnly)
		err = l.store.RenewLease(ctx, "node", time.Now())
	}
	require.ErrorIs(t, l.store.Compact(ctx), ErrReadOnly)
	require.NoError(t, l.store.Check(ctx))
	_, err = l.store.Backup(ctx, new(bytes.Buffer))
	require.NoError(t, err)
	var callers sync.WaitGroup
	for n := range 20 {
		callers.Go(func() {
			if _, err := l.store.CreateExecutions(ctx, jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{newRun(uuid.New(), uuid.New())}}); err == nil {
				t.Error(fmt.Errorf("write %d was acknowledged", n))
			}
		})
	}
	callers.Wait()
}
