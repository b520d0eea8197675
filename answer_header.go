package jsruntime

import (
	"encoding/json"
	"net/http"
	"slices"
)

// answerHeader is the header of an answer: a few fields, for which a map would be large. As JSON it is an [http.Header].
type answerHeader []headerField

// headerField has its name in the canonical form.
type headerField struct{ name, value string }

func (h answerHeader) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h *answerHeader) add(name, value string) {
	if *h == nil {
		*h = make(answerHeader, 0, 3) // the type of the content, the execution, and one more
	}
	*h = append(*h, headerField{name, value})
}

func (h *answerHeader) set(name, value string) {
	*h = slices.DeleteFunc(*h, func(f headerField) bool { return f.name == name })
	h.add(name, value)
}

// addTo adds the fields to a header, in place of those of the same names.
func (h answerHeader) addTo(header http.Header) {
	for _, f := range h {
		delete(header, f.name)
	}
	for _, f := range h {
		header[f.name] = append(header[f.name], f.value)
	}
}

func (h answerHeader) MarshalJSON() ([]byte, error) {
	header := http.Header{}
	h.addTo(header)
	return json.Marshal(header)
}

func (h *answerHeader) UnmarshalJSON(raw []byte) error {
	var header http.Header
	if err := json.Unmarshal(raw, &header); err != nil {
		return err
	}
	for name, values := range header {
		for _, value := range values {
			h.add(name, value)
		}
	}
	return nil
}
