// A template engine with loops and conditions, a Markdown reader and an HTML escaper.
const escape = s => String(s).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
const lookup = (scope, path) => path.split(".").reduce((v, k) => v?.[k], scope)
function compile(source) {
  const parts = source.split(/(\{\{.*?\}\})/s), root = {type: "root", body: []}, stack = [root]
  for (const part of parts) {
    const m = /^\{\{\s*([#\/^&]?)\s*([\w.]*)(?:\s*\|\s*(\w+))?\s*\}\}$/s.exec(part)
    const top = stack[stack.length - 1]
    if (!m) { if (part) top.body.push({type: "text", text: part}); continue }
    const [, mark, name, filter] = m
    if (mark === "#" || mark === "^") { const node = {type: mark, name, body: []}; top.body.push(node); stack.push(node) } else if (mark === "/") { if (top.name !== name) throw new SyntaxError(`{{/${name}}} closes {{${top.type}${top.name ?? ""}}}`); stack.pop() } else top.body.push({type: mark || "value", name, filter})
  }
  if (stack.length > 1) throw new SyntaxError(`{{#${stack.pop().name}}} is not closed`)
  return scope => render(root, scope)
}
const filters = {upper: s => String(s).toUpperCase(), money: v => v.toFixed(2), length: v => v.length}
const render = (node, scope) => node.body.map(n => {
  if (n.type === "text") return n.text
  const v = n.name === "this" ? scope.this : lookup(scope, n.name)
  switch (n.type) {
    case "#": return Array.isArray(v) ? v.map((item, index) => render(n, {...scope, ...(typeof item === "object" ? item : {}), this: item, index})).join("") : v ? render(n, {...scope, ...v}) : ""
    case "^": return !v || v.length === 0 ? render(n, scope) : ""
    case "&": return String(v ?? "")
  }
  return escape(n.filter ? filters[n.filter](v) : v ?? "")
}).join("")
const page = compile("<h1>{{title | upper}}</h1>{{#items}}<li>{{index}}. {{name}} {{price|money}}{{#tags}} #{{this}}{{/tags}}{{^tags}} -{{/tags}}</li>{{/items}}{{^items}}none{{/items}}{{&raw}}{{user.name}}{{missing.deep}}")
const data = {title: "a<b", items: [{name: "x&y", price: 1.5, tags: ["n", "m"]}, {name: "z", price: 2, tags: []}], raw: "<br>", user: {name: "\"q\""}}
const markdown = text => text.trim().split(/\n{2,}/).map(block => {
  const inline = s => escape(s).replace(/\*\*(.+?)\*\*/g, "<b>$1</b>").replace(/\*(.+?)\*/g, "<i>$1</i>").replace(/`(.+?)`/g, "<code>$1</code>").replace(/\[(.+?)\]\((.+?)\)/g, '<a href="$2">$1</a>')
  const head = /^(#{1,6}) (.*)$/.exec(block)
  if (head) return `<h${head[1].length}>${inline(head[2])}</h${head[1].length}>`
  if (/^- /.test(block)) return `<ul>${block.split("\n").map(l => `<li>${inline(l.slice(2))}</li>`).join("")}</ul>`
  return `<p>${inline(block).replace(/\n/g, "<br>")}</p>`
}).join("\n")
const errors = ["{{#a}}x", "{{#a}}{{/b}}"].map(s => { try { compile(s) } catch (e) { return e.message } })
const many = compile("{{#rows}}{{#cells}}{{this}},{{/cells}};{{/rows}}")({rows: Array.from({length: 50}, (_, i) => ({cells: [i, i * 2, i * 3]}))})
return {page: page(data), empty: page({title: "t", items: []}), markdown: markdown("# Title *x*\n\nSome **bold** and `code` & a [link](http://x)\nnext\n\n- one\n- two"), errors, many: many.length, end: many.slice(-20)}
