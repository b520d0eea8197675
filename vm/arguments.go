package vm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/dop251/goja"
)

// plainArguments turns the arguments of a host call into plain Go values that share nothing with the realm. It returns their
// size in bytes as well.
func (r *realm) plainArguments(called calledName, arguments []goja.Value) (args []any, size int64, err error) {
	out := &plainSink{left: maxArgumentSize}
	args = make([]any, 0, len(arguments))
	for i, argument := range arguments {
		w := &walk{r: r, sink: out, root: called.argument(i), strict: true}
		out.result = nil
		if err := w.value(argument); err != nil {
			if thrownByScript(err) {
				panic(err) // in the script, at the call
			}
			return nil, 0, err
		}
		args = append(args, out.result)
	}
	return args, maxArgumentSize - out.left, nil
}

// thrownByScript reports whether an error of a walk comes from script code, such as a getter.
func thrownByScript(err error) bool {
	switch err.(type) { //nolint:errorlint // errors.As runs script code
	case *goja.Exception, *goja.InterruptedError, *goja.StackOverflowError:
		return true
	}
	return false
}

var errArgumentSize = fmt.Errorf("the arguments are larger than %d bytes", maxArgumentSize)

// plainSink builds nil, bool, float64, string, []byte, []any and map[string]any.
type plainSink struct {
	result any
	stack  []any // of *[]any and map[string]any under construction
	keys   []string
	left   int64 // bytes that may still be taken
}

// take charges for a value and its place.
func (s *plainSink) take(n int) error {
	const place = 16
	if s.left -= int64(n) + place; s.left < 0 {
		return errArgumentSize
	}
	return nil
}

// put places a finished value.
func (s *plainSink) put(v any) error {
	if len(s.stack) == 0 {
		s.result = v
		return nil
	}
	switch parent := s.stack[len(s.stack)-1].(type) {
	case *[]any:
		*parent = append(*parent, v)
	case map[string]any:
		parent[s.keys[len(s.keys)-1]] = v
		s.keys = s.keys[:len(s.keys)-1]
	}
	return nil
}

func (s *plainSink) null() error { return s.leaf(nil, 0) }

func (s *plainSink) boolean(b bool) error { return s.leaf(b, 0) }

func (s *plainSink) number(v goja.Value) error { return s.leaf(v.ToFloat(), 0) }

func (s *plainSink) text(t goja.String) error {
	if err := s.take(t.Length()); err != nil {
		return err
	}
	text := t.String()
	if s.left -= int64(len(text) - t.Length()); s.left < 0 { // what is not ASCII takes more than a byte
		return errArgumentSize
	}
	return s.put(text)
}

func (s *plainSink) leaf(v any, size int) error {
	if err := s.take(size); err != nil {
		return err
	}
	return s.put(v)
}

// bytes copies the content of an ArrayBuffer or of a typed array.
func (s *plainSink) bytes(object *goja.Object) error {
	var content []byte
	switch data := exported(object).(type) {
	case goja.ArrayBuffer:
		content = data.Bytes()
	case []byte:
		content = data
	default:
		size := binary.Size(data)
		if err := s.take(max(size, 0)); err != nil {
			return err
		}
		content, _ = binary.Append(nil, binary.NativeEndian, data)
		return s.put(content)
	}
	return s.leaf(bytes.Clone(content), len(content))
}

func (s *plainSink) raw(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	return s.leaf(v, len(text))
}

// mapBytes is what a small Go map takes, about.
const mapBytes = 300

func (s *plainSink) open(array bool, length int64) error {
	if err := s.take(16 * int(min(length, maxArgumentSize))); err != nil {
		return err
	}
	if array {
		s.left += 16 * length // charged again with each element
		s.stack = append(s.stack, &[]any{})
		return nil
	}
	s.stack = append(s.stack, map[string]any{})
	return s.take(mapBytes)
}

func (s *plainSink) key(name string) error {
	const slot = 32 // of a map's entry, beside the place of its value
	s.keys = append(s.keys, name)
	return s.take(len(name) + slot)
}

func (s *plainSink) close(bool) error {
	v := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	if list, ok := v.(*[]any); ok {
		return s.put(*list)
	}
	return s.put(v)
}
