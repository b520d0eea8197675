// async in every form, with this, arguments, loops and errors.
const log = []
class Service {
  #cache = new Map()
  calls = 0
  async load(id) { this.calls++; await null; if (id < 0) throw new RangeError("bad id " + id); return {id} }
  async get(id) { if (!this.#cache.has(id)) this.#cache.set(id, this.load(id)); return this.#cache.get(id) }
  static async make() { return new this() }
}
const s = await Service.make()
const [a, b, c] = await Promise.all([s.get(1), s.get(1), s.get(2)])
log.push(a === b, c.id, s.calls)
async function sum() { let n = 0; for (const v of arguments) n += await v; return n }
log.push(await sum(1, Promise.resolve(2), {then: f => f(3)}))
const arrow = async (x, {y = 2, ...rest} = {}) => [x, y, rest, await (async () => x * y)()]
log.push(await arrow(5), await arrow(1, {y: 3, z: 4}))
const object = {n: 1, async method() { await 0; return this.n }, async ["com" + "puted"]() { return (await this.method()) + 1 }}
log.push(await object.computed())
outer: for (const i of [1, 2, 3]) { for (const j of [1, 2, 3]) { await null; if (j === 2) continue outer; if (i === 3) break outer; log.push([i, j]) } }
const finished = async how => { try { if (how === "throw") throw "thrown"; return await how } catch (e) { return "caught " + e } finally { log.push("finally " + how) } }
log.push(await finished("return"), await finished("throw"))
const override = async () => { try { throw 1 } finally { return "overridden" } }
log.push(await override(), await Promise.all([1, 2, 3].map(async n => { await null; return n * 2 })))
log.push(await (await (async () => async () => "nested")())(), (async () => {})() instanceof Promise, Object.prototype.toString.call(async () => {}))
let trace
try { await s.get(-1) } catch (e) { trace = [e.message, e.stack.includes("load")] }
log.push(trace, (await Promise.allSettled([s.get(-1), s.get(1)])).map(r => r.status), `${await "in template"}`, {[await "key"]: await "value"}, [...await [1, 2]])
const withDefault = async (v = (() => { throw new Error("in parameter") })()) => v
log.push(await withDefault().catch(e => e.message), await withDefault(1))
async function deep(n) { return n === 0 ? "bottom" : await deep(n - 1) }
log.push(await deep(200))
return log
