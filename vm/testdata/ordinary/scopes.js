// Hoisting, shadowing, the dead zone and what typeof says of names that are not there.
const log = []
log.push(typeof undeclared, typeof later, hoisted())
var later = 1
function hoisted() { return typeof later }
try { log.push(early) } catch (e) { log.push(e.name) }
let early = 1
{ let early = 2; { let early = 3; log.push(early) } log.push(early) }
log.push(early)
const dead = () => inner
let inner = "alive"
log.push(dead())
var twice = 1; var twice; log.push(twice)
function parameters(a, b = a, c = () => a + b) { var a = 10; return [a, b, c()] }
log.push(parameters(1))
function shadow(x) { { let x = "block"; log.push(x) } try { throw "error" } catch (x) { log.push(x) } for (let x of [1]) log.push(x); return x }
log.push(shadow("argument"))
const self = function f() { try { f = 1 } catch (e) { return e.name } return typeof f }
log.push(self())
var name = "outer"
const arrow = () => name
;(function () { var name = "inner"; log.push(arrow(), name) })()
globalThis.shared = 5
log.push(shared, typeof globalThis, delete globalThis.shared, typeof shared)
;(function () { "use strict"; try { undeclaredInStrict = 1 } catch (e) { log.push(e.name) } })()
;(function () { implicit = 7; log.push(implicit, globalThis.implicit, delete globalThis.implicit) })()
switch (1) { case 0: let inSwitch = 0; case 1: try { log.push(inSwitch) } catch (e) { log.push(e.name) } }
const counter = (() => { let n = 0; return {up: () => ++n, get value() { return n }, reset() { n = 0 }} })()
counter.up(); counter.up()
log.push(counter.value, (counter.reset(), counter.value))
const module = (function () { const hidden = new WeakMap(); class Person { constructor(n) { hidden.set(this, {n}) } get n() { return hidden.get(this).n } } return {Person} })()
log.push(new module.Person("p").n, Object.keys(new module.Person("q")).length)
class A { static x = 1; static y = A.x + this.x; z = this.constructor.name; fn = () => this.z }
log.push(A.y, (0, new A().fn)())
const fns = {}
for (const k of ["a", "b"]) fns[k] = () => k
if (true) { var leaked = "leaked"; const kept = 1 }
log.push(fns.a() + fns.b(), leaked, typeof kept)
label: { const x = 1; if (x) break label; log.push("never") }
log.push(((a, b) => a + b)(...[1, 2]), (() => ({}))(), (() => {})() === undefined, (x => y => z => x + y + z)(1)(2)(3))
return log
