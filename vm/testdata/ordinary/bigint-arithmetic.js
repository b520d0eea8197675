// Factorials, powers, gcd and mixed comparisons.
const factorial = n => n <= 1n ? 1n : n * factorial(n - 1n)
const modpow = (base, e, m) => { let r = 1n; base %= m; while (e > 0n) { if (e & 1n) r = r * base % m; e >>= 1n; base = base * base % m } return r }
const gcd = (a, b) => b ? gcd(b, a % b) : a
const fibonacci = n => { let [a, b] = [0n, 1n]; for (let i = 0; i < n; i++) [a, b] = [b, a + b]; return a }
const sqrt = n => { let x = n, y = (x + 1n) / 2n; while (y < x) { x = y; y = (x + n / x) / 2n } return x }
const text = v => typeof v === "bigint" ? v + "n" : v
const results = [
  factorial(50n), modpow(3n, 10n ** 40n, 1000000007n), gcd(2n ** 64n, 6n ** 30n), fibonacci(300), sqrt(10n ** 60n),
  -7n / 2n, -7n % 3n, 7n % -3n, 2n ** 100n, (-2n) ** 3n, 5n & 3n, 5n | 3n, 5n ^ -3n, ~5n, -1n >> 3n, 1n << 70n, 1n << -1n, 0x1fn, 0b101n, 0o17n, -0n,
  1n < 2, 2 > 1n, 1n == 1, 1n === 1, 2n > "1", 1n == "1", 0n == "", 10n > 9.5, 9n < 9.5, 1n < NaN, 2n ** 64n > 1e19, BigInt(Number.MAX_SAFE_INTEGER) + 2n,
  typeof 1n, !!0n, 0n || "zero", 1n && "one", BigInt("0xff"), BigInt(" 12 "), BigInt(true), Number(2n ** 60n), parseInt("12n"), String(123n), `${2n}`,
  BigInt.asIntN(8, 255n), BigInt.asIntN(8, 127n), BigInt.asUintN(8, -1n), BigInt.asIntN(64, 2n ** 63n), BigInt.asUintN(64, -1n), 255n.toString(16), (-255n).toString(2),
  [3n, 1, 2n, 10].sort((a, b) => a < b ? -1 : a > b ? 1 : 0).map(String), [1n, 2n].includes(2n), new Set([1n, 1n, 1]).size, Object(1n) == 1n, 1n + BigInt(2),
  "a" + 1n, 1n + "b",
].map(text)
const thrown = []
for (const f of [() => 1n + 1, () => 1n / 0n, () => 2n ** -1n, () => +1n, () => BigInt(1.5), () => BigInt("x"), () => Math.max(1n), () => JSON.stringify({a: 1n}), () => 1n >>> 0n, () => new BigInt(1), () => BigInt(undefined)]) {
  try { thrown.push(text(f())) } catch (e) { thrown.push(e.name) }
}
return {results, thrown}
