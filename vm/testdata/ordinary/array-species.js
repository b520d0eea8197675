// Subclasses of Array make their own kind.
class Stack extends Array {
  top() { return this[this.length - 1] }
  get size() { return this.length }
}
const s = Stack.of(1, 2, 3)
s.push(4)
class Plain extends Array { static get [Symbol.species]() { return Array } }
const p = new Plain(1, 2, 3)
class Counted extends Array {
  constructor(...args) { super(...args); Counted.made = (Counted.made || 0) + 1 }
}
const c = Counted.from([1, 2, 3])
const kinds = ["map", "filter", "slice", "concat", "splice", "flat", "flatMap"].map(name => {
  const arg = name === "splice" || name === "slice" || name === "concat" || name === "flat" ? 0 : x => x
  return [name, s.slice()[name](arg) instanceof Stack, p.slice()[name](arg) instanceof Plain]
})
const odd = [1, 2, 3]
odd.constructor = {[Symbol.species]: function (n) { this.length = n; this.custom = true }}
const made = odd.map(x => x * 2)
const none = [1]
none.constructor = undefined
let refused
const bad = [1]
bad.constructor = {[Symbol.species]: parseInt}
try { bad.map(x => x) } catch (e) { refused = e.name }
return {
  top: s.top(), size: s.size, json: s, isArray: Array.isArray(s), kinds, counted: Counted.made, c, made: made.custom,
  values: [made[0], made[2]], none: none.map(x => x + 1), refused, sorted: s.toSorted() instanceof Stack, length: new Stack(7).length,
  name: s.constructor.name, text: String(s), spread: [...s], tag: Object.prototype.toString.call(s),
}
