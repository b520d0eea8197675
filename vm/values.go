package vm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// value turns the reply of a host call into a value of the realm. What is not a plain value goes through JSON.
func (r *realm) value(v any) (goja.Value, error) {
	switch v := v.(type) {
	case nil:
		return goja.Null(), nil
	case bool, float64, string, int, int64, int32, uint32:
		return r.rt.ToValue(v), nil
	case json.RawMessage:
		return r.fromReply(v)
	case []byte:
		buffer := r.rt.NewArrayBuffer(bytes.Clone(v))
		object, err := r.rt.New(r.class("Uint8Array"), r.rt.ToValue(buffer))
		return object, err
	case []any:
		items := make([]any, len(v))
		for i := range v {
			item, err := r.value(v[i])
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return r.rt.NewArray(items...), nil
	case map[string]any:
		return r.objectOf(v)
	}
	text, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the reply of a host function is not a value that JSON can hold: %w", err)
	}
	return r.fromReply(text)
}

// marshal makes an error of a panic of the application's own encoding.
func marshal(v any) (text []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("its encoding panicked")
		}
	}()
	return json.Marshal(v)
}

// objectOf builds an object whose properties are in the order of their names, since a Go map has none.
func (r *realm) objectOf(m map[string]any) (goja.Value, error) {
	object := r.rt.CreateObject(nil)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v, err := r.value(m[name])
		if err != nil {
			return nil, err
		}
		if err := object.Set(name, v); err != nil {
			return nil, err
		}
	}
	return object, object.SetPrototype(r.objects)
}

func (r *realm) fromReply(text []byte) (goja.Value, error) {
	v, err := r.fromJSON(string(text), false)
	if err != nil {
		return nil, fmt.Errorf("the reply of a host function %w", err)
	}
	return v, nil
}

// input returns the script's input object, when it uses it.
func (r *realm) input() (goja.Value, *jsruntime.ScriptError) {
	if !r.program.names.has("input") {
		return goja.Undefined(), nil
	}
	if len(r.job.Input) == 0 {
		return r.rt.NewObject(), nil
	}
	v, err := r.fromJSON(string(r.job.Input), false)
	if err != nil {
		return nil, &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: "input " + err.Error()}
	}
	return v, nil
}

// context returns the script's context object, when it uses it: frozen, functions included.
func (r *realm) context() (goja.Value, *jsruntime.ScriptError) {
	if !r.program.names.has("context") {
		return goja.Undefined(), nil
	}
	job := r.job.Context
	if job.Trigger.Request != nil {
		request := *job.Trigger.Request
		request.Bytes = nil // bytes() returns them
		job.Trigger.Request = &request
	}
	if job.Metadata == nil {
		job.Metadata = map[string]string{}
	}
	text, err := json.Marshal(job)
	if err == nil {
		var v goja.Value
		if v, err = r.fromJSON(string(text), true); err == nil {
			context := v.(*goja.Object)
			if request := r.job.Context.Trigger.Request; request != nil {
				context = r.withBytes(context, request)
			}
			return r.withSecrets(context), nil
		}
	}
	return nil, &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: "context " + err.Error()}
}

// withSecrets returns a frozen object with the properties of context and secrets besides.
func (r *realm) withSecrets(context *goja.Object) *goja.Object {
	secrets := r.rt.NewObject()
	get := r.function("get", func(call goja.FunctionCall) goja.Value {
		if r.calls == nil {
			promise, _, reject := r.rt.NewPromise()
			rethrow(reject(r.rt.NewTypeError("this script has no secrets")))
			return r.rt.ToValue(promise)
		}
		return r.callHost(jsruntime.SecretsGet, call.Arguments[:min(len(call.Arguments), 1)])
	})
	must(secrets.Set("get", get))
	for _, object := range []*goja.Object{get, secrets} {
		r.freeze(object)
	}
	return r.frozenWith(context, "secrets", secrets)
}

// withBytes returns a frozen object with the properties of context, in which context.trigger.request has a function bytes
// that returns the body as it was sent, in an array of its own each time.
func (r *realm) withBytes(context *goja.Object, request *jsruntime.HTTPRequest) *goja.Object {
	array := r.class("Uint8Array") // which the script can replace later
	get := r.function("bytes", func(goja.FunctionCall) goja.Value {
		r.guard.take(int64(max(len(request.Bytes), len(request.Text))))
		object, err := r.rt.New(array, r.rt.ToValue(r.rt.NewArrayBuffer(request.Body())))
		rethrow(err)
		return object
	})
	r.freeze(get)
	trigger := context.Get("trigger").(*goja.Object)
	return r.frozenWith(context, "trigger",
		r.frozenWith(trigger, "request", r.frozenWith(trigger.Get("request").(*goja.Object), "bytes", get)))
}

// frozenWith returns a frozen object with the properties of another one, one of them added or in place of what was there.
func (r *realm) frozenWith(object *goja.Object, name string, value goja.Value) *goja.Object {
	whole := r.rt.NewObject()
	for _, key := range object.Keys() {
		must(whole.Set(key, object.Get(key)))
	}
	must(whole.Set(name, value))
	r.freeze(whole)
	return whole
}

// freeze freezes an object with the realm's own Object.freeze. It is for what is made before the script runs.
func (r *realm) freeze(object *goja.Object) {
	if r.freezer == nil {
		r.freezer, _ = goja.AssertFunction(r.objects.Get("constructor").(*goja.Object).Get("freeze"))
	}
	_, err := r.freezer(goja.Undefined(), object)
	must(err)
}
