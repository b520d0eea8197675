// Compound assignment of BigInts to every kind of target.
let a = 10n
a += 5n; a -= 1n; a *= 3n; a /= 4n; a %= 7n; a **= 5n; a <<= 3n; a >>= 1n; a |= 1n; a &= 0xffn; a ^= 5n
const order = []
const o = {n: 2n, get g() { order.push("get"); return this.n }, set g(v) { order.push("set"); this.n = v }}
o.n **= 10n
o["n"] += 1n
o.g *= 2n
const key = () => { order.push("key"); return "n" }
const target = () => { order.push("target"); return o }
const value = () => { order.push("value"); return 3n }
target()[key()] += value()
o.n++
const before = o.n--
const after = --o.n
class Account {
  #balance = 100n
  static total = 0n
  static #count = 0n
  deposit(n) { this.#balance += n; Account.total += n; Account.#count++; return this }
  scale(n) { this.#balance **= n; return this }
  half() { this.#balance /= 2n; this.#balance <<= 1n; return this }
  get balance() { return this.#balance }
  static get count() { return Account.#count }
}
const account = new Account().deposit(50n).deposit(7n).scale(2n).half()
const list = [1n, 2n, 3n]
for (let i = 0; i < list.length; i++) list[i] *= 10n ** BigInt(i)
let i = 0n, nothing = null, some = 5n, zero = 0n
nothing ??= 1n; some &&= some * 2n; zero ||= 9n
while (i < 10n) i += 3n
let mixed = "x"
mixed += 1n
const words = new BigInt64Array(2)
words[0] = 2n ** 63n
words[1] -= 1n
words[0] += 1n
let refused
try { let n = 1; n += 1n } catch (e) { refused = e.name }
const all = {a, n: o.n, before, after, balance: account.balance, total: Account.total, count: Account.count, list, i, nothing, some, zero, mixed, words: [...words]}
return JSON.stringify({...all, order, refused}, (k, v) => typeof v === "bigint" ? v + "n" : v)
