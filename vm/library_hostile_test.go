package vm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// Whatever a script does with the library, its run ends: with a result, or at a limit that it cannot get around.
func TestHugeArgumentsOfTheLibraryEndAtALimit(t *testing.T) {
	for name, source := range map[string]string{
		"parameters":          `new URLSearchParams("a&".repeat(2e7))`,
		"parameters, encoded": `new URLSearchParams("%FF=%FF&".repeat(3e6)).toString()`,
		"one parameter":       `new URLSearchParams([["é".repeat(2e6), ""]]).toString()`,
		"URLs":                `for (const list = [];;) list.push(new URL("https://example.com/" + list.length))`,
		"a long path":         `for (const text = "a/".repeat(4e5) + "../".repeat(6e4);;) new URL("http://a/" + text)`,
		"a long host":         `for (const text = "界".repeat(680);;) new URL("http://" + text)`,
		"setters":             `for (const u = new URL("http://a/" + "%".repeat(1e6));;) u.hash = "b"`,
		"linked parameters":   `for (const u = new URL("http://a/"), p = u.searchParams;;) { p.append("a".repeat(1000), ""); u.href }`,
		"texts":               `for (let t = "é".repeat(1e6);; t += t) new TextEncoder().encode(t)`,
		"a text into bytes":   `const b = new Uint8Array(2e7), t = "é".repeat(1e7); for (;;) new TextEncoder().encodeInto(t, b)`,
		"UTF-8":               `const b = new Uint8Array(5e6).fill(0xFF); for (;;) new TextDecoder().decode(b)`,
		"UTF-16":              `const b = new Uint8Array(5e6).fill(0xD8); for (;;) new TextDecoder("utf-16le").decode(b)`,
		"East Asia":           `const b = new Uint8Array(5e6).fill(0xB0); for (;;) new TextDecoder("gb18030").decode(b)`,
		"escape sequences":    `const b = new Uint8Array(5e6).fill(0x1B); for (;;) new TextDecoder("iso-2022-jp").decode(b)`,
		"decoders":            `for (const list = [];;) { const d = new TextDecoder("gbk"); d.decode(new Uint8Array([0x81]), { stream: true }); list.push(d) }`,
		"a digest":            `const b = new Uint8Array(3e7); for (;;) await crypto.subtle.digest("SHA-512", b)`,
		"keys":                `for (const list = [];;) list.push(await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-1", length: 2 ** 19 }, true, ["sign"]))`,
		"randomness":          `const b = new Uint8Array(65536); for (;;) crypto.getRandomValues(b)`,
		"usages":              `await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-1" }, true, { *[Symbol.iterator]() { for (;;) yield "sign" } })`,
		"base64":              `for (let t = "a".repeat(1e6);; t += t) atob(btoa(t))`,
	} {
		t.Run(name, func(t *testing.T) {
			limits := jsruntime.DefaultResourceLimits()
			limits.MaxExecutionTime, limits.MaxMemoryBytes = 400*time.Millisecond, 128<<20
			begin := time.Now()
			result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: source}, Limits: limits})
			var failure *jsruntime.ScriptError
			if result.Err != nil {
				require.ErrorAs(t, result.Err, &failure)
				require.Contains(t, []jsruntime.FailureKind{jsruntime.FailureMemory, jsruntime.FailureTimeout}, failure.Kind, failure.Message)
			}
			if result.Abandoned != nil { // by a machine that has too much to do
				<-result.Abandoned
			}
			require.Less(t, time.Since(begin), 5*time.Second)
		})
	}
}

func TestAPatchedRealmBreaksTheLibraryForTheScriptAlone(t *testing.T) {
	const patch = `
		const uses = {
			url: () => new URL("https://a/?b=1").searchParams.get("b"), params: () => String(new URLSearchParams({ a: 1 })), parsed: () => [...new URLSearchParams("a=1")],
			encode: () => new TextEncoder().encode("a").length, decode: () => new TextDecoder().decode(new Uint8Array([97])), random: () => crypto.randomUUID().length,
			now: () => typeof performance.now(), digest: () => crypto.subtle.digest("SHA-1", new Uint8Array(1)),
		};
		const bad = () => { throw new RangeError("patched") };
		const kept = new Set(["constructor", "toString", "valueOf", "then"]);
		const { ownKeys } = Reflect, targets = [Array.prototype, String.prototype, Object, Reflect, Map.prototype, Uint8Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)];
		for (let i = 0; i < targets.length; i++) {
			for (let j = 0, keys = ownKeys(targets[i]); j < keys.length; j++) {
				try { if (typeof targets[i][keys[j]] === "function" && !kept.has(keys[j])) targets[i][keys[j]] = bad } catch {}
			}
		}
		let count = 0;
		for (const name in uses) { try { const v = uses[name](); if (v instanceof Promise) await v; count++ } catch (e) { if (!(e instanceof Error)) throw e; count++ } }
		return count;`
	result := vm.New().Run(t.Context(), jsruntime.Job{Source: jsruntime.Source{Text: patch}, Limits: jsruntime.DefaultResourceLimits()})
	require.NoError(t, result.Err)
	require.JSONEq(t, `8`, string(result.Output))
}
