package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// fieldWriter writes JSON objects field by field. Fields that are called optional, counts and flags are left out where they are
// zero.
type fieldWriter struct {
	bytes.Buffer
	comma bool // before the next field
	err   error
	keys  []string // of the map that is being written; here to be used again
}

// writers are those that are not in use.
var writers = sync.Pool{New: func() any { return new(fieldWriter) }}

// release gives the writer to the next record, unless its memory is that of an unusually large one.
func (w *fieldWriter) release() {
	const large = 64 << 10
	if w.Cap() <= large {
		w.Reset()
		w.comma, w.err = false, nil
		clear(w.keys)
		writers.Put(w)
	}
}

func (w *fieldWriter) begin() {
	w.WriteByte('{')
	w.comma = false
}

func (w *fieldWriter) end() {
	w.WriteByte('}')
	w.comma = true
}

// name begins a field. Names need no escapes.
func (w *fieldWriter) name(name string) {
	b := w.AvailableBuffer()
	if w.comma {
		b = append(b, ',')
	}
	w.comma = true
	w.Write(append(append(append(b, '"'), name...), `":`...))
}

func (w *fieldWriter) text(name, s string) {
	w.name(name)
	w.quoted(s)
}

func (w *fieldWriter) optionalText(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

// quoted writes a text; one with characters that may need another escape than a backslash goes to encoding/json.
func (w *fieldWriter) quoted(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			w.any(s)
			return
		}
	}
	b := append(w.AvailableBuffer(), '"')
	for {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			break
		}
		b = append(append(b, s[:i]...), '\\', s[i])
		s = s[i+1:]
	}
	w.Write(append(append(b, s...), '"'))
}

func (w *fieldWriter) id(name string, id uuid.UUID) {
	w.name(name)
	b := hex.AppendEncode(append(w.AvailableBuffer(), '"'), id[:4])
	for _, part := range [][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		b = hex.AppendEncode(append(b, '-'), part)
	}
	w.Write(append(b, '"'))
}

func (w *fieldWriter) optionalID(name string, id uuid.UUID) {
	if id != uuid.Nil {
		w.id(name, id)
	}
}

func (w *fieldWriter) number(name string, n int64) {
	w.name(name)
	w.Write(strconv.AppendInt(w.AvailableBuffer(), n, 10))
}

func (w *fieldWriter) count(name string, n int64) {
	if n != 0 {
		w.number(name, n)
	}
}

func (w *fieldWriter) flag(name string, set bool) {
	if set {
		w.name(name)
		w.WriteString("true")
	}
}

// time writes an instant in UTC.
func (w *fieldWriter) time(name string, t time.Time) {
	w.name(name)
	b, err := t.UTC().AppendText(append(w.AvailableBuffer(), '"'))
	w.fail(err)
	w.Write(append(b, '"'))
}

func (w *fieldWriter) optionalTime(name string, t time.Time) {
	if !t.IsZero() {
		w.time(name, t)
	}
}

// texts writes a map as an object, in the order of its names.
func (w *fieldWriter) texts(name string, m map[string]string) {
	w.name(name)
	if m == nil {
		w.WriteString("null")
		return
	}
	w.begin()
	w.keys = slices.AppendSeq(w.keys[:0], maps.Keys(m))
	slices.Sort(w.keys)
	for _, key := range w.keys {
		if w.comma {
			w.WriteByte(',')
		}
		w.quoted(key)
		w.WriteByte(':')
		w.quoted(m[key])
		w.comma = true
	}
	w.end()
}

// lists writes a map as an object, in the order of its names.
func (w *fieldWriter) lists(name string, m map[string][]string) {
	if len(m) > 0 {
		w.value(name, m)
		return
	}
	w.name(name)
	if m == nil {
		w.WriteString("null")
	} else {
		w.WriteString("{}")
	}
}

// raw writes what is JSON already, if there is any.
func (w *fieldWriter) raw(name string, text json.RawMessage) {
	if len(text) > 0 {
		w.name(name)
		w.fail(json.Compact(&w.Buffer, text))
	}
}

func (w *fieldWriter) value(name string, v any) {
	w.name(name)
	w.any(v)
}

func (w *fieldWriter) any(v any) {
	text, err := encode(v)
	w.fail(err)
	w.Write(text)
}

func (w *fieldWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}
