// Prices: formatting, rounding, splitting, tax and pages.
const format = (cents, sign = "€") => `${cents < 0 ? "-" : ""}${sign}${String(Math.floor(Math.abs(cents) / 100)).replace(/\B(?=(\d{3})+(?!\d))/g, ",")}.${String(Math.abs(cents) % 100).padStart(2, "0")}`
const round = (v, places = 2) => Math.round((v + Number.EPSILON) * 10 ** places) / 10 ** places
const bankers = v => { const f = Math.floor(v), d = v - f; return d > 0.5 || d === 0.5 && f % 2 ? f + 1 : f }
const split = (cents, parts) => { const base = Math.floor(cents / parts), rest = cents % parts; return Array.from({length: parts}, (_, i) => base + (i < rest ? 1 : 0)) }
const lines = [{sku: "a", price: 1999, n: 3, tax: 0.2}, {sku: "b", price: 505, n: 10, tax: 0.055}, {sku: "c", price: 1, n: 1, tax: 0}]
const invoice = lines.map(l => { const net = l.price * l.n, tax = Math.round(net * l.tax); return {...l, net, tax, gross: net + tax} })
const sum = key => invoice.reduce((s, l) => s + l[key], 0)
const discount = total => total > 10000 ? Math.round(total * 0.9) : total
const tiers = [[100, 0.1], [500, 0.2], [Infinity, 0.3]]
const progressive = v => { let rest = v, low = 0, due = 0; for (const [high, rate] of tiers) { const part = Math.min(rest, high - low); due += part * rate; rest -= part; low = high; if (rest <= 0) break } return round(due) }
const page = (list, n, size) => ({items: list.slice((n - 1) * size, n * size), page: n, pages: Math.ceil(list.length / size), next: n * size < list.length ? n + 1 : null})
const group = (list, key) => list.reduce((g, v) => { (g[typeof key === "function" ? key(v) : v[key]] ??= []).push(v); return g }, {})
const orders = Array.from({length: 53}, (_, i) => ({id: i, customer: "c" + i % 7, cents: (i * 7919) % 5000, day: `2024-01-${String(i % 28 + 1).padStart(2, "0")}`}))
const byCustomer = Object.entries(group(orders, "customer")).map(([c, list]) => [c, list.length, format(list.reduce((s, o) => s + o.cents, 0))]).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
const compound = (p, r, n) => round(p * (1 + r / 12) ** (12 * n))
const payment = (p, r, n) => round(p * (r / 12) / (1 - (1 + r / 12) ** -n))
return {
  formatted: [format(123456789), format(-5), format(0, "$"), format(100000)], fixed: [(1.005).toFixed(2), (2.5).toFixed(0), (1e21).toFixed(2), (0.000001234).toFixed(8), (-1.5).toFixed(0), (1234.5678).toFixed(1)], precision: [(123.456).toPrecision(4), (0.00001).toPrecision(1), (1e21).toPrecision(3)], exponential: [(123456).toExponential(2), (0).toExponential()],
  rounded: [round(1.005), round(2.345), round(-1.255), round(1234.5678, 1)], bankers: [0.5, 1.5, 2.5, -0.5].map(bankers).map(v => v + 0), split: split(1000, 3), invoice, totals: [sum("net"), sum("tax"), sum("gross"), discount(sum("gross"))], progressive: [50, 300, 1000].map(progressive), pages: [page(orders.map(o => o.id), 1, 20), page(orders.map(o => o.id), 3, 20)], byCustomer, compound: compound(1000, 0.05, 10), payment: payment(200000, 0.04, 360), floats: [0.1 + 0.2, 0.1 * 3, 1 / 3, 1e21 + 1, 5e-324, 2 ** 53 + 1, 100 * 1.1], local: typeof (1234.5).toLocaleString(),
}
