package isolate

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// encoder builds the payload of a frame.
type encoder struct{ buf []byte }

func (e *encoder) byte(b byte)     { e.buf = append(e.buf, b) }
func (e *encoder) uint(n uint64)   { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) int(n int64)     { e.buf = binary.AppendVarint(e.buf, n) }
func (e *encoder) fixed(n uint64)  { e.buf = binary.LittleEndian.AppendUint64(e.buf, n) }
func (e *encoder) float(f float64) { e.fixed(math.Float64bits(f)) }
func (e *encoder) raw(b []byte)    { e.buf = append(e.buf, b...) }
func (e *encoder) bytes(b []byte)  { e.uint(uint64(len(b))); e.buf = append(e.buf, b...) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.buf = append(e.buf, s...) }
func (e *encoder) strings(s []string) {
	e.uint(uint64(len(s)))
	for i := range s {
		e.string(s[i])
	}
}

func (e *encoder) bool(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

var errFrame = errors.New("malformed frame")

// decoder reads a payload that it does not trust. After the first thing that is not there, everything that it returns is
// zero and err is set.
type decoder struct {
	buf []byte
	err error
}

func (d *decoder) fail() {
	d.buf = nil
	if d.err == nil {
		d.err = errFrame
	}
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.buf)) {
		d.fail()
		return nil
	}
	b := d.buf[:n:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) bool() bool { return d.byte() != 0 }

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.buf)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[size:]
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.buf)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[size:]
	return n
}

func (d *decoder) fixed() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) float() float64 { return math.Float64frombits(d.fixed()) }

// bytes returns a part of the payload, not a copy.
func (d *decoder) bytes() []byte { return d.take(d.uint()) }

func (d *decoder) string() string { return string(d.bytes()) }

// strings reads a list of at most so many strings.
func (d *decoder) strings(most int) []string {
	n := d.uint()
	if n > uint64(most) || n > uint64(len(d.buf)) {
		d.fail()
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, d.string())
	}
	return list
}

// end returns the error of the first thing that was not there, or of what was left over.
func (d *decoder) end() error {
	if d.err == nil && len(d.buf) > 0 {
		d.err = errFrame
	}
	return d.err
}

// The kinds of values that arguments and replies are made of.
const (
	valueNil byte = iota
	valueFalse
	valueTrue
	valueFloat
	valueInt
	valueString
	valueBytes
	valueList
	valueMap
	valueJSON // a text that holds any value
)

const maxValueDepth = 10_000 // of lists and maps; what comes from a script has a tenth

var errValueDepth = errors.New("is nested too deep")

// value appends a value as [jsruntime.Host] takes and gives them. What it does not know goes as its JSON.
func (e *encoder) value(v any, depth int) error {
	if depth > maxValueDepth {
		return errValueDepth
	}
	switch v := v.(type) {
	case nil:
		e.byte(valueNil)
	case bool:
		e.byte(valueFalse)
		if v {
			e.buf[len(e.buf)-1] = valueTrue
		}
	case float64:
		e.byte(valueFloat)
		e.float(v)
	case int:
		e.byte(valueInt)
		e.int(int64(v))
	case int64:
		e.byte(valueInt)
		e.int(v)
	case string:
		e.byte(valueString)
		e.string(v)
	case []byte:
		e.byte(valueBytes)
		e.bytes(v)
	case json.RawMessage:
		e.byte(valueJSON)
		e.bytes(v)
	case []any:
		return e.list(v, depth)
	case map[string]any:
		e.byte(valueMap)
		e.uint(uint64(len(v)))
		for name, value := range v {
			e.string(name)
			if err := e.value(value, depth+1); err != nil {
				return err
			}
		}
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("is not a value that JSON can hold: %w", err)
		}
		e.byte(valueJSON)
		e.bytes(text)
	}
	return nil
}

func (e *encoder) list(list []any, depth int) error {
	e.byte(valueList)
	e.uint(uint64(len(list)))
	for i := range list {
		if err := e.value(list[i], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// valueDecoder reads values within a budget: each costs about what it will take in memory, before it takes it, so that a
// small frame cannot become a large value.
type valueDecoder struct {
	*decoder
	left  int64 // bytes that may still be taken
	plain bool  // only the kinds that a script's arguments are of
}

// What values take beside their content, in bytes.
const (
	placeBytes = 16  // in a list, and the head of a text
	slotBytes  = 64  // in a map
	mapBytes   = 300 // a small map
)

// costOf returns what a decoder charges for a value.
func costOf(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(len(v)) + placeBytes
	case []byte:
		return int64(len(v)) + placeBytes
	case []any:
		cost := int64(len(v)+1) * placeBytes
		for i := range v {
			cost += costOf(v[i])
		}
		return cost
	case map[string]any:
		cost := int64(len(v))*slotBytes + mapBytes
		for name, value := range v {
			cost += costOf(name) + costOf(value)
		}
		return cost
	}
	return 0
}

func (d *valueDecoder) charge(n int64) bool {
	if d.left -= n; d.left < 0 {
		d.fail()
		return false
	}
	return true
}

func (d *valueDecoder) value(depth int) any {
	if depth > maxValueDepth {
		d.fail()
		return nil
	}
	kind := d.byte()
	if d.plain && (kind == valueInt || kind == valueJSON) {
		d.fail()
		return nil
	}
	switch kind {
	case valueNil:
		return nil
	case valueFalse:
		return false
	case valueTrue:
		return true
	case valueFloat:
		return d.float()
	case valueInt:
		return d.int()
	case valueString:
		return string(d.content())
	case valueBytes:
		return append([]byte{}, d.content()...)
	case valueJSON:
		return json.RawMessage(append([]byte{}, d.content()...))
	case valueList:
		return d.list(depth)
	case valueMap:
		return d.object(depth)
	}
	d.fail()
	return nil
}

func (d *valueDecoder) content() []byte {
	b := d.bytes()
	if !d.charge(int64(len(b)) + placeBytes) {
		return nil
	}
	return b
}

// count reads the length of a list or a map and pays for it. Each item takes a byte of the frame at least.
func (d *valueDecoder) count(each, beside int64) int {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.fail()
		return 0
	}
	if !d.charge(int64(n)*each + beside) {
		return 0
	}
	return int(n)
}

func (d *valueDecoder) list(depth int) any {
	list := make([]any, d.count(placeBytes, placeBytes))
	for i := range list {
		if list[i] = d.value(depth + 1); d.err != nil {
			return nil
		}
	}
	return list
}

func (d *valueDecoder) object(depth int) any {
	n := d.count(slotBytes, mapBytes)
	object := make(map[string]any, n)
	for range n {
		name := string(d.content())
		if object[name] = d.value(depth + 1); d.err != nil {
			return nil
		}
	}
	return object
}
