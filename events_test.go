package jsruntime_test

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// lifecycleEvents has every event of the library with its payload and the payload's fields, as specified.
var lifecycleEvents = map[string]struct {
	payload any
	fields  string
}{
	"jsruntime.script.created": {jsruntime.ScriptCreatedEvent{},
		"ScriptID TenantID Name Type CreatedBy CreatedAt"},
	"jsruntime.script.updated": {jsruntime.ScriptUpdatedEvent{},
		"ScriptID TenantID UpdatedBy UpdatedAt VersionNumber"},
	"jsruntime.script.deleted": {jsruntime.ScriptDeletedEvent{},
		"ScriptID TenantID DeletedBy DeletedAt"},
	"jsruntime.script.status_changed": {jsruntime.ScriptStatusChangedEvent{},
		"ScriptID TenantID OldStatus NewStatus ChangedBy ChangedAt"},
	"jsruntime.execution.started": {jsruntime.ExecutionStartedEvent{},
		"ExecutionID ScriptID TenantID TriggerType StartedAt"},
	"jsruntime.execution.completed": {jsruntime.ExecutionCompletedEvent{},
		"ExecutionID ScriptID TenantID Duration CompletedAt"},
	"jsruntime.execution.failed": {jsruntime.ExecutionFailedEvent{},
		"ExecutionID ScriptID TenantID Error FailedAt"},
	"jsruntime.execution.timeout": {jsruntime.ExecutionTimeoutEvent{},
		"ExecutionID ScriptID TenantID Duration TimeoutAt"},
	"jsruntime.execution.cancelled": {jsruntime.ExecutionCancelledEvent{},
		"ExecutionID ScriptID TenantID Reason CancelledAt"},
}

func TestTheLibrarysEventTypesAreNamedJsruntimeEntityAction(t *testing.T) {
	types := []string{
		jsruntime.EventScriptCreated, jsruntime.EventScriptUpdated, jsruntime.EventScriptDeleted,
		jsruntime.EventScriptStatusChanged, jsruntime.EventExecutionStarted, jsruntime.EventExecutionCompleted,
		jsruntime.EventExecutionFailed, jsruntime.EventExecutionTimeout, jsruntime.EventExecutionCancelled,
	}
	require.Len(t, lifecycleEvents, len(types))
	convention := regexp.MustCompile(`^jsruntime\.(script|execution)\.[a-z_]+$`)
	for _, typ := range types {
		assert.Contains(t, lifecycleEvents, typ)
		assert.Regexp(t, convention, typ)
		assert.True(t, strings.HasPrefix(typ, jsruntime.EventTypePrefix))
	}
}

func TestEveryEventPayloadHasExactlyTheFieldsOfTheSpecification(t *testing.T) {
	for typ, c := range lifecycleEvents {
		var fields []string
		payload := reflect.TypeOf(c.payload)
		for f := range payload.Fields() {
			fields = append(fields, f.Name)
			name := strings.ToLower(f.Name[:1]) + f.Name[1:]
			name = strings.TrimSuffix(name, "ID") + strings.Repeat("Id", strings.Count(f.Name, "ID"))
			assert.Equal(t, name, f.Tag.Get("json"), "%s in JSON", typ)
		}
		assert.Equal(t, strings.Fields(c.fields), fields, typ)
	}
}

func TestEveryEventCarriesTheTenantATimeAndTheScript(t *testing.T) {
	for typ, c := range lifecycleEvents {
		payload, times := reflect.TypeOf(c.payload), 0
		for f := range payload.Fields() {
			if f.Type == reflect.TypeFor[time.Time]() {
				times++
			}
		}
		assert.Equal(t, 1, times, typ)
		for _, id := range []string{"TenantID", "ScriptID"} {
			f, ok := payload.FieldByName(id)
			assert.True(t, ok && f.Type == reflect.TypeFor[uuid.UUID](), "%s of %s", id, typ)
		}
		tenant := uuid.New()
		assert.Equal(t, tenant, jsruntime.NewEvent(tenant, typ, c.payload).TenantID)
	}
}

