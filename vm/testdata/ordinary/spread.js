// Spread in calls, arrays and objects, from everything that iterates.
const count = (...args) => args.length
const sum = (...args) => args.reduce((a, b) => a + b, 0)
class Point { constructor(x = 0, y = 0) { this.x = x; this.y = y } *[Symbol.iterator]() { yield this.x; yield this.y } }
const big = Array.from({length: 5000}, (_, i) => i)
const order = []
const note = v => { order.push(v); return v }
const out = [
  count(...[1, 2], 3, ...[], ..."ab"), sum(...new Set([1, 2, 2])), Math.max(...big), sum(...big, ...big), new Point(...[3, 4]), [...new Point(1, 2), ...new Map([["k", "v"]])],
  [..."a😀"], [...[1, , 3]].length, [...(function* () { yield 1; return 2 })()], [0, ...[1, [2]], ...[]].length, String.fromCharCode(...[72, 105]), [...[].keys()],
  {...{a: 1, b: 2}, b: 3, ...{c: 4}}, {..."hi"}, {...null, ...undefined, ...5, ...true}, {...[7, 8]}, {a: 1, ...{get a() { return "got" }}}, {...new Point(5, 6)},
  [...note([1]), ...note([2])].length, count(...note("x"), note("y"), ...note("z")), order.length, [...Array(3)], Object.assign({}, ..."ab".split("").map(k => ({[k]: 1}))),
]
const symbol = Symbol("s")
const base = {[symbol]: 1, visible: 2}
Object.defineProperty(base, "hidden", {value: 3})
const copy = {...base}
out.push(copy[symbol], "hidden" in copy, Object.keys(copy))
class Base { constructor(...args) { this.args = args } sum(...more) { return sum(...this.args, ...more) } }
class Derived extends Base { constructor(...args) { super(...args, "extra".length) } sum(...more) { return super.sum(...more, 100) } }
out.push(new Derived(1, 2).sum(3), [].concat(...[[1], [2, 3]]), Math.min(...[], 5), [].push(...big), big.slice(0, 3))
const o = {f(...a) { return [this === o, ...a] }, get g() { return this.f }}
out.push(o.f(...[1]), o["f"](...[2]), o.g(...[3]), o?.f(...[4]), o.none?.(5) === undefined, (0, o.f)(...[6])[0])
const proto = {...{__proto__: {inherited: 1}}}
out.push("inherited" in proto, Object.getPrototypeOf({...{["__proto__"]: 1}}) === Object.prototype)
const thrown = []
for (const f of [() => [...1], () => count(...{}), () => [...null], () => Math.max(...undefined), () => new Point(...5)]) try { f(); thrown.push("none") } catch (e) { thrown.push(e.name) }
const curry = f => function next(...args) { return args.length >= f.length ? f(...args) : (...more) => next(...args, ...more) }
out.push(curry((a, b, c) => a + b + c)(1)(2)(3), curry((a, b) => a * b)(3, 4))
return {out, thrown, undefined: [...[undefined]].length}
