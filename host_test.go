package jsruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// calls is a script that makes the given calls, and returns the replies and the errors.
func calls(names []string, args ...any) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		var out []any
		for _, name := range names {
			reply, err := job.Host.Call(ctx, name, args)
			if err != nil {
				reply = err.Error()
			}
			out = append(out, reply)
		}
		raw, err := json.Marshal(out)
		return jsruntime.Result{Output: raw, Err: err}
	}
}

func TestAFunctionGetsWhoCallsAndTheArguments(t *testing.T) {
	var got jsruntime.FunctionCall
	w := startedWorld(t, jsruntime.WithFunction("billing.charge", func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
		got = call
		return map[string]any{"charged": call.Arg(0)}, nil
	}))
	w.fake.on("x", calls([]string{"billing.charge"}, 5.0, "EUR"))
	s := w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{map[string]any{"charged": 5.0}}, e.Output())
	require.Equal(t, []uuid.UUID{w.tenant, s.ID(), e.ID()}, []uuid.UUID{got.TenantID, got.ScriptID, got.ExecutionID})
	require.Equal(t, []any{5.0, "EUR"}, got.Args)
	require.Nil(t, got.Arg(2))
	require.Nil(t, got.Arg(-1))
	require.Equal(t, []string{"billing.charge"}, w.fake.seen()[0].Host.Functions())
}

func TestTheContextOfAFunctionKeepsItsArgumentsNoLongerThanTheCall(t *testing.T) {
	var kept context.Context
	w := startedWorld(t, jsruntime.WithFunction("login", func(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
		kept = ctx
		same, ok := jsruntime.CallFrom(context.WithoutCancel(ctx))
		require.True(t, ok)
		require.Equal(t, call, same)
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(format, ctx), "password")
		}
		require.Regexp(t, `\.WithCall\(login\)$`, fmt.Sprint(ctx))
		return nil, nil
	}))
	w.fake.on("x", calls([]string{"login"}, "password"))
	s := w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{nil}, e.Output())
	call, ok := jsruntime.CallFrom(kept)
	require.True(t, ok)
	require.Equal(t, s.ID(), call.ScriptID)
	require.Nil(t, call.Args)
}

func TestCallsAreCountedByTheirKind(t *testing.T) {
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	w := startedWorld(t,
		jsruntime.WithFunction("api", nop), jsruntime.WithFunction("db", nop, jsruntime.DatabaseQuery),
		jsruntime.WithFunction("helper", nop, jsruntime.Uncounted))
	w.fake.on("x", calls([]string{"api", "api", "db", "helper", "helper", "nobody"}))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, 3, e.Metrics().APICallCount)
	require.Equal(t, 1, e.Metrics().DatabaseQueryCount)
	require.Equal(t, "function nobody: not found", e.Output().([]any)[5])
}

func TestCallsAboveTheMinutesBudgetAreRefusedAndNotMade(t *testing.T) {
	made := 0
	w := startedWorld(t, jsruntime.WithFunction("api", func(context.Context, jsruntime.FunctionCall) (any, error) {
		made++
		return "made", nil
	}))
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxAPICallsPerMinute = 3
	w.fake.on("x", calls([]string{"api", "api"}))
	s := w.active("x", jsruntime.WithResourceLimits(limits))
	first, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{"made", "made"}, first.Output())
	second, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{"made", "api: rate limit exceeded: 3 a minute, try again in 60 s"}, second.Output())
	require.Equal(t, 1, second.Metrics().APICallCount)
	require.Equal(t, 3, made)
}

