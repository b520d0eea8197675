package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// row is an execution as it is stored: what the indexes and the queue have to know of it, which also says what has become of
// it since its record was written, and the record as JSON. So a claim writes a few bytes anew and reads no JSON, and records
// are encoded and decoded outside of the transactions that write, in which everybody waits for everybody.
type row struct {
	tenant, id, script uuid.UUID
	status, trigger    byte // see statusByte and triggerByte
	dead, attached     bool
	created, run       time.Time
	started            time.Time
	cap, weight        int64
	order              []byte // hash of the order key; nil for none
	place              int64  // among those with the order key: the lower, the earlier its turn; 0 for none yet
	lease              jsruntime.Lease

	record []byte // JSON
	room   []byte // the memory of the record with room for a head in front; nil where another row may have it
	stored []byte // the row as it is stored; nil for a new one

	// Of one that is about to be stored:
	dedupeKey, fingerprint string
	from                   *jsruntime.ExecutionRecord // what it was made of, where the record will be asked for; nil otherwise
	plain                  bool                       // see isPlain
}

// rowOf returns a record as it will be stored. It keeps nothing of it.
func rowOf(r *jsruntime.ExecutionRecord) (*row, error) {
	room, err := encodeExecution(r, rowHeadSize+1)
	plain := isPlain(r.TriggerData.Payload)
	if err == nil && !plain && !canBeRead(room[rowHeadSize+1:]) {
		err = invalid("triggerData.payload", "must be what decoding JSON gives")
	}
	if err != nil {
		return nil, err
	}
	w := &row{
		tenant: r.TenantID, id: r.ID, script: r.ScriptID, status: statusByte(r.Status), trigger: triggerByte(r.TriggerType),
		dead: r.DeadLetter, attached: r.Attached, created: r.CreatedAt.UTC(), run: r.RunAt.UTC(), started: r.StartedAt.UTC(),
		cap: int64(r.ConcurrencyCap), weight: int64(r.Weight), lease: r.Lease, record: room[rowHeadSize+1:], room: room,
		dedupeKey: r.DedupeKey, fingerprint: r.Fingerprint, plain: plain,
	}
	if r.OrderKey != "" {
		w.order = hash(r.OrderKey)
	}
	return w, nil
}

// canBeRead reports whether the record that a payload was encoded in can be decoded.
func canBeRead(record []byte) bool {
	_, err := decode[jsruntime.ExecutionRecord](record)
	return err == nil
}

// isPlain reports whether a value is what decoding JSON gives, or JSON that has not been decoded, so that the record need not be
// read to know it.
func isPlain(v any) bool {
	switch v := v.(type) {
	case nil, bool, float64, string:
		return true
	case json.RawMessage:
		return jsruntime.CheckPayload(v) == nil
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !isPlain(item) })
	case map[string]any:
		for _, item := range v {
			if !isPlain(item) {
				return false
			}
		}
		return true
	}
	return false
}

func (w *row) is(s jsruntime.ExecutionStatus) bool { return w.status == statusByte(s) }

func (w *row) isLive() bool { return !statusOf(w.status).IsTerminal() }

// The flags of a row's head.
const (
	rowDead = 1 << iota
	rowAttached
	rowOrdered
	rowPlaced
)

// rowHeadSize is the length of the part of a head that is always there.
const rowHeadSize = idSize + 3 + 3*stampSize + 4*numSize

