package jsruntime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

var (
	ctx    = context.Background()
	tenant = uuid.MustParse("7a1f0c52-4f0e-4b6e-9a35-2f6f1f3f9c01")
)

const user = 42

// started returns a started Runtime on a store in memory, and what stops it.
func started(opts ...jsruntime.Option) (*jsruntime.Runtime, func()) {
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), opts...)
	if err != nil {
		panic(err)
	}
	if err := rt.Start(ctx); err != nil {
		panic(err)
	}
	return rt, func() {
		if err := rt.Stop(ctx); err != nil {
			panic(err)
		}
	}
}

// ended waits until an execution has come to its end.
func ended(rt *jsruntime.Runtime, f jsruntime.ExecutionFilter) jsruntime.Execution {
	for {
		page, err := rt.Executions(ctx, tenant, f)
		if err != nil {
			panic(err)
		}
		if len(page.Items) > 0 && page.Items[0].Status().IsTerminal() {
			return page.Items[0]
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func ExampleRuntime_CreateScript() {
	rt, stop := started()
	defer stop()

	s, err := rt.CreateScript(ctx, jsruntime.NewScript(tenant, "greeting", `return "Hello, " + input.name`))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Name(), s.Status(), "version", s.VersionNumber())

	_, err = rt.CreateScript(ctx, jsruntime.NewScript(tenant, "broken", "let a = 1\nreturn a +"))
	var syntax *jsruntime.ScriptError
	if errors.As(err, &syntax) {
		fmt.Println("broken: line", syntax.Line)
	}
	_, err = rt.CreateScript(ctx, jsruntime.NewScript(tenant, "", ""))
	fmt.Println(errors.Is(err, jsruntime.ErrInvalid))
	// Output:
	// greeting draft version 1
	// broken: line 2
	// true
}

func ExampleRuntime_Execute() {
	rt, stop := started()
	defer stop()
	s, _ := rt.CreateScript(ctx, jsruntime.NewScript(tenant, "greeting", `
		console.log("asked by", input.name);
		return "Hello, " + input.name.toUpperCase();`))
	if _, err := rt.SetStatus(ctx, tenant, s.ID(), jsruntime.ScriptStatusActive, user); err != nil {
		panic(err)
	}

	e, err := rt.Execute(ctx, tenant, s.ID(), map[string]any{"name": "Ada"})
	if err != nil {
		panic(err)
	}
	fmt.Println(e.Status(), e.Output())
	logs, _ := rt.Logs(ctx, tenant, e.ID())
	fmt.Println(logs[0].Level, logs[0].Message)

	e, _ = rt.Execute(ctx, tenant, s.ID(), nil) // input.name is undefined
	fmt.Println(e.Status(), "at line", e.Failure().Line)
	// Output:
	// completed Hello, ADA
	// info asked by Ada
	// failed at line 3
}

func ExampleRuntime_UpdateScript() {
	rt, stop := started()
	defer stop()
	s, _ := rt.CreateScript(ctx, jsruntime.NewScript(tenant, "tax", "return input.cents * 0.19\n"))

	updated, err := rt.UpdateScript(ctx, s.SetSource("return Math.round(input.cents * 0.19)\n"),
		jsruntime.Change{By: user, Description: "whole cents"})
	if err != nil {
		panic(err)
	}
	fmt.Println("version", updated.VersionNumber())

	_, err = rt.UpdateScript(ctx, s.SetName("vat"), jsruntime.Change{By: user}) // s is not the newest any more
	fmt.Println(errors.Is(err, jsruntime.ErrConflict))

	diff, _ := rt.Diff(ctx, tenant, s.ID(), 1, 2)
	fmt.Print(diff)
	// Output:
	// version 2
	// true
	// --- version 1
	// +++ version 2
	// @@ -1 +1 @@
	// -return input.cents * 0.19
	// +return Math.round(input.cents * 0.19)
}

func ExampleRuntime_Rollback() {
	rt, stop := started()
	defer stop()
	s, _ := rt.CreateScript(ctx, jsruntime.NewScript(tenant, "rule", `return "good"`))
	if _, err := rt.UpdateScript(ctx, s.SetSource(`return "bad"`), jsruntime.Change{By: user, Description: "try"}); err != nil {
		panic(err)
	}

	s, err := rt.Rollback(ctx, tenant, s.ID(), 1, user)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Source(), "is version", s.VersionNumber())
	versions, _ := rt.Versions(ctx, tenant, s.ID(), jsruntime.PageRequest{})
	for _, v := range versions.Items {
		fmt.Println(v.VersionNumber(), v.ChangeDescription())
	}
	// Output:
	// return "good" is version 3
	// 3 rollback to version 1
	// 2 try
	// 1 created
}

// A scheduled script runs when its cron expression says so.
func ExampleWithCron() {
	rt, stop := started()
	defer stop()
	everySecond, err := jsruntime.NewCronExpression("@every 1s")
	if err != nil {
		panic(err)
	}
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "heartbeat",
		`return "fired by " + context.trigger.cronTrigger`, jsruntime.WithCron(everySecond))); err != nil {
		panic(err)
	}

	e := ended(rt, jsruntime.ExecutionFilter{Triggers: []jsruntime.TriggerType{jsruntime.TriggerCron}})
	fmt.Println(e.Output())
	// Output: fired by @every 1s
}

