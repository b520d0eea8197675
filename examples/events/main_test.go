package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheExamplePrintsWhatBecameOfItsEvents(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	const failure = "failed, TypeError: Cannot read property 'reduce' of undefined or null (line 2, column 24)"
	require.Equal(t, strings.Join([]string{
		"A script causes another, which succeeds at its second attempt:",
		"  check order: order 7 is worth 2500 cents",
		"  reserve stock: reserved for order 7 at attempt 2",
		"",
		"A dead letter, of the event map[order:8]:",
		"  attempt 1: " + failure,
		"  attempt 2: " + failure,
		"  attempt 3: " + failure,
		"",
		"Requeued, after the script was mended:",
		"  check order: order 8 has 0 lines",
		"",
	}, "\n"), out.String())
}
