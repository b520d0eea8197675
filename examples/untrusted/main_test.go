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
		`JSON five million deep +(failed: RangeError: JSON is nested deeper than 5000 levels \(line 1, column 18\)|timeout: execution time limit exceeded)`,
		`natives that call natives +failed: RangeError: Maximum call stack size exceeded`,
		`a loop +timeout: execution time limit exceeded`,
		`a native without end +timeout: execution time limit exceeded`,
		`microtasks without end +timeout: execution time limit exceeded`,
		`a hostile source +refused: too many functions in the parameters of arrow functions`,
		`the world outside +returned undefined,undefined,undefined,undefined`,
	} {
		require.Regexp(t, row+` +\d+ ms   12 lamps cost 55080\n`, out.String())
	}
}
