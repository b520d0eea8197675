package jsruntime

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mismatch says where a value is not what it has to be, and what that is.
type mismatch struct {
	path string // such as "items[2].price"; "" for the argument itself
	rule string
}

func mustBe(format string, args ...any) *mismatch {
	return &mismatch{rule: "must be " + fmt.Sprintf(format, args...)}
}

// in returns the mismatch of the value that holds the one it is of.
func (m *mismatch) in(step string) *mismatch {
	if m != nil {
		m.path = step + m.path
	}
	return m
}

func (m *mismatch) text() string {
	if m.path == "" {
		return "the argument " + m.rule
	}
	return strings.TrimPrefix(m.path, ".") + " " + m.rule
}

var plainName = regexp.MustCompile(`^[A-Za-z_$][\w$]{0,99}$`)

// property returns a step of a path. Names are the script's, so they may be of any length.
func property(name string) string {
	const most = 60
	switch {
	case plainName.MatchString(name):
		return "." + name
	case len(name) > most:
		name = strings.ToValidUTF8(name[:most], "") + "..."
	}
	return fmt.Sprintf("[%q]", name)
}

// decode makes a value of the shape's type of a plain value.
func (s *shape) decode(into reflect.Value, v any) *mismatch {
	switch s.kind {
	case anyShape:
		if v != nil {
			into.Set(reflect.ValueOf(v))
		}
		return nil
	case pointerShape:
		if v == nil {
			return nil
		}
		into.Set(reflect.New(s.goType.Elem()))
		return s.elem.decode(into.Elem(), v)
	case jsonShape, textShape, timeShape:
		return s.decodeItself(into, v)
	case integerShape, naturalShape, floatShape:
		return s.decodeNumber(into, v)
	case listShape, arrayShape:
		return s.decodeList(into, v)
	case mapShape:
		return s.decodeMap(into, v)
	case structShape:
		return s.decodeStruct(into, v)
	}
	return s.decodeSimple(into, v)
}

func (s *shape) decodeSimple(into reflect.Value, v any) *mismatch {
	switch v := v.(type) {
	case bool:
		if s.kind == boolShape {
			into.SetBool(v)
			return nil
		}
	case string:
		if s.kind == stringShape {
			into.SetString(v)
			return nil
		}
	case []byte:
		if s.kind == bytesShape {
			into.SetBytes(v)
			return nil
		}
	}
	switch s.kind {
	case boolShape:
		return mustBe("true or false")
	case bytesShape:
		return mustBe("a Uint8Array")
	}
	return mustBe("a string")
}

// decodeItself lets the type decode the value.
func (s *shape) decodeItself(into reflect.Value, v any) *mismatch {
	itself := into.Addr().Interface()
	if decoder, ok := itself.(json.Unmarshaler); ok && s.kind == jsonShape {
		raw, err := json.Marshal(v)
		if err == nil {
			err = decoder.UnmarshalJSON(raw)
		}
		if err != nil {
			return mustBe("a %s: %s", s.goType.Name(), clipped(err))
		}
		return nil
	}
	text, ok := v.(string)
	if s.kind == timeShape {
		t, err := time.Parse(time.RFC3339Nano, text)
		if !ok || err != nil {
			return mustBe("a time such as 2006-01-02T15:04:05Z")
		}
		into.Set(reflect.ValueOf(t))
		return nil
	}
	decoder, isText := itself.(encoding.TextUnmarshaler)
	if !ok || !isText {
		return mustBe("a string")
	}
	if err := decoder.UnmarshalText([]byte(text)); err != nil {
		return mustBe("a %s: %s", s.goType.Name(), clipped(err))
	}
	return nil
}

// clipped returns the text of an error about a value of the script's, which may hold all of it.
func clipped(err error) string {
	const most = 200
	if text := err.Error(); len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return err.Error()
}

func (s *shape) decodeNumber(into reflect.Value, v any) *mismatch {
	f, ok := v.(float64)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return mustBe("a number")
	}
	whole := f == math.Trunc(f)
	bits := s.goType.Bits()
	switch s.kind {
	case integerShape:
		least, most := int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
		// As a float64 the greatest int64 is one too many.
		if !whole || f < float64(least) || f >= math.MaxInt64 || int64(f) > most {
			return mustBe("an integer from %d to %d", least, most)
		}
		into.SetInt(int64(f))
	case naturalShape:
		most := uint64(math.MaxUint64) >> (64 - bits)
		if !whole || f < 0 || f >= math.MaxUint64 || uint64(f) > most {
			return mustBe("an integer from 0 to %d", most)
		}
		into.SetUint(uint64(f))
	default:
		if into.OverflowFloat(f) {
			return mustBe("a number up to %v", math.MaxFloat32)
		}
		into.SetFloat(f)
	}
	return nil
}

func (s *shape) decodeList(into reflect.Value, v any) *mismatch {
	list, ok := v.([]any)
	switch {
	case !ok:
		return mustBe("an array")
	case s.kind == listShape:
		into.Set(reflect.MakeSlice(s.goType, len(list), len(list)))
	case len(list) != s.goType.Len():
		return mustBe("an array of %d", s.goType.Len())
	}
	for i, item := range list {
		if m := s.elem.decode(into.Index(i), item); m != nil {
			return m.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

func (s *shape) decodeMap(into reflect.Value, v any) *mismatch {
	object, ok := v.(map[string]any)
	if !ok {
		return mustBe("an object")
	}
	into.Set(reflect.MakeMapWithSize(s.goType, len(object)))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := reflect.New(s.goType.Elem()).Elem()
		if m := s.elem.decode(value, object[name]); m != nil {
			return m.in(property(name))
		}
		into.SetMapIndex(reflect.ValueOf(name).Convert(s.goType.Key()), value)
	}
	return nil
}

func (s *shape) decodeStruct(into reflect.Value, v any) *mismatch {
	object, ok := v.(map[string]any)
	if !ok {
		return mustBe("an object")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.ContainsFunc(s.fields, func(f shapeField) bool { return f.name == name }) {
			return (&mismatch{rule: "is unknown"}).in(property(name))
		}
	}
	for _, field := range s.fields {
		value, there := object[field.name]
		switch {
		case value == nil && field.optional:
			continue
		case !there:
			return (&mismatch{rule: "is required"}).in(property(field.name))
		}
		if m := field.shape.decode(into.FieldByIndex(field.index), value); m != nil {
			return m.in(property(field.name))
		}
	}
	return nil
}
