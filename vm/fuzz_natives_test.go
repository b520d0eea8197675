package vm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// FuzzJSON proves that a script reads and writes JSON as in the plain engine.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[1,-0,2.5e-3,true,null]`, `{"__proto__":{"a":"é\n"},"1":1,"0":2}`, `{"a":1,"a":[{"b":{}}]}`, `[`, `{"a"}`, `01`, ` "\t" `,
		`{"toJSON":"x","constructor":{"name":[]}}`, `"` + strings.Repeat(`\n`, 50) + `"`, strings.Repeat("[", 40) + strings.Repeat("]", 40),
	} {
		f.Add(seed)
	}
	const script = `
		try {
			const v = JSON.parse(text), seen = []
			const revived = JSON.parse(text, function (k, x) { seen.push(k); return typeof x === "number" ? x + 1 : k === "drop" ? undefined : x })
			return [JSON.stringify(v), JSON.stringify(v, null, 3), JSON.stringify(v, ["a", 0, "toJSON"]), JSON.stringify(revived, (k, x) => x === true ? "T" : x, "--"), seen]
		} catch (e) { return e.name }`
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Count(text, "[")+strings.Count(text, "{") > 100 || strings.Contains(text, `\u`) {
			return // deeper is a limit, and the plain engine loses halves of surrogate pairs
		}
		compareWithPlain(t, declare("text", text)+script)
	})
}

// FuzzRegExp proves that a regular expression that is let through finds what it finds in the plain engine, or ends in time.
func FuzzRegExp(f *testing.F) {
	for i, seed := range []string{
		`a`, `(a+)+$`, `(?=(a+))\1b`, `(?<!x)(?<y>[^]*?)z{2,3}`, `[\u{1F600}-\u{1F64F}]`, `\p{L}+`, `(a|ab)(c|bcd)(d*)`, `^(?:.|\n)*?$`, `[`, `a{2,1}`, `(?:)`, `\b`,
		`(\2)(\1)`, `x*`, `[^\W\d]|\s`,
	} {
		f.Add(seed, uint8(i), "aaab zz\nabcd \U0001F601 xyzz é")
	}
	const script = `
		try {
			const r = new RegExp(pattern, flags), found = r.exec(text), last = r.lastIndex
			r.lastIndex = 0
			return [found, found && found.index, found && found.groups, last, text.match(r), text.search(r), text.replace(r, "<$&|$1|$'>"),
				text.replace(r, (...m) => m.length), text.split(r), [...text.matchAll(new RegExp(r, flags.includes("g") ? flags : flags + "g"))].map(m => m.index)]
		} catch (e) { return e.name + (/^regular expression/.test(e.message) ? " of a limit" : "") }`
	f.Fuzz(func(t *testing.T, pattern string, flags uint8, text string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) || len(text) > 4<<10 {
			return
		}
		var chosen strings.Builder
		for i, flag := range "gimsuy" {
			if flags>>i&1 == 1 {
				chosen.WriteRune(flag)
			}
		}
		compareWithPlain(t, declare("pattern", pattern)+declare("flags", chosen.String())+declare("text", text)+script)
	})
}

func declare(name, text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("const %s = %s;", name, literal)
}

// compareWithPlain runs a script that returns the same in the plain engine, unless it meets a limit.
func compareWithPlain(t *testing.T, source string) {
	t.Helper()
	const limit = 200 * time.Millisecond
	result := runInTime(t, source, limit)
	if result.Err != nil || strings.HasSuffix(string(result.Output), ` of a limit"`) || result.Metrics.Duration > limit/2 {
		return
	}
	want, err := runPlain(source)
	var plain, guarded any // without halves of surrogate pairs, which output does not keep
	if err != nil || json.Unmarshal([]byte(want), &plain) != nil || json.Unmarshal(result.Output, &guarded) != nil || !reflect.DeepEqual(plain, guarded) {
		t.Fatalf("%s\ngives  %s\nplain: %s, %v", source, result.Output, want, err)
	}
}

// runInTime runs a script that may fail for its limits, but not otherwise. It has to be back soon after them.
func runInTime(t *testing.T, source string, limit time.Duration) jsruntime.Result {
	t.Helper()
	start := time.Now()
	result := vm.New().Run(context.Background(), jobOf(source, withTime(limit)))
	if took := time.Since(start); took > limit+2*time.Second {
		t.Fatalf("answered after %v: %s", took, source)
	}
	if result.Abandoned != nil {
		select {
		case <-result.Abandoned:
		case <-time.After(5 * time.Second):
			t.Fatalf("still runs: %s", source)
		}
	}
	if (result.Err == nil) != (result.Output != nil) || result.Output != nil && !json.Valid(result.Output) {
		t.Fatalf("%s\noutput %q, error %v", source, result.Output, result.Err)
	}
	return result
}

