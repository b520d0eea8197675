// Error classes, causes, stacks and messages.
class ValidationError extends Error { constructor(field, message, options) { super(`${field}: ${message}`, options); this.name = this.constructor.name; this.field = field } }
class RequiredError extends ValidationError { constructor(field) { super(field, "is required") } }
const out = []
const parse = text => { try { return JSON.parse(text) } catch (e) { throw new ValidationError("body", "is no JSON", {cause: e}) } }
try { parse("{bad") } catch (e) { out.push(e.name, e.message, e.cause instanceof SyntaxError, "cause" in e, e instanceof ValidationError, e instanceof RequiredError, Object.keys(e)) }
function chargeCustomer() { throw new RequiredError("amount") }
try { chargeCustomer() } catch (e) { out.push(String(e), e.stack.includes("chargeCustomer"), typeof e.stack, e.field, e.constructor === RequiredError) }
for (const E of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
  const e = new E("m")
  out.push([e.name, String(e), E("called") instanceof E, Object.prototype.hasOwnProperty.call(e, "message"), E.prototype.name, E.length, Object.getPrototypeOf(E) === (E === Error ? Object.getPrototypeOf(Object) : Error)])
}
out.push("message" in new Error(), Object.hasOwn(new Error(), "message"), Object.hasOwn(new Error("x", {}), "cause"), new Error("x", {cause: undefined}).cause === undefined, Object.keys(new Error("x")), JSON.stringify(new Error("x")))
const aggregate = new AggregateError([new Error("1"), 2], "both")
out.push(aggregate.errors.length, aggregate.message, aggregate.name, aggregate instanceof Error)
const rules = {name: v => typeof v === "string" && v.length > 0 || "must be a text", age: v => Number.isInteger(v) && v >= 0 || "must be a whole number", email: v => /^\S+@\S+\.\S+$/.test(v) || "must be an address"}
const validate = o => Object.entries(rules).map(([k, rule]) => [k, rule(o[k])]).filter(([, r]) => r !== true).map(([k, r]) => `${k} ${r}`)
out.push(validate({name: "a", age: 3, email: "a@b.c"}), validate({name: "", age: 1.5}))
const e = new Error("changed")
e.message = "later"
out.push(String(e), Error.prototype.toString.call({name: "N", message: "m"}), Error.prototype.toString.call({}), String(Object.assign(new Error("m"), {name: ""})), `${new RangeError()}`)
const messages = []
for (const f of [() => null.a, () => undefined.a, () => (void 0)(), () => ({}).x.y, () => ({}).f(), () => new (() => {})(), () => [].reduce(x => x), () => "a" in "b", () => 1 instanceof 1, () => Symbol() + "", () => { "use strict"; undeclaredName = 1 }, () => { let [a] = null }, () => { const {a} = undefined }, () => [...1], () => new Array(-1), () => (1).toFixed(101), () => decodeURIComponent("%")]) try { f(); messages.push("none") } catch (x) { messages.push(x.name) }
return {out, messages}
