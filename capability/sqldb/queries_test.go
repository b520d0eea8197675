package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
)

// answering answers every statement with a table.
func answering(found *table) func(context.Context, string, []driver.NamedValue) (*table, error) {
	return func(context.Context, string, []driver.NamedValue) (*table, error) { return found, nil }
}

// failing answers every statement with an error.
func failing(err error) func(context.Context, string, []driver.NamedValue) (*table, error) {
	return func(context.Context, string, []driver.NamedValue) (*table, error) { return nil, err }
}

func TestAQueryReturnsColumnsAndRows(t *testing.T) {
	b := &backend{answer: answering(&table{columns: []string{"id", "name"}, rows: [][]driver.Value{{int64(1), "Ada"}, {int64(2), nil}}})}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	reply, err := w.one("db:query", "SELECT id, name FROM people WHERE id > $1", []any{0.0})
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"columns": []any{"id", "name"}, "rows": []any{[]any{1.0, "Ada"}, []any{2.0, nil}},
	}, reply)
	require.Equal(t, []string{"SELECT id, name FROM people WHERE id > $1 int64(0)"}, b.noted())
}

func TestAQueryWithoutRowsHasAnEmptyList(t *testing.T) {
	b := &backend{}
	reply, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT 1")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"columns": []any{}, "rows": []any{}}, reply)
}

func TestAStatementReturnsWhatTheDriverKnowsOfItsEffect(t *testing.T) {
	for name, c := range map[string]struct {
		counts       func() (int64, int64, error)
		id, affected any
	}{
		"all":     {func() (int64, int64, error) { return 7, 3, nil }, 7.0, 3.0},
		"nothing": {nil, nil, nil},
		"much":    {func() (int64, int64, error) { return math.MaxInt64, 0, nil }, "9223372036854775807", 0.0},
	} {
		t.Run(name, func(t *testing.T) {
			b := &backend{answer: answering(&table{counts: c.counts})}
			reply, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:exec", "INSERT INTO t VALUES (1)")
			require.NoError(t, err)
			require.Equal(t, map[string]any{"lastInsertId": c.id, "rowsAffected": c.affected}, reply)
		})
	}
}

func TestStatementsCountAsQueriesAndTransactionsDoNot(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	e := w.run(func(call caller) {
		id, _ := call("db:begin")
		_, _ = call("db:query", "SELECT 1", nil, id)
		_, _ = call("db:commit", id)
		id, _ = call("db:begin")
		_, _ = call("db:rollback", id)
		_, _ = call("db:exec", "DELETE FROM t")
	})
	require.Equal(t, 2, e.Metrics().APICallCount)
	require.Equal(t, 2, e.Metrics().DatabaseQueryCount)
}

func TestValuesOfTheDatabaseBecomeThoseOfAScript(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 120_000_000, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		value    driver.Value
		typeName string
		want     any
	}{
		"null":                       {nil, "", nil},
		"true":                       {true, "", true},
		"an integer":                 {int64(-5), "", -5.0},
		"the largest exact integer":  {int64(1<<53 - 1), "", float64(1<<53 - 1)},
		"one that is too large":      {int64(1 << 53), "", "9007199254740992"},
		"the smallest":               {int64(math.MinInt64), "", "-9223372036854775808"},
		"one without a sign":         {uint64(math.MaxUint64), "", "18446744073709551615"},
		"a small one without a sign": {uint8(200), "", 200.0},
		"a fraction":                 {0.5, "", 0.5},
		"a short fraction":           {float32(0.5), "", 0.5},
		"not a number":               {math.NaN(), "", "NaN"},
		"infinity":                   {math.Inf(1), "", "Infinity"},
		"minus infinity":             {math.Inf(-1), "", "-Infinity"},
		"text":                       {"ünï", "", "ünï"},
		"text that is none":          {"a\xffb", "TEXT", "a\ufffdb"},
		"bytes":                      {[]byte{1, 2}, "BYTEA", []byte{1, 2}},
		"no bytes":                   {[]byte{}, "BLOB", []byte{}},
		"bytes of no known type":     {[]byte("abc"), "", []byte("abc")},
		"text that comes as bytes":   {[]byte("12.50"), "NUMERIC", "12.50"},
		"bytes in a column of text":  {[]byte{0xff}, "TEXT", []byte{0xff}},
		"a time":                     {at, "TIMESTAMPTZ", "2026-03-01T12:00:00.12Z"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &backend{answer: answering(&table{columns: []string{"v"}, types: []string{c.typeName}, rows: [][]driver.Value{{c.value}}})}
			reply, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT v")
			require.NoError(t, err)
			require.Equal(t, []any{[]any{c.want}}, reply.(map[string]any)["rows"])
		})
	}
	t.Run("or are refused", func(t *testing.T) {
		b := &backend{answer: answering(&table{columns: []string{"v"}, rows: [][]driver.Value{{struct{}{}}}})}
		_, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT v")
		require.EqualError(t, err, `db.query: column "v": must have another type: cast it to text`)
	})
}

