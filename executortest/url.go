package executortest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var urlTests = []test{
	{"a URL has its parts", sources(urlParts)},
	{"parts of a URL can be set", sources(urlSetters)},
	{"parameters of a search can be read and changed", sources(searchParams)},
	{"parameters of a search are the query of their URL", sources(linkedParams)},
}

// sources are scripts with the output that they must have.
func sources(table map[string]struct{ source, want string }) func(t *testing.T, s *suite) {
	return func(t *testing.T, s *suite) {
		for name, c := range table {
			t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
		}
	}
}

// thrown returns a script that returns the name of what an expression throws.
func thrown(expression string) string {
	return `try { ` + expression + `; return "nothing" } catch (e) { return e.name }`
}

var urlParts = map[string]struct{ source, want string }{
	"parts": {`const u = new URL("https://ü:p@Example.com:8080/a/../b c?d=é#f"); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]`,
		`["https://%C3%BC:p@example.com:8080/b%20c?d=%C3%A9#f","https://example.com:8080","https:","%C3%BC","p","example.com:8080","example.com","8080","/b%20c","?d=%C3%A9","#f"]`},
	"a base":                       {`return new URL("../x", new URL("https://example.com/a/b/c")).href`, `"https://example.com/a/x"`},
	"a domain in other letters":    {`return new URL("https://bücher.example").host`, `"xn--bcher-kva.example"`},
	"an address":                   {`return new URL("http://0x7f.1/").host`, `"127.0.0.1"`},
	"half a surrogate pair":        {`return new URL("a:\ud800").href`, `"a:%EF%BF%BD"`},
	"what is no URL":               {thrown(`new URL("/a")`), `"TypeError"`},
	"a base that is no URL":        {thrown(`new URL("https://a", "/")`), `"TypeError"`},
	"no argument":                  {thrown(`new URL()`), `"TypeError"`},
	"no new":                       {thrown(`URL("a:b")`), `"TypeError"`},
	"a symbol":                     {thrown(`new URL(Symbol())`), `"TypeError"`},
	"canParse":                     {`return [URL.canParse("a:b"), URL.canParse("b"), URL.canParse("b", "https://a"), URL.canParse("b", undefined)]`, `[true,false,true,false]`},
	"parse":                        {`return [URL.parse("b", "https://a"), URL.parse("b"), URL.parse("a:b") instanceof URL]`, `["https://a/b",null,true]`},
	"as a text and as JSON":        {`const u = new URL("https://a/?b"); return [String(u), u + "", JSON.stringify({u}), u]`, `["https://a/?b","https://a/?b","{\"u\":\"https://a/?b\"}","https://a/?b"]`},
	"what it is":                   {`return [Object.prototype.toString.call(new URL("a:b")), Object.keys(new URL("a:b")), "href" in URL.prototype, URL.length]`, `["[object URL]",[],true,1]`},
	"a method of something else":   {thrown(`URL.prototype.toString.call({})`), `"TypeError"`},
	"a getter of something else":   {thrown(`URL.prototype.href`), `"TypeError"`},
	"a subclass":                   {`class A extends URL { get secure() { return this.protocol === "https:" } } const a = new A("https://a"); return [a.secure, a instanceof URL, a.href]`, `[true,true,"https://a/"]`},
	"an argument whose text fails": {`try { new URL({ toString() { throw 7 } }) } catch (e) { return e }`, `7`},
	"what is too long":             {`return [URL.canParse("https://a/" + "a".repeat(1 << 20)), URL.canParse("https://a/" + "a".repeat(1 << 19))]`, `[false,true]`},
}

var urlSetters = map[string]struct{ source, want string }{
	"each": {`const u = new URL("http://a"); Object.assign(u, { protocol: "https", username: "u", password: "p", host: "b:1", pathname: "x", search: "y", hash: "z" }); u.port = 2; u.hostname = "c"; return u.href`,
		`"https://u:p@c:2/x?y#z"`},
	"what does not fit is left":       {`const u = new URL("https://a:1/"); u.protocol = "foo"; u.host = "b c"; u.port = "x"; u.hostname = ""; return u.href`, `"https://a:1/"`},
	"origin":                          {`const u = new URL("https://a/"); (function () { u.origin = "b" })(); return u.origin`, `"https://a"`},
	"origin in strict code":           {`"use strict"; ` + thrown(`new URL("https://a/").origin = "b"`), `"TypeError"`},
	"the whole":                       {`const u = new URL("https://a/?b=1"); const p = u.searchParams; u.href = "c:d?e=2"; return [u.href, [...p], p === u.searchParams]`, `["c:d?e=2",[["e","2"]],true]`},
	"the whole to what is no URL":     {`const u = new URL("https://a/"); try { u.href = "b" } catch (e) { return [e.name, u.href] }`, `["TypeError","https://a/"]`},
	"a value that changes it as well": {`const u = new URL("https://a/"); u.hash = { toString() { u.pathname = "x"; return "h" } }; return u.href`, `"https://a/x#h"`},
}