func TestARefusedCallIsToldWhenACallIsFreeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return "made", nil }
		w := newWorldOn(t, store.NewMemory(), jsruntime.WithFunction("api", nop), jsruntime.WithFunction("fetch:send", nop))
		require.NoError(t, w.Start(t.Context()))
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxAPICallsPerMinute = 2
		refused := map[string]*jsruntime.RateLimitError{}
		w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			for _, name := range []string{"api", "api", "fetch:send", jsruntime.EventsPublish} {
				_, err := job.Host.Call(ctx, name, nil)
				if limited, ok := errors.AsType[*jsruntime.RateLimitError](err); ok {
					refused[name] = limited
				}
				time.Sleep(12300 * time.Millisecond)
			}
			return jsruntime.Result{Output: []byte("null")}
		})
		e, err := w.Execute(t.Context(), w.tenant, w.active("x", jsruntime.WithResourceLimits(limits)).ID(), nil)
		require.NoError(t, err)
		require.Nil(t, e.Failure())
		require.Equal(t, map[string]*jsruntime.RateLimitError{
			"fetch:send":            {Function: "fetch", Limit: 2, RetryAfter: 36 * time.Second},
			jsruntime.EventsPublish: {Function: "events.publish", Limit: 2, RetryAfter: 24 * time.Second},
		}, refused)
		require.Equal(t, "fetch: rate limit exceeded: 2 a minute, try again in 36 s", refused["fetch:send"].Error())
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestSecretsComeFromTheApplicationByTenant(t *testing.T) {
	secrets := func(_ context.Context, tenantID uuid.UUID, name string) (string, error) {
		switch name {
		case "key":
			return "of " + tenantID.String(), nil
		case "missing":
			return "", fmt.Errorf("vault says: %w", jsruntime.ErrNotFound)
		}
		return "", errors.New("vault is sealed")
	}
	w := startedWorld(t, jsruntime.WithSecrets(secrets))
	for arg, want := range map[any]string{
		"key": "of " + w.tenant.String(), "missing": `secret "missing": not found`, "other": "vault is sealed",
		"": "secrets.get: the name must be a string that is not empty", 1.0: "secrets.get: the name must be a string that is not empty",
	} {
		source := fmt.Sprintf("get %v", arg)
		var got any
		w.fake.on(source, func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
			reply, err := job.Host.Call(ctx, jsruntime.SecretsGet, []any{arg})
			if got = reply; err != nil {
				got = err.Error()
			}
			return jsruntime.Result{Output: []byte("null")}
		})
		e, err := w.Execute(t.Context(), w.tenant, w.active(source).ID(), nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		asked := 1
		if name, _ := arg.(string); name == "" {
			asked = 0
		}
		require.Equal(t, asked, e.Metrics().APICallCount)
	}
	without := startedWorld(t)
	without.fake.on("x", calls([]string{jsruntime.SecretsGet}, "key"))
	e, err := without.Execute(t.Context(), without.tenant, without.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{`secret "key": not found`}, e.Output())
}

func TestRepliesAreValuesThatShareNothingWithTheApplication(t *testing.T) {
	type order struct {
		ID    int    `json:"id"`
		inner string //nolint:unused // shows that it stays inside
	}
	shared := map[string]any{"list": []string{"a"}}
	bytes := []byte{1, 2}
	circle := map[string]any{}
	circle["list"] = []any{circle}
	for name, test := range map[string]struct {
		reply any
		want  any
		err   string
	}{
		"nothing": {nil, nil, ""}, "int": {7, 7.0, ""}, "int64": {int64(7), 7.0, ""}, "bool": {true, true, ""},
		"struct": {order{ID: 1, inner: "x"}, map[string]any{"id": 1.0}, ""},
		"map":    {shared, map[string]any{"list": []any{"a"}}, ""},
		"bytes":  {bytes, bytes, ""},
		"json":   {json.RawMessage(`[1]`), []any{1.0}, ""},
		"bad":    {json.RawMessage(`[1`), nil, "the function returned what is not JSON"},
		"func":   {func() {}, nil, "the function returned a func(), which is not a value"},
		"chan":   {map[string]any{"c": make(chan int)}, nil, "the function returned a chan int, which is not a value"},
		"map of bytes": {
			map[string]any{"b": bytes, "l": []any{bytes, nil, int64(1), []any{bytes}}, "s": struct{ B []byte }{bytes}},
			map[string]any{"b": bytes, "l": []any{bytes, nil, 1.0, []any{bytes}}, "s": map[string]any{"B": "AQI="}}, "",
		},
		"nil map": {map[string]any(nil), nil, ""}, "nil list": {[]any(nil), nil, ""},
		"circle": {circle, nil, "the function returned a value that is nested more than 1000 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, jsruntime.WithFunction("f", func(context.Context, jsruntime.FunctionCall) (any, error) {
				return test.reply, nil
			}))
			var reply any
			var err error
			w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
				reply, err = job.Host.Call(ctx, "f", nil)
				return jsruntime.Result{Output: []byte("null")}
			})
			_, runErr := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
			require.NoError(t, runErr)
			require.Equal(t, test.want, reply)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			if m, ok := reply.(map[string]any); ok && m["b"] != nil {
				reply = m["b"]
			}
			if b, ok := reply.([]byte); ok {
				b[0] = 9
				require.Equal(t, []byte{1, 2}, bytes)
			}
		})
	}
}

func TestAFunctionOfTheLibraryIsListedAndCalledByItsName(t *testing.T) {
	send := func(context.Context, jsruntime.FunctionCall) (any, error) { return "sent", nil }
	w := startedWorld(t, jsruntime.WithFunction("fetch:send", send))
	w.fake.on("x", calls([]string{"fetch:send"}))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, []any{"sent"}, e.Output())
	require.Equal(t, []string{"fetch:send"}, w.fake.seen()[0].Host.Functions())
}

