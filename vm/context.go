package vm

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/dop251/goja"
	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// context returns the script's context object, when it uses it: frozen, functions included, and for the rest as the JSON of
// the job's context reads.
func (r *realm) context() (goja.Value, *jsruntime.ScriptError) {
	if !r.program.names.has("context") {
		return goja.Undefined(), nil
	}
	job := &r.job.Context
	trigger, err := r.trigger(&job.Trigger)
	if err != nil {
		return nil, &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: "context " + err.Error()}
	}
	metadata := job.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	whole := r.frozen()
	whole.set("tenant", r.frozen().set("id", r.id(job.Tenant.ID)).done())
	whole.set("script", r.frozen().set("id", r.id(job.Script.ID)).text("name", job.Script.Name).number("version", job.Script.Version).done())
	whole.set("execution", r.frozen().set("id", r.id(job.Execution.ID)).number("attempt", job.Execution.Attempt).done())
	whole.set("trigger", trigger)
	whole.set("metadata", r.frozenTexts(metadata))
	whole.set("secrets", r.frozen().set("get", r.frozenFunction("get", r.secret)).done())
	return whole.done(), nil
}

func (r *realm) id(id uuid.UUID) goja.Value { return r.rt.ToValue(id.String()) }

// secret is context.secrets.get.
func (r *realm) secret(call goja.FunctionCall) goja.Value {
	if r.calls == nil {
		promise, _, reject := r.rt.NewPromise()
		rethrow(reject(r.rt.NewTypeError("this script has no secrets")))
		return r.rt.ToValue(promise)
	}
	return r.callHost(jsruntime.SecretsGet, call.Arguments[:min(len(call.Arguments), 1)])
}

// trigger returns context.trigger.
func (r *realm) trigger(t *jsruntime.JobTrigger) (goja.Value, error) {
	object := r.frozen().text("type", string(t.Type))
	for _, optional := range [...]struct{ name, value string }{
		{"eventType", t.EventType}, {"httpMethod", t.HTTPMethod}, {"httpPath", t.HTTPPath}, {"cronTrigger", t.CronTrigger},
	} {
		if optional.value != "" {
			object.text(optional.name, optional.value)
		}
	}
	if t.Payload != nil {
		text, err := json.Marshal(t.Payload)
		if err != nil {
			return nil, err
		}
		payload, err := r.fromJSON(string(text), true)
		if err != nil {
			return nil, err
		}
		object.set("payload", payload)
	}
	if t.Request != nil {
		object.set("request", r.request(t.Request))
	}
	return object.done(), nil
}

// request returns context.trigger.request, in which bytes is a function.
func (r *realm) request(q *jsruntime.HTTPRequest) goja.Value {
	object := r.frozen().text("method", q.Method).text("path", q.Path)
	object.set("params", r.frozenTexts(q.Params))
	query := r.frozen()
	for _, name := range slices.Sorted(maps.Keys(q.Query)) {
		values := make([]any, len(q.Query[name]))
		for i, value := range q.Query[name] {
			values[i] = value
		}
		list := r.rt.NewArray(values...)
		r.freeze(list)
		query.set(name, list)
	}
	object.set("query", query.done())
	object.set("headers", r.frozenTexts(q.Headers))
	object.text("text", q.Text)
	object.set("bytes", r.frozenFunction("bytes", func(goja.FunctionCall) goja.Value {
		r.guard.take(int64(max(len(q.Bytes), len(q.Text))))
		array, err := r.rt.New(r.guard.intrinsic("Uint8Array"), r.rt.ToValue(r.rt.NewArrayBuffer(q.Body())))
		rethrow(err)
		return array
	}))
	return object.done()
}

// frozenTexts returns a frozen object with the entries of a map, in the order of their names.
func (r *realm) frozenTexts(m map[string]string) goja.Value {
	object := r.frozen()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		object.text(name, m[name])
	}
	return object.done()
}

// frozenObject is an object that will be frozen. Nothing of it goes through what a script could replace.
type frozenObject struct {
	r      *realm
	object *goja.Object
}

func (r *realm) frozen() frozenObject { return frozenObject{r, r.rt.CreateObject(r.objects)} }

func (f frozenObject) set(name string, v goja.Value) frozenObject {
	must(f.object.DefineDataProperty(name, v, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
	return f
}

func (f frozenObject) text(name, value string) frozenObject {
	return f.set(name, f.r.rt.ToValue(value))
}

func (f frozenObject) number(name string, n int) frozenObject { return f.set(name, f.r.rt.ToValue(n)) }

// done returns the object, frozen: its properties are, and there will be no others.
func (f frozenObject) done() *goja.Object {
	baseOf(f.object).extensible = false
	return f.object
}

// frozenFunction is function, frozen.
func (r *realm) frozenFunction(name string, f native) *goja.Object {
	function := r.rt.ToValue(r.guard.guarded(f, nil)).(*goja.Object)
	must(function.DefineDataProperty("name", r.rt.ToValue(name), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	must(function.DefineDataProperty("length", r.rt.ToValue(0), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	baseOf(function).extensible = false
	return function
}
