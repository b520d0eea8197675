package executortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var hostTests = []test{
	{"host functions", hostFunctions},
	{"functions of the library are no globals", functionsOfTheLibraryAreNoGlobals},
	{"host calls end with the run", hostCallsEndWithTheRun},
	{"host calls run concurrently within a bound", hostCallsRunConcurrentlyWithinABound},
	{"host functions get the caller's ctx", hostFunctionsGetTheCallersCtx},
	{"host functions that return what panics do no harm", hostFunctionsThatReturnWhatPanicsDoNoHarm},
	{"large values go to host functions and back", largeValuesGoToHostFunctionsAndBack},
	{"events are published through the host", eventsArePublishedThroughTheHost},
	{"errors of the host are of the realm's own classes", errorsOfTheHostAreOfTheRealmsOwnClasses},
}

// application has a function of each kind.
func application() functions {
	return functions{
		"echo":           func(_ context.Context, args []any) (any, error) { return args, nil },
		"go":             func(_ context.Context, args []any) (any, error) { return fmt.Sprintf("%#v", args), nil },
		"billing.charge": func(context.Context, []any) (any, error) { return "charged", nil },
		"billing.a.b":    func(context.Context, []any) (any, error) { return "deep", nil },
		"fail":           func(context.Context, []any) (any, error) { return nil, errors.New("no such order") },
		"limited":        func(context.Context, []any) (any, error) { return nil, fmt.Errorf("fetch: %w", jsruntime.ErrRateLimit) },
		"later": func(context.Context, []any) (any, error) {
			return nil, fmt.Errorf("shop: %w", &jsruntime.RateLimitError{Function: "later", Limit: 60, RetryAfter: 12 * time.Second})
		},
		"panics": func(context.Context, []any) (any, error) { panic("secret of the application") },
		"bytes":  func(context.Context, []any) (any, error) { return []byte{1, 2, 255}, nil },
		"values": func(context.Context, []any) (any, error) {
			return map[string]any{"__proto__": 1, "i": int64(7), "n": nil, "raw": json.RawMessage(`{"a":[1]}`), "list": []any{true, "é"}, "struct": struct{ A int }{1}}, nil
		},
		"bad": func(context.Context, []any) (any, error) { return make(chan int), nil },
	}
}

func hostFunctions(t *testing.T, s *suite) {
	host := application()
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
		"say when a call is free again":          {`try { await later() } catch (e) { return [e.message, e.retryAfter, e instanceof RateLimitError] }`, `["shop: later: rate limit exceeded: 60 a minute, try again in 12 s",12,true]`},
		"say that only where it is known":        {`try { await limited() } catch (e) { return "retryAfter" in e }`, `false`},
		"do not tell of a panic":                 {`try { await panics() } catch (e) { return e.message }`, `"panics: internal error"`},
		"get no bytes of what is detached":       {`const b = new Uint8Array(2); b.buffer.transfer(); console.log(b); return await go(b)`, `"[]interface {}{[]uint8{}}"`},
		"refuse a function":                      {`try { await echo({a: () => 1}) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1.a is a function"]`},
		"refuse a symbol":                        {`try { await echo(1, [Symbol()]) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 2[0] is a symbol"]`},
		"refuse a cycle":                         {`const a = {}; a.a = a; try { await echo(a) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1.a is a cycle"]`},
		"refuse what has an await missing":       {`try { await echo({a: echo(1)}) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1.a is a Promise: is an await missing?"]`},
		"refuse a BigInt":                        {`try { await echo(1n) } catch (e) { return [e.name, e.message] }`, `["TypeError","echo: argument 1 is a BigInt: pass it as a string"]`},
		"refuse what is too large":               {`try { await echo(new Array(2 ** 32 - 1)) } catch (e) { return e.name }`, `"TypeError"`},
		"refuse a graph that explodes":           {`let a = {}; for (let i = 0; i < 60; i++) { a = {l: a, r: a} } try { await echo(a) } catch (e) { return e.name }`, `"TypeError"`},
		"throw what a getter throws":             {`try { await echo({get a() { throw new RangeError("mine") }}) } catch (e) { return e.name }`, `"RangeError"`},
		"that return no value are errors":        {`try { await bad() } catch (e) { return e.message }`, `"the reply of a host function is not a value that JSON can hold: json: unsupported type: chan int"`},
		"cannot be changed in their object":      {`billing.charge = 1; billing.x = 1; delete billing.a; return [typeof billing.charge, typeof billing.x, typeof billing.a]`, `["function","undefined","object"]`},
		"are not there without mention or grant": {`return typeof nothing`, `"undefined"`},
		"are there by a computed name":           {`return await globalThis["ec" + "ho"](1)`, `[1]`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost(host))) })
	}
	t.Run("fail the run at the line of the call", func(t *testing.T) {
		got := s.failure(t, "const a = 1\nawait fail(a)", withHost(host))
		require.Equal(t, "Error: no such order", got.Message)
		require.Equal(t, 2, got.Line)
	})
	t.Run("fail the run by the rate limit", func(t *testing.T) {
		got := s.failure(t, "const a = 1\nawait limited(a)", withHost(host))
		require.Equal(t, jsruntime.FailureRateLimit, got.Kind)
		require.ErrorIs(t, got, jsruntime.ErrRateLimit)
		require.Equal(t, 2, got.Line)
	})
	t.Run("fail the run when nobody awaits them", func(t *testing.T) {
		require.Equal(t, "Unhandled rejection: Error: no such order", s.failure(t, "fail(); await new Promise(r => setTimeout(r, 100)); return 1", withHost(host)).Message)
	})
}

