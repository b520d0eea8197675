// INI, XML and a Lisp: readers by recursive descent and writers that give the text back.
const ini = text => { const out = {}; let section = out; for (const line of text.split(/\r?\n/)) { const t = line.trim(); if (!t || t[0] === ";") continue; const head = /^\[(.+)\]$/.exec(t); if (head) { section = head[1].split(".").reduce((o, k) => o[k] ??= {}, out); continue } const at = t.indexOf("="); if (at < 0) throw new SyntaxError("bad line: " + t); const v = t.slice(at + 1).trim(); section[t.slice(0, at).trim()] = v === "true" ? true : v === "false" ? false : v !== "" && !isNaN(v) ? Number(v) : v.replace(/^"(.*)"$/, "$1") } return out }
function xml(text) {
  let at = 0
  const fail = m => { throw new SyntaxError(`${m} at ${at}`) }
  const eat = r => { r.lastIndex = at; const m = r.exec(text); if (m) at = r.lastIndex; return m }
  const decode = s => s.replace(/&(lt|gt|amp|quot|#\d+);/g, (_, e) => e[0] === "#" ? String.fromCodePoint(+e.slice(1)) : {lt: "<", gt: ">", amp: "&", quot: '"'}[e])
  function element() {
    const open = eat(/<([\w:-]+)/y) ?? fail("expected a tag")
    const node = {tag: open[1], attributes: {}, children: []}
    for (let m; (m = eat(/\s+([\w:-]+)\s*=\s*"([^"]*)"/y));) node.attributes[m[1]] = decode(m[2])
    eat(/\s+/y)
    if (eat(/\/>/y)) return node
    eat(/>/y) ?? fail("expected >")
    for (;;) {
      const close = eat(/<\/([\w:-]+)>/y)
      if (close) { if (close[1] !== node.tag) fail(`</${close[1]}> closes <${node.tag}>`); return node }
      if (eat(/<!--.*?-->/sy)) continue
      const t = eat(/[^<]+/y)
      if (t) { if (t[0].trim()) node.children.push(decode(t[0].trim())) } else node.children.push(element())
    }
  }
  eat(/\s*(<\?.*?\?>)?\s*/sy)
  return element()
}
const write = n => typeof n === "string" ? n.replace(/[<&]/g, c => c === "<" ? "&lt;" : "&amp;") : `<${n.tag}${Object.entries(n.attributes).map(([k, v]) => ` ${k}="${v}"`).join("")}${n.children.length ? `>${n.children.map(write).join("")}</${n.tag}>` : "/>"}`
const read = text => { const t = text.match(/[()]|[^\s()]+/g); const next = () => { const x = t.shift(); if (x !== "(") return isNaN(x) ? x : +x; const l = []; while (t[0] !== ")") { if (!t.length) throw new SyntaxError("unclosed"); l.push(next()) } t.shift(); return l }; return next() }
const globals = {"+": (...a) => a.reduce((x, y) => x + y), "*": (...a) => a.reduce((x, y) => x * y), "-": (a, b) => a - b, "<": (a, b) => a < b, "=": (a, b) => a === b, list: (...a) => a, map: (f, l) => l.map(v => f(v))}
function evaluate(x, env) { if (typeof x === "number") return x; if (typeof x === "string") { for (let e = env; e; e = Object.getPrototypeOf(e)) if (Object.hasOwn(e, x)) return e[x]; throw new ReferenceError(x) } const [head, ...rest] = x; switch (head) { case "if": return evaluate(rest[0], env) ? evaluate(rest[1], env) : evaluate(rest[2], env); case "define": return env[rest[0]] = evaluate(rest[1], env); case "lambda": return (...args) => evaluate(rest[1], Object.assign(Object.create(env), Object.fromEntries(rest[0].map((p, i) => [p, args[i]])))); case "do": return rest.reduce((_, e) => evaluate(e, env), null) } return evaluate(head, env)(...rest.map(e => evaluate(e, env))) }
const source = '<?xml version="1.0"?><a x="1" y="&lt;q&gt;"><!-- c --><b/>text &amp; more<c><d k="v">deep &#233;</d></c></a>'
const fails = ["<a><b></a>", "a", "<a"].map(s => { try { xml(s) } catch (e) { return e.message } })
return {ini: ini('top = 1\n; comment\n[server]\nhost = "localhost"\nport=8080\ndebug = true\n[server.tls]\ncert = a=b\n'), xml: xml(source), written: write(xml(source)), fails, lisp: evaluate(read("(do (define fact (lambda (n) (if (< n 2) 1 (* n (fact (- n 1)))))) (define twice (lambda (f) (lambda (x) (f (f x))))) (list (fact 10) ((twice (twice (lambda (x) (* x 2)))) 3) (map fact (list 1 2 3 4))))"), Object.create(globals)), unbound: (() => { try { evaluate("nope", globals) } catch (e) { return e.name + e.message } })()}
