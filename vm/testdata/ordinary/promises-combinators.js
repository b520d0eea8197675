// all, allSettled, any, race, finally and what they do with odd input.
const later = (n, v, fail) => { let p = Promise.resolve(); for (let i = 0; i < n; i++) p = p.then(() => {}); return p.then(() => { if (fail) throw new Error(v); return v }) }
const out = {}
out.all = await Promise.all([1, later(3, "b"), later(1, "c"), {then: r => r("d")}])
out.none = [await Promise.all([]), await Promise.allSettled([]), await Promise.all(new Set([1, Promise.resolve(2)])), await Promise.all("ab")]
out.settled = (await Promise.allSettled([1, later(1, "bad", true), later(2, "ok")])).map(s => s.status + ":" + (s.value ?? s.reason.message))
out.any = await Promise.any([later(1, "x", true), later(5, "slow"), later(3, "fast")])
try { await Promise.any([later(1, "e1", true), later(2, "e2", true)]) } catch (e) { out.aggregate = [e.name, e.errors.map(x => x.message), e instanceof AggregateError] }
try { await Promise.any([]) } catch (e) { out.empty = [e.name, e.errors.length] }
out.race = await Promise.race([later(4, "slow"), later(2, "quick"), later(3, "bad", true)])
try { await Promise.race([later(4, "slow"), later(1, "first", true)]) } catch (e) { out.lost = e.message }
try { await Promise.all([later(2, "two", true), later(1, "one", true)]) } catch (e) { out.first = e.message }
out.finally = []
out.finally.push(await Promise.resolve(1).finally(() => 2), await Promise.reject(3).finally(() => 4).catch(v => v), await Promise.resolve(1).finally(() => { throw 5 }).catch(v => v))
out.catch = await Promise.reject(new TypeError("t")).then(() => "no", e => e.name).then(n => n + "!")
out.skip = await Promise.resolve(1).then(null, 2).then().catch(() => "never")
for (const f of [() => Promise.all(5), () => Promise.all(), () => new Promise(r => r(undefined.x))]) try { await f() } catch (e) { (out.rejected ??= []).push(e.name) }
let resolveSelf
const self = new Promise(r => { resolveSelf = r })
resolveSelf(self)
out.self = await self.catch(e => e.name)
try { new Promise() } catch (e) { out.noExecutor = e.name }
const retry = async (times, f) => { for (let i = 1; ; i++) try { return await f(i) } catch (e) { if (i >= times) throw e } }
out.retry = [await retry(3, async n => { if (n < 3) throw n; return "third" }), await retry(2, async n => { throw "gave up " + n }).catch(e => e)]
const pool = async (limit, jobs) => { const done = []; let at = 0, most = 0, now = 0; await Promise.all(Array.from({length: limit}, async () => { while (at < jobs.length) { const i = at++; now++; most = Math.max(most, now); done[i] = await jobs[i](); now-- } })); return [done, most] }
out.pool = await pool(2, [1, 2, 3, 4, 5].map(n => () => later(6 - n, n * n)))
const sequence = []
for (const n of [3, 1, 2]) sequence.push(await later(n, n))
out.sequence = sequence
return out
