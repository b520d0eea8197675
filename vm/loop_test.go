package vm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

func TestTimers(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"fire in the order of their time":               {`const a = []; setTimeout(() => a.push(2), 20); setTimeout(() => a.push(1), 10); await new Promise(r => setTimeout(r, 30)); return a`, `[1,2]`},
		"and of their creation":                         {`const a = []; for (let i = 0; i < 5; i++) { setTimeout(() => a.push(i), 5) } await new Promise(r => setTimeout(r, 5)); return a`, `[0,1,2,3,4]`},
		"get their arguments":                           {`return await new Promise(r => setTimeout((a, b) => r([a, b]), 1, "x", 2))`, `["x",2]`},
		"negative, absent and odd delays are none":      {`const a = []; setTimeout(() => a.push(1), -5); setTimeout(() => a.push(2), NaN); setTimeout(() => a.push(3)); setTimeout(() => a.push(4), "x"); await new Promise(r => setTimeout(r)); return a`, `[1,2,3,4]`},
		"intervals repeat until they are cleared":       {`let n = 0; await new Promise(r => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); r() } }, 10) }); return n`, `3`},
		"an interval cleared inside itself is gone":     {`let n = 0; const id = setInterval(() => { n++; clearInterval(id) }, 1); await new Promise(r => setTimeout(r, 20)); return n`, `1`},
		"a cleared timer does not fire":                 {`let n = 0; const id = setTimeout(() => n++, 5); clearTimeout(id); await new Promise(r => setTimeout(r, 20)); return n`, `0`},
		"clearing nothing is fine":                      {`clearTimeout(); clearTimeout(99); clearInterval("x"); return 1`, `1`},
		"microtasks run before the next timer":          {`const a = []; setTimeout(() => { a.push(1); Promise.resolve().then(() => a.push(2)) }); setTimeout(() => a.push(3)); await new Promise(r => setTimeout(r, 1)); return a`, `[1,2,3]`},
		"queueMicrotask runs in order with promises":    {`const a = []; queueMicrotask(() => a.push(1)); Promise.resolve().then(() => a.push(2)); a.push(0); await null; await null; await null; return a`, `[0,1,2]`},
		"a timer that is still waiting does not fire":   {`setTimeout(() => { throw new Error("fired") }, 5); return 1`, `1`},
		"there are at most a thousand":                  {`let n = 0; try { for (;; n++) { setTimeout(() => {}, 1e6) } } catch (e) { return [n, e.name] }`, `[1000,"TypeError"]`},
		"a day passes as fast as the clock goes":        {`const t = Date.now(); await new Promise(r => setTimeout(r, 86400e3)); return Date.now() - t`, `86400000`},
		"a delay beyond the longest is the longest one": {`const t = Date.now(); await new Promise(r => setTimeout(r, 1e300)); return Date.now() - t`, `2147483647`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.JSONEq(t, c.want, output(t, c.source, withTime(1000*time.Hour)))
			})
		})
	}
}

func TestATimerDoesNotOutliveItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		require.ErrorIs(t, failure(t, `await new Promise(r => setTimeout(r, 1e6))`, withTime(time.Second)), jsruntime.ErrTimeout)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestContext(t *testing.T) {
	job := jsruntime.JobContext{
		Tenant:    jsruntime.JobTenant{ID: uuid.New()},
		Script:    jsruntime.JobScript{ID: uuid.New(), Name: "nightly", Version: 3},
		Execution: jsruntime.JobExecution{ID: uuid.New(), Attempt: 2},
		Trigger: jsruntime.JobTrigger{Type: jsruntime.TriggerEvent, TriggerData: jsruntime.TriggerData{
			EventType: "order.paid", Payload: map[string]any{"total": 12.5, "lines": []any{map[string]any{"sku": "a"}}},
		}},
	}
	with := func(j *jsruntime.Job) { j.Context = job }
	t.Run("has the fields of the job", func(t *testing.T) {
		want, err := json.Marshal(job)
		require.NoError(t, err)
		got := output(t, `const {secrets, ...rest} = context; return rest`, with)
		require.JSONEq(t, strings.Replace(string(want), `"metadata":null`, `"metadata":{}`, 1), got)
	})
	t.Run("is frozen, however deep", func(t *testing.T) {
		require.JSONEq(t, `["isFrozen"]`, output(t, `
			const open = [];
			const visit = (o, path) => {
				if (typeof o !== "object" && typeof o !== "function" || o === null) { return }
				if (!Object.isFrozen(o)) { open.push(path) }
				for (const k of Object.getOwnPropertyNames(o)) { if (k !== "caller" && k !== "arguments") { visit(o[k], path + "." + k) } }
			};
			visit(context, "context");
			try { (function () { "use strict"; context.trigger.payload.lines[0].sku = "b" })(); open.push("assigned") } catch {}
			context.extra = 1;
			return [...open, ...("extra" in context ? ["extended"] : []), "isFrozen"]`, with))
	})
	t.Run("secrets are asked of the host", func(t *testing.T) {
		host := functions{jsruntime.SecretsGet: func(_ context.Context, args []any) (any, error) {
			return fmt.Sprintf("%v!", args), nil
		}}
		require.JSONEq(t, `["[key]!","undefined"]`, output(t, `return [await context.secrets.get("key", "more"), typeof secrets]`, with, withHost(host)))
		require.Equal(t, "TypeError: this script has no secrets", failure(t, `await context.secrets.get("key")`).Message)
	})
}