// FuzzOutput proves that whatever a script returns, throws or logs becomes plain text in time.
func FuzzOutput(f *testing.F) {
	f.Add([]byte{})
	for i := range byte(40) {
		f.Add([]byte{0, i, i + 1, 2*i + 3, 7 * i, 11 * i, 13, 5 * i, i, 31 * i, 3, i})
	}
	addresses := regexp.MustCompile(`0x[0-9a-f]{8}|\.go:\d`)
	f.Fuzz(func(t *testing.T, recipe []byte) {
		source := cook(recipe)
		result := runInTime(t, source, 300*time.Millisecond)
		for _, line := range result.Logs {
			if addresses.MatchString(line.Message) {
				t.Fatalf("%s\nlogs %s", source, line.Message)
			}
		}
		if result.Err != nil && addresses.MatchString(result.Err.Error()) {
			t.Fatalf("%s\nfails with %v", source, result.Err)
		}
	})
}

// ingredients are values that are hard to turn into text. A and B stand for values that were made before, or for the
// value itself.
var ingredients = []string{
	`1.5`, `"a\n\u0000\u2028\ud800"`, `null`, `undefined`, `NaN`, `10n ** 40n`, `Symbol("A\nB")`, `[A, B]`, `{a: A, b: B}`, `new Array(1e6)`, `[, A, , B]`,
	`{get a() { return B }, set a(x) {}}`, `{get a() { throw A }}`, `{toJSON() { return A }}`, `{toJSON: A}`, `{toString() { return A }, valueOf() { return B }}`,
	`{[Symbol.toPrimitive]: () => A}`, `new Proxy(Object(A), {})`, `new Proxy([], {get: (t, k) => k === "length" ? 2 ** 40 : A})`,
	`new Proxy({}, {ownKeys: () => ["a", "b"], getOwnPropertyDescriptor: () => ({value: A, enumerable: true, configurable: true})})`,
	`new Proxy({}, {getPrototypeOf: () => A, get() { throw B }})`, `Proxy.revocable({}, {}).proxy`, `new Map([[A, B]])`, `new Set([A, B])`, `new Date(NaN)`, `new Date(8.64e15)`,
	`new Uint8Array(8)`, `new ArrayBuffer(1e6)`, `function named() {}`, `class A1 { #p = 1 }`, `Object.assign(() => {}, {a: A})`, `Object.create(Object(A))`,
	`Object.setPrototypeOf({b: B}, null)`, `Promise.resolve(A)`, `Promise.reject(A)`, `{then: (f) => f(A)}`, `{then(f, r) { r(A) }}`, `(function* () { yield A })()`,
	`new Error(String.raw` + "`a\nb`" + `, {cause: A})`, `Object.assign(new TypeError("x"), {name: A, message: B})`, `Object.assign(new Error(), {stack: A, toString: B})`,
	`new AggregateError([A, B])`, `Object(Symbol())`, `Object(1n)`, `new String("x".repeat(1e5))`, `(A)?.[0] ?? (B)`, `globalThis`, `/a/g`, `Object.freeze([A])`, `arguments`,
	`(() => { const o = {a: A}; o.self = o; o.list = [o, o]; return o })()`, `(() => { let o = {a: A}; for (let i = 0; i < 40; i++) o = [o, o]; return o })()`,
	`(() => { let o = []; for (let i = 0; i < 3000; i++) o = [o]; return o })()`, `(() => { const a = [A]; a[2 ** 32 - 2] = B; return a })()`,
}

// cook makes a script of bytes: values that have one another inside, one of which is logged and one returned or thrown.
func cook(recipe []byte) string {
	var b strings.Builder
	at := func(i int) int {
		if i < len(recipe) {
			return int(recipe[i])
		}
		return 0
	}
	b.WriteString("const v = [1];\n")
	n := min((len(recipe)+2)/3, 12)
	for i := range n {
		text := ingredients[at(3*i)%len(ingredients)]
		text = strings.NewReplacer("A1", "A1", "A\\n", "A\\n", "A", fmt.Sprintf("v[%d]", at(3*i+1)%(i+1)), "B", fmt.Sprintf("v[%d]", at(3*i+2)%(i+2))).Replace(text)
		fmt.Fprintf(&b, "try { v[%d] = (%s) } catch { v[%d] = null }\n", i+1, text, i+1)
	}
	fmt.Fprintf(&b, "try { console.log(v[%d], v[%d]) } catch {}\n", n, at(1)%(n+1))
	fmt.Fprintf(&b, "%s v[%d]", []string{"return", "throw"}[at(2)%2], n)
	return b.String()
}
