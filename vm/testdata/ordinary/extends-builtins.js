// Subclasses of what the language has.
class Stack extends Array { peek() { return this.at(-1) } }
class DefaultMap extends Map { constructor(make, entries) { super(entries); this.make = make } get(k) { if (!this.has(k)) this.set(k, this.make(k)); return super.get(k) } }
class OrderedSet extends Set { add(v) { OrderedSet.adds = (OrderedSet.adds || 0) + 1; return super.add(v) } first() { return this.values().next().value } }
class HttpError extends Error { constructor(status, message, options) { super(message, options); this.status = status; this.name = "HttpError" } get retry() { return this.status >= 500 } }
class NotFound extends HttpError { constructor(what) { super(404, what + " not found") } }
class Later extends Promise { static get [Symbol.species]() { return Promise } tag = "later" }
class Title extends String { get shout() { return this.toUpperCase() + "!" } }
class Celsius extends Number { get f() { return this * 9 / 5 + 32 } }
class Pattern extends RegExp { exec(s) { Pattern.runs = (Pattern.runs || 0) + 1; return super.exec(s) } }
class Day extends Date { get iso() { return this.toISOString().slice(0, 10) } }
class Callable extends Object { constructor() { super(); this.ok = true } }
const s = Stack.from([1, 2, 3])
const m = new DefaultMap(k => k.length, [["a", 10]])
const e = new NotFound("page")
const p = new Later(r => r(5))
const out = [s.peek(), s.map(x => x + 1).peek(), s.length, s instanceof Array, m.get("a"), m.get("four"), m.size, [...m]]
const o = new OrderedSet([3, 1, 3])
out.push(o.first(), o.size, OrderedSet.adds, o instanceof Set)
out.push(e.message, e.status, e.name, e.retry, e instanceof NotFound, e instanceof HttpError, e instanceof Error, String(e), Object.prototype.toString.call(e), new HttpError(500, "x", {cause: e}).cause === e)
out.push(p instanceof Later, p.tag, p.then(x => x) instanceof Later, await p, await p.then(x => x + 1), await Later.all([1, p]), Later.resolve(1) instanceof Later)
const t = new Title("hey")
out.push(t.shout, t.length, t + "", typeof t, new Celsius(100).f, new Celsius(1) + 1, "xaxa".replace(new Pattern("a", "g"), "b"), new Pattern("x").test("x"), Pattern.runs)
out.push(new Day(0).iso, new Day(2020, 1, 1) instanceof Date, new Callable().ok)
class Bytes extends Uint8Array { hex() { return [...this].map(b => b.toString(16).padStart(2, "0")).join("") } }
class Buffer extends ArrayBuffer { get kb() { return this.byteLength / 1024 } }
out.push(Bytes.of(1, 255).hex(), new Bytes([1, 2]).slice(1).hex(), new Buffer(2048).kb)
class Weak extends WeakMap { set(k, v) { return super.set(k, [v]) } }
const key = {}
out.push(new Weak([[key, 1]]).get(key))
return out
