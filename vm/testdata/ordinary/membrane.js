// A membrane: whatever crosses it is wrapped, and unwrapped on the way back.
function membrane(root) {
  const wrapped = new WeakMap(), originals = new WeakMap()
  let open = true
  const unwrap = v => originals.has(v) ? originals.get(v) : v
  const wrap = v => {
    if (v === null || typeof v !== "object" && typeof v !== "function") return v
    if (wrapped.has(v)) return wrapped.get(v)
    const check = () => { if (!open) throw new Error("closed") }
    const proxy = new Proxy(v, {
      get(t, k) { check(); return wrap(Reflect.get(t, k)) },
      set(t, k, value) { check(); return Reflect.set(t, k, unwrap(value)) },
      apply(t, self, args) { check(); return wrap(Reflect.apply(t, unwrap(self), args.map(unwrap))) },
      construct(t, args) { check(); return wrap(Reflect.construct(t, args.map(unwrap))) },
    })
    wrapped.set(v, proxy)
    originals.set(proxy, v)
    return proxy
  }
  return {proxy: wrap(root), close: () => { open = false }}
}
const store = {items: [{n: 1}], add(item) { this.items.push(item); return this }, total() { return this.items.reduce((s, i) => s + i.n, 0) }, Item: class { constructor(n) { this.n = n } }}
const {proxy, close} = membrane(store)
const out = []
out.push(proxy.items === proxy.items, proxy.items === store.items, proxy.add === store.add)
out.push(proxy.add({n: 2}).add(new proxy.Item(3)) === proxy, proxy.total(), store.items.length, store.items[2] instanceof store.Item)
proxy.first = proxy.items[0]
out.push(store.first === store.items[0], proxy.items.map(i => i.n).join())
const keep = proxy.items
close()
try { keep.length } catch (e) { out.push(e.message) }
return out
