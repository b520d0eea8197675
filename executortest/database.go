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
	{"a transaction ends after all that was called on it", aTransactionEndsAfterAllThatWasCalledOnIt},
}

// database is the host's side of db. It answers what it was asked.
type database struct {
	mu    sync.Mutex
	calls []string
}

// host has release besides, until which statements that begin with slow take.
func (d *database) host() functions {
	released := make(chan struct{})
	host := functions{"release": func(context.Context, []any) (any, error) {
		close(released)
		return nil, nil
	}}
	for _, name := range []string{"query", "exec", "begin", "commit", "rollback"} {
		host["db:"+name] = func(ctx context.Context, args []any) (any, error) {
			if sql, _ := args[0].(string); strings.HasPrefix(sql, "slow") {
				select {
				case <-released:
				case <-ctx.Done():
				}
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.calls = append(d.calls, name)
			return answerTo(name, args)
		}
	}
	return host
}

func answerTo(name string, args []any) (any, error) {
	if sql, _ := args[0].(string); strings.HasPrefix(sql, "bad") {
		return nil, errors.New("no such table" + strings.TrimPrefix(sql, "bad"))
	}
	switch name {
	case "begin":
		return "tx1", nil
	case "exec":
		return map[string]any{"rowsAffected": 2.0, "lastInsertId": nil}, nil
	case "query":
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
		"refuse a BigInt by its place": {`try { await db.query("select", [10n]) } catch (e) { return [e.name, e.message] }`, `["TypeError","db.query: params[0] is a BigInt: pass it as a string"]`},
		"and by its name":              {`try { await db.exec("select", {a: {b: 1n}}) } catch (e) { return e.message }`, `"db.exec: params.a.b is a BigInt: pass it as a string"`},
		"and in a transaction":         {`try { await db.tx(tx => tx.exec("select", [1, 1n])) } catch (e) { return e.message }`, `"tx.exec: params[1] is a BigInt: pass it as a string"`},
		"and among options":            {`try { await db.tx(() => 1, {isolation: 1n}) } catch (e) { return e.message }`, `"db.tx: options.isolation is a BigInt: pass it as a string"`},
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
		for _, statement := range []string{"await db.query('bad')", "await db.tx(tx => tx.exec('bad'))", "await db.tx(tx => { tx.exec('bad') })"} {
			got := s.failure(t, "let a = 1\n"+statement, withHost((&database{}).host()))
			require.Equal(t, "Error: no such table", got.Message)
			require.Equal(t, 2, got.Line)
		}
	})
}

func aTransactionEndsAfterAllThatWasCalledOnIt(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, calls, want string }{
		"it is committed after what nobody awaits":         {`return await db.tx(tx => { tx.exec("slow"); setTimeout(release, 1); return 1 })`, "begin exec commit", `1`},
		"what it calls is done in the order of the calls":  {`return await db.tx(tx => { tx.exec("slow"); tx.query("a"); setTimeout(release, 1); return 1 })`, "begin exec query commit", `1`},
		"and after what follows from that":                 {`await db.tx(tx => { [1].forEach(async () => { await tx.exec("a"); await null; await tx.query("b"); tx.exec("c") }) })`, "begin exec query exec commit", `null`},
		"it is rolled back after what nobody awaits":       {`return await db.tx(tx => { tx.exec("slow"); setTimeout(release, 1); throw 1 }).catch(e => e)`, "begin exec rollback", `1`},
		"it is rolled back when that fails":                {`return await db.tx(tx => { tx.exec("bad") }).catch(e => e.message)`, "begin exec rollback", `"no such table"`},
		"also when it failed before the function returned": {`return await db.tx(async tx => { tx.exec("bad"); setTimeout(release, 1); await tx.exec("slow") }).catch(e => e.message)`, "begin exec exec rollback", `"no such table"`},
		"with the first failure":                           {`return await db.tx(async tx => { tx.query("bad one"); setTimeout(release, 1); await tx.exec("slow"); tx.exec("bad two") }).catch(e => e.message)`, "begin query exec exec rollback", `"no such table one"`},
		"also for what is no statement":                    {`return await db.tx(tx => { tx.exec(1) }).catch(e => e.message)`, "begin rollback", `"The statement must be a text"`},
		"what the function throws counts more":             {`return await db.tx(tx => { tx.exec("bad"); throw "mine" }).catch(e => e)`, "begin exec rollback", `"mine"`},
		"a failure that was dealt with does not count":     {`await db.tx(async tx => { try { await tx.exec("bad") } catch { await tx.exec("a") } })`, "begin exec exec commit", `null`},
	} {
		t.Run(name, func(t *testing.T) {
			d := &database{}
			require.JSONEq(t, c.want, s.output(t, c.source, withHost(d.host())))
			require.Equal(t, c.calls, strings.Join(d.calls, " "))
		})
	}
}
