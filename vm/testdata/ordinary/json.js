// JSON in both directions.
const out = {}
const value = {s: "q\"\\\n\u2028\u0007é😀", n: [1, -0, 1e21, 1e-7, NaN, Infinity, 0.1 + 0.2], b: [true, null, undefined, () => 1, Symbol("x")], u: undefined, f() {}, d: new Date(0), nested: {a: {b: [[]]}}, e: {}, boxed: [new Number(3), new String("s"), new Boolean(false)]}
out.plain = JSON.stringify(value)
out.indent = [JSON.stringify({a: [1, {b: 2}], c: []}, null, 2), JSON.stringify([1], null, "--"), JSON.stringify({a: 1}, null, 20).length, JSON.stringify({a: 1}, null, "x".repeat(20)).length]
out.keys = JSON.stringify({a: 1, b: {a: 2, c: 3}, c: 4}, ["a", "b"])
out.replacer = JSON.stringify({a: 1, b: "x", c: [1, 2]}, function (k, v) { return typeof v === "number" ? v * 10 : k === "b" ? undefined : v })
out.holder = JSON.stringify({x: {y: 1}}, function (k, v) { return k === "y" ? Object.keys(this) : v })
out.toJSON = JSON.stringify({a: {toJSON(k) { return "key " + k }}, b: [{toJSON: k => k}], c: {toJSON: 1}})
out.odd = [JSON.stringify(undefined), JSON.stringify(() => 1), JSON.stringify(null), JSON.stringify("\ud800"), JSON.stringify({"\ud83d": 1}), JSON.stringify(Object.create({a: 1})), JSON.stringify([new Map([[1, 2]]), new Set([1])])].map(String)
out.map = JSON.stringify([...new Map([["a", 1]])])
out.order = JSON.stringify({b: 1, 10: 1, a: 1, 2: 1, [Symbol("s")]: 1})
out.parse = JSON.parse(' {"a": [1, -2.5e3, true, null, "\\u0041\\n\\/"], "b": {"__proto__": {"x": 1}, "a": 1, "a": 2}} ')
out.proto = [Object.hasOwn(out.parse.b, "__proto__"), Object.getPrototypeOf(out.parse.b) === Object.prototype]
out.revived = JSON.parse('{"date":"2020-01-01T00:00:00.000Z","n":[1,2,3],"drop":1}', function (k, v) { return k === "date" ? new Date(v).getTime() : k === "drop" ? undefined : Array.isArray(this) ? v * 2 : v })
out.post = (() => { const order = []; JSON.parse('{"a":{"b":1},"c":[2]}', (k, v) => { order.push(k); return v }); return order })()
out.bad = ["", "{", "[1,]", "{'a':1}", "01", "1.", "nul", "\"\t\"", "{\"a\":1,}", "NaN", "1 2", "\"\\x\""].map(t => { try { JSON.parse(t); return "parsed" } catch (e) { return e.name } })
const cycle = {a: {}}
cycle.a.b = cycle
out.cycle = (() => { try { JSON.stringify(cycle) } catch (e) { return e.name } })()
out.edges = ["-0", "1E5", "123456789012345680000", "0.1", "5e-324"].map(t => String(JSON.parse(t)))
out.raw = JSON.rawJSON ? [JSON.stringify({n: JSON.rawJSON("12345678901234567890")}), JSON.isRawJSON(JSON.rawJSON("1")), JSON.isRawJSON({})] : "none"
const round = o => JSON.parse(JSON.stringify(o))
out.same = JSON.stringify(round(value)) === out.plain
out.deep = (() => { let o = 1; for (let i = 0; i < 300; i++) o = [o]; let n = 0; for (let p = round(o); Array.isArray(p); p = p[0]) n++; return n })()
out.large = JSON.parse(JSON.stringify(Array.from({length: 5000}, (_, i) => ({id: i, name: "n" + i})))).reduce((s, o) => s + o.id, 0)
return out
