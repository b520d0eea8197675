package jsruntime

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// answer is an HTTP answer. As JSON it is the reply that is kept with an idempotency key.
type answer struct {
	Status int          `json:"status"`
	Header answerHeader `json:"header,omitempty"`
	Body   []byte       `json:"body,omitempty"`
}

// The bounds on the headers that a script answers with: what is larger, many a proxy and client refuses.
const (
	maxAnswerHeaders     = 100
	maxAnswerHeaderBytes = 16 << 10
)

// with returns the answer with a header, whose name is in the canonical form. The answer that it was is not to be used any more.
func (a answer) with(name, value string) answer {
	a.Header.set(name, value)
	return a
}

func (a answer) withExecution(id uuid.UUID) answer { return a.with(ExecutionIDHeader, id.String()) }

// refusal is a JSON object that says why.
func refusal(status int, message string) answer {
	return jsonAnswer(status, map[string]string{"error": message})
}

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	return answer{Status: status, Body: body}.with("Content-Type", "application/json")
}

// write sends the answer. A client that is gone cannot be told so.
func (a answer) write(w http.ResponseWriter) {
	header := w.Header()
	a.Header.addTo(header)
	own := []string{"nosniff", strconv.Itoa(len(a.Body))} // each header has its part of it
	header["X-Content-Type-Options"] = own[:1:1]
	if !hasBody(a.Status) {
		w.WriteHeader(a.Status)
		return
	}
	header["Content-Length"] = own[1:] // for HEAD too, whose body net/http leaves out
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// hasBody reports whether an answer with the status may have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusResetContent && status != http.StatusNotModified
}

// answerOf returns the answer that belongs to an execution's end.
func answerOf(r *ExecutionRecord) answer {
	switch r.Status {
	case ExecutionCompleted:
		a, err := outputAnswer(r.Output)
		if err != nil {
			return refusal(http.StatusInternalServerError, err.Error())
		}
		return a
	case ExecutionCancelled:
		return refusal(http.StatusServiceUnavailable, failureText(r))
	case ExecutionTimeout:
		return refusal(http.StatusGatewayTimeout, failureText(r))
	}
	if isSuspended(r) {
		return refusal(http.StatusTooManyRequests, failureText(r)).with("Retry-After", "30")
	}
	return refusal(http.StatusInternalServerError, failureText(r))
}

func isSuspended(r *ExecutionRecord) bool {
	return r.Failure != nil && r.Failure.Kind == FailureSuspended
}

// failureText says what became of an execution that did not complete, for those who may not know why.
func failureText(r *ExecutionRecord) string {
	switch {
	case r.Status == ExecutionTimeout:
		return "the script took too long"
	case r.Status == ExecutionCancelled:
		return "the run was cancelled"
	case isSuspended(r):
		return "too many runs that could not be stopped"
	}
	return "the script failed"
}

// ownHeaders are those that belong to the connection or the server: a script cannot set them. The last ones ask a proxy in
// front of the server to send a file of its own, or what another address answers, in place of the answer.
var ownHeaders = map[string]bool{
	"Connection": true, "Content-Length": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, ReplayedHeader: true,
	"X-Sendfile": true, "X-Sendfile2": true, "X-Lighttpd-Send-File": true, "X-Lighttpd-Send-Tempfile": true,
	"X-Reproxy-Url": true, "X-Reproxy-File": true,
}

// ownPrefixes begin the names of headers that are this package's, and of those that direct an nginx in front of the server.
var ownPrefixes = []string{"Jsruntime-", "X-Accel-"}

func isOwnHeader(canonical string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(canonical, prefix) }
	return ownHeaders[canonical] || slices.ContainsFunc(ownPrefixes, begins)
}

// scriptAnswer is what a script returns to shape its HTTP answer.
type scriptAnswer struct {
	Status   float64
	Headers  json.RawMessage
	Body     json.RawMessage
	Encoding string
}

