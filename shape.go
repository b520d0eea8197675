package jsruntime

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// shape is how a Go type looks from a script: what becomes a value of it, or what a value of it becomes.
type shape struct {
	kind   shapeKind
	goType reflect.Type
	result bool         // of what a function returns, and not of what it takes
	elem   *shape       // of what a pointer points to, or of what a list or a map holds
	fields []shapeField // of a struct
}

type shapeKind int

const (
	anyShape  shapeKind = iota // any value
	jsonShape                  // what encodes itself as JSON
	textShape                  // what encodes itself as text
	timeShape                  // a text in RFC 3339
	boolShape
	integerShape
	naturalShape // an integer without a sign
	floatShape
	stringShape
	bytesShape // a Uint8Array
	pointerShape
	listShape
	arrayShape
	mapShape
	structShape
)

// shapeField is a field of a struct, by the name that it has in scripts.
type shapeField struct {
	name     string
	doc      string
	index    []int // as for reflect.Value.FieldByIndex
	optional bool
	shape    *shape
}

var (
	timeType            = reflect.TypeFor[time.Time]()
	jsonMarshalerType   = reflect.TypeFor[json.Marshaler]()
	jsonUnmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// plainKinds are the kinds of types that do not say themselves how they are encoded.
var plainKinds = map[reflect.Kind]shapeKind{
	reflect.Bool: boolShape, reflect.String: stringShape, reflect.Float32: floatShape, reflect.Float64: floatShape,
	reflect.Int: integerShape, reflect.Int8: integerShape, reflect.Int16: integerShape, reflect.Int32: integerShape, reflect.Int64: integerShape,
	reflect.Uint: naturalShape, reflect.Uint8: naturalShape, reflect.Uint16: naturalShape, reflect.Uint32: naturalShape, reflect.Uint64: naturalShape,
	reflect.Slice: listShape, reflect.Array: arrayShape, reflect.Map: mapShape, reflect.Struct: structShape,
}

// shapes are those of the types that one type is made of.
type shapes struct {
	result bool // of what a function returns
	known  map[reflect.Type]*shape
}

// shapeOf returns the shape of a parameter or of a result.
func shapeOf(t reflect.Type, result bool) (*shape, error) {
	s := shapes{result: result, known: map[reflect.Type]*shape{}}
	return s.of(t)
}

func (s *shapes) of(t reflect.Type) (*shape, error) {
	if known := s.known[t]; known != nil {
		return known, nil // which may be under way
	}
	made := &shape{goType: t, result: s.result}
	s.known[t] = made
	var ok bool
	if made.kind, ok = s.kindOf(t); !ok {
		what := "parameter: no value of a script can become"
		if s.result {
			what = "result: JSON cannot hold"
		}
		return nil, fmt.Errorf("%s a %v", what, t)
	}
	var err error
	switch made.kind {
	case pointerShape, listShape, arrayShape, mapShape:
		made.elem, err = s.of(t.Elem())
	case structShape:
		made.fields, err = s.fieldsOf(t)
	}
	return made, err
}

// kindOf returns the kind of a type, and whether there is one.
func (s *shapes) kindOf(t reflect.Type) (kind shapeKind, ok bool) {
	toJSON, toText := jsonUnmarshalerType, textUnmarshalerType
	if s.result {
		toJSON, toText = jsonMarshalerType, textMarshalerType
	}
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Pointer:
		return pointerShape, t.Elem().Kind() != reflect.Pointer
	case t.Kind() == reflect.Interface:
		return anyShape, s.result || t.NumMethod() == 0
	case t == timeType:
		return timeShape, true
	case pointer.Implements(toJSON):
		return jsonShape, true
	case pointer.Implements(toText):
		return textShape, true
	}
	if t.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[byte]() {
		return bytesShape, true
	}
	kind, ok = plainKinds[t.Kind()]
	return kind, ok && (kind != mapShape || s.isKey(t.Key()))
}

// isKey reports whether a type may be that of a map's keys.
func (s *shapes) isKey(t reflect.Type) bool {
	if !s.result {
		return t.Kind() == reflect.String && !reflect.PointerTo(t).Implements(textUnmarshalerType)
	}
	switch plainKinds[t.Kind()] {
	case stringShape, integerShape, naturalShape:
		return true
	}
	return t.Implements(textMarshalerType)
}
