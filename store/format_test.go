package store

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// Files that were written when their format was the current one, with what fillFixture writes.
const (
	format1 = "testdata/format1.db.gz"
	format2 = "testdata/format2.db.gz"
	format3 = "testdata/format3.db.gz"
)

// The tenants of the fixture, and the nodes that claimed something in it.
var (
	fixtureTenants = []uuid.UUID{
		uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001"), uuid.MustParse("bbbbbbbb-0000-4000-8000-000000000002"),
	}
	fixtureNodes = []string{"node one", "node two"}
	fixtureEpoch = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
)

func fixtureTime(seconds int) time.Time {
	return fixtureEpoch.Add(time.Duration(seconds) * time.Second)
}

// fixtureID returns the n-th id of its kind in a tenant.
func fixtureID(tenant uuid.UUID, kind byte, n int) (id uuid.UUID) {
	id = tenant
	id[4], id[6] = kind, 0x70
	binary.BigEndian.PutUint32(id[9:], uint32(n)) //nolint:gosec // they are few
	return id
}

// fixture writes what it is asked for through the port, with ids and times that are always the same.
type fixture struct {
	t      *testing.T
	store  jsruntime.Store
	tenant uuid.UUID
}

// fillFixture fills an empty store with something of everything.
func fillFixture(t *testing.T, st jsruntime.Store) {
	t.Helper()
	for _, step := range []func(fixture){fixture.scripts, fixture.ended, fixture.running, fixture.waiting, fixture.schedule} {
		for _, tenant := range fixtureTenants { // what waits is last: claims take it from any tenant
			step(fixture{t, st, tenant})
		}
	}
}

func (f fixture) script(n int, change func(*jsruntime.ScriptRecord)) jsruntime.ScriptRecord {
	s := jsruntime.ScriptRecord{
		ID: fixtureID(f.tenant, 's', n), TenantID: f.tenant, Name: "script " + string(rune('a'+n)), Source: "return 1 < 2 && 'ü'",
		Language: jsruntime.LanguageJavaScript, Type: jsruntime.ScriptTypeOneOff, Status: jsruntime.ScriptStatusActive,
		Limits: jsruntime.DefaultResourceLimits(), CreatedAt: fixtureTime(n), UpdatedAt: fixtureTime(n), CreatedBy: 7,
		Revision: 1, VersionNumber: 1,
	}
	change(&s)
	return s
}

func (f fixture) version(s jsruntime.ScriptRecord) jsruntime.VersionRecord {
	return jsruntime.VersionRecord{
		ID: fixtureID(f.tenant, 'v', s.VersionNumber*100), ScriptID: s.ID, TenantID: s.TenantID, VersionNumber: s.VersionNumber,
		Source: s.Source, Language: s.Language, ChangeDescription: "why", CreatedAt: s.UpdatedAt, CreatedBy: s.CreatedBy,
	}
}

// scripts stores one of each type, one of them paused, one changed twice and one deleted.
func (f fixture) scripts() {
	for n, change := range []func(*jsruntime.ScriptRecord){
		func(s *jsruntime.ScriptRecord) { s.Description, s.Tags = "text", []string{"x", "y"} },
		func(s *jsruntime.ScriptRecord) { s.Type, s.Cron = jsruntime.ScriptTypeScheduled, "0 * * * *" },
		func(s *jsruntime.ScriptRecord) {
			s.Type, s.HTTPPath, s.HTTPMethods = jsruntime.ScriptTypeHTTP, "/orders/{id}", []string{"GET", "POST"}
		},
		func(s *jsruntime.ScriptRecord) {
			s.Type, s.EventTypes, s.Idempotent = jsruntime.ScriptTypeEvent, []string{"order.*"}, true
		},
		func(s *jsruntime.ScriptRecord) { s.Type = jsruntime.ScriptTypeEmbedded; s.Limits.MaxConcurrentRuns = 1 },
		func(s *jsruntime.ScriptRecord) {
			s.Status, s.Metadata = jsruntime.ScriptStatusPaused, map[string]string{"k": "v"}
		},
		func(s *jsruntime.ScriptRecord) { s.OrganizationID = fixtureID(f.tenant, 'o', 1) },
	} {
		s := f.script(n, change)
		require.NoError(f.t, f.store.CreateScript(f.t.Context(), s, f.version(s)))
		if n == 0 {
			f.update(s)
		}
	}
	require.NoError(f.t, f.store.DeleteScript(f.t.Context(), f.tenant, fixtureID(f.tenant, 's', 6), 1))
}

