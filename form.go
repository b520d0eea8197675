package jsruntime

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The media types of forms.
const (
	formURLEncoded = "application/x-www-form-urlencoded"
	formMultipart  = "multipart/form-data"
)

// The bounds on a form, beside that on the body.
const (
	maxFormFields      = 1000
	maxPartHeaderBytes = 8 << 10
)

var errFormFields = fmt.Errorf("the form must have at most %d fields", maxFormFields)

// decodeForm returns the fields of a form: strings, and lists of strings where a name has several.
func decodeForm(body []byte) (map[string]any, error) {
	if bytes.Count(body, []byte("&")) >= maxFormFields {
		return nil, errFormFields
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the body is not a valid form")
	}
	fields := make(map[string]any, len(values))
	for name, list := range values {
		for _, value := range list {
			addField(fields, name, validText(value))
		}
	}
	return fields, nil
}

// addField adds a value to a form: a string or a file, so that a list is one of values.
func addField(fields map[string]any, name string, value any) {
	name = validText(name)
	switch old := fields[name].(type) {
	case nil:
		fields[name] = value
	case []any:
		fields[name] = append(old, value)
	default:
		fields[name] = []any{old, value}
	}
}

// decodeMultipart returns the fields of a form: strings, files as fileField says, and lists of these where a name has several.
// It is kept in memory, where the body is already.
func decodeMultipart(body []byte, boundary string) (map[string]any, error) {
	malformed := errors.New("the body is not a valid multipart form")
	if boundary == "" {
		return nil, malformed
	}
	fields := map[string]any{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a wrapped one says that the body ended too soon
			return fields, nil
		}
		if err != nil || headerBytes(part.Header) > maxPartHeaderBytes {
			return nil, malformed
		}
		if n == maxFormFields {
			return nil, errFormFields
		}
		disposition, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		name, named := params["name"]
		if err != nil || disposition != "form-data" || !named {
			return nil, malformed
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, malformed
		}
		if filename, ok := params["filename"]; ok {
			addField(fields, name, fileField(filename, part.Header.Get("Content-Type"), content))
		} else {
			addField(fields, name, validText(string(content)))
		}
	}
}

// validText returns a text as JSON can hold it.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func headerBytes(header textproto.MIMEHeader) int {
	n := 0
	for name, values := range header {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}

// fileField is a file of a form: its content is text where it is valid UTF-8, and otherwise base64. The name is without the
// directories that some clients send with it.
func fileField(filename, contentType string, content []byte) map[string]any {
	file := map[string]any{
		"filename":    validText(filename[strings.LastIndexAny(filename, `/\`)+1:]),
		"contentType": validText(contentType),
		"size":        float64(len(content)),
	}
	if utf8.Valid(content) {
		file["text"] = string(content)
	} else {
		file["base64"] = base64.StdEncoding.EncodeToString(content)
	}
	return file
}
