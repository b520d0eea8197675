package jsruntime_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var (
	scriptTypes = []jsruntime.ScriptType{
		jsruntime.ScriptTypeScheduled, jsruntime.ScriptTypeHTTP, jsruntime.ScriptTypeEvent,
		jsruntime.ScriptTypeOneOff, jsruntime.ScriptTypeEmbedded,
	}
	scriptStatuses = []jsruntime.ScriptStatus{
		jsruntime.ScriptStatusDraft, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused,
		jsruntime.ScriptStatusDisabled, jsruntime.ScriptStatusArchived,
	}
)

func mustCron(t testing.TB, expr string) jsruntime.CronExpression {
	t.Helper()
	c, err := jsruntime.NewCronExpression(expr)
	require.NoError(t, err)
	return c
}

// fullScript returns a script with a value in every setting, and the record that it should have.
func fullScript(t testing.TB) (jsruntime.Script, jsruntime.ScriptRecord) {
	t.Helper()
	want := jsruntime.ScriptRecord{
		ID: uuid.New(), TenantID: uuid.New(), OrganizationID: uuid.New(),
		Name: "invoice", Description: "sends invoices", Source: "return input",
		Language: jsruntime.LanguageJavaScript, Type: jsruntime.ScriptTypeEvent, Status: jsruntime.ScriptStatusDraft,
		Limits: jsruntime.ResourceLimits{
			MaxExecutionTime: time.Second, MaxMemoryBytes: 2, MaxConcurrentRuns: 3, MaxAPICallsPerMinute: 4,
			MaxOutputSizeBytes: 5,
		},
		Cron: "0 6 * * *", HTTPPath: "/invoices/{id}", HTTPMethods: []string{"GET", "POST"},
		EventTypes: []string{"order.paid", "refund.*"}, OrderKey: "order.id",
		EventFilter: map[string]any{"customer.tier": "gold", "items": 2.0, "test": false, "coupon": nil},
		Schedule: jsruntime.SchedulePolicy{
			TimeZone: "Europe/Berlin", Overlap: jsruntime.OverlapQueue, Missed: jsruntime.MissedAll, MissedWindow: time.Hour,
			Jitter: time.Minute, Start: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), End: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		},
		Retry: jsruntime.RetryPolicy{Attempts: 3, Base: time.Second, Cap: time.Minute, Jitter: 0.25}, Async: true,
		Metadata: map[string]string{"region": "eu"},
		Tags:     []string{"billing", "nightly"}, CreatedBy: 42,
	}
	s := jsruntime.NewScript(want.TenantID, want.Name, want.Source,
		jsruntime.WithScriptID(want.ID), jsruntime.WithOrganizationID(want.OrganizationID),
		jsruntime.WithDescription(want.Description), jsruntime.WithScriptType(want.Type),
		jsruntime.WithLanguage(want.Language), jsruntime.WithResourceLimits(want.Limits),
		jsruntime.WithCron(mustCron(t, want.Cron)), jsruntime.WithHTTP(want.HTTPPath, want.HTTPMethods...),
		jsruntime.WithEventTypes(want.EventTypes...), jsruntime.WithEventFilter(want.EventFilter),
		jsruntime.WithOrderKey(want.OrderKey), jsruntime.WithSchedulePolicy(want.Schedule),
		jsruntime.WithRetryPolicy(want.Retry), jsruntime.WithAsync(want.Async), jsruntime.WithMetadata(want.Metadata),
		jsruntime.WithTags(want.Tags...), jsruntime.WithCreatedBy(want.CreatedBy))
	want.CreatedAt, want.UpdatedAt = s.CreatedAt(), s.UpdatedAt()
	return s, want
}

func TestScriptTypesAreExactlyTheFiveOfTheSpecification(t *testing.T) {
	assert.Equal(t, []jsruntime.ScriptType{"scheduled", "http", "event", "oneoff", "embedded"}, scriptTypes)
	for _, v := range scriptTypes {
		assert.True(t, v.IsValid(), v)
	}
	for _, v := range []jsruntime.ScriptType{"", "Scheduled", "HTTP", " http", "cron", "one_off"} {
		assert.False(t, v.IsValid(), v)
	}
}

