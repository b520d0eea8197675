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
		object, err := r.rt.New(r.guard.intrinsic("Uint8Array"), r.rt.ToValue(buffer))
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

// freeze freezes an object with the realm's own Object.freeze. It is for what is made before the script runs.
func (r *realm) freeze(object *goja.Object) {
	if r.freezer == nil {
		r.freezer, _ = goja.AssertFunction(r.objects.Get("constructor").(*goja.Object).Get("freeze"))
	}
	_, err := r.freezer(goja.Undefined(), object)
	must(err)
}
