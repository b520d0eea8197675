package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEventsOfOtherServicesStartScripts(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `NATS: jsruntime.execution.completed, after an event that another service published on NATS
NATS: jsruntime.execution.completed, after an event that the application published
order.paid completed: {"text":"Ada paid 42"}
order.paid completed: {"text":"Grace paid 7"}
`, out.String())
}