func TestScriptStatusesAreExactlyTheFiveOfTheSpecification(t *testing.T) {
	assert.Equal(t, []jsruntime.ScriptStatus{"draft", "active", "paused", "disabled", "archived"}, scriptStatuses)
	for _, v := range scriptStatuses {
		assert.True(t, v.IsValid(), v)
	}
	for _, v := range []jsruntime.ScriptStatus{"", "Active", "running", "deleted"} {
		assert.False(t, v.IsValid(), v)
	}
}

func TestAScriptStatusChangesOnlyAlongItsStateMachine(t *testing.T) {
	allowed := map[jsruntime.ScriptStatus]string{
		jsruntime.ScriptStatusDraft:    "active",
		jsruntime.ScriptStatusActive:   "paused disabled",
		jsruntime.ScriptStatusPaused:   "active",
		jsruntime.ScriptStatusDisabled: "active archived",
	}
	all := append([]jsruntime.ScriptStatus{"", "unknown"}, scriptStatuses...)
	for _, from := range all {
		for _, to := range all {
			err := from.TransitionTo(to)
			if to != "" && strings.Contains(allowed[from], string(to)) {
				assert.NoError(t, err, "%s to %s", from, to)
				continue
			}
			requireTransitionError(t, err, "script", string(from), string(to))
		}
	}
}

func requireTransitionError(t *testing.T, err error, entity, from, to string) {
	t.Helper()
	require.ErrorIs(t, err, jsruntime.ErrInvalidTransition, "%s to %s", from, to)
	var transition *jsruntime.TransitionError
	require.ErrorAs(t, err, &transition)
	assert.Equal(t, jsruntime.TransitionError{Entity: entity, From: from, To: to}, *transition)
	for _, part := range []string{entity, strconv.Quote(from), strconv.Quote(to)} {
		assert.Contains(t, err.Error(), part)
	}
}

func TestANewScriptIsAOneOffDraftWithTheDefaultLimits(t *testing.T) {
	tenant, before := uuid.New(), time.Now()
	s := jsruntime.NewScript(tenant, "greet", "return 1")
	assert.NotEqual(t, uuid.Nil, s.ID())
	assert.Equal(t, tenant, s.TenantID())
	assert.Equal(t, uuid.Nil, s.OrganizationID())
	assert.Equal(t, "greet", s.Name())
	assert.Equal(t, "return 1", s.Source())
	assert.Equal(t, jsruntime.LanguageJavaScript, s.Language())
	assert.Equal(t, jsruntime.ScriptTypeOneOff, s.Type())
	assert.Equal(t, jsruntime.ScriptStatusDraft, s.Status())
	assert.Equal(t, jsruntime.DefaultResourceLimits(), s.ResourceLimits())
	assert.True(t, s.CronExpression().IsZero())
	assert.Empty(t, s.Description()+s.HTTPPath())
	assert.Empty(t, s.HTTPMethods())
	assert.Empty(t, s.EventTypes())
	assert.Empty(t, s.EventFilter())
	assert.Empty(t, s.OrderKey())
	assert.Zero(t, s.SchedulePolicy())
	assert.Zero(t, s.RetryPolicy())
	assert.False(t, s.Async())
	assert.Empty(t, s.Metadata())
	assert.Empty(t, s.Tags())
	assert.Zero(t, s.CreatedBy())
	assert.Zero(t, s.Revision())
	assert.Zero(t, s.VersionNumber())
	assert.Equal(t, s.CreatedAt(), s.UpdatedAt())
	assert.False(t, s.CreatedAt().Before(before))
	assert.Equal(t, time.UTC, s.CreatedAt().Location())
	assert.NoError(t, s.Validate())
	assert.NotEqual(t, s.ID(), jsruntime.NewScript(tenant, "greet", "return 1").ID(), "ids are new")
}

