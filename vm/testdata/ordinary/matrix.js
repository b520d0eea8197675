// Matrix multiplication, determinant, inverse and a discrete transform.
const multiply = (a, b) => a.map(row => b[0].map((_, j) => row.reduce((s, v, k) => s + v * b[k][j], 0)))
const make = (n, f) => Array.from({length: n}, (_, i) => Array.from({length: n}, (_, j) => f(i, j)))
const a = make(40, (i, j) => (i * 3 + j * 7) % 11), b = make(40, (i, j) => (i + j) % 5 - 2)
const c = multiply(a, b)
const typed = (n, x, y) => { const out = new Float64Array(n * n); for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) { let s = 0; for (let k = 0; k < n; k++) s += x[i * n + k] * y[k * n + j]; out[i * n + j] = s } return out }
const t = typed(40, Float64Array.from(a.flat()), Float64Array.from(b.flat()))
const same = c.flat().every((v, i) => v === t[i])
const transpose = m => m[0].map((_, j) => m.map(r => r[j]))
const determinant = m => m.length === 1 ? m[0][0] : m[0].reduce((s, v, j) => s + (-1) ** j * v * determinant(m.slice(1).map(r => r.filter((_, k) => k !== j))), 0)
const power = (m, n) => n === 0 ? make(m.length, (i, j) => +(i === j)) : n % 2 ? multiply(m, power(m, n - 1)) : power(multiply(m, m), n / 2)
function solve(m, v) {
  const rows = m.map((r, i) => [...r, v[i]])
  for (let i = 0; i < rows.length; i++) {
    let best = i
    for (let j = i + 1; j < rows.length; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[best][i])) best = j
    ;[rows[i], rows[best]] = [rows[best], rows[i]]
    for (let j = 0; j < rows.length; j++) { if (j === i) continue; const f = rows[j][i] / rows[i][i]; for (let k = i; k < rows[j].length; k++) rows[j][k] -= f * rows[i][k] }
  }
  return rows.map((r, i) => +(r.at(-1) / r[i]).toFixed(9))
}
let life = make(8, (i, j) => +["01", "12", "20", "21", "22"].includes("" + i + j))
for (let g = 0; g < 4; g++) life = life.map((r, i) => r.map((v, j) => { let n = 0; for (let y = -1; y < 2; y++) for (let x = -1; x < 2; x++) if (x || y) n += life[(i + y + 8) % 8][(j + x + 8) % 8]; return +(n === 3 || v && n === 2) }))
return {same, trace: c.reduce((s, r, i) => s + r[i], 0), t: transpose([[1, 2, 3], [4, 5, 6]]), det: determinant([[2, 0, 1, 3], [1, 3, 2, 0], [1, 1, 4, 1], [0, 2, 1, 5]]), fib: power([[1, 1], [1, 0]], 50)[0][1], x: solve([[2, 1, -1], [-3, -1, 2], [-2, 1, 2]], [8, -11, -3]), life: life.map(r => r.join("")).join("/")}
