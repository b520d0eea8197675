// What everyday scripts do with lists: chunk, zip, unique, group, rank, pivot, windows.
const chunk = (a, n) => a.length ? [a.slice(0, n), ...chunk(a.slice(n), n)] : []
const zip = (...l) => Array.from({length: Math.max(...l.map(a => a.length))}, (_, i) => l.map(a => a[i] ?? null))
const unique = (a, by = v => v) => [...new Map(a.map(v => [by(v), v])).values()]
const partition = (a, f) => a.reduce(([y, n], v) => f(v) ? [[...y, v], n] : [y, [...n, v]], [[], []])
const windows = (a, n) => a.slice(n - 1).map((_, i) => a.slice(i, i + n))
const cartesian = (...l) => l.reduce((acc, a) => acc.flatMap(x => a.map(y => [...x, y])), [[]])
const subsets = a => a.reduce((s, v) => s.concat(s.map(x => [...x, v])), [[]])
const shuffle = (a, seed = 7) => { const r = a.slice(); for (let i = r.length - 1; i > 0; i--) { seed = seed * 16807 % 2147483647; const j = seed % (i + 1); [r[i], r[j]] = [r[j], r[i]] } return r }
const search = (a, v) => { let lo = 0, hi = a.length - 1; while (lo <= hi) { const m = lo + hi >>> 1; if (a[m] === v) return m; a[m] < v ? lo = m + 1 : hi = m - 1 } return ~lo }
const merge = (a, b) => { const out = []; let i = 0, j = 0; while (i < a.length || j < b.length) out.push(j >= b.length || i < a.length && a[i] <= b[j] ? a[i++] : b[j++]); return out }
const sortMerge = a => a.length < 2 ? a : merge(sortMerge(a.slice(0, a.length >> 1)), sortMerge(a.slice(a.length >> 1)))
const bubble = a => { a = [...a]; let swapped; do { swapped = false; for (let i = 1; i < a.length; i++) if (a[i - 1] > a[i]) { [a[i - 1], a[i]] = [a[i], a[i - 1]]; swapped = true } } while (swapped); return a }
const sales = [["north", "q1", 10], ["south", "q1", 5], ["north", "q2", 7], ["south", "q2", 8], ["north", "q1", 1]]
const pivot = {}
for (const [region, quarter, n] of sales) { pivot[region] ??= {}; pivot[region][quarter] = (pivot[region][quarter] ?? 0) + n }
const ranked = Object.entries({ann: 7, bob: 9, cid: 7, dee: 3}).sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).reduce((r, [name, score], i, all) => { const prev = r.at(-1); return [...r, {name, score, rank: prev?.score === score ? prev.rank : i + 1}] }, [])
const running = [1, 2, 3, 4].map((s => v => s += v)(0))
const frequency = [..."mississippi"].reduce((f, c) => ({...f, [c]: (f[c] ?? 0) + 1}), {})
const intersect = (a, b) => a.filter(Set.prototype.has, new Set(b))
const tree = [{id: 1, parent: null}, {id: 2, parent: 1}, {id: 3, parent: 1}, {id: 4, parent: 2}].reduce((t, n, _, all) => n.parent === null ? {id: n.id, children: (function kids(p) { return all.filter(x => x.parent === p).map(x => ({id: x.id, children: kids(x.id)})) })(n.id)} : t, null)
const long = Array.from({length: 20000}, (_, i) => i)
const stages = long.filter(n => n % 3 === 0).map(n => n * 2).reduce((s, n) => s + n, 0)
while (long.length > 10) long.splice(5, long.length >> 1)
return {chunk: chunk([1, 2, 3, 4, 5], 2), zip: zip([1, 2], ["a"]), unique: unique([{k: 1, v: "a"}, {k: 1, v: "b"}, {k: 2, v: "c"}], o => o.k), partition: partition([1, 2, 3, 4], n => n % 2), windows: windows([1, 2, 3, 4], 2), cartesian: cartesian([1, 2], ["a", "b"], [true]), subsets: subsets([1, 2, 3]).length, shuffled: shuffle([1, 2, 3, 4, 5, 6]), search: [search([1, 3, 5, 7], 5), search([1, 3, 5], 4)], merged: sortMerge([5, 2, 9, 1, 5, 6]), bubble: bubble([3, 1, 2]), pivot, ranked, running, frequency, intersect: intersect([1, 2, 3], [2, 3, 4]), tree, stages, long, table: pivot.north.q1 + pivot.south.q2}
