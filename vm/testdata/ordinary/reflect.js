// Reflect does what the operators do, and says whether it worked.
const o = {a: 1, get self() { return this }, [Symbol("s")]: 2}
const receiver = {}
const out = [
  Reflect.get(o, "a"), Reflect.get(o, "self", receiver) === receiver, Reflect.set(o, "b", 2), Reflect.has(o, "toString"), Reflect.ownKeys(o).map(String),
  Reflect.deleteProperty(o, "a"), Reflect.defineProperty(o, "c", {value: 3}), Reflect.set(o, "c", 4), Reflect.deleteProperty(o, "c"),
  Reflect.getOwnPropertyDescriptor(o, "c"), Reflect.getPrototypeOf([]) === Array.prototype, Reflect.setPrototypeOf(o, null), Reflect.isExtensible(o),
  Reflect.preventExtensions(o), Reflect.set(o, "new", 1), Reflect.setPrototypeOf(o, {}), Reflect.apply(Math.max, null, [1, 3, 2]),
  Reflect.apply(String.prototype.slice, "hello", [1, 3]), Reflect.construct(Date, [2020, 0, 1]).getFullYear(),
]
class A { constructor() { this.target = new.target.name } }
class B extends A {}
out.push(Reflect.construct(A, [], B).target, Reflect.construct(A, [], B) instanceof B, Reflect.construct(Array, [3], B) instanceof B)
for (const f of [() => Reflect.get(1, "a"), () => Reflect.construct(() => 1, []), () => Reflect.apply(1), () => Reflect.defineProperty(o), () => Reflect.ownKeys("x")]) try { f(); out.push("none") } catch (e) { out.push(e.name) }
const target = {}
const inherited = Object.create({set x(v) { this.seen = v }})
Reflect.set(inherited, "x", 7, target)
out.push(target, Object.keys(inherited))
out.push(Reflect.ownKeys({b: 1, 2: 1, a: 1, 1: 1, [Symbol.iterator]: 1}).map(String), Reflect[Symbol.toStringTag])
return out
