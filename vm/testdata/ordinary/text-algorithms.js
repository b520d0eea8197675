// Edit distance, line difference, common subsequence, search and compression.
const levenshtein = (a, b) => { let row = Array.from({length: b.length + 1}, (_, i) => i); for (let i = 1; i <= a.length; i++) { let last = row[0]; row[0] = i; for (let j = 1; j <= b.length; j++) { const t = row[j]; row[j] = Math.min(row[j] + 1, row[j - 1] + 1, last + (a[i - 1] !== b[j - 1])); last = t } } return row[b.length] }
function lines(a, b) {
  const n = a.length, m = b.length, t = Array.from({length: n + 1}, () => new Array(m + 1).fill(0))
  for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) t[i][j] = a[i] === b[j] ? t[i + 1][j + 1] + 1 : Math.max(t[i + 1][j], t[i][j + 1])
  const out = []
  let i = 0, j = 0
  while (i < n && j < m) { if (a[i] === b[j]) { out.push(" " + a[i]); i++; j++ } else if (t[i + 1][j] >= t[i][j + 1]) out.push("-" + a[i++]); else out.push("+" + b[j++]) }
  while (i < n) out.push("-" + a[i++])
  while (j < m) out.push("+" + b[j++])
  return out
}
const rle = s => s.replace(/(.)\1*/gs, (run, c) => c + run.length)
const unrle = s => s.replace(/(\D)(\d+)/g, (_, c, n) => c.repeat(n))
function lzw(s) { const d = new Map(); for (let i = 0; i < 256; i++) d.set(String.fromCharCode(i), i); let w = "", out = []; for (const c of s) { const wc = w + c; if (d.has(wc)) w = wc; else { out.push(d.get(w)); d.set(wc, d.size); w = c } } if (w) out.push(d.get(w)); return out }
function huffman(s) { const nodes = Object.entries([...s].reduce((c, ch) => (c[ch] = (c[ch] ?? 0) + 1, c), {})).map(([ch, n]) => ({ch, n})); while (nodes.length > 1) { nodes.sort((a, b) => a.n - b.n || (a.ch < b.ch ? -1 : 1)); const [l, r] = nodes.splice(0, 2); nodes.push({ch: l.ch + r.ch, n: l.n + r.n, l, r}) } const codes = {}; (function walk(t, code) { if (t.l) { walk(t.l, code + "0"); walk(t.r, code + "1") } else codes[t.ch] = code || "0" })(nodes[0], ""); return [...s].map(c => codes[c]).join("") }
const kmp = (text, p) => { const f = [0]; for (let i = 1, k = 0; i < p.length; i++) { while (k && p[i] !== p[k]) k = f[k - 1]; if (p[i] === p[k]) k++; f[i] = k } const at = []; for (let i = 0, k = 0; i < text.length; i++) { while (k && text[i] !== p[k]) k = f[k - 1]; if (text[i] === p[k]) k++; if (k === p.length) { at.push(i - k + 1); k = f[k - 1] } } return at }
const caesar = (s, n) => s.replace(/[a-z]/gi, c => { const base = c < "a" ? 65 : 97; return String.fromCharCode((c.charCodeAt(0) - base + n + 26) % 26 + base) })
const wrap = (s, width) => s.split(" ").reduce((rows, w) => { const last = rows.length - 1; if ((rows[last] + " " + w).trim().length <= width) rows[last] = (rows[last] + " " + w).trim(); else rows.push(w); return rows }, [""])
const palindrome = s => { const t = s.toLowerCase().replace(/[^a-z0-9]/g, ""); return t === [...t].reverse().join("") }
const slug = s => s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")
const roman = n => [[1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"], [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"]].reduce((out, [v, r]) => { while (n >= v) { out += r; n -= v } return out }, "")
const anagrams = words => Object.values(words.reduce((g, w) => { (g[[...w].sort().join("")] ??= []).push(w); return g }, {})).filter(g => g.length > 1)
return {distance: [levenshtein("kitten", "sitting"), levenshtein("", "abc"), levenshtein("x".repeat(100), "y".repeat(120))], lines: lines(["a", "b", "c", "d"], ["a", "c", "x", "d"]), rle: rle("aaabccd"), back: unrle(rle("aaabccd")), lzw: lzw("TOBEORNOTTOBEORTOBEORNOT"), huffman: huffman("abracadabra"), kmp: kmp("abababcabab", "abab"), caesar: caesar(caesar("Hello, World!", 3), -3), rot: caesar("Hello", 13), wrap: wrap("the quick brown fox jumps over the lazy dog", 12), palindrome: palindrome("A man, a plan, a canal: Panama"), slug: slug("  Crème Brûlée & Co.  "), roman: [1994, 3999, 4].map(roman), anagrams: anagrams(["listen", "silent", "enlist", "abc", "cab", "x"]), titles: "the lord of the rings".replace(/\b\w/g, c => c.toUpperCase()), vowels: "programming".match(/[aeiou]/g).length}
