package executortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var databaseTests = []test{
	{"databases", databases},
}

// database is the host's side of db. It answers what it was asked.
type database struct {
	mu    sync.Mutex
	calls []string
}

func (d *database) host() functions {
	host := functions{}
	for _, name := range []string{"query", "exec", "begin", "commit", "rollback"} {
		host["db:"+name] = func(_ context.Context, args []any) (any, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.calls = append(d.calls, name)
			return answerTo(name, args)
		}
	}
	return host
}

func answerTo(name string, args []any) (any, error) {
	switch name {
	case "begin":
		return "tx1", nil
	case "exec":
		return map[string]any{"rowsAffected": 2.0, "lastInsertId": nil}, nil
	case "query":
		if strings.HasPrefix(args[0].(string), "bad") {
			return nil, errors.New("no such table")
		}
		return map[string]any{
			"columns": []any{"asked", "n", "n", "__proto__"},
			"rows":    []any{[]any{fmt.Sprint(args...), 1.0, 2.0, 3.0}, []any{nil, []byte{7}, "x", true}},
		}, nil
	}
	return nil, nil
}

func databases(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"answer with rows":             {`const rows = await db.query("select", [1, "a", null]); return [rows.length, rows[0].asked, Object.keys(rows[0]), Object.getPrototypeOf(rows[0]) === Object.prototype, rows[1].n]`, `[2,"select[1 a <nil>] <nil>",["asked","n","__proto__"],true,"x"]`},
		"take named parameters":        {`return (await db.query("select", {a: 1}))[0].asked`, `"selectmap[a:1] <nil>"`},
		"take no parameters":           {`return (await db.query("select"))[0].asked`, `"select<nil> <nil>"`},
		"execute":                      {`return await db.exec("update")`, `{"lastInsertId":null,"rowsAffected":2}`},
		"fail as the host says":        {`try { await db.query("bad") } catch (e) { return [e.name, e.message] }`, `["Error","no such table"]`},
		"refuse what is no statement":  {`try { await db.query(1) } catch (e) { return e.name }`, `"TypeError"`},
		"commit":                       {`return await db.tx(async tx => (await tx.query("select", []))[0].asked)`, `"select[]tx1"`},
		"roll back":                    {`try { await db.tx(async tx => { await tx.query("bad") }) } catch (e) { return e.message }`, `"no such table"`},
		"have transactions that end":   {`let t; await db.tx(tx => { t = tx }); try { await t.exec("x") } catch (e) { return e.message }`, `"The transaction has ended"`},
		"cannot be changed":            {`db.query = 1; return [typeof db.query, Object.keys(db)]`, `["function",["query","exec","tx"]]`},
		"are there by a computed name": {`return typeof globalThis["d" + "b"].query`, `"function"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost((&database{}).host()))) })
	}
	for name, c := range map[string]struct{ source, want string }{
		"commit what went well":    {`await db.tx(async tx => { await tx.exec("a"); await tx.query("b") })`, "begin exec query commit"},
		"roll back what did not":   {`await db.tx(async tx => { await tx.exec("a"); throw 1 }).catch(() => {})`, "begin exec rollback"},
		"roll back what is thrown": {`await db.tx(() => { throw 1 }).catch(() => {})`, "begin rollback"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &database{}
			s.output(t, c.source, withHost(d.host()))
			require.Equal(t, c.want, strings.Join(d.calls, " "))
		})
	}
	t.Run("fail at the author's line", func(t *testing.T) {
		got := s.failure(t, "let a = 1\nawait db.query('bad')", withHost((&database{}).host()))
		require.Equal(t, "Error: no such table", got.Message)
		require.Equal(t, 2, got.Line)
	})
}
