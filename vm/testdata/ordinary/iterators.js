// Iterators written by hand, what closes them, and lazy sequences.
const log = []
const traced = (name, values, extra = {}) => ({[Symbol.iterator]() { let i = 0; log.push(name + " open"); return {next() { log.push(name + " next"); return i < values.length ? {value: values[i++], done: false} : {value: undefined, done: true} }, return(v) { log.push(name + " return"); return {value: v, done: true} }, ...extra} }})
const [a] = traced("a", [1, 2])
const [b, c] = traced("b", [1])
const all = [...traced("c", [1])]
for (const v of traced("d", [1, 2, 3])) if (v === 2) break
try { for (const v of traced("e", [1])) throw new Error("x") } catch (e) { log.push(e.message) }
try { for (const v of traced("f", [1], {return() { throw new Error("from return") }})) throw new Error("from body") } catch (e) { log.push(e.message) }
try { for (const v of traced("g", [1], {return() { throw new Error("from return") }})) break } catch (e) { log.push(e.message) }
try { for (const v of traced("h", [1], {next() { throw new Error("from next") }})) ; } catch (e) { log.push(e.message) }
try { new Map(traced("i", [5])) } catch (e) { log.push(e.name) }
try { Array.from(traced("j", [1, 2]), () => { throw new Error("in map") }) } catch (e) { log.push(e.message) }
await Promise.all(traced("k", [1]))
new Set(traced("l", ["x"]))
Object.fromEntries(traced("m", [["k", "v"]]))
const {length} = Array.from(traced("n", [1, 2]))
class Lazy {
  constructor(source) { this.source = source }
  static range(from, to = Infinity) { return new Lazy({*[Symbol.iterator]() { for (let i = from; i < to; i++) yield i }}) }
  map(f) { const s = this.source; return new Lazy({*[Symbol.iterator]() { for (const v of s) yield f(v) }}) }
  filter(f) { const s = this.source; return new Lazy({*[Symbol.iterator]() { for (const v of s) if (f(v)) yield v }}) }
  take(n) { const s = this.source; return new Lazy({*[Symbol.iterator]() { if (n <= 0) return; let i = 0; for (const v of s) { yield v; if (++i >= n) return } }}) }
  chunk(n) { const s = this.source; return new Lazy({*[Symbol.iterator]() { let part = []; for (const v of s) { part.push(v); if (part.length === n) { yield part; part = [] } } if (part.length) yield part }}) }
  [Symbol.iterator]() { return this.source[Symbol.iterator]() }
}
const lazy = [...Lazy.range(1).filter(n => n % 3 === 0).map(n => n * n).take(7).chunk(3)]
const it = [1, 2, 3][Symbol.iterator]()
it.next()
const rest = [...it], again = [...it]
const arrayIterator = Object.getPrototypeOf([][Symbol.iterator]())
const live = [1, 2]
const seen = []
for (const v of live) { seen.push(v); if (seen.length < 5) live.push(v * 10) }
const words = {*[Symbol.iterator]() { const r = yield* (function* () { yield "one"; return "two" })(); yield r }}
const thrower = {[Symbol.iterator]: () => ({next: () => ({get done() { throw new RangeError("done") }})})}
let getter
try { [...thrower] } catch (e) { getter = e.name }
return {log, a, b, c: c === undefined, all, length, lazy, rest, again, same: arrayIterator === Object.getPrototypeOf([1].keys()), tag: arrayIterator[Symbol.toStringTag], seen, words: [...words], getter, entries: [...new Map([[1, 2]]).entries()].concat([...new Set([3]).entries()])}
