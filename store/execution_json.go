package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// encodeExecution is encode for the record that every run stores, without what the head of its row says: see headTo. It goes over
// the fields itself, which encoding/json takes ten times as long for; what it writes, encoding/json reads. A test holds it to have all
// fields. It begins after so many bytes for the head.
func encodeExecution(r *jsruntime.ExecutionRecord, headroom int) ([]byte, error) {
	if max(r.CreatedAt.UTC().Year(), r.RunAt.UTC().Year(), r.StartedAt.UTC().Year()) > maxYear {
		return nil, invalid("record", fmt.Sprintf("has a time after the year %d", maxYear))
	}
	w := writers.Get().(*fieldWriter)
	defer w.release()
	w.begin()
	if triggerByte(r.TriggerType) == 0 {
		w.text("triggerType", string(r.TriggerType))
	}
	w.triggerData(&r.TriggerData)
	w.raw("input", r.Input)
	w.raw("output", r.Output)
	if r.Failure != nil {
		w.value("failure", r.Failure)
	}
	if r.Metrics != (jsruntime.ExecutionMetrics{}) {
		w.metrics(&r.Metrics)
	}
	w.count("logsDropped", int64(r.LogsDropped))
	w.count("versionNumber", int64(r.VersionNumber))
	w.number("attempt", int64(r.Attempt))
	w.optionalID("previousId", r.PreviousID)
	w.optionalID("nextId", r.NextID)
	w.optionalTime("completedAt", r.CompletedAt)
	w.count("depth", int64(r.Depth))
	w.optionalID("causedBy", r.CausedBy)
	w.optionalID("firstId", r.FirstID)
	w.count("failures", int64(r.Failures))
	w.count("interruptions", int64(r.Interruptions))
	w.optionalText("dedupeKey", r.DedupeKey)
	w.optionalText("fingerprint", r.Fingerprint)
	w.optionalText("orderKey", r.OrderKey)
	w.end()
	if w.err != nil {
		return nil, invalid("record", w.err.Error())
	}
	if _, err := readable(w.Bytes()); err != nil {
		return nil, err
	}
	raw := make([]byte, headroom+w.Len())
	copy(raw[headroom:], w.Bytes())
	return raw, nil
}

// maxYear is the last that JSON can hold: see [time.Time.MarshalJSON].
const maxYear = 9999

func (w *fieldWriter) triggerData(d *jsruntime.TriggerData) {
	if d.EventType == "" && d.EventID == uuid.Nil && d.HTTPMethod == "" && d.HTTPPath == "" && d.CronTrigger == "" && d.ScheduledAt.IsZero() &&
		d.Payload == nil && d.Request == nil {
		return
	}
	w.name("triggerData")
	w.begin()
	w.optionalText("eventType", d.EventType)
	w.optionalID("eventId", d.EventID)
	w.optionalText("httpMethod", d.HTTPMethod)
	w.optionalText("httpPath", d.HTTPPath)
	w.optionalText("cronTrigger", d.CronTrigger)
	w.optionalTime("scheduledAt", d.ScheduledAt)
	switch payload := d.Payload.(type) {
	case nil:
	case json.RawMessage:
		w.raw("payload", payload)
	default:
		w.value("payload", payload)
	}
	if q := d.Request; q != nil {
		w.name("request")
		w.begin()
		w.text("method", q.Method)
		w.text("path", q.Path)
		w.texts("params", q.Params)
		w.lists("query", q.Query)
		w.texts("headers", q.Headers)
		w.text("text", q.Text)
		if len(q.Bytes) > 0 {
			w.name("bytes")
			w.Write(append(base64.StdEncoding.AppendEncode(append(w.AvailableBuffer(), '"'), q.Bytes), '"'))
		}
		w.end()
	}
	w.end()
}

func (w *fieldWriter) metrics(m *jsruntime.ExecutionMetrics) {
	w.name("metrics")
	w.begin()
	w.number("duration", int64(m.Duration))
	w.number("memoryUsedBytes", m.MemoryUsedBytes)
	w.flag("memoryEstimated", m.MemoryEstimated)
	w.count("cpuTime", int64(m.CPUTime))
	w.count("realmTime", int64(m.RealmTime))
	w.number("apiCallCount", int64(m.APICallCount))
	w.number("databaseQueryCount", int64(m.DatabaseQueryCount))
	w.end()
}
