package jsruntime

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// eventPayload is the payload of an event, which is decoded when somebody asks for it, and once.
type eventPayload struct {
	raw     json.RawMessage
	decoded bool
	value   any
	err     error
}

// decode returns the payload as JSON holds it. Nobody may change it.
func (p *eventPayload) decode() (any, error) {
	if !p.decoded {
		p.decoded = true
		if err := json.Unmarshal(p.raw, &p.value); err != nil {
			p.value, p.err = nil, invalid("payload", "must be JSON: %v", err)
		}
	}
	return p.value, p.err
}

// matches reports whether each of the fields has exactly the value; see [WithEventFilter].
func (p *eventPayload) matches(fields map[string]any) bool {
	for name, want := range fields {
		if got, ok := p.field(name); !ok || got != want {
			return false // a list or an object equals nothing that a filter can hold
		}
	}
	return true
}

// field returns the value of a field: what a dotted name finds in nested objects, otherwise the field of the payload itself
// that has the whole name.
func (p *eventPayload) field(name string) (any, bool) {
	value, _ := p.decode()
	whole, _ := value.(map[string]any)
	at := value
	for step := range strings.SplitSeq(name, ".") {
		object, _ := at.(map[string]any)
		inner, ok := object[step]
		if !ok {
			inner, ok = whole[name]
			return inner, ok
		}
		at = inner
	}
	return at, true
}

// maxOrderKeyBytes is the length from which on an order key stands for its value by a hash.
const maxOrderKeyBytes = 200

// orderKey returns the order key of an event's run: values that are equal as JSON give the same one. Without the field there
// is none.
func (p *eventPayload) orderKey(field string) string {
	if field == "" {
		return ""
	}
	value, ok := p.field(field)
	if !ok {
		return ""
	}
	raw, err := json.Marshal(value)
	if err != nil { // which cannot be: it was decoded
		return ""
	}
	if len(raw) > maxOrderKeyBytes {
		sum := sha256.Sum256(raw)
		return "event#" + hex.EncodeToString(sum[:])
	}
	return "event:" + string(raw)
}
