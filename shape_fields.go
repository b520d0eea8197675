package jsruntime

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// fieldOf is a field of a struct, or of one embedded in it, before it is known whether it counts.
type fieldOf struct {
	reflect.StructField
	name     string
	options  []string // of its json tag
	tagged   bool     // the tag names it
	index    []int
	optional bool // it is in a struct that may be missing
}

// embeddedStruct is a struct with its place in the one around.
type embeddedStruct struct {
	goType   reflect.Type
	index    []int
	optional bool
}

// fieldsOf returns the fields of a struct and of those embedded in it, as encoding/json and Go's selectors find them: a field
// hides those of its name that are embedded deeper, and of several as deep none counts, unless a tag names one of them only.
func (s *shapes) fieldsOf(t reflect.Type) (fields []shapeField, err error) {
	met := map[reflect.Type]bool{}
	hidden := map[string]bool{}
	for level := []embeddedStruct{{goType: t}}; len(level) > 0; {
		found, next, err := s.fieldsAt(level)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(found)) {
			if field, one := dominant(found[name]); one && !hidden[name] {
				made, err := s.field(field)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", field.Name, err)
				}
				fields = append(fields, made)
			}
			hidden[name] = true
		}
		for _, e := range level {
			met[e.goType] = true
		}
		level = slices.DeleteFunc(next, func(e embeddedStruct) bool { return met[e.goType] })
	}
	slices.SortFunc(fields, func(a, b shapeField) int { return slices.Compare(a.index, b.index) })
	return fields, nil
}

// fieldsAt returns the fields of structs by name, and the structs embedded in them.
func (s *shapes) fieldsAt(level []embeddedStruct) (found map[string][]fieldOf, next []embeddedStruct, err error) {
	found = map[string][]fieldOf{}
	for _, e := range level {
		for i := range e.goType.NumField() {
			field := e.goType.Field(i)
			tag := field.Tag.Get("json")
			name, options, _ := strings.Cut(tag, ",")
			index := slices.Concat(e.index, field.Index)
			if field.Anonymous && name == "" && structOf(field.Type) != nil {
				pointer := field.Type.Kind() == reflect.Pointer
				if pointer && !s.result {
					return nil, nil, fmt.Errorf("%s: parameter: a pointer cannot be embedded", field.Name)
				}
				next = append(next, embeddedStruct{structOf(field.Type), index, e.optional || pointer})
				continue
			}
			if !field.IsExported() || tag == "-" {
				continue
			}
			f := fieldOf{field, name, strings.Split(options, ","), name != "", index, e.optional}
			if name == "" {
				f.name = field.Name
			}
			found[f.name] = append(found[f.name], f)
		}
	}
	return found, next, nil
}

// dominant returns the one of several fields with the same name that counts, if one does.
func dominant(several []fieldOf) (field fieldOf, ok bool) {
	if len(several) == 1 {
		return several[0], true
	}
	tagged := slices.DeleteFunc(several, func(f fieldOf) bool { return !f.tagged })
	if len(tagged) == 1 {
		return tagged[0], true
	}
	return fieldOf{}, false
}

func (s *shapes) field(f fieldOf) (shapeField, error) {
	made, err := s.of(f.Type)
	if err != nil {
		return shapeField{}, err
	}
	if slices.Contains(f.options, "string") {
		if !s.result {
			return shapeField{}, errors.New("parameter: the json tag's option string is not supported")
		}
		made = &shape{kind: stringShape, goType: reflect.TypeFor[string](), result: true}
	}
	omitted := slices.Contains(f.options, "omitempty") || slices.Contains(f.options, "omitzero")
	return shapeField{
		name: f.name, doc: f.Tag.Get("doc"), index: f.index, shape: made,
		optional: f.optional || omitted || !s.result && made.kind == pointerShape,
	}, nil
}

// structOf returns the struct type that t is or points to; nil for none.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}
