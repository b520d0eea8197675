// Template literals: many parts, nested, tagged and raw.
const name = "Ann", items = [{n: "pen", p: 1.5, q: 2}, {n: "ink", p: 4, q: 1}]
const tag = (strings, ...values) => ({strings: [...strings], raw: [...strings.raw], values})
const html = (strings, ...values) => strings.reduce((out, s, i) => out + s + (i < values.length ? String(values[i]).replace(/[<>&]/g, c => `&#${c.charCodeAt(0)};`) : ""), "")
const cache = new Set()
const once = strings => { cache.add(strings); return cache.size }
for (let i = 0; i < 3; i++) once`same ${i}`
once`same ${0}`
const order = []
const note = v => { order.push(v); return {toString: () => { order.push("text " + v); return v }} }
const text = `${note("a")}-${note("b")}`
const out = [
  `plain`, ``, `${1}${2}${3}`, `a${1 + 1}b${[1, 2]}c${{}}d${null}e${undefined}f${true}`, `line 1
line 2`, `\u0041\x42\n\${no}\``, `outer ${`inner ${`deep ${name}`}`}`, `${items.map(i => `${i.n}: ${(i.p * i.q).toFixed(2)}`).join("; ")}`,
  tag`x${1}y\n${2}`, tag`\unicode and \x`.strings.length, String.raw`C:\new\${name}`, String.raw({raw: "abc"}, 1, 2, 3), html`<b>${"<i>&"}</b>`, cache.size, order,
  `${(() => { try { return `${Symbol("s")}` } catch (e) { return e.name } })()}`, `${function () {}}`.length, typeof `${1}`, `a` + `b`, `${"x".repeat(3)}`.length, text,
  Object.isFrozen((s => s)`a`), (s => s.raw === s.raw)`a`,
]
const invoice = `
  Dear ${name},
  ${items.map((i, n) => `${n + 1}. ${i.n.padEnd(6, ".")}${String(i.q).padStart(3)} x ${i.p.toFixed(2).padStart(6)} = ${(i.q * i.p).toFixed(2)}`).join("\n  ")}
  Total: ${items.reduce((s, i) => s + i.p * i.q, 0).toFixed(2)}${items.length > 1 ? ` for ${items.length} items` : ""}
`.trim()
const {a = `default ${name}`} = {}
const long = `${0}${1}${2}${3}${4}${5}${6}${7}${8}${9}${10}${11}${12}${13}${14}${15}${16}${17}${18}${19}`
const chained = (...s) => (...t) => [s[0][0], t[0][0], t[1]]
out.push(a, long, chained`one``two${2}`, ({f: s => s[0]}).f`method`, `${`${1}` + `${`${2}`}`}`)
return {out, invoice}
