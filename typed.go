package jsruntime

import (
	"context"
	"reflect"
)

// Func makes a Function of a Go function with types. The script passes one argument, and an In is made of it; a script that
// passes something else gets an error that says what is wrong where, such as "billing.charge: items[2].price must be a
// number", and fn is not called. [CallFrom] tells fn whose script it is.
//
// An object becomes a struct, by the names in its json tags or else of its fields, in that case; fields of embedded structs
// belong to it, by the rules of encoding/json where several have one name. A field must be there unless it is a pointer or
// its tag has omitempty or omitzero, for which null stands for nothing too; there must be no others. Numbers become integers
// only where they are such and fit. A Uint8Array becomes a []byte, a text in RFC 3339 a time.Time, a text whatever has an
// UnmarshalText, such as a uuid.UUID, and anything what has an UnmarshalJSON; an array becomes a slice, or an array of that
// length, and an object a map with strings as keys. An In that is no struct is the argument itself, and struct{} takes none.
//
// What fn returns reaches the script as [Function] says; of an Out that is struct{}, nothing does. [WithFunction] refuses
// types that no value of a script can become, or that JSON cannot hold.
//
// [Runtime.Declarations] shows the types to the authors of scripts, with the doc tags of fields, such as `doc:"In cents."`.
// It cannot look into a function that another one is wrapped around: give that one a [Declared].
func Func[In, Out any](fn func(ctx context.Context, in In) (Out, error)) Function {
	if fn == nil {
		return nil
	}
	return newTyped(reflect.TypeFor[In](), reflect.TypeFor[Out](), func(ctx context.Context, decode func(into any) error) (any, error) {
		var in In
		if err := decode(&in); err != nil {
			return nil, err
		}
		return fn(ctx, in)
	})
}

// typedFunction is what Func makes, but for the types.
type typedFunction struct {
	parameter *shape // nil for none
	result    *shape // nil for none
	err       error  // what is wrong with the types
	call      func(ctx context.Context, decode func(into any) error) (any, error)
}

var noType = reflect.TypeFor[struct{}]()

func newTyped(in, out reflect.Type, call func(context.Context, func(any) error) (any, error)) Function {
	t := &typedFunction{call: call}
	if in != noType {
		t.parameter, t.err = shapeOf(in, false)
	}
	if out != noType && t.err == nil {
		t.result, t.err = shapeOf(out, true)
	}
	return t.run
}

// typedOf returns what Func has made of a function; nil for any other. All that Func makes have their code in common, and
// nothing else has it: so no function of the application is called here.
//
//nolint:contextcheck // run does not look at its ctx when it is asked what it is
func typedOf(fn Function) (t *typedFunction) {
	if reflect.ValueOf(fn).Pointer() == reflect.ValueOf(new(typedFunction).run).Pointer() {
		_, _ = fn(context.Background(), FunctionCall{typed: &t})
	}
	return t
}

func (t *typedFunction) run(ctx context.Context, call FunctionCall) (any, error) {
	if call.typed != nil {
		*call.typed = t
		return nil, nil
	}
	if t.err != nil {
		return nil, t.err
	}
	if _, ok := CallFrom(ctx); !ok { // a test may call it by itself
		ctx = context.WithValue(ctx, callKey{}, newCallContext(ctx, call))
	}
	reply, err := t.call(ctx, func(into any) error { return t.decode(call, into) })
	if err != nil || t.result == nil {
		return nil, err
	}
	return reply, nil
}

// decode makes the parameter of the arguments of a call.
func (t *typedFunction) decode(call FunctionCall, into any) error {
	name := call.name
	if name == "" {
		name = "argument"
	}
	argument := call.Arg(0)
	switch {
	case t.parameter == nil && (argument != nil || len(call.Args) > 1):
		return invalid(name, "takes no argument")
	case len(call.Args) > 1:
		return invalid(name, "takes one argument")
	case t.parameter == nil:
		return nil
	}
	if argument == nil && t.parameter.kind == structShape {
		argument = map[string]any{}
	}
	if m := t.parameter.decode(reflect.ValueOf(into).Elem(), argument); m != nil {
		return invalid(name, "%s", m.text())
	}
	return nil
}
