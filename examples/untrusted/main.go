// Untrusted is an application that lets anybody run JavaScript in it. One tenant sends the worst that it can think of; the
// application, and the other tenant, do not notice.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
)

func main() {
	isolate.Main() // the first line: workers are this program, started again

	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// attacks are scripts that would kill, block or fill a process that ran them by itself.
var attacks = []struct{ name, source string }{
	{"a gigabyte of text", `return "x".repeat(1e9).length`},
	{"an array without end", `const a = []; for (;;) a.push({})`},
	{"text that doubles", `let s = "xy"; for (;;) s += s`},
	{"JSON five million deep", `return JSON.parse("[".repeat(5e6))`},
	{"natives that call natives", `const o = { toString: "".trim }; return o + ""`},
	{"a loop", `for (;;) {}`},
	{"a native without end", `new Array(4e9).indexOf(1)`},
	{"microtasks without end", `const t = []; t[0] = t; t.then = t.forEach; await Promise.resolve(t)`},
	{"a hostile source", strings.Repeat("(a=", 40) + "0" + strings.Repeat(")=>0", 40)},
	{"the world outside", `return [typeof require, typeof process, typeof fetch, typeof eval].join()`},
}

func run(ctx context.Context, out io.Writer) (err error) {
	executor, err := isolate.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, executor.Close()) }()
	prices := func(context.Context, jsruntime.FunctionCall) (any, error) { // runs here, in the application
		return map[string]any{"lamp": 4590, "chair": 12900}, nil
	}
	rt, err := jsruntime.New(store.NewMemory(), executor, jsruntime.WithFunction("prices.list", prices, jsruntime.DatabaseQuery))
	if err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()

	honest, hostile := uuid.New(), uuid.New()
	if _, err := rt.Register(ctx, jsruntime.NewScript(honest, "price", `return (await prices.list())[input.item] * input.n`)); err != nil {
		return err
	}
	fmt.Fprintf(out, "%-26s %-44s %8s   %s\n", "ATTACK", "HOW IT ENDED", "AFTER", "THE OTHER TENANT")
	for _, a := range attacks {
		start := time.Now()
		ended, err := attack(ctx, rt, hostile, a.name, a.source)
		if err != nil {
			return err
		}
		took := time.Since(start)
		price, err := rt.Call(ctx, honest, "price", map[string]any{"item": "lamp", "n": 12})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-26s %-44s %5d ms   12 lamps cost %v\n", a.name, ended, took.Milliseconds(), price)
	}
	report(out, executor.Stats())
	return nil
}

// attack runs a script of a tenant that nobody trusts, and says how that ended.
func attack(ctx context.Context, rt *jsruntime.Runtime, tenant uuid.UUID, name, source string) (string, error) {
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxExecutionTime, limits.MaxMemoryBytes = 300*time.Millisecond, 32<<20
	s, err := rt.Register(ctx, jsruntime.NewScript(tenant, name, source, jsruntime.WithResourceLimits(limits)))
	var refused *jsruntime.ScriptError
	if errors.As(err, &refused) {
		return "refused: " + strings.TrimPrefix(refused.Message, "SyntaxError: "), nil
	}
	if err != nil {
		return "", err
	}
	e, err := rt.Execute(ctx, tenant, s.ID(), nil)
	if err != nil {
		return "", err
	}
	if e.IsCompleted() {
		return fmt.Sprint("returned ", e.Output()), nil
	}
	return fmt.Sprintf("%s: %s", e.Status(), e.Error()), nil
}

// report prints what the workers went through, and what keeps them where they are.
func report(out io.Writer, s isolate.Stats) {
	fmt.Fprintf(out, "\nworkers ended: %d for time, %d for memory, %d crashed\n", s.Timeouts, s.MemoryLimits, s.Crashes)
	fmt.Fprintln(out, "in force in every worker:")
	for _, m := range s.Hardening {
		if m.Applied {
			fmt.Fprintf(out, "  %s\n", m.Name)
		} else {
			fmt.Fprintf(out, "  (not here: %s: %s)\n", m.Name, m.Detail)
		}
	}
}
