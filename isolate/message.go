package isolate

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// hello tells a worker how to serve.
type hello struct {
	fingerprint string // of the host's build; a worker of another build refuses
	zone        string // the name of the host's time zone; "Local" for the system's
	offset      int    // of the zone from UTC now, in seconds
	margin      int64
}

func (m hello) encode() *encoder {
	e := newFrame(frameHello, 128)
	e.string(m.fingerprint)
	e.string(m.zone)
	e.int(int64(m.offset))
	e.int(m.margin)
	return e
}

func decodeHello(payload []byte) (m hello, err error) {
	d := &decoder{buf: payload}
	m.fingerprint, m.zone, m.offset, m.margin = d.string(), d.string(), int(d.int()), d.int()
	return m, d.end()
}

// ready says that a worker serves.
type ready struct {
	problem   string        // why it does not; "" when it does
	mapped    int64         // what its heap took of the system
	cpu       time.Duration // that it took so far
	hardening []Measure
}

func (m ready) encode() *encoder {
	e := newFrame(frameReady, 512)
	e.string(m.problem)
	e.int(m.mapped)
	e.int(int64(m.cpu))
	e.uint(uint64(len(m.hardening)))
	for _, h := range m.hardening {
		e.string(h.Name)
		e.bool(h.Applied)
		e.string(h.Detail)
	}
	return e
}

func decodeReady(payload []byte) (m ready, err error) {
	d := &decoder{buf: payload}
	m.problem, m.mapped, m.cpu = d.string(), d.int(), time.Duration(d.int())
	for range min(d.uint(), 100) {
		m.hardening = append(m.hardening, Measure{Name: d.string(), Applied: d.bool(), Detail: d.string()})
	}
	return m, d.end()
}

func encodeSource(e *encoder, s jsruntime.Source) {
	e.string(string(s.Language))
	e.string(s.Text)
}

func decodeSource(d *decoder) jsruntime.Source {
	return jsruntime.Source{Language: jsruntime.Language(d.string()), Text: d.string()}
}

func encodeCheck(nonce uint64, source jsruntime.Source, limit int64) *encoder {
	e := newFrame(frameCheck, len(source.Text)+64)
	e.fixed(nonce)
	e.int(limit)
	encodeSource(e, source)
	return e
}

// encodeRun writes a job, but for what address says. What the script sees of the trigger goes as the JSON that it will see.
// A payload that panics when it is made into JSON is an error.
func encodeRun(job *jsruntime.Job, functions []string) (e *encoder, err error) {
	defer func() {
		if recover() != nil {
			e, err = nil, errors.New("context cannot be made into JSON")
		}
	}()
	e = newFrame(frameRun, len(job.Source.Text)+len(job.Input)+256)
	e.fixed(0) // the nonce
	e.fixed(0) // the time that is left
	e.int(job.Limits.MaxMemoryBytes)
	e.int(job.Limits.MaxOutputSizeBytes)
	encodeSource(e, job.Source)
	e.bytes(job.Input)
	e.bool(job.Host != nil)
	e.strings(functions)
	if err := encodeContext(e, &job.Context); err != nil {
		return nil, err
	}
	if len(e.buf) > maxFrameBytes {
		return nil, fmt.Errorf("the job is larger than %d bytes", maxFrameBytes)
	}
	return e, nil
}

// address makes the frame of a job that of one run.
func address(e *encoder, nonce uint64, left time.Duration) {
	binary.LittleEndian.PutUint64(e.buf[frameHead+1:], nonce)
	binary.LittleEndian.PutUint64(e.buf[frameHead+9:], uint64(left))
}

func decodeRun(d *decoder) (job jsruntime.Job, host bool, functions []string, err error) {
	job.Limits.MaxExecutionTime = time.Duration(d.fixed())
	job.Limits.MaxMemoryBytes = d.int()
	job.Limits.MaxOutputSizeBytes = d.int()
	job.Source = decodeSource(d)
	job.Input = d.bytes()
	host = d.bool()
	functions = d.strings(len(d.buf))
	job.Context, err = decodeContext(d)
	return job, host, functions, errors.Join(err, d.end())
}

