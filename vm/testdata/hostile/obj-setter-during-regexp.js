// While the engine makes RegExp.prototype, a setter of Object.prototype calls a native of it that no guard has seen.
let once = false;
Object.defineProperty(Object.prototype, "source", {
  set() {
    if (once) return;
    once = true;
    const object = { __proto__: null, toString: this.toString, flags: "", source: null };
    object.source = object;
    object + "";
  },
  configurable: true,
});
new (globalThis["Reg" + "Exp"])("a");
return once;
