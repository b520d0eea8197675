package kv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// world is a Runtime whose scripts have entries.
type world struct {
	*jsruntime.Runtime
	t      *testing.T
	tenant uuid.UUID
}

func newWorld(t *testing.T, s kv.Store, opts ...kv.Option) *world {
	t.Helper()
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), kv.Grant(s, opts...))
	require.NoError(t, err)
	require.NoError(t, rt.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, rt.Stop(context.Background())) })
	return &world{Runtime: rt, t: t, tenant: uuid.New()}
}

// run returns what a script returns, as JSON.
func (w *world) run(source string) string {
	w.t.Helper()
	s, err := w.Register(w.t.Context(), jsruntime.NewScript(w.tenant, uuid.NewString(), source))
	require.NoError(w.t, err)
	e, err := w.Execute(w.t.Context(), w.tenant, s.ID(), nil)
	require.NoError(w.t, err)
	require.NoError(w.t, errorOf(e))
	out, err := json.Marshal(e.Output())
	require.NoError(w.t, err)
	return string(out)
}

func errorOf(e jsruntime.Execution) error {
	if failure := e.Failure(); failure != nil {
		return failure
	}
	return nil
}

func TestScriptsKeepEntries(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"any JSON value":             {`const v = {a: [1, null, true, "ü<>&"], o: {}}; await kv.set("k", v); return await kv.get("k")`, `{"a":[1,null,true,"ü<>&"],"o":{}}`},
		"numbers":                    {`await kv.set("k", 0.5); return await kv.get("k")`, `0.5`},
		"null, which is not nothing": {`await kv.set("k", null); return [await kv.get("k"), (await kv.entry("k")).value, await kv.entry("none")]`, `[null,null,null]`},
		"bytes":                      {`await kv.set("k", new Uint8Array([1, 0, 255])); const v = await kv.get("k"); return [v instanceof Uint8Array, ...v]`, `[true,1,0,255]`},
		"bytes in entries and lists": {`await kv.set("k", new Uint8Array([7])); const page = await kv.list({values: true}); return [(await kv.entry("k")).value[0], page.entries[0].value[0]]`, `[7,7]`},
		"nothing for a key without":  {`return await kv.get("k")`, `null`},
		"versions":                   {`const a = await kv.set("k", 1); const e = await kv.entry("k"); return [a === e.version, e.key, e.value, e.expiresAt]`, `[true,"k",1,null]`},
		"until they are deleted":     {`await kv.set("k", 1); return [await kv.delete("k"), await kv.delete("k"), await kv.get("k")]`, `[true,false,null]`},
		"or until their ttl is over": {`await kv.set("k", 1, {ttl: 60}); const e = await kv.entry("k"); const left = new Date(e.expiresAt) - Date.now(); return left > 50000 && left <= 60000`, `true`},
		"by compare and set": {`
			const first = await kv.compareAndSet("k", null, "a");
			const lost = await kv.compareAndSet("k", null, "b");
			const second = await kv.compareAndSet("k", first, "c", {ttl: 60});
			const stale = await kv.compareAndSet("k", first, "d");
			return [second > first, lost, stale, await kv.get("k")]`, `[true,null,null,"c"]`},
		"by increment": {`return [await kv.increment("n"), await kv.increment("n", 2.5), await kv.increment("n", -1, {ttl: 9}), await kv.get("n"), (await kv.entry("n")).expiresAt]`, `[1,3.5,2.5,2.5,null]`},
		"concurrently": {`await Promise.all(Array.from({length: 20}, () => kv.increment("n"))); return await kv.get("n")`, `20`},
		"and list them": {`
			for (const k of ["a/1", "a/2", "a/3", "b"]) { await kv.set(k, k) }
			const one = await kv.list({prefix: "a/", limit: 2});
			const two = await kv.list({prefix: "a/", limit: 2, after: one.next, values: true});
			return [one.entries.map(e => e.key), one.next, "value" in one.entries[0], two.entries.map(e => [e.key, e.value]), two.next, (await kv.list()).entries.length]`,
			`[["a/1","a/2"],"a/2",false,[["a/3","a/3"]],null,4]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, newWorld(t, kv.NewMemory()).run(c.source))
		})
	}
}

func TestWrongArgumentsAreErrorsThatNameThem(t *testing.T) {
	limits := kv.WithLimits(kv.Limits{KeyBytes: 8, ValueBytes: 16, PageLimit: 5})
	w := newWorld(t, kv.NewMemory(), limits)
	for call, want := range map[string]string{
		`kv.get()`:                                       "kv.get: key: must be a string that is not empty",
		`kv.get("")`:                                     "kv.get: key: must be a string that is not empty",
		`kv.get(7)`:                                      "kv.get: key: must be a string that is not empty",
		`kv.entry([])`:                                   "kv.entry: key: must be a string that is not empty",
		`kv.delete("123456789")`:                         "kv.delete: key: must be at most 8 bytes, is 9",
		`kv.set("k", "123456789012345")`:                 "kv.set: value: must be at most 16 bytes, is 17",
		`kv.set("k", new Uint8Array(17))`:                "kv.set: value: must be at most 16 bytes, is 17",
		`kv.set("k", [new Uint8Array(1)])`:               "kv.set: value: must not hold bytes within an array or an object; bytes may be a value of their own",
		`kv.set("k", {a: NaN})`:                          "kv.set: value: must have no numbers that are not finite",
		`kv.set("k", 1, {ttl: 0})`:                       "kv.set: ttl: must be a number of seconds from 0.001 to 3153600000",
		`kv.set("k", 1, {ttl: -1})`:                      "kv.set: ttl: must be a number of seconds from 0.001 to 3153600000",
		`kv.set("k", 1, {ttl: 1e300})`:                   "kv.set: ttl: must be a number of seconds from 0.001 to 3153600000",
		`kv.set("k", 1, {ttl: NaN})`:                     "kv.set: ttl: must be a number of seconds from 0.001 to 3153600000",
		`kv.set("k", 1, {ttl: "1"})`:                     "kv.set: ttl: must be a number of seconds from 0.001 to 3153600000",
		`kv.set("k", 1, {expires: 1})`:                   "kv.set: options: must have no fields but [ttl]",
		`kv.set("k", 1, 60)`:                             "kv.set: options: must be an object",
		`kv.set(1, NaN, 1)`:                              "kv.set: key: must be a string that is not empty\nvalue: must have no numbers that are not finite\noptions: must be an object",
		`kv.compareAndSet("k", 0, 1)`:                    "kv.compareAndSet: version: must be the version of an entry, or null",
		`kv.compareAndSet("k", 1.5, 1)`:                  "kv.compareAndSet: version: must be the version of an entry, or null",
		`kv.compareAndSet("k", "1", 1)`:                  "kv.compareAndSet: version: must be the version of an entry, or null",
		`kv.compareAndSet("k", 1e300, 1)`:                "kv.compareAndSet: version: must be the version of an entry, or null",
		`kv.increment("k", "1")`:                         "kv.increment: by: must be a finite number",
		`kv.increment("k", Infinity)`:                    "kv.increment: by: must be a finite number",
		`kv.set("k", "a").then(() => kv.increment("k"))`: "kv.increment: the value is not a number",
		`kv.list({limit: 6})`:                            "kv.list: limit: must be a whole number from 1 to 5",
		`kv.list({limit: 1.5})`:                          "kv.list: limit: must be a whole number from 1 to 5",
		`kv.list({limit: NaN})`:                          "kv.list: limit: must be a whole number from 1 to 5",
		`kv.list({prefix: 1})`:                           "kv.list: prefix: must be a string of at most 8 bytes",
		`kv.list({after: "123456789"})`:                  "kv.list: after: must be a string of at most 8 bytes",
		`kv.list({values: 1})`:                           "kv.list: values: must be true or false",
		`kv.list("a")`:                                   "kv.list: options: must be an object",
		`kv.list({tenant: "other", prefix: ""})`:         "kv.list: options: must have no fields but [prefix limit after values]",
	} {
		t.Run(call, func(t *testing.T) {
			require.JSONEq(t, asJSON(t, want), w.run(`try { await (`+call+`) } catch (e) { return e.message }`))
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func TestScriptsOfATenantShareItsEntriesAndNobodyElseDoes(t *testing.T) {
	w := newWorld(t, kv.NewMemory())
	require.Equal(t, `1`, w.run(`return await kv.set("k", "mine")`))
	require.Equal(t, `"mine"`, w.run(`return await kv.get("k")`))
	w.tenant = uuid.New()
	require.JSONEq(t, `[null,{"entries":[],"next":null}]`, w.run(`return [await kv.get("k"), await kv.list()]`))
}

func TestEveryCallCountsAsAnAPICall(t *testing.T) {
	w := newWorld(t, kv.NewMemory())
	s, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "s", `
		await kv.get("k"); await kv.entry("k"); await kv.set("k", 1); await kv.delete("k");
		await kv.compareAndSet("k", null, 1); await kv.increment("k"); await kv.list()`))
	require.NoError(t, err)
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.NoError(t, errorOf(e))
	require.Equal(t, 7, e.Metrics().APICallCount)
}

func TestQuotasAreThoseOfTheTenant(t *testing.T) {
	rich := uuid.New()
	w := newWorld(t, kv.NewMemory(), kv.WithQuota(func(_ context.Context, tenantID uuid.UUID) (kv.Quota, error) {
		if tenantID == rich {
			return kv.Quota{}, nil
		}
		return kv.Quota{Keys: 1, Bytes: 20}, nil
	}))
	two := `try { await kv.set("a", 1); await kv.set("b", 1); return "stored" } catch (e) { return e.message }`
	require.Equal(t, `"kv.set: quota exceeded: 1 keys and 20 bytes"`, w.run(two))
	require.Equal(t, `"kv.increment: quota exceeded: 1 keys and 20 bytes"`, w.run(`try { await kv.increment("n") } catch (e) { return e.message }`))
	w.tenant = rich
	require.Equal(t, `"stored"`, w.run(two))
}

func TestAQuotaThatIsNotKnownRefusesTheWrite(t *testing.T) {
	w := newWorld(t, kv.NewMemory(), kv.WithQuota(func(context.Context, uuid.UUID) (kv.Quota, error) {
		return kv.Quota{}, errors.New("no plan")
	}))
	require.Equal(t, `["kv.set: no plan","kv.increment: no plan",null]`, w.run(`
		const failed = [];
		try { await kv.set("a", 1) } catch (e) { failed.push(e.message) }
		try { await kv.increment("a") } catch (e) { failed.push(e.message) }
		return [...failed, await kv.get("a")]`))
}

func TestAScriptLearnsNothingOfAStoreThatDoesNotWork(t *testing.T) {
	var log bytes.Buffer
	s := kv.NewMemory()
	w := newWorld(t, s, kv.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	require.NoError(t, s.Close())
	require.Equal(t, `"kv.get: the storage is not available"`, w.run(`try { await kv.get("k") } catch (e) { return e.message }`))
	require.Contains(t, log.String(), "error=closed")
}

func TestWhatIsGrantedWronglyIsAnErrorOfNew(t *testing.T) {
	for want, option := range map[string]jsruntime.Option{
		"kv.store: must not be nil":  kv.Grant(nil),
		"kv.quota: must not be nil":  kv.Grant(kv.NewMemory(), kv.WithQuota(nil)),
		"kv.logger: must not be nil": kv.Grant(kv.NewMemory(), kv.WithLogger(nil)),
		"kv.limits.keyBytes: must be between 1 and 1024, or 0 for the default": kv.Grant(kv.NewMemory(),
			kv.WithLimits(kv.Limits{KeyBytes: kv.MaxKeyBytes + 1})),
		"kv.limits.pageLimit: must be between 1 and 100000, or 0 for the default": kv.Grant(kv.NewMemory(),
			kv.WithLimits(kv.Limits{PageLimit: -1})),
	} {
		_, err := jsruntime.New(store.NewMemory(), vm.New(), option)
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
}

func TestTheFunctionsDeclareThemselvesAndAreGrantedOnce(t *testing.T) {
	declared := newWorld(t, kv.NewMemory()).Declarations()
	require.Contains(t, declared, "declare const kv: {")
	for _, member := range []string{
		"get(key: string): Promise<any>;",
		"compareAndSet(key: string, version: number | null, value: any, options?: { ttl?: number }): Promise<number | null>;",
	} {
		require.Contains(t, declared, "  "+member)
	}
	require.NotContains(t, declared, "...args", "a function has no signature")
	_, err := jsruntime.New(store.NewMemory(), vm.New(), kv.Grant(kv.NewMemory()), kv.Grant(kv.NewMemory()))
	require.EqualError(t, err, "new runtime: kv: is granted twice")
}

// hosted is an executor whose only script is a Go function.
type hosted func(ctx context.Context, host jsruntime.Host) error

func (hosted) Check(context.Context, jsruntime.Source) error { return nil }

func (h hosted) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	return jsruntime.Result{Output: []byte("null"), Err: h(ctx, job.Host)}
}

func TestATTLCountsFromTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := func(ctx context.Context, host jsruntime.Host) error {
			_, err := host.Call(ctx, "kv.set", []any{"k", "v", map[string]any{"ttl": 1.5}})
			require.NoError(t, err)
			time.Sleep(1499 * time.Millisecond)
			v, err := host.Call(ctx, "kv.get", []any{"k"})
			require.NoError(t, err)
			require.Equal(t, "v", v)
			time.Sleep(time.Millisecond)
			v, err = host.Call(ctx, "kv.get", []any{"k"})
			require.NoError(t, err)
			require.Nil(t, v)
			return nil
		}
		rt, err := jsruntime.New(store.NewMemory(), hosted(script), kv.Grant(kv.NewMemory()))
		require.NoError(t, err)
		require.NoError(t, rt.Start(t.Context()))
		tenant := uuid.New()
		s, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, "s", "x"))
		require.NoError(t, err)
		e, err := rt.Execute(t.Context(), tenant, s.ID(), nil)
		require.NoError(t, err)
		require.NoError(t, errorOf(e))
		require.NoError(t, rt.Stop(t.Context()))
	})
}
