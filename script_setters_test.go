package jsruntime_test

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// scriptSetters has every setter, with how the record differs afterwards.
func scriptSetters(t testing.TB) map[string]struct {
	set  func(jsruntime.Script) jsruntime.Script
	want func(*jsruntime.ScriptRecord)
} {
	type (
		S = jsruntime.Script
		R = jsruntime.ScriptRecord
	)
	org, cron := uuid.New(), mustCron(t, "@hourly")
	limits := jsruntime.ResourceLimits{MaxMemoryBytes: 9}
	return map[string]struct {
		set  func(S) S
		want func(*R)
	}{
		"SetName":           {func(s S) S { return s.SetName("new") }, func(r *R) { r.Name = "new" }},
		"SetDescription":    {func(s S) S { return s.SetDescription("new") }, func(r *R) { r.Description = "new" }},
		"SetSource":         {func(s S) S { return s.SetSource("new") }, func(r *R) { r.Source = "new" }},
		"SetLanguage":       {func(s S) S { return s.SetLanguage("new") }, func(r *R) { r.Language = "new" }},
		"SetType":           {func(s S) S { return s.SetType("new") }, func(r *R) { r.Type = "new" }},
		"SetStatus":         {func(s S) S { return s.SetStatus("new") }, func(r *R) { r.Status = "new" }},
		"SetResourceLimits": {func(s S) S { return s.SetResourceLimits(limits) }, func(r *R) { r.Limits = limits }},
		"SetOrganizationID": {func(s S) S { return s.SetOrganizationID(org) }, func(r *R) { r.OrganizationID = org }},
		"SetCronExpression": {func(s S) S { return s.SetCronExpression(cron) }, func(r *R) { r.Cron = "@hourly" }},
		"SetHTTPPath":       {func(s S) S { return s.SetHTTPPath("/new") }, func(r *R) { r.HTTPPath = "/new" }},
		"SetHTTPMethods": {func(s S) S { return s.SetHTTPMethods("put") },
			func(r *R) { r.HTTPMethods = []string{"PUT"} }},
		"SetEventTypes": {func(s S) S { return s.SetEventTypes("new") },
			func(r *R) { r.EventTypes = []string{"new"} }},
		"SetMetadata": {func(s S) S { return s.SetMetadata(map[string]string{"k": "new"}) },
			func(r *R) { r.Metadata = map[string]string{"k": "new"} }},
		"SetEventFilter": {func(s S) S { return s.SetEventFilter(map[string]any{"k": 1}) },
			func(r *R) { r.EventFilter = map[string]any{"k": 1.0} }},
		"SetOrderKey": {func(s S) S { return s.SetOrderKey("new") }, func(r *R) { r.OrderKey = "new" }},
		"SetSchedulePolicy": {func(s S) S { return s.SetSchedulePolicy(jsruntime.SchedulePolicy{Jitter: 9}) },
			func(r *R) { r.Schedule = jsruntime.SchedulePolicy{Jitter: 9} }},
		"SetRetryPolicy": {func(s S) S { return s.SetRetryPolicy(jsruntime.DefaultRetryPolicy()) },
			func(r *R) { r.Retry = jsruntime.DefaultRetryPolicy() }},
		"SetAsync":      {func(s S) S { return s.SetAsync(true) }, func(r *R) { r.Async = true }},
		"SetIdempotent": {func(s S) S { return s.SetIdempotent(true) }, func(r *R) { r.Idempotent = true }},
		"SetTags":       {func(s S) S { return s.SetTags("new") }, func(r *R) { r.Tags = []string{"new"} }},
	}
}

func TestEveryScriptSetterReturnsANewInstanceThatDiffersInItsSettingOnly(t *testing.T) {
	setters := scriptSetters(t)
	iface := reflect.TypeFor[jsruntime.Script]()
	for m := range iface.Methods() {
		if strings.HasPrefix(m.Name, "Set") {
			assert.Contains(t, setters, m.Name, "every setter is in the table")
		}
	}
	for name, c := range setters {
		t.Run(name, func(t *testing.T) {
			s, before := fullScript(t)
			changed := c.set(s)
			assert.NotSame(t, s, changed)
			assert.Equal(t, before, s.Record(), "the source stays as it was")
			want := before.Clone()
			c.want(&want)
			assert.Equal(t, want, changed.Record())
		})
	}
}

func TestSetCronExpressionChangesTheScheduleToo(t *testing.T) {
	s := jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithCron(mustCron(t, "@daily")))
	hourly := s.SetCronExpression(mustCron(t, "@hourly"))
	at := time.Date(2026, 5, 5, 5, 5, 0, 0, time.UTC)
	assert.Equal(t, at.Truncate(time.Hour).Add(time.Hour), hourly.CronExpression().Next(at))
	assert.Equal(t, "@daily", s.CronExpression().String())
	none := hourly.SetCronExpression(jsruntime.CronExpression{})
	assert.True(t, none.CronExpression().IsZero())
	assert.Empty(t, none.Record().Cron)
}

