// Rest elements wherever a pattern may stand, and the order in which they read.
const out = []
const log = []
const spy = (name, target) => new Proxy(target, {
  get(t, k, r) { log.push(name + " get " + String(k)); return Reflect.get(t, k, r) },
  ownKeys(t) { log.push(name + " keys"); return Reflect.ownKeys(t) },
  getOwnPropertyDescriptor(t, k) { log.push(name + " describe " + String(k)); return Reflect.getOwnPropertyDescriptor(t, k) },
})
const f = ({a, ...r}, [b, ...s] = [1, 2, 3], ...[c, ...[d, ...t]]) => [a, r, b, s, c, d, t]
out.push(f({a: 1, b: 2, [Symbol.iterator]: 3}), f({b: 1}, "xyz", 4, 5, 6, 7), f.length)
function g({...all}, {...text}) { return [all, text, arguments.length] }
out.push(g([1, 2], "ab"), g(5, true), g(() => 1, Object.create({inherited: 1}, {own: {value: 1, enumerable: true}, hidden: {value: 2}})))
const h = async ({...x}) => x, k = function* ([...y]) { yield* y }
out.push(await h({p: 1}), [...k("uv")])
class C { #p = 1; static m({...x}) { return x } set v([first, ...rest]) { this.w = rest } }
const c = new C(); c.v = [1, 2, 3]
out.push(C.m({q: 1}), c.w)
const {deep: {er: {x, ...inner}, ...middle}, ...outer} = {deep: {er: {x: 1, y: 2}, z: 3}, w: 4}
out.push(x, inner, middle, outer)
const [{first, ...others}, [, ...tail]] = [{first: 1, second: 2}, "abc"]
out.push(first, others, tail)
for (const {id, ...data} of [{id: 1, n: 2}, {id: 2, m: 3}]) out.push(id, data)
for (const [key, ...values] of new Map([["k", "v"]])) out.push(key, values)
for (let [i, ...more] = [0, 1, 2]; i < 2; i++) out.push(i, more)
for (var {length, ...letters} in {abc: 1}) out.push(length, letters)
const fs = []
for (const {n, ...r} of [{n: 1, m: 2}, {n: 2, m: 3}]) fs.push(() => [n, r])
out.push(fs.map(f => f()))
try { throw {code: 1, detail: 2} } catch ({code, ...info}) { out.push(code, info) }
try { throw [1, 2, 3] } catch ([head, ...info]) { out.push(head, info) }
const o = {list: []}
const value = ({a: o.a, b: {c: o.c, ...o.inside}, ...o.rest} = spy("value", {a: 1, b: {c: 2, d: 3}, e: 4, f: 5}))
out.push(o, Object.keys(value))
const swapped = ([o.x, [o.y, ...o.list], ...o.list2] = [1, "234", 5, 6])
out.push(o, swapped)
const {[(log.push("key 1"), "a")]: v1 = log.push("default 1"), b: {...v2} = spy("default", {z: 1}), ...v3} = spy("source", {c: 3})
out.push(v1, v2, v3)
const pulled = []
const source = {*[Symbol.iterator]() { try { pulled.push(1); yield 1; pulled.push(2); yield 2 } finally { pulled.push("end") } }}
const [[p1, ...p2]] = [source]
out.push(p1, p2, pulled)
const errors = []
for (const bad of [() => { const {...r} = null }, () => (({...r}) => r)(), () => (([...r]) => r)({}), () => { const [[...r]] = [undefined] },
  () => { const {a: {...r}} = {} }, () => (({a, ...r}) => r)(spy("bad", {get a() { throw new RangeError("a") }}))]) {
  try { bad(); errors.push("none") } catch (e) { errors.push(e.name) }
}
return {out, log, errors, names: [f.name, h.name, C.m.name], text: String(f).length}
