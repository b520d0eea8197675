"use strict";
// Pair iterators: https://webidl.spec.whatwg.org/#idl-iterable

const { need, extend } = shared("webidl");

// iterable gives a class the methods of an interface that is iterable; pairsOf returns the pairs that an object has now.
function iterable(Class, pairsOf) {
  let Iterator; // made when the first one is
  const iterate = (object, kind) => new (Iterator ??= iteratorOf(Class, pairsOf))(object, kind);
  const methods = {
    entries() { return iterate(this, "entries"); },
    keys() { return iterate(this, "keys"); },
    values() { return iterate(this, "values"); },
    forEach(callback) {
      let pairs = pairsOf(this);
      need(1, arguments, "forEach");
      if (typeof callback !== "function") throw new TypeError("forEach needs a function");
      for (let i = 0; i < pairs.length; i++, pairs = pairsOf(this)) {
        Reflect.apply(callback, arguments[1], [pairs[i][1], pairs[i][0], this]);
      }
    },
  };
  extend(Class, methods);
  Object.defineProperty(Class.prototype, native.iterator, { value: methods.entries, writable: true, configurable: true });
}

// iteratorOf returns the class of the iterators over the objects of a class.
function iteratorOf(Class, pairsOf) {
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
  Object.setPrototypeOf(prototype, Object.getPrototypeOf(Object.getPrototypeOf([][native.iterator]())));
  Object.defineProperty(prototype, "next", { enumerable: true });
  Object.defineProperty(prototype, native.toStringTag, { value: `${Class.name} Iterator`, configurable: true });
  return PairIterator;
}

return { iterable };
