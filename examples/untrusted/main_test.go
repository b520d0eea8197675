package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/isolate"
)

func TestMain(m *testing.M) {
	isolate.Main()
	os.Exit(m.Run())
}

func TestTheApplicationAndTheOtherTenantDoNotNotice(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	for _, row := range []string{
		`a gigabyte of text +failed: memory limit exceeded`,
		`an array without end +(failed: memory limit exceeded|timeout: execution time limit exceeded)`,
		`text that doubles +failed: memory limit exceeded`,
		`JSON five million deep +failed: (worker crashed: stack overflow|memory limit exceeded)`,
		`natives that call natives +failed: (worker crashed: stack overflow|memory limit exceeded)`,
		`a loop +timeout: execution time limit exceeded`,
		`a native without end +timeout: execution time limit exceeded`,
		`microtasks without end +timeout: execution time limit exceeded`,
		`a hostile source +refused: the source takes too long to compile`,
		`the world outside +returned undefined,undefined,undefined,undefined`,
	} {
		require.Regexp(t, row+` +\d+ ms   12 lamps cost 55080\n`, out.String())
	}
}
