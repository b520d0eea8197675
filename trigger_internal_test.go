package jsruntime

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCredentialsAreRedactedInACopyForRecords(t *testing.T) {
	d := TriggerData{HTTPPath: "/x", Payload: "p", Request: &HTTPRequest{Text: "body", Headers: map[string]string{
		"authorization": "SECRET", "proxy-authorization": "SECRET", "cookie": "SECRET", "Authorization": "SECRET",
		"accept": "text/html", "x-cookie": "kept",
	}}}
	assert.Equal(t, TriggerData{HTTPPath: "/x", Payload: "p", Request: &HTTPRequest{Text: "body", Headers: map[string]string{
		"authorization": "[redacted]", "proxy-authorization": "[redacted]", "cookie": "[redacted]",
		"Authorization": "[redacted]", "accept": "text/html", "x-cookie": "kept",
	}}}, d.redacted())
	assert.Equal(t, "SECRET", d.Request.Headers["authorization"], "the script still sees it")
	assert.Equal(t, "SECRET", d.Request.Headers["Authorization"])
	assert.Equal(t, "kept", d.redacted().redacted().Request.Headers["x-cookie"])
	none := TriggerData{EventType: "a.b"}
	assert.Equal(t, none, none.redacted())
	empty := TriggerData{Request: &HTTPRequest{}}
	assert.Equal(t, empty, empty.redacted())
}
