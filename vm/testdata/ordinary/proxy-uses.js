// What programs make with proxies.
const defaults = new Proxy({}, {get: (t, k) => k in t ? t[k] : "no " + String(k)})
defaults.known = 1
const negative = list => new Proxy(list, {get: (t, k, r) => typeof k === "string" && /^-\d+$/.test(k) ? t[t.length + +k] : Reflect.get(t, k, r)})
const last = negative([1, 2, 3])
const validated = new Proxy({}, {set(t, k, v) { if (k === "age" && !Number.isInteger(v)) throw new TypeError("age must be an integer"); t[k] = v; return true }})
validated.age = 5
const out = [defaults.known, defaults.other, last[-1], last.length, last.map(x => x * 2), Array.isArray(last), validated.age]
try { validated.age = "old" } catch (e) { out.push(e.message) }
const calls = []
const path = (parts = []) => new Proxy(function () {}, {get: (_, k) => path([...parts, k]), apply: (_, __, args) => { calls.push(parts.join(".") + "(" + args + ")"); return calls.length }})
out.push(path().users.list(1, 2), path().a.b.c("x"), calls)
const observed = (target, changed) => new Proxy(target, {
  get(t, k, r) { const v = Reflect.get(t, k, r); return typeof v === "object" && v !== null ? observed(v, changed) : v },
  set(t, k, v) { changed.push(k + "=" + v); return Reflect.set(t, k, v) },
  deleteProperty(t, k) { changed.push("-" + k); return delete t[k] },
})
const changed = []
const state = observed({user: {name: "a", tags: ["x"]}, n: 0}, changed)
state.user.name = "b"
state.user.tags.push("y")
state.n++
delete state.user
out.push(changed)
const revocable = Proxy.revocable({a: 1}, {})
out.push(revocable.proxy.a)
revocable.revoke()
for (const f of [() => revocable.proxy.a, () => Object.keys(revocable.proxy), () => new Proxy({}, null), () => Array.isArray(revocable.proxy), () => Proxy({}, {})]) try { f(); out.push("none") } catch (e) { out.push(e.name) }
out.push(typeof revocable.proxy)
const frozen = new Proxy(Object.freeze({a: 1}), {get: () => 2})
try { out.push(frozen.a) } catch (e) { out.push(e.name) }
const child = Object.create(new Proxy({}, {get: (t, k, r) => k === "dynamic" ? "from prototype" : undefined, has: (t, k) => k === "there"}))
child.own = 1
out.push(child.dynamic, child.own, "there" in child, "not" in child)
return out
