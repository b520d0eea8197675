// Generators by hand and through everything that iterates.
function* range(from, to, step = 1) { for (let i = from; i < to; i += step) yield i }
function* take(n, it) { if (n <= 0) return; for (const v of it) { yield v; if (--n <= 0) return } }
function* map(f, it) { for (const v of it) yield f(v) }
function* zip(...lists) { const its = lists.map(l => l[Symbol.iterator]()); for (;;) { const steps = its.map(i => i.next()); if (steps.some(s => s.done)) return; yield steps.map(s => s.value) } }
function* naturals() { let n = 0; while (true) yield n++ }
function* primes() { const found = []; for (const n of naturals()) if (n > 1 && found.every(p => n % p)) { found.push(n); yield n } }
function* tree(t) { if (t) { yield* tree(t.left); yield t.value; yield* tree(t.right) } }
function* permutations(list) { if (list.length < 2) { yield list; return } for (const [i, v] of list.entries()) for (const rest of permutations(list.toSpliced(i, 1))) yield [v, ...rest] }
const log = []
function* talk() { try { const a = yield "q1"; log.push(a); const b = yield "q2"; log.push(b); return "end" } catch (e) { log.push("caught " + e); yield "sorry" } finally { log.push("cleaned") } }
const g = talk()
const steps = [g.next(), g.next("a1"), g.throw("oops"), g.next(), g.next()]
const h = talk()
const returned = [h.next(), h.return("early"), h.next()]
function* inner() { const got = yield 1; log.push("inner " + got); return "inner result" }
function* outer() { const r = yield* inner(); log.push(r); yield* [2, 3]; yield* "ab" }
const o = outer()
const delegated = [o.next(), o.next("x"), ...o]
class Tree { constructor(...v) { this.v = v } *[Symbol.iterator]() { yield* this.v } static *of(n) { while (n--) yield new Tree(n) } }
const object = {*gen() { yield this.n }, n: 7}
const t = {value: 4, left: {value: 2, left: {value: 1}, right: {value: 3}}, right: {value: 5}}
const [first, , third, ...rest] = range(0, 6)
let running
function* self() { try { running.next() } catch (e) { yield e.name } }
running = self()
return {
  range: [...range(0, 10, 3)], primes: [...take(15, primes())], zip: [...zip([1, 2, 3], "ab")], map: Array.from(map(x => x * x, range(0, 5))), tree: [...tree(t)],
  permutations: [...permutations([1, 2, 3])].map(p => p.join("")), steps, returned, delegated, log, iter: [...new Tree(1, 2)], made: [...Tree.of(2)].length, object: [...object.gen()],
  first, third, rest, max: Math.max(...take(5, naturals())), set: [...new Set(map(x => x % 3, range(0, 10)))], object2: Object.fromEntries(zip("ab", [1, 2])), again: running.next().value, text: String(g), tag: g[Symbol.toStringTag],
}