func TestANewEventHasAnIDATimeAndItsPayloadAsJSON(t *testing.T) {
	tenant, before := uuid.New(), time.Now()
	e := jsruntime.NewEvent(tenant, "order.paid", map[string]any{"id": 7})
	assert.NotEqual(t, uuid.Nil, e.ID)
	assert.NotEqual(t, e.ID, jsruntime.NewEvent(tenant, "order.paid", nil).ID)
	assert.Equal(t, "order.paid", e.Type)
	assert.Equal(t, tenant, e.TenantID)
	assert.False(t, e.Time.Before(before))
	assert.Equal(t, time.UTC, e.Time.Location())
	assert.JSONEq(t, `{"id":7}`, string(e.Payload))
	assert.Zero(t, e.Depth)
	assert.NoError(t, e.Validate())
	assert.NoError(t, jsruntime.NewEvent(tenant, "a", nil).Validate(), "a payload may be nil")
}

func TestAnEventKeepsItsOwnCopyOfThePayload(t *testing.T) {
	payload := map[string]any{"list": []int{1}}
	e := jsruntime.NewEvent(uuid.New(), "a.b", payload)
	payload["list"].([]int)[0] = 2
	assert.JSONEq(t, `{"list":[1]}`, string(e.Payload))
}

func TestEachRuleOfAnEventIsEnforced(t *testing.T) {
	type E = jsruntime.Event
	long := strings.Repeat("e", jsruntime.MaxNameBytes)
	for about, c := range map[string]struct {
		change func(*E)
		want   []string
	}{
		"valid":              {func(*E) {}, nil},
		"no id":              {func(e *E) { e.ID = uuid.Nil }, []string{"id"}},
		"no tenant":          {func(e *E) { e.TenantID = uuid.Nil }, []string{"tenantId"}},
		"no type":            {func(e *E) { e.Type = "" }, []string{"type"}},
		"bare star":          {func(e *E) { e.Type = "*" }, []string{"type"}},
		"star at the end":    {func(e *E) { e.Type = "order.*" }, []string{"type"}},
		"space in the type":  {func(e *E) { e.Type = "order paid" }, []string{"type"}},
		"type not UTF-8":     {func(e *E) { e.Type = "a\xff" }, []string{"type"}},
		"longest type":       {func(e *E) { e.Type = long }, nil},
		"type too long":      {func(e *E) { e.Type = long + "e" }, []string{"type"}},
		"no payload":         {func(e *E) { e.Payload = nil }, []string{"payload"}},
		"payload not JSON":   {func(e *E) { e.Payload = []byte("{") }, []string{"payload"}},
		"payload null":       {func(e *E) { e.Payload = []byte("null") }, nil},
		"no time":            {func(e *E) { e.Time = time.Time{} }, []string{"time"}},
		"depth below zero":   {func(e *E) { e.Depth = -1 }, []string{"depth"}},
		"depth":              {func(e *E) { e.Depth = 8 }, nil},
		"everything at once": {func(e *E) { *e = E{Depth: -1} }, []string{"id", "tenantId", "type", "payload", "time", "depth"}},
	} {
		e := jsruntime.NewEvent(uuid.New(), "order.paid", 1)
		c.change(&e)
		assert.Equal(t, c.want, fieldsOf(t, e.Validate()), about)
	}
}

func TestAPayloadThatJSONCannotHoldMakesTheEventInvalid(t *testing.T) {
	for about, payload := range unencodable() {
		e := jsruntime.NewEvent(uuid.New(), "order.paid", payload)
		assert.Equal(t, []string{"payload"}, fieldsOf(t, e.Validate()), about)
		copied := e
		assert.Error(t, copied.Validate(), "a copy is as invalid")
	}
}

func TestAnEventComesBackFromJSON(t *testing.T) {
	want := jsruntime.NewEvent(uuid.New(), "order.paid", map[string]any{"html": "<b>", "n": 1.5})
	want.Depth, want.Time = 3, time.Date(2026, 5, 5, 5, 5, 5, 123456789, time.UTC)
	raw, err := json.Marshal(want)
	require.NoError(t, err)
	var got jsruntime.Event
	require.NoError(t, json.Unmarshal(raw, &got))
	assert.Equal(t, want, got)
	var keys map[string]any
	require.NoError(t, json.Unmarshal(raw, &keys))
	assert.Len(t, keys, 6)
}