func TestHostFunctions(t *testing.T) {
	host := functions{
		"echo":           func(_ context.Context, args []any) (any, error) { return args, nil },
		"go":             func(_ context.Context, args []any) (any, error) { return fmt.Sprintf("%#v", args), nil },
		"billing.charge": func(_ context.Context, args []any) (any, error) { return "charged", nil },
		"billing.a.b":    func(_ context.Context, args []any) (any, error) { return "deep", nil },
		"fail":           func(context.Context, []any) (any, error) { return nil, errors.New("no such order") },
		"limited":        func(context.Context, []any) (any, error) { return nil, fmt.Errorf("fetch: %w", jsruntime.ErrRateLimit) },
		"panics":         func(context.Context, []any) (any, error) { panic("secret of the application") },
		"bytes":          func(context.Context, []any) (any, error) { return []byte{1, 2, 255}, nil },
		"values": func(context.Context, []any) (any, error) {
			return map[string]any{"__proto__": 1, "i": int64(7), "n": nil, "raw": json.RawMessage(`{"a":[1]}`), "list": []any{true, "é"}, "struct": struct{ A int }{1}}, nil
		},
		"bad": func(context.Context, []any) (any, error) { return make(chan int), nil },
	}
	for name, c := range map[string]struct{ source, want string }{
		"return promises, always":                {`return [echo(1) instanceof Promise, await echo(1)]`, `[true,[1]]`},
		"may have dotted names":                  {`return [await billing.charge(), await billing.a.b(), billing.charge.name]`, `["charged","deep","charge"]`},
		"get plain values":                       {`return await echo(1, "a", null, undefined, [true, {b: NaN === 1}], {c: new Date(0), d: undefined, n: -0.5})`, `[1,"a",null,null,[true,{"b":false}],{"c":"1970-01-01T00:00:00.000Z","n":-0.5}]`},
		"get numbers as float64":                 {`return await go(1, [2], {a: 3})`, `"[]interface {}{1, []interface {}{2}, map[string]interface {}{\"a\":3}}"`},
		"get bytes":                              {`return await go(new Uint8Array([1, 2]), new Uint16Array([1]), new Uint8Array([9]).buffer, {a: new Uint8Array(new Uint8Array([1,2,3]).buffer, 1, 1)})`, `"[]interface {}{[]uint8{0x1, 0x2}, []uint8{0x1, 0x0}, []uint8{0x9}, map[string]interface {}{\"a\":[]uint8{0x2}}}"`},
		"return bytes":                           {`const b = await bytes(); return [b instanceof Uint8Array, ...b]`, `[true,1,2,255]`},
		"return values":                          {`const v = await values(); return [Object.keys(v), v.i, v.n, v.raw.a[0], v.list, v.struct.A, Object.getPrototypeOf(v) === Object.prototype]`, `[["__proto__","i","list","n","raw","struct"],7,null,1,[true,"é"],1,true]`},
		"reject with the text of their error":    {`try { await fail() } catch (e) { return [e.name, e.message, e instanceof Error, e instanceof RateLimitError] }`, `["Error","no such order",true,false]`},
		"reject with a RateLimitError":           {`try { await limited() } catch (e) { return [e.name, e.message, e instanceof Error, e instanceof RateLimitError] }`, `["RateLimitError","fetch: api call rate limit exceeded",true,true]`},
		"do not tell of a panic":                 {`try { await panics() } catch (e) { return e.message }`, `"panics: internal error"`},
		"refuse a function":                      {`try { await echo({a: () => 1}) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1.a is a function"]`},
		"refuse a symbol":                        {`try { await echo(1, [Symbol()]) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 2[0] is a symbol"]`},
		"refuse a cycle":                         {`const a = {}; a.a = a; try { await echo(a) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1.a is a cycle"]`},
		"refuse a BigInt":                        {`try { await echo(1n) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1 is a BigInt"]`},
		"refuse what is too large":               {`try { await echo(new Array(2 ** 32 - 1)) } catch (e) { return e.name }`, `"TypeError"`},
		"refuse a graph that explodes":           {`let a = {}; for (let i = 0; i < 60; i++) { a = {l: a, r: a} } try { await echo(a) } catch (e) { return e.name }`, `"TypeError"`},
		"throw what a getter throws":             {`try { await echo({get a() { throw new RangeError("mine") }}) } catch (e) { return e.name }`, `"RangeError"`},
		"that return no value are errors":        {`try { await bad() } catch (e) { return e.message }`, `"the reply of a host function is not a value that JSON can hold: json: unsupported type: chan int"`},
		"cannot be changed in their object":      {`billing.charge = 1; billing.x = 1; delete billing.a; return [typeof billing.charge, typeof billing.x, typeof billing.a]`, `["function","undefined","object"]`},
		"are not there without mention or grant": {`return typeof nothing`, `"undefined"`},
		"are there by a computed name":           {`return await globalThis["ec" + "ho"](1)`, `[1]`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, output(t, c.source, withHost(host))) })
	}
	t.Run("fail the run at the line of the call", func(t *testing.T) {
		got := failure(t, "const a = 1\nawait fail(a)", withHost(host))
		require.Equal(t, "Error: no such order", got.Message)
		require.Equal(t, 2, got.Line)
	})
	t.Run("fail the run by the rate limit", func(t *testing.T) {
		got := failure(t, "const a = 1\nawait limited(a)", withHost(host))
		require.Equal(t, jsruntime.FailureRateLimit, got.Kind)
		require.ErrorIs(t, got, jsruntime.ErrRateLimit)
		require.Equal(t, 2, got.Line)
	})
	t.Run("fail the run when nobody awaits them", func(t *testing.T) {
		require.Equal(t, "Unhandled rejection: Error: no such order", failure(t, "fail(); await new Promise(r => setTimeout(r, 100)); return 1", withHost(host)).Message)
	})
}

func TestHostCallsRunConcurrentlyWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		host := functions{"wait": func(ctx context.Context, _ []any) (any, error) {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			time.Sleep(time.Second)
			return nil, nil
		}}
		start := time.Now()
		require.Equal(t, `250`, output(t, `return (await Promise.all(Array.from({length: 250}, () => wait()))).length`, withHost(host), withTime(time.Hour)))
		require.Equal(t, 3*time.Second, time.Since(start))
		require.Equal(t, int32(100), most.Load())
	})
}

func TestHostCallsEndWithTheRun(t *testing.T) {
	t.Run("when the result settles", func(t *testing.T) {
		ended := make(chan error, 1)
		host := functions{"wait": func(ctx context.Context, _ []any) (any, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}}
		result := run(`wait(); await null; return 1`, withHost(host))
		require.NoError(t, result.Err)
		require.Equal(t, `1`, string(result.Output))
		require.Nil(t, result.Abandoned)
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	t.Run("at the deadline", func(t *testing.T) {
		host := functions{"wait": func(ctx context.Context, _ []any) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		require.ErrorIs(t, failure(t, `try { await wait() } catch {} while (true) {}`, withHost(host), withTime(50*time.Millisecond)), jsruntime.ErrTimeout)
	})
	t.Run("or the realm is abandoned", func(t *testing.T) {
		release := make(chan struct{})
		host := functions{"stuck": func(context.Context, []any) (any, error) { <-release; return nil, nil }}
		result := run(`await stuck()`, withHost(host), withTime(20*time.Millisecond))
		require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
		require.NotNil(t, result.Abandoned)
		close(release)
		<-result.Abandoned
	})
}

func TestRunsShareNothing(t *testing.T) {
	e := vm.New()
	source := `const seen = globalThis.mark ?? Object.prototype.mark; globalThis.mark = 1; Object.prototype.mark = input.n; await null; return [seen ?? null, input.n, mark, ({}).mark]`
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			result := e.Run(context.Background(), jobOf(source, withInput(fmt.Sprintf(`{"n":%d}`, i))))
			if result.Err != nil || string(result.Output) != fmt.Sprintf(`[null,%d,1,%d]`, i, i) {
				t.Errorf("%s %v", result.Output, result.Err)
			}
		})
	}
	wg.Wait()
}