func (f fixture) update(s jsruntime.ScriptRecord) {
	s.Revision, s.VersionNumber, s.Source, s.UpdatedAt = 2, 2, "return 2", fixtureTime(50)
	version := f.version(s)
	require.NoError(f.t, f.store.UpdateScript(f.t.Context(), jsruntime.ScriptUpdate{Script: s, Version: &version}))
	s.Revision, s.Description = 3, "no new version"
	require.NoError(f.t, f.store.UpdateScript(f.t.Context(), jsruntime.ScriptUpdate{Script: s}))
}

func (f fixture) execution(n, script int, change func(*jsruntime.ExecutionRecord)) jsruntime.ExecutionRecord {
	r := jsruntime.ExecutionRecord{
		ID: fixtureID(f.tenant, 'e', n), ScriptID: fixtureID(f.tenant, 's', script), TenantID: f.tenant,
		Status: jsruntime.ExecutionPending, TriggerType: jsruntime.TriggerManual, Input: []byte(`{"a":"<ü>"}`),
		VersionNumber: 1, Attempt: 1, CreatedAt: fixtureTime(100 + n), RunAt: fixtureTime(100 + n),
	}
	if change != nil {
		change(&r)
	}
	return r
}

func (f fixture) create(records ...jsruntime.ExecutionRecord) {
	created, err := f.store.CreateExecutions(f.t.Context(), jsruntime.Creation{Executions: records})
	require.NoError(f.t, err)
	for i, id := range created.IDs {
		require.Equal(f.t, records[i].ID, id)
	}
}

// ended stores executions in every status that is an end, two of them dead letters, of which one is resolved.
func (f fixture) ended() {
	statuses := []jsruntime.ExecutionStatus{
		jsruntime.ExecutionCompleted, jsruntime.ExecutionFailed, jsruntime.ExecutionTimeout, jsruntime.ExecutionCancelled,
	}
	for n := range 2 * len(statuses) {
		f.create(f.execution(n, n%4, func(r *jsruntime.ExecutionRecord) { r.DedupeKey = "key " + string(rune('a'+n)) }))
		f.end(n, statuses[n%len(statuses)])
	}
	recorded := f.execution(20, 6, func(r *jsruntime.ExecutionRecord) { // of the deleted script, stored at its end
		r.Status, r.CompletedAt, r.Output = jsruntime.ExecutionCompleted, r.CreatedAt, []byte(`[1,"x",null]`)
	})
	require.NoError(f.t, f.store.FinishExecution(f.t.Context(), jsruntime.Outcome{Execution: recorded}))
	require.NoError(f.t, f.store.ResolveDeadLetter(f.t.Context(), f.tenant, fixtureID(f.tenant, 'e', 1), nil))
}

// running stores two executions of a script of which one runs at a time.
func (f fixture) running() {
	f.create(f.execution(30, 4, nil), f.execution(31, 4, nil))
	claimed, err := f.store.ClaimExecutions(f.t.Context(), jsruntime.Claim{Node: fixtureNodes[0], Now: fixtureTime(200), Limit: 9})
	require.NoError(f.t, err)
	require.Len(f.t, claimed, 1)
}

