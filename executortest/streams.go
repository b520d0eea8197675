package executortest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var streamTests = []test{
	{"streams", streams},
}

func streams(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"give chunks to a reader":         {`const r = new ReadableStream({start(c) { c.enqueue(1); c.enqueue(2); c.close() }}).getReader(); return [await r.read(), await r.read(), await r.read()]`, `[{"value":1,"done":false},{"value":2,"done":false},{"done":true}]`},
		"pull what is wanted":             {`let n = 0; const r = new ReadableStream({pull(c) { c.enqueue(n++) }}, {highWaterMark: 0}).getReader(); await r.read(); await r.read(); return n`, `2`},
		"pull ahead up to their mark":     {`let n = 0; new ReadableStream({pull(c) { c.enqueue(n++) }}, new CountQueuingStrategy({highWaterMark: 3})); await new Promise(r => setTimeout(r, 5)); return n`, `3`},
		"count bytes":                     {`let n = 0; new ReadableStream({pull(c) { n++; c.enqueue(new Uint8Array(10)) }}, new ByteLengthQueuingStrategy({highWaterMark: 25})); await new Promise(r => setTimeout(r, 5)); return n`, `3`},
		"wait for chunks":                 {`let c; const r = new ReadableStream({start(x) { c = x }}).getReader(), p = r.read(); c.enqueue("a"); return await p`, `{"value":"a","done":false}`},
		"fail":                            {`const r = new ReadableStream({start(c) { c.error(new RangeError("mine")) }}).getReader(); try { await r.read() } catch (e) { return e.message }`, `"mine"`},
		"fail as pull does":               {`const r = new ReadableStream({async pull() { throw new RangeError("mine") }}).getReader(); try { await r.read() } catch (e) { return e.message }`, `"mine"`},
		"are cancelled":                   {`let why; const s = new ReadableStream({cancel(w) { why = w }}); await s.cancel("enough"); return [why, await s.getReader().read()]`, `["enough",{"done":true}]`},
		"are locked to one reader":        {`const s = new ReadableStream(), r = s.getReader(), was = s.locked; try { s.getReader() } catch (e) { r.releaseLock(); return [was, e.name, s.locked] }`, `[true,"TypeError",false]`},
		"say when they are closed":        {`const r = new ReadableStream({start(c) { c.close() }}).getReader(); return await r.closed === undefined`, `true`},
		"have two branches":               {`const [a, b] = ReadableStream.from([1, 2]).tee(); const read = async s => { const l = []; for (let i = s.values(), x; !(x = await i.next()).done;) l.push(x.value); return l }; return [await read(a), await read(b)]`, `[[1,2],[1,2]]`},
		"are made of what is iterated":    {`const r = ReadableStream.from(new Set(["a"])).getReader(); return [await r.read(), await r.read()]`, `[{"value":"a","done":false},{"done":true}]`},
		"are iterated":                    {`const i = ReadableStream.from([1, 2, 3])[Symbol.asyncIterator](); return [await i.next(), await i.return("x"), await i.next()]`, `[{"value":1,"done":false},{"value":"x","done":true},{"done":true}]`},
		"are cancelled by their iterator": {`let n = 0; const s = new ReadableStream({cancel() { n++ }}); await s.values().return(); await new ReadableStream({cancel() { n++ }}).values({preventCancel: true}).return(); return [n, s.locked]`, `[1,false]`},
		"are of no other type":            {`return [{type: "bytes"}, {type: ""}].map(o => { try { new ReadableStream(o) } catch (e) { return e.name } })`, `["TypeError","TypeError"]`},
		"refuse what is no source":        {`return [null, 1, {pull: 1}].map(o => { try { new ReadableStream(o) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError"]`},
		"refuse a mark that is none":      {`return [-1, NaN, "x"].map(highWaterMark => { try { new ReadableStream({}, {highWaterMark}) } catch (e) { return e.name } })`, `["RangeError","RangeError","RangeError"]`},
		"work whatever becomes of then":   {`ReadableStream; Promise.prototype.then = () => { throw 1 }; const r = new ReadableStream({start(c) { c.enqueue(1) }}).getReader(); return await r.read()`, `{"value":1,"done":false}`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
	t.Run("fail the run when nobody reads the failure of a reader", func(t *testing.T) {
		got := s.failure(t, `const r = new ReadableStream({start(c) { c.error(new RangeError("mine")) }}).getReader(); r.read(); await new Promise(r => setTimeout(r, 1))`)
		require.Equal(t, "Unhandled rejection: RangeError: mine", got.Message)
	})
}
