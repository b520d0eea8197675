// Maps, sets, their iteration while they change, and set operations.
const m = new Map([["a", 1], ["b", 2]])
m.set("c", 3).set(NaN, "nan").set(0, "zero").set("a", 10)
const key = {}
m.set(key, "object")
const out = [m.size, m.get("a"), m.get(NaN), m.get(-0), m.has(key), m.has({}), m.delete("b"), m.delete("b"), [...m.keys()].map(String), [...m.values()]]
const visited = []
for (const [k] of m) { visited.push(String(k)); if (k === "a") m.set("late", 1).delete("c") }
const each = []
m.forEach(function (v, k, whole) { each.push([String(k), v, whole === m, this.tag]) }, {tag: 1})
const s = new Set("hello")
out.push([...s].join(""), s.size, s.has("l"), s.add("z") === s, s.delete("h"), [...s.entries()][0], visited, each)
const a = new Set([1, 2, 3, 4]), b = new Set([3, 4, 5])
for (const op of ["union", "intersection", "difference", "symmetricDifference"]) out.push([op, typeof a[op] === "function" ? [...a[op](b)] : "none"])
for (const op of ["isSubsetOf", "isSupersetOf", "isDisjointFrom"]) out.push([op, typeof a[op] === "function" ? a[op](b) : "none"])
out.push(typeof a.union === "function" ? [...a.union(new Map([[9, 9]]))] : "none")
const grow = new Set([1])
let rounds = 0
for (const v of grow) { if (++rounds > 5) break; grow.add(v + 1); grow.delete(v) }
out.push(rounds, [...grow])
const weak = new WeakMap([[key, 1]]), weakSet = new WeakSet([key])
out.push(weak.get(key), weak.has({}), weak.delete(key), weak.get(key) === undefined, weakSet.has(key))
for (const f of [() => Map(), () => new Map([1]), () => new Map(5), () => weak.set(1, 1), () => Map.prototype.get.call({}, 1), () => new Set(1), () => weakSet.add("x")]) try { f(); out.push("none") } catch (e) { out.push(e.name) }
const group = (list, by) => list.reduce((g, v) => g.set(by(v), [...(g.get(by(v)) ?? []), v]), new Map())
out.push([...group([1, 2, 3, 4, 5], v => v % 2 ? "odd" : "even")], Object.fromEntries(m.entries ? new Map([["x", 1]]) : []))
const it = new Map([[1, 2]])[Symbol.iterator]()
out.push(it.next(), it.next(), String(it), m[Symbol.toStringTag], Map.name, Map.length, Map[Symbol.species] === Map)
m.clear()
out.push(m.size, [...new Set([3, 1, 2])].sort(), [...new Map([[1, "x"]]).entries()].flat(), new Set([0, -0, NaN, NaN, "0"]).size)
const many = new Map()
for (let i = 0; i < 20000; i++) many.set("k" + i % 5000, (many.get("k" + i % 5000) ?? 0) + i)
out.push(many.size, many.get("k42"))
return out
