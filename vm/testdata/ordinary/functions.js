// call, apply, bind, arguments, this, hoisting, names and lengths.
var self = this
const out = []
function show() { return [this === globalThis ? "global" : typeof this === "object" ? Object(this).tag ?? String(this) : this, ...arguments] }
out.push(show(1), show.call({tag: "t"}, 2), show.apply({tag: "u"}, [3, 4]), show.bind({tag: "b"}, 5)(6), show.call(7), show.call(null), new (show.bind(null))().length)
out.push((function () { "use strict"; return [typeof this, this === undefined] })(), (() => self === this)())
function args(a, b = 2) { return [arguments.length, [...arguments], a, b] }
function mapped(a) { arguments[0] = "changed"; const first = a; a = "again"; return [first, arguments[0]] }
function unmapped(a) { "use strict"; arguments[0] = "changed"; return a }
out.push(args(), args(1, undefined, 3), mapped("x"), unmapped("x"), (function () { return typeof arguments.callee })(), (function (a) { return (() => a)() })("outer"))
out.push(hoisted(), typeof notYet, (function () { if (true) { function inner() { return "block" } return inner() } })())
function hoisted() { return "hoisted" }
var notYet = 1
const named = function realName() { return typeof realName }
const bound = function (a, b, c) {}.bind(null, 1)
out.push(named.name, named(), bound.name, bound.length, (() => {}).name, (function () {}).name, ({m() {}}).m.name, Object.getOwnPropertyDescriptor({get g() { return 1 }}, "g").get.name, ((a, b = 1, ...c) => {}).length, class Q { static m() {} }.m.name)
const key = Symbol("sym")
out.push(({[key]() {}})[key].name, ({["a" + "b"]: () => {}}).ab.name, new (function Made() { this.v = new.target === Made })().v, (function () { return new.target === undefined })())
out.push(String(function add(a, b) { return a + b }), String(x => x * 2), String(class A { m() {} }), String({m() { return 1 }}.m), String(Math.max).includes("native code"))
const compose = (...fs) => x => fs.reduceRight((v, f) => f(v), x)
const memo = f => { const seen = {}; return n => seen[n] ??= f(n) }
const fib = memo(n => n < 2 ? n : fib(n - 1) + fib(n - 2))
const debounce = (f, calls = 0) => (...a) => (calls++, f(calls, ...a))
out.push(compose(x => x + 1, x => x * 2)(5), fib(80), debounce((n, v) => n + v)("x"), [1.25, 2].map(Object.getPrototypeOf(Object).call, Number.prototype.toFixed), ["1", "2", "3"].map(parseInt))
out.push([].slice.call("abc"), Math.max.apply(null, [1, 2]), Object.getPrototypeOf(Object).call.call(show, {tag: "cc"}), Reflect.apply(show, {tag: "r"}, [1]))
let counter = 0
const next = () => counter++
function defaults(a = next(), b = a + next(), c = () => a + b) { return [a, b, c()] }
out.push(defaults(), defaults(10), defaults(1, 2), counter)
const iife = (function () { var x = 1; { var x = 2 } return x })()
function Animal(name) { if (!(this instanceof Animal)) return new Animal(name); this.name = name }
Animal.prototype.speak = function () { return this.name + " speaks" }
function Dog(name) { Animal.call(this, name) }
Dog.prototype = Object.create(Animal.prototype, {constructor: {value: Dog}})
Dog.prototype.speak = function () { return Animal.prototype.speak.call(this) + " woof" }
out.push(iife, Animal("a").speak(), new Dog("d").speak(), new Dog("x") instanceof Animal, Dog.prototype.constructor === Dog, function () { return 1 }(), void function () {}())
return out