func TestALifecycleEventsPayloadDecodesIntoItsType(t *testing.T) {
	want := jsruntime.ExecutionCompletedEvent{
		ExecutionID: uuid.New(), ScriptID: uuid.New(), TenantID: uuid.New(), Duration: 1500 * time.Millisecond,
		CompletedAt: time.Date(2026, 5, 5, 5, 5, 5, 5, time.UTC),
	}
	e := jsruntime.NewEvent(want.TenantID, jsruntime.EventExecutionCompleted, want)
	var got jsruntime.ExecutionCompletedEvent
	require.NoError(t, e.Decode(&got))
	assert.Equal(t, want, got)

	for typ, c := range lifecycleEvents {
		e := jsruntime.NewEvent(uuid.New(), typ, c.payload)
		require.NoError(t, e.Validate())
		decoded := reflect.New(reflect.TypeOf(c.payload))
		require.NoError(t, e.Decode(decoded.Interface()))
		assert.Equal(t, c.payload, decoded.Elem().Interface(), typ)
	}
}

func TestAPayloadThatDoesNotFitIsAnErrorThatNamesTheEvent(t *testing.T) {
	var number int
	err := jsruntime.NewEvent(uuid.New(), "order.paid", "text").Decode(&number)
	assert.ErrorContains(t, err, "order.paid")
	var typeError *json.UnmarshalTypeError
	assert.ErrorAs(t, err, &typeError)
	assert.Error(t, jsruntime.NewEvent(uuid.New(), "order.paid", math.NaN()).Decode(&number))
}

func TestAnEventFilterChoosesByTypeAndTenant(t *testing.T) {
	mine, other := uuid.New(), uuid.New()
	for _, c := range []struct {
		types   string
		tenant  uuid.UUID
		event   string
		matches bool
	}{
		{"", uuid.Nil, "order.paid", true},
		{"", uuid.Nil, "jsruntime.script.created", true},
		{"", mine, "order.paid", true},
		{"", other, "order.paid", false},
		{"order.paid", uuid.Nil, "order.paid", true},
		{"order.paid", mine, "order.paid", true},
		{"order.paid", other, "order.paid", false},
		{"order.paid", uuid.Nil, "order.paid.late", false},
		{"order.paid", uuid.Nil, "order", false},
		{"order.paid", uuid.Nil, "Order.Paid", false},
		{"order.paid refund.made", uuid.Nil, "refund.made", true},
		{"order.paid refund.made", uuid.Nil, "refund", false},
		{"order.*", uuid.Nil, "order.paid", true},
		{"order.*", uuid.Nil, "order.line.added", true},
		{"order.*", uuid.Nil, "order.", true},
		{"order.*", uuid.Nil, "order", false},
		{"order.*", uuid.Nil, "orders.paid", false},
		{"order.*", other, "order.paid", false},
		{"order*", uuid.Nil, "orders.paid", true},
		{"*", uuid.Nil, "order.paid", true},
		{"*", mine, "order.paid", true},
		{"*", other, "order.paid", false},
		{"*", uuid.Nil, "jsruntime.script.created", false},
		{"*", uuid.Nil, "jsruntimes", true},
		{"* jsruntime.script.*", uuid.Nil, "jsruntime.script.created", true},
		{"* jsruntime.script.*", uuid.Nil, "jsruntime.execution.failed", false},
		{"jsruntime.*", uuid.Nil, "jsruntime.execution.failed", true},
		{"*.paid", uuid.Nil, "order.paid", false},
	} {
		f := jsruntime.EventFilter{Types: strings.Fields(c.types), TenantID: c.tenant}
		e := jsruntime.NewEvent(mine, c.event, nil)
		assert.Equal(t, c.matches, f.Matches(e), "%q and %s", c.types, c.event)
	}
}
