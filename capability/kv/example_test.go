package kv_test

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// An import remembers how far it came, and lets no second one run beside it.
func Example() {
	ctx := context.Background()
	entries := kv.NewMemory() // or kv.Open("kv.db")
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), kv.Grant(entries))
	if err != nil {
		panic(err)
	}
	tenant := uuid.New()
	_, err = rt.Register(ctx, jsruntime.NewScript(tenant, "import", `
		if (!await kv.compareAndSet("import/lock", null, true, {ttl: 60})) {
			return "busy";
		}
		const from = await kv.get("import/cursor") ?? 0;
		await kv.set("import/cursor", from + 100);
		await kv.delete("import/lock");
		return "imported " + from + " to " + (from + 100);
	`, jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded)))
	if err != nil {
		panic(err)
	}
	if err := rt.Start(ctx); err != nil {
		panic(err)
	}
	defer rt.Stop(ctx)
	for range 2 {
		result, err := rt.Call(ctx, tenant, "import", nil)
		fmt.Println(result, err)
	}
	// Output:
	// imported 0 to 100 <nil>
	// imported 100 to 200 <nil>
}
