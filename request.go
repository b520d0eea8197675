package jsruntime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// refusedError is a request that gets an answer of this package instead of a run.
type refusedError struct{ answer }

// Error names the status.
func (e *refusedError) Error() string { return fmt.Sprintf("request refused: %d %s", e.Status, e.Body) }

func refused(status int, format string, args ...any) error {
	return &refusedError{refusal(status, fmt.Sprintf(format, args...))}
}

// request is what a run is given of an HTTP request.
type request struct {
	data  TriggerData // with credentials
	input json.RawMessage
	body  []byte
}

// readRequest reads a request whole. What cannot be given to a script is a refusedError.
func readRequest(w http.ResponseWriter, r *http.Request, params []string, maxBody int64) (request, error) {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return request{}, err
	}
	payload, input, err := decodeBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		return request{}, err
	}
	if err := checkSize("body", input); err != nil {
		return request{}, refused(http.StatusRequestEntityTooLarge, "%v", err)
	}
	return request{body: body, input: input, data: TriggerData{
		HTTPMethod: r.Method, HTTPPath: r.URL.Path, Payload: payload, Request: httpRequest(r, params, body),
	}}, nil
}

// smallBody is the size up to which a body gets its memory before it has come: a client that announces one and sends nothing
// holds no more than that.
const smallBody = 4 << 10

// readBody returns the body as it was sent. It is not read where it cannot be used.
func readBody(w http.ResponseWriter, r *http.Request, maxBody int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		unsupported := refusal(http.StatusUnsupportedMediaType, "the body must have no content encoding")
		return nil, &refusedError{unsupported.with("Accept-Encoding", "identity")}
	}
	var body []byte
	var err error
	switch n := r.ContentLength; {
	case n >= 0 && n <= min(smallBody, maxBody):
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	case n <= maxBody:
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || r.ContentLength > maxBody {
		return nil, refused(http.StatusRequestEntityTooLarge, "the body must be at most %d bytes", maxBody)
	}
	if err != nil {
		return nil, refused(http.StatusBadRequest, "the body could not be read")
	}
	return body, nil
}

// lowerNames are the names of headers that most requests have.
var lowerNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length", "Content-Type",
		"Cookie", "Forwarded", "Origin", "Referer", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
		"X-Request-Id",
	} {
		names[name] = strings.ToLower(name)
	}
	return names
}()

// lowerName is strings.ToLower for the name of a header.
func lowerName(name string) string {
	if known, ok := lowerNames[name]; ok {
		return known
	}
	return strings.ToLower(name)
}

func httpRequest(r *http.Request, params []string, body []byte) *HTTPRequest {
	q := &HTTPRequest{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(),
		Params: make(map[string]string, len(params)), Headers: make(map[string]string, len(r.Header)+1),
	}
	for _, name := range params {
		q.Params[name] = r.PathValue(name)
	}
	for name, values := range r.Header {
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		q.Headers[lowerName(name)] = strings.Join(values, separator)
	}
	q.Headers["host"] = r.Host
	if q.Text = string(body); !utf8.ValidString(q.Text) {
		q.Text, q.Bytes = validText(q.Text), body
	}
	return q
}

// decodeBody returns a body as a value that JSON can hold, and as the script's input: a JSON body decoded, a form as an object
// of its fields, other text as a string, and nothing and other bytes as nil.
func decodeBody(contentType string, body []byte) (payload any, input json.RawMessage, err error) {
	input = json.RawMessage("{}")
	if len(body) == 0 {
		return nil, input, nil
	}
	const plainJSON = "application/json"
	if contentType == plainJSON { // as most say, whose header need not be parsed
		return decodeJSON(body)
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return nil, nil, refused(http.StatusBadRequest, "the content type is malformed")
	}
	isJSON := mediaType == plainJSON || strings.HasSuffix(mediaType, "+json")
	var fields map[string]any
	switch known := isUTF8(params["charset"]); {
	case !known && (isJSON || mediaType == formURLEncoded || mediaType == formMultipart):
		return nil, nil, refused(http.StatusUnsupportedMediaType, "the body must be in UTF-8")
	case isJSON:
		return decodeJSON(body)
	case mediaType == formURLEncoded:
		fields, err = decodeForm(body)
	case mediaType == formMultipart:
		fields, err = decodeMultipart(body, params["boundary"])
	case !known || !utf8.Valid(body):
		return nil, input, nil
	default:
		return string(body), input, nil
	}
	if err == nil {
		input, err = json.Marshal(fields)
	}
	if err != nil {
		return nil, nil, refused(http.StatusBadRequest, "%v", err)
	}
	return fields, input, nil
}

func isUTF8(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii")
}

// decodeJSON returns a body as it was sent, for the input where it is an object. Its values may take many times its memory: whoever
// wants them makes them. What passes can be held by a record and read back from it.
func decodeJSON(body []byte) (payload any, input json.RawMessage, err error) {
	if depth(body) > MaxValueDepth {
		return nil, nil, refused(http.StatusBadRequest, "%v", invalid("body", "must be nested at most %d deep", MaxValueDepth))
	}
	if !utf8.Valid(body) || CheckPayload(body) != nil {
		return nil, nil, refused(http.StatusBadRequest, "body: must be JSON")
	}
	if !isNull(bytes.TrimSpace(body)) {
		payload = json.RawMessage(body)
	}
	input = json.RawMessage("{}")
	if c := (jsonCursor{text: body}); c.next() == '{' {
		input = body
	}
	return payload, input, nil
}
