// Package jsruntime lets a Go application run its customers' own JavaScript: a nightly report, a webhook, a reaction to
// order.paid, a data migration, a pricing rule that Go code calls.
//
// An application wires a [Store] and an [Executor] into a [Runtime]:
//
//	st, err := store.Open("scripts.db") // bbolt; store.NewMemory() for tests
//	rt, err := jsruntime.New(st, vm.New())
//	err = rt.Start(ctx)
//	defer rt.Stop(ctx)
//
//	s, err := rt.CreateScript(ctx, jsruntime.NewScript(tenantID, "greeting", `return "Hello, " + input.name`))
//	s, err = rt.SetStatus(ctx, tenantID, s.ID(), jsruntime.ScriptStatusActive, userID)
//	e, err := rt.Execute(ctx, tenantID, s.ID(), map[string]any{"name": "Ada"})
//	fmt.Println(e.Status(), e.Output()) // completed Hello, Ada
//
// # Scripts
//
// A [Script] is the body of an async JavaScript function. input and context are in scope, await and return work at the
// top level, and what it returns is the output. What starts it depends on its type: a cron schedule ([WithCron]), an
// HTTP request ([WithHTTP] and [Runtime.HTTPHandler]), an event ([WithEventTypes] and [Runtime.Publish]), a person
// ([Runtime.Execute], [Runtime.Submit]) or Go code ([Runtime.Call]). Each change of its source or settings makes a
// [Version]; versions can be compared and gone back to.
//
// # Executions
//
// Every run is an [Execution] on record: what started it, what went in and came out, its logs, how long it took and what
// it called. [ResourceLimits] bound it, and [WithTenantLimits] bounds what a tenant's scripts may ask for.
//
// # What a script can reach
//
// Nothing, until the application grants it: [WithFunction] adds host functions, [WithSecrets] secrets, [WithScriptCalls] other
// scripts of the tenant. [Func] gives a function types that are checked, and [Runtime.Declarations] tells them to an editor. Every
// call from a script goes through one [Host], which counts API calls and database queries and keeps them to the script's budget.
//
// # Events
//
// [Runtime.Publish], and events.publish in a script, start the event scripts that subscribe to the event's type and whose filter
// its payload matches: what they start is stored before they return. A run that fails is tried again as the script's
// [RetryPolicy] says; what is given up is a dead letter, listed by [Runtime.DeadLetters], until [Runtime.Requeue] or
// [Runtime.Discard]. Nine lifecycle events tell what happens to scripts and executions; [Runtime.Subscribe] takes them, and those
// that were published. [WithEventBus] carries them by a broker of the application's.
//
// # Shutdown
//
// Close in the opposite order of opening: the HTTP server first, then [Runtime.Stop], the executor where it has a Close, the
// bus, the store.
//
// # Ports
//
// [Store], [Executor] and [EventBus] are interfaces whose comments are their contracts, each with a conformance suite
// for other implementations: store/storetest, executortest, eventbustest.
//
// There are two executors with one behaviour: vm runs scripts in this process, for authors whom the application can call
// to account, and isolate in worker processes, for anybody.
package jsruntime