func TestAGlobalIsGrantedOnce(t *testing.T) {
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	fetch := jsruntime.Capability("fetch", "", jsruntime.WithFunction("fetch:send", nop), jsruntime.WithFunction("fetch:read", nop))
	store, own := store.NewMemory(), jsruntime.WithFunction("fetch", nop)
	for name, c := range map[string]struct {
		opts []jsruntime.Option
		want string
	}{
		"a capability": {[]jsruntime.Option{fetch, fetch}, "fetch: is granted twice"},
		"beside a function of the application": {[]jsruntime.Option{fetch, own},
			`function "fetch": the global fetch is granted already, as a part of the library`},
		"whichever comes first": {[]jsruntime.Option{own, fetch},
			`function "fetch": the global fetch is granted already, as a part of the library`},
		"or is a part of an object": {[]jsruntime.Option{jsruntime.WithFunction("db.query", nop), jsruntime.WithFunction("db:query", nop)},
			`function "db.query": the global db is granted already, as a part of the library`},
		"no global":         {[]jsruntime.Option{jsruntime.Capability("a.b", "")}, `capability: "a.b" must be an identifier that is not reserved`},
		"a reserved global": {[]jsruntime.Option{jsruntime.Capability("console", "")}, `capability: "console" must be an identifier that is not reserved`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jsruntime.New(store, newFake(), c.opts...)
			require.EqualError(t, err, "new runtime: "+c.want)
			require.Len(t, jsruntime.FieldErrors(err), 1)
		})
	}
}

func TestACapabilityReportsEveryBrokenRule(t *testing.T) {
	_, err := jsruntime.New(store.NewMemory(), newFake(), jsruntime.Capability("shop", "",
		jsruntime.WithMaxPendingRuns(0), jsruntime.WithFunction("a:b.c", nil),
		jsruntime.InvalidOption(jsruntime.ErrConflict)))
	require.ErrorIs(t, err, jsruntime.ErrConflict)
	require.ErrorContains(t, err, "maxPendingRuns")
	require.ErrorContains(t, err, `function "a:b.c": the name must be`)
}

func TestAnOptionThatIsGivenNothingIsRefused(t *testing.T) {
	for field, opt := range map[string]jsruntime.Option{
		"secrets": jsruntime.WithSecrets(nil), "tenantLimits": jsruntime.WithTenantLimits(nil),
		"tenantWeights": jsruntime.WithTenantWeights(nil), "eventBus": jsruntime.WithEventBus(nil),
		"logger": jsruntime.WithLogger(nil), `function "f"`: jsruntime.WithFunction("f", nil),
	} {
		_, err := jsruntime.New(store.NewMemory(), newFake(), opt)
		require.EqualError(t, err, "new runtime: "+field+": must not be nil")
		require.Len(t, jsruntime.FieldErrors(err), 1)
	}
}

func TestARestartIsNoWayToANewBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 5
		nop := jsruntime.WithFunction("api", func(context.Context, jsruntime.FunctionCall) (any, error) { return "ok", nil })
		st := store.NewMemory()
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxAPICallsPerMinute = limit
		first := newWorldOn(t, st, nop)
		require.NoError(t, first.Start(t.Context()))
		script := first.active("calls", jsruntime.WithResourceLimits(limits))
		calledBy := func(w *world) (done int) { // how many of a run's calls were let through
			w.tenant = first.tenant
			w.fake.on("calls", calls(slices.Repeat([]string{"api"}, limit-1)))
			e, err := w.Execute(t.Context(), w.tenant, script.ID(), nil)
			require.NoError(t, err)
			for _, reply := range e.Output().([]any) {
				if reply == "ok" {
					done++
				}
			}
			return done
		}
		require.Equal(t, limit-1, calledBy(first))
		require.NoError(t, first.Stop(t.Context()))

		time.Sleep(30 * time.Second)
		second := newWorldOn(t, st, nop)
		require.NoError(t, second.Start(t.Context()))
		require.Equal(t, 1, calledBy(second))
		time.Sleep(31 * time.Second) // the calls of the first are a minute old
		require.Equal(t, limit-1, calledBy(second))
		require.NoError(t, second.Stop(t.Context()))

		// what an interrupted run has used nobody knows
		interrupted := jsruntime.NewExecution(first.tenant, script.ID(), jsruntime.TriggerManual).Record()
		_, err := st.CreateExecutions(t.Context(), jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{interrupted}})
		require.NoError(t, err)
		_, err = st.ClaimExecutions(t.Context(), jsruntime.Claim{Node: "dead", Now: time.Now(), Limit: 1})
		require.NoError(t, err)
		time.Sleep(50 * time.Minute)
		third := newWorldOn(t, st, nop)
		require.NoError(t, third.Start(t.Context()))
		require.Zero(t, calledBy(third))
		time.Sleep(time.Minute)
		require.Equal(t, limit-1, calledBy(third))
		require.NoError(t, third.Stop(t.Context()))
	})
}