func functionsOfTheLibraryAreNoGlobals(t *testing.T, s *suite) {
	host := functions{
		"part:send": func(context.Context, []any) (any, error) { return "sent", nil },
		"part":      func(context.Context, []any) (any, error) { return "called", nil },
	}
	for name, c := range map[string]struct{ source, want string }{
		"by their name":    {`return [typeof globalThis["part:send"], typeof globalThis.send]`, `["undefined","undefined"]`},
		"nor by their own": {`return Object.getOwnPropertyNames(globalThis).filter(n => n.includes(":"))`, `[]`},
		"beside one":       {`return [await part(), typeof part.send, typeof part["part:send"]]`, `["called","undefined","undefined"]`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost(host))) })
	}
}

func hostCallsEndWithTheRun(t *testing.T, s *suite) {
	t.Run("when the result settles", func(t *testing.T) {
		ended := make(chan error, 1)
		host := functions{"wait": func(ctx context.Context, _ []any) (any, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}}
		result := s.run(`wait(); await null; return 1`, withHost(host))
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
		require.ErrorIs(t, s.failure(t, `try { await wait() } catch {} while (true) {}`, withHost(host), withTime(50*time.Millisecond)), jsruntime.ErrTimeout)
	})
	t.Run("or the realm is abandoned", func(t *testing.T) {
		release := make(chan struct{})
		host := functions{"stuck": func(context.Context, []any) (any, error) { <-release; return nil, nil }}
		result := s.run(`await stuck()`, withHost(host), withTime(20*time.Millisecond))
		require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
		require.NotNil(t, result.Abandoned)
		close(release)
		<-result.Abandoned
	})
}

