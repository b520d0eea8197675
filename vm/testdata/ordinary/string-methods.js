// The everyday methods of strings, edges included.
const s = "  The quick brown fox  "
const t = s.trim()
const results = [
  t.length, t.toUpperCase(), t.toLowerCase(), t.split(" "), t.split(""), t.split(" ", 2), t.split(), "".split(","), "".split(""),
  t.indexOf("q"), t.lastIndexOf("o"), t.indexOf("x", -5), t.includes("brown"), t.startsWith("quick", 4), t.endsWith("The", 3),
  t.slice(-3), t.slice(4, -4), t.substring(9, 4), t.substr(-3, 2), t.charAt(2), t.charAt(99), t.charCodeAt(0), t.codePointAt(0),
  t.at(-1), t[1], t[99] === undefined, "5".padStart(3, "0"), "5".padEnd(4, "ab"), "abc".padStart(2), "ab".repeat(3), "ab".repeat(0),
  "a-b-c".replace("-", "+"), "a-b-c".replaceAll("-", "+"), "aaa".replaceAll("a", (m, at) => at), s.trimStart().length, s.trimEnd().length,
  "abc".localeCompare("abd"), "a".concat("b", 1, null), "a,b,".split(","), "x".normalize(), "é".normalize("NFC").length,
  "\u0041\u030a".normalize("NFC"), "ß".toUpperCase(), "İ".toLowerCase().length, "ΑΣ".toLowerCase(), "ﬃ".toUpperCase(),
  String.fromCharCode(72, 105), String.fromCodePoint(128512), String(null), String([1, [2, 3]]), String({}), String(Symbol("x")),
  [..."a😀b"], "a😀b".length, "😀".charCodeAt(1), "😀".codePointAt(1), "😀" < "\uffff", "a" < "b", "10" < "9", "abc" > "abC",
  "tESt".replace(/^(.)(.*)$/, (_, a, b) => a.toUpperCase() + b.toLowerCase()), "\t\n\u00a0\ufeff x".trim(), "a\u2028b".split("\u2028"),
  "abc".search(/c/), "abc".match(/z/), "x".anchor ? "x".anchor("y\"z") : "", "camelCaseText".replace(/[A-Z]/g, c => "_" + c.toLowerCase()),
]
const thrown = []
for (const f of [() => "a".repeat(-1), () => "a".repeat(Infinity), () => String.fromCodePoint(-1), () => "a".normalize("X"), () => "a".startsWith(/a/), () => String.prototype.trim.call(null)]) {
  try { thrown.push(f()) } catch (e) { thrown.push(e.name) }
}
return {results, thrown}
