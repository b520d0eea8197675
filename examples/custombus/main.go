// Command custombus runs a Runtime on a message broker: NATS JetStream, its server embedded in the process so that
// there is nothing to install. A second connection plays the other services of a company. They know nothing of
// jsruntime but subjects and JSON, and yet start a script and hear of its end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/examples/custombus/natsbus"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run closes in the opposite order of opening: the Runtime, the bus, its connection, the server.
func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "custombus")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, err := natsbus.StartServer(dir)
	if err != nil {
		return err
	}
	defer func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	}()
	conn, err := nats.Connect(srv.ClientURL())
	if err != nil {
		return err
	}
	defer conn.Close()
	bus, err := natsbus.Open(ctx, conn, natsbus.WithDurable("custombus"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bus.Close()) }()
	return withRuntime(ctx, bus, srv.ClientURL(), out)
}

const receipt = `
return { text: input.customer + " paid " + input.total };
`

func withRuntime(ctx context.Context, bus jsruntime.EventBus, natsURL string, out io.Writer) (err error) {
	st := store.NewMemory()
	defer func() { err = errors.Join(err, st.Close()) }()
	rt, err := jsruntime.New(st, vm.New(), jsruntime.WithEventBus(bus))
	if err != nil {
		return err
	}
	tenant := uuid.New()
	_, err = rt.Register(ctx, jsruntime.NewScript(tenant, "receipt", receipt,
		jsruntime.WithScriptType(jsruntime.ScriptTypeEvent), jsruntime.WithEventTypes("order.paid")))
	if err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(context.WithoutCancel(ctx))) }()

	services, err := connectServices(natsURL, tenant)
	if err != nil {
		return err
	}
	defer services.conn.Close()
	if err := services.publishOrder("Ada", 42); err != nil {
		return err
	}
	if err := services.awaitCompletion(ctx, out, "an event that another service published on NATS"); err != nil {
		return err
	}
	e := jsruntime.NewEvent(tenant, "order.paid", map[string]any{"customer": "Grace", "total": 7})
	if err := rt.Publish(ctx, e); err != nil {
		return err
	}
	if err := services.awaitCompletion(ctx, out, "an event that the application published"); err != nil {
		return err
	}
	return printExecutions(ctx, rt, tenant, out)
}

// printExecutions prints the oldest first.
func printExecutions(ctx context.Context, rt *jsruntime.Runtime, tenant uuid.UUID, out io.Writer) error {
	page, err := rt.Executions(ctx, tenant, jsruntime.ExecutionFilter{})
	if err != nil {
		return err
	}
	for i := len(page.Items) - 1; i >= 0; i-- {
		execution := page.Items[i]
		output, err := json.Marshal(execution.Output())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s: %s\n", execution.TriggerData().EventType, execution.Status(), output)
	}
	return nil
}
