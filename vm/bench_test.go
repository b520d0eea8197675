package vm_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

const small = `let sum = 0; for (let i = 0; i < 10; i++) { sum += i } return {sum, name: "small"}`

// BenchmarkPlainGoja is the yardstick: the same work in a fresh engine without any of the sandbox.
func BenchmarkPlainGoja(b *testing.B) {
	program := goja.MustCompile("", "(function(){"+small+"})()", false)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := goja.New().RunProgram(program); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlainGojaAsync is plain goja with the one thing that makes await work: an async function.
func BenchmarkPlainGojaAsync(b *testing.B) {
	program := goja.MustCompile("", "(async function(){await null;"+small+"})()", false)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := goja.New().RunProgram(program); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkRun(b *testing.B, job jsruntime.Job) {
	executor := vm.New()
	job.Limits = jsruntime.DefaultResourceLimits()
	b.ReportAllocs()
	for b.Loop() {
		if result := executor.Run(context.Background(), job); result.Err != nil {
			b.Fatal(result.Err)
		}
	}
}

func BenchmarkRunSmall(b *testing.B) {
	benchmarkRun(b, jsruntime.Job{Source: jsruntime.Source{Text: small}})
}

func BenchmarkRunSmallAwait(b *testing.B) {
	benchmarkRun(b, jsruntime.Job{Source: jsruntime.Source{Text: "await null;" + small}})
}

func BenchmarkRunInputContextConsole(b *testing.B) {
	benchmarkRun(b, jsruntime.Job{
		Source: jsruntime.Source{Text: `console.log("order", input.id); return {id: input.id, attempt: context.execution.attempt}`},
		Input:  json.RawMessage(`{"id":"o-1","lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}`),
	})
}

func BenchmarkRunHostCall(b *testing.B) {
	benchmarkRun(b, jsruntime.Job{
		Source: jsruntime.Source{Text: `return await billing.charge(input.id)`},
		Input:  json.RawMessage(`{"id":"o-1"}`),
		Host:   echoHost{},
	})
}

type echoHost struct{}

func (echoHost) Functions() []string { return []string{"billing.charge"} }

func (echoHost) Call(_ context.Context, _ string, args []any) (any, error) { return args[0], nil }

// BenchmarkRunRequest is a run for an HTTP request, with what that brings into the realm.
func BenchmarkRunRequest(b *testing.B) {
	benchmarkRun(b, jsruntime.Job{
		Source: jsruntime.Source{Text: `return {status: 201, body: {id: context.trigger.request.params.id, item: input.item, total: input.cents / 100}}`},
		Input:  json.RawMessage(`{"item":"lamp","cents":4590}`),
		Host:   noHost{},
		Context: jsruntime.JobContext{Trigger: jsruntime.JobTrigger{Type: jsruntime.TriggerHTTP, TriggerData: jsruntime.TriggerData{
			HTTPMethod: "POST", HTTPPath: "/orders/42", Payload: map[string]any{"item": "lamp", "cents": 4590.0},
			Request: &jsruntime.HTTPRequest{
				Method: "POST", Path: "/orders/42", Params: map[string]string{"id": "42"}, Query: map[string][]string{},
				Headers: map[string]string{"host": "h", "content-type": "application/json", "content-length": "28", "user-agent": "bench"},
				Text:    `{"item":"lamp","cents":4590}`,
			},
		}}},
	})
}

// noHost is what an application without functions has: secrets alone.
type noHost struct{}

func (noHost) Functions() []string { return nil }

func (noHost) Call(context.Context, string, []any) (any, error) { return nil, nil }
