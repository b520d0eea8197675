// Lists every function that a program can reach from the global object: its path, name, length, text, the flags of its
// own properties and of the property that holds it, whether it constructs, and which paths lead to the same object.
const skipped = new Set(["eval", "Function", "globalThis"])
const paths = new Map(), rows = [], same = []
const flags = d => (d.writable ? "w" : "-") + (d.enumerable ? "e" : "-") + (d.configurable ? "c" : "-") + (d.get ? "g" : "") + (d.set ? "s" : "")
const label = key => typeof key === "symbol" ? `[${key.description}]` : key
const constructs = f => { try { Reflect.construct(Object, [], f); return true } catch (e) { return false } }
const inspect = (value, path, how) => {
  if (value === null || typeof value !== "object" && typeof value !== "function") return rows.push([path, how, typeof value, String(value).slice(0, 40)])
  if (paths.has(value)) return same.push(path + " = " + paths.get(value))
  paths.set(value, path)
  const row = [path, how, Object.prototype.toString.call(value), Object.isExtensible(value), Object.isFrozen(value)]
  if (typeof value === "function") row.push(value.name, value.length, constructs(value), Function_toString.call(value), "prototype" in value)
  rows.push(row)
  queue.push([value, path])
}
const Function_toString = Object.getPrototypeOf(Object).toString
const queue = []
// The constructors of functions are gone from a realm: their prototypes are reached by another way, and constructor is left out.
const functionPrototypes = [() => {}, async () => {}, function* () {}].map(f => Object.getPrototypeOf(f))
const generator = (function* () {})()
const instances = {
  arrayIterator: [][Symbol.iterator](), mapIterator: new Map().entries(), setIterator: new Set().values(), stringIterator: ""[Symbol.iterator](), matchIterator: "a".matchAll(/a/g), generator,
  regExp: /a/, array: [], date: new Date(0), error: new Error("x"), bound: (function f(a, b) {}).bind(null, 1), proxy: Proxy.revocable({}, {}), promise: Promise.resolve(),
  typed: new Uint8Array(2), buffer: new ArrayBuffer(2), map: new Map(), boxed: Object("ab"), template: (s => s)`a`, callee: (function () { return arguments })(),
}
for (const key of Reflect.ownKeys(globalThis).map(k => typeof k === "symbol" ? [label(k), k] : [k, k]).sort((a, b) => a[0] < b[0] ? -1 : 1)) {
  if (skipped.has(key[0])) continue
  const d = Object.getOwnPropertyDescriptor(globalThis, key[1])
  inspect("value" in d ? d.value : d.get, key[0], flags(d))
}
functionPrototypes.forEach((p, i) => inspect(p, `functionPrototype${i}`, ""))
for (const [name, value] of Object.entries(instances)) inspect(value, "instance " + name, "")
while (queue.length) {
  const [object, path] = queue.shift()
  inspect(Object.getPrototypeOf(object), path + ".__proto__", "")
  for (const key of Reflect.ownKeys(object)) {
    if (key === "constructor" && functionPrototypes.includes(object) || key === "stack") continue
    const d = Object.getOwnPropertyDescriptor(object, key)
    if ("value" in d) inspect(d.value, path + "." + label(key), flags(d))
    else { if (d.get) inspect(d.get, path + ".get " + label(key), flags(d)); if (d.set) inspect(d.set, path + ".set " + label(key), flags(d)) }
  }
}
const identities = [
  Array.prototype.values === Array.prototype[Symbol.iterator], String.prototype.trimStart === String.prototype.trimLeft, String.prototype.trimEnd === String.prototype.trimRight, parseInt === Number.parseInt, parseFloat === Number.parseFloat,
  Set.prototype.keys === Set.prototype.values, Set.prototype.values === Set.prototype[Symbol.iterator], Map.prototype.entries === Map.prototype[Symbol.iterator], Date.prototype.toGMTString === Date.prototype.toUTCString,
  Object.getPrototypeOf(Int8Array).prototype.values === Object.getPrototypeOf(Int8Array).prototype[Symbol.iterator], Object.getPrototypeOf(Int8Array).prototype.toString === Array.prototype.toString, Error.prototype.toString === TypeError.prototype.toString,
  Array.prototype.constructor === Array, new Map().set === Map.prototype.set, /a/.exec === RegExp.prototype.exec, [].push === Array.prototype.push,
]
const native = [Math.max, [].map, /a/.exec, Promise.resolve, Object, new Map().get, Object.getOwnPropertyDescriptor(Map.prototype, "size").get].map(f => [String(f), f.hasOwnProperty("prototype"), Reflect.ownKeys(f).map(label)])
return {count: rows.length, rows, same, identities, native}