// waiting stores executions that wait for everything that one can wait for.
func (f fixture) waiting() {
	inOrder := func(r *jsruntime.ExecutionRecord) { r.OrderKey = "in order" }
	f.create(f.execution(40, 0, inOrder), f.execution(41, 0, inOrder), f.execution(42, 0, inOrder))
	f.create(f.execution(50, 3, func(r *jsruntime.ExecutionRecord) { r.ConcurrencyCap = 1 }),
		f.execution(51, 3, func(r *jsruntime.ExecutionRecord) { r.ConcurrencyCap, r.TriggerType = 1, jsruntime.TriggerEvent }),
		f.execution(52, 5, nil), // of the paused script
		f.execution(53, 2, func(r *jsruntime.ExecutionRecord) {
			r.Attached, r.Lease.Node, r.TriggerType = true, fixtureNodes[1], jsruntime.TriggerHTTP
		}),
		f.execution(54, 0, func(r *jsruntime.ExecutionRecord) { r.RunAt, r.Depth = fixtureTime(1000), 3 }),
		f.execution(55, 0, func(r *jsruntime.ExecutionRecord) { r.RunAt, r.OrderKey = fixtureTime(1001), "later" }))
}

// end has an execution claimed and finished: with logs, as a dead letter where it failed, with a retry after a timeout.
func (f fixture) end(n int, status jsruntime.ExecutionStatus) {
	claim := jsruntime.Claim{Node: fixtureNodes[n%2], Now: fixtureTime(100 + n), Limit: 1}
	claimed, err := f.store.ClaimExecutions(f.t.Context(), claim)
	require.NoError(f.t, err)
	require.Len(f.t, claimed, 1)
	o := jsruntime.Outcome{Execution: claimed[0], From: jsruntime.ExecutionRunning}
	r := &o.Execution
	r.Status, r.CompletedAt = status, fixtureTime(101+n)
	o.Logs = []jsruntime.LogEntry{{Time: fixtureTime(100 + n), Level: jsruntime.LogInfo, Message: "line 1\nü"}}
	switch status {
	case jsruntime.ExecutionCompleted:
		r.Output = []byte(`{"ok":true}`)
	case jsruntime.ExecutionFailed:
		r.Failure = &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "Error: x", Stack: "at 1:2", Line: 1, Column: 2}
		r.DeadLetter = true
	default:
		r.Failure, r.LogsDropped = &jsruntime.ScriptError{Kind: jsruntime.FailureTimeout, Message: "late"}, 3
	}
	if status == jsruntime.ExecutionTimeout {
		next := f.execution(60+n, 0, func(r *jsruntime.ExecutionRecord) {
			r.Attempt, r.PreviousID, r.RunAt = 2, o.Execution.ID, fixtureTime(500+n)
		})
		o.Next = &next
	}
	require.NoError(f.t, f.store.FinishExecution(f.t.Context(), o))
}

// schedule stores ticks of both kinds, one of which started an execution, and a cursor that was moved.
func (f fixture) schedule() {
	script := fixtureID(f.tenant, 's', 1)
	for n := range 4 {
		tick := jsruntime.TickRecord{
			TenantID: f.tenant, ScriptID: script, Instant: fixtureTime(60 * n), Status: jsruntime.TickSkipped,
			Reason: "because", RecordedAt: fixtureTime(60*n + 1),
		}
		var run *jsruntime.ExecutionRecord
		if n == 3 {
			r := f.execution(80, 1, func(r *jsruntime.ExecutionRecord) { r.TriggerType, r.DedupeKey = jsruntime.TriggerCron, "tick" })
			tick.Status, tick.Reason, tick.ExecutionID, run = jsruntime.TickRun, "", r.ID, &r
		}
		f.tick(script, tick.Instant, jsruntime.Tick{Record: tick, Run: run})
	}
	f.tick(fixtureID(f.tenant, 's', 5), fixtureTime(-5))
}

func (f fixture) tick(script uuid.UUID, to time.Time, due ...jsruntime.Tick) {
	from, err := f.store.ScheduleCursor(f.t.Context(), f.tenant, script)
	require.NoError(f.t, err)
	t := jsruntime.Ticks{TenantID: f.tenant, ScriptID: script, From: from, To: to, Due: due}
	require.NoError(f.t, f.store.RecordTicks(f.t.Context(), t))
}

