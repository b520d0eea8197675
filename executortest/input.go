package executortest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var inputTests = []test{
	{"input is an object of the realm", inputIsAnObjectOfTheRealm},
	{"context", jobContext},
	{"context is the same however it is read", contextIsTheSameHoweverItIsRead},
	{"the bytes of a request are exact", theBytesOfARequestAreExact},
	{"dates are in the time zone of the application", datesAreInTheTimeZoneOfTheApplication},
}

func inputIsAnObjectOfTheRealm(t *testing.T, s *suite) {
	const text = `{"a":[1,2.5,-3,1e3,"x\u00e9\ud83d\ude00\ud800\"\\\/\b\f\n\r\t",true,false,null,{},[]],"__proto__":{"p":1},"é":"日本","big":12345678901234567890}`
	for name, c := range map[string]struct{ source, want string }{
		"as JSON.parse makes it":           {`return JSON.stringify(input) === JSON.stringify(JSON.parse(` + fmt.Sprintf("%q", `{"a":[1,2.5,-3,1e3,"x"]}`) + `)) || input.a.length`, `10`},
		"values":                           {`return [input.a[0], input.a[1], input.a[2], input.a[3], input.a[5], input.a[7], input["é"]]`, `[1,2.5,-3,1000,true,null,"日本"]`},
		"escapes":                          {`return input.a[4] === "xé😀\ud800\"\\/\b\f\n\r\t"`, `true`},
		"__proto__ is a property":          {`return [Object.keys(input).includes("__proto__"), input.p === undefined, Object.getPrototypeOf(input) === Object.prototype]`, `[true,true,true]`},
		"it can be changed":                {`input.a.push(1); input.n = 1; delete input.big; return [input.a.length, input.n, "big" in input]`, `[11,1,false]`},
		"arrays are arrays":                {`return [Array.isArray(input.a), input.a instanceof Array, input.a.map(x => typeof x).join()]`, `[true,true,"number,number,number,number,string,boolean,boolean,object,object,object"]`},
		"numbers beyond integers are near": {`return input.big === 12345678901234567890`, `true`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withInput(text))) })
	}
	for _, bad := range []string{`{`, `{"a"}`, `{"a":1,}`, `[1,]`, `{"a":01}`, `{"a":+1}`, `{"a":tru}`, `{"a":"` + "\n" + `"}`, `{} x`, `{"a":"\x"}`, `{"a":"\u12"}`, `nul`, `{"a":-}`, strings.Repeat("[", 2000)} {
		t.Run("bad input is an error: "+bad[:min(len(bad), 20)], func(t *testing.T) {
			require.Equal(t, jsruntime.FailureEngine, s.failure(t, `return input`, withInput(bad)).Kind)
		})
	}
}

// eventContext and requestContext are contexts with all that those of their triggers have.
func eventContext() jsruntime.JobContext {
	return jsruntime.JobContext{
		Tenant:    jsruntime.JobTenant{ID: uuid.New()},
		Script:    jsruntime.JobScript{ID: uuid.New(), Name: "nightly", Version: 3},
		Execution: jsruntime.JobExecution{ID: uuid.New(), Attempt: 2},
		Trigger: jsruntime.JobTrigger{Type: jsruntime.TriggerEvent, TriggerData: jsruntime.TriggerData{
			EventType: "order.paid", EventID: uuid.New(), ScheduledAt: time.Date(2026, 3, 1, 2, 3, 0, 0, time.UTC),
			Payload: map[string]any{"total": 12.5, "lines": []any{map[string]any{"sku": "a"}}},
		}},
	}
}

func requestContext() jsruntime.JobContext {
	request := eventContext()
	request.Metadata = map[string]string{"é": "<ü>", "__proto__": "p", "1": "one"}
	request.Trigger = jsruntime.JobTrigger{Type: jsruntime.TriggerHTTP, TriggerData: jsruntime.TriggerData{
		HTTPMethod: "POST", HTTPPath: "/a/1", CronTrigger: "@daily", Payload: json.RawMessage(`[null,true,1.5,"x",{}]`),
		Request: &jsruntime.HTTPRequest{
			Method: "POST", Path: "/a/1", Params: map[string]string{"id": "1", "": "\xff"}, Query: map[string][]string{"q": {"1", "2"}, "e": {}},
			Headers: map[string]string{"host": "h", "constructor": "c"}, Text: "é\u2028",
		},
	}}
	return request
}

func jobContext(t *testing.T, s *suite) {
	job, request := eventContext(), requestContext()
	for name, job := range map[string]jsruntime.JobContext{"an event's": job, "a request's": request, "an empty one": {}} {
		t.Run("has the fields of the job: "+name, func(t *testing.T) {
			want, err := json.Marshal(job)
			require.NoError(t, err)
			got := s.output(t, `const {secrets, ...rest} = context; return rest`, func(j *jsruntime.Job) { j.Context = job })
			require.JSONEq(t, strings.Replace(string(want), `"metadata":null`, `"metadata":{}`, 1), got)
		})
	}
	t.Run("an event's id and an instant, read by their names", func(t *testing.T) {
		got := s.output(t, `return context.trigger.eventId + " " + context.trigger.scheduledAt`, func(j *jsruntime.Job) { j.Context = job })
		require.JSONEq(t, fmt.Sprintf(`"%s 2026-03-01T02:03:00Z"`, job.Trigger.EventID), got)
	})
	with := func(j *jsruntime.Job) { j.Context = request }
	t.Run("is frozen, however deep", func(t *testing.T) {
		require.JSONEq(t, `["isFrozen"]`, s.output(t, `
			const open = [];
			const visit = (o, path) => {
				if (typeof o !== "object" && typeof o !== "function" || o === null) { return }
				if (!Object.isFrozen(o)) { open.push(path) }
				for (const k of Reflect.ownKeys(o)) { if (k !== "caller" && k !== "arguments") { visit(o[k], path + "." + k) } }
			};
			visit(context, "context");
			try { (function () { "use strict"; context.trigger.payload[4].sku = "b" })(); open.push("assigned") } catch {}
			context.extra = 1;
			return [...open, ...("extra" in context ? ["extended"] : []), "isFrozen"]`, with))
	})
	t.Run("secrets are asked of the host", func(t *testing.T) {
		host := functions{jsruntime.SecretsGet: func(_ context.Context, args []any) (any, error) {
			return fmt.Sprintf("%v!", args), nil
		}}
		require.JSONEq(t, `["[key]!","undefined"]`, s.output(t, `return [await context.secrets.get("key", "more"), typeof secrets]`, with, withHost(host)))
		require.Equal(t, "TypeError: this script has no secrets", s.failure(t, `await context.secrets.get("key")`).Message)
	})
}

