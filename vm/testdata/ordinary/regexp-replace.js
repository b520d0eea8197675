// Replacement texts and functions.
const out = {}
out.dollars = "John Smith".replace(/(\w+)\s(\w+)/, "$2, $1")
out.named = "2024-05-06".replace(/(?<y>\d+)-(?<m>\d+)-(?<d>\d+)/, "$<d>.$<m>.$<y>")
out.special = "abc".replace("b", "[$`|$&|$'|$$|$1]")
out.missing = "abc".replace(/(b)/, "$2$10$01$0")
out.all = "a1b22c333".replace(/\d+/g, m => `<${m.length}>`)
const given = []
"xay".replace(/(?<v>a)|(b)/, (...args) => { given.push(args); return "" })
out.given = given
out.offsets = "aXbXc".replace(/X/g, (m, at, whole) => at + whole.length)
out.empty = "abc".replace(/(?:)/g, "-")
out.emptyUnicode = "a😀b".replace(/(?:)/gu, "-")
out.text = "a.b.c".replaceAll(".", "$&$&")
try { "a".replaceAll(/a/, "b") } catch (e) { out.refused = e.name }
out.case = "some-css-name".replace(/-(\w)/g, (_, c) => c.toUpperCase())
out.escape = "<a href=\"x\">&</a>".replace(/[<>&"]/g, c => ({"<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;"})[c])
out.thousands = "1234567.891".replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",")
out.sticky = "aab".replace(/a/gy, "x") + "baa".replace(/a/gy, "x")
out.undefined = "abc".replace(/(x)?b/, (m, x) => String(x)) + "abc".replace(/(x)?b/, "[$1]")
out.template = "Dear {{name}}, you owe {{ amount }}.".replace(/\{\{\s*(\w+)\s*\}\}/g, (_, k) => ({name: "Ann", amount: "5 €"})[k])
class Upper { [Symbol.replace](text, by) { return text.toUpperCase() + by } }
out.custom = "abc".replace(new Upper(), "!")
out.trim = "\n  a\n  b\n".replace(/^\s+|\s+$/g, "").replace(/\n\s*/g, " ")
out.global = (() => { const r = /a/g; r.lastIndex = 5; "aaa".replace(r, "b"); return r.lastIndex })()
return out