func encodeContext(e *encoder, c *jsruntime.JobContext) error {
	e.raw(c.Tenant.ID[:])
	e.raw(c.Script.ID[:])
	e.string(c.Script.Name)
	e.int(int64(c.Script.Version))
	e.raw(c.Execution.ID[:])
	e.int(int64(c.Execution.Attempt))
	e.uint(uint64(len(c.Metadata)))
	for name, value := range c.Metadata {
		e.string(name)
		e.string(value)
	}
	t := &c.Trigger
	eventID, scheduled := "", ""
	if t.EventID != uuid.Nil {
		eventID = t.EventID.String()
	}
	if !t.ScheduledAt.IsZero() {
		scheduled = t.ScheduledAt.Format(time.RFC3339Nano)
	}
	e.strings([]string{string(t.Type), t.EventType, t.HTTPMethod, t.HTTPPath, t.CronTrigger, scheduled, eventID})
	if err := encodeJSON(e, t.Payload, t.Payload != nil); err != nil {
		return err
	}
	return encodeJSON(e, t.Request, t.Request != nil)
}

func encodeJSON(e *encoder, v any, there bool) error {
	if !there {
		e.bytes(nil)
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("context %w", err)
	}
	e.bytes(text)
	return nil
}

func decodeContext(d *decoder) (c jsruntime.JobContext, err error) {
	id := func() (id uuid.UUID) {
		copy(id[:], d.take(uint64(len(id))))
		return id
	}
	c.Tenant.ID = id()
	c.Script = jsruntime.JobScript{ID: id(), Name: d.string(), Version: int(d.int())}
	c.Execution = jsruntime.JobExecution{ID: id(), Attempt: int(d.int())}
	if n := d.uint(); n > 0 && n <= uint64(len(d.buf)) {
		c.Metadata = make(map[string]string, n)
		for range n {
			name := d.string()
			c.Metadata[name] = d.string()
		}
	}
	t := d.strings(7)
	if len(t) != 7 {
		return c, errFrame
	}
	if t[5] != "" {
		if c.Trigger.ScheduledAt, err = time.Parse(time.RFC3339Nano, t[5]); err != nil {
			return c, errFrame
		}
	}
	if t[6] != "" {
		if c.Trigger.EventID, err = uuid.Parse(t[6]); err != nil {
			return c, errFrame
		}
	}
	c.Trigger.Type = jsruntime.TriggerType(t[0])
	c.Trigger.EventType, c.Trigger.HTTPMethod, c.Trigger.HTTPPath, c.Trigger.CronTrigger = t[1], t[2], t[3], t[4]
	if payload := d.bytes(); len(payload) > 0 {
		c.Trigger.Payload = json.RawMessage(payload)
	}
	if request := d.bytes(); len(request) > 0 {
		err = json.Unmarshal(request, &c.Trigger.Request)
	}
	return c, err
}

// call is a call of a host function.
type call struct {
	id   uint64
	name string
	args []any
	size int64 // what the arguments take in memory, about
}

func encodeCall(nonce, id uint64, name string, args []any) (*encoder, error) {
	e := newFrame(frameCall, 256)
	e.fixed(nonce)
	e.uint(id)
	e.string(name)
	return e, e.list(args, 0)
}

func decodeCall(d *decoder) (c call, err error) {
	c.id, c.name = d.uint(), d.string()
	v := &valueDecoder{decoder: d, left: maxArgumentBytes, plain: true}
	args, ok := v.value(0).([]any)
	if !ok {
		d.fail()
	}
	c.args, c.size = args, maxArgumentBytes-v.left
	return c, d.end()
}

// encodeReply writes what a host function returned. An error goes as its text, whether it is about the rate limit, and when
// that allows a call again.
func encodeReply(nonce, id uint64, value any, err error) *encoder {
	if err == nil {
		e := replyFrame(nonce, id)
		e.bool(true)
		if err = e.value(value, 0); err == nil && len(e.buf) <= maxFrameBytes {
			return e
		}
		if err == nil {
			err = fmt.Errorf("is larger than %d bytes", maxFrameBytes)
		}
		err = fmt.Errorf("the reply of a host function %w", err)
	}
	e := replyFrame(nonce, id)
	e.bool(false)
	e.bool(errors.Is(err, jsruntime.ErrRateLimit))
	var retry time.Duration
	if limited, ok := errors.AsType[*jsruntime.RateLimitError](err); ok {
		retry = limited.RetryAfter
	}
	e.int(int64(retry))
	e.string(err.Error())
	return e
}

