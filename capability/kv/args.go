package kv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/jsruntime/jsruntime"
)

// The names of arguments are those of the documentation, so that an error says which one is wrong.

func invalid(field, format string, args ...any) error {
	return &jsruntime.FieldError{Field: field, Rule: fmt.Sprintf(format, args...)}
}

func (f *functions) key(arg any) (string, error) {
	key, ok := arg.(string)
	switch {
	case !ok || key == "":
		return "", invalid("key", "must be a string that is not empty")
	case len(key) > f.limits.KeyBytes:
		return "", invalid("key", "must be at most %d bytes, is %d", f.limits.KeyBytes, len(key))
	case !utf8.ValidString(key):
		return "", invalid("key", "must be valid Unicode")
	}
	return key, nil
}

// value returns an argument as it is stored.
func (f *functions) value(arg any) (Value, error) {
	v := Value{}
	if data, ok := arg.([]byte); ok {
		v = Value{Data: data, Binary: true}
	} else {
		if err := checkJSON(arg, 0); err != nil {
			return Value{}, err
		}
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false) // nobody reads it but decode
		if err := encoder.Encode(arg); err != nil {
			return Value{}, invalid("value", "must be a value that JSON can hold")
		}
		v.Data = bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	}
	if len(v.Data) > f.limits.ValueBytes {
		return Value{}, invalid("value", "must be at most %d bytes, is %d", f.limits.ValueBytes, len(v.Data))
	}
	return v, nil
}

// checkJSON refuses what would come back as something else.
func checkJSON(v any, depth int) error {
	if depth > jsruntime.MaxValueDepth {
		return invalid("value", "must be nested at most %d deep", jsruntime.MaxValueDepth)
	}
	switch v := v.(type) {
	case []byte:
		return invalid("value", "must not hold bytes within an array or an object; bytes may be a value of their own")
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return invalid("value", "must have no numbers that are not finite")
		}
	case []any:
		for _, item := range v {
			if err := checkJSON(item, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := checkJSON(item, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode returns what a script gets of a value.
func (v Value) decode() (any, error) {
	if v.Binary {
		return v.Data, nil
	}
	var decoded any
	if err := json.Unmarshal(v.Data, &decoded); err != nil {
		return nil, &storeError{fmt.Errorf("a stored value is not JSON: %w", err)}
	}
	return decoded, nil
}

// reply returns what a script gets of an entry.
func reply(e Entry, withValue bool) (any, error) {
	r := map[string]any{"key": e.Key, "version": float64(e.Version), "expiresAt": nil}
	if !e.ExpiresAt.IsZero() {
		r["expiresAt"] = e.ExpiresAt.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if withValue {
		value, err := e.Value.decode()
		if err != nil {
			return nil, err
		}
		r["value"] = value
	}
	return r, nil
}

// version returns the argument of that name; 0 for null, which stands for no entry.
func version(arg any) (uint64, error) {
	n, ok := arg.(float64)
	if arg == nil {
		return 0, nil
	}
	if !ok || n < 1 || n != math.Trunc(n) || n > 1<<53 {
		return 0, invalid("version", "must be the version of an entry, or null")
	}
	return uint64(n), nil
}

func step(arg any) (float64, error) {
	if arg == nil {
		return 1, nil
	}
	n, ok := arg.(float64)
	if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, invalid("by", "must be a finite number")
	}
	return n, nil
}

// maxTTL keeps instants within what a date of the script can be.
const maxTTL = 100 * 365 * 24 * time.Hour

// expiry returns the instant that the options of a write name, the zero time where they name none.
func expiry(arg any, now time.Time) (time.Time, error) {
	options, err := object("options", arg, "ttl")
	if err != nil || options["ttl"] == nil {
		return time.Time{}, err
	}
	ttl, ok := options["ttl"].(float64)
	if !ok || !(ttl >= 0.001 && ttl <= maxTTL.Seconds()) {
		return time.Time{}, invalid("ttl", "must be a number of seconds from 0.001 to %.0f", maxTTL.Seconds())
	}
	return now.Add(time.Duration(ttl * float64(time.Second))), nil
}

const defaultPage = 100 // entries

func (f *functions) filter(arg any) (Filter, error) {
	options, err := object("options", arg, "prefix", "limit", "after", "values")
	if err != nil {
		return Filter{}, err
	}
	filter := Filter{Limit: min(defaultPage, f.limits.PageLimit), Bytes: f.limits.PageBytes}
	var errs [3]error
	filter.Prefix, errs[0] = f.part("prefix", options["prefix"])
	filter.After, errs[1] = f.part("after", options["after"])
	if limit := options["limit"]; limit != nil {
		n, ok := limit.(float64)
		if !ok || n != math.Trunc(n) || n < 1 || n > float64(f.limits.PageLimit) {
			errs[2] = invalid("limit", "must be a whole number from 1 to %d", f.limits.PageLimit)
		}
		filter.Limit = int(n)
	}
	if values := options["values"]; values != nil {
		var ok bool
		if filter.Values, ok = values.(bool); !ok {
			return Filter{}, invalid("values", "must be true or false")
		}
	}
	return filter, errors.Join(errs[:]...)
}

// part returns an option that is compared with keys.
func (f *functions) part(name string, option any) (string, error) {
	if option == nil {
		return "", nil
	}
	text, ok := option.(string)
	if !ok || len(text) > f.limits.KeyBytes {
		return "", invalid(name, "must be a string of at most %d bytes", f.limits.KeyBytes)
	}
	return text, nil
}

// object returns an argument that is an object with no other fields than these; nil means an empty one.
func object(name string, arg any, fields ...string) (map[string]any, error) {
	if arg == nil {
		return nil, nil
	}
	m, ok := arg.(map[string]any)
	if !ok {
		return nil, invalid(name, "must be an object")
	}
	known := 0
	for _, field := range fields {
		if _, there := m[field]; there {
			known++
		}
	}
	if known < len(m) {
		return nil, invalid(name, "must have no fields but %v", fields)
	}
	return m, nil
}
