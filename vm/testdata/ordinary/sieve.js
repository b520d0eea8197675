// Primes up to a million, and other arithmetic of whole numbers.
const limit = 1_000_000
const composite = new Uint8Array(limit + 1)
for (let i = 2; i * i <= limit; i++) if (!composite[i]) for (let j = i * i; j <= limit; j += i) composite[j] = 1
let count = 0, last = 0, twins = 0, sum = 0
for (let i = 2; i <= limit; i++) { if (composite[i]) continue; count++; if (i - last === 2) twins++; last = i; sum += i }
const factors = n => { const out = []; for (let p = 2; p * p <= n; p++) while (n % p === 0) { out.push(p); n /= p } if (n > 1) out.push(n); return out }
const gcd = (a, b) => b ? gcd(b, a % b) : a
const collatz = n => { let steps = 0; while (n !== 1) { n = n % 2 ? 3 * n + 1 : n / 2; steps++ } return steps }
let longest = 1
for (let i = 2; i < 2000; i++) if (collatz(i) > collatz(longest)) longest = i
const perfect = []
for (let n = 2; n < 1000; n++) { let s = 1; for (let d = 2; d * d <= n; d++) if (n % d === 0) s += d + (d * d === n ? 0 : n / d); if (s === n) perfect.push(n) }
const digits = n => String(n).split("").reduce((s, d) => s + +d, 0)
const bits = n => { let c = 0; while (n) { n &= n - 1; c++ } return c }
return {count, last, twins, sum, factors: factors(600851475143), gcd: gcd(1071, 462), longest, perfect, digits: digits(2 ** 50), bits: [bits(255), bits(-1), bits(0xf0f0)], shifts: [1 << 31, -1 >>> 0, -1 >> 1, 5 & ~1, 2 ** 32 | 0, 1e10 | 0], division: [-7 % 3, 7 % -3, Math.trunc(-7 / 2), Math.floor(-7 / 2), 5.5 % 2], bases: [(255).toString(2), (255).toString(36), parseInt("zz", 36), 0xff, 0b11, 0o17, Number("0x1f"), (0.5).toString(2)]}
