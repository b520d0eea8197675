package executortest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var cryptoTests = []test{
	{"there is randomness", sources(randomness)},
	{"bytes are digested", sources(digests)},
	{"keys of HMAC sign and verify", sources(hmacKeys)},
	{"keys are used for what they are made", sources(keyRules)},
	{"digesting ends with the run", digestingEndsWithTheRun},
	{"the clock of performance is coarse and goes forwards", theClockOfPerformanceIsCoarse},
}

var randomness = map[string]struct{ source, want string }{
	"getRandomValues": {`const a = crypto.getRandomValues(new Uint8Array(32)), b = new Uint8Array(32); return [a.some((x) => x), crypto.getRandomValues(b) === b, String(a) === String(b)]`, `[true,true,false]`},
	"of a part":       {`const a = new Uint32Array(40); crypto.getRandomValues(a.subarray(8, 32)); return [a.slice(8, 32).some((x) => x), a.slice(0, 8).some((x) => x), a.slice(32).some((x) => x)]`, `[true,false,false]`},
	"too much of it":  {thrown(`crypto.getRandomValues(new Uint32Array(16385))`), `"QuotaExceededError"`},
	"in floats":       {thrown(`crypto.getRandomValues(new Float64Array(1))`), `"TypeMismatchError"`},
	"in a DataView":   {thrown(`crypto.getRandomValues(new DataView(new ArrayBuffer(1)))`), `"TypeMismatchError"`},
	"in a list":       {thrown(`crypto.getRandomValues([1])`), `"TypeError"`},
	"randomUUID":      {`const a = crypto.randomUUID(); return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(a), a === crypto.randomUUID()]`, `[true,false]`},
	"what it is":      {`return [crypto instanceof Crypto, crypto.subtle instanceof SubtleCrypto, crypto.subtle === crypto.subtle, String(crypto), String(crypto.subtle)]`, `[true,true,true,"[object Crypto]","[object SubtleCrypto]"]`},
	"no constructors": {`return [Crypto, SubtleCrypto, CryptoKey, Performance].map((C) => { try { return new C({}, {}) } catch (e) { return e.message } })`, `["Illegal constructor","Illegal constructor","Illegal constructor","Illegal constructor"]`},
}

const hex = `const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join(""); const bytes = (t) => new TextEncoder().encode(t); `

// rejects returns a script that returns the names of what the promises of expressions are rejected with.
func rejects(setup string, expressions ...string) string {
	source := hex + setup + `; const names = []; `
	for _, expression := range expressions {
		source += `await ` + expression + `.then(() => names.push("nothing"), (e) => names.push(e.name)); `
	}
	return source + `return names`
}

var digests = map[string]struct{ source, want string }{
	"each": {hex + `const a = []; for (const name of ["SHA-1", "sha-256", { name: "SHA-384" }, "SHA-512"]) a.push(hex(await crypto.subtle.digest(name, bytes("abc")))); return a`,
		`["a9993e364706816aba3e25717850c26c9cd0d89d","ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7","ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"]`},
	"what it is of": {hex + `const b = bytes("xabcx"); const d = async (v) => hex(await crypto.subtle.digest("SHA-1", v)).slice(0, 8); return [await d(b.subarray(1, 4)), await d(new DataView(b.buffer, 1, 3)), await d(b.slice(1, 4).buffer)]`, `["a9993e36","a9993e36","a9993e36"]`},
	"changed after": {hex + `const b = bytes("abc"); const p = crypto.subtle.digest("SHA-1", b); b[0] = 0; return hex(await p).slice(0, 8)`, `"a9993e36"`},
	"no":            {rejects(``, `crypto.subtle.digest("MD5", bytes("a"))`, `crypto.subtle.digest("SHA-1", "a")`, `crypto.subtle.digest({}, bytes("a"))`, `crypto.subtle.digest("SHA-1")`, `crypto.subtle.digest.call({}, "SHA-1", bytes("a"))`), `["NotSupportedError","TypeError","TypeError","TypeError","TypeError"]`},
}

