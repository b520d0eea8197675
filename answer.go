package jsruntime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// answer is what a script returns to shape its HTTP answer.
type answer struct {
	Status  *float64
	Headers map[string]any
	Body    json.RawMessage
}

// ownHeaders are those that belong to the connection or the server: a script cannot set them.
var ownHeaders = map[string]bool{
	"connection": true, "content-length": true, "keep-alive": true, "proxy-authenticate": true,
	"proxy-connection": true, "te": true, "trailer": true, "transfer-encoding": true, "upgrade": true,
	strings.ToLower(ExecutionIDHeader): true,
}

// writeOutput answers with a script's output.
func writeOutput(w http.ResponseWriter, output json.RawMessage) {
	if a, ok := parseAnswer(output); ok {
		if err := a.write(w); err != nil {
			refuse(w, http.StatusInternalServerError, err.Error())
		}
		return
	}
	if isNull(output) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeBody(w, http.StatusOK, "application/json", output)
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// parseAnswer recognises {status, headers, body}: an object with a numeric status and nothing but these keys.
func parseAnswer(output json.RawMessage) (a answer, ok bool) {
	var fields map[string]json.RawMessage
	if len(output) == 0 || output[0] != '{' || json.Unmarshal(output, &fields) != nil {
		return a, false
	}
	for key, raw := range fields {
		switch key {
		case "status":
			if json.Unmarshal(raw, &a.Status) != nil {
				return a, false
			}
		case "headers":
			if json.Unmarshal(raw, &a.Headers) != nil {
				return a, false
			}
		case "body":
			a.Body = raw
		default:
			return a, false
		}
	}
	return a, a.Status != nil
}

// write sends the answer. What HTTP does not allow is an error, and then nothing has been sent.
func (a answer) write(w http.ResponseWriter) error {
	status := int(*a.Status)
	if float64(status) != *a.Status || status < 200 || status > 599 {
		return fmt.Errorf("the script returned the status %v, which is not an integer from 200 to 599", *a.Status)
	}
	header := http.Header{}
	for name, value := range a.Headers {
		if err := addHeader(header, name, value); err != nil {
			return err
		}
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	var text string
	switch {
	case isNull(a.Body) || status == http.StatusNoContent || status == http.StatusNotModified:
		w.WriteHeader(status)
	case json.Unmarshal(a.Body, &text) == nil:
		writeBody(w, status, "text/plain; charset=utf-8", []byte(text))
	default:
		writeBody(w, status, "application/json", a.Body)
	}
	return nil
}

// addHeader takes a string, a number or a boolean, or a list of these for a header with several values.
func addHeader(header http.Header, name string, value any) error {
	if !isToken(name) || ownHeaders[strings.ToLower(name)] {
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
		header.Add(name, text)
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
