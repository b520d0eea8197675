package vm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// echo answers a request with what it was asked.
type echo struct{}

func (echo) Functions() []string { return []string{"fetch:send"} }

func (echo) Call(_ context.Context, _ string, args []any) (any, error) {
	return fmt.Appendf(nil, "200\nOK\n%s\n-w\n\n%q", args[1], args[1:]), nil
}

func TestARequestOfPlainObjectsIsWhatTheLibraryMakesOfIt(t *testing.T) {
	for _, init := range []string{
		`{}`, `{method: "post"}`, `{method: "POST", body: "a"}`, `{method: "PUT", body: ""}`, `{method: "DELETE", body: null}`,
		`{method: "patch"}`, `{method: "a b"}`, `{method: "TRACE"}`, `{method: 1}`, `{method: undefined, headers: undefined, body: undefined}`,
		`{body: "a"}`, `{method: "HEAD", body: "a"}`, `{method: "POST", body: "\u20ac\ud800"}`, `{method: "POST", body: 1}`,
		`{method: "POST", body: new Uint8Array([65])}`, `{method: "POST", body: new URLSearchParams("a=b")}`,
		`{headers: {a: "b", "X-C": " d\t", 2: "two", 1: "one"}}`, `{headers: {A: "1", a: "2"}}`, `{headers: {a: 1}}`, `{headers: {a: ""}}`,
		`{headers: {"a b": "c"}}`, `{headers: {a: "b\nc"}}`, `{headers: {a: "b\0"}}`, `{headers: {a: "\u00e9"}}`, `{headers: {a: "\u20ac"}}`,
		`{headers: {"": "a"}}`, `{headers: null}`, `{headers: []}`, `{headers: [["a", "b"]]}`, `{headers: new Headers({a: "b"})}`,
		`{headers: {__proto__: {a: "b"}, c: "d"}}`, `{headers: Object.defineProperty({a: "b"}, "c", {value: "d"})}`, `{headers: {get a() { return "b" }}}`,
		`{method: "POST", headers: {"Content-Type": "x"}, body: "a"}`, `{method: "POST", headers: {"content-type": ""}, body: "a"}`,
		`{headers: {a: await (await fetch("http://a.example/")).text()}}`, `{method: "POST", body: await (await fetch("http://a.example/")).text()}`,
		`{redirect: "manual"}`, `{redirect: "never"}`, `{cache: "no-store", method: "POST"}`, `{signal: 1}`, `{window: 1}`, `{unknown: 1}`,
		`{__proto__: {method: "POST"}}`, `{get method() { return "POST" }}`, `Object.create(null)`, `null`, `1`, `[]`,
	} {
		for _, before := range []string{
			``, `Object.prototype.redirect = "manual";`, `Object.prototype.body = "x";`, `Object.prototype[Symbol.iterator] = function* () {};`,
			`try { Object.setPrototypeOf(Object.prototype, {__proto__: null, redirect: "manual"}) } catch {}`,
		} {
			source := before + `const ask = async (init) => {
				try { return await (await fetch("http://A.example/x?y#z", init)).text() } catch (e) { return e.name + ": " + e.message }
			};
			const init = ` + init + `, other = typeof init === "object" && init ? Object.defineProperty(` + init + `, Symbol(), {value: 1}) : init;
			return [await ask(init), await ask(other)]`
			result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: source}, Host: echo{}})
			require.NoError(t, result.Err, "%s %s", before, init)
			answers := strings.TrimSuffix(strings.TrimPrefix(string(result.Output), "["), "]")
			half := (len(answers) - len(",")) / 2
			assert.Equal(t, answers[:half], answers[half+1:], "%s %s", before, init)
		}
	}
}

// pages answers each request with a megabyte.
type pages struct{ echo }

func (pages) Call(_ context.Context, _ string, args []any) (any, error) {
	return fmt.Appendf(nil, "200\nOK\n%s\n-w\n\n%s", args[1], make([]byte, 1<<20)), nil
}

func TestBodiesThatNobodyHasReadAreMemoryOfTheScript(t *testing.T) {
	job := jsruntime.Job{
		Source: jsruntime.Source{Text: `const all = []; for (let i = 0; i < 200; i++) all.push(await fetch("http://a.example/")); return all.length`},
		Limits: jsruntime.ResourceLimits{MaxMemoryBytes: 32 << 20}, Host: pages{},
	}
	var failure *jsruntime.ScriptError
	require.ErrorAs(t, vm.New().Run(t.Context(), job).Err, &failure)
	assert.Equal(t, jsruntime.FailureMemory, failure.Kind)
}

func TestABodyThatWasReadIsNotMemoryAnyMore(t *testing.T) {
	job := jsruntime.Job{
		Source: jsruntime.Source{Text: `const all = []; for (let i = 0; i < 200; i++) { const r = await fetch("http://a.example/"); await r.text(); all.push(r) } return all.length`},
		Limits: jsruntime.ResourceLimits{MaxMemoryBytes: 32 << 20}, Host: pages{},
	}
	require.NoError(t, vm.New().Run(t.Context(), job).Err)
}

