// Quickstart is a shop that lets its customers script it. It registers one script of each kind that a shop needs,
// makes each of them run, and prints the record that is left.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

//go:embed orders.csv
var ordersCSV []byte

// tenant is the shop whose scripts these are.
var tenant = uuid.MustParse("7a1f0c52-4f0e-4b6e-9a35-2f6f1f3f9c01")

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := store.Open(filepath.Join(dir, "scripts.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()

	// What scripts may ask the shop for. Nothing else is there for them: no files, no network, no database.
	rt, err := jsruntime.New(st, vm.New(), jsruntime.WithFunction("orders.list", listOrders, jsruntime.DatabaseQuery))
	if err != nil {
		return err
	}
	if err := register(ctx, rt); err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()
	for _, step := range []func(context.Context, io.Writer, *jsruntime.Runtime) error{
		callPricing, postOrder, publishPaid, awaitReport, printRecord,
	} {
		if err := step(ctx, out, rt); err != nil {
			return err
		}
	}
	return nil
}

// register makes the four scripts part of the tenant's scripts. A customer's own would come in by CreateScript.
func register(ctx context.Context, rt *jsruntime.Runtime) error {
	everySecond, err := jsruntime.NewCronExpression("@every 1s")
	if err != nil {
		return err
	}
	for _, s := range []jsruntime.Script{
		jsruntime.NewScript(tenant, "pricing", `
			const { quantity, unitCents } = input;
			const discount = quantity >= 10 ? 0.15 : quantity >= 5 ? 0.05 : 0;
			return { totalCents: Math.round(quantity * unitCents * (1 - discount)), discount };`,
			jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded)),

		jsruntime.NewScript(tenant, "order webhook", `
			if (!input.item) return { status: 422, body: { error: "item is missing" } };
			console.info("order for", input.quantity, input.item);
			return { status: 201, body: { accepted: input.item, shop: context.trigger.request.params.shop } };`,
			jsruntime.WithHTTP("/{shop}/orders", http.MethodPost)),

		jsruntime.NewScript(tenant, "thank the customer", `
			console.log("mail to " + input.customer);
			return "Thank you for order " + input.order + ", " + input.customer + "!";`,
			jsruntime.WithEventTypes("order.paid")),

		jsruntime.NewScript(tenant, "revenue report", `
			const paid = (await orders.list()).filter(o => o.status === "paid");
			const byCountry = {};
			for (const o of paid) byCountry[o.country] = (byCountry[o.country] ?? 0) + o.totalCents;
			const best = Object.entries(byCountry).sort((a, b) => b[1] - a[1]).slice(0, 3);
			return { orders: paid.length, best: best.map(([country, cents]) => country + " " + (cents / 100).toFixed(2)) };`,
			jsruntime.WithCron(everySecond)),
	} {
		if _, err := rt.Register(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// callPricing calls a script from Go code.
func callPricing(ctx context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	price, err := rt.Call(ctx, tenant, "pricing", map[string]any{"quantity": 12, "unitCents": 4590})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "pricing rule:    12 lamps cost %v\n", toJSON(price))
	return nil
}

// postOrder calls a script over HTTP.
func postOrder(_ context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	server := httptest.NewServer(rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil }))
	defer server.Close()
	answer, err := http.Post(server.URL+"/north/orders", "application/json", strings.NewReader(`{"item":"lamp","quantity":12}`))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "order webhook:   %s %s\n", answer.Status, body)
	return nil
}

// publishPaid starts a script with an event, and waits for what it returned.
func publishPaid(ctx context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	event := jsruntime.NewEvent(tenant, "order.paid", map[string]any{"order": 10361, "customer": "Fjord AS"})
	if err := rt.Publish(ctx, event); err != nil {
		return err
	}
	e, err := await(ctx, rt, jsruntime.TriggerEvent)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "order.paid:      %v\n", e.Output())
	return nil
}

// awaitReport waits for the schedule to fire.
func awaitReport(ctx context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	e, err := await(ctx, rt, jsruntime.TriggerCron)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "revenue report:  %s\n", toJSON(e.Output()))
	return nil
}

// await returns the first execution of the trigger that has come to its end.
func await(ctx context.Context, rt *jsruntime.Runtime, trigger jsruntime.TriggerType) (jsruntime.Execution, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		page, err := rt.Executions(ctx, tenant, jsruntime.ExecutionFilter{
			Triggers: []jsruntime.TriggerType{trigger},
			Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted, jsruntime.ExecutionFailed},
		})
		if err != nil {
			return nil, err
		}
		if len(page.Items) > 0 {
			e := page.Items[0]
			if failure := e.Failure(); failure != nil {
				return nil, failure
			}
			return e, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// printRecord prints what the store knows of all this.
func printRecord(ctx context.Context, out io.Writer, rt *jsruntime.Runtime) error {
	page, err := rt.Executions(ctx, tenant, jsruntime.ExecutionFilter{
		Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%-20s %-8s %-10s %-8s %10s %8s\n", "SCRIPT", "TRIGGER", "STATUS", "VERSION", "DURATION", "QUERIES")
	for i := len(page.Items) - 1; i >= 0; i-- {
		e := page.Items[i]
		s, err := rt.Script(ctx, tenant, e.ScriptID())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-20s %-8s %-10s %-8d %10s %8d\n", s.Name(), e.TriggerType(), e.Status(), e.VersionNumber(),
			e.Duration().Round(10*time.Microsecond), e.Metrics().DatabaseQueryCount)
		logs, err := rt.Logs(ctx, tenant, e.ID())
		if err != nil {
			return err
		}
		for _, line := range logs {
			fmt.Fprintf(out, "  %s: %s\n", line.Level, line.Message)
		}
	}
	return nil
}

// listOrders is the host function behind orders.list().
func listOrders(context.Context, jsruntime.FunctionCall) (any, error) {
	rows, err := csv.NewReader(bytes.NewReader(ordersCSV)).ReadAll()
	if err != nil {
		return nil, err
	}
	orders := make([]map[string]any, 0, len(rows)-1)
	for _, row := range rows[1:] {
		cents, err := strconv.Atoi(row[6])
		if err != nil {
			return nil, err
		}
		orders = append(orders, map[string]any{
			"id": row[0], "customer": row[2], "country": row[3], "totalCents": cents, "status": row[7],
		})
	}
	return orders, nil
}

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
