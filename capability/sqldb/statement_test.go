package sqldb_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
)

func TestOneStatementIsAllowedHoweverItIsWritten(t *testing.T) {
	for _, text := range []string{
		"SELECT 1",
		"select 1;",
		"  \n\tSELECT 1 ; ; ",
		"(SELECT 1) UNION (SELECT 2)",
		"/* why */ SELECT 1 -- because",
		"-- why\nSELECT 1",
		"SELECT ';', \"a;b\" FROM t",
		"SELECT 'it''s; fine'",
		"SELECT string_agg(name, '; ') FROM t",
		"SELECT tags[1], '{1,2}'::int[], data->>'a' FROM t WHERE id = $1 AND data @> $2 OR x # 2 = 1",
		"SELECT 1 /* ; */",
		"SELECT 1 -- ; DROP TABLE t",
		"WITH x AS (SELECT 1) SELECT * FROM x",
		"VALUES (1), (2)",
		"INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING RETURNING id",
		"UPDATE t SET a = :a WHERE b = @b",
		"DELETE FROM t", "REPLACE INTO t VALUES (1)", "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
		"EXPLAIN SELECT 1",
		"SELECT /*+ HINT */ 1",
		"SELECT U&'d\\0061t\\+000061'", "SELECT E'a\\nb'", "SELECT N'x', x'00', _utf8'x'",
		"SELECT 'ünï' AS \"日本\"",
		"SELECT a::varchar(5) || ';', b::numeric(3, 2), @c, :d, $e FROM t", "SELECT E'a\\'b' 'c\n'", "SELECT E'a'\n'b\\n;c' FROM t",
		"SELECT commit, begin FROM history WHERE state = 'BEGIN; COMMIT'",
	} {
		require.NoError(t, sqldb.Check(text), text)
	}
}

func TestWhatSomeDatabaseReadsAsMoreThanOneStatementIsRefused(t *testing.T) {
	for _, text := range []string{
		"SELECT 1; DROP TABLE t",
		"SELECT 1;;DROP TABLE t",
		"SELECT 1; -- and\nDROP TABLE t",
		"SELECT 1;/* and */DROP TABLE t",
		"SELECT 1; 'x'", "SELECT 1; (", "SELECT 1; $1",
		`SELECT '\'; DROP TABLE t --'`,                   // a backslash is one, as the standard has it
		`SELECT '\' '; DROP TABLE t --'`,                 // or not
		`SELECT E'\'; DROP TABLE t --'`,                  // where E is an alias
		`SELECT E'a` + "'\n'" + `\' '; DROP TABLE t --'`, // a string that goes on in the next line
		`SELECT "\"; DROP TABLE t --"`,                   // of names, too
		`SELECT $$;DROP TABLE t;$$`,                      // where a dollar is a letter
		`SELECT 'a' $x$ ' $x$; DROP TABLE t --'`,         // or begins a string
		"SELECT 1 # ' \n; DROP TABLE t --'",              // a comment for MySQL
		"SELECT 1 --1 ' \n; DROP TABLE t -- '",           // minus minus one there
		"SELECT 1 -- ' \r; DROP TABLE t --'",             // a line that a carriage return ends
		"SELECT 1 /* /* */ ; DROP TABLE t -- */",         // comments that are not nested
		"SELECT 1 /* /* */ ' */ ; DROP TABLE t --'",      // or are
		"SELECT [ ' ] ; DROP TABLE t --'",                // and the other way
		"SELECT ` ' ` ; DROP TABLE t --'",                // backticks
		"SELECT `;DROP TABLE t;`",                        // which PostgreSQL takes for symbols
		"SELECT $a(') ; DROP TABLE t -- '",               // variables with parentheses
		"SELECT @a(') ; DROP TABLE t -- '", "SELECT :a::b$(') ; DROP TABLE t -- '",
		"SELECT '\\', E'a'\n'$x$#\\'' ; DROP TABLE t; --'", // where the next line has escapes as well
		"SELECT '\\', E'a' -- why\n\r -- so\n\t'$x$#\\'' ; DROP TABLE t; --'",
	} {
		require.ErrorContains(t, sqldb.Check(text), "sql: must be one statement", text)
	}
}

func TestCommentsThatMySQLRunsAreRefused(t *testing.T) {
	for _, text := range []string{"SELECT 1 /*! INTO OUTFILE 'x' */", "SELECT /*!50000 1 */", "SELECT 1 /*M! x */"} {
		require.EqualError(t, sqldb.Check(text), "sql: must have no comments that are code", text)
	}
}

func TestStatementsThatAreNoQueriesAreRefused(t *testing.T) {
	for _, text := range []string{
		"BEGIN", "COMMIT", "commit;", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "START TRANSACTION", "END", "ABORT", "PREPARE TRANSACTION 'x'",
		"SET app.tenant = 'x'", "SET LOCAL ROLE x", "RESET ALL", "DISCARD ALL", "USE other", "ATTACH 'x' AS x", "DETACH x", "PRAGMA x",
		"COPY t FROM PROGRAM 'sh'", "DO $$ BEGIN END $$", "CALL p()", "EXECUTE x", "LOCK TABLE t", "LISTEN x", "LOAD DATA INFILE 'x'",
		"DROP TABLE t", "CREATE TABLE t (a int)", "ALTER TABLE t ADD b int", "TRUNCATE t", "GRANT ALL ON t TO x", "VACUUM",
		"/* SELECT */ COMMIT", "-- SELECT\nCOMMIT", "(COMMIT)", "'SELECT'", `"SELECT" 1`, "SELECTX 1", "_SELECT 1", "1 SELECT", "+SELECT 1",
		"ＳＥＬＥＣＴ 1", "SELECT$ 1", "#SELECT\nCOMMIT", "--SELECT\rCOMMIT", "E'SELECT'",
	} {
		require.ErrorContains(t, sqldb.Check(text),
			"sql: must begin with one of SELECT, WITH, VALUES, EXPLAIN, INSERT, UPDATE, DELETE, MERGE, REPLACE", text)
	}
}

func TestATextThatIsNoStatementIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "sql: must be a statement", " \n": "sql: must be a statement", ";": "sql: must be a statement",
		"-- SELECT 1": "sql: must be a statement", "/* SELECT 1": "sql: must be a statement",
		"SELECT 1\x00":                          "sql: must be valid Unicode without NUL",
		"SELECT '\xff'":                         "sql: must be valid Unicode without NUL",
		"SELECT " + strings.Repeat("1", 64<<10): "sql: must be at most 65536 bytes, is 65543",
	} {
		require.EqualError(t, sqldb.Check(text), want)
		require.ErrorIs(t, sqldb.Check(text), jsruntime.ErrInvalid)
	}
}

// Where nothing in a text can be a string, a name in quotes or a comment, every database sees the same statements in it.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "SELECT 1; SELECT 2", "SELECT 'x", "/*", "$a$", "E'", "[", "SELECT 1 --", "((", "\\", "'\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := sqldb.Check(text)
		if strings.ContainsAny(text, "'\"`[$#-/\\") {
			return
		}
		body := strings.TrimRight(text, "; \t\n\r\f\v")
		if strings.Contains(body, ";") && strings.Trim(body, "; \t\n\r\f\v(") != "" {
			require.Error(t, err, "%q", text)
		}
		if err == nil {
			first := strings.ToUpper(strings.TrimLeft(text, "( \t\n\r\f\v;"))
			require.Regexp(t, "^(SELECT|WITH|VALUES|EXPLAIN|INSERT|UPDATE|DELETE|MERGE|REPLACE)", first)
		}
	})
}
