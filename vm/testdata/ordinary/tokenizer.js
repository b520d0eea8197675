// A tokenizer, a parser of expressions by precedence, an evaluator and a printer.
const patterns = [["space", /\s+/y], ["number", /\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy], ["name", /[a-z_$][\w$]*/iy], ["text", /"(?:[^"\\]|\\.)*"/y], ["op", /\*\*|[<>=!]=|&&|\|\||[-+*\/%()<>,?:]/y]]
function* tokens(source) {
  let at = 0
  next: while (at < source.length) {
    for (const [type, pattern] of patterns) {
      pattern.lastIndex = at
      const m = pattern.exec(source)
      if (!m) continue
      at = pattern.lastIndex
      if (type !== "space") yield {type, value: m[0], at: m.index}
      continue next
    }
    throw new SyntaxError(`unexpected ${source[at]} at ${at}`)
  }
  yield {type: "end", value: ""}
}
const precedence = {"?": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, "<": 5, ">": 5, "<=": 5, ">=": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "**": 8}
class Parser {
  #tokens; #at = 0
  constructor(source) { this.#tokens = [...tokens(source)] }
  get #peek() { return this.#tokens[this.#at] }
  #take(value) { const t = this.#tokens[this.#at]; if (value !== undefined && t.value !== value) throw new SyntaxError(`expected ${value} but found ${t.value || "the end"}`); this.#at++; return t }
  parse() { const e = this.expression(0); if (this.#peek.type !== "end") throw new SyntaxError("unexpected " + this.#peek.value); return e }
  expression(least) {
    let left = this.unary()
    for (let p; (p = precedence[this.#peek.value]) && p >= least && this.#peek.type === "op";) {
      const op = this.#take().value
      if (op === "?") { const yes = this.expression(0); this.#take(":"); left = {op, args: [left, yes, this.expression(p)]} } else left = {op, args: [left, this.expression(op === "**" ? p : p + 1)]}
    }
    return left
  }
  unary() { if (this.#peek.value === "-") { this.#take(); return {op: "neg", args: [this.unary()]} } return this.primary() }
  primary() {
    const t = this.#take()
    if (t.type === "number") return {value: Number(t.value)}
    if (t.type === "text") return {value: JSON.parse(t.value)}
    if (t.value === "(") { const e = this.expression(0); this.#take(")"); return e }
    if (t.type !== "name") throw new SyntaxError("unexpected " + (t.value || "end"))
    if (this.#peek.value !== "(") return {name: t.value}
    const args = []
    for (this.#take("("); this.#peek.value !== ")";) { args.push(this.expression(0)); if (this.#peek.value === ",") this.#take() }
    this.#take(")")
    return {call: t.value, args}
  }
}
const ops = {"+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b, "**": (a, b) => a ** b, "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "==": (a, b) => a === b, "!=": (a, b) => a !== b, "&&": (a, b) => a && b, "||": (a, b) => a || b, "?": (a, b, c) => a ? b : c, neg: a => -a}
const run = (e, scope) => "value" in e ? e.value : e.name ? scope[e.name] : e.call ? scope[e.call](...e.args.map(a => run(a, scope))) : ops[e.op](...e.args.map(a => run(a, scope)))
const scope = {x: 4, max: Math.max, concat: (...s) => s.join(""), pi: 3.14}
return ["1 + 2 * 3", "(1 + 2) * 3", "2 ** 3 ** 2", "-x + 10 % 4", "max(1, x * 2, 3) - 1", 'concat("a\\"", x, "!")', "x > 3 && x < 5 ? 1.5e2 : 0", "1 +", "2 $ # 3", "(1", "pi * x ** 2", "1 == 1 != 2"].map(s => { try { return run(new Parser(s).parse(), scope) } catch (e) { return e.name + ": " + e.message } })
