package executortest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var languageTests = []test{
	{"the language is whole", theLanguageIsWhole},
}

func theLanguageIsWhole(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"Object.groupBy": {`return Object.groupBy([1, 2, 3], n => n % 2 ? "odd" : "even")`, `{"odd":[1,3],"even":[2]}`},
		"there are no locales": {`return [(1234.5).toLocaleString("en-US"), (255).toLocaleString(16), 10n.toLocaleString("de", {a: 1}), [255, 1n].toLocaleString("en-US"),
			new Uint8Array([255]).toLocaleString("en"), "I".toLocaleLowerCase("tr"), "a".localeCompare("b", "de"), "i".toLocaleUpperCase("tr"), typeof Intl]`,
			`["1234.5","255","10","255,1","255","i",-1,"I","undefined"]`},
		"dates have no locales": {`const d = new Date(0); return ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"].map(n => d[n]() === d[n]("de", {timeZone: "UTC"}))`, `[true,true,true]`},
		"texts of bytes":        {`return [Uint8Array.fromHex("ff00").toHex(), Uint8Array.fromBase64("/wA=").toBase64()]`, `["ff00","/wA="]`},
		"Map.groupBy":           {`const k = {}; return Map.groupBy([1, 2], () => k).get(k)`, `[1,2]`},
		"Promise.withResolvers": {`const {promise, resolve} = Promise.withResolvers(); setTimeout(resolve, 1, 7); return await promise`, `7`},
		"Promise.try":           {`return [await Promise.try(n => n + 1, 1), await Promise.try(() => { throw 3 }).catch(e => e)]`, `[2,3]`},
		"Array.fromAsync":       {`return await Array.fromAsync([Promise.resolve(1), 2], async n => n * 2)`, `[2,4]`},
		"Array.fromAsync of what is iterated asynchronously": {
			`let n = 0; return await Array.fromAsync({[Symbol.asyncIterator]: () => ({next: async () => ({done: n > 2, value: n++})})})`, `[0,1,2]`},
		"Symbol.asyncIterator":         {`return [typeof Symbol.asyncIterator, Symbol.asyncIterator.description, delete Symbol.asyncIterator]`, `["symbol","Symbol.asyncIterator",false]`},
		"well-formed texts":            {`return ["a\ud800".isWellFormed(), "😀".isWellFormed(), "a\ud800b".toWellFormed()]`, `[false,true,"a\ufffdb"]`},
		"RegExp.escape":                {`const text = "1.5 (a|b)?"; return [RegExp.escape("a.b"), new RegExp("^" + RegExp.escape(text) + "$").test(text)]`, `["\\x61\\.b",true]`},
		"helpers of iterators":         {`return [1, 2, 3, 4].values().filter(n => n % 2).map(n => n * 10).toArray()`, `[10,30]`},
		"helpers of generators":        {`function* all() { for (let n = 0; ; n++) yield n } return all().drop(2).take(3).flatMap(n => [n, n]).toArray()`, `[2,2,3,3,4,4]`},
		"Iterator.from and its class":  {`let n = 0; const i = Iterator.from({next: () => ({done: n === 2, value: n++})}); return [i instanceof Iterator, i.reduce((a, b) => a + b), [].values() instanceof Iterator]`, `[true,1,true]`},
		"a class of iterators":         {`class Two extends Iterator { n = 0; next() { return {done: this.n === 2, value: this.n++} } } return [...new Two().map(n => n + 1)]`, `[1,2]`},
		"ArrayBuffer.transfer":         {`const a = new Uint8Array([1, 2, 3]).buffer, b = a.transfer(2); return [a.detached, a.byteLength, [...new Uint8Array(b)]]`, `[true,0,[1,2]]`},
		"additions may be replaced":    {`Object.groupBy = 1; Map.groupBy = 2; delete Promise.try; return [Object.groupBy, Map.groupBy, typeof Promise.try]`, `[1,2,"undefined"]`},
		"additions are not enumerable": {`const all = []; for (const name in Promise) all.push(name); return all.concat(Object.keys(Object.prototype), Object.keys(Iterator.prototype))`, `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source))
		})
	}
}
