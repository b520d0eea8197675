// Every trap of a proxy, and what the operation gives.
const log = []
const handler = {}
for (const trap of ["get", "set", "has", "deleteProperty", "ownKeys", "getOwnPropertyDescriptor", "defineProperty", "getPrototypeOf", "setPrototypeOf", "isExtensible", "preventExtensions", "apply", "construct"]) {
  handler[trap] = function (target, ...args) {
    log.push(trap + (typeof args[0] === "string" ? ":" + args[0] : ""))
    return Reflect[trap](target, ...args)
  }
}
const p = new Proxy({a: 1, b: {c: 2}}, handler)
const results = [p.a, "a" in p, "z" in p, p.b.c, delete p.a, Object.keys(p), {...p}, JSON.stringify(p)]
p.x = 5
p.x += 1
results.push(p.x, Object.getPrototypeOf(p) === Object.prototype, Object.isExtensible(p), p instanceof Object)
Object.defineProperty(p, "hidden", {value: 1, configurable: true})
results.push(Object.getOwnPropertyDescriptor(p, "hidden"), p.hasOwnProperty("x"), Object.entries(p))
for (const k in p) results.push("in " + k)
Object.setPrototypeOf(p, {inherited: true})
Object.preventExtensions(p)
results.push(p.inherited, Object.isExtensible(p), Object.isFrozen(p))
const f = new Proxy(function add(a, b) { return new.target ? {sum: a + b} : a + b }, handler)
results.push(f(1, 2), new f(3, 4).sum, f.call(null, 5, 6), f.apply(null, [7, 8]), Reflect.construct(f, [1, 1]).sum, f.name, f.length, typeof f)
const {b, ...rest} = p
results.push(rest)
return {log, results}
