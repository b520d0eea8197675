// Symbols and the protocols behind them.
const s = Symbol("desc")
const o = {[s]: 1, plain: 2}
const out = [String(s), s.description, Symbol().description === undefined, Symbol.for("k") === Symbol.for("k"), Symbol.keyFor(Symbol.for("k")), Symbol.keyFor(s) === undefined, typeof s, Object.keys(o), Object.getOwnPropertySymbols(o).length, o[s], JSON.stringify(o), s === Symbol("desc"), Object(s) == s]
class Temperature {
  constructor(c) { this.c = c }
  [Symbol.toPrimitive](hint) { return hint === "number" ? this.c : hint === "string" ? this.c + "°C" : "default" }
  get [Symbol.toStringTag]() { return "Temperature" }
  static [Symbol.hasInstance](v) { return "c" in v }
}
const t = new Temperature(20)
out.push(+t, `${t}`, t + "", t * 2, t > 19, String(t), Object.prototype.toString.call(t), {c: 1} instanceof Temperature, {} instanceof Temperature, [t] + "", Math.max(t, 5), new Date(t).getTime())
const iterable = {from: 1, to: 4, [Symbol.iterator]() { let n = this.from, to = this.to; return {next: () => n <= to ? {value: n++, done: false} : {value: undefined, done: true}, [Symbol.iterator]() { return this }} }}
const [first, ...others] = iterable
out.push([...iterable], first, others, Math.max(...iterable), Array.from(iterable, x => x * 2), new Set(iterable).size, Object.fromEntries([...iterable].map(n => [n, n])))
const valued = {valueOf: () => 42, toString: () => "text"}
out.push(valued + 1, `${valued}`, valued * 1, valued == 42, valued > 41, [valued].join(), ({}).toString.call(valued), valued + "", String(valued), Number(valued), isNaN(valued))
const onlyText = {toString: () => "7"}
out.push(onlyText * 2, onlyText + 1, onlyText == 7, ({[onlyText]: 1})[7], [10, 9, 8, 7, 6, 5, 4, 3][onlyText])
for (const f of [() => s + "", () => +s, () => `${s}`, () => ({[Symbol.toPrimitive]: () => ({})}) + 1, () => ({toString: () => ({}), valueOf: () => ({})}) + 1, () => new Symbol(), () => [...{[Symbol.iterator]: () => 1}], () => Object.create(null) + ""]) try { out.push(f()) } catch (e) { out.push(e.name) }
const split = {[Symbol.split]: (text, limit) => [text, "custom", limit], [Symbol.match]: text => "matched " + text, [Symbol.search]: () => 99}
out.push("abc".split(split, 5), "abc".match(split), "abc".search(split))
const unscopable = [..."abc"][Symbol.unscopables] ?? Array.prototype[Symbol.unscopables]
out.push(unscopable.flat, Array.prototype[Symbol.iterator] === Array.prototype.values, Symbol.prototype[Symbol.toPrimitive].call(s) === s, Symbol.iterator.toString(), Object.getOwnPropertyNames(Symbol).includes("hasInstance"))
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0 } }
const tagged = {get [Symbol.toStringTag]() { return "Custom" }}
out.push(2 instanceof Even, 1 instanceof Even, `${tagged}`, Object.getPrototypeOf(Object)[Symbol.hasInstance].call(Array, []))
return out
