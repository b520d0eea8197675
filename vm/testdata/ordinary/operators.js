// Operators and conversions between all sorts of values.
const values = [0, -0, 1, -1.5, NaN, Infinity, "", "0", "1", "a", " 7 ", "1e3", true, false, null, undefined, [], [5], [1, 2], {}, "b"]
const show = v => Object.is(v, -0) ? "-0" : typeof v === "string" ? JSON.stringify(v) : String(v)
const table = []
for (const a of values) for (const b of values) table.push([a + b, a - b, a * b, a / b, a % b, a ** b, a & b, a | b, a ^ b, a << b, a >> b, a >>> b, a < b, a <= b, a > b, a >= b, a == b, a === b, a && b, a || b, a ?? b].map(show).join())
let hash = 0
for (const row of table) for (let i = 0; i < row.length; i++) hash = hash * 31 + row.charCodeAt(i) | 0
const unary = values.map(v => [+v, -v, ~v, !v, typeof v, void v, Number(v), String(v), Boolean(v), parseInt(v), parseFloat(v)].map(show).join())
const o = {n: 1, s: "x", nested: {deep: null}, f() { return this.n }, zero: 0, empty: ""}
const optional = [o?.n, o.missing?.deep.deeper, o.nested?.deep?.x, o.f?.(), o.g?.(), o?.["s"], null?.[o.never()], delete o?.missing, o.nested.deep ?? "none", o.zero ?? 5, o.zero || 5, o.empty && "never", (o.missing ?? o.nested)?.deep === null].map(v => v === undefined ? "undefined" : v)
o.n ||= 9; o.zero ||= 9; o.s &&= o.s + "y"; o.added ??= "a"; o.added ??= "b"; o["key"] ??= []; o.key.push(1)
let calls = 0
const skip = {get v() { return 1 }, set v(x) { calls++ }}
skip.v ||= 2; skip.v ??= 3; skip.v &&= 4
let i = 5
const steps = [i++, i, ++i, i--, --i, (-i) ** 2, 2 ** 3 ** 2, (1, 2), i += 2, i -= 1, i *= 3, i /= 2, i %= 4, i **= 2, i <<= 3, i >>= 1, i >>>= 1, i |= 1, i &= 7, i ^= 2]
return {rows: table.length, hash, first: table[22], unary, optional, o: JSON.stringify(o), calls, i, steps}
