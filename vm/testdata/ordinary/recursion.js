// Recursion through functions, callbacks and methods.
const depth = n => n === 0 ? 0 : 1 + depth(n - 1)
const nested = n => n === 0 ? "leaf" : {name: "n" + n, children: [nested(n - 1)]}
let visited = 0
const walk = node => { visited++; if (node.children) node.children.forEach(c => walk(c)) }
const measure = node => node.children ? 1 + Math.max(...node.children.map(measure)) : 0
const total = node => (node.children ?? []).reduce((sum, c) => sum + total(c), 1)
const tree = nested(200)
walk(tree)
const flatten = list => list.reduce((out, v) => Array.isArray(v) ? out.concat(flatten(v)) : [...out, v], [])
const deepList = n => n === 0 ? [0] : [n, deepList(n - 1)]
const memo = new Map()
const paths = (r, c) => { if (r === 0 || c === 0) return 1; const k = r + "," + c; if (!memo.has(k)) memo.set(k, paths(r - 1, c) + paths(r, c - 1)); return memo.get(k) }
const hanoi = (n, a, b, c) => n === 0 ? 0 : hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)
const ackermann = (m, n) => m === 0 ? n + 1 : n === 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1))
const even = n => n === 0 ? true : odd(n - 1), odd = n => n === 0 ? false : even(n - 1)
const queens = (n, row = 0, cols = [], found = {n: 0}) => { if (row === n) found.n++; else for (let c = 0; c < n; c++) if (cols.every((k, r) => k !== c && Math.abs(k - c) !== row - r)) queens(n, row + 1, [...cols, c], found); return found.n }
const sortBy = { quick(a) { if (a.length < 2) return a; const [p, ...r] = a; return [...this.quick(r.filter(v => v < p)), p, ...this.quick(r.filter(v => v >= p))] } }
const getter = {n: 0, get next() { return this.n++ < 150 ? this.next : this.n }}
const replacing = n => n === 0 ? "!" : "x".replace("x", () => "a" + replacing(n - 1))
const parsed = n => JSON.parse("[1]", (k, v) => k === "0" && n > 0 ? parsed(n - 1) : v)
const toJSON = n => ({toJSON: () => n === 0 ? "end" : [toJSON(n - 1)]})
return {
  depth: depth(900), visited, measure: measure(tree), total: total(tree), flatten: flatten(deepList(100)).length, paths: paths(16, 16), hanoi: hanoi(10, "a", "b", "c"), ackermann: ackermann(2, 6),
  even: even(500), queens: queens(6), quick: sortBy.quick([5, 3, 9, 1, 5, 7]).join(), getter: getter.next, replacing: replacing(60).length, parsed: JSON.stringify(parsed(40)).length, json: JSON.stringify(toJSON(60)).length,
  sorted: [3, 1, 2].sort((a, b) => [a, b].sort((x, y) => x - y)[0] === a ? -1 : 1), from: Array.from([1, 2], x => Array.from([x], y => y + 1)),
}
