// WeakMap and WeakSet for private state, brand checks and private methods in all positions.
const secrets = new WeakMap(), brands = new WeakSet()
class Vault { constructor(s) { secrets.set(this, s); brands.add(this) } open(pin) { if (!brands.has(this)) throw new TypeError("no vault"); return pin === 1234 ? secrets.get(this) : null } }
const out = [new Vault("gold").open(1234), new Vault("gold").open(1)]
try { Vault.prototype.open.call({}, 1234) } catch (e) { out.push(e.message) }
class Counter {
  #n = 0; static #all = []; static #limit = 3
  #step = by => { this.#n += by; return this.#n }
  get #double() { return this.#n * 2 }
  set #double(v) { this.#n = v / 2 }
  static #register(c) { if (Counter.#all.length >= Counter.#limit) throw new RangeError("too many"); Counter.#all.push(c); return c }
  static make() { return this.#register(new this()) }
  static get all() { return Counter.#all.length }
  up(by = 1) { this.#n++; ++this.#n; this.#n += by; this.#n **= 1; return this.#step(by) }
  twice() { this.#double += 10; this.#double++; return this.#double }
  swap(other) { [this.#n, other.#n] = [other.#n, this.#n]; return [this.#n, other.#n] }
  assign() { ({a: this.#n, b: this.x = 5} = {a: 42}); for (this.#n of [1, 2, 3]) ; return [this.#n, this.x] }
  optional(o) { return o?.#n ?? "none" }
  logical() { this.#n &&= 7; this.#n ||= 8; this.#n ??= 9; return this.#n }
  static is(o) { return #n in o }
  has = o => #n in o
  nested() { const self = this; return class { get outer() { return self.x } static #n = "own"; static own() { return this.#n } } }
}
const a = Counter.make(), b = Counter.make()
out.push(a.up(), a.up(5), b.up(), a.twice(), a.swap(b), a.assign(), a.optional(null), a.optional(b), a.logical(), Counter.is(a), Counter.is({}), a.has(b), Counter.all)
const Inner = a.nested()
out.push(Inner.own())
for (const f of [() => { Counter.make(); Counter.make() }, () => a.optional({}), () => Counter.prototype.up.call({}), () => new Inner().outer]) try { out.push(f() ?? "ok") } catch (e) { out.push(e.name) }
class Link { #next = null; constructor(v, next = null) { this.v = v; this.#next = next } *[Symbol.iterator]() { let l = this; while (l) { yield l.v; l = l.#next } } append(v) { let l = this; while (l.#next) l = l.#next; l.#next = new Link(v); return this } reverse() { let prev = null, l = this; while (l) { const next = l.#next; l.#next = prev; prev = l; l = next } return prev } }
out.push([...new Link(1).append(2).append(3)], [...new Link("a").append("b").append("c").reverse()])
class Base { #id = Base.#next++; static #next = 1; get id() { return this.#id } static compare(x, y) { return x.#id - y.#id } }
class Derived extends Base { #id = "d" + this.id; get both() { return [this.#id, this.id] } }
out.push(new Derived().both, new Derived().both, Base.compare(new Base(), new Base()), Object.keys(new Derived()), JSON.stringify(new Counter()))
const cache = new WeakMap()
const expensive = o => { if (!cache.has(o)) cache.set(o, Object.keys(o).length); return cache.get(o) }
const key = {a: 1, b: 2}
out.push(expensive(key), (key.c = 3, expensive(key)), cache.delete(key), expensive(key))
return out