// An HTTP script answers requests.
func ExampleRuntime_HTTPHandler() {
	rt, stop := started()
	defer stop()
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "order",
		`return { status: 201, body: { id: context.trigger.request.params.id, total: input.cents / 100 } }`,
		jsruntime.WithHTTP("/orders/{id}", http.MethodPut))); err != nil {
		panic(err)
	}
	handler := rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil })

	request := httptest.NewRequest(http.MethodPut, "/orders/7", strings.NewReader(`{"cents": 1250}`))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Code, string(body))
	// Output: 201 {"id":"7","total":12.5}
}

// An event script runs for each event of the types that it subscribes to.
func ExampleRuntime_Publish() {
	rt, stop := started()
	defer stop()
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "thanks",
		`return context.trigger.eventType + ": thank you, " + input.customer`,
		jsruntime.WithEventTypes("order.*"))); err != nil {
		panic(err)
	}

	err := rt.Publish(ctx, jsruntime.NewEvent(tenant, "order.paid", map[string]any{"customer": "Ada"}))
	if err != nil {
		panic(err)
	}
	e := ended(rt, jsruntime.ExecutionFilter{Triggers: []jsruntime.TriggerType{jsruntime.TriggerEvent}})
	fmt.Println(e.Output())
	// Output: order.paid: thank you, Ada
}

// A one-off script, such as a data migration, is queued by a person and survives a restart.
func ExampleRuntime_Submit() {
	rt, stop := started(jsruntime.WithFunction("users.rename", func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
		return fmt.Sprintf("renamed %v", call.Arg(0)), nil
	}, jsruntime.DatabaseQuery))
	defer stop()
	s, err := rt.Register(ctx, jsruntime.NewScript(tenant, "migration",
		`return await Promise.all(input.users.map(u => users.rename(u)))`))
	if err != nil {
		panic(err)
	}

	pending, err := rt.Submit(ctx, tenant, s.ID(), map[string]any{"users": []string{"ada", "bob"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(pending.Status())
	e, err := rt.Wait(ctx, tenant, pending.ID())
	if err != nil {
		panic(err)
	}
	fmt.Println(e.Status(), e.Output(), e.Metrics().DatabaseQueryCount)
	// Output:
	// pending
	// completed [renamed ada renamed bob] 2
}

// An embedded script is a rule that Go code calls by name.
func ExampleRuntime_Call() {
	rt, stop := started()
	defer stop()
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "discount",
		`return input.quantity >= 10 ? 0.15 : 0`, jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded))); err != nil {
		panic(err)
	}

	discount, err := rt.Call(ctx, tenant, "discount", map[string]any{"quantity": 12})
	if err != nil {
		panic(err)
	}
	fmt.Println(discount)
	// Output: 0.15
}

// CallInto gives the output a Go type.
func ExampleCallInto() {
	rt, stop := started()
	defer stop()
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "quote",
		`return {total: input.quantity * 3, currency: "EUR"}`, jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded))); err != nil {
		panic(err)
	}

	type quote struct {
		Total    int    `json:"total"`
		Currency string `json:"currency"`
	}
	q, err := jsruntime.CallInto[quote](ctx, rt, tenant, "quote", map[string]any{"quantity": 12})
	if err != nil {
		panic(err)
	}
	fmt.Println(q.Total, q.Currency)
	// Output: 36 EUR
}

// Events tell what happens to scripts and executions.
func ExampleRuntime_Subscribe() {
	rt, stop := started()
	defer stop()
	told := make(chan jsruntime.ScriptCreatedEvent)
	subscription, err := rt.Subscribe(jsruntime.EventFilter{Types: []string{jsruntime.EventScriptCreated}, TenantID: tenant},
		func(_ context.Context, e jsruntime.Event) error {
			var created jsruntime.ScriptCreatedEvent
			err := e.Decode(&created)
			told <- created
			return err
		})
	if err != nil {
		panic(err)
	}
	defer subscription.Close()

	if _, err := rt.CreateScript(ctx, jsruntime.NewScript(tenant, "greeting", `return 1`, jsruntime.WithCreatedBy(user))); err != nil {
		panic(err)
	}
	created := <-told
	fmt.Println(created.Name, "was created by", created.CreatedBy)
	// Output: greeting was created by 42
}
