"use strict";
// Iterator and its helpers: https://tc39.es/ecma262/#sec-iterator-objects

const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Object;
const { isPrototypeOf } = Object.prototype;
const { trunc } = Math;
const { MAX_SAFE_INTEGER } = Number;
const { helper, isObject, needObject, direct, step, close, abandon, guarded, flattenable, end } = shared("iteration");

const prototype = native.prototype();

function Iterator() {
  if (new.target === undefined || new.target === Iterator) throw new TypeError("Iterator is an abstract class");
}

defineProperty(Iterator, "prototype", { value: prototype, writable: false });
defineProperty(Iterator, "from", {
  value: {
    from(value) {
      const source = flattenable(value, true);
      return apply(isPrototypeOf, prototype, [source.iterator]) ? source.iterator : new Wrapper(source);
    },
  }.from,
  writable: true, configurable: true,
});

// Wrapper makes an iterator of the class Iterator of any other: https://tc39.es/ecma262/#sec-wrapforvaliditeratorprototype
class Wrapper {
  #source;
  constructor(source) { this.#source = source; }
  next() { return apply(this.#source.next, this.#source.iterator, []); }
  return() {
    const { iterator } = this.#source;
    const method = iterator.return;
    if (method === undefined || method === null) return { value: undefined, done: true };
    return apply(method, iterator, []);
  }
}

delete Wrapper.prototype.constructor;
setPrototypeOf(Wrapper.prototype, prototype);

// assign is what a setter of the prototype does: https://tc39.es/ecma262/#sec-SetterThatIgnoresPrototypeProperties
function assign(object, name, value) {
  if (!isObject(object) || object === prototype) throw new TypeError("The property cannot be set here");
  if (getOwnPropertyDescriptor(object, name) === undefined) {
    defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

const tag = getOwnPropertyDescriptor({
  get [Symbol.toStringTag]() { return "Iterator"; },
  set [Symbol.toStringTag](value) { assign(this, Symbol.toStringTag, value); },
}, Symbol.toStringTag);
defineProperty(prototype, Symbol.toStringTag, { get: tag.get, set: tag.set, enumerable: false, configurable: true });

// begin checks the function that a helper is called with, and returns the iterator to go through.
function begin(object, f) {
  needObject(object);
  if (typeof f !== "function") abandon(object, new TypeError("The argument is not a function"));
  return direct(object);
}

// count checks the number that a helper is called with.
function count(object, limit) {
  needObject(object);
  const number = guarded(object, () => +limit);
  if (!(number > -1) || number > MAX_SAFE_INTEGER && number !== Infinity) {
    abandon(object, new RangeError("The argument is not a number from 0 on"));
  }
  return trunc(number);
}

return {
  Iterator,
  "Iterator.prototype": {
    get constructor() { return Iterator; },
    set constructor(value) { assign(this, "constructor", value); },

    map(f) {
      const source = begin(this, f);
      let index = 0;
      return helper(source, () => {
        const value = step(source);
        return value === end ? end : guarded(source.iterator, () => f(value, index++));
      });
    },

    filter(f) {
      const source = begin(this, f);
      let index = 0;
      return helper(source, () => {
        for (;;) {
          const value = step(source);
          if (value === end || guarded(source.iterator, () => f(value, index++))) return value;
        }
      });
    },

    take(limit) {
      let left = count(this, limit);
      const source = direct(this);
      return helper(source, () => {
        if (left === 0) {
          close(source.iterator);
          return end;
        }
        left--;
        return step(source);
      });
    },

    drop(limit) {
      let left = count(this, limit);
      const source = direct(this);
      return helper(source, () => {
        for (; left > 0; left--) {
          if (step(source) === end) return end;
        }
        return step(source);
      });
    },

    flatMap(f) {
      const source = begin(this, f);
      let index = 0;
      let inner;
      return helper(source, () => {
        for (;;) {
          if (inner === undefined) {
            const value = step(source);
            if (value === end) return end;
            inner = guarded(source.iterator, () => flattenable(f(value, index++), false));
          }
          const value = guarded(source.iterator, () => step(inner));
          if (value !== end) return value;
          inner = undefined;
        }
      }, () => {
        if (inner !== undefined) guarded(source.iterator, () => close(inner.iterator));
      });
    },

    reduce(f, ...initial) {
      const source = begin(this, f);
      let index = 0;
      let result = initial.length > 0 ? initial[0] : end;
      if (result === end) {
        result = step(source);
        if (result === end) throw new TypeError("Reduce of an empty iterator with no initial value");
        index = 1;
      }
      for (;;) {
        const value = step(source);
        if (value === end) return result;
        result = guarded(source.iterator, () => f(result, value, index++));
      }
    },

    toArray() {
      needObject(this);
      const source = direct(this);
      const values = [];
      for (;;) {
        const value = step(source);
        if (value === end) return values;
        values[values.length] = value;
      }
    },

    forEach(f) {
      const source = begin(this, f);
      for (let index = 0; ; index++) {
        const value = step(source);
        if (value === end) return;
        guarded(source.iterator, () => f(value, index));
      }
    },

    some(f) {
      const source = begin(this, f);
      for (let index = 0; ; index++) {
        const value = step(source);
        if (value === end) return false;
        if (guarded(source.iterator, () => f(value, index))) {
          close(source.iterator);
          return true;
        }
      }
    },

    every(f) {
      const source = begin(this, f);
      for (let index = 0; ; index++) {
        const value = step(source);
        if (value === end) return true;
        if (!guarded(source.iterator, () => f(value, index))) {
          close(source.iterator);
          return false;
        }
      }
    },

    find(f) {
      const source = begin(this, f);
      for (let index = 0; ; index++) {
        const value = step(source);
        if (value === end) return undefined;
        if (guarded(source.iterator, () => f(value, index))) {
          close(source.iterator);
          return value;
        }
      }
    },
  },
};
