// Topological sort, shortest paths, components, spanning tree and a priority queue.
class Heap {
  #items = []; #less
  constructor(less) { this.#less = less }
  push(v) { const a = this.#items; let i = a.push(v) - 1; while (i > 0) { const p = i - 1 >> 1; if (!this.#less(a[i], a[p])) break; [a[i], a[p]] = [a[p], a[i]]; i = p } }
  pop() { const a = this.#items, top = a[0], last = a.pop(); if (a.length) { a[0] = last; for (let i = 0; ;) { let l = 2 * i + 1; if (l >= a.length) break; if (l + 1 < a.length && this.#less(a[l + 1], a[l])) l++; if (!this.#less(a[l], a[i])) break; [a[i], a[l]] = [a[l], a[i]]; i = l } } return top }
  get size() { return this.#items.length }
}
function topological(deps) { const state = {}, out = []; const visit = (n, path) => { if (state[n] === 2) return; if (state[n] === 1) throw new Error("cycle: " + [...path, n].join(" -> ")); state[n] = 1; for (const d of deps[n] ?? []) visit(d, [...path, n]); state[n] = 2; out.push(n) }; for (const n of Object.keys(deps)) visit(n, []); return out }
function dijkstra(graph, from) { const dist = {[from]: 0}, prev = {}, heap = new Heap((a, b) => a[0] < b[0]); heap.push([0, from]); while (heap.size) { const [d, n] = heap.pop(); if (d > dist[n]) continue; for (const [to, w] of Object.entries(graph[n] ?? {})) { const nd = d + w; if (nd < (dist[to] ?? Infinity)) { dist[to] = nd; prev[to] = n; heap.push([nd, to]) } } } return {dist, path: to => { const p = [to]; while (prev[p[0]]) p.unshift(prev[p[0]]); return p.join(">") }} }
const graph = {a: {b: 7, c: 9, f: 14}, b: {a: 7, c: 10, d: 15}, c: {a: 9, b: 10, d: 11, f: 2}, d: {b: 15, c: 11, e: 6}, e: {d: 6, f: 9}, f: {a: 14, c: 2, e: 9}}
const {dist, path} = dijkstra(graph, "a")
const grid = ["..#....", ".##.##.", "....#..", ".##...#", "...#..."].map(r => [...r])
function bfs([sr, sc], [tr, tc]) { const seen = new Set([sr + "," + sc]), queue = [[sr, sc, 0]]; while (queue.length) { const [r, c, d] = queue.shift(); if (r === tr && c === tc) return d; for (const [dr, dc] of [[0, 1], [1, 0], [0, -1], [-1, 0]]) { const k = `${r + dr},${c + dc}`; if (grid[r + dr]?.[c + dc] === "." && !seen.has(k)) { seen.add(k); queue.push([r + dr, c + dc, d + 1]) } } } return -1 }
const parent = new Map()
const find = x => { if (!parent.has(x)) parent.set(x, x); let p = parent.get(x); while (p !== parent.get(p)) p = parent.get(p); parent.set(x, p); return p }
const edges = Object.entries(graph).flatMap(([a, to]) => Object.entries(to).filter(([b]) => a < b).map(([b, w]) => [w, a, b])).sort((x, y) => x[0] - y[0] || (x[1] + x[2] < y[1] + y[2] ? -1 : 1))
const mst = edges.filter(([, a, b]) => { const [x, y] = [find(a), find(b)]; if (x === y) return false; parent.set(x, y); return true })
const h = new Heap((a, b) => a < b)
for (let i = 0; i < 2000; i++) h.push(i * 7919 % 2003)
const drained = []
while (h.size) drained.push(h.pop())
const floyd = n => { const d = Array.from({length: n}, (_, i) => Array.from({length: n}, (_, j) => i === j ? 0 : (i * 5 + j * 3) % 17 + 1)); for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (d[i][k] + d[k][j] < d[i][j]) d[i][j] = d[i][k] + d[k][j]; return d.flat().reduce((a, b) => a + b) }
let cycle
try { topological({a: ["b"], b: ["c"], c: ["a"]}) } catch (e) { cycle = e.message }
return {order: topological({app: ["lib", "log"], lib: ["core"], log: ["core"], core: [], test: ["app"]}), cycle, dist, path: path("e"), bfs: [bfs([0, 0], [4, 6]), bfs([0, 0], [0, 3]), bfs([4, 4], [0, 0])], mst: mst.map(e => e.join("")), weight: mst.reduce((s, [w]) => s + w, 0), drained: drained.every((v, i) => i === 0 || drained[i - 1] <= v), floyd: floyd(30)}