func TestAResponseOfTheHostThatIsNoneIsAnErrorOfTheScript(t *testing.T) {
	for _, reply := range []any{
		nil, "200\nOK\n\n-w\n\n", []any{200.0}, map[string]any{"status": 200.0}, []byte{}, []byte("200"), []byte("200\nOK\n\n-w\n"),
		[]byte("two\nOK\n\n-w\n\n"), []byte("200\nOK\n\nw\n\n"), []byte("200\nOK\n\n-w\na\n\n"), []byte("200\nOK\n\n-w\na\nb\n"), []byte("\n\n\n\n\n"),
	} {
		source := `try { await fetch("http://a.example/") } catch (e) { return [e.name, e.message] }`
		result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: source}, Host: replies{reply: reply}})
		require.NoError(t, result.Err)
		assert.JSONEq(t, `["TypeError","fetch: the host sent no response"]`, string(result.Output), "%v", reply)
	}
}

// replies answers each request with one value.
type replies struct {
	echo
	reply any
}

func (r replies) Call(context.Context, string, []any) (any, error) { return r.reply, nil }

func TestAResponseSaysTheSameWhateverOfItIsReadFirst(t *testing.T) {
	reply := []byte("201\nMade\nhttp://a.example/there\nrw\ncontent-type\napplication/json\nx\ny\n\n{\"a\":1}")
	for source, want := range map[string]string{
		`return [r.status, r.statusText, r.url, r.redirected, r.ok, r.type, r.bodyUsed]`:                                `[201,"Made","http://a.example/there",true,true,"basic",false]`,
		`const c = r.clone(); return [await r.text(), await c.json(), c.status, c.headers.get("x"), c.type]`:            `["{\"a\":1}",{"a":1},201,"y","basic"]`,
		`const t = await r.text(); return [t, r.bodyUsed, await r.text().catch((e) => e.name)]`:                         `["{\"a\":1}",true,"TypeError"]`,
		`await r.json(); return [r.bodyUsed, await r.bytes().catch((e) => e.name), r.body.locked]`:                      `[true,"TypeError",true]`,
		`const b = r.body; return [b.locked, await r.text(), b.locked, r.bodyUsed]`:                                     `[false,"{\"a\":1}",true,true]`,
		`return [r.bodyUsed, (await r.bytes()).length, r.bodyUsed]`:                                                     `[false,7,true]`,
		`try { await Response.prototype.text.call({}) } catch (e) { return e.name }`:                                    `"TypeError"`,
		`try { await Request.prototype.text.call(r) } catch (e) { return [e.name, await r.text()] }`:                    `["TypeError","{\"a\":1}"]`,
		`try { await Request.prototype.json.call(r) } catch (e) { return [e.name, r.bodyUsed] }`:                        `["TypeError",false]`,
		`const p = r.text(); return [p instanceof Promise, Object.getPrototypeOf(r) === Response.prototype, String(r)]`: `[true,true,"[object Response]"]`,
	} {
		text := `const r = await fetch("http://a.example/"); ` + source
		result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: text}, Host: replies{reply: reply}})
		require.NoError(t, result.Err, source)
		assert.JSONEq(t, want, string(result.Output), source)
	}
}

func TestAPropertyThenIsCalledOfWhatAPromiseOfTheLibraryIsResolvedWith(t *testing.T) {
	reply := []byte("200\nOK\n\n-w\n\n{\"a\":1}")
	for source, want := range map[string]string{
		`Object.prototype.then = function (f) { delete Object.prototype.then; f("other") }; return await r.json()`:                                     `"other"`,
		`Object.defineProperty(Object.prototype, "then", {configurable: true, get() { n++ }}); await r.json(); delete Object.prototype.then; return n`: `1`,
		`Response.prototype.then = function (f) { delete Response.prototype.then; f("other") }; return await fetch("http://a.example/")`:               `"other"`,
	} {
		text := `let n = 0; const r = await fetch("http://a.example/"); ` + source
		result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: text}, Host: replies{reply: reply}})
		require.NoError(t, result.Err, source)
		assert.JSONEq(t, want, string(result.Output), source)
	}
}

func TestABodyThatIsNoJSONRejectsThePromise(t *testing.T) {
	source := `const r = await fetch("http://a.example/"), p = r.json(); return await p.catch((e) => [e.name, e.message, e instanceof SyntaxError, r.bodyUsed])`
	result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: source}, Host: replies{reply: []byte("200\nOK\n\n-w\n\n{a")}})
	require.NoError(t, result.Err)
	assert.JSONEq(t, `["SyntaxError","JSON.parse: the text is not valid JSON at position 1",true,true]`, string(result.Output))
}
