// Events is a shop whose customers' scripts react to what happens in it, and to each other. It shows a script that causes
// another one, a run that succeeds at its second attempt, and an event that no attempt gets through: it becomes a dead letter,
// is looked at, and is requeued when the script has been mended.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// tenant is the shop whose scripts these are.
var tenant = uuid.MustParse("7a1f0c52-4f0e-4b6e-9a35-2f6f1f3f9c01")

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	st := store.NewMemory()
	defer func() { err = errors.Join(err, st.Close()) }()
	rt, err := jsruntime.New(st, vm.New(), jsruntime.WithFunction("stock.reserve", reserve()))
	if err != nil {
		return err
	}
	// Three attempts, a moment apart. Without a policy an event script has five, over fifteen seconds.
	soon := jsruntime.WithRetryPolicy(jsruntime.RetryPolicy{Attempts: 3, Base: 10 * time.Millisecond, Cap: 10 * time.Millisecond})
	for _, s := range []jsruntime.Script{
		jsruntime.NewScript(tenant, "check order", `
			const total = input.lines.reduce((sum, line) => sum + line.cents, 0);
			await events.publish("order.checked", { order: input.order, large: total > 2000 });
			return "order " + input.order + " is worth " + total + " cents";`,
			jsruntime.WithEventTypes("order.placed"), soon),

		// Of the events of one order, each waits for those before it. Small orders do not start it.
		jsruntime.NewScript(tenant, "reserve stock", `
			return await stock.reserve(input.order) + " at attempt " + context.execution.attempt;`,
			jsruntime.WithEventTypes("order.checked"), jsruntime.WithEventFilter(map[string]any{"large": true}),
			jsruntime.WithOrderKey("order"), soon),
	} {
		if _, err := rt.Register(ctx, s); err != nil {
			return err
		}
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()

	good := map[string]any{"order": 7, "lines": []any{map[string]any{"cents": 1000}, map[string]any{"cents": 1500}}}
	poison := map[string]any{"order": 8} // which has no lines
	for _, payload := range []any{good, poison} {
		if err := rt.Publish(ctx, jsruntime.NewEvent(tenant, "order.placed", payload)); err != nil {
			return err
		}
	}
	shop := &shop{rt: rt, out: out, seen: map[uuid.UUID]bool{}}
	fmt.Fprintln(out, "A script causes another, which succeeds at its second attempt:")
	for _, name := range []string{"check order", "reserve stock"} {
		if err := shop.printCompleted(ctx, name); err != nil {
			return err
		}
	}
	return shop.mend(ctx)
}

// shop prints what becomes of executions.
type shop struct {
	rt   *jsruntime.Runtime
	out  io.Writer
	seen map[uuid.UUID]bool
}

// mend looks at the dead letter, mends the script, and has the event tried again.
func (s *shop) mend(ctx context.Context) error {
	dead, err := s.await(ctx, jsruntime.ExecutionFilter{DeadLetters: true})
	if err != nil {
		return err
	}
	attempts, err := s.rt.Attempts(ctx, tenant, dead.ID())
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nA dead letter, of the event %v:\n", dead.Input())
	for _, e := range attempts {
		fmt.Fprintf(s.out, "  attempt %d: %s, %s\n", e.Attempt(), e.Status(), e.Error())
	}
	script, err := s.rt.ScriptByName(ctx, tenant, "check order")
	if err != nil {
		return err
	}
	script = script.SetSource(`return "order " + input.order + " has " + (input.lines ?? []).length + " lines";`)
	if _, err := s.rt.UpdateScript(ctx, script, jsruntime.Change{By: 1, Description: "orders without lines"}); err != nil {
		return err
	}
	if _, err := s.rt.Requeue(ctx, tenant, dead.ID()); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nRequeued, after the script was mended:")
	return s.printCompleted(ctx, "check order")
}

// printCompleted prints the next execution of the script that is completed.
func (s *shop) printCompleted(ctx context.Context, name string) error {
	script, err := s.rt.ScriptByName(ctx, tenant, name)
	if err != nil {
		return err
	}
	completed := []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted}
	e, err := s.await(ctx, jsruntime.ExecutionFilter{ScriptID: script.ID(), Statuses: completed})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "  %s: %v\n", name, e.Output())
	return nil
}

// await waits for an execution that the filter chooses and that was not returned before.
func (s *shop) await(ctx context.Context, f jsruntime.ExecutionFilter) (jsruntime.Execution, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		page, err := s.rt.Executions(ctx, tenant, f)
		if err != nil {
			return nil, err
		}
		if len(page.Items) > 0 && !s.seen[page.Items[0].ID()] {
			s.seen[page.Items[0].ID()] = true
			return page.Items[0], nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// reserve returns the host function behind stock.reserve, which is away at first.
func reserve() jsruntime.Function {
	var calls atomic.Int32
	return func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
		if calls.Add(1) == 1 {
			return nil, errors.New("the warehouse does not answer")
		}
		return fmt.Sprintf("reserved for order %v", call.Arg(0)), nil
	}
}
