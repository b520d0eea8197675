package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/dop251/goja"
	"github.com/google/uuid"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/plugins/jsvm"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

const hook = `routerAdd("POST", "/orders/{id}", (e) => {
	const input = e.requestInfo().body;
	return e.json(201, { id: e.request.pathValue("id"), item: input.item, total: input.cents / 100 });
});`

// servePocketBase runs PocketBase as its own example does, with 15 realms that it keeps and reuses.
func servePocketBase(dir, address string, requestLog bool) error {
	hooks := filepath.Join(dir, "pb_hooks")
	if err := os.MkdirAll(hooks, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(hooks, "main.pb.js"), []byte(hook), 0o600); err != nil {
		return err
	}
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: filepath.Join(dir, "pb_data"), HideStartBanner: true})
	jsvm.MustRegister(app, jsvm.Config{HooksDir: hooks, HooksPoolSize: 15})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if !requestLog {
		settings := app.Settings()
		settings.Logs.MaxDays = 0
		if err := app.Save(settings); err != nil {
			return err
		}
	}
	return apis.Serve(app, apis.ServeConfig{HttpAddr: address})
}

// serveBare runs the script in a fresh realm of the engine, without limits, guards, tenants or a store.
func serveBare(_, address string) error {
	program := goja.MustCompile("", `(function(input, id){ return { id: id, item: input.item, total: input.cents / 100 } })`, true)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var input map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &input)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		rt := goja.New()
		function, err := rt.RunProgram(program)
		if err == nil {
			call, _ := goja.AssertFunction(function)
			function, err = call(goja.Undefined(), rt.ToValue(input), rt.ToValue(r.PathValue("id")))
		}
		if err == nil {
			raw, err = json.Marshal(function)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(raw)
	})
	return listen(address, mux)
}

func serveMemory(address string) error {
	return serveScript(store.NewMemory(), address, jsruntime.WithRecording(jsruntime.RecordNone))
}

func serveBolt(dir, address string) error {
	st, err := store.Open(filepath.Join(dir, "scripts.db"))
	if err != nil {
		return err
	}
	return serveScript(st, address)
}

func serveScript(st jsruntime.Store, address string, opts ...jsruntime.Option) error {
	ctx := context.Background()
	rt, err := jsruntime.New(st, vm.New(), append(opts, jsruntime.WithMaxConcurrentRuns(64))...)
	if err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 64
	tenant := uuid.New()
	if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, "order",
		`return { status: 201, body: { id: context.trigger.request.params.id, item: input.item, total: input.cents / 100 } };`,
		jsruntime.WithHTTP("/orders/{id}", "POST"), jsruntime.WithResourceLimits(limits),
	)); err != nil {
		return err
	}
	return listen(address, rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil }))
}

func listen(address string, handler http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	if os.Getenv("BENCH_PPROF") != "" {
		profile(mux)
	}
	return (&http.Server{Addr: address, Handler: mux}).ListenAndServe() //nolint:gosec // a client of this machine alone
}
