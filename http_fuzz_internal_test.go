package jsruntime

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzRequest gives any body and content type to a script: what is not refused, a record can hold and give back.
func FuzzRequest(f *testing.F) {
	f.Add("application/json", []byte(`{"a":[1,2e3,"\ud800"],"a":null}`))
	f.Add("application/json; charset=utf-8", []byte(`[[[[1e400]]]]`))
	f.Add("application/x-www-form-urlencoded", []byte("a=1&a=2&b=%ff&__proto__=x"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"/x\\\\y\"\r\n\r\n\xff\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n"))
	f.Add("text/plain", []byte("\xff\xfeä"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/?q=1", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		q, err := readRequest(httptest.NewRecorder(), r, nil, 1<<20)
		if err != nil {
			refused, ok := errors.AsType[*refusedError](err)
			require.True(t, ok)
			require.Contains(t, []int{400, 413, 415}, refused.Status)
			return
		}
		require.Equal(t, string(body), string(q.data.Request.Body()))
		require.True(t, utf8.Valid(q.input))
		require.LessOrEqual(t, depth(q.input), MaxValueDepth)
		record := ExecutionRecord{TriggerData: q.data, Input: q.input}
		encoded, err := json.Marshal(record)
		require.NoError(t, err)
		var back ExecutionRecord
		require.NoError(t, json.Unmarshal(encoded, &back))
		require.Equal(t, string(body), string(back.TriggerData.Request.Body()))
		input := map[string]any{}
		require.NoError(t, json.Unmarshal(back.Input, &input))
		if object, ok := back.TriggerData.Payload.(map[string]any); ok {
			require.Equal(t, object, input)
		} else {
			require.Empty(t, input)
		}
	})
}

// FuzzAnswer turns any output into an answer: what a client reads is what was meant, and nothing that the script smuggled in.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"status":200,"headers":{"a":["b",1,true],"content-type":"x"},"body":{"a":1}}`))
	f.Add([]byte(`{"status":200,"headers":{"a":"b\r\nc: d"},"body":"x"}`))
	f.Add([]byte(`{"status":200,"body":"AP8=","encoding":"base64"}`))
	f.Add([]byte(`{"status":304,"body":"x"}`))
	f.Add([]byte(`[1]`))
	f.Fuzz(func(t *testing.T, output []byte) {
		if !json.Valid(output) {
			return
		}
		a, err := outputAnswer(bytes.TrimSpace(output))
		if err != nil {
			return
		}
		require.True(t, a.Status >= 200 && a.Status <= 599)
		kept, err := json.Marshal(a)
		require.NoError(t, err)
		var back answer
		require.NoError(t, json.Unmarshal(kept, &back))
		for _, a := range []answer{a, back} {
			checkOnTheWire(t, a)
		}
	})
}

// checkOnTheWire writes an answer as net/http does, and reads it as a client.
func checkOnTheWire(t *testing.T, a answer) {
	t.Helper()
	recorded := httptest.NewRecorder()
	a.write(recorded)
	sent := recorded.Result()
	sent.ContentLength = int64(len(a.Body))
	var wire bytes.Buffer
	require.NoError(t, sent.Write(&wire))
	got, err := http.ReadResponse(bufio.NewReader(&wire), nil)
	require.NoError(t, err)
	require.Equal(t, a.Status, got.StatusCode)
	header := http.Header{}
	a.Header.addTo(header)
	for name, values := range header {
		read := got.Header.Values(name)
		require.Len(t, read, len(values), name)
		for i := range values {
			require.Equal(t, strings.Trim(values[i], " \t"), read[i])
		}
	}
	delete(got.Header, "Content-Length")
	delete(got.Header, "X-Content-Type-Options")
	delete(got.Header, "Connection")
	require.LessOrEqual(t, len(got.Header), len(header), "%v", got.Header)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, string(a.Body), string(body))
}
