// Patterns that look dangerous and are fine on these texts.
const long = "a".repeat(5000)
const out = []
out.push(/^(a+)+$/.test(long), /^(a|b|ab)*$/.test("ab".repeat(1000)), /(x+x+)+y/.test("x".repeat(20) + "y"), /a*a*a*b/.test("a".repeat(100) + "b"))
out.push(/^(\w+\s?)*$/.test("some words in a row that match"), /^([a-z0-9_.+-]+)@([a-z0-9-]+\.)+[a-z]{2,}$/i.test("first.last+tag@mail.example.co.uk"))
out.push(/(.*)(\d+)/.exec("abc 123").slice(1), /<(\w+)[^>]*>.*?<\/\1>/s.exec("<p>one <b>two</b></p>")[0])
out.push(/^(?=.{8,})(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).*$/.test("Passw0rd!"), /(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}/.test("192.168.1.255"))
const log = Array.from({length: 300}, (_, i) => `2024-01-${String(i % 28 + 1).padStart(2, "0")} [${i % 3 ? "INFO" : "ERROR"}] user=${i} took ${i * 3}ms`).join("\n")
let errors = 0, total = 0
for (const m of log.matchAll(/^(\S+) \[(\w+)\] user=(\d+) took (\d+)ms$/gm)) { if (m[2] === "ERROR") errors++; total += +m[4] }
out.push(errors, total)
const html = "<ul>" + Array.from({length: 100}, (_, i) => `<li class="c${i}"><a href="/p/${i}">Item ${i} &amp; more</a></li>`).join("") + "</ul>"
out.push([...html.matchAll(/<a href="([^"]*)">(.*?)<\/a>/g)].length, html.replace(/<[^>]+>/g, "").length, html.replace(/&amp;/g, "&").length)
const counts = new Map()
for (const [w] of "the cat and the dog and the bird".matchAll(/\w+/g)) counts.set(w, (counts.get(w) ?? 0) + 1)
out.push([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)))
out.push(long.replace(/a/g, "bb").length, long.split(/a/).length, long.match(/a{100}/g).length, /a{0,1000}$/.test("a".repeat(50)))
return out
