package isolate

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func roundTrip(t *testing.T, v any) any {
	t.Helper()
	e := &encoder{}
	require.NoError(t, e.value(v, 0))
	d := &valueDecoder{decoder: &decoder{buf: e.buf}, left: maxArgumentBytes}
	got := d.value(0)
	require.NoError(t, d.end())
	if d.plain = true; !bytes.ContainsRune(e.buf[:1], rune(valueJSON)) {
		require.Equal(t, costOf(v), maxArgumentBytes-d.left)
	}
	return got
}

func TestValuesCrossUnchanged(t *testing.T) {
	for _, v := range []any{
		nil, true, false, 0.0, math.Copysign(0, -1), math.Inf(1), 1e300, int64(math.MinInt64), int64(math.MaxInt64), "", "é\x00\xff",
		[]byte{}, []byte{0, 255}, json.RawMessage(`{"a":1}`), []any{}, map[string]any{},
		map[string]any{"a": []any{1.5, nil, map[string]any{"": []byte("x")}}, "__proto__": true},
	} {
		require.Equal(t, v, roundTrip(t, v))
	}
	require.Equal(t, int64(7), roundTrip(t, 7))
	require.JSONEq(t, `{"A":1}`, string(roundTrip(t, struct{ A int }{1}).(json.RawMessage)))
	require.True(t, math.IsNaN(roundTrip(t, math.NaN()).(float64)))
	require.Error(t, (&encoder{}).value(make(chan int), 0))
	var deep any
	for range maxValueDepth + 2 {
		deep = []any{deep}
	}
	require.ErrorIs(t, (&encoder{}).value(deep, 0), errValueDepth)
}

func TestAJobCrossesUnchanged(t *testing.T) {
	job := jsruntime.Job{
		Source: jsruntime.Source{Text: "return 1", Language: jsruntime.LanguageJavaScript},
		Input:  json.RawMessage(`{"a":[1]}`),
		Limits: jsruntime.ResourceLimits{MaxMemoryBytes: 7, MaxOutputSizeBytes: 8},
		Context: jsruntime.JobContext{
			Tenant:    jsruntime.JobTenant{ID: uuid.New()},
			Script:    jsruntime.JobScript{ID: uuid.New(), Name: "n", Version: 3},
			Execution: jsruntime.JobExecution{ID: uuid.New(), Attempt: 2},
			Metadata:  map[string]string{"a": "b"},
			Trigger: jsruntime.JobTrigger{Type: jsruntime.TriggerHTTP, TriggerData: jsruntime.TriggerData{
				EventType: "e", HTTPMethod: "POST", HTTPPath: "/p", CronTrigger: "c", ScheduledAt: time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC), Payload: json.RawMessage(`[1]`),
				Request: &jsruntime.HTTPRequest{Method: "POST", Path: "/p", Params: map[string]string{"x": "1"}, Text: "t"},
			}},
		},
	}
	frame, err := encodeRun(&job, []string{"f", "g.h"})
	require.NoError(t, err)
	address(frame, 42, time.Minute)
	kind, payload, err := newFrameReader(bytes.NewReader(finished(frame))).read(anyFrame)
	require.NoError(t, err)
	require.Equal(t, frameRun, kind)
	d := &decoder{buf: payload}
	require.EqualValues(t, 42, d.fixed())
	got, host, functions, err := decodeRun(d)
	require.NoError(t, err)
	require.False(t, host)
	require.Equal(t, []string{"f", "g.h"}, functions)
	job.Limits.MaxExecutionTime = time.Minute
	require.Equal(t, job, got)
}

// finished returns the bytes of a frame as they are written.
func finished(e *encoder) []byte {
	var b bytes.Buffer
	_ = (&frameWriter{w: &b}).write(e)
	return b.Bytes()
}

// FuzzFrames proves that no bytes of a worker make the host panic, or take much more memory than its bounds.
func FuzzFrames(f *testing.F) {
	f.Add(finished(done{output: []byte("1"), lines: []jsruntime.LogEntry{{Level: "info", Message: "x"}}}.encode(1)))
	f.Add(finished(done{failure: &jsruntime.ScriptError{Kind: "timeout"}}.encode(1)))
	f.Add(finished(encodeLog(1, jsruntime.LogEntry{Level: "info", Message: "x"})))
	call, _ := encodeCall(1, 1, "f", []any{1.5, "x", []byte("y"), []any{map[string]any{"a": nil}}})
	f.Add(finished(call))
	f.Add(finished(ready{hardening: []Measure{{Name: "a"}}}.encode()))
	f.Add([]byte(strings.Repeat("\xff", 100)))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := newFrameReader(bytes.NewReader(input))
		for {
			kind, payload, err := r.read(func(byte) int64 { return 1 << 20 })
			if err != nil {
				return
			}
			if kind == frameReady {
				_, _ = decodeReady(payload)
			}
			d := &decoder{buf: payload}
			d.fixed()
			switch kind {
			case frameDone:
				if m, err := decodeDone(d); err == nil {
					again, err := decodeDone(&decoder{buf: finished(m.encode(1))[frameHead+9:]})
					require.NoError(t, err)
					require.Equal(t, m.output, again.output)
				}
			case frameLog:
				decodeLine(d)
			case frameCall:
				before := readMemory().objects
				c, err := decodeCall(d)
				if err == nil {
					require.LessOrEqual(t, c.size, int64(maxArgumentBytes))
				}
				require.Less(t, readMemory().objects-before, int64(4*maxArgumentBytes))
			}
		}
	})
}