func TestParametersArePassedAsWhatTheyAre(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t)))
	_, err := w.one("db:query", "SELECT ?", []any{nil, true, "'; --", []byte("b"), 3.0, -0.5, 9007199254740991.0, 9007199254740992.0})
	require.NoError(t, err)
	_, err = w.one("db:exec", "DELETE FROM t WHERE a = :a AND b = @b", map[string]any{"b": "x", "a": 1.0})
	require.NoError(t, err)
	require.Equal(t, []string{
		"SELECT ? <nil>(<nil>) bool(true) string('; --) []uint8([98]) int64(3) float64(-0.5) int64(9007199254740991) float64(9.007199254740992e+15)",
		"DELETE FROM t WHERE a = :a AND b = @b aint64(1) bstring(x)",
	}, b.noted())
}

func TestWrongArgumentsAreErrorsThatNameThem(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.WithLimits(sqldb.Limits{Params: 3, ParamBytes: 100, StatementBytes: 20})))
	for want, args := range map[string][]any{
		"sql: must be a string":                                                                 {},
		"sql: must be at most 20 bytes, is 21":                                                  {"SELECT " + strings.Repeat("1", 14)},
		"params: must be an array, or an object with a field for each name":                     {"SELECT 1", "x"},
		"params[1]: must be null, a boolean, a number, a string or a Uint8Array":                {"SELECT 1", []any{1.0, []any{}}},
		"params.a: must be null, a boolean, a number, a string or a Uint8Array":                 {"SELECT 1", map[string]any{"a": map[string]any{}}},
		"params[0]: must be a finite number":                                                    {"SELECT 1", []any{math.NaN()}},
		"params: must be at most 3":                                                             {"SELECT 1", []any{1.0, 2.0, 3.0, 4.0}},
		"params: must be at most 100 bytes together":                                            {"SELECT 1", []any{strings.Repeat("x", 50), make([]byte, 50)}},
		"params: must have names of at most 64 letters, digits and underscores, a letter first": {"SELECT 1", map[string]any{"a b": 1.0}},
		"transaction: is not open":                                                              {"SELECT 1", nil, "1"},
		"sql: must be one statement, without a semicolon in it; pass texts as parameters":       {"SELECT 1;SELECT 2"},
	} {
		_, err := w.one("db:query", args...)
		require.EqualError(t, err, "db.query: "+want)
		_, err = w.one("db:exec", args...)
		require.EqualError(t, err, "db.exec: "+want)
	}
	_, err := w.one("db:query", "SELECT 1", nil, 7.0)
	require.EqualError(t, err, "db.query: transaction: is not open")
	require.Empty(t, b.noted(), "the database was asked")
}

func TestAResultThatIsTooLargeIsAnErrorAndItsRowsAreClosed(t *testing.T) {
	limits := sqldb.WithLimits(sqldb.Limits{Rows: 3, ReplyBytes: 200})
	for name, c := range map[string]struct {
		table *table
		want  string
	}{
		"rows without end":     {&table{columns: []string{"a"}, rows: [][]driver.Value{{nil}}, endless: true}, "result: must be at most 3 rows"},
		"a large text":         {&table{columns: []string{"a"}, rows: [][]driver.Value{{strings.Repeat("x", 200)}}}, "result: must be at most 200 bytes"},
		"large bytes":          {&table{columns: []string{"a"}, rows: [][]driver.Value{{make([]byte, 200)}}}, "result: must be at most 200 bytes"},
		"many columns":         {&table{columns: make([]string, 20)}, "result: must be at most 200 bytes"},
		"large values at last": {&table{columns: []string{"a"}, rows: [][]driver.Value{{"x"}, {strings.Repeat("x", 151)}}}, "result: must be at most 200 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &backend{answer: answering(c.table)}
			_, err := newWorld(t, sqldb.Grant(b.open(t), limits)).one("db:query", "SELECT a")
			require.EqualError(t, err, "db.query: "+c.want)
		})
	}
	t.Run("but not one that just fits", func(t *testing.T) {
		b := &backend{answer: answering(&table{columns: []string{"a"}, rows: [][]driver.Value{{"x"}, {"y"}, {"z"}}})}
		_, err := newWorld(t, sqldb.Grant(b.open(t), limits)).one("db:query", "SELECT a")
		require.NoError(t, err)
	})
}

