// What try, catch and finally return and throw.
const run = f => { try { return f() } catch (e) { return "threw " + (e.message ?? e) } }
const log = []
const out = [
  run(() => { try { return 1 } finally { log.push("f") } }), run(() => { try { return 1 } finally { return 2 } }), run(() => { try { throw "a" } finally { return 3 } }),
  run(() => { try { throw "a" } catch { throw "b" } finally { log.push("c") } }), run(() => { try { throw "a" } catch (e) { return e } finally { throw "d" } }),
  run(() => { let x = 1; try { return x } finally { x = 2 } }), run(() => { try { try { throw "in" } finally { log.push("i") } } catch (e) { return "outer " + e } }),
  run(() => { for (const i of [1, 2, 3]) try { if (i === 2) return i } finally { log.push(i) } }), run(() => { l: try { return 1 } finally { break l } return "went on" }),
  run(() => { try { null.x } catch ({name, message}) { return name } }), run(() => { try { undeclared } catch (e) { return e.name } }), run(() => { try { const c = 1; c = 2 } catch (e) { return e.name } }),
  run(() => { try { x; let x = 1 } catch (e) { return e.name } }), run(() => { throw new Error("plain") }), run(() => { throw {message: "object"} }), run(() => { throw undefined ?? "nothing" }),
  run(() => { var e = "outer"; try { throw "inner" } catch (e) { var f = e } return e + f }),
]
function* g() { try { yield 1; yield 2 } finally { log.push("generator"); yield "late" } }
const it = g()
out.push(it.next(), it.return(9), it.next())
const resource = () => { const r = {open: true, close() { r.open = false; log.push("closed") }}; return r }
const using = (make, f) => { const r = make(); try { return f(r) } finally { r.close() } }
out.push(using(resource, r => r.open), run(() => using(resource, () => { throw new Error("inside") })))
const nest = n => { try { if (n === 0) throw new Error("bottom"); return nest(n - 1) } finally { log.push("n" + n) } }
out.push(run(() => nest(3)))
return {out, log}
