// split with captures, match, matchAll and search.
const out = {}
out.split = "a1b2c3".split(/\d/)
out.captures = "a, b;c".split(/([,;])\s*/)
out.limit = "a,b,c,d".split(/,/, 2)
out.empty = ["".split(/x/), "".split(/(?:)/), "abc".split(/(?:)/), "ab".split(/(?:)/u)]
out.optional = "aXbYc".split(/(X)|(Y)/)
out.ahead = "camelCaseString".split(/(?=[A-Z])/)
out.behind = "a;b;c".split(/(?<=;)/)
out.lines = "one\r\ntwo\nthree\rfour".split(/\r\n|\r|\n/)
out.match = "The Rain in Spain".match(/[A-Z]\w+/g)
out.single = "tel: 555-1234".match(/(\d+)-(\d+)/).slice(1)
out.none = "abc".match(/\d/g)
out.all = [..."k1=v1;k2=v2".matchAll(/(?<key>\w+)=(?<value>\w+)/g)].map(m => [m.index, m.groups.key, m.groups.value])
try { "a".matchAll(/a/) } catch (e) { out.refused = e.name }
out.search = ["abc1".search(/\d/), "abc".search(/\d/)]
out.text = ["a.c".match("."), "a+b".split("+"), "abcabc".search("c")].map(v => Array.isArray(v) ? [...v] : v)
out.csv = `a,"b, c",,"d ""e"""`.match(/("([^"]|"")*"|[^,]*)(,|$)/g).slice(0, -1).map(f => f.replace(/,$/, "").replace(/^"|"$/g, "").replace(/""/g, "\""))
const tokens = []
const lexer = /\s*(?:(?<num>\d+\.?\d*)|(?<id>[a-z_]\w*)|(?<op>[-+*\/()=]))/iy
for (let m; (m = lexer.exec("x = 3.14 * (y_1 + 2)"));) tokens.push(Object.entries(m.groups).find(([, v]) => v !== undefined))
out.tokens = tokens.map(t => t.join(":"))
out.wide = "ä1ö2ü3".split(/\d/).concat("日本語 テキスト".match(/\S+/g))
out.unicode = ["😀x😀".split("x"), [..."😀😀".matchAll(/./gu)].length, "😀".match(/./g).length]
return out
