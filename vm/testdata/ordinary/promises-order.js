// The order in which microtasks run.
const log = []
const p = Promise.resolve()
p.then(() => log.push("a1")).then(() => log.push("a2")).then(() => log.push("a3"))
p.then(() => { log.push("b1"); return Promise.resolve("inner") }).then(v => log.push("b2 " + v))
new Promise(resolve => { log.push("executor"); resolve(); log.push("after resolve") }).then(() => log.push("c1"))
const thenable = {then(f) { log.push("then called"); f("from thenable") }}
Promise.resolve(thenable).then(v => log.push(v))
const asynchronous = async name => { log.push(name + " start"); await null; log.push(name + " 1"); await thenable; log.push(name + " 2"); return name }
const all = Promise.all([asynchronous("x"), asynchronous("y")])
log.push("sync end")
log.push(await all)
await (async () => { try { await Promise.reject(new Error("no")) } catch (e) { log.push("caught " + e.message) } finally { log.push("finally") } })()
const nested = await new Promise(r => r(new Promise(r => r(new Promise(r => r("deep"))))))
log.push(nested)
const order = []
for (let i = 0; i < 3; i++) Promise.resolve(i).then(v => order.push(v)).finally(() => order.push("f" + i))
await new Promise(r => Promise.resolve().then().then().then().then(r))
let twice = 0
const once = new Promise((a, b) => { a(1); a(2); b(3); twice++ })
log.push(await once, twice)
const chain = []
await [1, 2, 3].reduce((prev, n) => prev.then(async () => { await null; chain.push(n) }), Promise.resolve())
return {log, order, chain}