func contextIsTheSameHoweverItIsRead(t *testing.T, s *suite) {
	with := func(j *jsruntime.Job) { j.Context = requestContext() }
	for source, want := range map[string]string{
		`return [context.trigger.type, context.trigger.request.params.id, context.script.version]`:                                                                                       `["http","1",3]`,
		`return context.trigger.request.headers["host"] + context.trigger["request"].text.length`:                                                                                        `"h2"`,
		`const {trigger: {request: {method}}} = context; return method`:                                                                                                                  `"POST"`,
		`const c = context; return c.trigger.request.path`:                                                                                                                               `"/a/1"`,
		`const t = context.trigger; return context.trigger.type + t.httpMethod`:                                                                                                          `"httpPOST"`,
		`return [typeof context.trigger.eventId, typeof context.trigger.scheduledAt]`:                                                                                                    `["undefined","undefined"]`,
		`return context?.trigger?.request?.method`:                                                                                                                                       `"POST"`,
		`with (context.trigger) { return request.method + context.trigger.type }`:                                                                                                        `"POSThttp"`,
		`const f = (context) => context.trigger.other; return f({trigger: {other: 1}})`:                                                                                                  `1`,
		`return [typeof context.other, typeof context.trigger.eventType, "payload" in context.trigger]`:                                                                                  `["undefined","undefined",true]`,
		`Object.prototype.self = function () { return Object.keys(this).length }; return [context.self(), context.trigger.self(), context.trigger.request.self(), context.trigger.type]`: `[7,6,7,"http"]`,
		`Object.defineProperty(Object.prototype, "eventType", {get() { return Object.keys(this) }}); return context.trigger.eventType`:                                                   `["type","httpMethod","httpPath","cronTrigger","payload","request"]`,
		`Object.defineProperty(Object.prototype, "other", {get() { return Object.keys(this).length }}); return context.other`:                                                            `7`,
	} {
		t.Run(source, func(t *testing.T) { require.JSONEq(t, want, s.output(t, source, with)) })
	}
}

func theBytesOfARequestAreExact(t *testing.T, s *suite) {
	with := func(r jsruntime.HTTPRequest) func(*jsruntime.Job) {
		return func(j *jsruntime.Job) {
			j.Context.Trigger = jsruntime.JobTrigger{Type: jsruntime.TriggerHTTP, TriggerData: jsruntime.TriggerData{Request: &r}}
		}
	}
	text := with(jsruntime.HTTPRequest{Text: "é\x00"})
	odd := with(jsruntime.HTTPRequest{Text: "a\uFFFDb", Bytes: []byte("a\xff\xfeb")})
	for name, c := range map[string]struct {
		source, want string
		job          func(*jsruntime.Job)
	}{
		"of text":                    {`return Array.from(context.trigger.request.bytes())`, `[195,169,0]`, text},
		"of what is no text":         {`return Array.from(context.trigger.request.bytes())`, `[97,255,254,98]`, odd},
		"of nothing":                 {`return context.trigger.request.bytes().length`, `0`, with(jsruntime.HTTPRequest{})},
		"the text beside them":       {`return context.trigger.request.text`, `"a\uFFFDb"`, odd},
		"in an array of the realm":   {`return context.trigger.request.bytes() instanceof Uint8Array`, `true`, text},
		"in a new one each time":     {`const {request} = context.trigger; request.bytes().fill(7); return Array.from(request.bytes())`, `[195,169,0]`, text},
		"whatever the script breaks": {`Uint8Array = undefined; ArrayBuffer = undefined; return context.trigger.request.bytes().length`, `3`, text},
		"without this":               {`const {bytes} = context.trigger.request; return bytes().length`, `3`, text},
		"and the rest is frozen": {`return [context, context.trigger, context.trigger.request, context.trigger.request.bytes].map(Object.isFrozen)`,
			`[true,true,true,true]`, text},
		"and is not there otherwise": {`return typeof context.trigger.request`, `"undefined"`, func(*jsruntime.Job) {}},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, c.job)) })
	}
	t.Run("and count as memory", func(t *testing.T) {
		large := with(jsruntime.HTTPRequest{Text: strings.Repeat("x", 1<<20)})
		got := s.failure(t, `const all = []; for (;;) all.push(context.trigger.request.bytes())`, large)
		require.Equal(t, jsruntime.FailureMemory, got.Kind)
	})
}

func datesAreInTheTimeZoneOfTheApplication(t *testing.T, s *suite) {
	_, offset := time.Date(2026, 7, 1, 12, 0, 0, 0, time.Local).Zone()
	require.Equal(t, strconv.Itoa(-offset/60), s.output(t, `return new Date(2026, 6, 1, 12).getTimezoneOffset()`))
}
