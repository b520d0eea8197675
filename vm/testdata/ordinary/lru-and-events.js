// An LRU cache, an event emitter, an observable store and a small pipeline.
class Lru {
  #max; #map = new Map(); hits = 0; misses = 0
  constructor(max) { this.#max = max }
  get(k) { if (!this.#map.has(k)) { this.misses++; return undefined } const v = this.#map.get(k); this.#map.delete(k); this.#map.set(k, v); this.hits++; return v }
  set(k, v) { this.#map.delete(k); this.#map.set(k, v); if (this.#map.size > this.#max) this.#map.delete(this.#map.keys().next().value); return this }
  *[Symbol.iterator]() { yield* this.#map }
  get size() { return this.#map.size }
}
const lru = new Lru(3)
for (let i = 0; i < 1000; i++) { const k = (i * 7) % 5; if (lru.get(k) === undefined) lru.set(k, i) }
lru.set("a", 1).set("b", 2).get("a")
class Emitter {
  #handlers = Object.create(null)
  on(name, f) { (this.#handlers[name] ||= []).push(f); return () => this.off(name, f) }
  once(name, f) { const off = this.on(name, (...args) => { off(); f(...args) }); return off }
  off(name, f) { this.#handlers[name] = this.#handlers[name]?.filter(h => h !== f) }
  emit(name, ...args) { const list = this.#handlers[name] ?? []; for (const h of [...list]) h.apply(this, args); return list.length }
}
const log = []
const e = new Emitter()
const off = e.on("x", (...a) => log.push(["x", ...a]))
e.once("x", a => log.push(["once", a]))
e.on("x", function () { log.push(this === e) })
const emitted = [e.emit("x", 1, 2), e.emit("x", 3), (off(), e.emit("x", 4)), e.emit("none"), e.emit("__proto__")]
const createStore = (reducer, state = reducer(undefined, {})) => { const subs = new Set(); return {get: () => state, dispatch(a) { state = reducer(state, a); subs.forEach(f => f(state)); return a }, subscribe(f) { subs.add(f); return () => subs.delete(f) }} }
const store = createStore((s = {count: 0, items: []}, {type, payload}) => { switch (type) { case "add": return {...s, count: s.count + 1, items: [...s.items, payload]}; case "drop": return {...s, items: s.items.filter(i => i !== payload)}; default: return s } })
const states = []
const stop = store.subscribe(s => states.push(s.items.join()))
store.dispatch({type: "add", payload: "a"}); store.dispatch({type: "add", payload: "b"}); store.dispatch({type: "drop", payload: "a"}); stop(); store.dispatch({type: "add", payload: "z"})
const pipeline = (...steps) => async v => { for (const s of steps) v = await s(v); return v }
const queue = {list: [], running: false, async push(job) { this.list.push(job); if (this.running) return; this.running = true; while (this.list.length) await this.list.shift()(); this.running = false }}
const done = []
await Promise.all([1, 2, 3].map(n => queue.push(async () => { await null; done.push(n) })))
const middleware = (...all) => ctx => { const next = i => all[i]?.(ctx, () => next(i + 1)); next(0); return ctx.trace.join(">") }
return {lru: [...lru], hits: lru.hits, misses: lru.misses, log, emitted, state: store.get(), states, piped: await pipeline(x => x + 1, async x => x * 2, x => `<${x}>`)(4), done, trace: middleware((c, n) => { c.trace.push("a"); n(); c.trace.push("a2") }, (c, n) => { c.trace.push("b"); n() })({trace: []})}