func TestWhatIsWrongWithAStatementReachesTheScript(t *testing.T) {
	wrong := errors.New(`column "x" does not exist`)
	for name, b := range map[string]*backend{
		"at once":        {answer: failing(wrong)},
		"after its rows": {answer: answering(&table{columns: []string{"a"}, rows: [][]driver.Value{{nil}}, fails: wrong})},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT x")
			require.EqualError(t, err, `db.query: column "x" does not exist`)
		})
	}
	t.Run("unless the application hides it", func(t *testing.T) {
		b := &backend{answer: failing(wrong)}
		hide := sqldb.WithErrorText(func(err error) string {
			require.ErrorIs(t, err, wrong)
			return "the statement is wrong"
		})
		_, err := newWorld(t, sqldb.Grant(b.open(t), hide)).one("db:exec", "DELETE FROM x")
		require.EqualError(t, err, "db.exec: the statement is wrong")
	})
	t.Run("and not more of it than is good", func(t *testing.T) {
		b := &backend{answer: failing(errors.New(strings.Repeat("ü", 10_000)))}
		_, err := newWorld(t, sqldb.Grant(b.open(t))).one("db:query", "SELECT 1")
		require.Len(t, err.Error(), len("db.query: ")+1000+len("..."))
	})
}

func TestScriptsOfEachTenantHaveTheirDatabase(t *testing.T) {
	one, other, nobody := uuid.New(), uuid.New(), uuid.New()
	of := map[uuid.UUID]*backend{}
	pools := map[uuid.UUID]*sql.DB{}
	for _, tenant := range []uuid.UUID{one, other} {
		of[tenant] = &backend{}
		pools[tenant] = of[tenant].open(t)
	}
	w := newWorld(t, sqldb.GrantFunc(func(_ context.Context, tenant uuid.UUID) (*sql.DB, error) {
		if db := pools[tenant]; db != nil {
			return db, nil
		}
		return nil, jsruntime.ErrNotFound
	}))
	ask := func(tenant uuid.UUID) (err error) {
		w.runOf(tenant, func(call caller) { _, err = call("db:query", "SELECT 1") })
		return err
	}
	require.NoError(t, ask(one))
	require.Equal(t, []string{"SELECT 1"}, of[one].noted())
	require.Empty(t, of[other].noted())
	require.EqualError(t, ask(nobody), "db.query: the tenant has no database")
}

func TestStatementsThatTheApplicationAddsAreAllowed(t *testing.T) {
	b := &backend{}
	w := newWorld(t, sqldb.Grant(b.open(t), sqldb.AllowStatements("create", "SHOW")))
	_, err := w.one("db:exec", "CREATE TABLE t (a int)")
	require.NoError(t, err)
	_, err = w.one("db:query", "show tables")
	require.NoError(t, err)
	_, err = w.one("db:exec", "DROP TABLE t")
	require.ErrorContains(t, err, "sql: must begin with one of")
}

func TestWhatIsGrantedWronglyIsAnErrorOfNew(t *testing.T) {
	b := &backend{}
	db := b.open(t)
	for want, option := range map[string]jsruntime.Option{
		"sqldb.database: must not be nil":       sqldb.Grant(nil),
		"sqldb.scope: must not be nil":          sqldb.Grant(db, sqldb.WithScope(nil)),
		"sqldb.errorText: must not be nil":      sqldb.Grant(db, sqldb.WithErrorText(nil)),
		"sqldb.logger: must not be nil":         sqldb.Grant(db, sqldb.WithLogger(nil)),
		"sqldb.reset: must not be empty":        sqldb.Grant(db, sqldb.WithReset("")),
		`sqldb.statements: "a b" is not a word`: sqldb.Grant(db, sqldb.AllowStatements("SHOW", "a b")),
		`sqldb.statements: "" is not a word`:    sqldb.Grant(db, sqldb.AllowStatements("")),
		`sqldb.statements: "commit" begins or ends a transaction, which is what db.tx is for`: sqldb.Grant(db, sqldb.AllowStatements("commit")),
		"sqldb.limits.rows: must be above 0, or 0 for the default":                            sqldb.Grant(db, sqldb.WithLimits(sqldb.Limits{Rows: -1})),
		"sqldb.limits.queryTime: must be above 0, or 0 for the default":                       sqldb.Grant(db, sqldb.WithLimits(sqldb.Limits{QueryTime: -1})),
	} {
		_, err := jsruntime.New(nil, nil, option)
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
	_, err := jsruntime.New(nil, nil, sqldb.GrantFunc(nil))
	require.ErrorContains(t, err, "sqldb.database: must not be nil")
}