var searchParams = map[string]struct{ source, want string }{
	"of a text":                     {`return [...new URLSearchParams("?a=1&b=%C3%A9+c&&a=2&=&d")]`, `[["a","1"],["b","é c"],["a","2"],["",""],["d",""]]`},
	"of bytes that are no text":     {`return [...new URLSearchParams("a=%FF%FE%E2%82")]`, `[["a","\ufffd\ufffd\ufffd"]]`},
	"of pairs":                      {`return new URLSearchParams([["a", 1], new Set(["b", "c"])]).toString()`, `"a=1&b=c"`},
	"of a record":                   {`return new URLSearchParams({ a: 1, b: null, ["\ud800"]: 2, ["\udc00"]: 3 }).toString()`, `"a=1&b=null&%EF%BF%BD=3"`},
	"of others":                     {`const a = new URLSearchParams("a=1"); const b = new URLSearchParams(a); b.append("c", 2); return [a + "", b + ""]`, `["a=1","a=1&c=2"]`},
	"of nothing":                    {`return [new URLSearchParams() + "", new URLSearchParams(undefined) + "", new URLSearchParams(null) + ""]`, `["","","null="]`},
	"of what are no pairs":          {thrown(`new URLSearchParams([["a"]])`), `"TypeError"`},
	"of a list of texts":            {thrown(`new URLSearchParams(["ab"])`), `"TypeError"`},
	"append, get, getAll and has":   {`const p = new URLSearchParams("a=1"); p.append("a", 2); p.append("b", undefined); return [p.get("a"), p.getAll("a"), p.get("c"), p.getAll("c"), p.has("b"), p.has("a", "2"), p.has("a", "3"), p.has("a", undefined), p.size]`, `["1",["1","2"],null,[],true,true,false,true,3]`},
	"set and delete":                {`const p = new URLSearchParams("a=1&b=2&a=3&c=4&c=5"); p.set("a", 6); p.set("d", 7); p.delete("b"); p.delete("c", "4"); return p.toString()`, `"a=6&c=5&d=7"`},
	"sort":                          {`const p = new URLSearchParams("z=1&\uffff=2&\u{10000}=3&a=4&z=0"); p.sort(); return [...p.keys()].map((k) => k.codePointAt(0).toString(16))`, `["61","7a","7a","10000","ffff"]`},
	"what is encoded":               {`return new URLSearchParams({ "a b": "*-._~!'()&=+%\ud800" }).toString()`, `"a+b=*-._%7E%21%27%28%29%26%3D%2B%25%EF%BF%BD"`},
	"iteration":                     {`const p = new URLSearchParams("a=1&b=2"); const s = []; p.forEach(function (v, k, o) { s.push(v + k + (o === p) + this.x) }, { x: 1 }); return [[...p.entries()], [...p.keys()], [...p.values()], s, p[Symbol.iterator] === p.entries, String(p.keys())]`, `[[["a","1"],["b","2"]],["a","b"],["1","2"],["1atrue1","2btrue1"],true,"[object URLSearchParams Iterator]"]`},
	"changes while it is iterated":  {`const p = new URLSearchParams("a=1&b=2&c=3"); const s = []; for (const [k] of p) { s.push(k); p.delete(k) } return s`, `["a","c"]`},
	"too few arguments":             {thrown(`new URLSearchParams().append("a")`), `"TypeError"`},
	"a method of something else":    {thrown(`URLSearchParams.prototype.get.call({}, "a")`), `"TypeError"`},
	"an iterator that fails":        {`try { new URLSearchParams({ *[Symbol.iterator]() { yield ["a", 1]; throw 7 } }) } catch (e) { return e }`, `7`},
	"in JSON they are only objects": {`return JSON.stringify([new URLSearchParams("a=1")])`, `"[{}]"`},
}

var linkedParams = map[string]struct{ source, want string }{
	"changed":                   {`const u = new URL("https://a/?b=1#h"); const p = u.searchParams; p.append("c", "d e"); p.set("b", 2); return [u.href, u.search, p === u.searchParams]`, `["https://a/?b=2&c=d+e#h","?b=2&c=d+e",true]`},
	"emptied":                   {`const u = new URL("https://a/?b=1"); u.searchParams.delete("b"); return u.href`, `"https://a/"`},
	"read":                      {`const u = new URL("https://a/?b=~"); u.searchParams.get("b"); return u.href`, `"https://a/?b=~"`},
	"by the search":             {`const u = new URL("https://a/?b=1"); const p = u.searchParams; u.search = "?c=2"; const first = [...p]; u.search = ""; return [first, [...p], u.href]`, `[[["c","2"]],[],"https://a/"]`},
	"together with other parts": {`const u = new URL("https://a/"); u.searchParams.set("b", 1); u.pathname = "x"; u.searchParams.set("c", 2); u.hash = "h"; return u.href`, `"https://a/x?b=1&c=2#h"`},
	"by themselves":             {`const u = new URL("https://a/?b=1"); const p = new URLSearchParams(u.searchParams); p.set("b", 2); return u.href`, `"https://a/?b=1"`},
	"with a patched toString":   {`const u = new URL("https://a/?b=1"); URLSearchParams.prototype.toString = () => "x"; u.searchParams.set("b", 2); return u.href`, `"https://a/?b=2"`},
}
