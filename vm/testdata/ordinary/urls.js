// URLs, query strings, headers, cookies, routes and versions, all by hand.
function parseUrl(text) {
  const m = /^(?:(?<scheme>[a-z][a-z\d+.-]*):)?(?:\/\/(?:(?<user>[^@\/]*)@)?(?<host>[^:\/?#]*)(?::(?<port>\d+))?)?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<hash>.*))?$/i.exec(text)
  const {scheme, user, host, port, path, query, hash} = m.groups
  return {scheme: scheme?.toLowerCase(), user, host: host?.toLowerCase(), port: port === undefined ? undefined : Number(port), path, query: query === undefined ? undefined : parseQuery(query), hash}
}
function parseQuery(text) {
  const out = {}
  for (const pair of text.split("&")) {
    if (!pair) continue
    const [k, v = ""] = pair.split(/=(.*)/s).map(s => decodeURIComponent(s.replace(/\+/g, " ")))
    if (k.endsWith("[]")) (out[k.slice(0, -2)] ??= []).push(v); else out[k] = v
  }
  return out
}
const query = o => Object.entries(o).flatMap(([k, v]) => Array.isArray(v) ? v.map(x => [k + "[]", x]) : [[k, v]]).map(p => p.map(encodeURIComponent).join("=")).join("&")
const resolve = (base, to) => { const out = []; for (const part of (to.startsWith("/") ? to : base.replace(/[^\/]*$/, "") + to).split("/")) { if (part === "..") out.length > 1 && out.pop(); else if (part !== ".") out.push(part) } return out.join("/") }
class Router {
  #routes = []
  add(method, pattern, handler) { const keys = []; const regexp = new RegExp("^" + pattern.replace(/:(\w+)/g, (_, k) => { keys.push(k); return "([^/]+)" }).replace(/\*/g, ".*") + "$"); this.#routes.push({method, regexp, keys, handler}); return this }
  match(method, path) { for (const {method: m, regexp, keys, handler} of this.#routes) { const found = regexp.exec(path); if (found && m === method) return handler(Object.fromEntries(keys.map((k, i) => [k, found[i + 1]]))) } return "404" }
}
const router = new Router().add("GET", "/users/:id", p => "user " + p.id).add("GET", "/users/:id/posts/:post", ({id, post}) => `${id}/${post}`).add("POST", "/users", () => "created").add("GET", "/files/*", () => "file")
const cookies = text => Object.fromEntries(text.split(/;\s*/).map(c => c.split("=")).map(([k, ...v]) => [k, v.join("=")]))
const headers = text => text.split("\r\n").reduce((h, line) => { const [, k, v] = /^([^:]+):\s*(.*)$/.exec(line) ?? []; if (k) h[k.toLowerCase()] = h[k.toLowerCase()] ? h[k.toLowerCase()] + ", " + v : v; return h }, {})
const compare = (a, b) => { const [x, y] = [a, b].map(v => v.split(/[.-]/).map(p => isNaN(p) ? p : +p)); for (let i = 0; i < Math.max(x.length, y.length); i++) { if (x[i] === y[i]) continue; if (x[i] === undefined) return typeof y[i] === "string" ? 1 : -1; if (y[i] === undefined) return typeof x[i] === "string" ? -1 : 1; return x[i] < y[i] ? -1 : 1 } return 0 }
const ip = text => text.split(".").reduce((n, p) => n * 256 + +p, 0)
const inNet = (addr, net) => { const [base, bits] = net.split("/"); return ip(addr) >>> 32 - bits === ip(base) >>> 32 - bits }
return {
  urls: ["https://Ann:pw@Example.com:8080/a/b?x=1&y=a%20b+c&t[]=1&t[]=2&e#top", "mailto:a@b.c", "/just/path?q", "//host/x"].map(parseUrl), query: query({a: "x y", b: [1, "&"], c: "é"}), round: parseQuery(query({a: "1=2", l: ["x", "y"]})), resolved: [resolve("/a/b/c", "../d"), resolve("/a/b/", "./x/../y"), resolve("/a", "/z"), resolve("/a/b", "../../../q")],
  routes: [["GET", "/users/7"], ["GET", "/users/7/posts/9"], ["POST", "/users"], ["GET", "/files/a/b.txt"], ["DELETE", "/users/7"]].map(([m, p]) => router.match(m, p)), cookies: cookies("a=1; token=x=y=; empty="), headers: headers("Content-Type: text/html\r\nX-A: 1\r\nx-a: 2\r\nbad"), versions: ["1.10.0", "1.2.0", "1.2.0-beta", "1.2", "2.0.0-rc.1"].sort(compare), nets: [inNet("10.1.2.3", "10.0.0.0/8"), inNet("192.168.1.9", "192.168.2.0/24")],
}
