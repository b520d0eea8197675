package isolate_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
)

// A program that uses isolate begins its main with isolate.Main.
func Example() {
	isolate.Main()
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2
	// too much memory
	// failed: RangeError: JSON is nested deeper than 5000 levels (line 1, column 18)
}

func run(ctx context.Context) error {
	executor, err := isolate.New(isolate.WithMemoryMargin(48 << 20))
	if err != nil {
		return err
	}
	defer executor.Close()
	rt, err := jsruntime.New(store.NewMemory(), executor)
	if err != nil {
		return err
	}
	tenant := uuid.New()
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer rt.Stop(ctx)

	for _, source := range []string{
		`return input.n + 1`,
		`return "x".repeat(1e9)`,
		`return JSON.parse("[".repeat(5e6))`,
	} {
		s, err := rt.Register(ctx, jsruntime.NewScript(tenant, "script", source))
		if err != nil {
			return err
		}
		e, err := rt.Execute(ctx, tenant, s.ID(), map[string]any{"n": 1})
		if err != nil {
			return err
		}
		switch failure := e.Failure(); {
		case failure == nil:
			fmt.Println(e.Output())
		case errors.Is(failure, jsruntime.ErrMemoryLimit):
			fmt.Println("too much memory")
		default:
			fmt.Println("failed:", failure)
		}
	}
	return nil
}
