package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jsruntime/jsruntime"
)

// encode returns a record as JSON. It leaves <, > and & as they are: an escape would change the bytes of an output.
func encode(record any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(record); err != nil {
		return nil, invalid("record", err.Error())
	}
	return readable(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// readable returns the JSON of a record, unless it is nested deeper than the decoder's own bound.
func readable(raw []byte) ([]byte, error) {
	if len(raw) > maxUncheckedBytes && !json.Valid(raw) {
		return nil, invalid("record", "must not be nested so deep")
	}
	return raw, nil
}

// maxUncheckedBytes is the size below which a record cannot be nested deeper than encoding/json reads: 10,000 levels.
const maxUncheckedBytes = 10_000

// save stores a record.
func save(t *tx, b bucket, key []byte, record any) error {
	raw, err := encode(record)
	if err != nil {
		return err
	}
	t.put(b, key, raw)
	return nil
}

// load returns the record under a key, or nil when there is none.
func load[T any](t *tx, b bucket, key []byte) (*T, error) {
	raw := t.get(b, key)
	if raw == nil {
		return nil, nil
	}
	return decode[T](raw)
}

func decode[T any](raw []byte) (*T, error) {
	record := new(T)
	if err := decodeInto(raw, record); err != nil {
		return nil, err
	}
	return record, nil
}

func decodeInto(raw []byte, record any) error {
	if err := json.Unmarshal(raw, record); err != nil {
		return fmt.Errorf("%w: damaged record: %w", jsruntime.ErrFormat, err)
	}
	return nil
}

// The functions below return a record as it is stored: with its times in UTC.

func storedScript(r jsruntime.ScriptRecord) jsruntime.ScriptRecord {
	r.CreatedAt, r.UpdatedAt = r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	return r
}

func storedVersion(r jsruntime.VersionRecord) jsruntime.VersionRecord {
	r.CreatedAt = r.CreatedAt.UTC()
	return r
}

func storedExecution(r jsruntime.ExecutionRecord) jsruntime.ExecutionRecord {
	r.CreatedAt, r.RunAt = r.CreatedAt.UTC(), r.RunAt.UTC()
	r.StartedAt, r.CompletedAt = r.StartedAt.UTC(), r.CompletedAt.UTC()
	r.TriggerData.ScheduledAt = r.TriggerData.ScheduledAt.UTC()
	return r
}

func storedTick(r jsruntime.TickRecord) jsruntime.TickRecord {
	r.Instant, r.First, r.RecordedAt = r.Instant.UTC(), r.First.UTC(), r.RecordedAt.UTC()
	return r
}

func storedLogs(logs []jsruntime.LogEntry) []jsruntime.LogEntry {
	logs = slices.Clone(logs)
	for i := range logs {
		logs[i].Time = logs[i].Time.UTC()
	}
	return logs
}