const (
	importedKey = `const key = await crypto.subtle.importKey("raw", bytes("key"), { name: "HMAC", hash: "SHA-256" }, true, ["verify", "sign", "sign"])`
	quickFox    = `bytes("The quick brown fox jumps over the lazy dog")`
)

var hmacKeys = map[string]struct{ source, want string }{
	"sign":   {hex + importedKey + `; return hex(await crypto.subtle.sign("HMAC", key, ` + quickFox + `))`, `"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"`},
	"verify": {hex + importedKey + `; const s = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes("a"))); const ok = await crypto.subtle.verify({ name: "hmac" }, key, s, bytes("a")); s[0] ^= 1; return [ok, await crypto.subtle.verify("HMAC", key, s, bytes("a")), await crypto.subtle.verify("HMAC", key, s.subarray(1), bytes("a"))]`, `[true,false,false]`},
	"what a key is": {hex + importedKey + `; return [key instanceof CryptoKey, key.type, key.extractable, key.algorithm, key.usages, key.usages === key.usages, Object.keys(key)]`,
		`[true,"secret",true,{"name":"HMAC","hash":{"name":"SHA-256"},"length":24},["sign","verify"],true,[]]`},
	"export": {hex + importedKey + `; return [hex(await crypto.subtle.exportKey("raw", key)), await crypto.subtle.exportKey("jwk", key)]`,
		`["6b6579",{"alg":"HS256","ext":true,"k":"a2V5","key_ops":["sign","verify"],"kty":"oct"}]`},
	"import of JSON": {hex + `const key = await crypto.subtle.importKey("jwk", { kty: "oct", k: "a2V5", alg: "HS512" }, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]); return hex(await crypto.subtle.sign("HMAC", key, ` + quickFox + `)).slice(0, 16)`, `"b42af09057bac1e2"`},
	"generate": {hex + `const make = async (hash, length) => { const k = await crypto.subtle.generateKey({ name: "HMAC", hash, length }, true, ["sign"]); return [k.algorithm.length, (await crypto.subtle.exportKey("raw", k)).byteLength] }; return [await make("SHA-1"), await make("SHA-256"), await make("SHA-384"), await make("SHA-512", 12)]`,
		`[[512,64],[512,64],[1024,128],[12,2]]`},
	"a long key":               {hex + `const key = await crypto.subtle.importKey("raw", new Uint8Array(131).fill(0xaa), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]); return hex(await crypto.subtle.sign("HMAC", key, bytes("Test Using Larger Than Block-Size Key - Hash Key First"))).slice(0, 16)`, `"60e431591ee0b67f"`},
	"usages are the key's own": {hex + importedKey + `; key.usages.length = 0; key.algorithm.name = "x"; return hex(await crypto.subtle.sign("HMAC", key, ` + quickFox + `)).slice(0, 8)`, `"f7bc83f4"`},
}

