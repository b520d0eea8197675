package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWebhookIsServedAsTheExampleSays(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n\n"), "\n\n")
	require.Len(t, answers, 7)
	for i, want := range [][]string{
		{"201 Created", "X-Order: A-17", `{"accepted":"A-17","cents":4590}`},
		{"201 Created", "Idempotency-Replayed: true", `{"accepted":"A-17","cents":4590}`},
		{"401 Unauthorized", `{"error":"bad signature"}`},
		{"405 Method Not Allowed", "Allow: OPTIONS, POST"},
		{"200 OK", "Content-Length: 30", "Content-Type: image/bmp"},
		{"202 Accepted", "Location: /acme/.jsruntime/executions/", `"status":"pending"`},
		{"200 OK", `"status":"completed"`, `"output":{"orders":3,"for":"May"}`},
	} {
		for _, text := range want {
			require.Contains(t, answers[i], text)
		}
	}
}
