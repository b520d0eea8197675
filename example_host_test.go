package jsruntime_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
)

type charge struct {
	Customer uuid.UUID `json:"customer"`
	Amount   int64     `json:"amount" doc:"In cents."`
	Note     string    `json:"note,omitempty"`
}

type receipt struct {
	Number string `json:"number"`
}

func ExampleFunc() {
	rt, stop := started(jsruntime.WithFunction("billing.charge", jsruntime.Func(
		func(ctx context.Context, in charge) (receipt, error) {
			call, _ := jsruntime.CallFrom(ctx)
			fmt.Println(call.TenantID == tenant, in.Amount)
			return receipt{Number: "R-1"}, nil
		}), jsruntime.Documented("Charges a customer.")))
	defer stop()
	_, err := rt.Register(ctx, jsruntime.NewScript(tenant, "invoice", `
		const customer = "7a1f0c52-4f0e-4b6e-9a35-2f6f1f3f9c01"
		const { number } = await billing.charge({ customer, amount: 1250 })
		try {
			await billing.charge({ customer, amount: "1250" })
		} catch (e) {
			return [number, e.message]
		}`))
	if err != nil {
		panic(err)
	}
	output, err := rt.Call(ctx, tenant, "invoice", nil)
	fmt.Println(output, err)
	// Output:
	// true 1250
	// [R-1 billing.charge: amount must be a number] <nil>
}

func ExampleRuntime_Declarations() {
	rt, stop := started(jsruntime.WithFunction("billing.charge", jsruntime.Func(
		func(context.Context, charge) (receipt, error) { return receipt{}, nil }), jsruntime.Documented("Charges a customer.")))
	defer stop()
	_, granted, _ := strings.Cut(rt.Declarations(), "declare class RateLimitError") // before it is what all scripts have
	_, granted, _ = strings.Cut(granted, "}\n")
	fmt.Print(granted)
	// Output:
	// declare const billing: {
	//   /** Charges a customer. */
	//   charge(input: jsruntime.Charge): Promise<jsruntime.Receipt>;
	// };
	// declare namespace jsruntime {
	//   interface Charge {
	//     customer: string;
	//     /** In cents. */
	//     amount: number;
	//     note?: string | null;
	//   }
	//   interface Receipt {
	//     number: string;
	//   }
	// }
}

func ExampleWithScriptCalls() {
	rt, stop := started(jsruntime.WithScriptCalls())
	defer stop()
	for name, source := range map[string]string{
		"vat":   `return Math.round(input.cents * 0.19)`,
		"gross": `return input.cents + await scripts.call("vat", { cents: input.cents })`,
	} {
		if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, name, source)); err != nil {
			panic(err)
		}
	}
	fmt.Println(rt.Call(ctx, tenant, "gross", map[string]any{"cents": 1000}))
	// Output: 1190 <nil>
}

func ExampleWithSecrets() {
	rt, stop := started(jsruntime.WithSecrets(func(_ context.Context, _ uuid.UUID, name string) (string, error) {
		return "sk_live_4242", nil
	}))
	defer stop()
	_, err := rt.Register(ctx, jsruntime.NewScript(tenant, "careless", `
		const key = await context.secrets.get("key")
		return [key.length, "Bearer " + key]`))
	if err != nil {
		panic(err)
	}
	fmt.Println(rt.Call(ctx, tenant, "careless", nil))
	// Output: [12 Bearer ***] <nil>
}
