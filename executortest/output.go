package executortest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var outputTests = []test{
	{"output is what JSON stringify writes", outputIsWhatJSONStringifyWrites},
	{"what JSON cannot hold is named with its path", whatJSONCannotHoldIsNamedWithItsPath},
	{"the body of an answer may be bytes", theBodyOfAnAnswerMayBeBytes},
	{"output is bounded", outputIsBounded},
	{"script code in the output is the script's", scriptCodeInTheOutputIsTheScripts},
	{"names that Go cannot hold are written in time", namesThatGoCannotHoldAreWrittenInTime},
}

func outputIsWhatJSONStringifyWrites(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"undefined is null":                          {`return undefined`, `null`},
		"properties that are undefined are left out": {`return {a: undefined, b: 1}`, `{"b":1}`},
		"functions and symbols in objects are too":   {`return {a() {}, s: Symbol(), [Symbol()]: 1, b: 1}`, `{"b":1}`},
		"in arrays they are null":                    {`return [undefined, () => 1, Symbol(), 1]`, `[null,null,null,1]`},
		"holes are null":                             {`return [, 1]`, `[null,1]`},
		"NaN and the infinities are null":            {`return [NaN, Infinity, -Infinity]`, `[null,null,null]`},
		"negative zero is zero":                      {`return [-0]`, `[0]`},
		"numbers keep their precision":               {`return [0.1, 1e21, 1e-7, 9007199254740993, 5e-324]`, `[0.1,1e+21,1e-7,9007199254740992,5e-324]`},
		"a date is its ISO text":                     {`return new Date(0)`, `"1970-01-01T00:00:00.000Z"`},
		"an invalid date is null":                    {`return new Date(NaN)`, `null`},
		"toJSON is respected":                        {`return {a: {toJSON(k) { return k + "!" }}}`, `{"a":"a!"}`},
		"toJSON of an element gets its index":        {`return [{toJSON(k) { return k + "!" }}]`, `["0!"]`},
		"toJSON may return undefined":                {`return [{toJSON() {}}]`, `[null]`},
		"boxed values are unboxed":                   {`return [new Number(1), new String("a"), new Boolean(false)]`, `[1,"a",false]`},
		"getters are read":                           {`return {get a() { return 1 }}`, `{"a":1}`},
		"and so are those of derived ones":           {`class A extends EventTarget { b = 1 } return [new A(), {h: new Headers({a: "b"}), u: new URL("https://a.example")}]`, `[{"b":1},{"h":{"a":"b"},"u":"https://a.example/"}]`},
		"class instances are objects":                {`class A { b = 1; get c() { return 2 } } return new A()`, `{"b":1}`},
		"inherited properties are not":               {`return Object.create({a: 1})`, `{}`},
		"a null prototype is fine":                   {`return Object.assign(Object.create(null), {a: 1})`, `{"a":1}`},
		"a proxy of an array is an array":            {`return new Proxy([1, 2], {})`, `[1,2]`},
		"a proxy of an object is an object":          {`return new Proxy({a: 1}, {})`, `{"a":1}`},
		"a value may appear twice":                   {`const a = {b: 1}; return [a, a]`, `[{"b":1},{"b":1}]`},
		"texts are escaped":                          {`return "\"\\\n\r\t\b\u0000é😀"`, `"\"\\\n\r\t\b\u0000é😀"`},
		"half a surrogate pair becomes U+FFFD":       {`return {["\ud800"]: "a\udc00b"}`, "{\"\ufffd\":\"a\ufffdb\"}"},
		"__proto__ is a property":                    {`return JSON.parse('{"__proto__":{"a":1}}')`, `{"__proto__":{"a":1}}`},
		"integer keys come first":                    {`return {b: 1, 2: 1, 1: 1}`, `{"1":1,"2":1,"b":1}`},
		"raw JSON is written as it is":               {`return [JSON.rawJSON("12345678901234567890")]`, `[12345678901234567890]`},
		"a replaced JSON changes nothing":            {`JSON.stringify = () => 1; return {a: 1}`, `{"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, s.output(t, c.source))
		})
	}
}

func whatJSONCannotHoldIsNamedWithItsPath(t *testing.T, s *suite) {
	for source, want := range map[string]struct{ is, hint string }{
		`return 1n`:                                 {`output is a BigInt`, "pass it as a string"},
		`return {items: [0, 1, 2, {x: 1n}]}`:        {`output.items[3].x is a BigInt`, "pass it as a string"},
		`return () => 1`:                            {`output is a function`, ""},
		`return class {}`:                           {`output is a function`, ""},
		`return Symbol("a")`:                        {`output is a symbol`, ""},
		`return {"a b": new Map()}`:                 {`output["a b"] is a Map`, "Object.fromEntries makes an object of it"},
		`return [new Set()]`:                        {`output[0] is a Set`, "Array.from makes an array of it"},
		`return {a: Promise.resolve()}`:             {`output.a is a Promise`, "is an await missing?"},
		`return {a: new Uint8Array(3)}`:             {`output.a is a binary value (convert it to text or to an array)`, ""},
		`return new ArrayBuffer(3)`:                 {`output is a binary value (convert it to text or to an array)`, ""},
		`return new DataView(new ArrayBuffer(3))`:   {`output is a DataView`, ""},
		`return [new WeakMap()]`:                    {`output[0] is a WeakMap`, ""},
		`return [new WeakSet()]`:                    {`output[0] is a WeakSet`, ""},
		`return {a: [1].values()}`:                  {`output.a is an iterator`, "Array.from makes an array of it"},
		`return {a: new Map().keys()}`:              {`output.a is an iterator`, "Array.from makes an array of it"},
		`return {a: (function*() {})()}`:            {`output.a is an iterator`, "Array.from makes an array of it"},
		`return {a: [1].values().map(x => x)}`:      {`output.a is an iterator`, "Array.from makes an array of it"},
		`return {data: new Response("a")}`:          {`output.data is a Response`, "read it with json() or text()"},
		`return [new Request("https://a.example")]`: {`output[0] is a Request`, "read it with json() or text()"},
		`return new Blob(["a"])`:                    {`output is a Blob`, "read it with text() or bytes()"},
		`return {f: new File(["a"], "b")}`:          {`output.f is a File`, "read it with text() or bytes()"},
		`return {f: new FormData()}`:                {`output.f is a FormData`, "Object.fromEntries makes an object of it"},
		`return {q: new URLSearchParams("a=1")}`:    {`output.q is a URLSearchParams`, "toString() makes a text of it"},
		`return {s: new AbortController().signal}`:  {`output.s is an AbortSignal`, ""},
		`return new Response("a").body`:             {`output is a ReadableStream`, ""},
		`const a = {}; a.b = [{c: a}]; return a`:    {`output.b[0].c is a cycle`, ""},
		`const a = []; a[0] = a; return a`:          {`output[0] is a cycle`, ""},
		`return [Object(1n)]`:                       {`output[0] is a BigInt`, "pass it as a string"},
		`return {a: {toJSON() { return 1n }}}`:      {`output.a is a BigInt`, "pass it as a string"},
		`return {a: {toJSON() { return () => 1 }}}`: {`output.a is a function`, ""},
		`return new Proxy(() => 1, {})`:             {`output is a function`, ""},
	} {
		t.Run(source, func(t *testing.T) {
			got := s.failure(t, source)
			require.Equal(t, jsruntime.FailureOutput, got.Kind)
			message := want.is + ", which JSON cannot hold"
			if want.hint != "" {
				message += ": " + want.hint
			}
			require.Equal(t, message, got.Message)
		})
	}
	t.Run("nesting has a bound", func(t *testing.T) {
		got := s.failure(t, `let a = []; for (let i = 0; i < 2000; i++) { a = [a] } return a`)
		require.Equal(t, jsruntime.FailureOutput, got.Kind)
		require.Regexp(t, `^output(\[0\])+ is nested deeper than 1000 levels$`, got.Message)
	})
	t.Run("a thousand levels are fine", func(t *testing.T) {
		s.output(t, `let a = []; for (let i = 0; i < 999; i++) { a = [a] } return a`)
	})
}

func theBodyOfAnAnswerMayBeBytes(t *testing.T, s *suite) {
	for source, want := range map[string]string{
		`return {status: 200, body: new Uint8Array([0, 255, 1])}`:                         `{"status":200,"body":"AP8B","encoding":"base64"}`,
		`return {body: new Uint8Array([0, 255, 1]).buffer, headers: {a: "b"}, status: 1}`: `{"body":"AP8B","headers":{"a":"b"},"status":1,"encoding":"base64"}`,
		`return {status: 200, body: new Uint8Array([9, 0, 255, 1]).subarray(1)}`:          `{"status":200,"body":"AP8B","encoding":"base64"}`,
		`return {status: 200, body: new Uint8Array()}`:                                    `{"status":200,"body":"","encoding":"base64"}`,
		`return {status: 200, body: new Uint16Array([0x0101])}`:                           `{"status":200,"body":"AQE=","encoding":"base64"}`,
		`return {status: 200, body: "text"}`:                                              `{"status":200,"body":"text"}`,
	} {
		t.Run(source, func(t *testing.T) { require.Equal(t, want, s.output(t, source)) })
	}
	for _, source := range []string{
		`return {body: new Uint8Array(1)}`,
		`return {status: "200", body: new Uint8Array(1)}`,
		`return {status: NaN, body: new Uint8Array(1)}`,
		`return {status: 200, body: new Uint8Array(1), encoding: "base64"}`,
		`return {status: 200, body: new Uint8Array(1), other: 1}`,
		`return {status: {status: 200}, body: new Uint8Array(1)}`,
	} {
		t.Run("only of an answer: "+source, func(t *testing.T) {
			require.Equal(t, "output.body is a binary value (convert it to text or to an array), which JSON cannot hold", s.failure(t, source).Message)
		})
	}
	t.Run("under the limit", func(t *testing.T) {
		require.LessOrEqual(t, len(s.output(t, `return {status: 200, body: new Uint8Array(30)}`, withSmallOutput)), 100)
		for _, n := range []string{"45", "100", "1e6"} {
			require.Equal(t, jsruntime.FailureOutputLimit, s.failure(t, `return {status: 200, body: new Uint8Array(`+n+`)}`, withSmallOutput).Kind)
		}
	})
}

func outputIsBounded(t *testing.T, s *suite) {
	for name, source := range map[string]string{
		"a long text":               `return "x".repeat(1000)`,
		"a text of wide characters": `return "é".repeat(60)`,
		"many elements":             `return new Array(100).fill(1)`,
		"a huge sparse array":       `return new Array(2 ** 32 - 1)`,
		"a late element":            `const a = []; a[4e9] = 1; return a`,
		"a proxy with any length":   `return new Proxy([], {get(t, k) { return k === "length" ? 2 ** 53 - 1 : t[k] }})`,
		"many properties":           `const a = {}; for (let i = 0; i < 100; i++) { a["k" + i] = i } return a`,
		"a graph that explodes":     `let a = {}; for (let i = 0; i < 60; i++) { a = {l: a, r: a} } return a`,
		"endless toJSON":            `const f = () => ({a: {toJSON: f}}); return f()`,
		"endless getters":           `const f = () => ({get a() { return f() }}); return f()`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := s.failure(t, source, withSmallOutput)
			require.Equal(t, jsruntime.FailureOutputLimit, got.Kind, got.Message)
			require.ErrorIs(t, got, jsruntime.ErrOutputLimit)
			require.Less(t, time.Since(start), 2*time.Second)
		})
	}
	t.Run("the limit itself is allowed", func(t *testing.T) {
		require.Len(t, s.output(t, `return "x".repeat(98)`, withSmallOutput), 100)
		require.Equal(t, jsruntime.FailureOutputLimit, s.failure(t, `return "x".repeat(99)`, withSmallOutput).Kind)
		require.Equal(t, jsruntime.FailureOutputLimit, s.failure(t, `return [1, "`+strings.Repeat("x", 96)+`"]`, withSmallOutput).Kind)
	})
}

func scriptCodeInTheOutputIsTheScripts(t *testing.T, s *suite) {
	for _, source := range []string{
		`return {get a() { throw new TypeError("no") }}`,
		`return {toJSON() { throw new TypeError("no") }}`,
		`return [{toJSON() { throw new TypeError("no") }}]`,
		`return new Proxy({}, {ownKeys() { throw new TypeError("no") }})`,
		`return {a: new Proxy([], {get() { throw new TypeError("no") }})}`,
		`return {get then() { throw new TypeError("no") }}`,
	} {
		t.Run(source, func(t *testing.T) {
			got := s.failure(t, source)
			require.Equal(t, jsruntime.FailureException, got.Kind)
			require.Equal(t, "TypeError: no", got.Message)
			require.Equal(t, 1, got.Line)
		})
	}
	for _, source := range []string{
		`return {get a() { while (true) {} }}`,
		`return {toJSON() { while (true) {} }}`,
		`return new Proxy({}, {ownKeys() { while (true) {} }})`,
	} {
		t.Run("under the deadline: "+source, func(t *testing.T) {
			require.Equal(t, jsruntime.FailureTimeout, s.failure(t, source, withTime(50*time.Millisecond)).Kind)
		})
	}
}

func namesThatGoCannotHoldAreWrittenInTime(t *testing.T, s *suite) {
	for name, source := range map[string]string{
		"many of them":                       `const o = {}; for (let i = 0; i < 20000; i++) { o["\ufffd" + i] = 1 } return o`,
		"a proxy that has others every time": `let n = 0; return new Proxy({}, {ownKeys: () => n++ ? [] : ["\ufffd"], getOwnPropertyDescriptor: () => ({value: 1, enumerable: true, configurable: true})})`,
	} {
		t.Run(name, func(t *testing.T) { s.output(t, source) })
	}
}