func TestEveryScriptOptionSetsWhatItsGetterReturns(t *testing.T) {
	s, want := fullScript(t)
	assert.Equal(t, want, s.Record())
	assert.Equal(t, want.ID, s.ID())
	assert.Equal(t, want.TenantID, s.TenantID())
	assert.Equal(t, want.OrganizationID, s.OrganizationID())
	assert.Equal(t, want.Name, s.Name())
	assert.Equal(t, want.Description, s.Description())
	assert.Equal(t, want.Source, s.Source())
	assert.Equal(t, want.Language, s.Language())
	assert.Equal(t, want.Type, s.Type())
	assert.Equal(t, want.Status, s.Status())
	assert.Equal(t, want.Limits, s.ResourceLimits())
	assert.Equal(t, want.Cron, s.CronExpression().String())
	assert.Equal(t, want.HTTPPath, s.HTTPPath())
	assert.Equal(t, want.HTTPMethods, s.HTTPMethods())
	assert.Equal(t, want.EventTypes, s.EventTypes())
	assert.Equal(t, want.EventFilter, s.EventFilter())
	assert.Equal(t, want.OrderKey, s.OrderKey())
	assert.Equal(t, want.Schedule, s.SchedulePolicy())
	assert.Equal(t, want.Retry, s.RetryPolicy())
	assert.Equal(t, want.Async, s.Async())
	assert.Equal(t, want.Metadata, s.Metadata())
	assert.Equal(t, want.Tags, s.Tags())
	assert.Equal(t, want.CreatedBy, s.CreatedBy())
}

func TestTriggerOptionsImplyTheTypeUnlessOneIsGiven(t *testing.T) {
	newScript := func(opts ...jsruntime.ScriptOption) jsruntime.Script {
		return jsruntime.NewScript(uuid.New(), "n", "s", opts...)
	}
	daily := jsruntime.WithCron(mustCron(t, "@daily"))
	http, event := jsruntime.WithHTTP("/x"), jsruntime.WithEventTypes("a.b")
	assert.Equal(t, jsruntime.ScriptTypeScheduled, newScript(daily).Type())
	assert.Equal(t, jsruntime.ScriptTypeHTTP, newScript(http).Type())
	assert.Equal(t, jsruntime.ScriptTypeEvent, newScript(event).Type())
	assert.Equal(t, jsruntime.ScriptTypeScheduled, newScript(event, http, daily).Type())
	assert.Equal(t, jsruntime.ScriptTypeHTTP, newScript(event, http).Type())
	for _, typ := range scriptTypes {
		given := jsruntime.WithScriptType(typ)
		assert.Equal(t, typ, newScript(given, daily, http, event).Type())
		assert.Equal(t, typ, newScript(daily, http, event, given).Type(), "order does not matter")
	}
}

func TestATriggerOptionWithoutATriggerIsAnErrorAndNoOneOffScript(t *testing.T) {
	for field, opt := range map[string]jsruntime.ScriptOption{
		"cron": jsruntime.WithCron(jsruntime.CronExpression{}), "httpPath": jsruntime.WithHTTP(""), "eventTypes": jsruntime.WithEventTypes(),
	} {
		err := jsruntime.NewScript(uuid.New(), "n", "return 1", opt).Validate()
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
		assert.ErrorContains(t, err, field+": ")
	}
}

func TestTypeHelpersAreTrueForTheirOwnTypeOnly(t *testing.T) {
	for _, typ := range scriptTypes {
		s := jsruntime.NewScript(uuid.New(), "n", "s", jsruntime.WithScriptType(typ))
		assert.Equal(t, typ == jsruntime.ScriptTypeScheduled, s.IsScheduled(), typ)
		assert.Equal(t, typ == jsruntime.ScriptTypeHTTP, s.IsHTTPEndpoint(), typ)
		assert.Equal(t, typ == jsruntime.ScriptTypeEvent, s.IsEventTriggered(), typ)
	}
}

func TestOnlyAnActiveScriptCanExecute(t *testing.T) {
	s := jsruntime.NewScript(uuid.New(), "n", "s")
	for _, status := range append([]jsruntime.ScriptStatus{"", "unknown", "ACTIVE"}, scriptStatuses...) {
		assert.Equal(t, status == jsruntime.ScriptStatusActive, s.SetStatus(status).CanExecute(), status)
	}
}