// outputAnswer returns the answer that a script's output stands for. What HTTP does not allow is an error.
func outputAnswer(output json.RawMessage) (answer, error) {
	if s, ok := parseAnswer(output); ok {
		return s.answer()
	}
	if isNull(output) {
		return answer{Status: http.StatusNoContent}, nil
	}
	return answer{Status: http.StatusOK, Body: output}.with("Content-Type", "application/json"), nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// parseAnswer recognises {status, headers, body, encoding}: an object with a numeric status and nothing but these keys,
// and an encoding that is known. The output is valid JSON.
func parseAnswer(output json.RawMessage) (s scriptAnswer, ok bool) {
	if len(output) == 0 || output[0] != '{' {
		return s, false
	}
	for key, raw := range jsonFields(output) {
		var err error
		switch key {
		case `"status"`:
			s.Status, err = strconv.ParseFloat(string(raw), 64)
			ok = true
		case `"headers"`:
			s.Headers = raw
		case `"body"`:
			s.Body = raw
		case `"encoding"`:
			if err = json.Unmarshal(raw, &s.Encoding); s.Encoding != encodingBase64 {
				return s, false
			}
		default:
			return s, false
		}
		if err != nil {
			return s, false
		}
	}
	return s, ok
}

// encodingBase64 says that the body of an answer is base64: an output is JSON, which has no bytes.
const encodingBase64 = "base64"

func (s scriptAnswer) answer() (answer, error) {
	status := int(s.Status)
	if float64(status) != s.Status || status < 200 || status > 599 {
		return answer{}, fmt.Errorf("the script returned the status %v, which is not an integer from 200 to 599", s.Status)
	}
	a := answer{Status: status}
	var headers map[string]any
	if len(s.Headers) > 0 && json.Unmarshal(s.Headers, &headers) != nil {
		return answer{}, errors.New("the script returned headers that are not an object")
	}
	if err := addHeaders(&a.Header, headers); err != nil {
		return answer{}, err
	}
	if isNull(s.Body) || !hasBody(status) {
		return a, nil
	}
	var text string
	isText := s.Body[0] == '"' && json.Unmarshal(s.Body, &text) == nil
	contentType := "application/json"
	switch {
	case s.Encoding != "":
		contentType = "application/octet-stream"
		var err error
		if a.Body, err = base64.StdEncoding.DecodeString(text); !isText || err != nil {
			return answer{}, fmt.Errorf("the script returned a body that is not %s", encodingBase64)
		}
	case isText:
		contentType, a.Body = "text/plain; charset=utf-8", []byte(text)
	default:
		a.Body = s.Body
	}
	if a.Header.get("Content-Type") == "" {
		a.Header.set("Content-Type", contentType)
	}
	return a, nil
}

// addHeaders adds the headers that a script returned, in the order of their names.
func addHeaders(header *answerHeader, headers map[string]any) error {
	count, size := 0, 0
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if err := addHeader(header, name, headers[name]); err != nil {
			return err
		}
	}
	for _, f := range *header {
		count, size = count+1, size+len(f.name)+len(f.value)
	}
	if count > maxAnswerHeaders || size > maxAnswerHeaderBytes {
		return fmt.Errorf("the script returned more than %d headers, or more than %d bytes of them", maxAnswerHeaders, maxAnswerHeaderBytes)
	}
	return nil
}

// addHeader takes a string, a number or a boolean, or a list of these for a header with several values.
func addHeader(header *answerHeader, name string, value any) error {
	canonical := http.CanonicalHeaderKey(name)
	if !isToken(name) || isOwnHeader(canonical) {
		return fmt.Errorf("the script returned the header %q, which it cannot set", name)
	}
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	for _, v := range values {
		var text string
		switch v := v.(type) {
		case string:
			text = v
		case float64:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			text = strconv.FormatBool(v)
		default:
			return fmt.Errorf("the script returned the header %q with a value that is not text", name)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("the script returned the header %q with a control character", name)
		}
		header.add(canonical, text)
	}
	return nil
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2, which a header's name has to be.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
