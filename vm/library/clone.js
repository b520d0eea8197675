"use strict";
// structuredClone: https://html.spec.whatwg.org/multipage/structured-data.html#structured-cloning
//
// A value is cloned by going through it once, with a stack of its own for what is nested.

const { need, dictionary } = shared("webidl");
const { DOMException } = shared("exception");
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, hasOwn, keys } = Object;
const CloneMap = Map, CloneSet = Set;
const { get, set, has } = Map.prototype;
const { add } = Set.prototype;

const errors = ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];

function refuse(what) { throw new DOMException(`${what} cannot be cloned`, "DataCloneError"); }

class Cloning {
  #memory = new CloneMap(); // the clones of the objects so far
  #open = []; // those that are not whole yet, with what is left to do

  constructor(transferred) {
    for (let i = 0; i < transferred.length; i++) this.#remember(transferred[i], native.alias(transferred[i]));
  }

  clone(value) {
    const clone = this.#begin(value);
    while (this.#open.length > 0) this.#step(this.#open[this.#open.length - 1]);
    return clone;
  }

  // step does the next part of an object that is not whole yet.
  #step(part) {
    if (part.at >= part.list.length) {
      this.#open.length--;
      return;
    }
    const item = part.list[part.at++];
    if (part.kind === "map") {
      if (part.at % 2 === 1) part.key = this.#begin(item);
      else apply(set, part.clone, [part.key, this.#begin(item)]);
    } else if (part.kind === "set") {
      apply(add, part.clone, [this.#begin(item)]);
    } else if (hasOwn(part.source, item)) { // a getter may have removed it
      put(part.clone, item, this.#begin(part.source[item]));
    }
  }

  // begin returns the clone of a value, which may still be without what is inside.
  #begin(value) {
    if (typeof value === "symbol") refuse("A symbol");
    if (typeof value === "function") refuse("A function");
    if (typeof value !== "object" || value === null) return value;
    const known = apply(get, this.#memory, [value]);
    return known === undefined ? this.#make(value) : known;
  }

  #make(value) {
    const kind = native.kind(value);
    const serialize = native.serializer(value);
    if (serialize === null) refuse("An object of the platform");
    if (serialize !== undefined) return this.#remember(value, serialize(value) ?? refuse("An object of the platform"));
    if (kind === "object" || kind === "array") return this.#properties(value, kind === "array");
    switch (kind) {
      case "map": return this.#nest(kind, value, new CloneMap(), native.entries(value));
      case "set": return this.#nest(kind, value, new CloneSet(), native.entries(value));
      case "scalar": return this.#remember(value, native.scalar(value));
      case "error": return this.#error(value);
      case "buffer":
        if (native.detached(value)) refuse("A detached ArrayBuffer");
        return this.#remember(value, native.copy(value));
      case "view": return this.#remember(value, native.view(value, this.#begin(native.bufferOf(value))));
    }
    return refuse(kind);
  }

  #properties(value, isArray) {
    const flat = native.flat(value);
    if (flat !== undefined) return this.#remember(value, flat);
    const clone = isArray ? [] : {};
    if (isArray) clone.length = value.length;
    return this.#nest("object", value, clone, keys(value));
  }

  // error clones an error: its class, its message, where it was made and its cause.
  #error(value) {
    const { name } = value;
    const known = name === undefined ? "Error" : `${name}`;
    const message = getOwnPropertyDescriptor(value, "message");
    const text = message !== undefined && "value" in message ? `${message.value}` : undefined;
    const clone = this.#remember(value, native.error(value, errors.includes(known) ? known : "Error", text));
    const cause = getOwnPropertyDescriptor(value, "cause");
    if (cause !== undefined && "value" in cause) {
      const holder = { __proto__: null, cause: cause.value };
      defineProperty(clone, "cause", { __proto__: null, value: undefined, writable: true, enumerable: false, configurable: true });
      this.#push({ kind: "object", source: holder, clone, list: ["cause"], at: 0 });
    }
    return clone;
  }

  #remember(value, clone) {
    apply(set, this.#memory, [value, clone]);
    return clone;
  }

  #nest(kind, source, clone, list) {
    this.#remember(source, clone);
    if (list.length > 0) this.#push({ kind, source, clone, list, at: 0, key: undefined });
    return clone;
  }

  #push(part) { this.#open[this.#open.length] = part; }
}

// put sets an own property, whatever the object inherits.
function put(object, key, value) {
  if (key in object && !hasOwn(object, key)) {
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

// transferList returns the buffers that are to be moved.
function transferList(options) {
  const { transfer } = dictionary(options, "The options of structuredClone");
  const list = [];
  if (transfer === undefined) return list;
  const seen = new CloneMap();
  for (const item of transfer) {
    if (typeof item !== "object" && typeof item !== "function" || item === null) {
      throw new TypeError("What is transferred must be an object");
    }
    if (apply(has, seen, [item])) throw new DOMException("An ArrayBuffer is transferred twice", "DataCloneError");
    apply(set, seen, [item, true]);
    list[list.length] = item;
  }
  for (let i = 0; i < list.length; i++) {
    if (native.kind(list[i]) !== "buffer") throw new DOMException("Only an ArrayBuffer can be transferred", "DataCloneError");
    if (native.detached(list[i])) throw new DOMException("A detached ArrayBuffer cannot be transferred", "DataCloneError");
  }
  return list;
}

function structuredClone(value, options = undefined) {
  need(1, arguments, "structuredClone");
  const transferred = transferList(options);
  const clone = new Cloning(transferred).clone(value);
  for (let i = 0; i < transferred.length; i++) {
    if (native.detached(transferred[i])) throw new DOMException("A detached ArrayBuffer cannot be transferred", "DataCloneError");
    native.detach(transferred[i]);
  }
  return clone;
}

return { structuredClone };
