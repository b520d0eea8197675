// Command database gives the scripts of two tenants a database each, and a storage of keys and values. The database is
// SQLite, in Go, so that there is nothing to install; any other that database/sql reaches would do.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
	"github.com/jsruntime/jsruntime/capability/sqldb"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// The scripts of both tenants. Customers would bring their own.
var (
	//go:embed scripts/import.js
	importJS string
	//go:embed scripts/report.js
	reportJS string
	//go:embed scripts/attack.js
	attackJS string
)

var (
	acme   = uuid.MustParse("0d3c8c1e-58d4-4f31-8f0a-3a8f3c1b7a01")
	globex = uuid.MustParse("0d3c8c1e-58d4-4f31-8f0a-3a8f3c1b7a02")
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run closes in the opposite order of opening: the Runtime, what it uses, the files.
func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "database")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	entries, err := kv.Open(filepath.Join(dir, "kv.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, entries.Close()) }()
	databases := map[uuid.UUID]*sql.DB{}
	for name, tenant := range map[string]uuid.UUID{"acme.db": acme, "globex.db": globex} {
		db, err := openDatabase(ctx, filepath.Join(dir, name))
		if err != nil {
			return err
		}
		defer db.Close()
		databases[tenant] = db
	}
	return withRuntime(ctx, out, kv.Grant(entries), sqldb.GrantFunc(
		func(_ context.Context, tenant uuid.UUID) (*sql.DB, error) {
			if db, ok := databases[tenant]; ok {
				return db, nil
			}
			return nil, jsruntime.ErrNotFound
		},
		sqldb.WithLimits(sqldb.Limits{Rows: 1000}),
	))
}

// openDatabase returns a tenant's database, with what the application keeps in it.
func openDatabase(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total REAL NOT NULL)")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func withRuntime(ctx context.Context, out io.Writer, grants ...jsruntime.Option) (err error) {
	st := store.NewMemory()
	defer func() { err = errors.Join(err, st.Close()) }()
	rt, err := jsruntime.New(st, vm.New(), grants...)
	if err != nil {
		return err
	}
	for name, source := range map[string]string{"import": importJS, "report": reportJS, "attack": attackJS} {
		for _, tenant := range []uuid.UUID{acme, globex} {
			script := jsruntime.NewScript(tenant, name, source, jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded))
			if _, err := rt.Register(ctx, script); err != nil {
				return err
			}
		}
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()
	return callScripts(ctx, out, rt)
}

// callScripts has the scripts do their work, and prints what they return.
func callScripts(ctx context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	orders := []any{
		map[string]any{"id": 1, "customer": "Ada", "total": 40},
		map[string]any{"id": 2, "customer": "Grace", "total": 7.5},
		map[string]any{"id": 3, "customer": "Ada", "total": 2.5},
	}
	for _, call := range []struct {
		tenant uuid.UUID
		name   string
		input  map[string]any
	}{
		{acme, "import", map[string]any{"orders": orders[:2]}},
		{acme, "import", map[string]any{"orders": orders}},
		{acme, "report", map[string]any{"least": 1}},
		{globex, "report", map[string]any{"least": 1}},
		{acme, "attack", nil},
		{acme, "report", map[string]any{"least": 5}},
	} {
		result, err := rt.Call(ctx, call.tenant, call.name, call.input)
		if err != nil {
			return fmt.Errorf("%s: %w", call.name, err)
		}
		if err := printResult(out, call.name, result); err != nil {
			return err
		}
	}
	return nil
}

func printResult(out io.Writer, name string, result any) error {
	lines, ok := result.([]any)
	if !ok {
		lines = []any{result}
	}
	if len(lines) == 0 {
		lines = []any{"nothing"}
	}
	for _, line := range lines {
		text, ok := line.(string)
		if !ok {
			raw, err := json.Marshal(line)
			if err != nil {
				return err
			}
			text = string(raw)
		}
		fmt.Fprintf(out, "%s: %s\n", name, text)
	}
	return nil
}
