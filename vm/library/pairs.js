"use strict";
// Pair iterators: https://webidl.spec.whatwg.org/#idl-iterable

const { need } = shared("webidl");
const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

// iterable gives a class the methods of an interface that is iterable; pairsOf returns the pairs that an object has now.
function iterable(Class, pairsOf) {
  class PairIterator {
    #object;
    #kind;
    #at = 0;

    constructor(object, kind) {
      pairsOf(object); // of the right class
      this.#object = object;
      this.#kind = kind;
    }

    next() {
      const pairs = pairsOf(this.#object);
      if (this.#at >= pairs.length) return { value: undefined, done: true };
      const [name, value] = pairs[this.#at++];
      return { value: this.#kind === "entries" ? [name, value] : this.#kind === "keys" ? name : value, done: false };
    }
  }
  const prototype = PairIterator.prototype;
  delete prototype.constructor;
  Object.setPrototypeOf(prototype, IteratorPrototype);
  Object.defineProperty(prototype, "next", { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `${Class.name} Iterator`, configurable: true });

  const methods = {
    entries() { return new PairIterator(this, "entries"); },
    keys() { return new PairIterator(this, "keys"); },
    values() { return new PairIterator(this, "values"); },
    forEach(callback) {
      let pairs = pairsOf(this);
      need(1, arguments, "forEach");
      if (typeof callback !== "function") throw new TypeError("forEach needs a function");
      for (let i = 0; i < pairs.length; i++, pairs = pairsOf(this)) {
        Reflect.apply(callback, arguments[1], [pairs[i][1], pairs[i][0], this]);
      }
    },
  };
  for (const name of ["entries", "keys", "values", "forEach"]) {
    Object.defineProperty(Class.prototype, name, { value: methods[name], writable: true, configurable: true, enumerable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.iterator, { value: methods.entries, writable: true, configurable: true });
}

return { iterable };
