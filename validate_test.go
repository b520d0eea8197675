package jsruntime_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// validScript returns a script that breaks no rule, of a type whose trigger is set by the options.
func validScript(opts ...jsruntime.ScriptOption) jsruntime.Script {
	return jsruntime.NewScript(uuid.New(), "name", "return 1", opts...)
}

func numbered(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

func metadata(n int) map[string]string {
	m := map[string]string{}
	for _, key := range numbered(n, "key%d") {
		m[key] = "value"
	}
	return m
}

func TestAScriptOfEveryTypeWithItsTriggerIsValid(t *testing.T) {
	for typ, opts := range map[jsruntime.ScriptType][]jsruntime.ScriptOption{
		jsruntime.ScriptTypeScheduled: {jsruntime.WithCron(mustCron(t, "0 6 * * *"))},
		jsruntime.ScriptTypeHTTP:      {jsruntime.WithHTTP("/orders/{id}", "GET", "POST")},
		jsruntime.ScriptTypeEvent:     {jsruntime.WithEventTypes("order.paid")},
		jsruntime.ScriptTypeOneOff:    nil,
		jsruntime.ScriptTypeEmbedded:  nil,
	} {
		s := validScript(append(opts, jsruntime.WithScriptType(typ))...)
		for _, status := range scriptStatuses {
			assert.NoError(t, s.SetStatus(status).Validate(), "%s, %s", typ, status)
		}
	}
}

func TestEachTriggeredTypeRequiresItsTrigger(t *testing.T) {
	for typ, field := range map[jsruntime.ScriptType]string{
		jsruntime.ScriptTypeScheduled: "cron",
		jsruntime.ScriptTypeHTTP:      "httpPath",
		jsruntime.ScriptTypeEvent:     "eventTypes",
	} {
		others := map[string]jsruntime.ScriptOption{
			"cron":       jsruntime.WithCron(mustCron(t, "@daily")),
			"httpPath":   jsruntime.WithHTTP("/x"),
			"eventTypes": jsruntime.WithEventTypes("a.b"),
		}
		delete(others, field)
		opts := []jsruntime.ScriptOption{jsruntime.WithScriptType(typ)}
		for _, opt := range others {
			opts = append(opts, opt)
		}
		s := validScript(opts...)
		assert.Equal(t, []string{field}, fieldsOf(t, s.Validate()), typ)
	}
}

func TestEachRuleOfAScriptIsEnforcedAtItsBoundary(t *testing.T) {
	type S = jsruntime.Script
	const bad, good = false, true
	name := func(v string) func(S) S { return func(s S) S { return s.SetName(v) } }
	source := func(v string) func(S) S { return func(s S) S { return s.SetSource(v) } }
	description := func(v string) func(S) S { return func(s S) S { return s.SetDescription(v) } }
	tags := func(v ...string) func(S) S { return func(s S) S { return s.SetTags(v...) } }
	meta := func(v map[string]string) func(S) S { return func(s S) S { return s.SetMetadata(v) } }
	filter := func(v map[string]any) func(S) S { return func(s S) S { return s.SetEventFilter(v) } }
	fields := func(n int) map[string]any {
		m := map[string]any{}
		for _, name := range numbered(n, "f%d") {
			m[name] = true
		}
		return m
	}
	type P = jsruntime.SchedulePolicy
	type R = jsruntime.RetryPolicy
	schedule := func(p P) func(S) S { return func(s S) S { return s.SetSchedulePolicy(p) } }
	retry := func(p R) func(S) S { return func(s S) S { return s.SetRetryPolicy(p) } }
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	rep := strings.Repeat
	for _, c := range []struct {
		about string
		set   func(S) S
		field string
		valid bool
	}{
		{"empty name", name(""), "name", bad},
		{"blank name", name(" \t\u2003"), "name", bad},
		{"name with a line break", name("a\nb"), "name", bad},
		{"name with NUL", name("a\x00"), "name", bad},
		{"name with DEL", name("a\x7f"), "name", bad},
		{"name with a C1 control", name("a\u0085b"), "name", bad},
		{"name that is not UTF-8", name("a\xff"), "name", bad},
		{"longest name", name(rep("n", jsruntime.MaxNameBytes)), "name", good},
		{"name a byte too long", name(rep("n", jsruntime.MaxNameBytes+1)), "name", bad},
		{"name too long in bytes, not in letters", name(rep("é", jsruntime.MaxNameBytes/2+1)), "name", bad},
		{"name in any script", name("Überweisung 日次 ✓"), "name", good},

		{"empty source", source(""), "source", bad},
		{"blank source", source(" \n\t"), "source", bad},
		{"source that is not UTF-8", source("return '\xc3'"), "source", bad},
		{"longest source", source(rep("x", jsruntime.MaxSourceBytes)), "source", good},
		{"source a byte too long", source(rep("x", jsruntime.MaxSourceBytes+1)), "source", bad},

		{"longest description", description(rep("d", jsruntime.MaxDescriptionBytes)), "description", good},
		{"description a byte too long", description(rep("d", jsruntime.MaxDescriptionBytes+1)), "description", bad},
		{"description that is not UTF-8", description("\xff"), "description", bad},
		{"description of several lines", description("a\nb"), "description", good},

		{"most tags", tags(numbered(jsruntime.MaxListLength, "t%d")...), "tags", good},
		{"a tag too many", tags(numbered(jsruntime.MaxListLength+1, "t%d")...), "tags", bad},
		{"empty tag", tags("a", ""), "tags", bad},
		{"tag with a line break", tags("a\nb"), "tags", bad},
		{"longest tag", tags(rep("t", jsruntime.MaxNameBytes)), "tags", good},
		{"tag a byte too long", tags(rep("t", jsruntime.MaxNameBytes+1)), "tags", bad},

		{"most metadata", meta(metadata(jsruntime.MaxListLength)), "metadata", good},
		{"an entry of metadata too many", meta(metadata(jsruntime.MaxListLength + 1)), "metadata", bad},
		{"empty metadata key", meta(map[string]string{"": "v"}), "metadata", bad},
		{"empty metadata value", meta(map[string]string{"k": ""}), "metadata", good},
		{"longest metadata value", meta(map[string]string{"k": rep("v", jsruntime.MaxDescriptionBytes)}), "metadata", good},
		{"metadata value a byte too long", meta(map[string]string{"k": rep("v", jsruntime.MaxDescriptionBytes+1)}),
			"metadata", bad},
		{"metadata value that is not UTF-8", meta(map[string]string{"k": "\xff"}), "metadata", bad},

		{"no filter", filter(map[string]any{}), "eventFilter", good},
		{"filter by every kind of value", filter(map[string]any{"a": "x", "b.c": 1, "d": uint8(2), "e": true, "f": nil}), "eventFilter", good},
		{"filter with an empty name", filter(map[string]any{"": 1}), "eventFilter", bad},
		{"filter with a name with an empty part", filter(map[string]any{"a..b": 1}), "eventFilter", bad},
		{"filter by an object", filter(map[string]any{"a": map[string]any{}}), "eventFilter", bad},
		{"filter by infinity", filter(map[string]any{"a": math.Inf(1)}), "eventFilter", bad},
		{"filter by no number", filter(map[string]any{"a": math.NaN()}), "eventFilter", bad},
		{"filter by too long a text", filter(map[string]any{"a": rep("v", jsruntime.MaxDescriptionBytes+1)}), "eventFilter", bad},
		{"filter by a text that is not UTF-8", filter(map[string]any{"a": "\xff"}), "eventFilter", bad},
		{"most fields of a filter", filter(fields(jsruntime.MaxListLength)), "eventFilter", good},
		{"a field of a filter too many", filter(fields(jsruntime.MaxListLength + 1)), "eventFilter", bad},
		{"order by a nested field", func(s S) S { return s.SetOrderKey("order.id") }, "orderKey", good},
		{"order by a name that ends in a dot", func(s S) S { return s.SetOrderKey("order.") }, "orderKey", bad},
		{"order by too long a name", func(s S) S { return s.SetOrderKey(rep("n", jsruntime.MaxNameBytes+1)) }, "orderKey", bad},

		{"zone", schedule(P{TimeZone: "America/New_York"}), "schedule.timeZone", good},
		{"unknown zone", schedule(P{TimeZone: "Mars/Base"}), "schedule.timeZone", bad},
		{"the host's zone", schedule(P{TimeZone: "Local"}), "schedule.timeZone", bad},
		{"a path for a zone", schedule(P{TimeZone: "../../etc/passwd"}), "schedule.timeZone", bad},
		{"zone given twice", func(s S) S {
			return s.SetCronExpression(mustCron(t, "CRON_TZ=UTC @daily")).SetSchedulePolicy(P{TimeZone: "UTC"})
		}, "schedule.timeZone", bad},
		{"unknown overlap", schedule(P{Overlap: "x"}), "schedule.overlap", bad},
		{"unknown missed", schedule(P{Missed: "x"}), "schedule.missed", bad},
		{"longest window", schedule(P{MissedWindow: jsruntime.MaxMissedWindow}), "schedule.missedWindow", good},
		{"window too long", schedule(P{MissedWindow: jsruntime.MaxMissedWindow + 1}), "schedule.missedWindow", bad},
		{"negative window", schedule(P{MissedWindow: -1}), "schedule.missedWindow", bad},
		{"longest jitter", schedule(P{Jitter: jsruntime.MaxJitter}), "schedule.jitter", good},
		{"jitter too long", schedule(P{Jitter: jsruntime.MaxJitter + 1}), "schedule.jitter", bad},
		{"negative jitter", schedule(P{Jitter: -1}), "schedule.jitter", bad},
		{"end at the start", schedule(P{Start: day, End: day}), "schedule.end", bad},
		{"end after the start", schedule(P{Start: day, End: day.Add(1)}), "schedule.end", good},
		{"start before 1970", schedule(P{Start: day.AddDate(-100, 0, 0)}), "schedule.start", bad},
		{"end after 9999", schedule(P{End: day.AddDate(9000, 0, 0)}), "schedule.end", bad},

		{"one attempt", retry(R{Attempts: 1}), "retry.attempts", good},
		{"most attempts", retry(R{Attempts: jsruntime.MaxAttempts, Base: 1, Cap: 1}), "retry.attempts", good},
		{"an attempt too many", retry(R{Attempts: jsruntime.MaxAttempts + 1, Base: 1, Cap: 1}), "retry.attempts", bad},
		{"no attempts", retry(R{Base: 1, Cap: 1}), "retry.attempts", bad},
		{"no pause", retry(R{Attempts: 2, Cap: 1}), "retry.base", bad},
		{"negative pause", retry(R{Attempts: 2, Base: -1, Cap: 1}), "retry.base", bad},
		{"cap below the base", retry(R{Attempts: 2, Base: 2, Cap: 1}), "retry.cap", bad},
		{"longest pause", retry(R{Attempts: 2, Base: 2, Cap: jsruntime.MaxRetryPause}), "retry.cap", good},
		{"pause too long", retry(R{Attempts: 2, Base: 2, Cap: jsruntime.MaxRetryPause + 1}), "retry.cap", bad},
		{"all of the pause random", retry(R{Attempts: 2, Base: 1, Cap: 1, Jitter: 1}), "retry.jitter", good},
		{"more than all", retry(R{Attempts: 2, Base: 1, Cap: 1, Jitter: 1.01}), "retry.jitter", bad},
		{"negative share", retry(R{Attempts: 2, Base: 1, Cap: 1, Jitter: -0.01}), "retry.jitter", bad},
		{"no share at all", retry(R{Attempts: 2, Base: 1, Cap: 1, Jitter: math.NaN()}), "retry.jitter", bad},

		{"no type", func(s S) S { return s.SetType("") }, "type", bad},
		{"unknown type", func(s S) S { return s.SetType("cron") }, "type", bad},
		{"no status", func(s S) S { return s.SetStatus("") }, "status", bad},
		{"unknown status", func(s S) S { return s.SetStatus("deleted") }, "status", bad},
		{"no language", func(s S) S { return s.SetLanguage("") }, "language", bad},
		{"unknown language", func(s S) S { return s.SetLanguage("cobol") }, "language", bad},
	} {
		s := c.set(validScript())
		if c.valid {
			assert.NoError(t, s.Validate(), c.about)
			continue
		}
		assert.Equal(t, []string{c.field}, fieldsOf(t, s.Validate()), c.about)
	}
}

func TestAScriptRequiresAnIDAndATenant(t *testing.T) {
	assert.Equal(t, []string{"id"}, fieldsOf(t, validScript(jsruntime.WithScriptID(uuid.Nil)).Validate()))
	assert.Equal(t, []string{"tenantId"}, fieldsOf(t, jsruntime.NewScript(uuid.Nil, "n", "s").Validate()))
}

func TestEveryPathThatAServeMuxTakesIsValidAndNoOther(t *testing.T) {
	long := "/" + strings.Repeat("p", jsruntime.MaxNameBytes-1)
	for _, path := range []string{
		"/", "/orders", "/orders/", "/orders/{id}", "/orders/{id}/lines/{line}", "/files/{path...}", "/exact/{$}",
		"/ünïcode", "/a%20b", long,
	} {
		assert.NoError(t, validScript(jsruntime.WithHTTP(path)).Validate(), path)
		assert.NoError(t, validScript(jsruntime.WithHTTP(path, "GET", "POST")).Validate(), path)
	}
	for _, path := range []string{
		"orders", "GET /orders", "example.com/orders", "{id}", "/{x", "/x}y{", "/a{b}", "/{}", "/{a-b}", "/{1}",
		"/a/{$}/b", "/{rest...}/b", "/{a}/{a}", "/a b", "/a\tb", "/a\n", "/a\x00", "/a\u00a0b", long + "p",
		"/a//b", "//", "/a/./b", "/a/../b",
	} {
		for _, methods := range [][]string{nil, {"GET"}} {
			s := validScript(jsruntime.WithHTTP(path, methods...))
			assert.Equal(t, []string{"httpPath"}, fieldsOf(t, s.Validate()), "%q %v", path, methods)
		}
	}
}

func TestHTTPMethodsAreKnownAndListedOnce(t *testing.T) {
	all := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	assert.NoError(t, validScript(jsruntime.WithHTTP("/x", all...)).Validate())
	assert.NoError(t, validScript(jsruntime.WithHTTP("/x", "get", "pAtCh")).Validate())
	for _, methods := range [][]string{
		{"FETCH"}, {"TRACE"}, {"CONNECT"}, {""}, {"GET "}, {"GET", "GET"}, {"GET", "POST", "get"},
	} {
		s := validScript(jsruntime.WithHTTP("/x", methods...))
		assert.Equal(t, []string{"httpMethods"}, fieldsOf(t, s.Validate()), "%q", methods)
	}
	s := validScript().SetHTTPMethods("GET")
	assert.Equal(t, []string{"httpPath"}, fieldsOf(t, s.Validate()), "methods without a path")
}

func TestEventTypesAreNamesWithAtMostOneStarAtTheirEnd(t *testing.T) {
	long := strings.Repeat("e", jsruntime.MaxNameBytes)
	for _, typ := range []string{
		"order.paid", "order.*", "order*", "*", "a", "A_b-c:d/e.1", "auftrag.bezahlt.größe", "jsruntime.script.created",
		"jsruntime.*", long, long + "*",
	} {
		assert.NoError(t, validScript(jsruntime.WithEventTypes(typ)).Validate(), typ)
	}
	for _, typ := range []string{
		"", " ", "*.paid", "order.*.paid", "**", "order.**", "order paid", "order\n", "order,paid", "a\xff", long + "e",
		long + "e*",
	} {
		s := validScript(jsruntime.WithEventTypes(typ))
		assert.Equal(t, []string{"eventTypes"}, fieldsOf(t, s.Validate()), "%q", typ)
	}
	most := numbered(jsruntime.MaxListLength, "type.%d")
	assert.NoError(t, validScript(jsruntime.WithEventTypes(most...)).Validate())
	tooMany := validScript(jsruntime.WithEventTypes(append(most, "type.last")...))
	assert.Equal(t, []string{"eventTypes"}, fieldsOf(t, tooMany.Validate()))
}

func TestSettingsOfOtherTriggersAreCheckedForForm(t *testing.T) {
	oneOff := jsruntime.WithScriptType(jsruntime.ScriptTypeOneOff)
	s := validScript(oneOff, jsruntime.WithHTTP("x"), jsruntime.WithEventTypes("a*b"))
	assert.Equal(t, []string{"httpPath", "eventTypes"}, fieldsOf(t, s.Validate()))
}

func TestValidateReportsEveryBrokenRuleAtOnce(t *testing.T) {
	s := jsruntime.NewScript(uuid.Nil, "", "",
		jsruntime.WithScriptID(uuid.Nil), jsruntime.WithDescription("\xff"), jsruntime.WithLanguage("cobol"),
		jsruntime.WithScriptType(jsruntime.ScriptTypeHTTP), jsruntime.WithHTTP("x", "FETCH", "GET", "GET"),
		jsruntime.WithEventTypes("a*b", ""), jsruntime.WithResourceLimits(jsruntime.ResourceLimits{}),
		jsruntime.WithTags("", "ok", "\n"), jsruntime.WithMetadata(map[string]string{"": "\xff"}),
	).SetStatus("unknown")
	err := s.Validate()
	require.ErrorIs(t, err, jsruntime.ErrInvalid)
	assert.Equal(t, []string{
		"id", "tenantId", "name", "description", "source", "language", "status",
		"limits.maxExecutionTime", "limits.maxMemoryBytes", "limits.maxConcurrentRuns",
		"limits.maxAPICallsPerMinute", "limits.maxOutputSizeBytes",
		"httpPath", "httpMethods", "httpMethods", "eventTypes", "eventTypes",
		"tags", "tags", "metadata", "metadata",
	}, fieldsOf(t, err))

	typed := jsruntime.NewScript(uuid.Nil, "", "").SetType("unknown")
	assert.Equal(t, []string{"tenantId", "name", "source", "type"}, fieldsOf(t, typed.Validate()))
	assert.Equal(t, err.Error(), s.Validate().Error(), "the order is always the same")
}

func TestAScriptsLimitsAreValidatedWithIt(t *testing.T) {
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 0
	s := validScript(jsruntime.WithResourceLimits(limits))
	assert.Equal(t, []string{"limits.maxConcurrentRuns"}, fieldsOf(t, s.Validate()))
}

func TestRoutesOverlapWhereAServeMuxCannotTellThemApart(t *testing.T) {
	for _, c := range []struct {
		a, b    string
		overlap bool
	}{
		{"/a", "/a", true},
		{"/a", "/b", false},
		{"/a", "/a/", false},
		{"/a/", "/a/b", false},
		{"/a/", "/a/{$}", false},
		{"/a/", "/a/{rest...}", true},
		{"/a/{id}", "/a/{x}", true},
		{"/a/{id}", "/a/b", false},
		{"/a/{id}", "/b/{id}", false},
		{"/{x}/b", "/a/{y}", true},
		{"/{x}/b", "/{y}/c", false},
		{"/{x}", "/{rest...}", false},
		{"/", "/{rest...}", true},
		{"/", "/a", false},
		{"GET /a", "GET /a", true},
		{"GET /a", "POST /a", false},
		{"GET /a", "HEAD /a", false},
		{"GET /a", "/a", false},
		{"GET,POST /a", "POST,PUT /a", true},
		{"GET,POST /a", "PUT,PATCH /a", false},
		{"GET /a/{id}", "/a/{x}", false},
		{"GET /a/{id}", "/a/b", true}, // fewer methods, but more paths
		{"GET /a/b", "/a/{id}", false},
		{"GET /a/{id}", "POST /a/{id}", false},
		{"GET /{x}/b", "POST /a/{y}", false},
		{"GET /{x}/b", "GET /a/{y}", true},
		{"GET /{x}/b", "/a/{y}", true},
		{"GET /a/{id}", "HEAD /a/b", false},
		{"HEAD /a/{id}", "GET /a/b", true}, // GET answers HEAD too
	} {
		a, b := httpRecord(c.a), httpRecord(c.b)
		assert.Equal(t, c.overlap, a.RoutesOverlap(b), "%s and %s", c.a, c.b)
		assert.Equal(t, c.overlap, b.RoutesOverlap(a), "%s and %s", c.b, c.a)
	}
}

// httpRecord takes a route such as "GET,POST /a".
func httpRecord(route string) jsruntime.ScriptRecord {
	list, rest, _ := strings.Cut(route, "/")
	path := "/" + rest
	methods := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	return validScript(jsruntime.WithHTTP(path, methods...)).Record()
}

func TestOnlyHTTPScriptsThatAreNotArchivedHaveARoute(t *testing.T) {
	r := httpRecord("/a")
	for _, status := range scriptStatuses {
		other := r.Clone()
		other.Status = status
		want := status != jsruntime.ScriptStatusArchived
		assert.Equal(t, want, r.RoutesOverlap(other), status)
		assert.Equal(t, want, other.RoutesOverlap(r), status)
	}
	for _, typ := range scriptTypes {
		other := r.Clone()
		other.Type = typ
		assert.Equal(t, typ == jsruntime.ScriptTypeHTTP, r.RoutesOverlap(other), typ)
		assert.Equal(t, typ == jsruntime.ScriptTypeHTTP, other.RoutesOverlap(r), typ)
	}
}

func TestAValidRouteOverlapsNothingElsewhere(t *testing.T) {
	routes := []string{"/orders/{id}", "GET,POST /orders", "/files/{path...}", "/exact/{$}", "DELETE /orders/{id}"}
	for i, a := range routes {
		for _, b := range slices.Delete(slices.Clone(routes), i, i+1) {
			assert.False(t, httpRecord(a).RoutesOverlap(httpRecord(b)), "%s and %s", a, b)
		}
	}
}
