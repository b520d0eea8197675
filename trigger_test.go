package jsruntime_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var triggerTypes = []jsruntime.TriggerType{
	jsruntime.TriggerCron, jsruntime.TriggerHTTP, jsruntime.TriggerEvent, jsruntime.TriggerManual, jsruntime.TriggerAPI,
}

func TestTriggerTypesAreExactlyTheFiveOfTheSpecification(t *testing.T) {
	assert.Equal(t, []jsruntime.TriggerType{"cron", "http", "event", "manual", "api"}, triggerTypes)
	for _, v := range triggerTypes {
		assert.True(t, v.IsValid(), v)
	}
	for _, v := range []jsruntime.TriggerType{"", "Cron", "scheduled", "webhook"} {
		assert.False(t, v.IsValid(), v)
	}
}

func triggerData() jsruntime.TriggerData {
	return jsruntime.TriggerData{
		EventType: "order.paid", HTTPMethod: "POST", HTTPPath: "/orders/7", CronTrigger: "@daily",
		Payload: map[string]any{"list": []any{1.0, map[string]any{"deep": "value"}}},
		Request: &jsruntime.HTTPRequest{
			Method: "POST", Path: "/orders/7", Params: map[string]string{"id": "7"},
			Query: map[string][]string{"q": {"a", "b"}},
			Headers: map[string]string{
				"authorization": "SECRET", "proxy-authorization": "SECRET", "cookie": "SECRET", "accept": "text/html",
			},
			Text: "body",
		},
	}
}

// spoilTrigger overwrites everything in d that can be reached through pointers, slices and maps.
func spoilTrigger(d jsruntime.TriggerData) {
	list := d.Payload.(map[string]any)["list"].([]any)
	list[1].(map[string]any)["deep"] = "spoiled"
	list[0] = "spoiled"
	d.Payload.(map[string]any)["spoiled"] = true
	d.Request.Params["id"] = "spoiled"
	d.Request.Query["q"][0] = "spoiled"
	d.Request.Query["spoiled"] = nil
	d.Request.Headers["accept"] = "spoiled"
	d.Request.Text = "spoiled"
}

func newRun(opts ...jsruntime.ExecutionOption) jsruntime.Execution {
	return jsruntime.NewExecution(uuid.New(), uuid.New(), jsruntime.TriggerManual, opts...)
}

func TestAnExecutionHoldsItsOwnCopyOfTheTriggerData(t *testing.T) {
	given := triggerData()
	opt := jsruntime.WithTriggerData(given)
	spoilTrigger(given)
	first, second := newRun(opt), newRun(opt)
	assert.Equal(t, triggerData(), first.TriggerData())

	spoilTrigger(first.TriggerData())
	sibling := first.SetStatus(jsruntime.ExecutionRunning)
	spoilTrigger(sibling.TriggerData())
	spoilTrigger(sibling.Record().TriggerData)
	record := first.Record()
	restored := jsruntime.RestoreExecution(record)
	spoilTrigger(record.TriggerData)
	for name, e := range map[string]jsruntime.Execution{
		"first": first, "second": second, "sibling": sibling, "restored": restored,
	} {
		assert.Equal(t, triggerData(), e.TriggerData(), name)
	}
}

func TestTheTriggersPayloadIsAsJSONHoldsIt(t *testing.T) {
	type order struct {
		ID    int      `json:"id"`
		Lines []string `json:"lines"`
	}
	for about, c := range map[string]struct{ given, want any }{
		"nothing":  {nil, nil},
		"a struct": {order{7, []string{"a"}}, map[string]any{"id": 7.0, "lines": []any{"a"}}},
		"a number": {7, 7.0},
		"raw JSON": {json.RawMessage(`{"a":[1]}`), map[string]any{"a": []any{1.0}}},
		"a nil":    {(*order)(nil), nil},
	} {
		e := newRun(jsruntime.WithTriggerData(jsruntime.TriggerData{Payload: c.given}))
		require.NoError(t, e.Validate(), about)
		assert.Equal(t, c.want, e.TriggerData().Payload, about)
	}
}

func TestAPayloadThatJSONCannotHoldIsReportedByValidate(t *testing.T) {
	for about, payload := range unencodable() {
		e := newRun(jsruntime.WithTriggerData(jsruntime.TriggerData{Payload: payload}))
		assert.Equal(t, []string{"triggerData.payload"}, fieldsOf(t, e.Validate()), about)
		assert.Nil(t, e.TriggerData().Payload, about)
	}
}

func TestTriggerDataComesBackFromJSON(t *testing.T) {
	raw, err := json.Marshal(triggerData())
	require.NoError(t, err)
	var got jsruntime.TriggerData
	require.NoError(t, json.Unmarshal(raw, &got))
	assert.Equal(t, triggerData(), got)
	raw, err = json.Marshal(jsruntime.TriggerData{})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(raw), "what does not belong to the trigger is left out")
}
