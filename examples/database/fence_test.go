package main

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

const attempts = `
let made = 0;
for (const text of input.texts) {
  try {
    await db.query(text);
    made++;
  } catch {}
}
return [made, (await db.query("SELECT count(*) AS n FROM orders"))[0].n]`

// What SQLite takes for the end of a statement, the check of statements must have taken for one as well.
func TestNoTextThatIsAcceptedHoldsASecondStatement(t *testing.T) {
	db, err := openDatabase(t.Context(), filepath.Join(t.TempDir(), "orders.db"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "INSERT INTO orders VALUES (1, 'Ada', 40)")
	require.NoError(t, err)
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), sqldb.Grant(db))
	require.NoError(t, err)
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxAPICallsPerMinute = 100_000
	tenant := uuid.New()
	_, err = rt.Register(t.Context(), jsruntime.NewScript(tenant, "attempts", attempts,
		jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded), jsruntime.WithResourceLimits(limits)))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	defer rt.Stop(t.Context())

	result, err := rt.Call(t.Context(), tenant, "attempts", map[string]any{"texts": texts(10_000)})
	require.NoError(t, err)
	made := result.([]any)
	require.Equal(t, 1.0, made[1], "a statement got through that deletes")
	require.Greater(t, made[0], 250.0, "too few texts were accepted for the test to say something")
}

// texts returns queries with what opens and closes strings, names and comments around a statement that deletes.
func texts(n int) []any {
	pieces := []string{
		"'", "'", `"`, "`", "[", "]", "--", "\n", "\r", "/*", "*/", "$$", "$a$", "#", `\`, "E", " ", " AS ", ",", "1", "(", ")", "$a", "@a(", "::",
		"; DELETE FROM orders", "; DELETE FROM orders",
	}
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's seed
	all := make([]any, n)
	for i := range all {
		var text strings.Builder
		text.WriteString("SELECT 1 ")
		for range 1 + rnd.IntN(10) {
			text.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		all[i] = text.String()
	}
	return all
}
