package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScriptsUseTheirTenantsDatabase(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `import: 2 imported
import: 1 imported
report: Ada: 42.5
report: Grace: 7.5
report: nothing
attack: db.exec: sql: must be one statement, without a semicolon in it; pass texts as parameters
attack: db.exec: sql: must begin with one of SELECT, WITH, VALUES, EXPLAIN, INSERT, UPDATE, DELETE, MERGE, REPLACE
attack: db.query: SQL logic error: no such table: globex.orders (1)
attack: db.query: result: must be at most 1000 rows
attack: changed my mind
report: Ada: 40
report: Grace: 7.5
`, out.String())
}
