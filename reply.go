package jsruntime

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// plainValue turns what a function returned into a value that shares nothing with the application: a []byte, a list or a map
// of such values, or a value as JSON holds it.
func plainValue(v any) (any, error) { return plainAt(v, 0) }

func plainAt(v any, depth int) (any, error) {
	if depth > MaxValueDepth {
		return nil, fmt.Errorf("the function returned a value that is nested more than %d deep", MaxValueDepth)
	}
	switch v := v.(type) {
	case nil, bool, float64, string:
		return v, nil
	case []byte:
		return slices.Clone(v), nil
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case []any:
		return plainList(v, depth)
	case map[string]any:
		return plainMap(v, depth)
	case json.RawMessage:
		return decodePlain(v)
	}
	if kind := reflect.ValueOf(v).Kind(); kind == reflect.Func || kind == reflect.Chan {
		return nil, fmt.Errorf("the function returned a %T, which is not a value", v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the function returned a %T that JSON cannot hold", v)
	}
	return decodePlain(raw)
}

func plainList(list []any, depth int) (any, error) {
	if list == nil {
		return nil, nil // as in JSON
	}
	plain := make([]any, len(list))
	for i, item := range list {
		var err error
		if plain[i], err = plainAt(item, depth+1); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

func plainMap(m map[string]any, depth int) (any, error) {
	if m == nil {
		return nil, nil // as in JSON
	}
	plain := make(map[string]any, len(m))
	for name, item := range m {
		var err error
		if plain[name], err = plainAt(item, depth+1); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

func decodePlain(raw []byte) (v any, err error) {
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, errors.New("the function returned what is not JSON")
	}
	return v, nil
}