func eventsArePublishedThroughTheHost(t *testing.T, s *suite) {
	host := functions{jsruntime.EventsPublish: func(_ context.Context, args []any) (any, error) {
		if args[0] == "bad" {
			return nil, errors.New("not that one")
		}
		return fmt.Sprintf("%v", args), nil
	}}
	for name, c := range map[string]struct{ source, want string }{
		"with a type and a payload":   {`return await events.publish("order.checked", {id: 7})`, `"[order.checked map[id:7]]"`},
		"and fail as other calls do":  {`try { await events.publish("bad") } catch (e) { return [e.name, e.message] }`, `["Error","not that one"]`},
		"by an object that is frozen": {`events.publish = 1; events.x = 1; return [typeof events.publish, Object.keys(events), events.publish("a") instanceof Promise]`, `["function",["publish"],true]`},
		"by a computed name as well":  {`return await globalThis["eve" + "nts"].publish("a")`, `"[a]"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source, withHost(host))) })
	}
	t.Run("unless there is none", func(t *testing.T) {
		require.JSONEq(t, `"undefined"`, s.output(t, `return typeof events`))
	})
}

func errorsOfTheHostAreOfTheRealmsOwnClasses(t *testing.T, s *suite) {
	host := functions{"limited": func(context.Context, []any) (any, error) { return nil, jsruntime.ErrRateLimit }}
	for name, sabotage := range map[string]string{
		"by name":              `Error = 5;`,
		"by the global object": `Object.defineProperty(Object.prototype, "unknown", {get: Object.prototype.valueOf}); unknown["Err" + "or"] = 5;`,
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, `"RateLimitError"`,
				s.output(t, sabotage+`try { await limited() } catch (e) { return e.name }`, withHost(host)))
		})
	}
}

func hostCallsRunConcurrentlyWithinABound(t *testing.T, s *suite) {
	var running, most atomic.Int32
	host := functions{"wait": func(context.Context, []any) (any, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(50 * time.Millisecond)
		return nil, nil
	}}
	require.Equal(t, `250`, s.output(t, `return (await Promise.all(Array.from({length: 250}, () => wait()))).length`, withHost(host)))
	require.LessOrEqual(t, most.Load(), int32(100))
	require.Greater(t, most.Load(), int32(1))
}

func hostFunctionsGetTheCallersCtx(t *testing.T, s *suite) {
	type key struct{}
	host := functions{"value": func(ctx context.Context, _ []any) (any, error) {
		deadline, _ := ctx.Deadline()
		return []any{ctx.Value(key{}), time.Until(deadline) > time.Second}, nil
	}}
	ctx := context.WithValue(t.Context(), key{}, "of the caller")
	result := s.executor.Run(ctx, jobOf(`return await value()`, withHost(host)))
	require.NoError(t, result.Err)
	require.JSONEq(t, `["of the caller",true]`, string(result.Output))
}

func largeValuesGoToHostFunctionsAndBack(t *testing.T, s *suite) {
	host := functions{
		"echo": func(_ context.Context, args []any) (any, error) { return args[0], nil },
		"list": func(context.Context, []any) (any, error) {
			return map[string]any{"bytes": []any{[]byte{7}}, "b": map[string]any{"b": []byte{}}, "n": int64(1 << 60)}, nil
		},
	}
	for name, c := range map[string]struct{ source, want string }{
		"a text":                {`const t = "é".repeat(1e6); return await echo(t) === t`, `true`},
		"bytes":                 {`const b = new Uint8Array(4e6).fill(9), c = await echo(b); return [c.length, c[3999999]]`, `[4000000,9]`},
		"many small ones":       {`return (await echo(Array.from({length: 10000}, (_, i) => ({i})))).length`, `10000`},
		"text that is too wide": {`try { await echo("漢".repeat(7 << 20)) } catch (e) { return e.name }`, `"TypeError"`},
		"a deep one":            {`let a = []; for (let i = 0; i < 900; i++) { a = [a] } return JSON.stringify(await echo(a)).length`, `1802`},
		"bytes in a value":      {`const v = await list(); return [v.bytes[0] instanceof Uint8Array, v.bytes[0][0], v.b.b instanceof Uint8Array, v.b.b.length, v.n === 2 ** 60]`, `[true,7,true,0,true]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source, withHost(host), func(job *jsruntime.Job) {
				job.Limits.MaxMemoryBytes = 512 << 20 // converting wide text takes several times its size
			}))
		})
	}
}

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("secret of the application") }

func hostFunctionsThatReturnWhatPanicsDoNoHarm(t *testing.T, s *suite) {
	host := functions{
		"nilError": func(context.Context, []any) (any, error) { var e *nilError; return nil, e },
		"noJSON":   func(context.Context, []any) (any, error) { return panicking{}, nil },
	}
	for _, name := range []string{"nilError", "noJSON"} {
		got := s.output(t, `try { await `+name+`() } catch (e) { return e.message }`, withHost(host))
		require.NotContains(t, got, "secret")
		require.NotEqual(t, "null", got)
	}
}
