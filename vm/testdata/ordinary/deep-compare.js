// Deep clone, equality, merge, difference and paths.
const isObject = v => v !== null && typeof v === "object"
function clone(v, seen = new Map()) {
  if (!isObject(v)) return v
  if (seen.has(v)) return seen.get(v)
  const out = Array.isArray(v) ? [] : v instanceof Date ? new Date(v) : v instanceof Map ? new Map() : v instanceof Set ? new Set() : Object.create(Object.getPrototypeOf(v))
  seen.set(v, out)
  if (v instanceof Map) for (const [k, x] of v) out.set(clone(k, seen), clone(x, seen))
  else if (v instanceof Set) for (const x of v) out.add(clone(x, seen))
  else for (const k of Reflect.ownKeys(v)) if (k !== "length") out[k] = clone(v[k], seen)
  return out
}
function equal(a, b, seen = new Map()) {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (seen.get(a) === b) return true
  seen.set(a, b)
  if (a instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Map) return a.size === b.size && [...a].every(([k, v]) => b.has(k) && equal(v, b.get(k), seen))
  if (a instanceof Set) return a.size === b.size && [...a].every(v => b.has(v))
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(k => Object.hasOwn(b, k) && equal(a[k], b[k], seen))
}
const diff = (a, b, path = "") => { const out = []; for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) { const p = path ? path + "." + k : k; if (!(k in b)) out.push("-" + p); else if (!(k in a)) out.push("+" + p); else if (isObject(a[k]) && isObject(b[k])) out.push(...diff(a[k], b[k], p)); else if (!Object.is(a[k], b[k])) out.push(`${p}: ${a[k]} -> ${b[k]}`) } return out }
const merge = (...all) => all.reduce((t, s) => { for (const [k, v] of Object.entries(s)) t[k] = isObject(v) && !Array.isArray(v) && isObject(t[k]) ? merge({}, t[k], v) : v; return t }, {})
const get = (o, path, otherwise) => path.replace(/\[(\d+)\]/g, ".$1").split(".").reduce((v, k) => v?.[k], o) ?? otherwise
const set = (o, path, v) => { const keys = path.split("."), last = keys.pop(); keys.reduce((t, k) => t[k] ??= {}, o)[last] = v; return o }
const source = {n: 1, list: [1, {a: 2}, [3]], date: new Date(1e12), map: new Map([["k", {v: 1}]]), set: new Set([1, "x"]), nan: NaN, [Symbol.for("s")]: 5}
source.self = source
const copy = clone(source)
const same = [equal(source, copy), copy.self === copy, copy.list !== source.list, copy[Symbol.for("s")]]
copy.list[1].a = 9
same.push(equal(source, copy), equal([1, 2], [1, 2, 3]), equal({a: undefined}, {b: undefined}), equal(0, -0), equal(NaN, NaN), equal([], {}))
const pick = (o, ...keys) => Object.fromEntries(keys.filter(k => k in o).map(k => [k, o[k]]))
const invert = o => Object.fromEntries(Object.entries(o).map(([k, v]) => [v, k]))
const flat = (o, prefix = "") => Object.entries(o).reduce((out, [k, v]) => isObject(v) ? {...out, ...flat(v, prefix + k + ".")} : {...out, [prefix + k]: v}, {})
return {same, diff: diff({a: 1, b: {c: 2, d: [1, 2]}, e: 5}, {a: 2, b: {c: 2, d: [1, 3], f: 0}}), merged: merge({a: {x: 1, y: 2}, l: [1]}, {a: {y: 3, z: {w: 4}}}, {l: [2]}), got: [get({a: [{b: {c: 7}}]}, "a[0].b.c"), get({}, "x.y", "none")], set: set({}, "a.b.c", 1), pick: pick({a: 1, b: 2}, "a", "z"), invert: invert({a: "x", b: "y"}), flat: flat({a: {b: 1, c: {d: 2}}, e: [5, 6]})}
