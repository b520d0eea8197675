package storetest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// epoch is when the tests take place. It has nanoseconds, which must survive.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// at returns an instant of so many seconds after the epoch.
func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

// id returns the n-th of a series of UUIDs in ascending order.
func id(n int) (u uuid.UUID) {
	binary.BigEndian.PutUint64(u[8:], uint64(n)) //nolint:gosec // tests number from 1
	u[6], u[8] = 0x70, 0x80
	return u
}

// The tenants of the tests, and one that has nothing.
var (
	tenantA = uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001")
	tenantB = uuid.MustParse("bbbbbbbb-0000-4000-8000-000000000002")
	tenantC = uuid.MustParse("cccccccc-0000-4000-8000-000000000003")
)

// fixture is a store under test, and short ways to fill and ask it.
type fixture struct {
	*testing.T
	ctx   context.Context
	store jsruntime.Store
}

func newFixture(t *testing.T, s jsruntime.Store) *fixture {
	t.Helper()
	return &fixture{T: t, ctx: t.Context(), store: s}
}

// scriptRecord returns an active one-off script, created n seconds after the epoch.
func scriptRecord(tenant uuid.UUID, n int, change ...func(*jsruntime.ScriptRecord)) jsruntime.ScriptRecord {
	r := jsruntime.ScriptRecord{
		ID: scriptID(tenant, n), TenantID: tenant, Name: "script-" + id(n).String(), Source: "return 1 < 2 && 'ü'",
		Language: jsruntime.LanguageJavaScript, Type: jsruntime.ScriptTypeOneOff, Status: jsruntime.ScriptStatusActive,
		Limits: jsruntime.DefaultResourceLimits(), CreatedAt: at(n), UpdatedAt: at(n), Revision: 1, VersionNumber: 1,
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

// scriptID returns the id of the tenant's n-th script.
func scriptID(tenant uuid.UUID, n int) uuid.UUID {
	u := id(n)
	u[0] = tenant[0]
	return u
}

// versionRecord returns the version that comes with a script.
func versionRecord(s jsruntime.ScriptRecord) jsruntime.VersionRecord {
	return jsruntime.VersionRecord{
		ID: uuid.New(), ScriptID: s.ID, TenantID: s.TenantID, VersionNumber: s.VersionNumber, Source: s.Source,
		Language: s.Language, ChangeDescription: "change", CreatedAt: s.UpdatedAt, CreatedBy: s.CreatedBy,
	}
}

// script stores a script.
func (f *fixture) script(tenant uuid.UUID, n int, change ...func(*jsruntime.ScriptRecord)) jsruntime.ScriptRecord {
	f.Helper()
	r := scriptRecord(tenant, n, change...)
	require.NoError(f, f.store.CreateScript(f.ctx, r, versionRecord(r)))
	return r
}

// update stores a change of a script's settings, without a version, and returns the new record.
func (f *fixture) update(r jsruntime.ScriptRecord, change ...func(*jsruntime.ScriptRecord)) jsruntime.ScriptRecord {
	f.Helper()
	r.Revision++
	for _, c := range change {
		c(&r)
	}
	require.NoError(f, f.store.UpdateScript(f.ctx, jsruntime.ScriptUpdate{Script: r}))
	return r
}

type changeScript = func(*jsruntime.ScriptRecord)

func withRoute(path string, methods ...string) changeScript {
	return func(r *jsruntime.ScriptRecord) {
		r.Type, r.HTTPPath, r.HTTPMethods = jsruntime.ScriptTypeHTTP, path, methods
	}
}

func withName(name string) changeScript { return func(r *jsruntime.ScriptRecord) { r.Name = name } }

func withType(t jsruntime.ScriptType) changeScript {
	return func(r *jsruntime.ScriptRecord) { r.Type = t }
}

func withTags(tags ...string) changeScript { return func(r *jsruntime.ScriptRecord) { r.Tags = tags } }

func withStatus(s jsruntime.ScriptStatus) changeScript {
	return func(r *jsruntime.ScriptRecord) { r.Status = s }
}

func withMaxRuns(n int) changeScript {
	return func(r *jsruntime.ScriptRecord) { r.Limits.MaxConcurrentRuns = n }
}

type changeRun = func(*jsruntime.ExecutionRecord)

// run returns a pending execution of a script, created and due n seconds after the epoch.
func run(s jsruntime.ScriptRecord, n int, change ...changeRun) jsruntime.ExecutionRecord {
	r := jsruntime.ExecutionRecord{
		ID: id(n), ScriptID: s.ID, TenantID: s.TenantID, Status: jsruntime.ExecutionPending,
		TriggerType: jsruntime.TriggerManual, Input: json.RawMessage(`{"n":1}`), Attempt: 1, CreatedAt: at(n), RunAt: at(n),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func dueAt(seconds int) changeRun {
	return func(r *jsruntime.ExecutionRecord) { r.RunAt = at(seconds) }
}

func createdAt(seconds int) changeRun {
	return func(r *jsruntime.ExecutionRecord) { r.CreatedAt = at(seconds) }
}

func withKey(key string) changeRun { return func(r *jsruntime.ExecutionRecord) { r.DedupeKey = key } }

func withOrder(key string) changeRun { return func(r *jsruntime.ExecutionRecord) { r.OrderKey = key } }

func withCap(n int) changeRun { return func(r *jsruntime.ExecutionRecord) { r.ConcurrencyCap = n } }

func withWeight(n int) changeRun { return func(r *jsruntime.ExecutionRecord) { r.Weight = n } }

func attachedTo(node string) changeRun {
	return func(r *jsruntime.ExecutionRecord) { r.Attached, r.Lease.Node = true, node }
}

// create stores pending executions.
func (f *fixture) create(runs ...jsruntime.ExecutionRecord) {
	f.Helper()
	for _, r := range runs {
		require.Equal(f, []uuid.UUID{r.ID}, f.mustCreate(jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}}).IDs)
	}
}

func (f *fixture) mustCreate(c jsruntime.Creation) jsruntime.Created {
	f.Helper()
	created, err := f.store.CreateExecutions(f.ctx, c)
	require.NoError(f, err)
	return created
}

// holder returns the execution that holds a dedupe key, or the nil UUID.
func (f *fixture) holder(tenant uuid.UUID, key string) uuid.UUID {
	f.Helper()
	held, err := f.store.DedupeKey(f.ctx, tenant, key)
	if err != nil {
		require.ErrorIs(f, err, jsruntime.ErrNotFound)
	}
	return held.ExecutionID
}

// claim claims for a node at a time of so many seconds after the epoch.
func (f *fixture) claim(node string, now, limit int) []jsruntime.ExecutionRecord {
	f.Helper()
	claimed, err := f.store.ClaimExecutions(f.ctx, jsruntime.Claim{Node: node, Now: at(now), Limit: limit})
	require.NoError(f, err)
	require.LessOrEqual(f, len(claimed), max(limit, 0))
	return claimed
}

// mustClaim claims and demands these executions, in this order.
func (f *fixture) mustClaim(now, limit int, want ...jsruntime.ExecutionRecord) []jsruntime.ExecutionRecord {
	f.Helper()
	claimed := f.claim("node", now, limit)
	require.Equal(f, idsOf(want), idsOf(claimed))
	return claimed
}

func idsOf(runs []jsruntime.ExecutionRecord) []uuid.UUID {
	ids := make([]uuid.UUID, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return ids
}

// ended returns the outcome of a claimed execution.
func ended(r jsruntime.ExecutionRecord, status jsruntime.ExecutionStatus) jsruntime.Outcome {
	o := jsruntime.Outcome{Execution: r.Clone(), From: r.Status}
	o.Execution.Status, o.Execution.CompletedAt = status, r.CreatedAt.Add(time.Minute)
	return o
}

func (f *fixture) finish(r jsruntime.ExecutionRecord, status jsruntime.ExecutionStatus, change ...changeRun) {
	f.Helper()
	o := ended(r, status)
	for _, c := range change {
		c(&o.Execution)
	}
	require.NoError(f, f.store.FinishExecution(f.ctx, o))
}

// past stores an execution that has come to its end.
func (f *fixture) past(
	s jsruntime.ScriptRecord, n int, status jsruntime.ExecutionStatus, change ...changeRun,
) jsruntime.ExecutionRecord {
	f.Helper()
	r := run(s, n, change...)
	r.Status, r.CompletedAt = status, r.CreatedAt.Add(time.Second)
	require.NoError(f, f.store.FinishExecution(f.ctx, jsruntime.Outcome{Execution: r}))
	return r
}

func (f *fixture) execution(r jsruntime.ExecutionRecord) jsruntime.ExecutionRecord {
	f.Helper()
	got, err := f.store.Execution(f.ctx, r.TenantID, r.ID)
	require.NoError(f, err)
	return got
}

// count returns the counts of a script, of all statuses.
func (f *fixture) count(tenant, script uuid.UUID) map[jsruntime.ExecutionStatus]int64 {
	f.Helper()
	counts, err := f.store.CountExecutions(f.ctx, tenant, script)
	require.NoError(f, err)
	for status, n := range counts {
		if n == 0 {
			delete(counts, status)
		}
	}
	return counts
}

// duplicateOf demands a *DuplicateError.
func (f *fixture) duplicateOf(err error, field string, holder uuid.UUID) {
	f.Helper()
	var duplicate *jsruntime.DuplicateError
	require.ErrorAs(f, err, &duplicate)
	require.ErrorIs(f, err, jsruntime.ErrDuplicate)
	require.Equal(f, jsruntime.DuplicateError{Field: field, ID: holder}, *duplicate)
}

// same demands that two records hold the same. It compares them as JSON values, so that neither the order of an
// object's members nor the difference between a nil and an empty slice counts.
func (f *fixture) same(want, got any) {
	f.Helper()
	if diff := difference(want, got); diff != "" {
		require.Fail(f, "the records differ", diff)
	}
}

// difference returns "" when two records hold the same.
func difference(want, got any) string {
	a, rawA := jsonValue(want)
	b, rawB := jsonValue(got)
	if reflect.DeepEqual(a, b) || isEmpty(a) && isEmpty(b) {
		return ""
	}
	return "want " + rawA + "\ngot  " + rawB
}

// isEmpty reports whether a value is that of a nil or an empty list.
func isEmpty(v any) bool {
	list, ok := v.([]any)
	return v == nil || ok && len(list) == 0
}

func jsonValue(v any) (value any, raw string) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err, err.Error()
	}
	if err := json.Unmarshal([]byte(b.String()), &value); err != nil {
		return err, err.Error()
	}
	return value, strings.TrimSpace(b.String())
}