// spoil overwrites everything in s that a caller can reach through slices and maps.
func spoil(s jsruntime.Script) {
	r := s.Record()
	for _, list := range [][]string{
		s.HTTPMethods(), s.EventTypes(), s.Tags(), r.HTTPMethods, r.EventTypes, r.Tags,
	} {
		for i := range list {
			list[i] = "spoiled"
		}
		_ = append(list[:0], "spoiled", "spoiled")
	}
	for _, m := range []map[string]any{s.EventFilter(), r.EventFilter} {
		if m != nil {
			m["spoiled"] = "spoiled"
		}
	}
	for _, m := range []map[string]string{s.Metadata(), r.Metadata} {
		if m != nil {
			m["spoiled"] = "spoiled"
		}
	}
}

func TestWhatScriptGettersReturnIsTheCallersOwn(t *testing.T) {
	s, want := fullScript(t)
	spoil(s)
	assert.Equal(t, want, s.Record())
}

func TestAScriptSharesNothingWithItsSettersSourceAndSiblings(t *testing.T) {
	for first, a := range scriptSetters(t) {
		for second, b := range scriptSetters(t) {
			s, before := fullScript(t)
			left, right := a.set(s), b.set(s)
			wantLeft, wantRight := left.Record(), right.Record()
			child := b.set(left)
			spoil(s)
			spoil(child)
			spoil(left)
			assert.Equal(t, before, s.Record(), "source after %s and %s", first, second)
			assert.Equal(t, wantLeft, left.Record(), "%s beside %s", first, second)
			assert.Equal(t, wantRight, right.Record(), "%s beside %s", second, first)
		}
	}
}

func TestSettersAndOptionsCopyTheSlicesAndMapsTheyAreGiven(t *testing.T) {
	// Room behind the length is what an append on a shared array would overwrite.
	methods, types := append(make([]string, 0, 9), "GET"), append(make([]string, 0, 9), "a.b")
	tags, metadata := append(make([]string, 0, 9), "x"), map[string]string{"k": "v"}
	opts := []jsruntime.ScriptOption{
		jsruntime.WithHTTP("/x", methods...), jsruntime.WithEventTypes(types...), jsruntime.WithTags(tags...),
		jsruntime.WithMetadata(metadata),
	}
	first := jsruntime.NewScript(uuid.New(), "n", "s", opts...)
	set := jsruntime.NewScript(uuid.New(), "n", "s").SetHTTPMethods(methods...).SetEventTypes(types...).
		SetTags(tags...).SetMetadata(metadata)

	methods[0], types[0], tags[0], metadata["k"], metadata["new"] = "bad", "bad", "bad", "bad", "bad"
	spoil(first)
	second := jsruntime.NewScript(uuid.New(), "n", "s", opts...)
	spoil(second)
	for name, s := range map[string]jsruntime.Script{
		"the first of the options": first, "the second of the options": second, "setters": set,
	} {
		assert.Equal(t, []string{"GET"}, s.HTTPMethods(), name)
		assert.Equal(t, []string{"a.b"}, s.EventTypes(), name)
		assert.Equal(t, []string{"x"}, s.Tags(), name)
		assert.Equal(t, map[string]string{"k": "v"}, s.Metadata(), name)
	}
}

func TestAnyChainOfSettersLeavesEveryEarlierScriptAsItWas(t *testing.T) {
	setters := scriptSetters(t)
	var names []string
	for name := range setters {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithTags("a", "b"))
		scripts, records := []jsruntime.Script{s}, []jsruntime.ScriptRecord{s.Record()}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			from := rapid.IntRange(0, len(scripts)-1).Draw(t, "from")
			next := setters[rapid.SampledFrom(names).Draw(t, "setter")].set(scripts[from])
			scripts, records = append(scripts, next), append(records, next.Record())
			spoil(scripts[from])
		}
		for i := range scripts {
			if !reflect.DeepEqual(records[i], scripts[i].Record()) {
				t.Fatalf("script %d changed: %+v, was %+v", i, scripts[i].Record(), records[i])
			}
		}
	})
}

func TestHTTPMethodsAreKeptInUpperCase(t *testing.T) {
	s := jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithHTTP("/x", "get", "Post"))
	assert.Equal(t, []string{"GET", "POST"}, s.HTTPMethods())
	assert.Equal(t, []string{"DELETE"}, s.SetHTTPMethods("delete").HTTPMethods())
	assert.Equal(t, "/x", s.SetHTTPMethods("delete").HTTPPath())
}

func TestAScriptComesBackFromItsRecord(t *testing.T) {
	s, _ := fullScript(t)
	record := s.Record()
	record.Revision, record.VersionNumber, record.Status = 7, 3, jsruntime.ScriptStatusPaused
	restored, err := jsruntime.RestoreScript(record)
	require.NoError(t, err)
	assert.Equal(t, record, restored.Record())
	assert.Equal(t, int64(7), restored.Revision())
	assert.Equal(t, 3, restored.VersionNumber())
	at := time.Now()
	assert.Equal(t, s.CronExpression().Next(at), restored.CronExpression().Next(at))

	raw, err := json.Marshal(record)
	require.NoError(t, err)
	var decoded jsruntime.ScriptRecord
	require.NoError(t, json.Unmarshal(raw, &decoded))
	again, err := jsruntime.RestoreScript(decoded)
	require.NoError(t, err)
	assert.True(t, record.CreatedAt.Equal(again.CreatedAt()))
	want := record.Clone()
	want.CreatedAt, want.UpdatedAt = again.CreatedAt(), again.UpdatedAt()
	assert.Equal(t, want, again.Record())

	record.Tags[0], record.Metadata["region"] = "spoiled", "spoiled"
	assert.Equal(t, "billing", restored.Tags()[0])
	assert.Equal(t, "eu", restored.Metadata()["region"])
}