// bytes returns the row as bExecutions keeps it: a head of a fixed length, the hash of the order key and the place where it has
// them, the length of the node's name and the name, and the record.
func (w *row) bytes() []byte {
	size := rowHeadSize + len(w.order) + len(w.lease.Node) + 1
	if w.place != 0 {
		size += numSize
	}
	var b []byte
	short := size == rowHeadSize+1 && w.room != nil
	if short {
		b, w.room = w.room[:0], nil // there is a row of it from now on
	} else {
		b = make([]byte, 0, size+2+len(w.record))
	}
	b = append(b, w.script[:]...)
	flags := byte(0)
	if w.dead {
		flags |= rowDead
	}
	if w.attached {
		flags |= rowAttached
	}
	if w.order != nil {
		flags |= rowOrdered
	}
	if w.place != 0 {
		flags |= rowPlaced
	}
	b = append(b, w.status, w.trigger, flags)
	for _, t := range []time.Time{w.created, w.run, w.started} {
		b = appendStamp(b, t)
	}
	for _, n := range []int64{w.cap, w.weight, w.lease.Token, w.lease.Call} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, w.order...)
	if w.place != 0 {
		b = appendNum(b, w.place)
	}
	b = binary.AppendUvarint(b, uint64(len(w.lease.Node)))
	if b = append(b, w.lease.Node...); short {
		return b[:len(b)+len(w.record)]
	}
	return append(b, w.record...)
}

// rowFrom reads a row, whose record stays where it is.
func rowFrom(key, b []byte) (*row, error) {
	if len(b) < rowHeadSize || len(key) != 2*idSize {
		return nil, fmt.Errorf("%w: damaged execution", jsruntime.ErrFormat)
	}
	w := &row{id: uuid.UUID(key[:idSize]), tenant: uuid.UUID(key[idSize:]), script: uuid.UUID(b[:idSize])}
	b = b[idSize:]
	flags := b[2]
	w.status, w.trigger, w.dead, w.attached = b[0], b[1], flags&rowDead != 0, flags&rowAttached != 0
	b = b[3:]
	for _, t := range []*time.Time{&w.created, &w.run, &w.started} {
		*t, b = stampTime(b), b[stampSize:]
	}
	for _, n := range []*int64{&w.cap, &w.weight, &w.lease.Token, &w.lease.Call} {
		*n, b = int64(binary.BigEndian.Uint64(b)), b[numSize:]
	}
	if flags&rowOrdered != 0 {
		if len(b) < hashSize {
			return nil, fmt.Errorf("%w: damaged execution", jsruntime.ErrFormat)
		}
		w.order, b = b[:hashSize:hashSize], b[hashSize:]
	}
	if flags&rowPlaced != 0 {
		if len(b) < numSize {
			return nil, fmt.Errorf("%w: damaged execution", jsruntime.ErrFormat)
		}
		w.place, b = numValue(b), b[numSize:]
	}
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) || w.status == 0 || int(w.status) > len(statuses) || int(w.trigger) > len(triggers) {
		return nil, fmt.Errorf("%w: damaged execution", jsruntime.ErrFormat)
	}
	w.lease.Node, w.record = string(b[size:size+int(n)]), b[size+int(n):]
	return w, nil
}

// decode returns the record as it is now.
func (w *row) decode() (*jsruntime.ExecutionRecord, error) {
	r := new(jsruntime.ExecutionRecord)
	if err := w.decodeInto(r); err != nil {
		return nil, err
	}
	return r, nil
}

// decodeInto is decode into the zero record.
func (w *row) decodeInto(r *jsruntime.ExecutionRecord) error {
	if w.from != nil && w.plain {
		*r = storedExecution(w.from.Clone())
	} else if err := decodeInto(w.record, r); err != nil {
		return named("execution", w.id, err)
	}
	w.headTo(r)
	return nil
}

// headTo sets what the head of a row says. The records of older formats say it as well, as it was when they were written.
func (w *row) headTo(r *jsruntime.ExecutionRecord) {
	r.ID, r.TenantID, r.ScriptID, r.Status = w.id, w.tenant, w.script, statusOf(w.status)
	if w.trigger != 0 {
		r.TriggerType = triggers[w.trigger-1]
	}
	r.CreatedAt, r.RunAt, r.StartedAt = w.created, w.run, w.started
	r.ConcurrencyCap, r.Weight = int(w.cap), int(w.weight)
	r.DeadLetter, r.Attached, r.Lease = w.dead, w.attached, w.lease
}
