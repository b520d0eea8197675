package sqldb

import (
	"database/sql"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
)

var paramName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// params returns the parameters of a statement as database/sql takes them, those by name in the order of their names.
func (d *database) params(arg any) ([]any, error) {
	var params []any
	left := d.limits.ParamBytes
	add := func(field string, v any, wrap func(any) any) error {
		if len(params) == d.limits.Params {
			return invalid("params", "must be at most %d", d.limits.Params)
		}
		value, size, err := param(field, v)
		if err != nil {
			return err
		}
		if left -= size; left < 0 {
			return invalid("params", "must be at most %d bytes together", d.limits.ParamBytes)
		}
		params = append(params, wrap(value))
		return nil
	}
	switch arg := arg.(type) {
	case nil:
	case []any:
		for i, v := range arg {
			if err := add(fmt.Sprintf("params[%d]", i), v, func(v any) any { return v }); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(arg)) {
			if !paramName.MatchString(name) {
				return nil, invalid("params", "must have names of at most 64 letters, digits and underscores, a letter first")
			}
			if err := add("params."+name, arg[name], func(v any) any { return sql.Named(name, v) }); err != nil {
				return nil, err
			}
		}
	default:
		return nil, invalid("params", "must be an array, or an object with a field for each name")
	}
	return params, nil
}

// maxExact is the first whole number from which on a number of a script stands for others as well.
const maxExact = 1 << 53

// param returns a parameter and what it counts for.
func param(field string, v any) (value any, size int, err error) {
	const scalar = 8
	switch v := v.(type) {
	case nil, bool:
		return v, scalar, nil
	case string:
		return v, scalar + len(v), nil
	case []byte:
		return v, scalar + len(v), nil
	case float64:
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return nil, 0, invalid(field, "must be a finite number")
		case v == math.Trunc(v) && math.Abs(v) < maxExact:
			return int64(v), scalar, nil
		}
		return v, scalar, nil
	}
	return nil, 0, invalid(field, "must be null, a boolean, a number, a string or a Uint8Array")
}
