// Math, Number and the edges of floating point.
const show = v => Object.is(v, -0) ? "-0" : typeof v === "number" ? v.toPrecision(12) : v
const out = {}
for (const f of ["abs", "ceil", "floor", "round", "trunc", "sign", "sqrt", "cbrt", "log2", "log10", "log1p", "expm1", "fround", "clz32", "asinh", "atan", "tanh"]) out[f] = [-2.5, -0.5, -0, 0, 0.5, 1, 2.5, 8, 1e21, NaN, Infinity].map(v => show(Math[f](v)))
out.two = [Math.pow(2, 10), Math.pow(NaN, 0), Math.atan2(1, -1).toFixed(10), Math.hypot(3, 4, 12), Math.hypot(), Math.imul(0xffffffff, 5), Math.max(), Math.min(), Math.max(1, NaN), Math.max(-0, 0), Math.min(1, "0")].map(show)
out.number = [Number.MAX_SAFE_INTEGER, Number.EPSILON > 0, Number.isInteger(5.0), Number.isSafeInteger(2 ** 53), Number.isFinite("5"), isFinite("5"), Number.isNaN("x"), isNaN("x"), Number.parseFloat("1.5abc"), parseInt("0x1F"), parseInt("101", 2), parseInt("9", 8), Number(""), Number(" 12 "), Number("1_000"), Number([5]), Number(null), Number("0b11"), +"1e1000", -"5"].map(show)
out.text = [1e21, 1e-7, 123456789012345680000, 0.000001, 1.7976931348623157e308, 5e-324, 0.1 + 0.2, 100, -0, 1 / 3].map(String)
out.radix = [(255).toString(16), (0.1).toString(3).slice(0, 12), (-7).toString(2), (1e21).toString(36), (35.5).toString(36)]
const thrown = []
for (const f of [() => (1).toString(1), () => (1).toFixed(101), () => (1).toPrecision(0), () => Number.prototype.toString.call("x"), () => Math(), () => new Math.abs(1)]) try { thrown.push(f()) } catch (e) { thrown.push(e.name) }
const mean = a => a.reduce((s, v) => s + v, 0) / a.length
const variance = a => { const m = mean(a); return mean(a.map(v => (v - m) ** 2)) }
const median = a => { const s = a.toSorted((x, y) => x - y), m = s.length >> 1; return s.length % 2 ? s[m] : (s[m - 1] + s[m]) / 2 }
const random = (seed => () => { seed |= 0; seed = seed + 0x6D2B79F5 | 0; let t = Math.imul(seed ^ seed >>> 15, 1 | seed); t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t; return ((t ^ t >>> 14) >>> 0) / 4294967296 })(1)
const sample = Array.from({length: 1000}, random)
const r = Math.random()
const newton = (f, d, x) => { for (let i = 0; i < 50; i++) x -= f(x) / d(x); return x }
const integrate = (f, a, b, n = 1000) => { const h = (b - a) / n; let s = f(a) + f(b); for (let i = 1; i < n; i++) s += f(a + i * h) * (i % 2 ? 4 : 2); return s * h / 3 }
return {out, thrown, stats: [mean(sample), variance(sample), median(sample)].map(v => v.toFixed(9)), random: r >= 0 && r < 1, root: newton(x => x * x - 2, x => 2 * x, 1).toFixed(12), area: integrate(Math.sin, 0, Math.PI).toFixed(9), pi: (4 * Array.from({length: 2000}, (_, k) => (-1) ** k / (2 * k + 1)).reduce((a, b) => a + b)).toFixed(9)}
