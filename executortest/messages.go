package executortest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var messageTests = []test{
	{"headers", headers},
	{"requests", requests},
	{"responses", responses},
	{"bodies", bodies},
	{"a response is an answer", aResponseIsAnAnswer},
	{"blobs and forms", blobsAndForms},
}

func headers(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"are made of an object":               {`return [...new Headers({"X-B": 1, "x-a": " two\t"})]`, `[["x-a","two"],["x-b","1"]]`},
		"are made of pairs":                   {`return [...new Headers([["b", 1], new Set(["a", 2])])]`, `[["a","2"],["b","1"]]`},
		"are made of others":                  {`const h = new Headers({a: 1}), g = new Headers(h); g.set("a", 2); return [h.get("a"), g.get("a")]`, `["1","2"]`},
		"combine values":                      {`const h = new Headers({a: 1}); h.append("A", 2); return [h.get("a"), [...h]]`, `["1, 2",[["a","1, 2"]]]`},
		"keep cookies apart":                  {`const h = new Headers([["set-cookie", "a=1"], ["b", 1], ["Set-Cookie", "c=2"]]); return [h.getSetCookie(), [...h.keys()]]`, `[["a=1","c=2"],["b","set-cookie","set-cookie"]]`},
		"replace values in their place":       {`const h = new Headers([["a", 1], ["b", 2], ["a", 3]]); h.set("a", 4); return [h.get("a"), h.has("A"), h.has("c"), h.get("c")]`, `["4",true,false,null]`},
		"delete":                              {`const h = new Headers([["a", 1], ["b", 2], ["A", 3]]); h.delete("A"); return [...h.values()]`, `["2"]`},
		"are seen by an iterator as they are": {`const h = new Headers({a: 1, c: 3}), i = h.entries(); i.next(); h.append("b", 2); return [...i]`, `[["b","2"],["c","3"]]`},
		"refuse names that are none":          {`return ["", "a b", "é", "a:"].map(n => { try { new Headers().append(n, 1) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError","TypeError"]`},
		"refuse values that are none":         {`return ["a\nb", "a\0", "漢"].map(v => { try { new Headers().append("a", v) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError"]`},
		"refuse pairs that are none":          {`return [[["a"]], [["a", 1, 2]], ["ab"], null, 1].map(i => { try { new Headers(i) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError","TypeError","TypeError"]`},
		"call forEach":                        {`const a = []; new Headers({b: 1, a: 2}).forEach(function (v, n, h) { a.push(v, n, h.has(n), this.x) }, {x: 1}); return a`, `["2","a",true,1,"1","b",true,1]`},
		"are no plain objects":                {`return [Object.prototype.toString.call(new Headers()), Object.keys(new Headers({a: 1}))]`, `["[object Headers]",[]]`},
		"are headers in the output":           {`return {h: new Headers([["a", 1], ["set-cookie", "b"]])}`, `{"h":{"a":"1","set-cookie":["b"]}}`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
}

func requests(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"have defaults":                  {`const r = new Request("https://a.example/b"); return [r.method, r.url, [...r.headers], r.body, r.bodyUsed, r.redirect, r.mode, r.credentials, r.cache, r.referrer]`, `["GET","https://a.example/b",[],null,false,"follow","cors","same-origin","default","about:client"]`},
		"normalize methods":              {`return ["get", "post", "patch"].map(method => new Request("http://a/", {method}).method)`, `["GET","POST","patch"]`},
		"refuse some methods":            {`return ["connect", "TRACE", "a b", ""].map(method => { try { new Request("http://a/", {method}) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError","TypeError"]`},
		"take a body":                    {`const r = new Request("http://a/", {method: "POST", body: "é"}); return [r.headers.get("content-type"), await r.text(), r.bodyUsed]`, `["text/plain;charset=UTF-8","é",true]`},
		"have no body with GET":          {`try { new Request("http://a/", {body: "x"}) } catch (e) { return e.name }`, `"TypeError"`},
		"are made of others":             {`const a = new Request("http://a/", {method: "PUT", body: "x", headers: {b: 1}}), b = new Request(a, {headers: {c: 2}}); return [a.bodyUsed, b.method, await b.text(), [...b.headers.keys()]]`, `[true,"PUT","x",["c"]]`},
		"are cloned":                     {`const a = new Request("http://a/", {method: "PUT", body: "x"}), b = a.clone(); return [await a.text(), await b.text(), a.url === b.url]`, `["x","x",true]`},
		"refuse addresses that are none": {`return ["", "/a", "http://u:p@a/", "no"].map(u => { try { new Request(u) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError","TypeError"]`},
		"refuse settings that are none":  {`return [{redirect: "x"}, {mode: "navigate"}, {cache: "only-if-cached"}, {window: 1}, {signal: 1}, {credentials: null}].map(i => { try { new Request("http://a/", i) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]`},
		"say when a stream is a body":    {`const body = new ReadableStream(); try { new Request("http://a/", {method: "POST", body}) } catch (e) { return [e.name, new Request("http://a/", {method: "POST", body, duplex: "half"}).body === body] }`, `["TypeError",true]`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
}

func responses(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"have defaults":                   {`const r = new Response(); return [r.status, r.ok, r.statusText, r.type, r.url, r.redirected, r.body, [...r.headers]]`, `[200,true,"","default","",false,null,[]]`},
		"have a status and headers":       {`const r = new Response("x", {status: 404, statusText: "No", headers: {a: 1}}); return [r.status, r.ok, r.statusText, [...r.headers]]`, `[404,false,"No",[["a","1"],["content-type","text/plain;charset=UTF-8"]]]`},
		"refuse a status that is none":    {`return [{status: 199}, {status: 600}, {statusText: "\n"}].map(i => { try { new Response("", i) } catch (e) { return e.name } })`, `["RangeError","RangeError","TypeError"]`},
		"have no body with some":          {`return [204, 205, 304].map(status => { try { new Response("", {status}) } catch (e) { return [e.name, new Response(null, {status}).status] } })`, `[["TypeError",204],["TypeError",205],["TypeError",304]]`},
		"are JSON":                        {`const r = Response.json({a: [1]}, {status: 201}); return [r.status, r.headers.get("content-type"), await r.json()]`, `[201,"application/json",{"a":[1]}]`},
		"are no JSON of undefined":        {`try { Response.json(undefined) } catch (e) { return e.name }`, `"TypeError"`},
		"are redirects":                   {`const r = Response.redirect("http://a.example/b", 301); return [r.status, r.headers.get("location")]`, `[301,"http://a.example/b"]`},
		"are errors":                      {`const r = Response.error(); return [r.type, r.status]`, `["error",0]`},
		"are cloned":                      {`const a = new Response("x", {headers: {a: 1}}), b = a.clone(); b.headers.set("a", 2); return [await a.text(), await b.text(), a.headers.get("a")]`, `["x","x","1"]`},
		"are not cloned once read":        {`const a = new Response("x"); await a.text(); try { a.clone() } catch (e) { return e.name }`, `"TypeError"`},
		"are shown by the console":        {`console.log(Response.json(1)); return 1`, `1`},
		"have headers that cannot change": {`try { Response.error().headers.set("a", 1) } catch (e) { return e.name }`, `"TypeError"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
	result := s.run(`console.log(Response.json(1))`)
	require.Equal(t, "Response { status: 200, statusText: '', headers: Headers { 'content-type': 'application/json' }, url: '', redirected: false, type: 'default', bodyUsed: false }", result.Logs[0].Message)
}

func bodies(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"are texts":                {`return await new Response("é\ud800").text()`, `"é\ufffd"`},
		"are texts without a mark": {`return await new Response(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61, 0xE2, 0x82])).text()`, `"a\ufffd"`},
		"are JSON":                 {`return await new Response('{"a":1}').json()`, `{"a":1}`},
		"are not always JSON":      {`try { await new Response("{").json() } catch (e) { return e.name }`, `"SyntaxError"`},
		"are bytes":                {`const b = await new Response(new Uint16Array([0x4142])).bytes(); return [b instanceof Uint8Array, ...b]`, `[true,66,65]`},
		"are buffers":              {`const b = await new Response(new DataView(new ArrayBuffer(8), 2, 3)).arrayBuffer(); return [b instanceof ArrayBuffer, b.byteLength]`, `[true,3]`},
		"say their MIME type": {`const types = [];
			for (const type of ["Text/HTML;Charset=GBK", 'a/b;c="d', "a/b;charset=x, a/b", "nonsense"]) { types.push((await new Response("x", {headers: {"content-type": type}}).blob()).type) }
			return types`, `["text/html;charset=GBK","a/b;c=d","a/b;charset=x",""]`},
		"stay locked once they are read": {`const r = new Response("x"), s = new Response("x"); s.body; await r.text(); await s.text();
			try { r.body.getReader() } catch (e) { return [r.bodyUsed, r.body.locked, s.bodyUsed, s.body.locked, e.name] }`, `[true,true,true,true,"TypeError"]`},
		"are no promises": {`const r = new Response(new ReadableStream({start(c) { c.enqueue(new Uint8Array([65])); c.close() }}));
			Object.prototype.then = function (f) { delete Object.prototype.then; f({done: false, value: new Uint8Array([66])}) }; const text = await r.text(); delete Object.prototype.then; return text`, `"A"`},
		"are blobs":                      {`const b = await new Response("x", {headers: {"content-type": "text/css"}}).blob(); return [b.size, b.type]`, `[1,"text/css"]`},
		"are copies of what was given":   {`const a = new Uint8Array([1]), r = new Response(a); a[0] = 2; const b = await r.clone().bytes(); b[0] = 3; return [...await r.bytes()]`, `[1]`},
		"are read once":                  {`const r = new Response("x"); await r.text(); try { await r.text() } catch (e) { return [e.name, r.bodyUsed] }`, `["TypeError",true]`},
		"are empty where there are none": {`const r = new Response(); return [await r.text(), r.bodyUsed, (await r.arrayBuffer()).byteLength]`, `["",false,0]`},
		"are streams":                    {`const r = new Response("abc"), i = r.body.values(); const {value} = await i.next(); return [value.length, (await i.next()).done, r.bodyUsed]`, `[3,true,true]`},
		"may be streams of the script":   {`let n = 0; const r = new Response(new ReadableStream({pull(c) { if (n === 3) c.close(); else c.enqueue(new Uint8Array([65 + n++])) }})); return await r.text()`, `"ABC"`},
		"must be streams of bytes":       {`try { await new Response(ReadableStream.from(["x"])).text() } catch (e) { return e.name }`, `"TypeError"`},
		"are not read by two":            {`const r = new Response("abc"); r.body.getReader(); try { await r.text() } catch (e) { return e.name }`, `"TypeError"`},
		"fail as their streams do":       {`try { await new Response(new ReadableStream({pull() { throw new RangeError("mine") }})).text() } catch (e) { return e.name }`, `"RangeError"`},
		"are streams that can be cloned": {`const a = new Response(new ReadableStream({start(c) { c.enqueue(new Uint8Array([65])); c.close() }})), b = a.clone(); return [await b.text(), await a.text()]`, `["A","A"]`},
		"are rejected for other objects": {`try { await Response.prototype.text.call({}) } catch (e) { return e.name }`, `"TypeError"`},
		"read forms":                     {`const f = await new Response("a=1&b=%C3%A9+x&a=2", {headers: {"content-type": "application/x-www-form-urlencoded;charset=UTF-8"}}).formData(); return [f.getAll("a"), f.get("b")]`, `[["1","2"],"é x"]`},
		"read forms of several parts":    {`const f = new FormData(); f.append("a", "x\ny"); f.append('b"', new File(["é"], 'c".txt', {type: "text/css"})); const g = await new Response(f).formData(), b = g.get('b"'); return [g.get("a"), b.name, b.type, await b.text()]`, `["x\r\ny","c\".txt","text/css","é"]`},
		"are no forms of another type":   {`try { await new Response("a=1").formData() } catch (e) { return e.name }`, `"TypeError"`},
		"are no forms that are broken":   {`try { await new Response("--x", {headers: {"content-type": "multipart/form-data; boundary=x"}}).formData() } catch (e) { return e.name }`, `"TypeError"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
}

func aResponseIsAnAnswer(t *testing.T, s *suite) {
	for source, want := range map[string]string{
		`return new Response()`: `{"status":200,"headers":{}}`,
		`return new Response("é", {status: 201, headers: {a: 1}})`:                       `{"status":201,"headers":{"a":"1","content-type":"text/plain;charset=UTF-8"},"body":"é"}`,
		`return Response.json({a: 1})`:                                                   `{"status":200,"headers":{"content-type":"application/json"},"body":"{\"a\":1}"}`,
		`return new Response(new Uint8Array([0, 255]))`:                                  `{"status":200,"headers":{},"body":"AP8=","encoding":"base64"}`,
		`return new Response(new Blob(["x"], {type: "text/css"}))`:                       `{"status":200,"headers":{"content-type":"text/css"},"body":"x"}`,
		`return Response.redirect("http://a.example/", 303)`:                             `{"status":303,"headers":{"location":"http://a.example/"}}`,
		`return Response.json(1, {headers: [["set-cookie", "a"], ["set-cookie", "b"]]})`: `{"status":200,"headers":{"content-type":"application/json","set-cookie":["a","b"]},"body":"1"}`,
		`return new Response(new ReadableStream({async pull(c) { await new Promise(r => setTimeout(r, 1)); c.enqueue(new Uint8Array([65])); c.close() }}), {headers: {"content-type": "text/plain"}})`: `{"status":200,"headers":{"content-type":"text/plain"},"body":"A"}`,
		`return {status: 200, headers: new Headers({a: 1}), body: "x"}`:                                                           `{"status":200,"headers":{"a":"1"},"body":"x"}`,
		`Object.defineProperty(Response.prototype, "status", {value: 5}); Headers.prototype.get = null; return new Response("x")`: `{"status":200,"headers":{"content-type":"text/plain;charset=UTF-8"},"body":"x"}`,
		`return new (class extends Response { get status() { return 1 } })("x", {status: 202})`:                                   `{"status":202,"headers":{"content-type":"text/plain;charset=UTF-8"},"body":"x"}`,
	} {
		t.Run(source, func(t *testing.T) { require.JSONEq(t, want, s.output(t, source)) })
	}
	t.Run("unless its body fails", func(t *testing.T) {
		got := s.failure(t, `return new Response(new ReadableStream({pull() { throw new RangeError("mine") }}))`)
		require.Equal(t, "RangeError: mine", got.Message)
	})
	t.Run("unless its body was read", func(t *testing.T) {
		got := s.failure(t, `const r = new Response("x"); await r.text(); return r`)
		require.Equal(t, "TypeError: The body was read already", got.Message)
	})
	t.Run("unless its body never ends", func(t *testing.T) {
		got := s.failure(t, `return new Response(new ReadableStream({}))`)
		require.Equal(t, "Error: the script waits for a promise that nothing can settle any more", got.Message)
	})
	t.Run("under the limit", func(t *testing.T) {
		require.Equal(t, jsruntime.FailureOutputLimit, s.failure(t, `return new Response("x".repeat(1000))`, withSmallOutput).Kind)
	})
}

func blobsAndForms(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"a blob is of many parts":         {`const b = new Blob(["é", new Uint8Array([65]), new Uint8Array([66]).buffer, new Blob(["C"]), 1], {type: "Text/CSS"}); return [b.size, b.type, await b.text()]`, `[6,"text/css","éABC1"]`},
		"a blob has slices":               {`const b = new Blob(["abcdef"]); return await Promise.all([b.slice(1, 3), b.slice(-2), b.slice(4, 1), b.slice(0, 99, "x")].map(async s => [await s.text(), s.type]))`, `[["bc",""],["ef",""],["",""],["abcdef","x"]]`},
		"a blob has bytes and a stream":   {`const b = new Blob(["ab"]), {value} = await b.stream().getReader().read(); return [...await b.bytes(), (await b.arrayBuffer()).byteLength, ...value]`, `[97,98,2,97,98]`},
		"a blob has its own line endings": {`return await new Blob(["a\r\nb\rc\n"], {endings: "native"}).text()`, `"a\nb\nc\n"`},
		"a file is a blob":                {`const f = new File(["x"], "n.txt", {lastModified: 7, type: "a/b"}); return [f instanceof Blob, f.name, f.lastModified, f.type, f.size]`, `[true,"n.txt",7,"a/b",1]`},
		"a form has entries":              {`const f = new FormData(); f.append("a", 1); f.append("b", "2"); f.append("a", 3); f.set("b", 4); return [[...f], f.get("a"), f.getAll("a"), f.has("c"), f.get("c")]`, `[[["a","1"],["b","4"],["a","3"]],"1",["1","3"],false,null]`},
		"a form deletes entries":          {`const f = new FormData(); f.append("a", 1); f.append("b", 2); f.delete("a"); return [...f.keys()]`, `["b"]`},
		"a form makes files of blobs":     {`const f = new FormData(); f.append("a", new Blob(["x"])); f.append("a", new Blob(["y"]), "n"); return f.getAll("a").map(v => [v instanceof File, v.name])`, `[[true,"blob"],[true,"n"]]`},
		"a form wants blobs for names":    {`try { new FormData().append("a", "b", "c") } catch (e) { return e.name }`, `"TypeError"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
}
