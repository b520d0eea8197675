// Generators as coroutines: schedulers, pipelines and async through them.
const log = []
function spawn(make) { return new Promise((resolve, reject) => { const g = make(); const step = (how, v) => { let r; try { r = g[how](v) } catch (e) { return reject(e) } if (r.done) return resolve(r.value); Promise.resolve(r.value).then(x => step("next", x), e => step("throw", e)) }; step("next") }) }
const value = await spawn(function* () { const a = yield 1; const b = yield Promise.resolve(a + 1); try { yield Promise.reject(new Error("inside")) } catch (e) { log.push(e.message) } return a + b })
function* worker(name, n) { for (let i = 0; i < n; i++) { log.push(name + i); yield } return name }
const round = tasks => { const done = []; while (tasks.length) { const t = tasks.shift(), r = t.next(); r.done ? done.push(r.value) : tasks.push(t) } return done }
const finished = round([worker("a", 3), worker("b", 1), worker("c", 2)])
function* average() { let sum = 0, n = 0, v; while ((v = yield n ? sum / n : 0) !== undefined) { sum += v; n++ } return {sum, n} }
const avg = average()
avg.next()
const averages = [10, 20, 60].map(v => avg.next(v).value)
const last = avg.next()
function* parser() { const out = []; let text = ""; try { while (true) { const c = yield; if (c === ",") { out.push(text); text = "" } else text += c } } finally { log.push([...out, text].join("|")) } }
const p = parser()
p.next()
for (const c of "ab,cd,e") p.next(c)
p.return()
const channel = () => { const items = [], takers = []; return {put: v => takers.length ? takers.shift()(v) : items.push(v), take: () => items.length ? Promise.resolve(items.shift()) : new Promise(r => takers.push(r))} }
const ch = channel()
const got = []
const consumer = (async () => { for (let i = 0; i < 4; i++) got.push(await ch.take()) })()
for (const v of [1, 2]) ch.put(v)
await null
ch.put(3); ch.put(4)
await consumer
class Mutex { #tail = Promise.resolve(); lock(f) { const run = this.#tail.then(f); this.#tail = run.catch(() => {}); return run } }
const mutex = new Mutex(), trace = []
await Promise.allSettled([1, 2, 3].map(n => mutex.lock(async () => { trace.push("in" + n); await null; if (n === 2) throw n; trace.push("out" + n) })))
const semaphore = n => { const waiting = []; return async f => { if (n > 0) n--; else await new Promise(r => waiting.push(r)); try { return await f() } finally { waiting.length ? waiting.shift()() : n++ } } }
let now = 0, most = 0
const limit = semaphore(2)
await Promise.all(Array.from({length: 6}, () => limit(async () => { most = Math.max(most, ++now); await null; await null; now-- })))
function* deep(n) { if (n > 0) { yield n; yield* deep(n - 1) } }
const abort = g => { try { return g.throw(new TypeError("abort")) } catch (e) { return e.name } }
return {value, finished, averages, last, log, got, trace, most, deep: [...deep(50)].length, abort: [abort(worker("z", 1)), abort(deep(3))], done: worker("x", 0).next()}
