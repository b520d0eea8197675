package vm

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// context returns the script's context object, when it uses it: frozen, functions included, and for the rest as the JSON of
// the job's context reads. What the script cannot come across is left out: see contextParts.
func (r *realm) context() (goja.Value, *jsruntime.ScriptError) {
	if !r.program.names.has("context") {
		return goja.Undefined(), nil
	}
	job := &r.job.Context
	whole := r.frozenPart("context", true)
	whole.part("tenant", func() goja.Value { return r.frozen().set("id", r.id(job.Tenant.ID)).done() })
	whole.part("script", func() goja.Value {
		return r.frozen().set("id", r.id(job.Script.ID)).text("name", job.Script.Name).number("version", job.Script.Version).done()
	})
	whole.part("execution", func() goja.Value {
		return r.frozen().set("id", r.id(job.Execution.ID)).number("attempt", job.Execution.Attempt).done()
	})
	var err error
	whole.part("trigger", func() (trigger goja.Value) {
		trigger, err = r.trigger(&job.Trigger, whole.all)
		return trigger
	})
	if err != nil {
		return nil, &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: "context " + err.Error()}
	}
	whole.part("metadata", func() goja.Value { return r.frozenTexts(job.Metadata) })
	whole.part("secrets", func() goja.Value { return r.frozen().set("get", r.frozenFunction("get", r.secret)).done() })
	whole.part("waitUntil", func() goja.Value { return r.frozenFunction("waitUntil", r.waitUntil) })
	return whole.done(), nil
}

func (r *realm) id(id uuid.UUID) goja.Value { return r.rt.ToValue(id.String()) }

// secret is context.secrets.get.
func (r *realm) secret(call goja.FunctionCall) goja.Value {
	if r.calls == nil {
		return r.typeError("this script has no secrets")
	}
	return r.callHost(jsruntime.SecretsGet, call.Arguments[:min(len(call.Arguments), 1)])
}

// trigger returns context.trigger; all of it, where all says so or the script asks for a property that it does not have.
func (r *realm) trigger(t *jsruntime.JobTrigger, all bool) (goja.Value, error) {
	texts := triggerTexts(t)
	parts := &r.program.names.context
	all = all || t.Payload == nil && parts.has("context.trigger", "payload") || t.Request == nil && parts.has("context.trigger", "request")
	for _, optional := range texts {
		all = all || optional.value == "" && parts.has("context.trigger", optional.name)
	}
	object := r.frozenPart("context.trigger", !all)
	object.part("type", func() goja.Value { return r.rt.ToValue(string(t.Type)) })
	for _, optional := range texts {
		if optional.value != "" {
			object.part(optional.name, func() goja.Value { return r.rt.ToValue(optional.value) })
		}
	}
	var err error
	if t.Payload != nil {
		object.part("payload", func() (payload goja.Value) {
			payload, err = r.payload(t.Payload)
			return payload
		})
	}
	if t.Request != nil && err == nil {
		object.part("request", func() goja.Value { return r.request(t.Request, object.all) })
	}
	return object.done(), err
}

// optionalText is a property of context.trigger that is not there where it is empty.
type optionalText struct{ name, value string }

// triggerTexts returns the optional texts in the order of the job's fields, as its JSON has them.
func triggerTexts(t *jsruntime.JobTrigger) [6]optionalText {
	eventID, scheduledAt := "", ""
	if t.EventID != uuid.Nil {
		eventID = t.EventID.String()
	}
	if !t.ScheduledAt.IsZero() {
		scheduledAt = t.ScheduledAt.Format(time.RFC3339Nano)
	}
	return [6]optionalText{
		{"eventType", t.EventType}, {"eventId", eventID}, {"httpMethod", t.HTTPMethod}, {"httpPath", t.HTTPPath},
		{"cronTrigger", t.CronTrigger}, {"scheduledAt", scheduledAt},
	}
}

// payload returns a value that JSON can hold, or that is JSON already, frozen; nil where it cannot.
func (r *realm) payload(payload any) (goja.Value, error) {
	text, ok := payload.(json.RawMessage)
	if !ok {
		var err error
		if text, err = json.Marshal(payload); err != nil {
			return goja.Null(), err
		}
	}
	v, err := r.fromJSON(string(text), true)
	if err != nil {
		return goja.Null(), err
	}
	return v, nil
}

// request returns context.trigger.request, in which bytes is a function.
func (r *realm) request(q *jsruntime.HTTPRequest, all bool) goja.Value {
	object := r.frozenPart("context.trigger.request", !all)
	object.part("method", func() goja.Value { return r.rt.ToValue(q.Method) })
	object.part("path", func() goja.Value { return r.rt.ToValue(q.Path) })
	object.part("params", func() goja.Value { return r.frozenTexts(q.Params) })
	object.part("query", func() goja.Value {
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
		return query.done()
	})
	object.part("headers", func() goja.Value { return r.frozenTexts(q.Headers) })
	object.part("text", func() goja.Value { return r.rt.ToValue(q.Text) })
	object.part("bytes", func() goja.Value {
		return r.frozenFunction("bytes", func(goja.FunctionCall) goja.Value {
			r.guard.take(int64(max(len(q.Bytes), len(q.Text))))
			array, err := r.rt.New(r.guard.intrinsic("Uint8Array"), r.rt.ToValue(r.rt.NewArrayBuffer(q.Body())))
			rethrow(err)
			return array
		})
	})
	return object.done()
}

// frozenPart is a frozenObject of context that has only what the script can come across.
type frozenPart struct {
	frozenObject
	path string
	all  bool
}

// frozenPart begins an object of context; where it need not be whole, the script decides.
func (r *realm) frozenPart(path string, parts bool) frozenPart {
	return frozenPart{r.frozen(), path, !parts || r.program.names.context.whole(path)}
}

// part adds a property, if the script can come across it.
func (f frozenPart) part(name string, make func() goja.Value) {
	if f.all || f.r.program.names.context.has(f.path, name) {
		f.set(name, make())
	}
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
	putProperty(baseOf(f.object), unistring.NewFromString(name), v, false, true, false)
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
