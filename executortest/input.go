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

func jobContext(t *testing.T, s *suite) {
	job := jsruntime.JobContext{
		Tenant:    jsruntime.JobTenant{ID: uuid.New()},
		Script:    jsruntime.JobScript{ID: uuid.New(), Name: "nightly", Version: 3},
		Execution: jsruntime.JobExecution{ID: uuid.New(), Attempt: 2},
		Trigger: jsruntime.JobTrigger{Type: jsruntime.TriggerEvent, TriggerData: jsruntime.TriggerData{
			EventType: "order.paid", ScheduledAt: time.Date(2026, 3, 1, 2, 3, 0, 0, time.UTC), Payload: map[string]any{"total": 12.5, "lines": []any{map[string]any{"sku": "a"}}},
		}},
	}
	with := func(j *jsruntime.Job) { j.Context = job }
	t.Run("has the fields of the job", func(t *testing.T) {
		want, err := json.Marshal(job)
		require.NoError(t, err)
		got := s.output(t, `const {secrets, ...rest} = context; return rest`, with)
		require.JSONEq(t, strings.Replace(string(want), `"metadata":null`, `"metadata":{}`, 1), got)
	})
	t.Run("is frozen, however deep", func(t *testing.T) {
		require.JSONEq(t, `["isFrozen"]`, s.output(t, `
			const open = [];
			const visit = (o, path) => {
				if (typeof o !== "object" && typeof o !== "function" || o === null) { return }
				if (!Object.isFrozen(o)) { open.push(path) }
				for (const k of Object.getOwnPropertyNames(o)) { if (k !== "caller" && k !== "arguments") { visit(o[k], path + "." + k) } }
			};
			visit(context, "context");
			try { (function () { "use strict"; context.trigger.payload.lines[0].sku = "b" })(); open.push("assigned") } catch {}
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

func datesAreInTheTimeZoneOfTheApplication(t *testing.T, s *suite) {
	_, offset := time.Date(2026, 7, 1, 12, 0, 0, 0, time.Local).Zone()
	require.Equal(t, strconv.Itoa(-offset/60), s.output(t, `return new Date(2026, 6, 1, 12).getTimezoneOffset()`))
}
