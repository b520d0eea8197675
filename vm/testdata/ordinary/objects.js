// Object's functions, descriptors, order and freezing.
const o = {z: 1, 2: "two", a: 2, 1: "one", [Symbol("s")]: 3}
o.late = 1; o[0] = "zero"; delete o.a; o.a = "again"
const out = [Object.keys(o), Object.values(o), Object.entries(o).flat().join(), Object.getOwnPropertyNames(o), JSON.stringify(o)]
const inherited = []
for (const k in Object.create({p: 1, z: 2}, {own: {value: 1, enumerable: true}, hidden: {value: 2}})) inherited.push(k)
const d = Object.defineProperties({}, {ro: {value: 1}, acc: {get() { return this.v ?? "unset" }, set(v) { this.v = v + "!" }, enumerable: true, configurable: true}})
d.acc = "set"
d.ro = 2
out.push(inherited, d.acc, d.ro, Object.getOwnPropertyDescriptors(d), Object.getOwnPropertyDescriptor(d, "none") === undefined)
const frozen = Object.freeze({a: {b: 1}, list: [1]})
frozen.a.b = 2
frozen.list.push(2)
const strict = (() => { "use strict"; const names = []; for (const f of [() => { frozen.a = 1 }, () => { frozen.c = 1 }, () => { delete frozen.a }, () => { d.ro = 3 }, () => { Object.preventExtensions([]).push(1) }, () => { "text".length = 1 }, () => { (5).x = 1 }]) try { f(); names.push("none") } catch (e) { names.push(e.name) } return names })()
frozen.a = "ignored"
out.push(frozen, strict, Object.isFrozen(frozen), Object.isSealed(Object.seal({a: 1})), Object.isExtensible(Object.preventExtensions({})), Object.isFrozen("x"))
out.push(Object.assign({a: 1}, null, {b: 2}, "xy", [9]), Object.fromEntries([["a", 1], ["b", 2]]), Object.is(NaN, NaN), Object.is(0, -0), Object.hasOwn(o, "z"), "toString" in o, o.hasOwnProperty("toString"))
const proto = {greet() { return "hi " + this.name }}
const child = Object.create(proto, {name: {value: "c"}})
const literal = {__proto__: proto, name: "l", greet() { return super.greet() + "!" }, get full() { return this.greet() }, set full(v) { this.name = v }, ["k" + 1]: 1, async am() {}, *gm() {}}
literal.full = "new"
out.push(child.greet(), literal.full, proto.isPrototypeOf(child), Object.getPrototypeOf(literal) === proto, Object.keys(literal), literal.k1)
Object.setPrototypeOf(child, {other: true})
out.push(child.other, child.greet === undefined, child.propertyIsEnumerable("name"), Object.prototype.toString.call(null), Object.prototype.toString.call([]), String(Object.create({toString: () => "custom"})))
const getters = {get once() { Object.defineProperty(this, "once", {value: 42, enumerable: true}); return "first" }}
out.push(getters.once, getters.once, delete o.none, delete o.z, "z" in o, void 0 === undefined, typeof undeclared, (1, 2, 3))
class WithGetter { #v = 1; get v() { return this.#v } set v(x) { this.#v = x * 2 } }
const w = new WithGetter()
w.v = 5; w.v += 1; w.v++
out.push(w.v, Object.keys(w), "v" in w, Object.hasOwn(w, "v"))
const clone = v => v === null || typeof v !== "object" ? v : Array.isArray(v) ? v.map(clone) : v instanceof Date ? new Date(v) : v instanceof Map ? new Map([...v].map(([k, x]) => [k, clone(x)])) : Object.fromEntries(Object.entries(v).map(([k, x]) => [k, clone(x)]))
const source = {a: [1, {b: 2}], d: new Date(5), m: new Map([["k", [1]]])}
const copied = clone(source)
out.push(copied.a !== source.a, copied.a, copied.d.getTime(), [...copied.m])
return out
