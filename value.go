package jsruntime

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// MaxValueDepth is how deep arrays and objects of an input, a payload or an output may be nested.
const MaxValueDepth = 1000

// maxValueBytes bounds an input and a payload as JSON: it is stored with the execution and built up in the realm.
const maxValueBytes = 8 << 20

// encodeJSON returns v as JSON, or a FieldError.
func encodeJSON(field string, v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, invalid(field, "must be a value that JSON can hold: %v", err)
	}
	if err := checkJSON(field, raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// checkJSON refuses what is not JSON, and what is nested so deep that a record that holds it could not be read.
func checkJSON(field string, raw []byte) error {
	if depth(raw) > MaxValueDepth {
		return invalid(field, "must be nested at most %d deep", MaxValueDepth)
	}
	if !json.Valid(raw) {
		return invalid(field, "must be JSON")
	}
	return nil
}

// CheckPayload refuses, as a [FieldError], the JSON text of a payload that could not be read back from a record: text that is
// not JSON, that is nested deeper than MaxValueDepth, or has a number that float64 cannot hold. It builds none of the values:
// those of a text of many small objects take fifty times its memory.
func CheckPayload(raw json.RawMessage) error {
	if err := checkJSON("payload", raw); err != nil {
		return err
	}
	quoted := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c >= '0' && c <= '9':
			number := raw[i : len(raw)-len(bytes.TrimLeft(raw[i:], "0123456789+-.eE"))]
			if !fitsFloat(number) {
				return invalid("payload", "must have no numbers that float64 cannot hold")
			}
			i += len(number) - 1
		}
	}
	return nil
}

// fitsFloat reports whether float64 can hold a number without its sign.
func fitsFloat(number []byte) bool {
	const safe = 300 // digits
	if len(number) < safe && !bytes.ContainsAny(number, "eE") {
		return true
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil
}

// checkSize refuses what is too large to be stored with an execution.
func checkSize(field string, raw []byte) error {
	if len(raw) > maxValueBytes {
		return invalid(field, "must be at most %d bytes as JSON, is %d", maxValueBytes, len(raw))
	}
	return nil
}

// depth returns how deep the brackets of a JSON text are nested.
func depth(raw []byte) int {
	deepest, open, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			open++
			deepest = max(deepest, open)
		case c == ']' || c == '}':
			open--
		}
	}
	return deepest
}

// copyValue copies a value as JSON holds it.
func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for key, value := range v {
			c[key] = copyValue(value)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, value := range v {
			c[i] = copyValue(value)
		}
		return c
	}
	return v
}