func TestAFileOfAnOldFormatIsReadAsItWasWritten(t *testing.T) {
	for _, old := range []string{format1, format2, format3} {
		t.Run(old, func(t *testing.T) {
			path := storePath(t)
			unpack(t, old, path)
			was, now := NewMemory(), openBolt(t, path)
			fillFixture(t, was)
			require.NoError(t, now.Check(t.Context()))
			requireSame(t, was, now)
			require.NoError(t, now.Check(t.Context()))
		})
	}
}

// The process that migrated it ended before it was done, at first within a step and then at its end.
func TestAMigrationThatWasInterruptedBeginsAgain(t *testing.T) {
	path := storePath(t)
	unpack(t, format1, path)
	errEnded := errors.New("the process ended")
	for _, end := range []func(db *bbolt.DB) error{
		func(db *bbolt.DB) error {
			return eachEntry(db, "executions", func(*tx, []byte, []byte) error { return errEnded })
		},
		func(db *bbolt.DB) error {
			require.NoError(t, db.Update(func(btx *bbolt.Tx) error {
				return newBoltKV(btx).put(bQueue, []byte("left behind"), present)
			}))
			return errEnded
		},
		func(db *bbolt.DB) error {
			return db.Update(func(tx *bbolt.Tx) error {
				require.NoError(t, dropFormat1(tx))
				return errEnded
			})
		},
	} {
		db, err := openBbolt(path, config{}, false)
		require.NoError(t, err)
		require.NoError(t, fillRows(db.DB))
		require.ErrorIs(t, end(db.DB), errEnded)
		require.NoError(t, db.Close())
	}
	was, now := NewMemory(), openBolt(t, path)
	fillFixture(t, was)
	require.NoError(t, now.Check(t.Context()))
	requireSame(t, was, now)
}

// A file that is half of one format and half of another is nobody's to convert.
func TestAMigrationDeletesNothingWhereSomethingIsMissing(t *testing.T) {
	path := storePath(t)
	unpack(t, format1, path)
	db, err := openBbolt(path, config{}, false)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, fillRows(db.DB))
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("executions")) }))
	require.ErrorIs(t, fillRows(db.DB), jsruntime.ErrFormat)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		require.NotZero(t, tx.Bucket([]byte(bucketNames[bExecutions])).Stats().KeyN)
		return nil
	}))
}

// TestTheFixtureOfTheCurrentFormatIsReadAsItWasWritten shows that the comparison is one of the files' contents.
func TestTheFixtureOfTheCurrentFormatIsReadAsItWasWritten(t *testing.T) {
	path := storePath(t)
	if keep := os.Getenv("JSRUNTIME_KEEP_FIXTURE"); keep != "" { // where the file of a new format is to be kept
		path = filepath.Join(keep, "store.db")
	}
	written, err := Open(path)
	require.NoError(t, err)
	fillFixture(t, written)
	require.NoError(t, written.Compact(t.Context()))
	require.NoError(t, written.Close())
	if os.Getenv("JSRUNTIME_KEEP_FIXTURE") != "" {
		return
	}
	was := NewMemory()
	fillFixture(t, was)
	requireSame(t, was, openBolt(t, path))
}

func unpack(t *testing.T, packed, path string) {
	t.Helper()
	from, err := os.Open(filepath.FromSlash(packed))
	require.NoError(t, err)
	defer from.Close()
	unzipped, err := gzip.NewReader(from)
	require.NoError(t, err)
	content, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content, 0o600))
}