func TestAPlainScriptsRecordIsTheSameAfterJSON(t *testing.T) {
	for name, s := range map[string]jsruntime.Script{
		"no options":     jsruntime.NewScript(uuid.New(), "n", "s"),
		"no methods":     jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithHTTP("/x")),
		"methods unset":  jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithHTTP("/x", "GET")).SetHTTPMethods(),
		"tags and types": jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithTags(), jsruntime.WithEventTypes()),
	} {
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		var decoded jsruntime.ScriptRecord
		require.NoError(t, json.Unmarshal(raw, &decoded))
		want := s.Record()
		want.CreatedAt, want.UpdatedAt = decoded.CreatedAt, decoded.UpdatedAt
		assert.Equal(t, want, decoded, name)
	}
}

func TestARecordWithAnUnreadableCronExpressionIsRefusedByName(t *testing.T) {
	id := uuid.New()
	s, err := jsruntime.RestoreScript(jsruntime.ScriptRecord{ID: id, Cron: "nonsense"})
	assert.Nil(t, s)
	require.ErrorIs(t, err, jsruntime.ErrInvalid)
	assert.Contains(t, err.Error(), id.String())
	assert.Equal(t, []string{"cron"}, fieldsOf(t, err))
}

func TestAScriptMarshalsToJSON(t *testing.T) {
	s, want := fullScript(t)
	raw, err := json.Marshal(map[string]any{"script": s})
	require.NoError(t, err)
	var decoded struct{ Script map[string]any }
	require.NoError(t, json.Unmarshal(raw, &decoded))
	assert.Equal(t, want.ID.String(), decoded.Script["id"])
	assert.Equal(t, want.Source, decoded.Script["source"])
	assert.Equal(t, "0 6 * * *", decoded.Script["cron"])
	assert.Equal(t, []any{"GET", "POST"}, decoded.Script["httpMethods"])
	assert.Equal(t, 5.0, decoded.Script["limits"].(map[string]any)["maxOutputSizeBytes"])
}

func logged(v any) string {
	var b bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("x", "value", v)
	}
	return b.String()
}

func TestAScriptIsLoggedWithoutItsSource(t *testing.T) {
	s := jsruntime.NewScript(uuid.New(), "invoice", "SECRET-SOURCE",
		jsruntime.WithMetadata(map[string]string{"k": "SECRET-METADATA"}))
	out := logged(s)
	assert.NotContains(t, out, "SECRET")
	for _, part := range []string{s.ID().String(), s.TenantID().String(), "invoice", "oneoff", "draft"} {
		assert.Equal(t, 2, strings.Count(out, part), part)
	}
}

// Nobody outside can implement an interface with an unexported method, and nobody outside can name the struct behind
// it: so every Script is one that this package made.
func TestTheEntitiesArePublicSealedInterfacesOverPrivateStructs(t *testing.T) {
	s, _ := fullScript(t)
	entities := map[reflect.Type]any{
		reflect.TypeFor[jsruntime.Script]():    s,
		reflect.TypeFor[jsruntime.Execution](): jsruntime.NewExecution(uuid.New(), uuid.New(), jsruntime.TriggerAPI),
		reflect.TypeFor[jsruntime.Version]():   jsruntime.RestoreVersion(jsruntime.VersionRecord{}),
	}
	for iface, value := range entities {
		require.Equal(t, reflect.Interface, iface.Kind())
		sealed := false
		for m := range iface.Methods() {
			sealed = sealed || !m.IsExported()
		}
		assert.True(t, sealed, "%s has an unexported method", iface)
		impl := reflect.TypeOf(value).Elem()
		assert.Equal(t, reflect.Struct, impl.Kind())
		assert.False(t, token.IsExported(impl.Name()), "%s is private", impl)
		for f := range impl.Fields() {
			assert.False(t, f.IsExported(), "%s.%s is private", impl, f.Name)
		}
	}
}

func TestTheDomainImportsNothingBeyondTheStandardLibraryUUIDAndTheCronParser(t *testing.T) {
	allowed := map[string]bool{"github.com/google/uuid": true, "github.com/robfig/cron/v3": true}
	for _, file := range []string{
		"script.go", "validate.go", "execution.go", "version.go", "limits.go", "cron.go", "trigger.go", "events.go",
		"errors.go",
	} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			require.NoError(t, err)
			standard := !strings.Contains(strings.Split(path, "/")[0], ".")
			assert.True(t, standard || allowed[path], "%s imports %s", file, path)
		}
	}
}
