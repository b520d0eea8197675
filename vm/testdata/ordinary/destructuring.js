// Patterns in declarations, parameters, heads of loops, catch and assignments.
const out = []
const [a, , b = 5, ...rest] = [1, 2, undefined, 4, 5]
const {x, y: {z = "dz", ...inner} = {}, ["comp" + "uted"]: c, missing = "default", ...others} = {x: 1, y: {w: 2, v: 3}, computed: 4, p: 5, q: 6}
out.push(a, b, rest, x, z, inner, c, missing, others)
let m = 1, n = 2
;[m, n] = [n, m]
const o = {}, list = []
;({a: o.first, b: o["second"], c: list[1], ...o.rest} = {a: 1, b: 2, c: 3, d: 4})
;[o.x, [o.y], ...o.z] = [1, [2], 3, 4]
out.push(m, n, o, list.length)
function f({name = "anon", tags: [first, more] = []} = {}, [p, q] = [7, 8], ...others) { return [name, first, more, p, q, others] }
out.push(f(), f({name: "x", tags: [1, 2, 3]}, "ab", "r", "s"), f.length)
for (const {id, at: [lat, lon]} of [{id: 1, at: [5, 6]}]) out.push(id + lat + lon)
for (const [k, v] of Object.entries({k1: "v1"})) out.push(k + v)
for (const [i, ch] of [..."hi"].entries()) out.push(i + ch)
for (let [i, j] = [0, 3]; i < j; [i, j] = [i + 1, j - 1]) out.push([i, j])
for ([o.a, o.b] of [[1, 2], [3, 4]]) ;
for (o.key in {last: 1}) ;
out.push(o.a, o.b, o.key)
try { throw {code: 42, detail: {why: "because"}} } catch ({code, detail: {why}}) { out.push(code, why) }
const order = []
const note = v => { order.push(v); return v }
const {[note("k1")]: d1 = note("d1"), [note("k2")]: d2 = note("d2")} = {k1: 1}
const iterated = []
const source = {*[Symbol.iterator]() { try { yield iterated.push(1); yield iterated.push(2); yield iterated.push(3) } finally { iterated.push("closed") } }}
const [one, two] = source
const [] = source
const [...everything] = source
out.push(order, iterated, one, two, everything)
const {length, [length - 1]: last, 0: zero} = "word"
const {toFixed} = 5
const [g = () => {}, h = class {}] = []
out.push(length, last, zero, toFixed === Number.prototype.toFixed, g.name, h.name)
const swap = ([p, q]) => [q, p]
const {a: {b: {c: deep} = {c: "fallback"}} = {}} = {a: {}}
let u, v
const chain = ({u, v} = {u: 1, v: 2})
const map = new Map([["k", {v: 1}]])
for (const [k, {v}] of map) out.push(k, v)
out.push(swap([1, 2]), deep, chain, (([, second]) => second)("xy"), (({length}) => length)([1, 2, 3]))
const thrown = []
for (const bad of [() => { const {q} = null }, () => { const [q] = {} }, () => { const [q] = 1 }, () => { let {q: {r}} = {} }, () => (({q}) => q)()]) try { bad(); thrown.push("none") } catch (e) { thrown.push(e.name) }
const keys = [], keyed = {}, key = name => ({toString() { keys.push(name); return name }})
;[keyed[key("first")], keyed[key("second")] = keys.push("default")] = {*[Symbol.iterator]() { keys.push("step"); yield 1; keys.push("step"); yield undefined }}
;({a: keyed[key("third")]} = {get a() { keys.push("get"); return 3 }})
keyed[key("fourth")] = keys.push("value"); keyed[key("fourth")] += 1
return {out, thrown, keys, keyed}
