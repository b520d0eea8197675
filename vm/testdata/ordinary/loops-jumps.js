// Labels, break, continue and return through finally, in every kind of loop.
const log = []
const closing = name => ({[Symbol.iterator]() { let n = 0; return {next: () => ({value: ++n, done: n > 5}), return(v) { log.push(name + " closed"); return {} }} }})
outer: for (let i = 0; i < 4; i++) {
  for (let j = 0; ; j++) {
    if (j === 2) continue outer
    if (i === 2) break outer
    log.push(`${i}.${j}`)
  }
}
rows: for (const x of closing("x")) { for (const y of closing("y")) { if (y === 2) continue rows; if (x === 3) break rows; log.push(x * 10 + y) } }
const returned = (() => { for (const v of closing("r")) { try { if (v === 2) return "value " + v } finally { log.push("finally " + v) } } })()
const overridden = (() => { for (const v of closing("o")) { try { return v } finally { if (v < 3) continue; break } } return "after" })()
let thrown
try { for (const v of closing("t")) throw new Error("in loop " + v) } catch (e) { thrown = e.message }
const [a] = closing("pattern")
let i = 0
do { if (i++ === 1) continue; log.push("do " + i) } while (i < 3)
again: do { i--; for (;;) { if (i > 0) continue again; break again } } while (true)
while (true) { try { i++; if (i < 3) continue; break } finally { log.push("while " + i) } }
for (const k in {a: 1, b: 2, c: 3, d: 4}) { if (k === "b") continue; if (k === "d") break; log.push(k) }
block: { log.push("in"); if (log.length) break block; log.push("never") }
const kind = v => { switch (v) { case 1: case 2: log.push("low"); case 3: log.push("mid"); break; default: log.push("other"); case 9: log.push("nine") } }
for (const v of [1, 3, 7, 9]) kind(v)
loop: for (let n = 0; n < 5; n++) { switch (n) { case 1: continue loop; case 3: break loop; default: log.push("n" + n); break } log.push("after " + n) }
for (var v of [1, 2]) ; for (var k in [7, 8]) ;
let {length} = [], count = 0
for (;;) { if (++count > 10) break }
for (let x = 0, y; x < 2; x++) { log.push(typeof y); y = x }
const deep = (() => { a: for (;;) { b: for (;;) { c: for (;;) { try { try { continue b } finally { log.push("1") } } finally { log.push("2"); break a } } } } return "out" })()
const order = []
for (order.push("init"); order.push("test") < 6; order.push("update")) order.push("body")
return {log, returned, overridden, thrown, a, v, k, count, deep, order}