// requireSame fails unless two stores with the fixture answer everything alike. It claims all that can be claimed.
func requireSame(t *testing.T, was, now jsruntime.Store) {
	t.Helper()
	ask := func(what string, question func(jsruntime.Store) (any, error)) {
		want, err := question(was)
		require.NoError(t, err, what)
		got, err := question(now)
		require.NoError(t, err, what)
		require.Equal(t, want, got, what)
	}
	ask("changes", func(s jsruntime.Store) (any, error) { return s.Changes(t.Context(), 0, 1000) })
	for _, tenant := range append(fixtureTenants, uuid.Nil) {
		askTenant(t, tenant, ask)
	}
	at := fixtureTime(2000)
	ask("expired", func(s jsruntime.Store) (any, error) { return s.Expired(t.Context(), at, 1000) })
	for round := range 3 {
		for _, node := range fixtureNodes {
			ask("claim", func(s jsruntime.Store) (any, error) {
				return s.ClaimExecutions(t.Context(), jsruntime.Claim{Node: node, Now: fixtureTime(300 + 500*round), Limit: 4})
			})
			ask("claimed", func(s jsruntime.Store) (any, error) { return s.Claimed(t.Context(), node, 1000) })
		}
	}
	ask("prune", func(s jsruntime.Store) (any, error) {
		return s.Prune(t.Context(), jsruntime.Pruning{Before: at, Limit: 5, KeepPerScript: 1})
	})
	ask("prune keys", func(s jsruntime.Store) (any, error) { return s.PruneKeys(t.Context(), fixtureTime(104), 1000) })
	ask("prune ticks", func(s jsruntime.Store) (any, error) { return s.PruneTicks(t.Context(), fixtureTime(70), 1000) })
	for _, tenant := range fixtureTenants {
		askTenant(t, tenant, ask)
	}
}

// askTenant asks for everything that a tenant has.
func askTenant(t *testing.T, tenant uuid.UUID, ask func(string, func(jsruntime.Store) (any, error))) {
	t.Helper()
	ctx := t.Context()
	ask("scripts", func(s jsruntime.Store) (any, error) { return s.Scripts(ctx, tenant, jsruntime.ScriptFilter{}) })
	ask("counts", func(s jsruntime.Store) (any, error) { return s.CountExecutions(ctx, tenant, uuid.Nil) })
	for n := range 7 {
		script := fixtureID(tenant, 's', n)
		ask("versions", func(s jsruntime.Store) (any, error) { return s.Versions(ctx, tenant, script, jsruntime.PageRequest{}) })
		ask("ticks", func(s jsruntime.Store) (any, error) { return s.Ticks(ctx, tenant, script, jsruntime.PageRequest{}) })
		ask("cursor", func(s jsruntime.Store) (any, error) { return s.ScheduleCursor(ctx, tenant, script) })
		ask("counts of a script", func(s jsruntime.Store) (any, error) { return s.CountExecutions(ctx, tenant, script) })
		ask("runs of a script", func(s jsruntime.Store) (any, error) {
			return s.Executions(ctx, tenant, jsruntime.ExecutionFilter{ScriptID: script})
		})
	}
	ask("names", func(s jsruntime.Store) (any, error) {
		r, err := s.ScriptByName(ctx, tenant, "script a")
		return found{r, err != nil}, nil
	})
	ask("dead letters", func(s jsruntime.Store) (any, error) {
		return s.Executions(ctx, tenant, jsruntime.ExecutionFilter{DeadLetters: true})
	})
	all := jsruntime.ExecutionFilter{PageRequest: jsruntime.PageRequest{Limit: 1000}}
	ask("executions with their logs", func(s jsruntime.Store) (any, error) {
		page, err := s.Executions(ctx, tenant, all)
		logs := map[uuid.UUID][]jsruntime.LogEntry{}
		for _, r := range page.Items {
			if logs[r.ID], err = s.Logs(ctx, tenant, r.ID); err != nil {
				break
			}
		}
		return []any{page, logs}, err
	})
	ask("who has the keys", func(s jsruntime.Store) (any, error) {
		holders := map[string]found{}
		for _, key := range []string{"key a", "key b", "key c", "key d", "key e", "key f", "key g", "key h", "tick", "no key"} {
			held, err := s.DedupeKey(ctx, tenant, key)
			holders[key] = found{held, err != nil}
		}
		return holders, nil
	})
}

// found is what a store has, or that it has none.
type found struct {
	what    any
	missing bool
}