func replyFrame(nonce, id uint64) *encoder {
	e := newFrame(frameReply, 256)
	e.fixed(nonce)
	e.uint(id)
	return e
}

// replyError is the error of a host function on the worker's side.
type replyError struct {
	text  string
	limit error // nil where it is not about the rate limit
}

func (e *replyError) Error() string { return e.text }

func (e *replyError) Unwrap() error { return e.limit }

func decodeReply(d *decoder) (id uint64, value any, err error) {
	id = d.uint()
	if !d.bool() {
		limited, retry := d.bool(), time.Duration(d.int())
		e := &replyError{text: d.string()}
		if limited {
			e.limit = &jsruntime.RateLimitError{RetryAfter: retry}
		}
		return id, nil, e
	}
	v := &valueDecoder{decoder: d, left: maxFrameBytes}
	value = v.value(0)
	return id, value, d.end()
}

func encodeLog(nonce uint64, line jsruntime.LogEntry) *encoder {
	e := newFrame(frameLog, len(line.Message)+64)
	e.fixed(nonce)
	encodeLine(e, line)
	return e
}

func encodeLine(e *encoder, line jsruntime.LogEntry) {
	e.int(line.Time.UnixNano())
	e.string(string(line.Level))
	e.string(line.Message)
}

func decodeLine(d *decoder) jsruntime.LogEntry {
	return jsruntime.LogEntry{
		Time: time.Unix(0, d.int()), Level: jsruntime.LogLevel(d.string()), Message: d.string(),
	}
}

// done is the end of a check or a run.
type done struct {
	failure  *jsruntime.ScriptError // nil when it went well
	output   []byte
	lines    []jsruntime.LogEntry // that were not sent before
	dropped  int
	memory   int64
	estimate bool
	realm    time.Duration
	cpu      time.Duration
	total    time.Duration // processor time of the worker so far
	mapped   int64         // what the worker holds of the system's memory for its heap now
	stuck    bool          // something of the run cannot be stopped
}

func (m done) encode(nonce uint64) *encoder {
	e := newFrame(frameDone, len(m.output)+128)
	e.fixed(nonce)
	e.bool(m.failure != nil)
	if f := m.failure; f != nil {
		e.string(string(f.Kind))
		e.string(f.Message)
		e.string(f.Stack)
		e.int(int64(f.Line))
		e.int(int64(f.Column))
	}
	e.bytes(m.output)
	e.uint(uint64(len(m.lines)))
	for _, line := range m.lines {
		encodeLine(e, line)
	}
	e.int(int64(m.dropped))
	e.int(m.memory)
	e.bool(m.estimate)
	e.int(int64(m.realm))
	e.int(int64(m.cpu))
	e.int(int64(m.total))
	e.int(m.mapped)
	e.bool(m.stuck)
	return e
}

func decodeDone(d *decoder) (m done, err error) {
	if d.bool() {
		m.failure = &jsruntime.ScriptError{
			Kind: jsruntime.FailureKind(d.string()), Message: d.string(), Stack: d.string(),
			Line: int(d.int()), Column: int(d.int()),
		}
	}
	m.output = d.bytes()
	lines := d.uint()
	if lines > maxLogLines {
		d.fail()
		lines = 0
	}
	for range lines {
		m.lines = append(m.lines, decodeLine(d))
	}
	m.dropped = int(max(d.int(), 0))
	m.memory = max(d.int(), 0)
	m.estimate = d.bool()
	m.realm = time.Duration(d.int())
	m.cpu = time.Duration(max(d.int(), 0))
	m.total = time.Duration(max(d.int(), 0))
	m.mapped = d.int()
	m.stuck = d.bool()
	return m, d.end()
}