var keyRules = map[string]struct{ source, want string }{
	"usages": {rejects(`const hmac = { name: "HMAC", hash: "SHA-1" }; const key = await crypto.subtle.importKey("raw", bytes("a"), hmac, false, ["verify"])`,
		`crypto.subtle.sign("HMAC", key, bytes("a"))`, `crypto.subtle.exportKey("raw", key)`, `crypto.subtle.importKey("raw", bytes("a"), hmac, false, [])`, `crypto.subtle.importKey("raw", bytes("a"), hmac, false, ["encrypt"])`,
		`crypto.subtle.importKey("raw", bytes("a"), hmac, false, ["shine"])`, `crypto.subtle.generateKey(hmac, false, [])`, `crypto.subtle.sign("HMAC", {}, bytes("a"))`),
		`["InvalidAccessError","InvalidAccessError","SyntaxError","SyntaxError","TypeError","SyntaxError","TypeError"]`},
	"lengths": {rejects(`const make = (length) => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-1", length }, false, ["sign"]); const take = (length, size) => crypto.subtle.importKey("raw", new Uint8Array(size), { name: "HMAC", hash: "SHA-1", length }, false, ["sign"])`,
		`make(0)`, `make(-1)`, `make(NaN)`, `make(2 ** 32)`, `make(2 ** 31)`, `take(undefined, 0)`, `take(17, 2)`, `take(8, 2)`, `take(9, 2)`),
		`["OperationError","TypeError","TypeError","TypeError","OperationError","DataError","DataError","DataError","nothing"]`},
	"JSON": {rejects(`const take = (jwk) => crypto.subtle.importKey("jwk", jwk, { name: "HMAC", hash: "SHA-1" }, true, ["sign"])`,
		`take({ kty: "oct" })`, `take({ kty: "RSA", k: "YQ" })`, `take({ kty: "oct", k: "Y+" })`, `take({ kty: "oct", k: "YQ==" })`, `take({ kty: "oct", k: "YQ", alg: "HS256" })`, `take({ kty: "oct", k: "YQ", use: "enc" })`,
		`take({ kty: "oct", k: "YQ", key_ops: ["verify"] })`, `take({ kty: "oct", k: "YQ", key_ops: ["sign", "sign"] })`, `take({ kty: "oct", k: "YQ", ext: false })`, `take(bytes("a"))`, `take("YQ")`, `take({ kty: "oct", k: "YQ", use: "sig", ext: true, alg: "HS1", key_ops: ["sign"] })`),
		`["DataError","DataError","DataError","DataError","DataError","DataError","DataError","DataError","DataError","TypeError","TypeError","nothing"]`},
	"what there is not": {rejects(importedKey, `crypto.subtle.encrypt("AES-GCM", key, bytes("a"))`, `crypto.subtle.deriveBits("PBKDF2", key, 8)`, `crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"])`, `crypto.subtle.importKey("spki", bytes("a"), { name: "HMAC", hash: "SHA-1" }, true, ["sign"])`,
		`crypto.subtle.importKey("x", bytes("a"), { name: "HMAC", hash: "SHA-1" }, true, ["sign"])`, `crypto.subtle.importKey("raw", bytes("a"), "HMAC", true, ["sign"])`, `crypto.subtle.sign("ECDSA", key, bytes("a"))`),
		`["NotSupportedError","NotSupportedError","NotSupportedError","NotSupportedError","TypeError","TypeError","NotSupportedError"]`},
}

func digestingEndsWithTheRun(t *testing.T, s *suite) {
	for _, work := range []string{`crypto.subtle.digest("SHA-512", data)`, `crypto.subtle.sign("HMAC", key, data)`} {
		source := `const data = new Uint8Array(8 << 20); const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-1" }, false, ["sign"]); for (;;) await ` + work
		begin := time.Now()
		result := s.run(source, withTime(300*time.Millisecond))
		require.Error(t, result.Err)
		if result.Abandoned != nil {
			<-result.Abandoned
		}
		require.Less(t, time.Since(begin), 5*time.Second)
	}
}

func theClockOfPerformanceIsCoarse(t *testing.T, s *suite) {
	before := time.Now()
	require.JSONEq(t, `[true,true,true,true,true,true]`, s.output(t, `
		const first = performance.now(), times = [];
		for (let i = 0; i < 1000; i++) times.push(performance.now());
		await new Promise((r) => setTimeout(r, 20));
		const last = performance.now();
		return [
			first >= 0 && first < 60000,
			times.every((t, i) => i === 0 || t >= times[i - 1]),
			times.every((t) => Math.abs(t * 10 - Math.round(t * 10)) < 1e-6),
			last - first >= 19.8,
			Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000,
			JSON.stringify(performance) === JSON.stringify({ timeOrigin: performance.timeOrigin }),
		]`))
	var origin float64
	require.NoError(t, json.Unmarshal([]byte(s.output(t, `return performance.timeOrigin`)), &origin))
	require.InDelta(t, float64(before.UnixMilli()), origin, 60_000)
}
