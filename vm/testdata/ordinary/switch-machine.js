// State machines, a small virtual machine and a Brainfuck interpreter.
function interpret(code, input = "") {
  const cells = new Uint8Array(300), jumps = {}, stack = []
  for (let i = 0; i < code.length; i++) if (code[i] === "[") stack.push(i); else if (code[i] === "]") { const j = stack.pop(); jumps[i] = j; jumps[j] = i }
  let p = 0, out = "", at = 0
  for (let i = 0; i < code.length; i++) {
    switch (code[i]) {
      case ">": p++; break
      case "<": p--; break
      case "+": cells[p]++; break
      case "-": cells[p]--; break
      case ".": out += String.fromCharCode(cells[p]); break
      case ",": cells[p] = input.charCodeAt(at++) || 0; break
      case "[": if (!cells[p]) i = jumps[i]; break
      case "]": if (cells[p]) i = jumps[i]; break
      default: continue
    }
  }
  return out
}
const hello = "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++."
function machine(program) {
  const stack = [], vars = {}, out = []
  let pc = 0, steps = 0
  run: while (pc < program.length) {
    if (++steps > 20000) throw new Error("too long")
    const [op, arg] = program[pc++]
    switch (op) {
      case "push": stack.push(arg); break
      case "load": stack.push(vars[arg] ?? 0); break
      case "store": vars[arg] = stack.pop(); break
      case "add": case "mul": case "lt": { const y = stack.pop(), x = stack.pop(); stack.push(op === "add" ? x + y : op === "mul" ? x * y : +(x < y)); break }
      case "jz": if (stack.pop()) break; pc = arg; continue run
      case "jump": pc = arg; continue
      case "print": out.push(stack.pop()); break
      case "halt": break run
      default: throw new TypeError("no " + op)
    }
  }
  return {out, steps}
}
const sum = machine([["push", 0], ["store", "i"], ["push", 0], ["store", "s"], ["load", "i"], ["push", 1000], ["lt"], ["jz", 17], ["load", "s"], ["load", "i"], ["add"], ["store", "s"], ["load", "i"], ["push", 1], ["add"], ["store", "i"], ["jump", 4], ["load", "s"], ["print"], ["halt"]])
const light = {green: {timer: "yellow"}, yellow: {timer: "red", fault: "blink"}, red: {timer: "green"}, blink: {}}
const states = ["timer", "fault", "timer"].reduce((s, e) => [...s, light[s.at(-1)][e] ?? s.at(-1)], ["green"])
const kinds = [1, "1", null, undefined, NaN, [], true].map(v => { switch (v) { case 1: return "one"; case "1": return "text"; case null: return "null"; case NaN: return "never"; case true: { let scoped = "yes"; return scoped } default: return "default"; case undefined: return "undefined" } })
const order = []
const probe = v => { order.push(v); return v }
switch (3) { case probe(1): case probe(2): order.push("no"); default: order.push("default"); case probe(4): order.push("fell"); break; case probe(5): order.push("never") }
const fall = n => { let r = ""; switch (n) { case 3: r += "c"; case 2: r += "b"; case 1: r += "a"; break; case 0: r = "zero" } return r }
return {hello: interpret(hello), echo: interpret(",[.,]", "echo"), sum, states, kinds, order, fall: [0, 1, 2, 3, 4].map(fall)}
