// Fields, private members, accessors, static blocks and inheritance.
const log = []
class Shape {
  static #made = 0
  static kinds = []
  static { this.kinds.push("shape"); log.push("static block") }
  #name
  sides = 0;
  ["computed" + 1] = "c"
  constructor(name) { this.#name = name; Shape.#made++ }
  get name() { return this.#name }
  set name(v) { if (!v) throw new RangeError("empty"); this.#name = v }
  #secret() { return "secret of " + this.#name }
  reveal() { return this.#secret() }
  static get made() { return Shape.#made }
  static isShape(o) { return #name in o }
  area() { return 0 }
  toString() { return `${this.name}(${this.area()})` }
  static from(text) { return new this(text) }
}
class Square extends Shape {
  sides = 4
  #side
  constructor(side) { super("square"); this.#side = side }
  area() { return this.#side ** 2 }
  grow() { this.#side += 1; this.#side *= 2; return this }
  toString() { return "[" + super.toString() + "]" }
  get name() { return super.name.toUpperCase() }
}
Square.kinds.push("square")
const q = new Square(3)
const out = [String(q), String(q.grow()), q.sides, q.reveal(), Shape.made, Shape.isShape(q), Shape.isShape({}), Shape.kinds, q.computed1, Object.keys(q)]
const s = Shape.from("blob")
s.name = "circle"
try { s.name = "" } catch (e) { out.push(e.message) }
out.push(s.name, String(s), s instanceof Square, q instanceof Shape, Shape.name, Shape.length, typeof Shape, Square.__proto__ === Shape)
for (const f of [() => Shape(), () => Shape.prototype.reveal.call({}), () => new (class extends Shape { constructor() {} })(), () => { class A extends null { constructor() { super() } } new A() }]) try { f(); out.push("none") } catch (e) { out.push(e.name) }
const Anonymous = class { static who() { return this.name } }
out.push(Anonymous.who(), new (class Named { n = Named.name })().n, Object.getOwnPropertyNames(Shape.prototype))
const mixin = Base => class extends Base { mixed() { return "mixed " + this.name } }
out.push(new (mixin(Square))(2).mixed())
class Lazy { get value() { Object.defineProperty(this, "value", {value: Math.sqrt(16)}); return this.value } }
const lazy = new Lazy()
out.push(lazy.value, Object.hasOwn(lazy, "value"))
class Money { constructor(n) { this.n = n } valueOf() { return this.n } toJSON() { return "$" + this.n } static sum(...all) { return new Money(all.reduce((a, b) => a + b, 0)) } }
out.push(new Money(1) + new Money(2), Money.sum(new Money(3), new Money(4)), new Money(5) > new Money(4))
return {log, out}
